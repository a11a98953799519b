/** Columns of a table that are numbers and not inputs: the targets of a regression, and the weights of the samples. */
import type { Dataset } from '../core/dataset.ts';
import { unscaledTargets } from '../core/targets.ts';
import { NumberCells } from './column-cells.ts';
import type { Decimal } from './csv-cells.ts';
import type { ChosenColumns, ColumnProblem } from './csv-columns.ts';
import type { Row } from './csv-rows.ts';
import { type Counts, RowReader } from './row-reader.ts';

export class OutputColumns {
  readonly #reader: RowReader;
  readonly #cells: readonly NumberCells[];
  readonly #targets: readonly string[];
  readonly #weight: string | undefined;
  /** `[capacity][targets, then the weight]`. */
  #values = new Float32Array();

  constructor({ targets, weight }: Pick<ChosenColumns, 'targets' | 'weight'>, decimal: Decimal) {
    const columns = [...targets, ...(weight === undefined ? [] : [weight])];
    this.#cells = columns.map(() => new NumberCells(decimal));
    this.#reader = new RowReader(columns, this.#cells, { decimal });
    this.#targets = targets.map(({ name }) => name);
    this.#weight = weight?.name;
  }

  /** Whether the table has targets instead of labels. */
  get isRegression(): boolean {
    return this.#targets.length > 0;
  }

  /** Missing cells of each column that has some. */
  get missing(): Counts {
    return this.#reader.missing;
  }

  /** Reads the cells of a row. Returns the number of missing cells. Throws EdgeMlpError "bad-data" for a text. */
  read(row: Row, name: string, sample: number): number {
    const width = this.#cells.length;
    if ((sample + 1) * width > this.#values.length) this.#grow(2 * (sample + 1) * width);
    const gaps = this.#reader.read(row, name, this.#values, sample * width);
    if (gaps === undefined) throw this.#reader.refuse(row, name);
    return gaps;
  }

  /** Columns whose numbers float32 would flatten. */
  findProblems(): ColumnProblem[] {
    return this.#reader.columns.flatMap((column, i) => {
      const got = this.#cells[i]?.describeRounding();
      if (got === undefined) return [];
      const detail = `expected numbers that float32 distinguishes, got ${got}`;
      return [{ column, reason: 'float32 would flatten it', detail, step: 'shift or scale it' }];
    });
  }

  /** The targets and weights of the first `samples` samples. */
  pick(samples: number): Partial<Pick<Dataset, 'labels' | 'targets' | 'weights' | 'weightName'>> {
    const targets = this.#targets.length;
    const weightName = this.#weight;
    const weights =
      weightName === undefined ? {} : { weights: this.#pickColumns(samples, targets, targets + 1), weightName };
    if (!this.isRegression) return weights;
    return { labels: this.#pickColumns(samples, 0, targets), targets: unscaledTargets(this.#targets), ...weights };
  }

  /** The columns [from, to), row by row. */
  #pickColumns(samples: number, from: number, to: number): Float32Array {
    const [width, picked] = [this.#cells.length, to - from];
    const at = (i: number) => Math.floor(i / picked) * width + from + (i % picked);
    return Float32Array.from({ length: samples * picked }, (_, i) => this.#values[at(i)] ?? 0);
  }

  #grow(length: number): void {
    const values = this.#values;
    this.#values = new Float32Array(length);
    this.#values.set(values);
  }
}
