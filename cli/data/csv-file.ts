/** CSV and TSV files, plain or .gz. */
import { extname } from 'node:path';
import type { Dataset } from '../../src/core/dataset.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { decodeText, gunzipIfNeeded } from '../../src/data/decode.ts';
import { readBytes } from '../files.ts';

export function isCsv(path: string): boolean {
  return ['.csv', '.tsv'].includes(extname(path.replace(/\.gz$/, '')).toLowerCase());
}

/** Throws EdgeMlpError "file" or "bad-data". */
export async function readText(path: string): Promise<string> {
  return decodeText(await gunzipIfNeeded(await readBytes(path), path), path);
}

export interface CsvFileOptions {
  /** Header of the label column (default: the last column). */
  readonly label?: string | undefined;
  /** Classes of a model, by label (default: those in the file, sorted). */
  readonly classes?: readonly string[] | undefined;
  /** Features of a model, in its order (default: all other columns). */
  readonly features?: readonly string[] | undefined;
}

/** Throws EdgeMlpError "file" or "bad-data". */
export async function loadCsv(path: string, { label, classes, features }: CsvFileOptions): Promise<Dataset> {
  return csvDataset(await readText(path), {
    name: path,
    ...(label === undefined ? {} : { labelColumn: label }),
    ...(classes === undefined ? {} : { classes }),
    ...(features === undefined ? {} : { features }),
  });
}
