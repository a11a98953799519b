/** Data sets from CSV: a header, one column of labels, and columns of numbers or texts. */
import type { Dataset } from '../core/dataset.ts';
import { EdgeMlpError, formatNumber, listNames } from '../core/errors.ts';
import { arePlainNumbers, FILL_KINDS, type FillKind, nameInputs, type TableColumn } from '../core/table-columns.ts';
import { checkMostClasses, MOST_CLASSES } from './classes.ts';
import { CategoryCells, createCells, NumberCells } from './column-cells.ts';
import type { Decimal } from './csv-cells.ts';
import {
  type ChosenColumns,
  type ColumnKind,
  type ColumnOptions,
  chooseColumns,
  MAX_CATEGORIES,
  quoteNames,
  surveyColumns,
  tooManyCategories,
  unusableColumns,
} from './csv-columns.ts';
import { type DialectOptions, eachRow, openTable, type Row, type TableText } from './csv-rows.ts';
import { type DescribedColumn, describeColumns, sortCategories } from './described-columns.ts';
import { LabelColumn } from './label-column.ts';
import { OutputColumns } from './output-columns.ts';
import { type Counts, describeMissing, RowReader, type UnknownPolicy } from './row-reader.ts';
import { encodeCells } from './table-inputs.ts';

/** Ways to treat missing cells: an error, their rows are dropped, or they are filled. */
export const MISSING_POLICIES = ['refuse', 'drop', ...FILL_KINDS] as const;
/** One of MISSING_POLICIES. */
export type MissingPolicy = (typeof MISSING_POLICIES)[number];

/** How a table is read. */
export interface TableOptions extends DialectOptions, ColumnOptions {
  /**
   * Missing cells of the features: `refuse` (default), `drop` the rows, or fill them with the `mean` or the
   * `most-frequent` value of the training samples. Rows without a label are refused, or dropped with `drop`.
   */
  readonly missing?: MissingPolicy | undefined;
  /** Categories that the model does not have. Default: refuse. */
  readonly unknown?: UnknownPolicy | undefined;
}

/** Options of reading a table. */
export interface CsvOptions extends TableOptions {
  /** Name in messages. */
  readonly name: string;
  /** Known classes in the order of their labels, for instance of a model. Default: the labels in the table, sorted. */
  readonly classes?: readonly string[] | undefined;
  /** Columns of a model, which are found by their names. Other columns are ignored. */
  readonly columns?: readonly TableColumn[] | undefined;
  /** The exact number of samples of all texts, if it is known: memory is then allocated once. */
  readonly samples?: number | undefined;
}

/** Counts of a table that was read. */
export interface TableReading {
  /** Delimiter of the cells. */
  readonly delimiter: string;
  /** Rows below the header. */
  readonly rows: number;
  /** Rows that were dropped because of missing cells. */
  readonly dropped: number;
  /** Missing cells of each column that has some, by header, also in dropped rows. */
  readonly missing: Counts;
  /** Cells of each column with categories that the model does not have, by header. */
  readonly unknown: Counts;
  /** Headers of columns that are not used. */
  readonly ignored: readonly string[];
}

/**
 * Reads a data set. Features are not scaled (see scaling.ts). Throws EdgeMlpError "bad-data" with line and column.
 *
 * @example
 * ```ts
 * import { csvDataset } from 'edge-mlp/csv';
 *
 * const { inputs, labels, classes, features } = csvDataset('mass,colour,kind\n180,red,apple\n65,blue,plum\n', {
 *   name: 'fruit.csv',
 * });
 * console.log(classes, labels); // [ 'apple', 'plum' ] Uint16Array(2) [ 0, 1 ]
 * console.log(features); // [ 'mass', 'colour=blue', 'colour=red' ]
 * console.log(inputs); // Float32Array(6) [ 180, 0, 1, 65, 1, 0 ]
 * ```
 */
export function csvDataset(text: string, options: CsvOptions): Dataset {
  const table = new CsvTable(options);
  table.append(text);
  return table.dataset();
}

/**
 * A data set of one text, or of several texts with the same header. Rows are read one by one, so that memory holds the
 * numbers and one text. A text is read again from its start when a column turns out to have categories.
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
  /** The first text. */
  #first: TableText | undefined;
  #chosen: ChosenColumns | undefined;
  #reader = new RowReader([], []);
  #outputs = new OutputColumns({ targets: [], weight: undefined }, '.');
  #labelColumn: LabelColumn;
  /** Cells of one row. */
  #row = new Float32Array();
  /** `[capacity][features]`, of which `samples` rows are used: values, indices of categories, and NaN. */
  #values = new Float32Array();
  /** `[capacity]`, indices of #labelColumn. */
  #labels = new Uint32Array();
  /** `[capacity]` */
  #lines = new Uint32Array();
  #texts = 0;
  #samples = 0;
  #dropped = 0;
  /** Rows without a label. */
  #unlabelled = 0;

  /** An empty table. */
  constructor(options: CsvOptions) {
    this.#options = options;
    this.#labelColumn = new LabelColumn(options);
  }

  /** Rows so far, without the dropped ones. */
  get samples(): number {
    return this.#samples;
  }

  /** Headers of the feature columns, in order; empty before the first text. */
  get features(): readonly string[] {
    return this.#chosen?.features.map(({ name }) => name) ?? [];
  }

  /** Header of the label column; empty before the first text. */
  get labelName(): string {
    return this.#chosen?.label.name ?? '';
  }

  /** Headers of the targets of a regression; empty for classification, and before the first text. */
  get targets(): readonly string[] {
    return this.#chosen?.targets.map(({ name }) => name) ?? [];
  }

  /** Header of the column with the weights. */
  get weightName(): string | undefined {
    return this.#chosen?.weight?.name;
  }

  /** The classes of the options, or the labels so far, sorted. */
  get classes(): readonly string[] {
    return this.#labelColumn.classes;
  }

  /** The columns of the features, with the categories so far. */
  get columns(): readonly TableColumn[] {
    return this.#describeColumns().map(({ column }) => column);
  }

  /** Counts of the rows and columns so far. */
  get reading(): TableReading {
    const { unknown } = this.#reader;
    const missing = { ...this.#reader.missing, ...this.#outputs.missing };
    return {
      delimiter: this.#first?.delimiter ?? ',',
      rows: this.#samples + this.#dropped,
      dropped: this.#dropped,
      missing: this.#unlabelled === 0 ? missing : { ...missing, [this.labelName]: this.#unlabelled },
      unknown,
      ignored: this.#chosen?.ignored ?? [],
    };
  }

  /** Adds the rows of a text. `name` appears in messages. Throws EdgeMlpError "bad-data" with line and column. */
  append(text: string, name = this.#options.name): void {
    this.#texts++;
    const first = this.#first;
    const {
      columns,
      features,
      header = columns === undefined && features === undefined ? undefined : true,
    } = this.#options;
    const dialect = first === undefined ? { header } : { delimiter: first.delimiter, header: first.hasHeader };
    const table = openTable(text, name, { ...this.#options, ...dialect });
    const chosen = this.#choose(table);
    const begun = this.#samples + this.#dropped > 0;
    if (!this.#readRows(table, chosen, begun)) {
      this.#begin(chosen, surveyColumns(table, chosen.features, { ...this.#options, decimal: this.#decimal }));
      this.#readRows(table, chosen, true);
    }
    this.#checkLabelChoice(name);
    const { size } = this.#labelColumn;
    if (size > MOST_CLASSES) this.#labelColumn.refuseNumbers(this.labelName, name);
    checkMostClasses(size, name);
  }

  /**
   * All samples so far. With `missing` of the options, cells to fill are NaN until `trainingParts`. Throws EdgeMlpError
   * "bad-data", also for missing cells, and for numbers that float32 does not distinguish.
   */
  dataset(): Dataset {
    const { name, samples = this.#samples, missing = 'refuse' } = this.#options;
    if (samples !== this.#samples) {
      const message = `${name}: expected ${formatNumber(samples)} samples, got ${formatNumber(this.#samples)}`;
      throw new EdgeMlpError('bad-data', message);
    }
    this.checkMissing();
    const classes = this.#outputs.isRegression ? [] : this.classes;
    if (!this.#outputs.isRegression) this.#labelColumn.check(samples, this.labelName);
    const described = this.#describeColumns();
    this.#checkColumns(described);
    const columns = described.map(({ column }) => column);
    const whole = this.#labels.length === samples;
    const cells = whole ? this.#values : this.#values.slice(0, samples * columns.length);
    const { order } = this.#labelColumn;
    const features = nameInputs(columns);
    return {
      ...{ name, classes, columns: features.length, features },
      ...(this.#outputs.isRegression ? {} : { labelName: this.labelName }),
      ...(arePlainNumbers(columns) && !isFill(missing) ? {} : { tableColumns: columns }),
      ...(isFill(missing) ? { fill: missing } : {}),
      inputs: encodeCells(sortCategories(cells, described), columns),
      labels: Uint16Array.from(this.#labels.subarray(0, samples), (index) => order[index] ?? 0),
      ...this.#outputs.pick(samples),
      scaling: { kind: 'identity' },
      // Lines of several texts would be ambiguous.
      ...(this.#texts === 1 ? { lines: this.#lines.slice(0, samples) } : {}),
    };
  }

  get #decimal(): Decimal {
    return this.#options.decimal ?? '.';
  }

  /** Finds the columns in the first text. Throws EdgeMlpError "bad-data" for a text with another header. */
  #choose(table: TableText): ChosenColumns {
    const { name, header } = table;
    if (this.#first !== undefined && this.#chosen !== undefined) {
      if (header.join('\n') === this.#first.header.join('\n')) return this.#chosen;
      const expected = listNames(this.#first.header);
      throw new EdgeMlpError('bad-data', `${name}: expected the header ${expected}, got ${listNames(header)}`);
    }
    const { columns, classes, categories = [], samples } = this.#options;
    // The columns of a model decide what the others are.
    const known = columns && { features: columns.map((column) => column.name), ignore: undefined };
    const chosen = chooseColumns(header, { ...this.#options, ...known }, name);
    [this.#first, this.#chosen] = [{ ...table, text: '', sample: [] }, chosen];
    const dashIsLabel = classes?.includes('-') ?? table.sample.some((row) => row[chosen.label.index]?.trim() === '+');
    this.#labelColumn = new LabelColumn(this.#options, dashIsLabel);
    this.#begin(
      chosen,
      chosen.features.map((column) => (categories.includes(column.name) ? 'categories' : 'number')),
    );
    this.#allocate(samples ?? Math.ceil(FIRST_NUMBERS / chosen.features.length));
    return chosen;
  }

  /** Starts without rows. */
  #begin(chosen: ChosenColumns, kinds: readonly ColumnKind[]): void {
    const { features } = chosen;
    this.#outputs = new OutputColumns(chosen, this.#decimal);
    const cells =
      this.#options.columns?.map((column) => createCells(column, this.#decimal)) ??
      kinds.map((kind) => (kind === 'number' ? new NumberCells(this.#decimal) : new CategoryCells()));
    this.#reader = new RowReader(features, cells, this.#options);
    this.#row = new Float32Array(features.length);
    this.#labelColumn.clear();
    [this.#samples, this.#dropped, this.#unlabelled] = [0, 0, 0];
  }

  /**
   * Reads all rows. Stops and returns false for a text in a column of numbers, unless the kinds are decided. Throws
   * EdgeMlpError "bad-data".
   */
  #readRows(table: TableText, chosen: ChosenColumns, decided: boolean): boolean {
    let complete = true;
    const rows = eachRow(table, (row) => {
      complete = this.#addRow(row, table.name, chosen);
      if (!complete && (decided || this.#options.columns !== undefined)) throw this.#reader.refuse(row, table.name);
      return complete;
    });
    if (rows > 0) return complete;
    throw new EdgeMlpError('bad-data', `${table.name}: expected samples below the header, got none`);
  }

  /** Returns false for a text in a column of numbers. */
  #addRow(row: Row, name: string, { features, label }: ChosenColumns): boolean {
    const gaps = this.#reader.read(row, name, this.#row, 0);
    if (gaps === undefined) return false;
    const outputGaps = this.#outputs.read(row, name, this.#samples);
    const text = this.#outputs.isRegression ? undefined : this.#labelColumn.read(row.cells[label.index] ?? '');
    const unlabelled = text === undefined && !this.#outputs.isRegression;
    if (unlabelled) this.#unlabelled++;
    if (unlabelled || outputGaps > 0) this.#reader.noteMissing(row.line, name);
    if ((gaps + outputGaps > 0 || unlabelled) && this.#options.missing === 'drop') {
      this.#dropped++;
      return true;
    }
    if (this.#samples === this.#labels.length) this.#grow(name);
    this.#values.set(this.#row, this.#samples * features.length);
    this.#lines[this.#samples] = row.line;
    this.#labels[this.#samples++] = text === undefined ? 0 : this.#labelColumn.find(text, row.line, name);
    return true;
  }

  #grow(name: string): void {
    const { samples } = this.#options;
    if (samples !== undefined) {
      throw new EdgeMlpError('bad-data', `${name}: expected ${formatNumber(samples)} samples, got more`);
    }
    this.#allocate(2 * this.#samples);
  }

  #allocate(samples: number): void {
    const [values, labels, lines] = [this.#values, this.#labels, this.#lines];
    this.#values = new Float32Array(samples * this.#reader.columns.length);
    this.#values.set(values);
    this.#labels = new Uint32Array(samples);
    this.#labels.set(labels);
    this.#lines = new Uint32Array(samples);
    this.#lines.set(lines);
  }

  #describeColumns(): DescribedColumn[] {
    const values = this.#values.subarray(0, this.#samples * this.#reader.columns.length);
    return describeColumns(this.#reader, values, this.#options.columns);
  }

  /** The last column may be a number to predict, and the labels in another one. Throws EdgeMlpError "bad-data". */
  #checkLabelChoice(name: string): void {
    const { labelColumn, features, columns, classes, maxCategories = MAX_CATEGORIES } = this.#options;
    const labels = this.#labelColumn.size;
    if (labelColumn !== undefined || features !== undefined || columns !== undefined || classes !== undefined) return;
    if (labels <= maxCategories || labels <= this.#samples / 2) return;
    if (!this.#labelColumn.areNumbers) return;
    const other = this.columns.find(({ kind }) => kind === 'categories');
    if (other?.kind !== 'categories') return;
    const got = `${formatNumber(labels)} different numbers in the last column, ${this.labelName}`;
    const step = `column ${other.name} has ${other.categories.length} different texts: use --label ${quoteNames([other.name])}`;
    throw new EdgeMlpError('bad-data', `${name}: expected labels, got ${got}; ${step}`);
  }

  /** Throws EdgeMlpError "bad-data" for missing cells, unless their rows were dropped or the cells are filled. */
  checkMissing(): void {
    const { name, missing: policy = 'refuse', columns } = this.#options;
    const { dropped, missing } = this.reading;
    if (policy === 'drop') {
      if (this.#samples > 0) return;
      const message = `${name}: expected rows without missing cells, got ${describeMissing(missing)} in each of ${formatNumber(dropped)} rows: drop columns with --ignore`;
      throw new EdgeMlpError('bad-data', message);
    }
    const filled = new Set(columns?.filter(({ fill }) => fill !== undefined).map((column) => column.name));
    const outputs = this.#outputs.missing;
    const isOutput = (title: string) => title === this.labelName || title in outputs;
    const isFilled = (title: string) => !isOutput(title) && (isFill(policy) || filled.has(title));
    const unfilled = Object.entries(missing).filter(([title]) => !isFilled(title));
    if (unfilled.length === 0) return;
    const got = `${describeMissing(Object.fromEntries(unfilled))}, first in ${this.#reader.firstMissing}`;
    const canFill = !unfilled.some(([title]) => isOutput(title)) && columns === undefined;
    const step = `drop the rows with --missing drop${canFill ? ', or fill the cells with --missing mean or most-frequent' : ''}`;
    throw new EdgeMlpError('bad-data', `${name}: expected a value in each cell, got ${got}: ${step}`);
  }

  /** Throws EdgeMlpError "bad-data" for columns without values, with many categories, or that float32 would flatten. */
  #checkColumns(described: readonly DescribedColumn[]): void {
    const { name, columns, maxCategories = MAX_CATEGORIES } = this.#options;
    const { missing } = this.#reader;
    const problems = described.flatMap(({ column }, i) => {
      const used = this.#reader.columns[i] ?? { name: '', index: 0 };
      const cells = this.#reader.cells[i];
      if (columns === undefined && missing[used.name] === this.#samples + this.#dropped) {
        return [{ column: used, reason: 'no values', detail: 'expected values, got only missing cells' }];
      }
      if (columns === undefined && column.kind === 'categories' && column.categories.length > maxCategories) {
        return [tooManyCategories(used, column.categories.length, maxCategories)];
      }
      const got = cells?.kind === 'number' ? cells.describeRounding() : undefined;
      if (got === undefined) return [];
      const detail = `expected numbers that float32 distinguishes, got ${got}`;
      return [{ column: used, reason: 'float32 would flatten it', detail, step: 'shift or scale it' }];
    });
    problems.push(...this.#outputs.findProblems());
    if (problems.length > 0) throw unusableColumns(name, problems);
  }
}

/** Initial capacity in numbers, if the number of samples is not known. */
const FIRST_NUMBERS = 4096;

function isFill(missing: MissingPolicy): missing is FillKind {
  return missing !== 'refuse' && missing !== 'drop';
}
