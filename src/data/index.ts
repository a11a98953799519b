/**
 * Data sets from IDX files, images, JSON and generators.
 *
 * @module edge-mlp/data
 */

export { gunzipIfNeeded } from './decode.ts';
export { type DigitsOptions, digitsDataset, digitsInSlices } from './digits.ts';
export { ELLIPSE_AXES, ellipseDataset } from './generated.ts';
export { formatIdx, type IdxArray, type IdxSource, idxDataset, parseIdx, transposePictures } from './idx.ts';
export { jsonSamples, type SampleShape } from './json-samples.ts';
export { type PartOptions, SCALINGS, type Scaling, trainingParts, withClasses } from './parts.ts';
export {
  digitInputs,
  explainPicture,
  type GreyImage,
  greyFromRgba,
  type PictureModel,
  type PictureReading,
  type PictureStage,
  pictureInputs,
  takesPictures,
} from './picture/index.ts';
export { applyScaling, fitStandardScaling, fitTargets, scaleInputs, scaleTargets } from './scaling.ts';
export { type Point, type Stroke, strokeInputs } from './strokes.ts';
