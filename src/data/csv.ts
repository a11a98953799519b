/**
 * Data sets and samples from CSV.
 *
 * @module edge-mlp/csv
 */

export {
  type CategoryStatistics,
  type ColumnStatistics,
  measureColumns,
  type NumberStatistics,
} from './column-statistics.ts';
export type { Decimal } from './csv-cells.ts';
export type { ColumnOptions } from './csv-columns.ts';
export { type CsvPiece, type CsvPiecesOptions, csvPieces } from './csv-pieces.ts';
export type { DialectOptions } from './csv-rows.ts';
export { type CsvSamples, type CsvSamplesOptions, csvSamples } from './csv-samples.ts';
export {
  type CsvOptions,
  CsvTable,
  csvDataset,
  MISSING_POLICIES,
  type MissingPolicy,
  type TableOptions,
  type TableReading,
} from './csv-table.ts';
export { decodeText, ENCODINGS, type Encoding } from './decode.ts';
export type { Counts, UnknownPolicy } from './row-reader.ts';
export { UNKNOWN_POLICIES } from './row-reader.ts';
export { type RowOptions, rowInputs, type TableRow } from './table-rows.ts';
