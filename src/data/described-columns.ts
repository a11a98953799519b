/** The columns of read rows: numbers, or texts with their sorted categories. */
import type { TableColumn } from '../core/table-columns.ts';
import { sortClasses } from './classes.ts';
import type { RowReader } from './row-reader.ts';

export interface DescribedColumn {
  readonly column: TableColumn;
  /** Place of each index of a category; undefined for numbers, and for the categories of a model. */
  readonly order?: readonly number[];
}

/**
 * The columns, and the place of each index of a category among the sorted categories that rows have. `values`:
 * [rows][columns]. `known`: the columns of a model.
 */
export function describeColumns(
  { cells, columns }: RowReader,
  values: Float32Array,
  known: readonly TableColumn[] | undefined,
): DescribedColumn[] {
  return cells.map((reader, i) => {
    const column = known?.[i];
    if (column !== undefined) return { column };
    const name = columns[i]?.name ?? '';
    if (reader.kind === 'number') return { column: { kind: 'number', name } };
    const { texts } = reader;
    const used = new Set<string>();
    for (let at = i; at < values.length; at += cells.length) {
      const text = texts[values[at] ?? Number.NaN];
      if (text !== undefined) used.add(text);
    }
    const categories = sortClasses(used);
    const places = new Map(categories.map((category, place) => [category, place]));
    return { column: { kind: 'categories', name, categories }, order: texts.map((text) => places.get(text) ?? 0) };
  });
}

/** Replaces the indices of categories by their places among the sorted categories. */
export function sortCategories(cells: Float32Array, columns: readonly DescribedColumn[]): Float32Array {
  if (columns.every(({ order }) => order === undefined)) return cells;
  return cells.map((cell, i) => columns[i % columns.length]?.order?.[cell] ?? cell);
}
