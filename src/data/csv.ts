/** CSV: a header, one column of labels, the others numbers. */
import Papa from 'papaparse';
import type { Dataset } from '../core/dataset.ts';
import { count, EdgeMlpError } from '../core/errors.ts';

export interface CsvOptions {
  /** For messages. */
  readonly name: string;
  /** Header of the column of labels. Default: the last column. */
  readonly labelColumn?: string;
  /** The classes by label, where they are known from a model. Default: those that occur, sorted. */
  readonly classes?: readonly string[];
  /** The features by header, in order, where they are known from a model; other columns but the labels' are left out. */
  readonly features?: readonly string[];
}

/**
 * Reads a data set. Features are taken as they are (see scaling.ts). Throws `bad-data` that names line and column.
 */
export function csvDataset(text: string, options: CsvOptions): Dataset {
  const { name } = options;
  const { header, rows } = readTable(text, name);
  const labelIndex = findLabelColumn(header, options);
  const features = options.features ?? header.filter((_, i) => i !== labelIndex);
  const indices = features.map((feature) => findColumn(header, feature, name));
  const columns = indices.length;
  if (columns === 0)
    throw new EdgeMlpError('bad-data', `${name}: expected at least one feature beside the label, got none`);

  const inputs = new Float32Array(rows.length * columns);
  const names = rows.map((row, n) => {
    indices.forEach((index, i) => {
      inputs[n * columns + i] = parseNumber(cellAt(row, index, header, name), placeOf(row, index, header, name));
    });
    return cellAt(row, labelIndex, header, name);
  });
  const classes = options.classes ?? [...new Set(names)].sort(compareLabels);
  const labels = toLabels(names, rows, classes, options);
  const labelName = header[labelIndex] ?? '';
  return { name, inputs, labels, columns, classes, features, labelName, scaling: { kind: 'identity' } };
}

interface Row {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

function readTable(text: string, name: string): { header: readonly string[]; rows: readonly Row[] } {
  const { data, errors } = Papa.parse<string[]>(text, { header: false, skipEmptyLines: false });
  const error = errors.find(({ code }) => code !== 'UndetectableDelimiter');
  if (error !== undefined) {
    throw new EdgeMlpError('bad-data', `${name}: line ${(error.row ?? 0) + 1}: expected CSV, got: ${error.message}`);
  }
  const lines = numbered(data).filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  const [first, ...rows] = lines;
  if (first === undefined) throw new EdgeMlpError('bad-data', `${name}: expected a header line, got an empty file`);
  if (rows.length === 0) throw new EdgeMlpError('bad-data', `${name}: expected samples below the header, got none`);
  const header = first.cells.map((cell) => cell.trim());
  for (const { line, cells } of rows) {
    if (cells.length !== header.length) {
      throw new EdgeMlpError(
        'bad-data',
        `${name}: line ${line}: expected ${header.length} cells, as the header has, got ${cells.length}`,
      );
    }
  }
  return { header, rows };
}

/** Rows with the lines on which they begin: a quoted cell may hold line breaks. */
function numbered(table: readonly (readonly string[])[]): Row[] {
  let line = 1;
  return table.map((cells) => {
    const row = { line, cells };
    line += 1 + cells.join('').split(/\r\n|\r|\n/).length - 1;
    return row;
  });
}

function findLabelColumn(header: readonly string[], { name, labelColumn, features }: CsvOptions): number {
  if (labelColumn !== undefined) return findColumn(header, labelColumn, name);
  if (features === undefined) return header.length - 1;
  const others = header.filter((title) => !features.includes(title));
  if (others.length === 1) return header.indexOf(others[0] ?? '');
  const got = others.length === 0 ? 'no other column' : `columns ${others.join(', ')}`;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: expected one column beside ${features.join(', ')} for the labels, got ${got}`,
  );
}

function findColumn(header: readonly string[], title: string, name: string): number {
  const index = header.indexOf(title);
  if (index >= 0 && header.indexOf(title, index + 1) < 0) return index;
  const expected = index < 0 ? `a column "${title}"` : `one column "${title}"`;
  throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${header.join(', ')}`);
}

function placeOf({ line }: Row, index: number, header: readonly string[], name: string): string {
  return `${name}: line ${line}, column ${index + 1} (${header[index]})`;
}

function cellAt(row: Row, index: number, header: readonly string[], name: string): string {
  const text = row.cells[index]?.trim() ?? '';
  if (text !== '') return text;
  throw new EdgeMlpError('bad-data', `${placeOf(row, index, header, name)}: expected a value, got an empty cell`);
}

function parseNumber(text: string, place: string): number {
  const value = Math.fround(Number(text));
  if (Number.isFinite(value)) return value;
  throw new EdgeMlpError('bad-data', `${place}: expected a number, got "${text}"`);
}

function toLabels(
  names: readonly string[],
  rows: readonly Row[],
  classes: readonly string[],
  { name }: CsvOptions,
): Uint16Array {
  if (classes.length < 2) {
    throw new EdgeMlpError('bad-data', `${name}: expected at least two classes, got ${classes.join(', ')}`);
  }
  if (classes.length > 1000) {
    throw new EdgeMlpError(
      'bad-data',
      `${name}: expected at most 1,000 classes, got ${count(classes.length)} different labels: is the right column named?`,
    );
  }
  const index = new Map(classes.map((label, i) => [label, i]));
  return Uint16Array.from(names, (label, i) => {
    const found = index.get(label);
    if (found !== undefined) return found;
    throw new EdgeMlpError(
      'bad-data',
      `${name}: line ${rows[i]?.line}: expected one of the labels ${classes.join(', ')}, got "${label}"`,
    );
  });
}

/** Numbers by value, before texts by code unit: no locale, so that labels are the same everywhere. */
function compareLabels(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : Number(a > b);
}
