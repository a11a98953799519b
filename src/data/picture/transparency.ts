/** Transparent images: which ground the visible pixels need. */
import type { GreyImage } from './grey-image.ts';

/** Opacity from which a pixel is visible. */
const VISIBLE = 128;
/** Range of the grey levels of ink of one colour. */
const ONE_COLOUR = 80;

/**
 * An opaque image: on white, or on black if that shows more. Visible pixels of one grey level are ink, and the ground is
 * the opposite; others contain their own paper, which is the grey level of most.
 */
export function flatten(image: GreyImage): GreyImage {
  const { width, height, pixels, alpha } = image;
  if (alpha === undefined) return image;
  let [least, most, sum, visible] = [255, 0, 0, 0];
  for (let i = 0; i < pixels.length; i++) {
    const opacity = alpha[i] ?? 255;
    if (opacity < VISIBLE) continue;
    const grey = Math.min(255, Math.max(0, (255 * ((pixels[i] ?? 0) - (255 - opacity))) / opacity));
    least = Math.min(least, grey);
    most = Math.max(most, grey);
    sum += grey;
    visible++;
  }
  const bright = sum > 127.5 * visible;
  const onBlack = most - least < ONE_COLOUR ? bright : !bright;
  if (!onBlack) return { width, height, pixels };
  return { width, height, pixels: pixels.map((value, i) => Math.max(0, value - 255 + (alpha[i] ?? 255))) };
}
