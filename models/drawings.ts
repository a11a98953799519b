/**
 * Drawings as by a pointer on the page's pad: digits of one plain form for each class (strokes.ts), which training does
 * not use, with random slant and place. The pad reports whole pixels.
 */
import { Random } from '../src/core/random.ts';
import { strokeInputs } from '../src/data/strokes.ts';
import type { Sample } from './handwriting/samples.ts';
import { STROKES, slantStrokes } from './strokes.ts';

/** Width and height of the pad in pixels. */
const PAD = 280;
/** Height of the digits of strokes.ts. */
const DIGIT_HEIGHT = 0.6;

/** Heights of a drawing, as fractions of the pad. */
export const DRAWING_SIZES = { normal: 0.7, small: 0.18, tiny: 0.09 };

/** `count` digits, cycling through the classes, with a height of `size` of the pad. */
export function drawDigits(count: number, seed: number, size: number): Sample[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % STROKES.length;
    const random = new Random(seed, 'generation', i);
    const scale = (size * PAD) / DIGIT_HEIGHT;
    const [left, top] = [PAD * random.between(0, 1 - size), PAD * random.between(0, 1 - size)];
    const strokes = slantStrokes(label, random.between(-0.7, 0.7)).map((stroke) =>
      stroke.map(([x, y]) => [Math.round(left + scale * x), Math.round(top + scale * y)] as const),
    );
    return { label, shape: `${label}`, inputs: strokeInputs(strokes) };
  });
}
