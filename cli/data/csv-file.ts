/** CSV and TSV files, plain or .gz. */
import { extname } from 'node:path';
import type { Dataset } from '../../src/core/dataset.ts';
import { type CsvOptions, CsvTable, type TableReading } from '../../src/data/csv-table.ts';
import { decodeText, type Encoding, gunzipIfNeeded } from '../../src/data/decode.ts';
import { readBytes } from '../files.ts';
import type { TableFlags } from './table-options.ts';

export function isCsv(path: string): boolean {
  return ['.csv', '.tsv'].includes(extname(path.replace(/\.gz$/, '')).toLowerCase());
}

/** Throws EdgeMlpError "file" or "bad-data". */
export async function readText(path: string, encoding?: Encoding): Promise<string> {
  return decodeText(await gunzipIfNeeded(await readBytes(path), path), path, encoding);
}

/** A table, and what became of its rows and columns. */
export interface LoadedTable {
  readonly dataset: Dataset;
  readonly reading: TableReading;
}

/** `known`: classes and columns of a model. Throws EdgeMlpError "file" or "bad-data". */
export async function loadCsv(
  path: string,
  { label, encoding, ...flags }: TableFlags,
  known: Pick<CsvOptions, 'classes' | 'columns'> = {},
): Promise<LoadedTable> {
  const table = new CsvTable({ ...flags, ...known, name: path, labelColumn: label });
  table.append(await readText(path, encoding));
  return { dataset: table.dataset(), reading: table.reading };
}
