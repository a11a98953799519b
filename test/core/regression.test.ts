/** Regression networks: against PyTorch, resumed, on teams, and measured. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { pick } from '../../src/core/dataset.ts';
import type { RegressionLoss } from '../../src/core/loss.ts';
import {
  type Dataset,
  evaluate,
  evaluateRegression,
  Mlp,
  slice,
  splitShuffled,
  type TrainOptions,
  train,
  unscaleTargets,
} from '../../src/index.ts';
import { loadTeam } from '../../src/runtime/team.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose } from '../support/numbers.ts';
import { smoothDataset } from '../support/regression.ts';
import { checkpointAt, run } from '../support/training.ts';

/** A case of test/fixtures/torch/losses.py. Parameters are [weight, bias, weight, bias], row-major (out, in). */
interface TorchCase {
  readonly name: RegressionLoss | 'cross-entropy';
  readonly layers: readonly [number, number, number];
  readonly x: readonly number[];
  readonly labels: readonly number[];
  readonly sampleWeights: readonly number[] | null;
  readonly classWeights: readonly number[] | null;
  readonly learningRate: number;
  readonly steps: number;
  readonly parameters: readonly (readonly number[])[];
  readonly loss: number;
  readonly gradients: readonly (readonly number[])[];
  readonly trained: readonly (readonly number[])[];
}

const CASES: readonly TorchCase[] = JSON.parse(
  readFileSync(new URL('../fixtures/torch/losses.json', import.meta.url), 'utf8'),
);

function toParameters(flat: TorchCase['parameters']) {
  const [w1 = [], b1 = [], w2 = [], b2 = []] = flat.map((values) => Float32Array.from(values));
  return { weights: [w1, w2] as Float32Array[], biases: [b1, b2] as Float32Array[] };
}

function toDataset({ name, layers, x, labels, sampleWeights }: TorchCase): Dataset {
  const columns = layers[0];
  const common = { name, inputs: Float32Array.from(x), columns, scaling: { kind: 'identity' } } as const;
  const weights = sampleWeights === null ? {} : { weights: Float32Array.from(sampleWeights) };
  const names = ['0', '1', '2'];
  if (name === 'cross-entropy') {
    const kind = labels.length === x.length / columns ? Uint16Array : Float32Array;
    return { ...common, ...weights, labels: kind.from(labels), classes: names };
  }
  const targets = names.map((target) => ({ name: target, mean: 0, standardDeviation: 1 }));
  return { ...common, ...weights, labels: Float32Array.from(labels), classes: [], targets };
}

describe.each(BUILD_NAMES)('PyTorch, %s build', (build) => {
  const kernels = loadBuild(build);
  const describeCase = ({ name, labels, sampleWeights, classWeights }: TorchCase) =>
    [name, `${labels.length} labels`, sampleWeights && 'sample weights', classWeights && 'class weights']
      .filter((part) => part)
      .join(', ');

  it.each(CASES.map((each) => [describeCase(each), each] as const))('%s', (_, each) => {
    const { name, layers, parameters, classWeights, learningRate, steps } = each;
    const loss: TrainOptions = name === 'cross-entropy' ? {} : { loss: name };
    const task = name === 'cross-entropy' ? undefined : 'regression';
    const mlp = Mlp.fromParameters(kernels, { layers, hiddenActivation: 'tanh', task, ...toParameters(parameters) });
    const dataset = toDataset(each);
    if (each.sampleWeights === null && classWeights === null) {
      const { loss: mean, weights, biases } = mlp.gradients(dataset.inputs, dataset.labels, loss.loss);
      expectClose(mean, each.loss, 5e-6);
      expectClose([weights[0], biases[0], weights[1], biases[1]] as never, each.gradients, 5e-6);
    }
    const classWeight = classWeights === null ? {} : { classWeight: Object.fromEntries(classWeights.entries()) };
    const options = { ...loss, ...classWeight, epochs: steps, batchSize: 9, learningRate };
    const [first] = [...train(mlp, dataset, options)].flatMap((each) => (each.kind === 'epoch' ? each.metrics : []));
    expectClose(first?.trainLoss ?? -1, each.loss, 5e-6);
    const { weights, biases } = mlp.parameters();
    expectClose([weights[0], biases[0], weights[1], biases[1]] as never, each.trained, 2e-5);
    mlp.dispose();
  });
});

const data = smoothDataset({ samples: 150, columns: 12, targets: 2 });
const weighted = { ...data, weights: Float32Array.from({ length: 150 }, (_, n) => (n % 4) / 2) };
const wide = { layers: [12, 24, 2], hiddenActivation: 'tanh', task: 'regression', seed: 2 } as const;

describe('training', () => {
  it('has the same bytes in any slices, and resumed', () => {
    const kernels = loadBuild();
    for (const options of [
      { batchSize: 1, learningRate: 0.01 },
      { batchSize: 16, momentum: 0.9, loss: 'huber', patience: 3 },
    ] as const) {
      const all = { ...options, epochs: 3, validation: smoothDataset({ samples: 20, columns: 12, targets: 2 }) };
      const expected = run(Mlp.create(kernels, wide), weighted, all);
      expect(run(Mlp.create(kernels, wide), weighted, { ...all, stepsPerSlice: 3 })).toBe(expected);
      const checkpoint = checkpointAt(Mlp.create(kernels, wide), weighted, { ...all, stepsPerSlice: 1 }, 7);
      const resumed = Mlp.fromParameters(kernels, { ...checkpoint.spec, ...checkpoint.parameters });
      expect(run(resumed, weighted, { ...all, resume: checkpoint })).toBe(expected);
    }
  });

  it('has the same bytes on a team', async () => {
    const spec = { ...wide, layers: [12, 256, 2] };
    const options = { epochs: 2, batchSize: 32 };
    const team = await loadTeam(2);
    const expected = run(Mlp.create(loadBuild(), spec), weighted, options);
    expect(run(Mlp.create(team, spec), weighted, options)).toBe(expected);
    team.dismiss();
  });

  it('learns a smooth function, and keeps the weights of the least validation loss', () => {
    const { training, validation } = splitShuffled(data, 30, 1);
    const mlp = Mlp.create(loadBuild(), wide);
    const options = { epochs: 200, batchSize: 8, learningRate: 0.05, momentum: 0.9, patience: 20, validation };
    const epochs = [...train(mlp, training, options)].flatMap((each) => (each.kind === 'epoch' ? each.metrics : []));
    const best = epochs.reduce((a, b) => ((b.validationLoss ?? 1) < (a.validationLoss ?? 1) ? b : a));
    const measured = evaluateRegression(mlp, validation);
    expect([measured.loss, measured.r2]).toEqual([best.validationLoss, best.validationR2]);
    expect(measured.r2).toBeGreaterThan(0.9);
    expect([best.trainAccuracy, best.validationAccuracy]).toEqual([null, null]);
  });

  it('yields no accuracy', () => {
    const [slice] = train(Mlp.create(loadBuild(), wide), data, { epochs: 1 });
    expect(slice).toMatchObject({ kind: 'slice', accuracy: null });
    expect(slice?.kind === 'slice' && slice.stepMeasures.accuracy.every(Number.isNaN)).toBe(true);
  });

  it('tolerates outliers, and reports divergence', () => {
    const outlier = { ...data, labels: data.labels.map((value, i) => (i === 0 ? 5000 : value)) };
    for (const _ of train(Mlp.create(loadBuild(), wide), outlier, { epochs: 1, learningRate: 1e-6 }));
    const run = () => [...train(Mlp.create(loadBuild(), wide), outlier, { epochs: 20, learningRate: 10 })];
    expect(run).toThrow('diverged at step');
  });
});

describe('evaluation', () => {
  it('measures in the units of the targets, by the formulas of scikit-learn', () => {
    const mlp = Mlp.create(loadBuild(), wide);
    const { weights } = weighted;
    const [y, t] = [mlp.predictValues(data.inputs), data.labels].map((v) => unscaleTargets(v, data.targets ?? []));
    const measured = evaluateRegression(mlp, weighted);
    const total = weights.reduce((sum, w) => sum + w, 0);
    const mean = (f: (n: number) => number) => weights.reduce((sum, w, n) => sum + w * f(n), 0) / total;
    measured.targets.forEach((target, o) => {
      const error = (n: number) => (y?.[2 * n + o] ?? 0) - (t?.[2 * n + o] ?? 0);
      const centre = mean((n) => t?.[2 * n + o] ?? 0);
      const spread = mean((n) => ((t?.[2 * n + o] ?? 0) - centre) ** 2);
      const squared = mean((n) => error(n) ** 2);
      expect(target.name).toBe(`y${o}`);
      expectClose([target.rmse, target.mae], [Math.sqrt(squared), mean((n) => Math.abs(error(n)))], 1e-9);
      expectClose(target.r2, 1 - squared / spread, 1e-9);
    });
    expectClose(measured.r2, ((measured.targets[0]?.r2 ?? 0) + (measured.targets[1]?.r2 ?? 0)) / 2, 1e-12);
    const baseline = (o: number) => Math.sqrt(mean((n) => ((t?.[2 * n + o] ?? 0) - 10 * o) ** 2));
    expectClose(measured.baseline.rmse, (baseline(0) + baseline(1)) / 2, 1e-9);
  });

  it('weights of 2 count as samples that occur twice', () => {
    const mlp = Mlp.create(loadBuild(), wide);
    const twice = pick(data, [0, 1, 1, 2, 3, 3]);
    const { samples: _, ...expected } = evaluateRegression(mlp, twice);
    const few = { ...slice(data, 0, 4), weights: Float32Array.of(1, 2, 1, 2) };
    const { samples, ...measured } = evaluateRegression(mlp, few);
    expectClose(listNumbers(measured), listNumbers(expected), 1e-12);
    expect(samples).toBe(4);
  });

  it('of equal values has R² 1 without errors, and 0 otherwise', () => {
    const equal = { ...data, labels: data.labels.map((_, i) => (i % 2 === 0 ? 0.1 : 0.3)) };
    const spec = { layers: [12, 2], task: 'regression', hiddenActivation: 'tanh' } as const;
    const weights = [new Float32Array(24)];
    const exact = Mlp.fromParameters(loadBuild(), { ...spec, weights, biases: [Float32Array.of(0.1, 0.3)] });
    const other = Mlp.fromParameters(loadBuild(), { ...spec, weights, biases: [Float32Array.of(0.1, 0.4)] });
    expect(evaluateRegression(exact, equal).targets.map(({ r2 }) => r2)).toEqual([1, 1]);
    expect(evaluateRegression(other, equal).targets.map(({ r2 }) => r2)).toEqual([1, 0]);
  });
});

function listNumbers(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(listNumbers) : [];
}

describe('errors', () => {
  const classifier = Mlp.create(loadBuild(), { layers: [12, 2] });
  const regression = Mlp.create(loadBuild(), wide);
  const labelled = noisyDataset({ samples: 5, columns: 12, classes: 2 });

  it.each([
    ['bad-argument', 'predict: expected a network with classes', () => regression.predict(new Float32Array(12))],
    ['bad-argument', 'predictBatch: expected a network', () => regression.predictBatch(new Float32Array(12))],
    ['bad-argument', 'predictValues: expected a regression', () => classifier.predictValues(new Float32Array(12))],
    ['bad-argument', 'evaluate: expected a network with classes', () => evaluate(regression, data)],
    ['bad-argument', 'evaluateRegression: expected a regression', () => evaluateRegression(classifier, data)],
    ['bad-data', 'smooth: expected classes, as the network classifies', () => [...train(classifier, data)]],
    ['bad-data', 'noise: expected targets, as the network is', () => [...train(regression, labelled)]],
    ['bad-argument', 'loss: expected none, got huber', () => [...train(classifier, labelled, { loss: 'huber' })]],
    [
      'bad-argument',
      'loss: expected one of squared-error',
      () => [...train(regression, data, { loss: 'mse' as never })],
    ],
    [
      'bad-argument',
      'smooth: labels: expected a Float32Array, got Uint16Array',
      () => {
        return [...train(regression, { ...data, labels: new Uint16Array(300) })];
      },
    ],
    [
      'bad-shape',
      'smooth: expected 2 targets',
      () => {
        return [...train(regression, { ...data, targets: data.targets?.slice(1) ?? [] })];
      },
    ],
    [
      'not-finite',
      'smooth: targets: expected finite numbers',
      () => {
        return [...train(regression, { ...data, labels: data.labels.map((v, i) => (i === 3 ? Number.NaN : v)) })];
      },
    ],
    [
      'bad-spec',
      'task: expected regression',
      () => Mlp.create(loadBuild(), { layers: [1, 1], task: 'other' as never }),
    ],
  ] as const)('%s: %s', (code, message, call) => {
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('a checkpoint of a regression does not continue as a classification', () => {
    const checkpoint = checkpointAt(Mlp.create(loadBuild(), wide), data, { stepsPerSlice: 1 }, 2);
    const other = { ...checkpoint, options: { ...checkpoint.options, loss: 'huber' as const } };
    const resume = () => [...train(Mlp.create(loadBuild(), wide), data, { resume: other, loss: 'squared-error' })];
    expect(resume).toThrow('loss: the checkpoint was made with "huber"');
  });
});

it('int8 weights predict values near those of the float32 weights', () => {
  const mlp = Mlp.create(loadBuild(), wide);
  const int8 = mlp.quantize();
  expect(int8.spec.task).toBe('regression');
  expectClose(int8.predictValues(data.inputs), mlp.predictValues(data.inputs), 0.05);
  expect(weightsSha256(int8.parameters())).not.toBe(weightsSha256(mlp.parameters()));
});
