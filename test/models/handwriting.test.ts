/** The generated handwriting that the bundled model is trained on. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../cli/hash.ts';
import { degradePicture } from '../../models/handwriting/degrade.ts';
import { DIGIT_SHAPES } from '../../models/handwriting/digit-shapes.ts';
import { LETTER_SHAPES, SIGN_SHAPES } from '../../models/handwriting/letter-shapes.ts';
import { handwrittenDigits, handwrittenLetters, type Part, scribbles } from '../../models/handwriting/samples.ts';
import { drawWriter, writeGlyph } from '../../models/handwriting/writer.ts';
import { mixSamples } from '../../models/mixture.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { Random } from '../../src/index.ts';

/** Samples that have every shape. */
const ENOUGH = { digits: 800, letters: 200, scribbles: 40 };
const GENERATORS = { digits: handwrittenDigits, letters: handwrittenLetters, scribbles };

describe('generated handwriting', () => {
  it('the same seed gives the pinned bytes', () => {
    const hashes = Object.entries(GENERATORS).map(([name, generate]) => {
      const samples = [...generate(100, 1, 'all')];
      return [name, sha256(...samples.map(({ inputs }) => inputs)).slice(0, 16)];
    });
    expect(Object.fromEntries(hashes)).toEqual({
      digits: '0bf051e9c685b1b1',
      letters: 'b61efbe23d08ecd9',
      scribbles: 'e1e8753dbbee0237',
    });
  });

  it.each(Object.entries(GENERATORS))('%s: samples do not depend on their number, seeds differ', (_, generate) => {
    const few = [...generate(30, 1, 'training')];
    expect([...generate(60, 1, 'training')].slice(0, 30)).toEqual(few);
    expect([...generate(30, 2, 'training')].map(({ inputs }) => inputs)).not.toEqual(few.map(({ inputs }) => inputs));
  });

  it.each(Object.entries(GENERATORS))(
    '%s: held-out shapes are not in training, and all are generated',
    (name, generate) => {
      const shapes = (part: Part) =>
        new Set([...generate(ENOUGH[name as keyof typeof ENOUGH], 1, part)].map(({ shape }) => shape));
      const [training, heldOut, all] = [shapes('training'), shapes('held out'), shapes('all')];
      expect(heldOut.size).toBeGreaterThanOrEqual(4);
      expect([...training].filter((shape) => heldOut.has(shape))).toEqual([]);
      expect([...training, ...heldOut].toSorted()).toEqual([...all].toSorted());
      const known = { digits: DIGIT_SHAPES.flat().length, letters: LETTER_SHAPES.length + SIGN_SHAPES.length };
      if (name in known) expect(all.size).toBe(known[name as keyof typeof known]);
    },
  );

  it('every digit has forms for training and held-out forms, with different names', () => {
    for (const shapes of DIGIT_SHAPES) {
      expect(new Set(shapes.map(({ name }) => name)).size).toBe(shapes.length);
      expect(new Set(shapes.map(({ heldOut = false }) => heldOut)).size).toBe(2);
    }
  });

  it('the digits of a writer have one form each', () => {
    const shapes = [...handwrittenDigits(40, 3, 'all')].map(({ shape }) => shape);
    expect(shapes.slice(10, 20)).toEqual(shapes.slice(0, 10));
    expect(shapes.slice(20, 30)).not.toEqual(shapes.slice(0, 10));
  });

  it('strokes that touch in a shape touch in every handwriting', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed, 'generation');
      const writer = { ...drawWriter(random), jitter: 0.08, tremor: 0, hook: 0 };
      const [first = [], second = []] = writeGlyph('L .5,0 .5,1 C .5,1 .7,.8 .9,1', writer, random);
      const gap = Math.hypot(...[0, 1].map((axis) => (first.at(-1)?.[axis] ?? 1) - (second[0]?.[axis] ?? 0)));
      expect(gap).toBeLessThan(1e-12);
      expect(first[0]).not.toEqual([0, -0.5]);
    }
  });
});

describe('coarse pictures', () => {
  it('stay in place, keep black black, and differ in contrast', () => {
    const { inputs } = digitsDataset({ samples: 200, seed: 1 });
    const masses: number[] = [];
    const moves: number[] = [];
    for (let i = 0; i < 200; i++) {
      const pixels = Uint8Array.from(inputs.subarray(i * 784, (i + 1) * 784));
      const coarse = degradePicture(pixels, new Random(1, 'augmentation', i));
      const [before, after] = [centreOfMass(pixels), centreOfMass(coarse)];
      moves.push(after.x - before.x, after.y - before.y);
      expect(coarse[0]).toBe(0);
      masses.push(after.mass / before.mass);
    }
    expect(Math.max(...moves.map(Math.abs))).toBeLessThan(1.5);
    expect(Math.abs(moves.reduce((sum, move) => sum + move, 0) / moves.length)).toBeLessThan(0.1);
    expect(Math.min(...masses)).toBeLessThan(0.8);
    expect(Math.max(...masses)).toBeGreaterThan(1.2);
    expect(degradePicture(new Uint8Array(784), new Random(1, 'augmentation')).every((value) => value === 0)).toBe(true);
  });
});

describe('the mixture for training', () => {
  it('has the classes of digits, and the same probability for every class for other pictures', () => {
    const mnist = digitsDataset({ samples: 20, seed: 1 });
    const counts = { handwriting: 10, coarse: 5, letters: 3, scribbles: 2, outlierWeight: 0.5, seed: 1 };
    const { inputs, labels, weights = [], sha256: hash } = mixSamples(mnist, counts, 'all');
    const rows = Array.from({ length: 40 }, (_, i) => [...labels.subarray(10 * i, 10 * i + 10)]);
    const classes = rows.map((row) =>
      row.includes(1) && row.filter((p) => p === 0).length === 9 ? row.indexOf(1) : -1,
    );
    const digits = [...mnist.labels];
    const cycle = Array.from({ length: 10 }, (_, i) => i);
    expect(classes).toEqual([...digits, ...cycle, ...digits.slice(0, 5), -1, -1, -1, -1, -1]);
    expect(rows.slice(35).flat()).toEqual(Array.from({ length: 50 }, () => Math.fround(0.1)));
    expect([...weights]).toEqual([...Array(35).fill(1), ...Array(5).fill(0.5)]);
    expect(inputs.length).toBe(40 * 784);
    expect(inputs.subarray(0, 20 * 784)).toEqual(mnist.inputs);
    expect(hash).not.toBe(mixSamples(mnist, { ...counts, seed: 2 }, 'all').sha256);
  });
});

function centreOfMass(pixels: Uint8Array): { x: number; y: number; mass: number } {
  let [mass, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    x += value * (i % 28);
    y += value * Math.floor(i / 28);
  });
  return { x: x / mass, y: y / mass, mass };
}
