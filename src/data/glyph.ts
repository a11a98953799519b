/** The strokes of characters, as texts: 'L .5,0 .5,1 C .2,1 .5,.9 .8,1' is a line and a curve, with y pointing down. */
import type { Point } from './pen.ts';

/** A stroke through points: straight lines, or a curve. */
export interface Path {
  readonly kind: 'line' | 'curve';
  readonly points: readonly Point[];
}

/** Parts of each line or curve between two points. */
const STEPS = 6;

/** L: straight lines between points. C: a curve through points. */
export function parseGlyph(glyph: string): Path[] {
  return glyph.split(/ (?=[LC])/).map((stroke) => {
    const [kind, ...texts] = stroke.split(' ');
    const points = texts.map((point): Point => {
      const [x = '', y = ''] = point.split(',');
      return [Number(x), Number(y)];
    });
    return { kind: kind === 'C' ? 'curve' : 'line', points };
  });
}

/** Points along a path that are close enough to bend it. */
export function tracePath({ kind, points }: Path): Point[] {
  return kind === 'curve' ? smoothPoints(points) : dividePoints(points);
}

/** Points on a Catmull-Rom spline through the given points (Catmull and Rom, 1974), with doubled ends. */
function smoothPoints(points: readonly Point[]): Point[] {
  const at = (i: number) => points[Math.min(points.length - 1, Math.max(0, i))] ?? [0, 0];
  const result: Point[] = [at(0)];
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let step = 1; step <= STEPS; step++) {
      const t = step / STEPS;
      result.push([catmullRom(a[0], b[0], c[0], d[0], t), catmullRom(a[1], b[1], c[1], d[1], t)]);
    }
  }
  return result;
}

function catmullRom(a: number, b: number, c: number, d: number, t: number): number {
  return 0.5 * (2 * b + t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * b - a - 3 * c + d))));
}

/** Points along straight lines. */
function dividePoints(points: readonly Point[]): Point[] {
  return points.flatMap((end, i) => {
    const start = points[i - 1];
    if (start === undefined) return [end];
    return Array.from({ length: STEPS }, (_, step): Point => {
      const t = (step + 1) / STEPS;
      return [start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])];
    });
  });
}
