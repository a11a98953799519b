/** Images as inputs of a model. */
import type { PictureFit } from '../../core/dataset.ts';
import { EdgeMlpError } from '../../core/errors.ts';
import { digitInputs, readDigit } from './digit.ts';
import type { GreyImage, PictureReading, PictureStage } from './grey-image.ts';

/** How a model takes images. */
export interface PictureModel {
  /** Rows and columns, if the inputs are an image. */
  readonly imageShape?: readonly [rows: number, columns: number] | undefined;
  /** How an image becomes inputs. Default: centred. */
  readonly pictures?: PictureFit | undefined;
}

/** Whether images can become inputs of a model. `centred` is only defined for 28×28 inputs. */
export function takesPictures({ imageShape, pictures }: PictureModel): boolean {
  return pictures === 'as-is' ? imageShape !== undefined : imageShape?.join() === '28,28';
}

/**
 * The inputs of an image, made as those of the training samples of the model. Throws EdgeMlpError "bad-data".
 *
 * @example
 * ```ts
 * import { pictureInputs } from 'edge-mlp/data';
 *
 * const image = { width: 2, height: 2, pixels: Uint8Array.of(0, 255, 128, 0) };
 * const inputs = pictureInputs(image, { imageShape: [2, 2], pictures: 'as-is' }, 'tile');
 * console.log(inputs); // Uint8Array(4) [ 0, 255, 128, 0 ]
 * ```
 */
export function pictureInputs(image: GreyImage, model: PictureModel, name: string): Uint8Array {
  return model.pictures === 'as-is' ? checkShape(image, model, name).pixels : digitInputs(image, name);
}

/**
 * The inputs of `pictureInputs`, with each stage as an image. `stages` also has those before an error. Throws EdgeMlpError
 * "bad-data".
 */
export function explainPicture(
  image: GreyImage,
  model: PictureModel,
  name: string,
  stages: PictureStage[] = [],
): PictureReading {
  if (model.pictures !== 'as-is') return readDigit(image, name, stages);
  stages.push({ name: 'Model input', image });
  return { inputs: checkShape(image, model, name).pixels, stages };
}

function checkShape(image: GreyImage, { imageShape }: PictureModel, name: string): GreyImage {
  const [rows = 0, columns = 0] = imageShape ?? [];
  if (image.width === columns && image.height === rows) return image;
  const expected = `an image ${columns} wide and ${rows} high, as in training`;
  throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${image.width} × ${image.height}`);
}
