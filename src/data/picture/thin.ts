/** Strokes of a thick pen, or of a blurred or small image, as wide as the widest strokes of MNIST. */
import type { GreyImage } from './grey-image.ts';

/** Strokes of 97 % of MNIST's training digits are at most this wide, in pixels of the box of 20. */
const WIDEST = 3.8;
/** Radius of the window of the blur, twice, as a share of the width of strokes: level strokes become ridges. */
const BLUR = 0.06;
/** Height of the soft edge above the level that is cut off, as a share of the highest. */
const EDGE = 0.35;
/** Bisections of the level. */
const STEPS = 7;

/**
 * Thinner strokes if they are wider than those of MNIST. The ink is cut at the level that gives this width, so that the
 * middle of strokes remains and gaps between them open. `scale`: enlargement of the box of 20 pixels. The edges are black.
 */
export function thinStrokes(ink: GreyImage, scale: number): GreyImage {
  const width = strokeWidth(ink);
  if (width <= WIDEST * scale) return ink;
  const radius = BLUR * width;
  return cutTo(WIDEST * scale, blur(blur(ink, radius), radius));
}

/** Cuts ink at the lowest level that gives strokes of this width, or at the highest level. */
function cutTo(width: number, ink: GreyImage): GreyImage {
  let [low, high] = [0, 1 - EDGE];
  for (let step = 0; step < STEPS; step++) {
    const level = (low + high) / 2;
    if (strokeWidth(cutLevel(ink, level)) > width) low = level;
    else high = level;
  }
  return cutLevel(ink, high);
}

/** Twice the ink divided by the length of its edges, which is the total variation. In pixels. */
function strokeWidth({ width, height, pixels }: GreyImage): number {
  let [ink, edges] = [0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const value = pixels[at] ?? 0;
      const right = value - (x + 1 < width ? (pixels[at + 1] ?? 0) : 0);
      const below = value - (y + 1 < height ? (pixels[at + width] ?? 0) : 0);
      ink += value;
      edges += Math.sqrt(right * right + below * below);
    }
  }
  return (2 * ink) / edges;
}

/** Box blur with a radius that need not be whole, along rows and columns. */
function blur({ width, height, pixels }: GreyImage, radius: number): GreyImage {
  const whole = Math.floor(radius);
  const part = radius - whole;
  const pass = (from: ArrayLike<number>, length: number, step: number, lines: number, lineStep: number) => {
    const result = new Float64Array(from.length);
    for (let line = 0; line < lines; line++) {
      const start = line * lineStep;
      const at = (i: number) => (i < 0 || i >= length ? 0 : (from[start + i * step] ?? 0));
      for (let i = 0; i < length; i++) {
        let sum = part * (at(i - whole - 1) + at(i + whole + 1));
        for (let k = -whole; k <= whole; k++) sum += at(i + k);
        result[start + i * step] = sum / (2 * radius + 1);
      }
    }
    return result;
  };
  const blurred = pass(pass(pixels, width, 1, height, width), height, width, width, 1);
  return { width, height, pixels: Uint8Array.from(blurred, (value) => Math.round(value)) };
}

/** Without the ink below a level, a share of the highest, and with full ink above its soft edge. */
function cutLevel({ width, height, pixels }: GreyImage, level: number): GreyImage {
  const top = pixels.reduce((most, value) => Math.max(most, value), 0);
  const cut = (value: number) => Math.round(255 * Math.min(1, Math.max(0, (value / top - level) / EDGE)));
  const levels = Uint8Array.from({ length: 256 }, (_, value) => cut(value));
  return { width, height, pixels: pixels.map((value) => levels[value] ?? 0) };
}
