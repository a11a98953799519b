/** CSV: a header, one column of labels, the others numbers. */
import Papa from 'papaparse';
import { concatBytes } from '../core/bytes.ts';
import type { Dataset } from '../core/dataset.ts';
import { describeValue, EdgeMlpError, formatNumber } from '../core/errors.ts';

/** How a table is read. */
export interface CsvOptions {
  /** For messages. */
  readonly name: string;
  /** Header of the column of labels. Default: the last column. */
  readonly labelColumn?: string;
  /** The classes by label, where they are known from a model. Default: those that occur, sorted. */
  readonly classes?: readonly string[];
  /** The features by header, in order, where they are known from a model; other columns but the labels' are left out. */
  readonly features?: readonly string[];
  /** What parts two cells. Default: told by the first lines. */
  readonly delimiter?: string;
  /** Samples of all texts together, where that is known: there is room for them at once, and neither more nor fewer may come. */
  readonly samples?: number;
}

/**
 * Reads a data set. Features are taken as they are (see scaling.ts). Throws `bad-data` that names line and column.
 *
 * @example
 * ```ts
 * import { csvDataset } from 'edge-mlp/data';
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
 * A data set of one text, or of several with one header, as if their rows stood below each other in one file. Rows are taken one
 * by one: beside the numbers no more than one text is in memory.
 *
 * @example
 * ```ts
 * import { CsvTable } from 'edge-mlp/data';
 *
 * const table = new CsvTable({ name: 'fruit.csv', labelColumn: 'kind' });
 * table.append('kind,mass\napple,180\n');
 * table.append('kind,mass\nplum,65\nplum,70\n', 'more.csv');
 * console.log(table.samples, table.classes); // 3 [ 'apple', 'plum' ]
 * ```
 */
export class CsvTable {
  readonly #options: CsvOptions;
  /** Labels in the order in which they were met, or as the options name them. */
  readonly #names: Map<string, number>;
  #header: readonly string[] | undefined;
  #delimiter: string | undefined;
  #labelIndex = 0;
  #features: readonly string[] = [];
  /** Columns of the features. */
  #indices: readonly number[] = [];
  /** [room][features], of which `samples` rows are taken. */
  #inputs = new Float32Array();
  /** [room], by #names. */
  #labels = new Uint32Array();
  #samples = 0;
  /** Of each feature, before its numbers were rounded to float32, and by how much they were at most. */
  #ranges: { least: number; greatest: number; rounding: number }[] = [];

  /** No text yet. */
  constructor(options: CsvOptions) {
    this.#options = options;
    this.#names = new Map(options.classes?.map((label, i) => [label, i]));
    this.#delimiter = options.delimiter;
  }

  /** Rows that were taken so far. */
  get samples(): number {
    return this.#samples;
  }

  /** Headers of the columns that are inputs, in their order; none before the first text. */
  get features(): readonly string[] {
    return this.#features;
  }

  /** Header of the labels; empty before the first text. */
  get labelName(): string {
    return this.#header?.[this.#labelIndex] ?? '';
  }

  /** What parts two cells. */
  get delimiter(): string {
    return this.#delimiter ?? Papa.DefaultDelimiter;
  }

  /** Those that have been met so far, sorted, unless the options name them. */
  get classes(): readonly string[] {
    return this.#options.classes ?? sortedClasses(this.#names.keys());
  }

  /** Takes the rows of a text, which is called `name` in messages. Throws `bad-data` that names line and column. */
  append(text: string, name = this.#options.name): void {
    const { rows, delimiter } = eachRow(text, { name, delimiter: this.#delimiter }, (row, n) => {
      if (n === 0) this.#begin(row, name);
      else this.#take(row, name);
    });
    this.#delimiter = delimiter;
    if (rows === 0) throw new EdgeMlpError('bad-data', `${name}: expected a header line, got an empty file`);
    if (rows === 1) throw new EdgeMlpError('bad-data', `${name}: expected samples below the header, got none`);
    checkMostClasses(this.#names.size, name);
  }

  /** All samples that were taken, as float32. Throws `bad-data`, also for numbers that these would not tell apart. */
  dataset(): Dataset {
    const { name, samples = this.#samples } = this.#options;
    if (samples !== this.#samples) {
      throw new EdgeMlpError(
        'bad-data',
        `${name}: expected ${formatNumber(samples)} samples, got ${formatNumber(this.#samples)}`,
      );
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

  /** Numbers that are large beside their differences, as times in seconds are, would become one and the same. Throws `bad-data`. */
  #checkRounding(name: string): void {
    this.#ranges.forEach(({ least, greatest, rounding }, i) => {
      const range = greatest - least;
      // One that never varies is not divided.
      if (rounding <= (range > 0 ? range : 1) / FEWEST_STEPS) return;
      throw new EdgeMlpError(
        'bad-data',
        `${name}: column ${describeValue(this.#features[i])}: expected numbers that float32 tells apart, got ${least} to ${greatest}, which it rounds by up to ${Number(rounding.toPrecision(2))}: shift or scale them first`,
      );
    });
  }

  /** The first text's header says where what is; the others' must be the same. */
  #begin({ cells }: Row, name: string): void {
    const header = cells.map((cell) => ownCopy(cell.trim()));
    if (this.#header === undefined) this.#useHeader(header, name);
    else if (!sameTexts(header, this.#header)) {
      const expected = few(this.#header);
      throw new EdgeMlpError('bad-data', `${name}: expected the header ${expected}, got ${few(header)}`);
    }
  }

  #useHeader(header: readonly string[], name: string): void {
    this.#labelIndex = findLabelColumn(header, { ...this.#options, name });
    this.#features = this.#options.features ?? header.filter((_, i) => i !== this.#labelIndex);
    checkTitles(this.#features, name);
    this.#indices = this.#features.map((feature) => findColumn(header, feature, name));
    if (this.#features.length === 0) {
      throw new EdgeMlpError('bad-data', `${name}: expected at least one feature beside the label, got none`);
    }
    this.#header = header;
    this.#ranges = this.#features.map(() => ({ least: Infinity, greatest: -Infinity, rounding: 0 }));
    this.#makeRoom(this.#options.samples ?? FIRST_ROOM);
  }

  #take(row: Row, name: string): void {
    const header = this.#header ?? [];
    checkCells(row, header, name);
    if (this.#samples === this.#labels.length) this.#grow(name);
    const place = (index: number) => describePlace(row, index, header, name);
    const start = this.#samples * this.#indices.length;
    this.#indices.forEach((index, i) => {
      const number = parseNumber(cellAt(row, index, place), index, place);
      this.#inputs[start + i] = number;
      const range = this.#ranges[i];
      if (range === undefined) return;
      range.least = Math.min(range.least, number);
      range.greatest = Math.max(range.greatest, number);
      range.rounding = Math.max(range.rounding, Math.abs(number - Math.fround(number)));
    });
    this.#labels[this.#samples] = this.#findLabel(cellAt(row, this.#labelIndex, place), row, name);
    this.#samples++;
  }

  #findLabel(label: string, { line }: Row, name: string): number {
    const known = this.#names.get(label);
    if (known !== undefined) return known;
    const { classes } = this.#options;
    if (classes !== undefined) {
      throw new EdgeMlpError(
        'bad-data',
        `${name}: line ${line}: expected one of the labels ${few(classes)}, got ${describeValue(label)}`,
      );
    }
    const index = this.#names.size;
    this.#names.set(ownCopy(label), index);
    return index;
  }

  #grow(name: string): void {
    const { samples } = this.#options;
    if (samples !== undefined) {
      throw new EdgeMlpError('bad-data', `${name}: expected ${formatNumber(samples)} samples in all, got more`);
    }
    this.#makeRoom(2 * this.#samples);
  }

  #makeRoom(samples: number): void {
    const [inputs, labels] = [this.#inputs, this.#labels];
    this.#inputs = new Float32Array(samples * this.#features.length);
    this.#inputs.set(inputs);
    this.#labels = new Uint32Array(samples);
    this.#labels.set(labels);
  }
}

/** Of a feature's range float32 must have at least so many. */
const FEWEST_STEPS = 1000;

/** Samples that there is room for at first, where nobody says how many will come. */
const FIRST_ROOM = 256;

/** More different labels than this are rather a column of numbers. */
const MOST_CLASSES = 1000;

/** Throws `bad-data`. */
export function checkClasses(classes: readonly string[], name: string): void {
  if (classes.length < 2) {
    throw new EdgeMlpError('bad-data', `${name}: expected at least two classes, got ${few(classes)}`);
  }
  checkMostClasses(classes.length, name);
}

function checkMostClasses(classes: number, name: string): void {
  if (classes <= MOST_CLASSES) return;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: expected at most ${formatNumber(MOST_CLASSES)} classes, got ${formatNumber(classes)} different labels: is the right column named?`,
  );
}

/**
 * Samples to be classified: the features by header, in their order, whatever else there is; without known features all columns
 * must be such. Numbers are as the file has them. Throws `bad-data` that names line and column.
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
      header = row.cells.map((cell) => ownCopy(cell.trim()));
      if (features === undefined) checkTitles(header, name);
      indices = features?.map((feature) => findColumn(header, feature, name)) ?? header.map((_, i) => i);
      if (indices.length === columns) return;
      throw new EdgeMlpError('bad-data', `${name}: expected ${columns} features, got ${indices.length} columns`);
    }
    checkCells(row, header, name);
    const place = (index: number) => describePlace(row, index, header, name);
    for (const index of indices) numbers.push(parseNumber(cellAt(row, index, place), index, place));
  });
  if (rows < 2) throw new EdgeMlpError('bad-data', `${name}: expected samples below the header, got none`);
  return Float32Array.from(numbers);
}

/** Labels as the classes of a data set: each once, numbers by value, before texts. */
export function sortedClasses(labels: Iterable<string>): string[] {
  return [...new Set(labels)].sort(compareLabels);
}

/** A part of a table, which is a table by itself. */
export interface CsvPiece {
  /** CSV, UTF-8. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Rows without the header. */
  readonly samples: number;
}

/**
 * A text as several of at most `bytes` bytes, each with the header and whole rows, which read one after the other are the same
 * table. They have commas and line feeds, whatever the text has. Throws `bad-data`.
 */
export function csvPieces(text: string, { name, bytes }: { name: string; bytes: number }): CsvPiece[] {
  const pieces: CsvPiece[] = [];
  let header: Uint8Array = new Uint8Array();
  let lines: Uint8Array[] = [];
  let size = 0;
  const end = () => {
    if (lines.length > 0) pieces.push({ bytes: concatBytes([header, ...lines]), samples: lines.length });
    [lines, size] = [[], header.length];
  };
  eachRow(text, { name }, ({ line, cells }, n) => {
    // With quotes around every header, and no blank line at the end, nothing but the comma can be guessed: to any other
    // delimiter the first line is one single cell.
    const row = UTF8.encode(`${n === 0 ? '' : '\n'}${Papa.unparse([cells], { newline: '\n', quotes: n === 0 })}`);
    if (n === 0) header = row;
    if (n === 0 || size + row.length > bytes) end();
    if (n > 0) lines.push(row);
    if (n > 0) size += row.length;
    if (size <= bytes) return;
    throw new EdgeMlpError(
      'bad-data',
      `${name}: line ${line}: expected a row of at most ${formatNumber(bytes)} bytes with its header, got ${formatNumber(size)}`,
    );
  });
  end();
  return pieces;
}

const UTF8 = new TextEncoder();

interface Row {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Calls `visit` for every row that is not blank, with the number of such rows before it: the header is row 0. Returns how many
 * there are, and the delimiter. Throws `bad-data`.
 */
function eachRow(
  text: string,
  { name, delimiter }: { readonly name: string; readonly delimiter?: string | undefined },
  visit: (row: Row, index: number) => void,
): { rows: number; delimiter: string } {
  if (typeof text !== 'string') {
    throw new EdgeMlpError('bad-argument', `${name}: expected the text of a table, got ${describeValue(text)}`);
  }
  let line = 1;
  let rows = 0;
  let found = delimiter ?? Papa.DefaultDelimiter;
  Papa.parse<string[]>(text, {
    // Fast, it would cut the text into all its lines first.
    fastMode: false,
    ...(delimiter === undefined ? {} : { delimiter }),
    step: ({ data: cells, errors, meta }) => {
      const error = errors.find(({ code }) => code !== 'UndetectableDelimiter');
      if (error !== undefined) {
        throw new EdgeMlpError('bad-data', `${name}: line ${line}: expected CSV, got: ${error.message}`);
      }
      found = meta.delimiter;
      if (cells.some((cell) => cell.trim() !== '')) visit({ line, cells }, rows++);
      // A quoted cell may hold line breaks.
      line += cells.join('').split(/\r\n|\r|\n/).length;
    },
  });
  return { rows, delimiter: found };
}

/** Engines make a part of a text a view of it, which would keep the whole text in memory. */
function ownCopy(text: string): string {
  return JSON.parse(JSON.stringify(text));
}

/** Throws where the first line has numbers of a sample. Columns that are merely formatCount, as programs do, are called 0, 1, 2 …, or 1, 2, 3 … */
function checkTitles(titles: readonly string[], name: string): void {
  const numbers = titles
    .filter((title) => title !== '')
    .map(Number)
    .filter((number) => !Number.isNaN(number));
  const [first = 0] = numbers;
  if ((first === 0 || first === 1) && numbers.every((number, i) => number === first + i)) return;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: line 1: expected a header with names of the columns, got the numbers ${titles.slice(0, 4).join(', ')}`,
  );
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}

function checkCells({ cells, line }: Row, header: readonly string[], name: string): void {
  if (cells.length === header.length) return;
  throw new EdgeMlpError(
    'bad-data',
    `${name}: line ${line}: expected ${header.length} cells, as the header has, got ${cells.length}`,
  );
}

function findLabelColumn(header: readonly string[], { name, labelColumn, features }: CsvOptions): number {
  if (labelColumn !== undefined) return findColumn(header, labelColumn, name);
  if (features === undefined) return header.length - 1;
  const others = header.filter((title) => !features.includes(title));
  if (others.length === 1) return header.indexOf(others[0] ?? '');
  const got = others.length === 0 ? 'no other column' : `columns ${few(others)}`;
  throw new EdgeMlpError('bad-data', `${name}: expected one column beside ${few(features)} for the labels, got ${got}`);
}

function findColumn(header: readonly string[], title: string, name: string): number {
  const index = header.indexOf(title);
  if (index >= 0 && header.indexOf(title, index + 1) < 0) return index;
  const expected = index < 0 ? `a column ${describeValue(title)}` : `one column ${describeValue(title)}`;
  throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${few(header)}`);
}

/** Names for a message, which stays one that can be read. */
function few(names: readonly string[]): string {
  const some = names.slice(0, 20).map((name) => (name.length > 60 ? `${name.slice(0, 60)}…` : name));
  return [...some, ...(names.length > some.length ? [`… (${formatNumber(names.length)})`] : [])].join(', ');
}

function describePlace({ line }: Row, index: number, header: readonly string[], name: string): string {
  return `${name}: line ${line}, column ${index + 1} (${few([header[index] ?? ''])})`;
}

/** Where a cell is, for messages. */
type Place = (index: number) => string;

function cellAt({ cells }: Row, index: number, place: Place): string {
  const text = cells[index]?.trim() ?? '';
  if (text !== '') return text;
  throw new EdgeMlpError('bad-data', `${place(index)}: expected a value, got an empty cell`);
}

function parseNumber(text: string, index: number, place: Place): number {
  const value = Number(text);
  // 0x10 is a number to JavaScript, and an article's to its owner.
  if (Number.isFinite(Math.fround(value)) && !/^0[xbo]/i.test(text)) return value;
  throw new EdgeMlpError('bad-data', `${place(index)}: expected a number, got ${describeValue(text)}`);
}

/** Numbers by value, before texts by code unit: no locale, so that labels are the same everywhere. */
function compareLabels(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
  return a < b ? -1 : Number(a > b);
}
