/** Data sets from CSV: a header, one column of labels, and columns of numbers. */
import type { Dataset } from '../core/dataset.ts';
import { describeValue, EdgeMlpError, formatNumber } from '../core/errors.ts';
import { checkClasses, checkMostClasses, sortClasses } from './classes.ts';
import {
  checkCells,
  checkTitles,
  copyText,
  DEFAULT_DELIMITER,
  eachRow,
  findColumns,
  listNames,
  type Row,
  readCell,
  readNumber,
} from './csv-rows.ts';

/** Options of reading a table. */
export interface CsvOptions {
  /** Name in messages. */
  readonly name: string;
  /** Header of the label column. Default: the last column. */
  readonly labelColumn?: string;
  /** Known classes in the order of their labels, for instance of a model. Default: the labels in the table, sorted. */
  readonly classes?: readonly string[];
  /**
   * Headers of the features in order, for instance of a model. Other columns are ignored. Default: all columns but the
   * labels.
   */
  readonly features?: readonly string[];
  /** Separator of cells. Default: detected from the first lines. */
  readonly delimiter?: string;
  /** The exact number of samples of all texts, if it is known: memory is then allocated once. */
  readonly samples?: number;
}

/**
 * Reads a data set. Features are not scaled (see scaling.ts). Throws EdgeMlpError "bad-data" with line and column.
 *
 * @example
 * ```ts
 * import { csvDataset } from 'edge-mlp/csv';
 *
 * const { inputs, labels, classes, features } = csvDataset('mass,sugar,kind\n180,10.5,apple\n65,11,plum\n', {
 *   name: 'fruit.csv',
 * });
 * console.log(classes, features, labels); // [ 'apple', 'plum' ] [ 'mass', 'sugar' ] Uint16Array(2) [ 0, 1 ]
 * console.log(inputs); // Float32Array(4) [ 180, 10.5, 65, 11 ]
 * ```
 */
export function csvDataset(text: string, options: CsvOptions): Dataset {
  const table = new CsvTable(options);
  table.append(text);
  return table.dataset();
}

/**
 * A data set of one text, or of several texts with the same header. Rows are read one by one, so that memory holds the
 * numbers and one text.
 *
 * @example
 * ```ts
 * import { CsvTable } from 'edge-mlp/csv';
 *
 * const table = new CsvTable({ name: 'fruit.csv', labelColumn: 'kind' });
 * table.append('kind,mass\napple,180\n');
 * table.append('kind,mass\nplum,65\nplum,70\n', 'more.csv');
 * console.log(table.samples, table.classes); // 3 [ 'apple', 'plum' ]
 * ```
 */
export class CsvTable {
  readonly #options: CsvOptions;
  /** Index of each label, in order of appearance or as in the options. */
  readonly #names: Map<string, number>;
  #header: readonly string[] | undefined;
  #delimiter: string | undefined;
  #labelIndex = 0;
  #features: readonly string[] = [];
  /** Columns of the features. */
  #indices: readonly number[] = [];
  /** `[capacity][features]`, of which `samples` rows are used. */
  #inputs = new Float32Array();
  /** `[capacity]`, indices of #names. */
  #labels = new Uint32Array();
  #samples = 0;
  /** Range of each feature, and the largest error of rounding to float32. */
  #ranges: { least: number; greatest: number; rounding: number }[] = [];

  /** An empty table. */
  constructor(options: CsvOptions) {
    this.#options = options;
    this.#names = new Map(options.classes?.map((label, i) => [label, i]));
    this.#delimiter = options.delimiter;
  }

  /** Rows so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Headers of the features, in order; empty before the first text. */
  get features(): readonly string[] {
    return this.#features;
  }

  /** Header of the label column; empty before the first text. */
  get labelName(): string {
    return this.#header?.[this.#labelIndex] ?? '';
  }

  /** Separator of cells. */
  get delimiter(): string {
    return this.#delimiter ?? DEFAULT_DELIMITER;
  }

  /** The classes of the options, or the labels so far, sorted. */
  get classes(): readonly string[] {
    return this.#options.classes ?? sortClasses(this.#names.keys());
  }

  /** Adds the rows of a text. `name` appears in messages. Throws EdgeMlpError "bad-data" with line and column. */
  append(text: string, name = this.#options.name): void {
    const { rows, delimiter } = eachRow(text, { name, delimiter: this.#delimiter }, (row, n) => {
      if (n === 0) this.#begin(row, name);
      else this.#addRow(row, name);
    });
    this.#delimiter = delimiter;
    if (rows === 0) throw new EdgeMlpError('bad-data', `${name}: expected a header line, got an empty file`);
    if (rows === 1) throw new EdgeMlpError('bad-data', `${name}: expected samples below the header, got none`);
    checkMostClasses(this.#names.size, name);
  }

  /** All samples so far. Throws EdgeMlpError "bad-data", also for numbers that float32 does not distinguish. */
  dataset(): Dataset {
    const { name, samples = this.#samples } = this.#options;
    if (samples !== this.#samples) {
      const message = `${name}: expected ${formatNumber(samples)} samples, got ${formatNumber(this.#samples)}`;
      throw new EdgeMlpError('bad-data', message);
    }
    const { classes } = this;
    checkClasses(classes, name);
    this.#checkRounding(name);
    const places = new Map(classes.map((label, i) => [label, i]));
    const order: number[] = [];
    for (const [label, index] of this.#names) order[index] = places.get(label) ?? 0;
    const columns = this.#features.length;
    const whole = this.#labels.length === samples;
    return {
      ...{ name, classes, columns, features: this.#features, labelName: this.labelName },
      inputs: whole ? this.#inputs : this.#inputs.slice(0, samples * columns),
      labels: Uint16Array.from(this.#labels.subarray(0, samples), (index) => order[index] ?? 0),
      scaling: { kind: 'identity' },
    };
  }

  /** Large numbers with small differences, such as times in seconds, would become equal in float32. */
  #checkRounding(name: string): void {
    this.#ranges.forEach(({ least, greatest, rounding }, i) => {
      const range = greatest - least;
      // Constant features are not divided by their deviation.
      if (rounding <= (range > 0 ? range : 1) / FEWEST_STEPS) return;
      const column = `${name}: column ${describeValue(this.#features[i])}`;
      const got = `${least} to ${greatest}, with rounding errors up to ${Number(rounding.toPrecision(2))}`;
      const message = `${column}: expected numbers that float32 distinguishes, got ${got}: shift or scale them first`;
      throw new EdgeMlpError('bad-data', message);
    });
  }

  #begin({ cells }: Row, name: string): void {
    const header = cells.map((cell) => copyText(cell.trim()));
    if (this.#header === undefined) this.#useHeader(header, name);
    else if (!sameTexts(header, this.#header)) {
      const expected = listNames(this.#header);
      throw new EdgeMlpError('bad-data', `${name}: expected the header ${expected}, got ${listNames(header)}`);
    }
  }

  #useHeader(header: readonly string[], name: string): void {
    this.#labelIndex = findLabelColumn(header, { ...this.#options, name });
    this.#features = this.#options.features ?? header.filter((_, i) => i !== this.#labelIndex);
    checkTitles(this.#features, name);
    this.#indices = findColumns(header, this.#features, name);
    if (this.#features.length === 0) {
      throw new EdgeMlpError('bad-data', `${name}: expected at least one feature and a label, got no feature`);
    }
    this.#header = header;
    this.#ranges = this.#features.map(() => ({ least: Infinity, greatest: -Infinity, rounding: 0 }));
    this.#allocate(this.#options.samples ?? Math.ceil(FIRST_NUMBERS / this.#features.length));
  }

  #addRow(row: Row, name: string): void {
    const header = this.#header ?? [];
    checkCells(row, header, name);
    if (this.#samples === this.#labels.length) this.#grow(name);
    const start = this.#samples * this.#indices.length;
    this.#indices.forEach((index, i) => {
      const number = readNumber(row, index, header, name);
      this.#inputs[start + i] = number;
      const range = this.#ranges[i];
      if (range === undefined) return;
      range.least = Math.min(range.least, number);
      range.greatest = Math.max(range.greatest, number);
      range.rounding = Math.max(range.rounding, Math.abs(number - Math.fround(number)));
    });
    this.#labels[this.#samples] = this.#findLabel(readCell(row, this.#labelIndex, header, name), row, name);
    this.#samples++;
  }

  #findLabel(label: string, { line }: Row, name: string): number {
    const known = this.#names.get(label);
    if (known !== undefined) return known;
    const { classes } = this.#options;
    if (classes !== undefined) {
      const expected = `one of the labels ${listNames(classes)}`;
      throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected ${expected}, got ${describeValue(label)}`);
    }
    const index = this.#names.size;
    this.#names.set(copyText(label), index);
    return index;
  }

  #grow(name: string): void {
    const { samples } = this.#options;
    if (samples !== undefined) {
      throw new EdgeMlpError('bad-data', `${name}: expected ${formatNumber(samples)} samples, got more`);
    }
    this.#allocate(2 * this.#samples);
  }

  #allocate(samples: number): void {
    const [inputs, labels] = [this.#inputs, this.#labels];
    this.#inputs = new Float32Array(samples * this.#features.length);
    this.#inputs.set(inputs);
    this.#labels = new Uint32Array(samples);
    this.#labels.set(labels);
  }
}

/** Distinct float32 values that the range of a feature must have. */
const FEWEST_STEPS = 1000;

/** Initial capacity in numbers, if the number of samples is not known. */
const FIRST_NUMBERS = 4096;

function findLabelColumn(header: readonly string[], { name, labelColumn, features }: CsvOptions): number {
  if (labelColumn !== undefined) return findColumns(header, [labelColumn], name)[0] ?? 0;
  if (features === undefined) return header.length - 1;
  const known = new Set(features);
  const others = header.filter((title) => !known.has(title));
  if (others.length === 1) return header.indexOf(others[0] ?? '');
  const got = others.length === 0 ? 'no other column' : `columns ${listNames(others)}`;
  throw new EdgeMlpError('bad-data', `${name}: expected one label column besides ${listNames(features)}, got ${got}`);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
