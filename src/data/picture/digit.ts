/**
 * Images as inputs. An image of a digit becomes a digit like those of MNIST: light on black, 28×28, scaled into a 20×20
 * box with its aspect ratio, centred by its centre of mass (LeCun, Cortes and Burges, "The MNIST database of
 * handwritten digits").
 */
import { EdgeMlpError } from '../../core/errors.ts';
import type { GreyImage, PictureReading } from './grey-image.ts';

const SIZE = 28;
const BOX = 20;
/** An image is blank if ink and paper differ by less, of 255. */
const MIN_CONTRAST = 40;
/** Pixels below this fraction of the darkest ink are paper. */
const INK_THRESHOLD = 0.1;

/** The 784 inputs of an image of a digit. Throws EdgeMlpError "bad-data" for a blank image. */
export function digitInputs(image: GreyImage, name: string): Uint8Array {
  return readDigit(image, name).inputs;
}

/** The inputs of `digitInputs`, with each stage as an image. Throws EdgeMlpError "bad-data". */
export function readDigit(image: GreyImage, name: string): PictureReading {
  const ink = extractInk(image);
  const box = ink === undefined ? undefined : inkBox(ink);
  if (ink === undefined || box === undefined) {
    throw new EdgeMlpError('bad-data', `${name}: expected a digit, got a blank image`);
  }
  const inputs = centreImage(scaleBox(ink, box));
  const stages = [
    { name: 'Grey levels', image },
    { name: 'Ink', image: ink },
    { name: 'Model input', image: { width: SIZE, height: SIZE, pixels: inputs } },
  ];
  return { inputs, stages };
}

/**
 * The ink, light on black, with full contrast. The paper has the median grey level of the border. The ink differs most
 * from the paper, brighter or darker. Returns undefined if the contrast is too low.
 */
function extractInk(image: GreyImage): GreyImage | undefined {
  const { width, height, pixels } = image;
  const paper = medianOfBorder(image);
  const [darkest, brightest] = extremes(pixels);
  const [below, above] = [paper - darkest, brightest - paper];
  const contrast = Math.max(below, above);
  if (contrast < MIN_CONTRAST) return undefined;
  const sign = above >= below ? 1 : -1;
  const ink = pixels.map((value) => Math.max(0, Math.round((255 * sign * (value - paper)) / contrast)));
  return { width, height, pixels: ink };
}

function extremes(pixels: Uint8Array): [darkest: number, brightest: number] {
  let [darkest, brightest] = [255, 0];
  for (const value of pixels) {
    if (value < darkest) darkest = value;
    if (value > brightest) brightest = value;
  }
  return [darkest, brightest];
}

function medianOfBorder({ width, height, pixels }: GreyImage): number {
  const border: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x > 0 && y > 0 && x < width - 1 && y < height - 1) continue;
      border.push(pixels[y * width + x] ?? 0);
    }
  }
  border.sort((a, b) => a - b);
  return border[Math.floor(border.length / 2)] ?? 0;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function inkBox({ width, height, pixels }: GreyImage): Box | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((pixels[y * width + x] ?? 0) < 255 * INK_THRESHOLD) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < left ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Scales the longer side of a box to 20 pixels. Each new pixel is the mean of the area that it covers. */
function scaleBox(image: GreyImage, box: Box): GreyImage {
  const factor = BOX / Math.max(box.width, box.height);
  const width = Math.max(1, Math.round(box.width * factor));
  const height = Math.max(1, Math.round(box.height * factor));
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const area: Box = {
        left: box.left + (x * box.width) / width,
        top: box.top + (y * box.height) / height,
        width: box.width / width,
        height: box.height / height,
      };
      pixels[y * width + x] = Math.round(areaMean(image, area));
    }
  }
  return { width, height, pixels };
}

function areaMean({ width, pixels }: GreyImage, area: Box): number {
  const [right, bottom] = [area.left + area.width, area.top + area.height];
  let sum = 0;
  for (let y = Math.floor(area.top); y < bottom; y++) {
    const tall = Math.min(y + 1, bottom) - Math.max(y, area.top);
    for (let x = Math.floor(area.left); x < right; x++) {
      const wide = Math.min(x + 1, right) - Math.max(x, area.left);
      sum += (pixels[y * width + x] ?? 0) * wide * tall;
    }
  }
  return sum / (area.width * area.height);
}

/** Places an image of at most 20×20 pixels in 28×28 pixels, with its centre of mass in the middle. */
function centreImage({ width, height, pixels }: GreyImage): Uint8Array {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  const offset = (centre: number, length: number) =>
    Math.min(SIZE - length, Math.max(0, Math.round((SIZE - 1) / 2 - centre)));
  const [left, top] = [offset(x / mass, width), offset(y / mass, height)];
  const result = new Uint8Array(SIZE * SIZE);
  for (let row = 0; row < height; row++) {
    result.set(pixels.subarray(row * width, (row + 1) * width), (top + row) * SIZE + left);
  }
  return result;
}
