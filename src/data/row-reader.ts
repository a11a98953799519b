/** Reading the feature cells of rows, and counting those that are missing or unknown. */
import { describeValue, EdgeMlpError, formatNumber, listNames, shorten } from '../core/errors.ts';
import type { ColumnCells } from './column-cells.ts';
import { type Decimal, findNumberLike, isMissing } from './csv-cells.ts';
import type { UsedColumn } from './csv-columns.ts';
import { describePlace, type Row } from './csv-rows.ts';

/** Ways to treat categories that the model does not have: an error, or zeros in each input of the column. */
export const UNKNOWN_POLICIES = ['refuse', 'zeros'] as const;
/** One of UNKNOWN_POLICIES. */
export type UnknownPolicy = (typeof UNKNOWN_POLICIES)[number];

/** Counts by header. */
export type Counts = Readonly<Record<string, number>>;

export class RowReader {
  readonly columns: readonly UsedColumn[];
  readonly cells: readonly ColumnCells[];
  readonly #decimal: Decimal;
  readonly #unknownPolicy: UnknownPolicy;
  readonly #missing: number[];
  readonly #unknown: number[];
  /** Place of the first missing cell. */
  #firstMissing: { readonly name: string; readonly line: number } | undefined;

  constructor(
    columns: readonly UsedColumn[],
    cells: readonly ColumnCells[],
    { decimal = '.', unknown = 'refuse' }: { decimal?: Decimal | undefined; unknown?: UnknownPolicy | undefined } = {},
  ) {
    [this.columns, this.cells, this.#decimal, this.#unknownPolicy] = [columns, cells, decimal, unknown];
    this.#missing = columns.map(() => 0);
    this.#unknown = columns.map(() => 0);
  }

  /** Missing cells of each column that has some. */
  get missing(): Counts {
    return this.#count(this.#missing);
  }

  /** Cells of each column with categories that the model does not have. */
  get unknown(): Counts {
    return this.#count(this.#unknown);
  }

  /** Line of the first missing cell, as `line 5 of flowers.csv`. */
  get firstMissing(): string {
    const { name = '', line = 0 } = this.#firstMissing ?? {};
    return `line ${line} of ${name}`;
  }

  /**
   * Writes the cells of a row: values, indices of categories, -1 for an unknown one, and NaN for a missing cell. Returns
   * the number of missing cells; undefined for a text in a column of numbers. Throws EdgeMlpError "bad-data" for an
   * unknown category that is refused.
   */
  read(row: Row, name: string, target: Float32Array, start: number): number | undefined {
    let missing = 0;
    for (let i = 0; i < this.columns.length; i++) {
      const text = row.cells[this.columns[i]?.index ?? 0]?.trim() ?? '';
      const cells = this.cells[i];
      let value = cells?.read(text);
      if (value === undefined) {
        if (!isMissing(text)) return undefined;
        value = Number.NaN;
        missing++;
        this.countMissing(i, row.line, name);
      } else if (value === -1 && cells?.kind === 'categories') this.#countUnknown(i, cells.texts, text, row.line, name);
      target[start + i] = value;
    }
    return missing;
  }

  /** The error for a row that `read` cannot read. */
  refuse(row: Row, name: string): EdgeMlpError {
    const at = this.columns.findIndex(({ index }, i) => {
      const text = row.cells[index]?.trim() ?? '';
      return this.cells[i]?.read(text) === undefined && !isMissing(text);
    });
    const { name: title = '', index = 0 } = this.columns[at] ?? {};
    const text = row.cells[index]?.trim() ?? '';
    const like = findNumberLike(text, this.#decimal);
    const got = like === undefined ? describeValue(text) : `${describeValue(text)}, ${like.description}: ${like.step}`;
    const message = `${describePlace(name, row.line, index, title)}: expected a number, got ${got}`;
    return new EdgeMlpError('bad-data', message);
  }

  /** Notes the place of a missing cell. */
  noteMissing(line: number, name: string): void {
    this.#firstMissing ??= { name, line };
  }

  countMissing(i: number, line: number, name: string): void {
    this.#missing[i] = (this.#missing[i] ?? 0) + 1;
    this.noteMissing(line, name);
  }

  #countUnknown(i: number, categories: readonly string[], text: string, line: number, name: string): void {
    this.#unknown[i] = (this.#unknown[i] ?? 0) + 1;
    if (this.#unknownPolicy === 'zeros') return;
    const { name: title = '', index = 0 } = this.columns[i] ?? {};
    const expected = `one of the categories ${listNames(categories)}`;
    const step = 'use --unknown zeros to accept other categories';
    const message = `${describePlace(name, line, index, title)}: expected ${expected}, got ${describeValue(text)}: ${step}`;
    throw new EdgeMlpError('bad-data', message);
  }

  #count(counts: readonly number[]): Counts {
    return Object.fromEntries(
      this.columns.flatMap(({ name }, i) => ((counts[i] ?? 0) > 0 ? [[name, counts[i] ?? 0]] : [])),
    );
  }
}

/** Missing cells for a message, as `3 missing cells (mass 2, colour 1)`. */
export function describeMissing(missing: Counts): string {
  const total = Object.values(missing).reduce((sum, count) => sum + count, 0);
  const list = Object.entries(missing).map(([title, count]) => `${shorten(title)} ${formatNumber(count)}`);
  const more = list.length > 12 ? ' …' : '';
  return `${formatNumber(total)} missing ${total === 1 ? 'cell' : 'cells'} (${list.slice(0, 12).join(', ')}${more})`;
}
