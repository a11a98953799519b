/** Digits as strokes through points of the unit square, with y pointing down. */
import type { Point, Stroke } from '../src/data/strokes.ts';

export type { Stroke } from '../src/data/strokes.ts';

export const STROKES: readonly (readonly Stroke[])[] = [
  [arc(0.5, 0.5, 0.2, 0.3, -90, 270)],
  [line([0.44, 0.3], [0.53, 0.2], [0.51, 0.8])],
  [[...arc(0.5, 0.36, 0.19, 0.17, 190, 380), ...line([0.66, 0.45], [0.3, 0.8]), ...line([0.3, 0.8], [0.72, 0.79])]],
  [[...arc(0.48, 0.35, 0.19, 0.16, 200, 440), ...arc(0.48, 0.64, 0.21, 0.17, -80, 150)]],
  [line([0.36, 0.2], [0.29, 0.52], [0.7, 0.5]), line([0.63, 0.22], [0.6, 0.82])],
  [[...line([0.68, 0.2], [0.38, 0.21], [0.36, 0.45]), ...arc(0.47, 0.61, 0.2, 0.18, -110, 140)]],
  [[...line([0.6, 0.18], [0.42, 0.36], [0.34, 0.6]), ...arc(0.49, 0.65, 0.16, 0.16, 190, 540)]],
  [line([0.28, 0.23], [0.72, 0.22], [0.55, 0.5], [0.46, 0.82])],
  [[...arc(0.5, 0.34, 0.15, 0.14, 90, 450), ...arc(0.5, 0.65, 0.18, 0.17, -90, 270)]],
  [[...arc(0.48, 0.36, 0.16, 0.15, 20, 380), ...line([0.64, 0.38], [0.62, 0.6], [0.57, 0.83])]],
];

/** The strokes of a digit, slanted to the right for a positive `shear`. */
export function slantStrokes(digit: number, shear: number): readonly Stroke[] {
  return (STROKES[digit] ?? []).map((stroke) => stroke.map(([x, y]): Point => [x + shear * (0.5 - y), y]));
}

function line(...points: Point[]): Point[] {
  return points.slice(1).flatMap(([x, y], i) => {
    const [fromX, fromY] = points[i] ?? [x, y];
    return Array.from({ length: 9 }, (_, step): Point => {
      const t = step / 8;
      return [fromX + t * (x - fromX), fromY + t * (y - fromY)];
    });
  });
}

/** An arc of an ellipse with the half axes a and b; angles in degrees, clockwise from the right. */
function arc(x: number, y: number, a: number, b: number, from: number, to: number): Point[] {
  return Array.from({ length: 33 }, (_, i): Point => {
    const angle = ((from + ((to - from) * i) / 32) * Math.PI) / 180;
    return [x + a * Math.cos(angle), y + b * Math.sin(angle)];
  });
}
