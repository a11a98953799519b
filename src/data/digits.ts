/**
 * Generated digits: strokes with random affine and elastic distortions, drawn into 28×28 grey levels. The same seed
 * gives the same bytes on every runtime: only + - * / and square roots are used, whose rounding IEEE 754 defines.
 */
import { checkCount } from '../core/arguments.ts';
import type { Dataset } from '../core/dataset.ts';
import { Random } from '../core/random.ts';
import { parseGlyph, tracePath } from './glyph.ts';
import { drawStroke, type Point } from './pen.ts';

const DIGIT_SIZE = 28;
/** Approximate height of a digit in pixels, as in MNIST. */
const BOX = 20;

/** The forms of each digit in a unit square. */
const GLYPHS: readonly Point[][][][] = /* @__PURE__ */ [
  [
    'C .5,0 .22,.14 .1,.5 .22,.86 .5,1 .78,.86 .9,.5 .78,.14 .5,0',
    'C .6,.02 .3,.1 .16,.5 .28,.92 .55,.98 .84,.7 .82,.25 .52,0',
  ],
  ['L .5,0 .5,1', 'L .28,.22 .55,0 .55,1', 'L .28,.22 .52,0 .52,1 L .25,1 .8,1'],
  [
    'C .12,.24 .32,.02 .68,.03 .82,.28 .58,.62 .1,1 L .1,1 .92,.98',
    'C .15,.2 .5,0 .82,.22 .62,.6 .2,.9 .12,.82 .35,.8 .65,.98 .92,.9',
  ],
  [
    'C .15,.1 .5,0 .8,.2 .68,.42 .4,.48 C .4,.48 .78,.55 .88,.76 .55,1 .1,.9',
    'L .15,.02 .82,.02 .45,.42 C .45,.42 .8,.5 .88,.76 .52,1 .12,.9',
  ],
  ['L .62,0 .08,.66 .94,.66 L .7,.34 .7,1', 'L .2,.02 .14,.52 .86,.5 L .82,0 .74,1', 'L .72,1 .72,0 .1,.62 .95,.62'],
  [
    'L .86,.02 .26,.02 .22,.44 C .22,.44 .58,.38 .86,.64 .62,.97 .12,.92',
    'L .3,.04 .24,.46 C .24,.46 .66,.42 .84,.72 .5,1 .14,.9 L .3,.04 .86,0',
  ],
  [
    'C .72,.02 .36,.26 .14,.66 .42,1 .8,.84 .74,.54 .42,.5 .17,.72',
    'C .5,0 .24,.4 .18,.76 .42,1 .76,.9 .8,.66 .54,.54 .22,.74',
  ],
  ['L .1,.03 .9,.03 .42,1', 'L .12,.14 .16,.02 .88,.02 .5,1', 'L .1,.03 .88,.03 .4,1 L .3,.5 .82,.48'],
  [
    'C .5,.47 .22,.26 .48,0 .78,.22 .5,.47 .14,.76 .5,1 .86,.76 .5,.47',
    'C .76,.14 .5,0 .26,.2 .5,.45 .8,.72 .52,1 .2,.8 .48,.48 .76,.14',
  ],
  ['C .8,.26 .52,.5 .2,.3 .46,.01 .8,.22 .78,.6 .62,1', 'C .78,.2 .5,0 .2,.22 .44,.5 .78,.22 L .78,.2 .74,1'],
].map((forms) => forms.map((form) => parseGlyph(form).map(tracePath)));

/** Options of generated digits. */
export interface DigitsOptions {
  /** Number of samples, at most 1,000,000, spread evenly over the classes. */
  readonly samples: number;
  /** Seed of 32 bits. */
  readonly seed: number;
  /** Different digits of the same seed: 0 for training (default), 1 for testing. */
  readonly part?: number;
}

/** Stream positions of one part of a seed. */
const PART_SAMPLES = 2 ** 24;
/** The maximum number of samples of a generated set: digits take 784 bytes each. */
export const MAX_SAMPLES = 1_000_000;

/**
 * Generates digits like those of MNIST: bytes 0–255, light strokes on black. Sample i does not depend on the number of
 * samples.
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

/** Digits between two yields: a few milliseconds. */
const SLICE = 100;

/** `digitsDataset` as a generator: yields the number of drawn digits after every 100 digits. */
export function* digitsInSlices({ samples, seed, part = 0 }: DigitsOptions): Generator<number, Dataset, void> {
  checkCount('samples', samples, MAX_SAMPLES);
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
    const points = stroke.map((point) => place(bend(point)));
    drawStroke(ink, DIGIT_SIZE, points, () => radius);
  }
  for (let i = 0; i < ink.length; i++) pixels[i] = Math.min(255, Math.round((ink[i] ?? 0) * brightness * 255));
}

/** A random scale, slant, rotation and shift, from the unit square to pixels. */
function randomAffine(random: Random): (point: Point) => Point {
  const width = BOX * random.between(0.55, 0.9);
  const height = BOX * random.between(0.8, 1.05);
  const slant = random.between(-0.15, 0.35);
  // cos and sin of an angle within ±14 degrees from the tangent of half the angle: no host function is needed.
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

/** A smooth displacement of the unit square: random vectors on a 4×4 grid with interpolation. */
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
