/** Images of any size as inputs of a model. */
export { digitInputs } from './digit.ts';
export { type GreyImage, greyFromRgba, type PictureReading, type PictureStage } from './grey-image.ts';
export { explainPicture, type PictureModel, pictureInputs, takesPictures } from './inputs.ts';
