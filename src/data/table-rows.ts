/** Inputs from rows of raw cells, such as objects of JSON. */
import { describeValue, EdgeMlpError, formatNumber, listNames } from '../core/errors.ts';
import { suggestName } from '../core/suggestion.ts';
import type { TableColumn } from '../core/table-columns.ts';
import { fitsFloat32, isMissing, nameCategory, parseNumber } from './csv-cells.ts';
import { encodeCells } from './table-inputs.ts';

/**
 * Cells of a row: an object with the headers, or a list in the order of the columns. A cell is a number, a text or a truth
 * value; null, and texts such as NA, are missing.
 */
export type TableRow = Readonly<Record<string, unknown>> | readonly unknown[];

/** Columns of a model. */
export interface RowOptions {
  /** Name in messages. */
  readonly name: string;
  /** Columns in the order of the inputs. */
  readonly columns: readonly TableColumn[];
  /** Name of the label, which rows may have. */
  readonly labelName?: string | undefined;
  /** Most rows. Default: no limit. */
  readonly maxSamples?: number | undefined;
}

/**
 * Inputs `[rows][inputs]`, not scaled. Missing cells get the values of the columns. Throws EdgeMlpError "bad-data" for an
 * unknown column or category, a missing cell without a value, or a text in a column of numbers.
 *
 * @example
 * ```ts
 * import { rowInputs } from 'edge-mlp/csv';
 *
 * const columns = [
 *   { kind: 'number', name: 'mass' },
 *   { kind: 'categories', name: 'colour', categories: ['blue', 'red'] },
 * ] as const;
 * const inputs = rowInputs([{ mass: 180, colour: 'red' }, [65, 'blue']], { name: 'fruit', columns });
 * console.log(inputs); // Float32Array(6) [ 180, 0, 1, 65, 1, 0 ]
 * ```
 */
export function rowInputs(
  rows: readonly TableRow[],
  { name, columns, labelName, maxSamples }: RowOptions,
): Float32Array {
  checkMaxSamples(rows.length, maxSamples, name);
  const codes = columns.map((column) =>
    column.kind === 'number' ? undefined : new Map(column.categories.map((text, i) => [nameCategory(text), i])),
  );
  const titles = columns.map((column) => column.name);
  const known = new Set([...titles, ...(labelName === undefined ? [] : [labelName])]);
  const cells = new Float32Array(rows.length * columns.length);
  rows.forEach((row, n) => {
    const place = rows.length === 1 ? name : `${name}: sample ${n}`;
    const given = Array.isArray(row) ? row : pickCells(row as Readonly<Record<string, unknown>>, titles, known, place);
    if (given.length !== columns.length) {
      const expected = `${columns.length} cells (${listNames(titles)})`;
      throw new EdgeMlpError('bad-shape', `${place}: expected ${expected}, got ${given.length}`);
    }
    columns.forEach((column, i) => {
      cells[n * columns.length + i] = readCell(given[i], column, codes[i], `${place}: ${column.name}`);
    });
  });
  return encodeCells(cells, columns);
}

/** The error of a body with too many samples: the service answers with 413 instead of 400. */
export class TooManySamples extends EdgeMlpError {
  constructor(most: number, name: string) {
    super('bad-data', `${name}: expected at most ${formatNumber(most)} samples, got more`);
  }
}

/** Throws `TooManySamples` for more samples than `most`. */
export function checkMaxSamples(samples: number, most: number | undefined, name: string): void {
  if (most !== undefined && samples > most) throw new TooManySamples(most, name);
}

function pickCells(
  row: Readonly<Record<string, unknown>>,
  titles: readonly string[],
  known: ReadonlySet<string>,
  place: string,
): unknown[] {
  const other = Object.keys(row).find((title) => !known.has(title));
  if (other !== undefined) {
    const expected = `the columns ${listNames(titles)}`;
    const message = `${place}: expected ${expected}, got ${describeValue(other)}${suggestName(other, titles)}`;
    throw new EdgeMlpError('bad-data', message);
  }
  return titles.map((title) => (Object.hasOwn(row, title) ? row[title] : undefined));
}

/** A value, or the index of a category; NaN for a missing cell that has a fill. */
function readCell(
  cell: unknown,
  column: TableColumn,
  codes: ReadonlyMap<string, number> | undefined,
  place: string,
): number {
  if (cell === undefined || cell === null || (typeof cell === 'string' && isMissing(cell.trim()))) {
    if (column.fill !== undefined) return Number.NaN;
    const expected = column.kind === 'number' ? 'a number' : `one of ${listNames(column.categories)}`;
    const got = cell === undefined ? 'nothing' : `${describeValue(cell)}, and the model has no value for missing cells`;
    throw new EdgeMlpError('bad-data', `${place}: expected ${expected}, got ${got}`);
  }
  if (codes === undefined) return readNumber(cell, place);
  const isCell = typeof cell === 'string' || typeof cell === 'number' || typeof cell === 'boolean';
  const code = isCell ? codes.get(nameCategory(String(cell))) : undefined;
  if (code !== undefined) return code;
  const categories = column.kind === 'categories' ? column.categories : [];
  const hint = typeof cell === 'string' ? suggestName(cell, categories) : '';
  const message = `${place}: expected one of ${listNames(categories)}, got ${describeValue(cell)}${hint}`;
  throw new EdgeMlpError('bad-data', message);
}

function readNumber(cell: unknown, place: string): number {
  const number = typeof cell === 'string' ? parseNumber(cell.trim(), '.') : cell;
  if (typeof number === 'number' && fitsFloat32(number)) return number;
  throw new EdgeMlpError('bad-data', `${place}: expected a number that float32 can hold, got ${describeValue(cell)}`);
}
