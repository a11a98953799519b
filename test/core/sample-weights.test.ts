/** Weights of samples and classes. */
import { describe, expect, it } from 'vitest';
import { pick } from '../../src/core/dataset.ts';
import { trainingWeights } from '../../src/core/sample-weights.ts';
import { checkTrainingOptions } from '../../src/core/training-options.ts';
import { type ClassWeight, type Dataset, evaluate, Mlp, slice, splitTail, train } from '../../src/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose } from '../support/numbers.ts';
import { run } from '../support/training.ts';

const data = noisyDataset({ samples: 120, columns: 40, classes: 3, zeros: 0.5 });
const spec = { layers: [40, 16, 3], seed: 3 };

function withWeights(dataset: Dataset, weigh: (n: number) => number): Dataset {
  return { ...dataset, weights: Float32Array.from(dataset.labels, (_, n) => weigh(n)) };
}

describe.each(BUILD_NAMES)('sample weights, %s build', (build) => {
  const kernels = loadBuild(build);

  it('of 2 train as a sample that occurs twice, in a full batch', () => {
    const order = Array.from(data.labels, (_, n) => n).flatMap((n) => (n % 3 === 0 ? [n, n] : [n]));
    const options = { epochs: 5, batchSize: 1000, learningRate: 0.5 };
    const twice = Mlp.create(kernels, spec);
    run(twice, pick(data, order), options);
    const weighted = Mlp.create(kernels, spec);
    run(
      weighted,
      withWeights(data, (n) => (n % 3 === 0 ? 2 : 1)),
      options,
    );
    expectClose(weighted.parameters().weights, twice.parameters().weights, 1e-6);
    expectClose(weighted.parameters().biases, twice.parameters().biases, 1e-6);
  });

  it.each([1, 16])('that are equal change no bit, in batches of %i', (batchSize) => {
    const expected = run(Mlp.create(kernels, spec), data, { epochs: 2, batchSize });
    expect(
      run(
        Mlp.create(kernels, spec),
        withWeights(data, () => 0.25),
        { epochs: 2, batchSize },
      ),
    ).toBe(expected);
    expect(
      run(
        Mlp.create(kernels, spec),
        withWeights(data, (n) => n),
        { epochs: 2, batchSize },
      ),
    ).not.toBe(expected);
  });

  it('of 0 leave a sample out of the gradient, one sample at a time', () => {
    const [zero, before] = [Mlp.create(kernels, spec), Mlp.create(kernels, spec).parameters()];
    const one = { ...slice(data, 0, 2), weights: Float32Array.of(0, 1) };
    const other = { ...slice(data, 1, 2), weights: Float32Array.of(1) };
    run(zero, one, { epochs: 1, learningRate: 0.1 });
    const alone = Mlp.create(kernels, spec);
    // The mean weight is 1/2, so that the other sample counts twice.
    run(alone, other, { epochs: 1, learningRate: 0.2 });
    expectClose(zero.parameters().weights, alone.parameters().weights, 1e-6);
    expect(zero.parameters()).not.toEqual(before);
  });

  it('count in measures as samples that occur twice', () => {
    const mlp = Mlp.create(kernels, spec);
    const twice = evaluate(mlp, pick(data, [0, 1, 1, 2]));
    const weighted = evaluate(mlp, { ...slice(data, 0, 3), weights: Float32Array.of(1, 2, 1) });
    expectClose(weighted.loss, twice.loss, 1e-12);
    expect(weighted.confusion).toEqual(twice.confusion);
    expect([weighted.accuracy, weighted.classes, weighted.samples]).toEqual([twice.accuracy, twice.classes, 3]);
  });
});

describe('class weights', () => {
  it('balanced are n / (k n_c), as scikit-learn computes them', () => {
    const labels = Uint16Array.of(0, 0, 0, 1, 2, 2);
    const weights = trainingWeights({ ...slice(data, 0, 6), labels }, 'balanced');
    expectClose(weights ?? [], [2 / 3, 2 / 3, 2 / 3, 2, 1, 1], 1e-7);
    // A class without samples does not count.
    expectClose(
      trainingWeights({ ...slice(data, 0, 2), labels: Uint16Array.of(0, 2) }, 'balanced') ?? [],
      [1, 1],
      1e-7,
    );
  });

  it('by name multiply the sample weights; the mean over the training set is 1', () => {
    const four = { ...slice(data, 0, 4), labels: Uint16Array.of(0, 1, 2, 1), weights: Float32Array.of(1, 2, 3, 0) };
    // 1 · 3, 2 · 1, 3 · 0.5, 0 · 1
    expectClose(
      trainingWeights(four, { 0: 3, 2: 0.5 }) ?? [],
      [3, 2, 1.5, 0].map((w) => w / (6.5 / 4)),
      1e-7,
    );
  });

  it('change training and not the measures of validation', () => {
    const { training, validation } = splitTail(data, 20);
    const mlp = Mlp.create(loadBuild(), spec);
    const options = { epochs: 1, classWeight: { 0: 5 }, validation };
    const [metrics] = [...train(mlp, training, options)].flatMap((each) => (each.kind === 'epoch' ? each.metrics : []));
    expect(metrics?.validationLoss).toBe(evaluate(mlp, validation).loss);
    expect(run(Mlp.create(loadBuild(), spec), training, { epochs: 1 })).not.toBe(
      run(Mlp.create(loadBuild(), spec), training, { epochs: 1, classWeight: { 0: 5 } }),
    );
  });

  it('have one order in options, so that a resumed run compares equal', () => {
    const options = [
      { b: 1, a: 2 },
      { a: 2, b: 1 },
    ].map((classWeight) => checkTrainingOptions({ classWeight }));
    expect(JSON.stringify(options[0])).toBe(JSON.stringify(options[1]));
  });
});

describe('errors', () => {
  const train1 = (dataset: Dataset, classWeight?: ClassWeight) => () =>
    run(Mlp.create(loadBuild(), spec), dataset, { epochs: 1, ...(classWeight === undefined ? {} : { classWeight }) });

  it.each([
    ['bad-argument', 'classWeight: expected names of classes of noise, got "apple"', train1(data, { apple: 2 })],
    ['bad-argument', 'classWeight: expected balanced', train1(data, 'balance' as never)],
    ['bad-argument', 'classWeight: expected balanced', train1(data, { 0: -1 })],
    ['bad-argument', 'classWeight: expected balanced', train1(data, {})],
    ['bad-argument', 'noise: expected a sample with a weight above 0', train1(data, { 0: 0, 1: 0, 2: 0 })],
    ['bad-argument', 'noise: weights: expected a Float32Array', train1({ ...data, weights: [1] as never })],
    ['bad-shape', 'noise: expected 120 weights, got 1', train1({ ...data, weights: Float32Array.of(1) })],
    ['bad-data', 'got -1 at sample 3', train1(withWeights(data, (n) => (n === 3 ? -1 : 1)))],
    ['bad-data', 'expected a weight above 0, got none', train1(withWeights(data, () => 0))],
  ] as const)('%s: %s', (code, message, call) => {
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });
});
