/**
 * Bytes to data sets: CSV, IDX, PNG, JSON, and sets that are generated.
 *
 * @module edge-mlp/data
 */
export { type CsvOptions, type CsvPiece, CsvTable, csvDataset, csvPieces, csvSamples } from './csv.ts';
export { type DigitsOptions, digitsDataset, digitsInSlices } from './digits.ts';
export { ELLIPSE_AXES, ellipseDataset } from './ellipse.ts';
export { gunzipIfNeeded } from './gzip.ts';
export { formatIdx, type IdxArray, type IdxSource, idxDataset, parseIdx, transposePictures } from './idx.ts';
export { decodePng, digitInputs, type GreyImage, type PictureModel, pictureInputs, takesPictures } from './image.ts';
export { jsonSamples, type SampleShape } from './json-samples.ts';
export { type PartOptions, SCALINGS, type Scaling, trainingParts, withClasses } from './parts.ts';
export { applyScaling, fitStandardScaling, scaleInputs } from './scaling.ts';
