/**
 * Data sets and samples from CSV.
 *
 * @module edge-mlp/csv
 */

export { type CsvPiece, csvPieces } from './csv-pieces.ts';
export { csvSamples } from './csv-samples.ts';
export { type CsvOptions, CsvTable, csvDataset } from './csv-table.ts';
