/**
 * Ink and paper. The paper is estimated and divided out, so that shadows do not matter: Gatos, Pratikakis and Perantonis,
 * "Adaptive degraded document image binarization", Pattern Recognition 39 (2006).
 */
import { labelComponents } from './components.ts';
import type { GreyImage } from './grey-image.ts';
import { histogram, otsuThreshold, quantile, reduce, wholeBox } from './raster.ts';

/** The paper is estimated on an image of at most this side. */
const COARSE_SIDE = 48;
/** Radius of the window in which the paper is searched, as a share of the shorter side: wider than strokes. */
const WINDOW_RADIUS = 0.16;
/** Weights of the corners and of the numbers of components against the skewness, all from -1 to 1. */
const CORNER_WEIGHT = 0.5;
const PARTS_WEIGHT = 0.8;
/** Side of a corner as a share of the shorter side, and the least area of a component as a share of the image. */
const CORNER = 0.12;
const MIN_PART = 0.01;
/** Share of a window that is at most as bright as its paper. Ink may cover the rest. */
const PAPER_SHARE = 0.2;
/** Range of the grey levels of even paper, as a share of the contrast. */
const EVEN_RANGE = 0.2;
/** Width of the soft edges of strokes as a share of the shorter side. */
const SOFT_EDGE = 0.06;
/** Grey levels of less paper than this share of the image do not tell whether the light is even. */
const MIN_PAPER = 0.05;
/** A side of the image with more ink than this share is a frame or a shadow. */
export const FULL_SIDE = 0.95;

/**
 * How much ink each pixel has, 0–255, light on black. The paper is black, whatever light falls on it. `dark`: whether the
 * ink is darker than the paper (default: decided by the image).
 */
export function removePaper(image: GreyImage, dark?: boolean): { ink: GreyImage; dark: boolean } {
  const { width, height } = image;
  const factor = Math.ceil(Math.max(width, height) / COARSE_SIDE);
  const coarse = reduce(image, factor, wholeBox(image));
  const isDark = dark ?? hasDarkInk(coarse);
  const raise = (pixels: Uint8Array) => (isDark ? pixels.map((value) => 255 - value) : pixels);
  const raised = { ...coarse, pixels: raise(coarse.pixels) };
  const { least, most } = rangeAround(evenPaper(raised) ?? localPaper(raised));
  const pixels = raise(image.pixels).slice();
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / factor) * raised.width;
    for (let x = 0; x < width; x++) {
      const value = pixels[y * width + x] ?? 0;
      const at = row + Math.floor(x / factor);
      // The paper around the pixel that is nearest to its level: a shadow keeps its edge.
      const level = Math.min(most[at] ?? 0, Math.max(least[at] ?? 0, value));
      // The share of light that the ink absorbs; for light ink on dark paper, that it adds.
      pixels[y * width + x] = level >= 255 ? 0 : Math.round((255 * Math.max(0, value - level)) / (255 - level));
    }
  }
  return { ink: { width, height, pixels }, dark: isDark };
}

/**
 * Whether the ink is darker than the paper. Ink covers less area than paper, so that the differences from the mean around
 * each pixel are skewed towards the ink. The corners of the image are paper. Ink is connected; it divides the paper into
 * holes and corners.
 */
function hasDarkInk(image: GreyImage): boolean {
  const threshold = otsuThreshold(histogram(image.pixels));
  const [bright, dark] = [
    countParts(image, (value) => value > threshold),
    countParts(image, (value) => value <= threshold),
  ];
  const parts = (bright - dark) / Math.max(1, bright + dark);
  return skewness(image) < CORNER_WEIGHT * (2 * brightCorners(image, threshold) - 1) + PARTS_WEIGHT * parts;
}

/** Skewness of the differences from the mean around each pixel, from -1 to 1. */
function skewness(image: GreyImage): number {
  const { width, height, pixels } = image;
  const means = boxMeans(image, Math.max(2, Math.round(0.3 * Math.min(width, height))));
  let [skew, most] = [0, 0];
  for (let i = 0; i < pixels.length; i++) {
    const difference = (pixels[i] ?? 0) - (means[i] ?? 0);
    skew += difference * difference * difference;
    most += difference * difference * Math.abs(difference);
  }
  return most === 0 ? 0 : skew / most;
}

/** Share of the pixels in the four corners above a threshold. */
function brightCorners({ width, height, pixels }: GreyImage, threshold: number): number {
  const size = Math.max(1, Math.round(CORNER * Math.min(width, height)));
  let [count, bright] = [0, 0];
  for (let i = 0; i < pixels.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    if (Math.min(x, width - 1 - x) >= size || Math.min(y, height - 1 - y) >= size) continue;
    count++;
    if ((pixels[i] ?? 0) > threshold) bright++;
  }
  return bright / count;
}

/** Number of components that are not specks. */
function countParts({ width, height, pixels }: GreyImage, isInside: (value: number) => boolean): number {
  const bits = pixels.map((value) => (isInside(value) ? 1 : 0));
  return labelComponents({ width, height, bits }).components.filter(({ area }) => area >= MIN_PART * pixels.length)
    .length;
}

/** Means of squares around each pixel, from an integral image (Crow, 1984; Bradley and Roth, 2007). */
function boxMeans({ width, height, pixels }: GreyImage, radius: number): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += pixels[y * width + x] ?? 0;
      sums[(y + 1) * (width + 1) + x + 1] = (sums[y * (width + 1) + x + 1] ?? 0) + row;
    }
  }
  const means = new Float64Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - radius), Math.min(width, x + radius + 1)];
      const at = (column: number, row: number) => sums[row * (width + 1) + column] ?? 0;
      const sum = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
      means[y * width + x] = sum / ((right - left) * (bottom - top));
    }
  }
  return means;
}

/** One grey level as paper. Undefined if the light differs, or if a side of the image has no paper. Ink is bright here. */
function evenPaper(image: GreyImage): GreyImage | undefined {
  const { width, height, pixels } = image;
  const threshold = otsuThreshold(histogram(pixels));
  const paper = histogram(paperLevels(image, threshold));
  const ink = histogram(pixels.filter((value) => value > threshold));
  const level = quantile(paper, 0.5);
  const range = quantile(paper, 0.65) - quantile(paper, 0.05);
  if (range > EVEN_RANGE * (quantile(ink, 0.5) - level)) return undefined;
  const count = (from: number, step: number, length: number) => {
    let bright = 0;
    for (let i = 0; i < length; i++) if ((pixels[from + i * step] ?? 0) > threshold) bright++;
    return bright / length;
  };
  const sides = [
    count(0, 1, width),
    count((height - 1) * width, 1, width),
    count(0, width, height),
    count(width - 1, width, height),
  ];
  if (sides.some((share) => share >= FULL_SIDE)) return undefined;
  return { width, height, pixels: new Uint8Array(pixels.length).fill(level) };
}

/** Grey levels of the paper, without the soft edges of strokes if enough paper remains. */
function paperLevels({ width, height, pixels }: GreyImage, threshold: number): Uint8Array {
  const mask = { width, height, pixels: pixels.map((value) => (value > threshold ? 255 : 0)) };
  const near = dilate(mask, Math.round(SOFT_EDGE * Math.min(width, height))).pixels;
  const far = pixels.filter((_, at) => near[at] === 0);
  return far.length >= MIN_PAPER * pixels.length ? far : pixels.filter((value) => value <= threshold);
}

/**
 * The paper around each pixel: an opening with ranks instead of extremes, so that single pixels do not matter. A stroke
 * that is narrower than the window vanishes; the edge of a shadow keeps its place.
 */
function localPaper(image: GreyImage): GreyImage {
  const radius = Math.max(2, Math.round(WINDOW_RADIUS * Math.min(image.width, image.height)));
  return dilate(rankFilter(image, radius), radius);
}

/** The quantile PAPER_SHARE of the square around each pixel, with a sliding histogram (Huang, Yang and Tang, 1979). */
function rankFilter({ width, height, pixels }: GreyImage, radius: number): GreyImage {
  const result = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - radius), Math.min(height, y + radius + 1)];
    // 64 bins of four grey levels.
    const counts = new Uint16Array(64);
    const change = (column: number, by: number) => {
      for (let row = top; row < bottom; row++) {
        const bin = (pixels[row * width + column] ?? 0) >> 2;
        counts[bin] = (counts[bin] ?? 0) + by;
      }
    };
    for (let x = 0; x < Math.min(radius, width); x++) change(x, 1);
    for (let x = 0; x < width; x++) {
      if (x + radius < width) change(x + radius, 1);
      if (x > radius) change(x - radius - 1, -1);
      const columns = Math.min(width, x + radius + 1) - Math.max(0, x - radius);
      let rest = PAPER_SHARE * columns * (bottom - top);
      let bin = 0;
      for (rest -= counts[0] ?? 0; rest > 0 && bin < 63; rest -= counts[++bin] ?? 0);
      result[y * width + x] = 4 * bin + 2;
    }
  }
  return { width, height, pixels: result };
}

/** The brightest pixel of the square around each pixel. */
function dilate({ width, height, pixels }: GreyImage, radius: number): GreyImage {
  const pass = (from: Uint8Array, length: number, step: number, lines: number, lineStep: number) => {
    const result = new Uint8Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let most = 0;
        for (let k = Math.max(0, i - radius); k <= Math.min(length - 1, i + radius); k++) {
          most = Math.max(most, from[line * lineStep + k * step] ?? 0);
        }
        result[line * lineStep + i * step] = most;
      }
    }
    return result;
  };
  return { width, height, pixels: pass(pass(pixels, width, 1, height, width), height, width, width, 1) };
}

/** The least and most of each pixel and its eight neighbours. */
function rangeAround({ width, height, pixels }: GreyImage): { least: Uint8Array; most: Uint8Array } {
  const least = new Uint8Array(pixels.length).fill(255);
  const most = new Uint8Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const level = pixels[row * width + column] ?? 0;
          if (level < (least[at] ?? 0)) least[at] = level;
          if (level > (most[at] ?? 0)) most[at] = level;
        }
      }
    }
  }
  return { least, most };
}
