/**
 * The handwriting of a writer: how strokes deviate from their shape. A writer's style is drawn once and holds for all
 * characters. Only + - * / and square roots are used, so a seed gives the same bytes on every machine.
 */
import type { Random } from '../../src/core/random.ts';
import { type Path, parseGlyph, tracePath } from '../../src/data/glyph.ts';
import type { Point } from '../../src/data/pen.ts';

/** Lengths are fractions of the height of a character. */
export interface Writer {
  /** Horizontal shift by height; positive: to the right at the top. */
  readonly slant: number;
  /** Tangent of half the rotation. */
  readonly turn: number;
  /** Width of a unit square divided by its height. */
  readonly aspect: number;
  /** Deviation of the points of a shape. */
  readonly jitter: number;
  /** Strength of the smooth distortion of a whole character. */
  readonly bend: number;
  /** Fast, small deviation along a stroke. */
  readonly tremor: number;
  /** Passes of corner cutting (Chaikin, 1974) over straight lines. */
  readonly rounding: number;
  /** Probability that a stroke starts or ends with a small hook. */
  readonly hook: number;
  /** Pen radius in pixels of the 20-pixel box. */
  readonly pen: number;
  /** Variation of the pen radius along a stroke, as a fraction. */
  readonly pressure: number;
}

export function drawWriter(random: Random): Writer {
  // The product of two uniform numbers is often small and sometimes large.
  const rare = (most: number) => most * random.uniform() * random.uniform();
  return {
    slant: 0.1 + 0.5 * deviate(random),
    turn: 0.1 * deviate(random),
    aspect: random.between(0.5, 1),
    jitter: 0.015 + rare(0.06),
    bend: rare(0.12),
    tremor: rare(0.025),
    rounding: random.below(4),
    hook: rare(0.5),
    pen: 0.7 + 1.3 * (random.uniform() + random.uniform()) * 0.5 + rare(0.8),
    pressure: rare(0.6),
  };
}

/** The strokes of a glyph in the handwriting of a writer. */
export function writeGlyph(glyph: string, writer: Writer, random: Random): Point[][] {
  const place = randomAffine(writer, random);
  const bend = randomField(writer.bend, random);
  return jitterPaths(parseGlyph(glyph), writer, random).map((path) => {
    const traced = addHooks(tracePath(roundCorners(path, writer.rounding)), writer, random);
    const shake = randomWalk(traced.length, writer.tremor, random);
    return traced.map((point, i) => {
      const [x, y] = place(bend(point));
      const [dx, dy] = shake[i] ?? [0, 0];
      return [x + dx, y + dy];
    });
  });
}

/** The pen radius at the points of strokes, as fractions: slow changes, and lighter ends. */
export function drawPressure(strokes: readonly (readonly Point[])[], { pressure }: Writer, random: Random): number[][] {
  const taper = pressure * random.uniform();
  return strokes.map(({ length }) => {
    const slow = Array.from({ length: 5 }, () => random.between(1 - pressure, 1));
    return Array.from({ length }, (_, i) => {
      const along = length < 2 ? 0 : i / (length - 1);
      const end = Math.min(1, 4 * Math.min(along, 1 - along));
      return interpolate(slow, 4 * along) * (1 - taper * (1 - end));
    });
  });
}

/** A number with mean 0, deviation 0.29 and limits of ±1: the mean of four uniform numbers. */
function deviate(random: Random): number {
  return (random.between(-1, 1) + random.between(-1, 1) + random.between(-1, 1) + random.between(-1, 1)) / 4;
}

/** Moves the points of a shape. Points at the same place stay together, so strokes that touch still touch. */
function jitterPaths(paths: readonly Path[], { jitter }: Writer, random: Random): Path[] {
  const moves = new Map<string, Point>();
  const move = (point: Point): Point => {
    const key = point.join();
    const [dx, dy] = moves.get(key) ?? [4 * jitter * deviate(random), 4 * jitter * deviate(random)];
    moves.set(key, [dx, dy]);
    return [point[0] + dx, point[1] + dy];
  };
  return paths.map(({ kind, points }) => ({ kind, points: points.map(move) }));
}

/** Cuts the corners of lines (Chaikin, "An algorithm for high-speed curve generation", 1974). */
function roundCorners(path: Path, passes: number): Path {
  if (path.kind === 'curve') return path;
  let { points } = path;
  for (let pass = 0; pass < passes; pass++) {
    // The first pass cuts 10 % of a line, so that its shape remains.
    const cut = pass === 0 ? 0.1 : 0.25;
    points = points.flatMap((point, i) => {
      const [before, after] = [points[i - 1], points[i + 1]];
      if (before === undefined || after === undefined) return [point];
      return [mix(point, before, cut), mix(point, after, cut)];
    });
  }
  return { kind: 'line', points };
}

function mix([x0, y0]: Point, [x1, y1]: Point, share: number): Point {
  return [x0 + share * (x1 - x0), y0 + share * (y1 - y0)];
}

/** Small hooks at the ends, as of a pen that is not lifted in time. */
function addHooks(points: Point[], { hook }: Writer, random: Random): Point[] {
  const grow = (end: Point | undefined): Point[] => {
    if (end === undefined || random.uniform() >= hook) return [];
    const [dx, dy] = [random.between(-0.12, 0.12), random.between(-0.12, 0.12)];
    return [
      [end[0] + dx / 2, end[1] + dy / 2],
      [end[0] + dx, end[1] + dy],
    ];
  };
  return [...grow(points[0]).reverse(), ...points, ...grow(points.at(-1))];
}

/** Slant, aspect ratio and rotation of one character, near those of the writer. */
function randomAffine({ slant, turn, aspect }: Writer, random: Random): (point: Point) => Point {
  const width = aspect * (1 + 0.3 * deviate(random));
  const shear = slant + 0.15 * deviate(random);
  // cos and sin from the tangent of half the angle: no host function is needed.
  const t = turn + 0.05 * deviate(random);
  const [cos, sin] = [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
  return ([x, y]) => {
    const v = y - 0.5;
    const u = (x - 0.5) * width - shear * v;
    return [cos * u - sin * v, sin * u + cos * v];
  };
}

/** A smooth displacement: random vectors on a 4 × 4 grid over the unit square, with interpolation. */
function randomField(strength: number, random: Random): (point: Point) => Point {
  const grid = [0, 1].map(() =>
    Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => random.between(-strength, strength))),
  );
  return ([x, y]) => {
    const [dx = 0, dy = 0] = grid.map((rows) =>
      interpolate(
        rows.map((row) => interpolate(row, 3 * x)),
        3 * y,
      ),
    );
    return [x + dx, y + dy];
  };
}

/** Deviations along a stroke of `length` points. */
function randomWalk(length: number, strength: number, random: Random): Point[] {
  return Array.from({ length }, () => [strength * 2 * deviate(random), strength * 2 * deviate(random)]);
}

/** Linear interpolation between values at 0, 1, 2 …; constant outside. */
function interpolate(values: readonly number[], at: number): number {
  const place = Math.min(values.length - 1, Math.max(0, at));
  const index = Math.min(values.length - 2, Math.floor(place));
  const [a = 0, b = 0] = [values[index], values[index + 1]];
  return a + (place - index) * (b - a);
}
