/** Boxes, reduction, filters and histograms of grey images. */
import type { GreyImage } from './grey-image.ts';

/** A rectangle of pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Means of squares of `factor` × `factor` pixels of a part of an image. Squares at the edge may have fewer pixels. */
export function reduce({ width, pixels }: GreyImage, factor: number, box: Box): GreyImage {
  const columns = Math.ceil(box.width / factor);
  const rows = Math.ceil(box.height / factor);
  const result = new Uint8Array(columns * rows);
  const sums = new Uint32Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    const tall = Math.min(factor, box.height - row * factor);
    for (let y = 0; y < tall; y++) {
      let at = (box.top + row * factor + y) * width + box.left;
      for (let column = 0, x = 0; x < box.width; column++) {
        let sum = 0;
        for (const end = Math.min(box.width, x + factor); x < end; x++) sum += pixels[at++] ?? 0;
        sums[column] = (sums[column] ?? 0) + sum;
      }
    }
    for (let column = 0; column < columns; column++) {
      const count = tall * Math.min(factor, box.width - column * factor);
      result[row * columns + column] = Math.round((sums[column] ?? 0) / count);
    }
  }
  return { width: columns, height: rows, pixels: result };
}

export function wholeBox({ width, height }: Pick<Box, 'width' | 'height'>): Box {
  return { left: 0, top: 0, width, height };
}

/** The median of each pixel and its eight neighbours: removes single pixels and keeps edges (Tukey, 1977). */
export function medianFilter(image: GreyImage): GreyImage {
  const { width, height, pixels } = image;
  const result = new Uint8Array(pixels.length);
  const [low, middle, high] = [new Uint8Array(width), new Uint8Array(width), new Uint8Array(width)];
  for (let y = 0; y < height; y++) {
    const isInside = y > 0 && y < height - 1;
    for (let x = 0; isInside && x < width; x++) {
      const at = y * width + x;
      const [a, b, c] = [pixels[at - width] ?? 0, pixels[at] ?? 0, pixels[at + width] ?? 0];
      low[x] = Math.min(a, b, c);
      middle[x] = takeMedian(a, b, c);
      high[x] = Math.max(a, b, c);
    }
    for (let x = 0; x < width; x++) {
      // The median of nine is that of the greatest low, the median middle and the least high of the three columns.
      result[y * width + x] =
        isInside && x > 0 && x < width - 1
          ? takeMedian(
              Math.max(low[x - 1] ?? 0, low[x] ?? 0, low[x + 1] ?? 0),
              takeMedian(middle[x - 1] ?? 0, middle[x] ?? 0, middle[x + 1] ?? 0),
              Math.min(high[x - 1] ?? 0, high[x] ?? 0, high[x + 1] ?? 0),
            )
          : medianAtEdge(image, x, y);
    }
  }
  return { width, height, pixels: result };
}

function takeMedian(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** The median of a pixel and of the neighbours that exist; the upper one of an even number. */
function medianAtEdge({ width, height, pixels }: GreyImage, x: number, y: number): number {
  const values: number[] = [];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      values.push(pixels[row * width + column] ?? 0);
    }
  }
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Counts of the grey levels 0–255. */
export function histogram(pixels: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i] ?? 0;
    counts[value] = (counts[value] ?? 0) + 1;
  }
  return counts;
}

/** The smallest level that at least `share` of the counted levels in from … 255 do not exceed; 0 without any. */
export function quantile(counts: Uint32Array, share: number, from = 0): number {
  let total = 0;
  for (let level = from; level < 256; level++) total += counts[level] ?? 0;
  let below = 0;
  for (let level = from; level < 256; level++) {
    below += counts[level] ?? 0;
    if (below >= share * total && below > 0) return level;
  }
  return 0;
}

/** The level that separates two classes best: those above it are the upper class (Otsu, 1979, equation 14); 255 for one level. */
export function otsuThreshold(counts: Uint32Array): number {
  let [total, sum] = [0, 0];
  for (let level = 0; level < 256; level++) {
    total += counts[level] ?? 0;
    sum += level * (counts[level] ?? 0);
  }
  let [best, most, below, sumBelow] = [255, 0, 0, 0];
  for (let level = 0; level < 255; level++) {
    below += counts[level] ?? 0;
    sumBelow += level * (counts[level] ?? 0);
    if (below === 0 || below === total) continue;
    const difference = sumBelow / below - (sum - sumBelow) / (total - below);
    const between = below * (total - below) * difference * difference;
    if (between > most) [best, most] = [level, between];
  }
  return best;
}
