/**
 * The size and place of MNIST's digits: scaled into a box of 20×20 pixels with the aspect ratio, then centred in 28×28 by
 * the centre of mass (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
 */
import type { GreyImage } from './grey-image.ts';
import type { Box } from './raster.ts';
import { thinStrokes } from './thin.ts';

export const SIZE = 28;
export const BOX = 20;
/** Centre of mass of all digits of MNIST: pixels count from 0. */
const CENTRE = SIZE / 2;
/** Strokes are thinned at this enlargement. */
const LARGE = 2;
/** Ink below this level is outside the box of the digit. */
const FAINT = 26;

/** The 784 inputs of ink, light on black. Undefined without ink. */
export function fitDigit(ink: GreyImage): Uint8Array | undefined {
  const box = findInkBox(ink, FAINT);
  if (box === undefined) return undefined;
  const large = pad(scaleBox(ink, box, LARGE * BOX), LARGE);
  const thin = thinStrokes(large, LARGE);
  const thinBox = thin === large ? undefined : findInkBox(thin, FAINT);
  return centreDigit(thinBox === undefined ? scaleBox(ink, box, BOX) : scaleBox(thin, thinBox, BOX));
}

/**
 * The inputs in an image that already has the size and place of MNIST's digits, light on black or dark on white: preparing
 * them again could only lose soft edges. Undefined for other images.
 */
export function readFitted({ width, height, pixels }: GreyImage): Uint8Array | undefined {
  const paper = pixels[0];
  if (width !== SIZE || height !== SIZE || (paper !== 0 && paper !== 255)) return undefined;
  const ink = { width, height, pixels: paper === 0 ? pixels : pixels.map((value) => 255 - value) };
  const box = findInkBox(ink, 1);
  if (box === undefined || Math.max(box.width, box.height) !== BOX) return undefined;
  const { x, y } = centreOfMass(ink);
  return Math.max(Math.abs(x - CENTRE), Math.abs(y - CENTRE)) <= 0.5 ? ink.pixels : undefined;
}

/** The smallest box around all pixels with at least this much ink. */
function findInkBox({ width, height, pixels }: GreyImage, least: number): Box | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((pixels[y * width + x] ?? 0) < least) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < left ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Scales the longer side of a box to `side` pixels. Each new pixel is the mean of the area that it covers. */
function scaleBox(image: GreyImage, box: Box, side: number): GreyImage {
  const factor = side / Math.max(box.width, box.height);
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

/** An image with a black margin. */
function pad({ width, height, pixels }: GreyImage, margin: number): GreyImage {
  const padded = new Uint8Array((width + 2 * margin) * (height + 2 * margin));
  for (let y = 0; y < height; y++) {
    padded.set(pixels.subarray(y * width, (y + 1) * width), (y + margin) * (width + 2 * margin) + margin);
  }
  return { width: width + 2 * margin, height: height + 2 * margin, pixels: padded };
}

/** Places an image of at most 20×20 pixels in 28×28 pixels by its centre of mass. */
function centreDigit(image: GreyImage): Uint8Array {
  const { width, height, pixels } = image;
  const { x, y } = centreOfMass(image);
  const offset = (centre: number, length: number) => Math.min(SIZE - length, Math.max(0, Math.round(CENTRE - centre)));
  const [left, top] = [offset(x, width), offset(y, height)];
  const result = new Uint8Array(SIZE * SIZE);
  for (let row = 0; row < height; row++) {
    result.set(pixels.subarray(row * width, (row + 1) * width), (top + row) * SIZE + left);
  }
  return result;
}

/** In pixels that count from 0. `pixels`: [height × width] */
export function centreOfMass({ width, pixels }: { width: number; pixels: Uint8Array | Float64Array }) {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  return { x: x / mass, y: y / mass };
}
