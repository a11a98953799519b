/** Inputs of a network from the cells of a table: categories become one input each, and missing cells are filled. */
import type { Dataset } from '../core/dataset.ts';
import { EdgeMlpError } from '../core/errors.ts';
import { countColumnInputs, countInputs, type FillKind, type TableColumn } from '../core/table-columns.ts';

/**
 * One-hot encoding of cells `[rows][columns]`: values, or indices of categories, where -1 is an unknown one. NaN, a missing
 * cell, becomes the fill of the column, or else NaN in all of its inputs. Returns `[rows][inputs]`, which are the cells
 * themselves for numbers without gaps.
 */
export function encodeCells(cells: Float32Array, columns: readonly TableColumn[]): Float32Array {
  const width = columns.length;
  const fills = columns.map(findFillCode);
  if (columns.every(({ kind }) => kind === 'number')) {
    return fills.every(Number.isNaN)
      ? cells
      : cells.map((cell, i) => (Number.isNaN(cell) ? (fills[i % width] ?? cell) : cell));
  }
  const rows = cells.length / width;
  const inputs = new Float32Array(rows * countInputs(columns));
  let at = 0;
  for (let i = 0; i < cells.length; i++) {
    const column = columns[i % width] as TableColumn;
    const given = cells[i] ?? Number.NaN;
    const cell = Number.isNaN(given) ? (fills[i % width] ?? given) : given;
    const count = countColumnInputs(column);
    if (column.kind === 'number' || Number.isNaN(cell)) inputs.fill(cell, at, at + count);
    else if (cell >= 0) inputs[at + cell] = 1;
    at += count;
  }
  return inputs;
}

/** The cell of the fill: a value, or the index of a category; NaN without a fill. */
function findFillCode(column: TableColumn): number {
  if (column.fill === undefined) return Number.NaN;
  return column.kind === 'number' ? column.fill : column.categories.indexOf(column.fill);
}

/** Fills the missing inputs of a data set with the values of another one with the same columns. */
export function fillLike(dataset: Dataset, { tableColumns }: Dataset): Dataset {
  return dataset.fill === undefined || tableColumns === undefined ? dataset : fillMissing(dataset, tableColumns);
}

/** Fills missing inputs, which are NaN, with the fills of the columns. */
export function fillMissing({ fill: _, ...dataset }: Dataset, tableColumns: readonly TableColumn[]): Dataset {
  const row = Float32Array.from(
    tableColumns.flatMap((column) => {
      if (column.kind === 'number') return [column.fill ?? Number.NaN];
      return column.categories.map((category) => Number(category === column.fill));
    }),
  );
  const inputs = Float32Array.from(dataset.inputs, (input, i) =>
    Number.isNaN(input) ? (row[i % row.length] ?? 0) : input,
  );
  return { ...dataset, inputs, tableColumns };
}

/**
 * The columns of a table with values for missing cells, measured on the training samples. The least of equally
 * frequent values is taken. Throws EdgeMlpError "bad-data" for a column without any value.
 */
export function fitFills(
  { name, inputs, columns: width }: Dataset,
  columns: readonly TableColumn[],
  kind: FillKind,
): TableColumn[] {
  let first = 0;
  return columns.map((column) => {
    const at = first;
    first += countColumnInputs(column);
    if (column.fill !== undefined) return column;
    const values = (offset: number) =>
      Float64Array.from({ length: inputs.length / width }, (_, n) => inputs[n * width + at + offset] ?? 0).filter(
        (value) => !Number.isNaN(value),
      );
    if (values(0).length === 0) {
      const message = `${name}: column ${column.name}: expected a value in at least one training sample, got none: drop it with --ignore`;
      throw new EdgeMlpError('bad-data', message);
    }
    if (column.kind === 'number') {
      const numbers = values(0);
      const fill =
        kind === 'mean' ? numbers.reduce((sum, value) => sum + value, 0) / numbers.length : mostFrequent(numbers);
      return { ...column, fill };
    }
    const counts = column.categories.map((_, i) => values(i).reduce((sum, value) => sum + value, 0));
    return { ...column, fill: column.categories[counts.indexOf(Math.max(...counts))] ?? '' };
  });
}

function mostFrequent(values: Float64Array): number {
  const sorted = values.toSorted();
  let best = { value: sorted[0] ?? 0, count: 0 };
  for (let from = 0, i = 1; i <= sorted.length; i++) {
    if (sorted[i] === sorted[from]) continue;
    if (i - from > best.count) best = { value: sorted[from] ?? 0, count: i - from };
    from = i;
  }
  return best.value;
}
