import { EdgeMlpError } from '../core/errors.ts';
import { checkCells, checkTitles, copyText, eachRow, findColumns, readNumber } from './csv-rows.ts';

/**
 * Reads samples to classify, `[samples][columns]`, not scaled. Features are found by their headers; without `features`,
 * every column is a feature. Throws EdgeMlpError "bad-data" with line and column.
 */
export function csvSamples(
  text: string,
  { name, features, columns }: { name: string; features?: readonly string[] | undefined; columns: number },
): Float32Array<ArrayBuffer> {
  const numbers: number[] = [];
  let header: readonly string[] = [];
  let indices: readonly number[] = [];
  const { rows } = eachRow(text, { name }, (row, n) => {
    if (n === 0) {
      header = row.cells.map((cell) => copyText(cell.trim()));
      if (features === undefined) checkTitles(header, name);
      indices = features === undefined ? header.map((_, i) => i) : findColumns(header, features, name);
      if (indices.length === columns) return;
      throw new EdgeMlpError('bad-data', `${name}: expected ${columns} features, got ${indices.length} columns`);
    }
    checkCells(row, header, name);
    for (const index of indices) numbers.push(readNumber(row, index, header, name));
  });
  if (rows < 2) throw new EdgeMlpError('bad-data', `${name}: expected samples below the header, got none`);
  return Float32Array.from(numbers);
}
