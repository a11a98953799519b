import { EdgeMlpError } from '../core/errors.ts';
import { countInputs, type TableColumn } from '../core/table-columns.ts';
import { createCells } from './column-cells.ts';
import { type DialectOptions, eachRow, findColumns, openTable, type TableText } from './csv-rows.ts';
import { type Counts, describeMissing, RowReader, type UnknownPolicy } from './row-reader.ts';
import { encodeCells } from './table-inputs.ts';
import { checkMaxSamples } from './table-rows.ts';

/** How samples to classify are read. */
export interface CsvSamplesOptions extends DialectOptions {
  /** Name in messages. */
  readonly name: string;
  /** Inputs of the model. */
  readonly inputs: number;
  /** Columns of the model, which are found by their names. Default: every column of the file is a number. */
  readonly columns?: readonly TableColumn[] | undefined;
  /** Categories that the model does not have. Default: refuse. */
  readonly unknown?: UnknownPolicy | undefined;
  /** Most samples. Default: no limit. */
  readonly maxSamples?: number | undefined;
}

/** Samples to classify. */
export interface CsvSamples {
  /** `[samples][inputs]`, not scaled. */
  readonly inputs: Float32Array;
  /** Missing cells that were filled, by header. */
  readonly missing: Counts;
  /** Cells with categories that the model does not have, by header. */
  readonly unknown: Counts;
}

/**
 * Reads samples to classify. Missing cells get the values of the model. Throws EdgeMlpError "bad-data" with line and
 * column, and for missing cells of a column for which the model has no value.
 */
export function csvSamples(
  text: string,
  { name, inputs, columns, unknown, maxSamples, ...dialect }: CsvSamplesOptions,
): CsvSamples {
  // The columns are found by name, so a first line without these names is refused anyway.
  const table = openTable(text, name, columns === undefined ? dialect : { header: true, ...dialect });
  const known = columns ?? table.header.map((title): TableColumn => ({ kind: 'number', name: title }));
  if (countInputs(known) !== inputs) {
    throw new EdgeMlpError('bad-data', `${name}: expected ${inputs} features, got ${known.length} columns`);
  }
  const { decimal = '.' } = dialect;
  const cells = known.map((column) => createCells(column, decimal));
  const reader = new RowReader(locateColumns(table, columns), cells, { decimal, unknown });
  const row = new Float32Array(known.length);
  const numbers: number[] = [];
  const rows = eachRow(table, (each) => {
    if (reader.read(each, name, row, 0) === undefined) throw reader.refuse(each, name);
    for (const number of row) numbers.push(number);
    checkMaxSamples(numbers.length / row.length, maxSamples, name);
    return true;
  });
  if (rows === 0) throw new EdgeMlpError('bad-data', `${name}: expected samples below the header, got none`);
  const { missing } = reader;
  const filled = new Set(known.filter(({ fill }) => fill !== undefined).map((column) => column.name));
  const unfilled = Object.entries(missing).filter(([title]) => !filled.has(title));
  if (unfilled.length === 0)
    return { inputs: encodeCells(Float32Array.from(numbers), known), missing, unknown: reader.unknown };
  const got = `${describeMissing(Object.fromEntries(unfilled))}, first in ${reader.firstMissing}`;
  const step = 'the model has values for missing cells if it is trained with --missing mean or most-frequent';
  throw new EdgeMlpError('bad-data', `${name}: expected a value in each cell, got ${got}: ${step}`);
}

function locateColumns({ header, name }: TableText, columns: readonly TableColumn[] | undefined) {
  const titles = columns?.map((column) => column.name) ?? header;
  const indices = columns === undefined ? header.map((_, i) => i) : findColumns(header, titles, name);
  return indices.map((index, i) => ({ name: titles[i] ?? '', index }));
}
