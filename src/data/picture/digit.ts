/** From an image of a digit to inputs like those of MNIST: light on black, with the size and place of MNIST's digits. */
import { EdgeMlpError } from '../../core/errors.ts';
import { type Labelling, labelComponents, type Mask } from './components.ts';
import { fitDigit, SIZE } from './fit.ts';
import type { GreyImage, PictureReading, PictureStage } from './grey-image.ts';
import { removeLines } from './lines.ts';
import { isNoisy } from './noise.ts';
import { removePaper } from './paper.ts';
import { type Box, histogram, medianFilter, otsuThreshold, quantile, reduce, wholeBox } from './raster.ts';
import { selectDigit } from './selection.ts';
import { flatten } from './transparency.ts';

/** Images are reduced to this side. */
const WORKING_SIDE = 128;
/** A smaller digit of a reduced image is cut out and reduced less. */
const MIN_DIGIT_SIDE = 48;
/** Paper around a digit that is cut out, as a share of its longer side. */
const MARGIN = 0.4;
/** An image is blank if its ink differs less from the paper, of 255. */
const MIN_CONTRAST = 40;
/** Share of the ink's strength above which a pixel belongs to a stroke, and above which a stroke must be somewhere. */
const WEAK = 0.3;
/** Lines are searched above this share of the ink's strength. */
const FAINT = 0.15;
const STRONG = 0.5;

/** The 784 inputs of an image of a digit. Throws EdgeMlpError "bad-data" for a blank image, or several digits. */
export function digitInputs(image: GreyImage, name: string): Uint8Array {
  return readDigit(image, name).inputs;
}

/** The inputs of `digitInputs`, with each stage as an image. Throws EdgeMlpError "bad-data". */
export function readDigit(image: GreyImage, name: string): PictureReading {
  const grey = flatten(image);
  let box = wholeBox(grey);
  let reading = readInk(grey, box, name);
  if (reading.factor > 1 && Math.max(reading.digit.width, reading.digit.height) < MIN_DIGIT_SIDE) {
    box = enlarge(reading.digit, box, reading.factor);
    reading = readInk(grey, box, name);
  }
  const inputs = fitDigit(reading.ink);
  if (inputs === undefined) throw blank(name);
  const stages = [
    { name: 'Grey levels', image: grey },
    ...reading.stages,
    { name: 'Model input', image: { width: SIZE, height: SIZE, pixels: inputs } },
  ];
  return { inputs, stages };
}

function blank(name: string): EdgeMlpError {
  return new EdgeMlpError('bad-data', `${name}: expected a digit, got a blank image`);
}

/** The digit's box on the whole image, with a margin. */
function enlarge(digit: Box, { width, height }: Box, factor: number): Box {
  const margin = MARGIN * Math.max(digit.width, digit.height);
  const clamp = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(factor * value)));
  const [left, right] = [clamp(digit.left - margin, width), clamp(digit.left + digit.width + margin, width)];
  const [top, bottom] = [clamp(digit.top - margin, height), clamp(digit.top + digit.height + margin, height)];
  return { left, top, width: right - left, height: bottom - top };
}

interface InkReading {
  /** The digit's ink, light on black. */
  readonly ink: GreyImage;
  /** Box of the digit in `ink`. */
  readonly digit: Box;
  /** Side of the squares of pixels that became a pixel of `ink`. */
  readonly factor: number;
  readonly stages: readonly PictureStage[];
}

/** The ink of the digit in a part of an image. Throws EdgeMlpError "bad-data". */
function readInk(grey: GreyImage, box: Box, name: string): InkReading {
  const factor = Math.ceil(Math.max(box.width, box.height) / WORKING_SIDE);
  const reduced = reduce(grey, factor, box);
  const smooth = isNoisy(reduced) ? medianFilter(reduced) : reduced;
  const flat = stretch(removePaper(smooth), name);
  const lineless = applyMask(flat, removeLines(threshold(flat, 255 * FAINT)));
  const strokes = threshold(lineless, 255 * WEAK);
  const labelling = keepStrong(labelComponents(strokes), lineless);
  const selection = selectDigit(labelling.components, Math.min(flat.width, flat.height));
  if (selection.kind === 'blank') throw blank(name);
  if (selection.kind === 'several') {
    throw new EdgeMlpError('bad-data', `${name}: expected one digit, got more than one digit`);
  }
  const kept = new Set(selection.parts.map(({ label }) => label));
  const ink = cutOut(lineless, labelling, kept);
  const stages = [
    { name: 'Background removed', image: flat },
    { name: 'Lines removed', image: lineless },
    { name: 'Ink', image: ink },
  ];
  return { ink, digit: unite(selection.parts), factor, stages };
}

/** Full contrast: the level that 10 % of the ink exceeds becomes 255. Throws EdgeMlpError "bad-data". */
function stretch(ink: GreyImage, name: string): GreyImage {
  const counts = histogram(ink.pixels);
  const strength = quantile(counts, 0.9, otsuThreshold(counts) + 1);
  if (strength < MIN_CONTRAST) throw blank(name);
  return { ...ink, pixels: ink.pixels.map((value) => Math.min(255, Math.round((255 * value) / strength))) };
}

function threshold({ width, height, pixels }: GreyImage, level: number): Mask {
  return { width, height, bits: pixels.map((value) => Number(value > level)) };
}

/** The ink without the pixels that a mask lost. Fainter pixels are kept: they are soft edges. */
function applyMask(ink: GreyImage, { bits }: Mask): GreyImage {
  return { ...ink, pixels: ink.pixels.map((value, i) => (bits[i] === 1 || value <= 255 * FAINT ? value : 0)) };
}

/** Components with a strong pixel (hysteresis: Canny, 1986). */
function keepStrong({ labels, components }: Labelling, { pixels }: GreyImage): Labelling {
  const strong = new Uint8Array(components.length + 1);
  for (let i = 0; i < labels.length; i++) if ((pixels[i] ?? 0) >= 255 * STRONG) strong[labels[i] ?? 0] = 1;
  return { labels, components: components.filter(({ label }) => strong[label] === 1) };
}

/** The ink of some components, with the soft edges around them. */
function cutOut({ width, height, pixels }: GreyImage, { labels }: Labelling, kept: ReadonlySet<number>): GreyImage {
  const reach = Math.max(width, height) > 64 ? 2 : 1;
  const result = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!kept.has(labels[y * width + x] ?? 0)) continue;
      for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
        for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
          const at = row * width + column;
          const label = labels[at] ?? 0;
          if (label === 0 || kept.has(label)) result[at] = pixels[at] ?? 0;
        }
      }
    }
  }
  return { width, height, pixels: result };
}

function unite(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const right = Math.max(...boxes.map((box) => box.left + box.width));
  const bottom = Math.max(...boxes.map((box) => box.top + box.height));
  return { left, top, width: right - left, height: bottom - top };
}
