/** Cells of one column as numbers: values, or indices of categories. Missing cells are NaN. */
import type { TableColumn } from '../core/table-columns.ts';
import { type Decimal, fitsFloat32, isMissing, nameCategory, parseNumber } from './csv-cells.ts';

/** Distinct float32 values that the range of a feature must have. */
const FEWEST_STEPS = 1000;

/** Cells of a column of numbers. */
export class NumberCells {
  readonly kind = 'number';
  readonly #decimal: Decimal;
  /** Range, and the largest error of rounding to float32. */
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;
  #rounding = 0;

  constructor(decimal: Decimal) {
    this.#decimal = decimal;
  }

  /** The number in a cell; undefined for another text, a missing cell, and a number beyond the range of float32. */
  read(cell: string): number | undefined {
    const number = parseNumber(cell, this.#decimal);
    if (!fitsFloat32(number)) return undefined;
    if (number < this.#least) this.#least = number;
    if (number > this.#greatest) this.#greatest = number;
    const rounding = Math.abs(number - Math.fround(number));
    if (rounding > this.#rounding) this.#rounding = rounding;
    return number;
  }

  /** Large numbers with small differences, such as times in seconds, would become equal in float32. */
  describeRounding(): string | undefined {
    const range = this.#greatest - this.#least;
    // Constant features are not divided by their deviation.
    if (this.#rounding <= (range > 0 ? range : 1) / FEWEST_STEPS) return undefined;
    return `${this.#least} to ${this.#greatest}, with rounding errors up to ${Number(this.#rounding.toPrecision(2))}`;
  }
}

/** Cells of a column of categories. */
export class CategoryCells {
  readonly kind = 'categories';
  /** Index of each category, in the order of appearance or of the model. */
  readonly #codes: Map<string, number>;
  readonly #known: boolean;

  /** `known`: the categories of a model. Other texts have the index -1. */
  constructor(known?: readonly string[]) {
    this.#codes = new Map(known?.map((category, i) => [nameCategory(category), i]));
    this.#known = known !== undefined;
  }

  /** Texts by index. */
  get texts(): string[] {
    return [...this.#codes.keys()];
  }

  /** The index of a category; -1 for one that the model does not have, undefined for a missing cell. */
  read(cell: string): number | undefined {
    if (isMissing(cell)) return undefined;
    const category = nameCategory(cell);
    const code = this.#codes.get(category);
    if (code !== undefined) return code;
    if (this.#known) return -1;
    // A copy: engines implement substrings as views, which would keep the whole text in memory.
    this.#codes.set(JSON.parse(JSON.stringify(category)), this.#codes.size);
    return this.#codes.size - 1;
  }
}

export type ColumnCells = NumberCells | CategoryCells;

/** Cells of a column of a model. */
export function createCells(column: TableColumn, decimal: Decimal): ColumnCells {
  return column.kind === 'number' ? new NumberCells(decimal) : new CategoryCells(column.categories);
}
