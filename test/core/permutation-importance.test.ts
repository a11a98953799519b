import { describe, expect, it } from 'vitest';
import { type Dataset, evaluate, Mlp, permutationImportance, Random } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';

const SAMPLES = 400;
const random = new Random(1, 'generation');
const values = Float32Array.from({ length: 3 * SAMPLES }, () => random.between(-1, 1));
/** The label is 1 if the first input is positive. The third input is not used by the network. */
const dataset: Dataset = {
  name: 'signs',
  inputs: values,
  labels: Uint16Array.from({ length: SAMPLES }, (_, i) => ((values[3 * i] ?? 0) > 0 ? 1 : 0)),
  columns: 3,
  classes: ['negative', 'positive'],
  scaling: { kind: 'identity' },
  features: ['sign', 'weak', 'unused'],
};
const weights = [Float32Array.of(-9, 0.4, 0, 9, -0.4, 0)];
const parameters = { weights, biases: [new Float32Array(2)] };
const createMlp = () => Mlp.fromParameters(loadBuild(), { layers: [3, 2], ...parameters });

describe('permutation importance', () => {
  it('is the expected decrease of the accuracy, and 0 for an unused input', () => {
    const mlp = createMlp();
    const { score, features } = permutationImportance(mlp, dataset, { repeats: 20 });
    expect(score).toBe(evaluate(mlp, dataset).accuracy);
    expect(features.map(({ name }) => name)).toEqual(['sign', 'weak', 'unused']);
    const [sign, weak, unused] = features;
    // Labels and permuted predictions are independent.
    const positive = dataset.labels.filter((label) => label === 1).length / SAMPLES;
    const expected = score - positive ** 2 - (1 - positive) ** 2;
    expect(Math.abs((sign?.mean ?? 0) - expected)).toBeLessThan(0.02);
    expect(sign?.standardDeviation).toBeGreaterThan(0.005);
    expect(Math.abs(weak?.mean ?? 1)).toBeLessThan(0.05);
    expect(unused).toEqual({ name: 'unused', mean: 0, standardDeviation: 0, decreases: Array(20).fill(0) });
  });

  it('has the mean and the standard deviation (divisor n) of the decreases', () => {
    const [{ decreases = [], mean, standardDeviation } = {}] = permutationImportance(createMlp(), dataset).features;
    expect(decreases.length).toBe(5);
    const center = decreases.reduce((sum, value) => sum + value, 0) / 5;
    expect(mean).toBeCloseTo(center, 12);
    const variance = decreases.reduce((sum, value) => sum + (value - center) ** 2, 0) / 5;
    expect(standardDeviation).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it('depends on the seed only, and leaves the data set unchanged', () => {
    const before = dataset.inputs.slice();
    const first = permutationImportance(createMlp(), dataset, { seed: 7 });
    expect(permutationImportance(createMlp(), dataset, { seed: 7 })).toEqual(first);
    expect(permutationImportance(createMlp(), dataset, { seed: 8 })).not.toEqual(first);
    expect(dataset.inputs).toEqual(before);
  });

  it('permutes each feature in another way', () => {
    const twice = ['a', 'b'].map((name) => ({ name, inputs: [0] }));
    const [a, b] = permutationImportance(createMlp(), dataset, { features: twice }).features;
    expect(a?.decreases).not.toEqual(b?.decreases);
  });

  it('permutes the inputs of a feature together', () => {
    // The sum of both inputs of a sample decides. Permuted together, the sum moves to another sample; permuting one of them changes it.
    const pairs = { ...dataset, inputs: values.map((value, i) => (i % 3 === 1 ? -(values[i - 1] ?? 0) : value)) };
    const canceling = { weights: [Float32Array.of(-9, -9, 0, 9, 9, 0)], biases: [Float32Array.of(0.1, 0)] };
    const mlp = Mlp.fromParameters(loadBuild(), { layers: [3, 2], ...canceling });
    const measure = (inputs: readonly number[]) =>
      permutationImportance(mlp, pairs, { features: [{ name: 'f', inputs }] }).features[0];
    expect(measure([0, 1])).toMatchObject({ name: 'f', mean: 0 });
    expect(measure([0])?.decreases.some((decrease) => decrease !== 0)).toBe(true);
  });

  it('is the decrease of R² in a regression', () => {
    const line = { weights: [Float32Array.of(1, 0, 0)], biases: [new Float32Array(1)] };
    const mlp = Mlp.fromParameters(loadBuild(), { layers: [3, 1], task: 'regression', ...line });
    const labels = Float32Array.from({ length: SAMPLES }, (_, i) => values[3 * i] ?? 0);
    const targets = [{ name: 'y', mean: 0, standardDeviation: 1 }];
    const { score, features } = permutationImportance(mlp, { ...dataset, classes: [], labels, targets });
    expect(score).toBe(1);
    // R² of independent predictions with the same variance is -1.
    expect(Math.abs((features[0]?.mean ?? 0) - 2)).toBeLessThan(0.15);
    expect(features[2]?.mean).toBe(0);
  });

  it('measures the columns of a table by default', () => {
    const tableColumns: Dataset['tableColumns'] = [
      { kind: 'number', name: 'first' },
      { kind: 'categories', name: 'rest', categories: ['a', 'b'] },
    ];
    const [byColumn, byInput] = [
      permutationImportance(createMlp(), { ...dataset, tableColumns }),
      permutationImportance(createMlp(), dataset, {
        features: [
          { name: 'first', inputs: [0] },
          { name: 'rest', inputs: [1, 2] },
        ],
      }),
    ];
    expect(byColumn).toEqual(byInput);
  });

  it.each([
    [{ repeats: 0 }, /repeats: expected a whole number of at least 1, got 0/],
    [{ seed: -1 }, /seed/],
    [{ features: [{ name: 'f', inputs: [3] }] }, /feature f: expected inputs from 0 to 2, got 3/],
    [{ features: [{ name: 'f', inputs: [] }] }, /feature f: expected inputs from 0 to 2, got none/],
    [{ repeat: 3 }, /expected options of repeats, seed, features, got repeat/],
  ] as const)('refuses %j', (options, expected) => {
    expectRefusal(() => permutationImportance(createMlp(), dataset, options as never), 'bad-argument', expected);
  });
});
