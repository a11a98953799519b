/** Which columns of a table are used, and whether each one has numbers or categories. */
import { describeValue, EdgeMlpError, formatNumber, listNames, shorten } from '../core/errors.ts';
import { suggestName } from '../core/suggestion.ts';
import {
  type Decimal,
  findNumberLike,
  isDate,
  isMissing,
  type NumberLike,
  nameCategory,
  parseNumber,
} from './csv-cells.ts';
import { sampleRows } from './csv-dialect.ts';
import { describePlace, eachRow, findColumns, formatRow, type TableText } from './csv-rows.ts';

/** Tasks of a table. */
export const TABLE_TASKS = ['classification', 'regression'] as const;
/** One of TABLE_TASKS. */
export type TableTask = (typeof TABLE_TASKS)[number];

/** Which columns become inputs, and how. */
export interface ColumnOptions {
  /** Header of the label column. Default: the last column. */
  readonly labelColumn?: string | undefined;
  /** Headers of the targets of a regression. */
  readonly targets?: readonly string[] | undefined;
  /**
   * `regression`: the label column is the target. `classification`: its numbers are classes, however many they are.
   * Default: classification, but many different numbers are refused.
   */
  readonly task?: TableTask | undefined;
  /** Header of the column with the weights of the samples. */
  readonly weightColumn?: string | undefined;
  /** Headers of the features, in order. Default: all columns but the label, and those to ignore. */
  readonly features?: readonly string[] | undefined;
  /** Headers of columns that are not used. */
  readonly ignore?: readonly string[] | undefined;
  /** Headers of columns whose cells are categories, although they look like numbers or dates. */
  readonly categories?: readonly string[] | undefined;
  /** Most categories of a column of texts. Default: 20. */
  readonly maxCategories?: number | undefined;
}

/** Most categories of a column, unless an option raises it: a column with more is probably a name or a number. */
export const MAX_CATEGORIES = 20;

/** A column of the file. */
export interface UsedColumn {
  readonly name: string;
  /** Index in the file, from 0. */
  readonly index: number;
}

/** The columns of a file that are used. */
export interface ChosenColumns {
  /** The first target of a regression. */
  readonly label: UsedColumn;
  /** Empty for classification. */
  readonly targets: readonly UsedColumn[];
  readonly weight: UsedColumn | undefined;
  readonly features: readonly UsedColumn[];
  /** Headers of all other columns. */
  readonly ignored: readonly string[];
}

/** Throws EdgeMlpError "bad-data" for a name that the header has not exactly once, or without a feature. */
export function chooseColumns(header: readonly string[], options: ColumnOptions, name: string): ChosenColumns {
  const ignored = new Set(options.ignore);
  const { weightColumn } = options;
  const weights = weightColumn === undefined ? [] : [weightColumn];
  for (const title of [...ignored, ...(options.categories ?? []), ...weights]) requireColumn(header, title, name);
  const targets = chooseTargets(header, options, name);
  const label = targets[0] ?? header[findLabel(header, options, name)] ?? '';
  const outputs = new Set([label, ...targets, ...weights]);
  const describe = (title: string) =>
    title === weightColumn ? 'a weight' : targets.includes(title) ? 'a target' : 'the label';
  if (label === weightColumn) {
    throw new EdgeMlpError('bad-argument', `${name}: ${label} cannot be both the label and a weight`);
  }
  const lost = [...outputs].find((title) => ignored.has(title));
  if (lost !== undefined)
    throw new EdgeMlpError('bad-data', `${name}: ${lost} is ${describe(lost)} and cannot be ignored`);
  const rest = header.filter((title) => !outputs.has(title) && !ignored.has(title));
  const titles = (options.features ?? rest).filter((title) => !ignored.has(title));
  const shared = titles.find((title) => outputs.has(title));
  if (shared !== undefined) {
    throw new EdgeMlpError('bad-data', `${name}: ${shared} cannot be both ${describe(shared)} and a feature`);
  }
  if (titles.length === 0) {
    const step = header.length === 1 ? ': name the character between two cells with --delimiter' : '';
    const message = `${name}: expected at least one feature and a label, got only ${label}${step}`;
    throw new EdgeMlpError('bad-data', message);
  }
  const use = (title: string, index: number): UsedColumn => ({ name: title, index });
  const features = findColumns(header, titles, name).map((index, i) => use(titles[i] ?? '', index));
  const taken = new Set(titles);
  const find = (title: string) => use(title, findColumns(header, [title], name)[0] ?? 0);
  return {
    label: find(label),
    targets: targets.map(find),
    weight: weightColumn === undefined ? undefined : find(weightColumn),
    features,
    ignored: header.filter((title) => !outputs.has(title) && !taken.has(title)),
  };
}

/** The targets of a regression; none for classification. Throws EdgeMlpError "bad-argument" or "bad-data". */
function chooseTargets(header: readonly string[], options: ColumnOptions, name: string): readonly string[] {
  const { targets = [], labelColumn, task, weightColumn } = options;
  if (targets.length === 0) return task === 'regression' ? [header[findLabel(header, options, name)] ?? ''] : [];
  if (task === 'classification') {
    throw new EdgeMlpError('bad-argument', '--target cannot be combined with --task classification: use --label');
  }
  if (labelColumn !== undefined) {
    throw new EdgeMlpError('bad-argument', '--target cannot be combined with --label: a regression has no classes');
  }
  const twice = targets.find((title, i) => title === weightColumn || targets.indexOf(title) !== i);
  if (twice !== undefined) throw new EdgeMlpError('bad-argument', `${name}: ${twice} cannot be used twice`);
  for (const title of targets) requireColumn(header, title, name);
  return targets;
}

function requireColumn(header: readonly string[], title: string, name: string): void {
  if (header.includes(title)) return;
  const got = `${listNames(header)}${suggestName(title, header)}`;
  throw new EdgeMlpError('bad-data', `${name}: expected a column ${describeValue(title)}, got ${got}`);
}

function findLabel(header: readonly string[], options: ColumnOptions, name: string): number {
  const { labelColumn, features, weightColumn } = options;
  const ignore = [...(options.ignore ?? []), ...(weightColumn === undefined ? [] : [weightColumn])];
  if (labelColumn !== undefined) return findColumns(header, [labelColumn], name)[0] ?? 0;
  if (features === undefined) return header.findLastIndex((title) => !ignore.includes(title));
  const known = new Set([...features, ...ignore]);
  const others = header.filter((title) => !known.has(title));
  if (others.length === 1) return header.indexOf(others[0] ?? '');
  const got = others.length === 0 ? 'no other column' : `columns ${listNames(others)}`;
  const message = `${name}: expected one label column besides ${listNames(features)}, got ${got}: name it with --label`;
  throw new EdgeMlpError('bad-data', message);
}

export type ColumnKind = 'number' | 'categories';

/**
 * Reads all rows to decide whether columns have numbers or categories. A column has categories if most of its cells are
 * texts. Throws EdgeMlpError "bad-data", which names each column with dates, numbers in a notation that is refused, or
 * too many different texts, and the option that drops them.
 */
export function surveyColumns(
  table: TableText,
  columns: readonly UsedColumn[],
  { decimal, categories = [], maxCategories = MAX_CATEGORIES }: ColumnOptions & { readonly decimal: Decimal },
): ColumnKind[] {
  const surveys = columns.map((column) => new ColumnSurvey(column, decimal));
  eachRow(table, ({ cells, line }) => {
    for (const survey of surveys) survey.add(cells[survey.column.index]?.trim() ?? '', line);
  });
  const problems = surveys.flatMap((survey) => {
    const forced = categories.includes(survey.column.name);
    return survey.findProblem(forced, maxCategories) ?? [];
  });
  if (problems.length > 0) throw unusableColumns(table.name, problems);
  return surveys.map((survey) =>
    survey.isNumber && !categories.includes(survey.column.name) ? 'number' : 'categories',
  );
}

/** Why a column cannot be an input. */
export interface ColumnProblem {
  readonly column: UsedColumn;
  /** Line of an example. */
  readonly line?: number | undefined;
  /** The fault in a few words, such as `dates`. */
  readonly reason: string;
  /** The expected and the found cells. */
  readonly detail: string;
  /** The next step, besides dropping the column. */
  readonly step?: string | undefined;
}

/** Columns of a message. */
const MOST_LISTED = 10;

/** One error for all columns that cannot be inputs, with the option that drops them. */
export function unusableColumns(name: string, problems: readonly ColumnProblem[]): EdgeMlpError {
  const steps = new Set(problems.map(({ step }) => step));
  const [step] = steps.size === 1 ? steps : [];
  const drop = `drop ${problems.length === 1 ? 'the column' : 'them'} with --ignore ${quoteNames(problems.map(({ column }) => column.name))}`;
  const next = step === undefined ? drop : `${step}, or ${drop}`;
  const [{ column, line, detail } = { column: { name: '', index: 0 }, detail: '' }, ...others] = problems;
  if (others.length === 0) {
    const place =
      line === undefined
        ? `${name}: column ${describeValue(column.name)}`
        : describePlace(name, line, column.index, column.name);
    return new EdgeMlpError('bad-data', `${place}: ${detail}: ${next}`);
  }
  const reasons = problems
    .slice(0, MOST_LISTED)
    .map((problem) => `${shorten(problem.column.name)} (${problem.reason})`);
  const more = problems.length > MOST_LISTED ? ' …' : '';
  const got = `${problems.length} columns that cannot be: ${reasons.join(', ')}${more}`;
  return new EdgeMlpError('bad-data', `${name}: expected columns that can be inputs, got ${got}: ${next}`);
}

/** The names in a value of an option: comma-separated, in double quotes where they have commas. */
export function parseNames(list: string): string[] {
  return (sampleRows(list, ',', 1)[0] ?? []).map((name) => name.trim()).filter((name) => name !== '');
}

/** Names as a value of an option: comma-separated, in quotes for a shell where needed. */
export function quoteNames(names: readonly string[]): string {
  const list = formatRow(names, { quoted: false });
  return /[^\w./:=@%+,-]/.test(list) ? `'${list.replaceAll("'", "'\\''")}'` : list;
}

export function tooManyCategories(column: UsedColumn, size: number, most: number): ColumnProblem {
  const count = size > MOST_TEXTS ? `more than ${formatNumber(MOST_TEXTS)}` : formatNumber(size);
  const detail = `expected at most ${formatNumber(most)} different texts, got ${count}`;
  return { column, reason: `${count} different texts`, detail, step: 'raise the limit with --max-categories' };
}

/** Different texts of a column that are counted. */
const MOST_TEXTS = 1000;

interface Example {
  readonly line: number;
  readonly cell: string;
}

/** Counts of the kinds of cells in a column. */
class ColumnSurvey {
  readonly column: UsedColumn;
  readonly #decimal: Decimal;
  readonly #categories = new Set<string>();
  #numbers = 0;
  #texts = 0;
  #dates = 0;
  #firstText: Example | undefined;
  #firstDate: Example | undefined;
  /** The first number in a notation that is refused, and their count. */
  #numberLike: (Example & NumberLike) | undefined;
  #numberLikes = 0;

  constructor(column: UsedColumn, decimal: Decimal) {
    this.column = column;
    this.#decimal = decimal;
  }

  get isNumber(): boolean {
    return this.#texts + this.#dates + this.#numberLikes === 0;
  }

  add(cell: string, line: number): void {
    if (isMissing(cell)) return;
    if (this.#categories.size <= MOST_TEXTS) this.#categories.add(nameCategory(cell));
    const numberLike = findNumberLike(cell, this.#decimal);
    if (numberLike !== undefined) {
      this.#numberLikes++;
      this.#numberLike ??= { line, cell, ...numberLike };
    } else if (Number.isFinite(parseNumber(cell, this.#decimal))) this.#numbers++;
    else if (isDate(cell)) {
      this.#dates++;
      this.#firstDate ??= { line, cell };
    } else {
      this.#texts++;
      this.#firstText ??= { line, cell };
    }
  }

  /** Undefined for a column of numbers or of few categories. */
  findProblem(forced: boolean, maxCategories: number): ColumnProblem | undefined {
    const { column } = this;
    const asCategories = `read it as categories with --categories ${quoteNames([column.name])}`;
    if (!forced && this.isNumber) return undefined;
    const numeric = this.#numbers + this.#numberLikes;
    if (!forced && this.#numberLike !== undefined && numeric >= this.#texts + this.#dates) {
      const { line, cell, description, step } = this.#numberLike;
      const detail = `expected a number, got ${describeValue(cell)}, ${description}`;
      return { column, line, reason: `${describeValue(cell)}, ${description}`, detail, step };
    }
    if (!forced && this.#firstDate !== undefined && this.#dates >= this.#texts) {
      const { line, cell } = this.#firstDate;
      const detail = `expected a number or a category, got the date ${describeValue(cell)}`;
      return {
        column,
        line,
        reason: 'dates',
        detail,
        step: 'convert the column to numbers, such as days since the first date',
      };
    }
    if (!forced && this.#firstText !== undefined && numeric >= this.#texts) {
      const { line, cell } = this.#firstText;
      const detail = `expected a number, as in most cells of the column, got ${describeValue(cell)}`;
      return {
        column,
        line,
        reason: `numbers, but ${describeValue(cell)} in line ${line}`,
        detail,
        step: `correct the cell, or ${asCategories}`,
      };
    }
    const { size } = this.#categories;
    return size > maxCategories ? tooManyCategories(this.column, size, maxCategories) : undefined;
  }
}
