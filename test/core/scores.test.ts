/** Scores of classifiers: the values of scikit-learn, and properties. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pick } from '../../src/core/dataset.ts';
import { naturalLogarithm } from '../../src/core/logarithm.ts';
import {
  classificationReport,
  evaluate,
  evaluateProbabilities,
  logLoss,
  Mlp,
  Random,
  rocAucScore,
  topKAccuracyScore,
} from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { digits } from '../support/training.ts';

interface Means {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

interface Case {
  readonly labels: readonly number[];
  readonly probabilities: readonly number[];
  readonly weights: readonly number[] | null;
  readonly confusion: readonly (readonly number[])[];
  readonly accuracy: number;
  readonly balancedAccuracy: number;
  readonly macro: Means;
  readonly weighted: Means;
  readonly rocAuc: readonly (number | null)[];
  /** Null if a class has no samples. */
  readonly rocAucMacro: number | null;
  /** For k = 1, 2, …; empty for two classes. */
  readonly topK: readonly number[];
  readonly logLoss: number;
  readonly logLossFloat32: number;
}

const path = new URL('../fixtures/metrics/scores.json', import.meta.url);
const CASES: readonly Case[] = JSON.parse(readFileSync(path, 'utf8')).cases;
const close = (value: number) => expect.closeTo(value, 12);
const closeMeans = ({ precision, recall, f1 }: Means) => ({
  precision: close(precision),
  recall: close(recall),
  f1: close(f1),
});

describe.each(CASES.map((each, i) => [i, each] as const))('case %i of scikit-learn', (_, each) => {
  const { labels, topK } = each;
  const options = { weights: each.weights ?? undefined };
  const probabilities = Float32Array.from(each.probabilities);

  it('accuracies, and means of precision, recall and F1', () => {
    expect(classificationReport(each.confusion)).toMatchObject({
      accuracy: close(each.accuracy),
      balancedAccuracy: close(each.balancedAccuracy),
      macro: closeMeans(each.macro),
      weighted: closeMeans(each.weighted),
    });
  });

  it('areas under the ROC curves; the mean leaves out classes without samples', () => {
    const areas = each.rocAuc.filter((area) => area !== null);
    const macro = each.rocAucMacro ?? areas.reduce((sum, area) => sum + area, 0) / areas.length;
    expect(rocAucScore(labels, probabilities, options)).toEqual({
      macro: close(macro),
      classes: each.rocAuc.map((area) => (area === null ? null : close(area))),
    });
  });

  it('top-k accuracies', () => {
    const accuracies = topK.map((_, i) => topKAccuracyScore(labels, probabilities, { ...options, k: i + 1 }));
    expect(accuracies).toEqual(topK.map(close));
  });

  it('log loss, in both precisions', () => {
    expect(logLoss(labels, Float64Array.from(each.probabilities), options)).toBeCloseTo(each.logLoss, 12);
    expect(logLoss(labels, probabilities, options)).toBeCloseTo(each.logLossFloat32, 5);
  });
});

describe('scores', () => {
  const [samples, classes] = [300, 4];
  const random = new Random(1, 'generation');
  const labels = Array.from({ length: samples }, () => random.below(classes));
  // Multiples of 1/8 have many ties.
  const scores = Float32Array.from({ length: samples * classes }, () => random.below(8) / 8);

  it('do not depend on the order of the samples', () => {
    const order = [...random.permutation(samples)];
    const shuffledLabels = order.map((i) => labels[i] ?? 0);
    const shuffled = Float32Array.from(order.flatMap((i) => [...scores.subarray(i * classes, (i + 1) * classes)]));
    expect(rocAucScore(shuffledLabels, shuffled)).toEqual(rocAucScore(labels, scores));
    expect(topKAccuracyScore(shuffledLabels, shuffled)).toBeCloseTo(topKAccuracyScore(labels, scores), 12);
    expect(logLoss(shuffledLabels, shuffled)).toBeCloseTo(logLoss(labels, scores), 12);
  });

  it('the area of negated scores is the complement, and increasing functions do not change it', () => {
    const areas = rocAucScore(labels, scores).classes;
    const negated = rocAucScore(
      labels,
      scores.map((score) => -score),
    );
    expect(negated.classes).toEqual(areas.map((area) => close(1 - (area ?? 0))));
    const cubed = rocAucScore(
      labels,
      scores.map((score) => 5 * score ** 3 - 7),
    );
    expect(cubed.classes).toEqual(areas);
  });

  it('a weight of 2 counts as the sample twice, and one of 0 as no sample', () => {
    const weights = labels.map((_, i) => i % 3);
    const repeated = weights.flatMap((weight, i) => Array<number>(weight).fill(i));
    const repeatedLabels = repeated.map((i) => labels[i] ?? 0);
    const rows = Float32Array.from(repeated.flatMap((i) => [...scores.subarray(i * classes, (i + 1) * classes)]));
    const areas = rocAucScore(repeatedLabels, rows).classes;
    expect(rocAucScore(labels, scores, { weights }).classes).toEqual(areas.map((area) => close(area ?? 0)));
    for (const score of [topKAccuracyScore, logLoss]) {
      expect(score(labels, scores, { weights })).toBeCloseTo(score(repeatedLabels, rows), 12);
    }
  });

  it('top-k accuracy rises to 1 with k, and a certain mistake has a finite log loss', () => {
    const accuracies = [1, 2, 3, 4].map((k) => topKAccuracyScore(labels, scores, { k }));
    expect(accuracies).toEqual(accuracies.toSorted((a, b) => a - b));
    expect(accuracies[3]).toBe(1);
    expect(logLoss([1], Float32Array.of(1, 0))).toBeCloseTo(23 * Math.log(2), 6);
  });

  it.each([
    ['bad-shape', /expected \[2 samples]\[2 or more classes], got 3 numbers/, [0, 1], [1, 0, 1], undefined],
    ['bad-data', /expected labels from 0 to 1, got 2 at sample 1/, [0, 2], [1, 0, 1, 0], undefined],
    ['not-finite', /expected finite numbers/, [0, 1], [1, 0, Number.NaN, 0], undefined],
    ['bad-shape', /weights: expected 2 numbers, got 1/, [0, 1], [1, 0, 1, 0], [1]],
  ] as const)('refuse input with %s', (code, expected, labels, probabilities, weights) => {
    for (const score of [rocAucScore, topKAccuracyScore, logLoss]) {
      expectRefusal(() => score(labels, Float32Array.from(probabilities), { weights }), code, expected);
    }
  });

  it('top-k accuracy refuses a k outside 1 to the number of classes', () => {
    for (const k of [0, 3, 1.5]) {
      const request = () => topKAccuracyScore([0], Float32Array.of(1, 0), { k });
      expectRefusal(request, 'bad-argument', /k: expected a whole number from 1 to 2/);
    }
  });
});

it('means of the metrics leave out a class that is neither true nor predicted', () => {
  const { macro, weighted, balancedAccuracy } = classificationReport([
    [8, 2],
    [1, 9],
  ]);
  const more = [
    [8, 0, 2],
    [0, 0, 0],
    [1, 0, 9],
  ];
  expect(classificationReport(more)).toMatchObject({ macro, weighted, balancedAccuracy });
});

it('the top-k accuracy needs more than k classes', () => {
  const mlp = Mlp.create(loadBuild(), { layers: [784, 10], seed: 2 });
  expect(evaluateProbabilities(mlp, digits, { k: 9 }).topK?.k).toBe(9);
  expect(evaluateProbabilities(mlp, digits, { k: 10 }).topK).toBeNull();
});

it('the probabilities of a network: loss, accuracy and calibration agree with evaluate', () => {
  const mlp = Mlp.create(loadBuild(), { layers: [784, 8, 10], seed: 2 });
  const { loss, accuracy } = evaluate(mlp, digits);
  const { probabilities } = mlp.predictBatch(digits.inputs);
  expect(logLoss(digits.labels, probabilities)).toBeCloseTo(loss, 5);
  const measured = evaluateProbabilities(mlp, digits, { k: 3 });
  expect(measured.rocAuc).toEqual(rocAucScore(digits.labels, probabilities));
  expect(measured.topK).toEqual({ k: 3, accuracy: topKAccuracyScore(digits.labels, probabilities, { k: 3 }) });
  const { bins } = measured.calibration;
  const correct = bins.reduce((sum, bin) => sum + bin.samples * bin.accuracy, 0);
  expect(correct / digits.labels.length).toBeCloseTo(accuracy, 12);
});

it('the probabilities of a data set with weights are measured with them', () => {
  const mlp = Mlp.create(loadBuild(), { layers: [784, 8, 10], seed: 2 });
  const weights = Float32Array.from(digits.labels, (_, i) => i % 3);
  const twice = [...digits.labels.keys()].flatMap((i) => Array<number>(i % 3).fill(i));
  const weighted = evaluateProbabilities(mlp, { ...digits, weights });
  const repeated = evaluateProbabilities(mlp, pick(digits, twice));
  expect(weighted.rocAuc.macro).toBeCloseTo(repeated.rocAuc.macro ?? 0, 12);
  expect(weighted.topK?.accuracy).toBeCloseTo(repeated.topK?.accuracy ?? 0, 12);
  const [error, expected] = [weighted, repeated].map(({ calibration }) => calibration.expectedCalibrationError);
  expect(error).toBeCloseTo(expected ?? 0, 12);
});

it('the logarithm differs from that of the engine by at most 2 units in the last place', () => {
  const random = new Random(3, 'generation');
  const numbers = [
    1,
    Math.E,
    2 ** -52,
    1 - 2 ** -24,
    Math.SQRT2,
    1e300,
    ...Array.from({ length: 1000 }, () => random.uniform() + 2 ** -25),
  ];
  for (const x of numbers) {
    const expected = Math.log(x);
    expect(Math.abs(naturalLogarithm(x) - expected)).toBeLessThanOrEqual(2 * 2 ** -52 * Math.abs(expected));
  }
});
