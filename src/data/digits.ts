/**
 * Generated digits: strokes of our own under random affine and elastic distortions, drawn into 28×28 grey levels. They need
 * no download, and the same seed gives the same bytes on every runtime: nothing but + - * / and square roots is used, which
 * IEEE 754 rounds in one way only.
 */
import type { Dataset } from '../core/dataset.ts';
import { Random } from '../core/random.ts';

export const DIGIT_SIZE = 28;
/** Digits are about so many pixels high, as in MNIST. */
const BOX = 20;

type Point = readonly [x: number, y: number];
interface Stroke {
  /** Smooth strokes are curves through their points, the others straight lines between them. */
  readonly smooth: boolean;
  readonly points: readonly Point[];
}

const line = (...points: Point[]): Stroke => ({ smooth: false, points });
const curve = (...points: Point[]): Stroke => ({ smooth: true, points });

/** For each digit the ways in which it is written, in a unit square, y downwards. */
const GLYPHS: readonly (readonly (readonly Stroke[])[])[] = [
  [
    [
      curve(
        [0.5, 0],
        [0.22, 0.14],
        [0.1, 0.5],
        [0.22, 0.86],
        [0.5, 1],
        [0.78, 0.86],
        [0.9, 0.5],
        [0.78, 0.14],
        [0.5, 0],
      ),
    ],
    [curve([0.6, 0.02], [0.3, 0.1], [0.16, 0.5], [0.28, 0.92], [0.55, 0.98], [0.84, 0.7], [0.82, 0.25], [0.52, 0])],
  ],
  [
    [line([0.5, 0], [0.5, 1])],
    [line([0.28, 0.22], [0.55, 0], [0.55, 1])],
    [line([0.28, 0.22], [0.52, 0], [0.52, 1]), line([0.25, 1], [0.8, 1])],
  ],
  [
    [
      curve([0.12, 0.24], [0.32, 0.02], [0.68, 0.03], [0.82, 0.28], [0.58, 0.62], [0.1, 1]),
      line([0.1, 1], [0.92, 0.98]),
    ],
    [
      curve(
        [0.15, 0.2],
        [0.5, 0],
        [0.82, 0.22],
        [0.62, 0.6],
        [0.2, 0.9],
        [0.12, 0.82],
        [0.35, 0.8],
        [0.65, 0.98],
        [0.92, 0.9],
      ),
    ],
  ],
  [
    [
      curve([0.15, 0.1], [0.5, 0], [0.8, 0.2], [0.68, 0.42], [0.4, 0.48]),
      curve([0.4, 0.48], [0.78, 0.55], [0.88, 0.76], [0.55, 1], [0.1, 0.9]),
    ],
    [
      line([0.15, 0.02], [0.82, 0.02], [0.45, 0.42]),
      curve([0.45, 0.42], [0.8, 0.5], [0.88, 0.76], [0.52, 1], [0.12, 0.9]),
    ],
  ],
  [
    [line([0.62, 0], [0.08, 0.66], [0.94, 0.66]), line([0.7, 0.34], [0.7, 1])],
    [line([0.2, 0.02], [0.14, 0.52], [0.86, 0.5]), line([0.82, 0], [0.74, 1])],
    [line([0.72, 1], [0.72, 0], [0.1, 0.62], [0.95, 0.62])],
  ],
  [
    [
      line([0.86, 0.02], [0.26, 0.02], [0.22, 0.44]),
      curve([0.22, 0.44], [0.58, 0.38], [0.86, 0.64], [0.62, 0.97], [0.12, 0.92]),
    ],
    [
      line([0.3, 0.04], [0.24, 0.46]),
      curve([0.24, 0.46], [0.66, 0.42], [0.84, 0.72], [0.5, 1], [0.14, 0.9]),
      line([0.3, 0.04], [0.86, 0]),
    ],
  ],
  [
    [curve([0.72, 0.02], [0.36, 0.26], [0.14, 0.66], [0.42, 1], [0.8, 0.84], [0.74, 0.54], [0.42, 0.5], [0.17, 0.72])],
    [curve([0.5, 0], [0.24, 0.4], [0.18, 0.76], [0.42, 1], [0.76, 0.9], [0.8, 0.66], [0.54, 0.54], [0.22, 0.74])],
  ],
  [
    [line([0.1, 0.03], [0.9, 0.03], [0.42, 1])],
    [line([0.12, 0.14], [0.16, 0.02], [0.88, 0.02], [0.5, 1])],
    [line([0.1, 0.03], [0.88, 0.03], [0.4, 1]), line([0.3, 0.5], [0.82, 0.48])],
  ],
  [
    [
      curve(
        [0.5, 0.47],
        [0.22, 0.26],
        [0.48, 0],
        [0.78, 0.22],
        [0.5, 0.47],
        [0.14, 0.76],
        [0.5, 1],
        [0.86, 0.76],
        [0.5, 0.47],
      ),
    ],
    [
      curve(
        [0.76, 0.14],
        [0.5, 0],
        [0.26, 0.2],
        [0.5, 0.45],
        [0.8, 0.72],
        [0.52, 1],
        [0.2, 0.8],
        [0.48, 0.48],
        [0.76, 0.14],
      ),
    ],
  ],
  [
    [curve([0.8, 0.26], [0.52, 0.5], [0.2, 0.3], [0.46, 0.01], [0.8, 0.22], [0.78, 0.6], [0.62, 1])],
    [curve([0.78, 0.2], [0.5, 0], [0.2, 0.22], [0.44, 0.5], [0.78, 0.22]), line([0.78, 0.2], [0.74, 1])],
  ],
];

/** Which digits are drawn. */
export interface DigitsOptions {
  /** How many; as many of each class as can be. */
  readonly samples: number;
  /** A whole number of 32 bits. */
  readonly seed: number;
  /** Parts are different digits of the same seed: 0 for training, 1 for testing. */
  readonly part?: number;
}

/** Samples of one part of a seed; there are as many of each class as can be. */
const PART_SAMPLES = 2 ** 24;

/**
 * Digits in the manner of MNIST: bytes 0–255, light strokes on black. Sample i does not depend on how many there are.
 *
 * @example
 * ```ts
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * const { inputs, labels, imageShape } = digitsDataset({ samples: 100, seed: 1 });
 * console.log(inputs.length, labels.length, imageShape); // 78400 100 [ 28, 28 ]
 * ```
 */
export function digitsDataset(options: DigitsOptions): Dataset {
  const drawing = digitsInSlices(options);
  for (;;) {
    const { value, done } = drawing.next();
    if (done) return value;
  }
}

/** Digits between two yields: some milliseconds. */
const SLICE = 100;

/** The same at the caller's pace: yields how many digits are drawn. */
export function* digitsInSlices({ samples, seed, part = 0 }: DigitsOptions): Generator<number, Dataset, void> {
  const columns = DIGIT_SIZE * DIGIT_SIZE;
  const inputs = new Uint8Array(samples * columns);
  const labels = new Uint16Array(samples);
  for (let i = 0; i < samples; i++) {
    const label = i % 10;
    labels[i] = label;
    drawDigit(
      inputs.subarray(i * columns, (i + 1) * columns),
      label,
      new Random(seed, 'generation', part * PART_SAMPLES + i),
    );
    if (i % SLICE === SLICE - 1) yield i + 1;
  }
  return {
    name: 'digits',
    inputs,
    labels,
    columns,
    classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
    scaling: { kind: 'bytes' },
    imageShape: [DIGIT_SIZE, DIGIT_SIZE],
  };
}

/** Draws one digit into `pixels` [28 × 28]. */
function drawDigit(pixels: Uint8Array, digit: number, random: Random): void {
  const forms = GLYPHS[digit] ?? [];
  const strokes = forms[random.below(forms.length)] ?? [];
  const place = randomAffine(random);
  const bend = randomField(random);
  const radius = random.between(0.7, 1.5);
  const brightness = random.between(0.85, 1.15);
  const ink = new Float64Array(pixels.length);
  for (const stroke of strokes) {
    const points = (stroke.smooth ? smoothed(stroke.points) : divided(stroke.points)).map((point) =>
      place(bend(point)),
    );
    points.forEach((end, i) => {
      const start = points[i - 1];
      if (start !== undefined) drawSegment(ink, start, end, radius);
    });
  }
  ink.forEach((value, i) => {
    pixels[i] = Math.min(255, Math.round(value * brightness * 255));
  });
}

/** Scale, slant, turn and shift, from the unit square to pixels. */
function randomAffine(random: Random): (point: Point) => Point {
  const width = BOX * random.between(0.55, 0.9);
  const height = BOX * random.between(0.8, 1.05);
  const slant = random.between(-0.15, 0.35);
  // cos and sin of an angle within ±14 degrees, by its half-angle tangent: exact rules, no host function.
  const t = random.between(-0.12, 0.12);
  const cos = (1 - t * t) / (1 + t * t);
  const sin = (2 * t) / (1 + t * t);
  const [shiftX, shiftY] = [random.between(-1.5, 1.5), random.between(-1.5, 1.5)];
  const centre = DIGIT_SIZE / 2 - 0.5;
  return ([x, y]) => {
    const v = (y - 0.5) * height;
    const u = (x - 0.5) * width - slant * v;
    return [centre + shiftX + cos * u - sin * v, centre + shiftY + sin * u + cos * v];
  };
}

/** A smooth displacement of the unit square: random vectors on a 4×4 grid, interpolated between. */
function randomField(random: Random): (point: Point) => Point {
  const strength = 0.07;
  const grid = Array.from({ length: 2 }, () => Array.from({ length: 16 }, () => random.between(-strength, strength)));
  return ([x, y]) => {
    const [dx = 0, dy = 0] = grid.map((values) => interpolate(values, x * 3, y * 3));
    return [x + dx, y + dy];
  };
}

/** Bilinear interpolation in a 4×4 grid. */
function interpolate(values: readonly number[], x: number, y: number): number {
  const column = Math.min(2, Math.max(0, Math.floor(x)));
  const row = Math.min(2, Math.max(0, Math.floor(y)));
  const [u, v] = [x - column, y - row];
  const at = (i: number, j: number) => values[(row + j) * 4 + column + i] ?? 0;
  return (1 - v) * ((1 - u) * at(0, 0) + u * at(1, 0)) + v * ((1 - u) * at(0, 1) + u * at(1, 1));
}

const STEPS = 6;

/** Points on a curve through the given ones: a Catmull-Rom spline (Catmull and Rom, 1974), its ends doubled. */
function smoothed(points: readonly Point[]): Point[] {
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

/** Points along straight lines, so that these bend, too. */
function divided(points: readonly Point[]): Point[] {
  return points.flatMap((end, i) => {
    const start = points[i - 1];
    if (start === undefined) return [end];
    return Array.from({ length: STEPS }, (_, step): Point => {
      const t = (step + 1) / STEPS;
      return [start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])];
    });
  });
}

/** Ink of a round pen with a soft edge of one pixel; where strokes cross the darker counts. */
function drawSegment(ink: Float64Array, [x0, y0]: Point, [x1, y1]: Point, radius: number): void {
  const reach = radius + 1;
  const [left, right] = [pixelAt(Math.min(x0, x1) - reach), pixelAt(Math.max(x0, x1) + reach)];
  const [top, bottom] = [pixelAt(Math.min(y0, y1) - reach), pixelAt(Math.max(y0, y1) + reach)];
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      // The nearest point of the segment, as a share of its length.
      const along = length === 0 ? 0 : ((x - x0) * dx + (y - y0) * dy) / length;
      const t = Math.min(1, Math.max(0, along));
      const u = x - x0 - t * dx;
      const v = y - y0 - t * dy;
      const value = Math.min(1, radius + 0.5 - Math.sqrt(u * u + v * v));
      const index = y * DIGIT_SIZE + x;
      if (value > (ink[index] ?? 0)) ink[index] = value;
    }
  }
}

function pixelAt(coordinate: number): number {
  return Math.min(DIGIT_SIZE - 1, Math.max(0, Math.round(coordinate)));
}
