/** From an image of a digit to inputs like those of MNIST: light on black, with the size and place of MNIST's digits. */
import { EdgeMlpError } from '../../core/errors.ts';
import { fitDigit, readFitted, SIZE } from './fit.ts';
import type { GreyImage, PictureReading, PictureStage } from './grey-image.ts';
import { type Ink, type NoInk, readInk } from './ink.ts';
import { type Box, wholeBox } from './raster.ts';
import { flatten } from './transparency.ts';

/** A smaller digit of a reduced image is cut out and reduced less. */
const MIN_DIGIT_SIDE = 48;
/** Paper around a digit that is cut out, as a share of its longer side. */
const MARGIN = 0.4;

/** The 784 inputs of an image of a digit. Throws EdgeMlpError "bad-data" for a blank image, or several digits. */
export function digitInputs(image: GreyImage, name: string): Uint8Array {
  return readDigit(image, name).inputs;
}

/** The inputs of `digitInputs`, with each stage as an image. `stages` also has those before an error. */
export function readDigit(image: GreyImage, name: string, stages: PictureStage[] = []): PictureReading {
  const grey = flatten(image);
  stages.push({ name: 'Grey levels', image: grey });
  const inputs = readFitted(grey) ?? prepare(grey, name, stages);
  stages.push({ name: 'Model input', image: { width: SIZE, height: SIZE, pixels: inputs } });
  return { inputs, stages };
}

function prepare(grey: GreyImage, name: string, stages: PictureStage[]): Uint8Array {
  const reading = readCloser(grey);
  stages.push(...reading.stages);
  const inputs = reading.kind === 'digit' ? fitDigit(reading.ink) : undefined;
  if (inputs !== undefined) return inputs;
  const expected = reading.kind === 'several' ? 'one digit, got more than one digit' : 'a digit, got a blank image';
  throw new EdgeMlpError('bad-data', `${name}: expected ${expected}`);
}

/** The ink of the digit; of a small one with more pixels. */
function readCloser(grey: GreyImage): Ink | NoInk {
  const whole = readInk(grey, wholeBox(grey));
  if (whole.kind !== 'digit' || whole.factor === 1) return whole;
  if (Math.max(whole.digit.width, whole.digit.height) >= MIN_DIGIT_SIDE) return whole;
  const closer = readInk(grey, enlarge(whole.digit, wholeBox(grey), whole.factor), whole.dark);
  return closer.kind === 'digit' ? closer : whole;
}

/** The digit's box on the whole image, with a margin. */
function enlarge(digit: Box, { width, height }: Box, factor: number): Box {
  const margin = MARGIN * Math.max(digit.width, digit.height);
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(factor * value)));
  const [left, right] = [clamp(digit.left - margin, width), clamp(digit.left + digit.width + margin, width)];
  const [top, bottom] = [clamp(digit.top - margin, height), clamp(digit.top + digit.height + margin, height)];
  return { left, top, width: right - left, height: bottom - top };
}
