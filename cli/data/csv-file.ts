/** CSV and TSV files, plain or .gz. */
import { extname } from 'node:path';
import type { Dataset } from '../../src/core/dataset.ts';
import { type CsvOptions, CsvTable, type TableReading } from '../../src/data/csv-table.ts';
import { decodeText, type Encoding, gunzipIfNeeded } from '../../src/data/decode.ts';
import { describeMissing } from '../../src/data/row-reader.ts';
import { readBytes } from '../files.ts';
import { formatCount, integer } from '../numbers.ts';
import { note } from '../terminal.ts';
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

/** `known`: classes or targets, and columns, of a model. Throws EdgeMlpError "file" or "bad-data". */
export async function loadCsv(
  path: string,
  { label, target, sampleWeight, encoding, ...flags }: TableFlags,
  known: Pick<CsvOptions, 'classes' | 'columns' | 'targets'> = {},
): Promise<LoadedTable> {
  const columns = { labelColumn: label, targets: target, weightColumn: sampleWeight };
  const table = new CsvTable({ ...flags, ...columns, ...known, name: path });
  table.append(await readText(path, encoding));
  const dataset = table.dataset();
  // Training prints its plan.
  if (known.columns !== undefined) noteReading(path, table.reading);
  return { dataset, reading: table.reading };
}

/** Prints what happened to missing cells and to categories that the model does not have. */
export function noteReading(
  name: string,
  { missing, unknown, rows = 0, dropped = 0 }: Pick<TableReading, 'missing' | 'unknown'> & Partial<TableReading>,
): void {
  const gaps = describeMissing(missing);
  if (dropped > 0) note(`${name}: dropped ${integer(dropped)} of ${formatCount(rows, 'row')} with ${gaps}`);
  else if (Object.keys(missing).length > 0) note(`${name}: filled ${gaps} with the values of the model`);
  for (const [title, count] of Object.entries(unknown)) {
    note(`${name}: ${title}: ${formatCount(count, 'cell')} with a category that the model does not have`);
  }
}
