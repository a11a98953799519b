/** Columns of a table that `predict` copies next to its answers. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { copyText, eachRow, findColumns, openTable } from '../../src/data/csv-rows.ts';
import { decodeText } from '../../src/data/decode.ts';
import { detectFormat, type InputFile } from './samples.ts';
import type { DialectFlags } from './table-options.ts';

/** Cells of a row by header. */
export type KeptCells = Readonly<Record<string, string>>;

/**
 * The cells of some columns for each row of a table. Without `titles`, a column called id is kept if it is not among
 * `features`. Returns undefined if no column is kept. Throws EdgeMlpError "bad-data" for an unknown title, or
 * "bad-argument" for titles with another file than a table.
 */
export function readKeptCells(
  input: InputFile,
  { titles, features = [] }: { titles: readonly string[] | undefined; features?: readonly string[] | undefined },
  flags: DialectFlags,
): KeptCells[] | undefined {
  const { name, bytes } = input;
  if (detectFormat(input) !== 'csv') {
    if (titles === undefined) return undefined;
    throw new EdgeMlpError('bad-argument', `--keep cannot be combined with ${name}: it names columns of a table`);
  }
  const table = openTable(decodeText(bytes, name, flags.encoding), name, { header: true, ...flags });
  const chosen = titles ?? table.header.filter((title) => /^id$/i.test(title) && !features.includes(title));
  const indices = findColumns(table.header, chosen, name);
  if (indices.length === 0) return undefined;
  const kept: KeptCells[] = [];
  eachRow(table, ({ cells }) => {
    kept.push(Object.fromEntries(chosen.map((title, i) => [title, copyText(cells[indices[i] ?? 0] ?? '')])));
    return true;
  });
  return kept;
}
