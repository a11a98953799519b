/** Columns of a table, and the inputs that they become. */

/** How a column of a table becomes inputs of a network. A model file has the columns of its training. */
export type TableColumn =
  /** One input. */
  | {
      readonly kind: 'number';
      /** Header of the column. */
      readonly name: string;
      /** Value of a missing cell. Default: missing cells are refused. */
      readonly fill?: number | undefined;
    }
  /** One input for each category: 1 for the category of the cell, else 0 (one-hot). */
  | {
      readonly kind: 'categories';
      /** Header of the column. */
      readonly name: string;
      /** Texts in the order of the inputs. */
      readonly categories: readonly string[];
      /** Category of a missing cell. Default: missing cells are refused. */
      readonly fill?: string | undefined;
    };

/** Values for missing cells: `mean` of numbers, or the most frequent value. Categories get the most frequent one. */
export const FILL_KINDS = ['mean', 'most-frequent'] as const;
/** One of FILL_KINDS. */
export type FillKind = (typeof FILL_KINDS)[number];

/** Inputs of one column. */
export function countColumnInputs(column: TableColumn): number {
  return column.kind === 'number' ? 1 : column.categories.length;
}

/** Inputs of all columns. */
export function countInputs(columns: readonly TableColumn[]): number {
  return columns.reduce((total, column) => total + countColumnInputs(column), 0);
}

/** Names of the inputs, such as `mass`, `colour=green`, `colour=red`. */
export function nameInputs(columns: readonly TableColumn[]): string[] {
  return columns.flatMap((column) =>
    column.kind === 'number' ? [column.name] : column.categories.map((category) => `${column.name}=${category}`),
  );
}

/** Name of each column, and the indices of its inputs. */
export function groupInputs(columns: readonly TableColumn[]): { name: string; inputs: number[] }[] {
  let next = 0;
  return columns.map((column) => ({
    name: column.name,
    inputs: Array.from({ length: countColumnInputs(column) }, () => next++),
  }));
}

/** Whether each column is a number without a value for missing cells, which the names of the inputs describe fully. */
export function arePlainNumbers(columns: readonly TableColumn[]): boolean {
  return columns.every((column) => column.kind === 'number' && column.fill === undefined);
}
