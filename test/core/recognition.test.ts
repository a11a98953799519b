/** Recognition of samples of no class: thresholds, shares, and texts for people. */
import { describe, expect, it } from 'vitest';
import { handwrittenLetters, scribbles } from '../../models/handwriting/samples.ts';
import { chooseThreshold } from '../../src/core/recognition.ts';
import {
  calibrateRecognition,
  type Dataset,
  formatConfidence,
  isRecognized,
  Mlp,
  recognitionScore,
  slice,
  train,
} from '../../src/index.ts';
import { loadBuild } from '../support/kernels.ts';
import { digits } from '../support/training.ts';

describe('a threshold', () => {
  it('has at most the given fraction of scores below it', () => {
    const scores = [0.9, 0.2, 0.5, 0.4, 0.8, 0.7, 0.6, 0.3, 0.95, 0.99];
    expect(chooseThreshold(scores, 0)).toBe(0.2);
    expect(chooseThreshold(scores, 0.09)).toBe(0.2);
    expect(chooseThreshold(scores, 0.1)).toBe(0.3);
    expect(chooseThreshold(scores, 0.99)).toBe(0.99);
    expect(chooseThreshold([0.5, 0.5, 0.5, 0.5], 0.5)).toBe(0.5);
  });

  it.each([1, -0.1, Number.NaN, '0.1' as never])('is not chosen for the fraction %s', (rejected) => {
    const error = { code: 'bad-argument', message: expect.stringContaining('rejected: expected a fraction from 0') };
    expect(() => chooseThreshold([0.5], rejected)).toThrow(expect.objectContaining(error));
  });

  it('decides by the greatest probability, with the bits of float32', () => {
    const probabilities = Float32Array.of(0.1, 0.7, 0.2);
    const threshold = recognitionScore(probabilities, 'max-probability');
    expect(threshold).toBe(Math.fround(0.7));
    const decide = (at: number) =>
      isRecognized({ recognition: { score: 'max-probability', threshold: at } }, probabilities);
    expect([decide(threshold), decide(threshold + 1e-9)]).toEqual([true, false]);
    expect(isRecognized({}, Float32Array.of(0.5, 0.5))).toBe(true);
  });

  it('decides by the entropy, which two likely classes keep low', () => {
    const between = [0.5, 0.48, 0.01, 0.01];
    const flat = [0.52, 0.16, 0.16, 0.16];
    const expected = (row: readonly number[]) => 1 + row.reduce((sum, p) => sum + p * Math.log2(p), 0) / 2;
    for (const row of [between, flat]) expect(recognitionScore(row)).toBeCloseTo(expected(row), 12);
    const recognition = { score: 'entropy', threshold: 0.3 } as const;
    expect([between, flat].map((row) => isRecognized({ recognition }, row))).toEqual([true, false]);
    expect([[1, 0, 0], [1 / 4, 1 / 4, 1 / 4, 1 / 4], [1]].map((row) => recognitionScore(row))).toEqual([1, 0, 1]);
  });
});

/** Drawn letters and scribbles [2 count][784]. */
function drawOthers(count: number, seed: number): Uint8Array {
  const drawings = [...handwrittenLetters(count, seed, 'all'), ...scribbles(count, seed, 'all')];
  const inputs = new Uint8Array(2 * count * 784);
  drawings.forEach((drawing, n) => {
    inputs.set(drawing.inputs, n * 784);
  });
  return inputs;
}

describe('calibration', () => {
  const [training, held] = [slice(digits, 0, 400), slice(digits, 400, 600)];
  const outliers = drawOthers(60, 2);
  const trainOn = (dataset: Dataset) => {
    const mlp = Mlp.create(loadBuild(), { layers: [784, 30, 10], seed: 1 });
    for (const _ of train(mlp, dataset, { epochs: 20, batchSize: 8, learningRate: 0.5 }));
    return mlp;
  };
  /** The digits, and other drawings with the probability 0.1 for each class. */
  const exposed = (): Dataset => {
    const others = 800;
    const labels = new Float32Array((400 + others) * 10).fill(0.1, 4000);
    training.labels.forEach((label, n) => {
      labels[10 * n + label] = 1;
    });
    const inputs = new Uint8Array((400 + others) * 784);
    inputs.set(training.inputs);
    inputs.set(drawOthers(others / 2, 1), 400 * 784);
    return { ...training, inputs, labels };
  };

  it('after outlier exposure refuses other samples of no class, and few digits', () => {
    const mlp = trainOn(exposed());
    const { recognition, rejected, refused } = calibrateRecognition(mlp, held, { rejected: 0.05, outliers });
    expect(rejected).toBeGreaterThan(0);
    expect(rejected).toBeLessThanOrEqual(0.05);
    expect(refused).toBeGreaterThan(0.95);
    const { probabilities } = mlp.predictBatch(held.inputs);
    const recognized = [...held.labels.keys()].filter((n) =>
      isRecognized({ recognition }, probabilities.subarray(10 * n, 10 * n + 10)),
    );
    expect(1 - recognized.length / 200).toBeCloseTo(rejected, 10);
    using int8 = mlp.quantize();
    const scores = int8.predictBatch(held.inputs).probabilities;
    const lost = [...held.labels.keys()].filter(
      (n) => !isRecognized({ recognition }, scores.subarray(10 * n, 10 * n + 10)),
    );
    expect(lost.length / 200).toBeLessThanOrEqual(0.06);
  });

  it('refuses fewer without outlier exposure', () => {
    expect(calibrateRecognition(trainOn(training), held, { rejected: 0.05, outliers }).refused).toBeLessThan(0.9);
  });

  it('has no refused share without outliers, and refuses what it cannot measure', () => {
    const mlp = Mlp.create(loadBuild(), { layers: [784, 10], seed: 1 });
    expect(calibrateRecognition(mlp, held)).toMatchObject({ rejected: 0.01, refused: null });
    const call =
      (set: Dataset, options = {}) =>
      () =>
        calibrateRecognition(mlp, set, options);
    expect(call(slice(held, 0, 0))).toThrow('expected samples, got none');
    expect(call(held, { outliers: new Uint8Array(783) })).toThrow('expected a multiple of 784 numbers, got 783');
    expect(call(held, { outliers: new Uint8Array() })).toThrow('outliers: expected samples, got none');
    expect(call(held, { reject: 0.01 })).toThrow('expected options of score, rejected, outliers, got reject');
    expect(call(held, { score: 'energy' })).toThrow('score: expected entropy or max-probability, got "energy"');
    const regression = Mlp.create(loadBuild(), { layers: [784, 1], task: 'regression' });
    expect(() => calibrateRecognition(regression, held)).toThrow('expected a network with classes');
  });
});

it('confidences for people are never 100 %', () => {
  const texts = [1, 0.9999, 0.9991, 0.99, 0.5, 0.0011, 0.0005, 0.0004, 0].map(formatConfidence);
  expect(texts).toEqual(['99.9 %', '99.9 %', '99.9 %', '99.0 %', '50.0 %', '0.1 %', '0.1 %', '< 0.1 %', '< 0.1 %']);
});
