/** Columns of a table that `predict` copies beside its answers. */
import { copyText, eachRow, findColumns } from '../../src/data/csv-rows.ts';
import { decodeText } from '../../src/data/decode.ts';
import { detectFormat, type InputFile } from './samples.ts';

/** Cells of a row by header. */
export type KeptCells = Readonly<Record<string, string>>;

/**
 * The cells of some columns for each row of a table. Without `titles`, a column called id is kept if it is not among
 * `features`. Returns undefined if no column is kept. Throws EdgeMlpError "bad-data" for an unknown title.
 */
export function readKeptCells(
  input: InputFile,
  { titles, features = [] }: { titles: readonly string[] | undefined; features?: readonly string[] | undefined },
): KeptCells[] | undefined {
  if (detectFormat(input) !== 'csv') return undefined;
  const { name, bytes } = input;
  const kept: KeptCells[] = [];
  let columns: { title: string; index: number }[] = [];
  eachRow(decodeText(bytes, name), { name }, ({ cells }, n) => {
    if (n > 0) {
      kept.push(Object.fromEntries(columns.map(({ title, index }) => [title, copyText(cells[index] ?? '')])));
      return;
    }
    const header = cells.map((title) => copyText(title.trim()));
    const chosen = titles ?? header.filter((title) => /^id$/i.test(title) && !features.includes(title));
    const indices = findColumns(header, chosen, name);
    columns = chosen.map((title, i) => ({ title, index: indices[i] ?? 0 }));
  });
  return columns.length === 0 ? undefined : kept;
}
