/** Measures of the columns of a table, and what to look at before training. */
import type { Dataset } from '../core/dataset.ts';
import { countColumnInputs, type TableColumn } from '../core/table-columns.ts';
import { quoteNames } from './csv-columns.ts';

/** Measures of a column. */
export type ColumnStatistics = NumberStatistics | CategoryStatistics;

/** Measures of a column of numbers, without its missing cells. */
export interface NumberStatistics {
  /** Kind of the column. */
  readonly kind: 'number';
  /** Header of the column. */
  readonly name: string;
  /** Missing cells. */
  readonly missing: number;
  /** Different values. */
  readonly distinct: number;
  /** Least value. */
  readonly least: number;
  /** Greatest value. */
  readonly greatest: number;
  /** Mean of the values that are not missing. */
  readonly mean: number;
  /** Square root of the mean squared deviation. */
  readonly standardDeviation: number;
  /** The next step for a column that training can use badly; undefined if there is none. */
  readonly warning?: string;
}

/** Counts of a column of categories. */
export interface CategoryStatistics {
  /** Kind of the column. */
  readonly kind: 'categories';
  /** Header of the column. */
  readonly name: string;
  /** Missing cells. */
  readonly missing: number;
  /** Different values. */
  readonly distinct: number;
  /** Cells of each category. */
  readonly counts: Readonly<Record<string, number>>;
  /** The next step for a column that training can use badly; undefined if there is none. */
  readonly warning?: string;
}

/** Rows from which quartiles are estimated. */
const QUARTILE_ROWS = 1000;
/** A column of more standard deviations in each quartile range is flattened by few extreme values. */
const FLAT = 100;
/** A column of fewer rows is not taken for row numbers. */
const FEWEST_ROW_NUMBERS = 10;

/**
 * Measures the columns of a table that is not scaled, in the order of its rows.
 *
 * @example
 * ```ts
 * import { csvDataset, measureColumns } from 'edge-mlp/csv';
 *
 * const table = csvDataset('mass,colour,kind\n180,red,apple\n65,blue,plum\n', { name: 'fruit.csv' });
 * const [mass, colour] = measureColumns(table);
 * console.log(mass?.kind === 'number' && mass.mean); // 122.5
 * console.log(colour?.kind === 'categories' && colour.counts); // { blue: 1, red: 1 }
 * ```
 */
export function measureColumns(dataset: Dataset): ColumnStatistics[] {
  const { inputs, columns: width, features } = dataset;
  const names = features ?? Array.from({ length: width }, (_, i) => `input ${i + 1}`);
  const columns = dataset.tableColumns ?? names.map((name): TableColumn => ({ kind: 'number', name }));
  let first = 0;
  return columns.map((column) => {
    const at = first;
    first += countColumnInputs(column);
    const values = (offset: number) =>
      Float64Array.from({ length: inputs.length / width }, (_, n) => inputs[n * width + at + offset] ?? 0);
    return column.kind === 'number' ? measureNumbers(column.name, values(0)) : countCategories(column, values);
  });
}

function measureNumbers(name: string, cells: Float64Array): NumberStatistics {
  const values = cells.filter((value) => !Number.isNaN(value));
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  // Rounding errors would make the deviation of equal numbers positive.
  const standardDeviation = least === greatest ? 0 : Math.sqrt(squares / values.length);
  const measures = { least, greatest, mean, standardDeviation };
  const warning = findWarning(name, values, measures);
  const missing = cells.length - values.length;
  const distinct = new Set(values).size;
  return { kind: 'number', name, missing, distinct, ...measures, ...(warning === undefined ? {} : { warning }) };
}

function countCategories(
  { name, categories }: Extract<TableColumn, { kind: 'categories' }>,
  values: (offset: number) => Float64Array,
): CategoryStatistics {
  const counts = categories.map((category, i) => [
    category,
    values(i).reduce((n, value) => n + Number(value === 1), 0),
  ]);
  const missing = values(0).reduce((n, value) => n + Number(Number.isNaN(value)), 0);
  const constant = categories.length < 2 ? { warning: describeConstant(name, categories[0] ?? '') } : {};
  const distinct = counts.filter(([, count]) => count !== 0).length;
  return { kind: 'categories', name, missing, distinct, counts: Object.fromEntries(counts), ...constant };
}

function describeConstant(name: string, value: string): string {
  return `each row has ${value}, which tells nothing about the label: drop the column with --ignore ${quoteNames([name])}`;
}

type Measures = Pick<NumberStatistics, 'least' | 'greatest' | 'mean' | 'standardDeviation'>;

function findWarning(name: string, values: Float64Array, measures: Measures): string | undefined {
  const { least, greatest, mean, standardDeviation } = measures;
  const drop = `drop the column with --ignore ${quoteNames([name])}`;
  if (least === greatest) return describeConstant(name, String(least));
  if (areRowNumbers(values, measures)) return `the values count the rows: ${drop} unless the order matters`;
  const [low, high] = estimateQuartiles(values);
  if (!(high > low && (high - low) * FLAT < standardDeviation)) return undefined;
  const extreme = greatest - mean > mean - least ? greatest : least;
  const range = `half of the values are between ${short(low)} and ${short(high)}`;
  return `${short(extreme)} is far from the others and makes them equal after standardisation (${range}): correct it, or ${drop}`;
}

/** Whole numbers that grow with each row, with few gaps. */
function areRowNumbers(values: Float64Array, { least, greatest }: Measures): boolean {
  if (values.length < FEWEST_ROW_NUMBERS || greatest - least >= 2 * values.length) return false;
  return values.every((value, n) => Number.isInteger(value) && (n === 0 || value > (values[n - 1] ?? 0)));
}

function estimateQuartiles(values: Float64Array): [low: number, high: number] {
  const step = Math.max(1, Math.floor(values.length / QUARTILE_ROWS));
  const sorted = values.filter((_, n) => n % step === 0).toSorted();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return [at(0.25), at(0.75)];
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
