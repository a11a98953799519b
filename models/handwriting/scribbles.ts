/** Strokes that are not characters: scribbles, zigzags, spirals, dots, and two digits in one picture. */
import type { Random } from '../../src/core/random.ts';
import { tracePath } from '../../src/data/glyph.ts';
import type { Point } from '../../src/data/pen.ts';

type Strokes = Point[][];

/** Kinds of scribbles for training. */
export const SCRIBBLES: Readonly<Record<string, (random: Random) => Strokes>> = {
  polyline: (random) => [tracePath({ kind: 'line', points: randomPoints(7 + random.below(8), random) })],
  curve: (random) => [tracePath({ kind: 'curve', points: randomPoints(7 + random.below(9), random) })],
  zigzag: (random) => [zigzag(4 + random.below(8), random)],
  spiral: (random) => [spiral(2 + random.below(3), random)],
  lines: (random) => Array.from({ length: 5 + random.below(4) }, () => randomPoints(2, random)),
  characters: (random) => inventCharacter(4 + random.below(2), random),
  dots: (random) => Array.from({ length: 1 + random.below(6) }, () => randomPoints(1, random)),
};

/** Kinds of scribbles for validation and for the threshold. */
export const HELD_OUT_SCRIBBLES: Readonly<Record<string, (random: Random) => Strokes>> = {
  coil: (random) => [coil(3 + random.below(3), random)],
  'random walk': (random) => [randomWalk(12 + random.below(20), random)],
  grid: (random) => grid(2 + random.below(2), random),
  'curves and lines': (random) => [
    tracePath({ kind: 'curve', points: randomPoints(4 + random.below(5), random) }),
    ...Array.from({ length: 2 + random.below(2) }, () => randomPoints(2, random)),
  ],
};

function randomPoints(count: number, random: Random): Point[] {
  return Array.from({ length: count }, () => [random.uniform(), random.uniform()]);
}

/** Lines and arcs between the nodes of a 3 × 3 grid, as in the letters of an unknown alphabet. */
function inventCharacter(strokes: number, random: Random): Strokes {
  const node = (): Point => [random.below(3) / 2, random.below(3) / 2];
  return Array.from({ length: strokes }, () => {
    const points = [node(), node(), ...(random.uniform() < 0.5 ? [node()] : [])];
    return tracePath({ kind: random.uniform() < 0.5 ? 'line' : 'curve', points });
  });
}

/** Lines to and fro, in any direction. */
function zigzag(turns: number, random: Random): Point[] {
  const height = random.between(0.15, 0.9);
  const swap = random.uniform() < 0.5;
  return Array.from({ length: turns + 1 }, (_, i) => {
    const point: Point = [i / turns + random.between(-0.05, 0.05), (i % 2) * height + random.between(-0.08, 0.08)];
    return swap ? [point[1], point[0]] : point;
  });
}

/** A rational approximation of a circle, by tangents of half the angle: quarter `turn` of a circle of radius 1. */
function circlePoint(quarters: number): Point {
  const turn = quarters - 4 * Math.floor(quarters / 4);
  const quarter = Math.floor(turn);
  const t = (turn - quarter) * 0.41421356;
  // tan of an eighth of a turn is √2 - 1; t is linear in the angle up to 1 %.
  const [c, s] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  return (
    (
      [
        [c, s],
        [-s, c],
        [-c, -s],
        [s, -c],
      ] as const
    )[quarter] ?? [c, s]
  );
}

function spiral(turns: number, random: Random): Point[] {
  const [start, direction] = [random.between(0, 4), random.uniform() < 0.5 ? 1 : -1];
  return Array.from({ length: 16 * turns + 1 }, (_, i) => {
    const [x, y] = circlePoint(start + i / 4 + 400);
    const radius = 0.05 + (0.45 * i) / (16 * turns);
    return [direction * radius * x, radius * y];
  });
}

/** Loops along a line. */
function coil(turns: number, random: Random): Point[] {
  const [width, start] = [random.between(0.2, 0.5), random.between(0, 4)];
  return Array.from({ length: 16 * turns + 1 }, (_, i) => {
    const [x, y] = circlePoint(start + i / 4);
    return [width * x + i / (8 * turns), 0.4 * y];
  });
}

function randomWalk(steps: number, random: Random): Point[] {
  let [x, y] = [0, 0];
  const points = Array.from({ length: steps }, (): Point => {
    x += random.between(-1, 1);
    y += random.between(-1, 1);
    return [x, y];
  });
  return tracePath({ kind: 'curve', points });
}

function grid(lines: number, random: Random): Strokes {
  const shake = () => random.between(-0.06, 0.06);
  return Array.from({ length: lines }, (_, i) => (i + 0.5) / lines).flatMap(
    (at): Strokes => [
      [
        [at + shake(), shake()],
        [at + shake(), 1 + shake()],
      ],
      [
        [shake(), at + shake()],
        [1 + shake(), at + shake()],
      ],
    ],
  );
}
