/** Noise of cameras and scanners. */
import type { GreyImage } from './grey-image.ts';

/** Standard deviation of noise above which it disturbs, of 255. */
const MAX_DEVIATION = 6;
/** A pixel is a speck if it differs from all its neighbours by more. */
const SPECK = 50;
/** Share of such pixels above which they disturb. */
const MAX_SPECKS = 0.003;

/**
 * Whether an image is noisy. The standard deviation is estimated from differences that lines and slopes do not have:
 * Immerkær, "Fast noise variance estimation" (1996), with the median instead of the mean, which edges would raise.
 */
export function isNoisy({ width, height, pixels }: GreyImage): boolean {
  const counts = new Uint32Array(1021);
  let [inner, specks] = [0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const middle = pixels[i] ?? 0;
      const [left, right] = [pixels[i - 1] ?? 0, pixels[i + 1] ?? 0];
      const sides = left + right + (pixels[i - width] ?? 0) + (pixels[i + width] ?? 0);
      const corners =
        (pixels[i - width - 1] ?? 0) +
        (pixels[i - width + 1] ?? 0) +
        (pixels[i + width - 1] ?? 0) +
        (pixels[i + width + 1] ?? 0);
      const response = Math.abs(corners - 2 * sides + 4 * middle) >> 1;
      counts[response] = (counts[response] ?? 0) + 1;
      inner++;
      if (Math.abs(middle - left) > SPECK && isSpeck(pixels, i, width)) specks++;
    }
  }
  if (inner === 0) return false;
  let [half, response] = [0, 0];
  for (; half < inner / 2; response++) half += counts[response] ?? 0;
  // The response to noise of standard deviation 1 has a standard deviation of 6 and a median of 0.6745 × 6.
  return (2 * (response - 1)) / (6 * 0.6745) > MAX_DEVIATION || specks > MAX_SPECKS * inner;
}

/** Whether a pixel is darker or brighter than all its neighbours. */
function isSpeck(pixels: Uint8Array, at: number, width: number): boolean {
  const middle = pixels[at] ?? 0;
  let [least, most] = [255, 0];
  for (const offset of [-width - 1, -width, -width + 1, -1, 1, width - 1, width, width + 1]) {
    const value = pixels[at + offset] ?? 0;
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return middle + SPECK < least || middle - SPECK > most;
}
