/**
 * Strokes of a pen as inputs. Like the digits of MNIST, a drawing is scaled into a box of 20 × 20 pixels with its aspect
 * ratio, and centred in 28 × 28 pixels by its centre of mass. The pen is as wide as MNIST's strokes at any scale.
 */
import { EdgeMlpError } from '../core/errors.ts';
import { drawStroke, type Point } from './pen.ts';
import { BOX, centreOfMass, SIZE } from './picture/fit.ts';

export type { Point } from './pen.ts';

/** The positions of a pen between two lifts, in any unit, with y pointing down. */
export type Stroke = readonly Point[];

/** Half a pixel before the centre of images of digits: the bundled model was trained with strokes at this place. */
const CENTRE = (SIZE - 1) / 2;
/**
 * Pen radius in pixels. The mean stroke width of MNIST's training digits is 2.4 pixels. It was measured as twice the sum
 * of the ink divided by the length of its edges (the total variation).
 */
const RADIUS = 1.28;

/**
 * The 784 inputs of a drawing: grey levels 0–255, light on black. The size and the place of the drawing do not matter.
 * One point is a dot. Throws EdgeMlpError "bad-data" if there are no points, or numbers that are not finite.
 *
 * @example
 * ```ts
 * import { strokeInputs } from 'edge-mlp/data';
 *
 * const inputs = strokeInputs([[[40, 10], [40, 90]]]); // a vertical line
 * console.log(inputs.length, inputs[14 * 28 + 13] === inputs[14 * 28 + 14]); // 784 true
 * ```
 */
export function strokeInputs(strokes: readonly Stroke[]): Uint8Array {
  return penInputs(strokes, { radius: RADIUS });
}

/** A pen with its greatest radius in pixels. */
export interface Pen {
  readonly radius: number;
  /** The radius at a point of a stroke, as a fraction of the greatest. Default: 1. */
  readonly pressure?: (stroke: number, point: number) => number;
}

/** `strokeInputs` with another pen. */
export function penInputs(strokes: readonly Stroke[], pen: Pen): Uint8Array {
  const fitted = fitStrokes(strokes, pen.radius);
  const { x, y } = centreOfMass({ width: SIZE, pixels: drawInk(fitted, pen, [CENTRE, CENTRE]) });
  // The box stays inside the image.
  const place = (centre: number) => CENTRE + Math.min((SIZE - BOX) / 2, Math.max((BOX - SIZE) / 2, CENTRE - centre));
  return Uint8Array.from(drawInk(fitted, pen, [place(x), place(y)]), (ink) => Math.round(255 * ink));
}

/** Scales strokes to a box of 20 pixels, pen included, around the origin. */
function fitStrokes(strokes: readonly Stroke[], radius: number): Point[][] {
  const [left, right] = findRange(strokes, 0);
  const [top, bottom] = findRange(strokes, 1);
  // Halves, because the difference of two finite numbers can be infinite.
  const half = Math.max(right / 2 - left / 2, bottom / 2 - top / 2) || 1;
  const [x0, y0] = [left / 2 + right / 2, top / 2 + bottom / 2];
  const reach = BOX / 2 - radius;
  return strokes.map((stroke) => stroke.map(([x, y]): Point => [reach * ((x - x0) / half), reach * ((y - y0) / half)]));
}

/** The least and the greatest coordinate on an axis. */
function findRange(strokes: readonly Stroke[], axis: 0 | 1): [least: number, greatest: number] {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const stroke of strokes) {
    for (const point of stroke) {
      const value = point[axis];
      if (!Number.isFinite(value)) {
        throw new EdgeMlpError('bad-data', `strokes: expected finite coordinates, got ${value}`);
      }
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
  }
  if (greatest < least) throw new EdgeMlpError('bad-data', 'strokes: expected at least one point, got none');
  return [least, greatest];
}

/** Ink [28 × 28] of strokes moved by an offset. */
function drawInk(strokes: readonly Stroke[], { radius, pressure = () => 1 }: Pen, [dx, dy]: Point): Float64Array {
  const ink = new Float64Array(SIZE * SIZE);
  strokes.forEach((stroke, k) => {
    const moved = stroke.map(([x, y]): Point => [x + dx, y + dy]);
    drawStroke(ink, SIZE, moved, (i) => radius * pressure(k, i));
  });
  return ink;
}
