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
      const at = (offset: number) => pixels[i + offset] ?? 0;
      const [a, b, c] = [at(-width - 1), at(-width), at(-width + 1)];
      const [d, e, f] = [at(-1), at(0), at(1)];
      const [g, h, k] = [at(width - 1), at(width), at(width + 1)];
      const response = Math.abs(a + c + g + k - 2 * (b + d + f + h) + 4 * e) >> 1;
      counts[response] = (counts[response] ?? 0) + 1;
      inner++;
      const below = e + SPECK < Math.min(a, b, c, d, f, g, h, k);
      if (below || e - SPECK > Math.max(a, b, c, d, f, g, h, k)) specks++;
    }
  }
  if (inner === 0) return false;
  let [half, response] = [0, 0];
  for (; half < inner / 2; response++) half += counts[response] ?? 0;
  // The response to noise of standard deviation 1 has a standard deviation of 6 and a median of 0.6745 × 6.
  return (2 * (response - 1)) / (6 * 0.6745) > MAX_DEVIATION || specks > MAX_SPECKS * inner;
}
