/** Target probabilities: against the reference, against classes, in slices and teams, and their errors. */
import { describe, expect, it } from 'vitest';
import { classLabels } from '../../src/core/soft-labels.ts';
import { withClasses } from '../../src/data/index.ts';
import {
  type Dataset,
  evaluate,
  evaluateProbabilities,
  learn,
  Mlp,
  PackedPixels,
  slice,
  splitShuffled,
  type TrainOptions,
  train,
} from '../../src/index.ts';
import {
  batchGradients,
  numericalGradient,
  softCrossEntropyFromLogits,
  softCrossEntropyGradient,
  softmax,
} from '../../src/reference/index.ts';
import { loadTeam } from '../../src/runtime/team.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose, gradientsToParameters, noise, toReference } from '../support/numbers.ts';
import { checkpointAt, digits, run, small } from '../support/training.ts';

/** Random probabilities [samples][classes]. */
function randomRows(samples: number, classes: number): Float32Array {
  const logits = noise(samples * classes, 3, 2);
  return Float32Array.from({ length: samples }, (_, n) => n).reduce(
    (rows, n) => {
      rows.set(softmax(logits.slice(n * classes, (n + 1) * classes)), n * classes);
      return rows;
    },
    new Float32Array(samples * classes),
  );
}

/** Probability 1 for the class of each sample. */
function harden<Samples extends Dataset>(dataset: Samples): Samples {
  const classes = dataset.classes.length;
  const labels = new Float32Array(dataset.labels.length * classes);
  dataset.labels.forEach((label, n) => {
    labels[n * classes + label] = 1;
  });
  return { ...dataset, labels };
}

const data = noisyDataset({ samples: 150, columns: 12, classes: 3 });
const soft = { ...data, labels: randomRows(150, 3) };
const weighted = { ...soft, weights: Float32Array.from({ length: 150 }, (_, n) => (n % 4) / 2) };
const spec = { layers: [12, 24, 3], hiddenActivation: 'tanh', seed: 2 } as const;

describe.each(BUILD_NAMES)('%s build', (build) => {
  it('gradients equal those of the reference', () => {
    const mlp = Mlp.create(loadBuild(build), spec);
    const reference = { hiddenActivation: 'tanh', ...toReference(spec.layers, mlp.parameters()) } as const;
    const rows = (values: Float32Array, width: number) =>
      Array.from({ length: 7 }, (_, n) => [...values.subarray(n * width, (n + 1) * width)]);
    const expected = batchGradients(reference, rows(soft.inputs as Float32Array, 12), rows(soft.labels, 3));
    const got = mlp.gradients(soft.inputs.subarray(0, 7 * 12), soft.labels.subarray(0, 7 * 3));
    const { weights, biases } = gradientsToParameters(expected);
    expectClose(got.loss, expected.loss, 5e-6);
    expectClose(got.weights, weights, 5e-6);
    expectClose(got.biases, biases, 5e-6);
    mlp.dispose();
  });
});

it('the reference has the gradient of central differences', () => {
  const [logits, targets] = [
    [2, -1, 0.5],
    [0.25, 0.7, 0.05],
  ];
  const numerical = numericalGradient((o) => softCrossEntropyFromLogits(o, targets ?? []), logits ?? []);
  expectClose(softCrossEntropyGradient(softmax(logits ?? []), targets ?? []), numerical, 1e-8);
});

it('the loss stays exact for large logits', () => {
  const biases = [Float32Array.of(1e4, -1e4)];
  const mlp = Mlp.fromParameters(loadBuild(), { layers: [1, 2], weights: [new Float32Array(2)], biases });
  expect(mlp.gradients(Float32Array.of(0), Float32Array.of(0.25, 0.75)).loss).toBe(1.5e4);
});

describe('probabilities of 0 and 1 have the bytes of classes', () => {
  const packed = PackedPixels.pack(loadBuild(), digits.inputs as Uint8Array, 784);
  const weights = Float32Array.from({ length: 600 }, (_, n) => (n % 3) / 2);
  it.each<readonly [string, object, TrainOptions]>([
    ['per sample', {}, { batchSize: 1 }],
    ['in batches', {}, { batchSize: 32, momentum: 0.9 }],
    ['packed', { inputs: packed }, { batchSize: 32 }],
    ['packed by the run, per sample', {}, { batchSize: 1, learningRate: 0.05 }],
    ['augmented', {}, { batchSize: 32, augment: { kind: 'elastic' } }],
    ['weighted', { weights }, { batchSize: 32, classWeight: { 3: 2, 7: 0.5 } }],
    ['balanced', { weights }, { batchSize: 1, classWeight: 'balanced' }],
    ['with dropout and Adam', {}, { batchSize: 32, dropout: 0.2, optimizer: 'adam', learningRate: 0.001 }],
  ])('%s', (_, changes, options) => {
    const train = (dataset: Dataset) =>
      run(Mlp.create(loadBuild(), small), { ...dataset, ...changes }, { ...options, epochs: 2 });
    expect(train(harden(digits))).toBe(train(digits));
  });

  it('evaluated', () => {
    const mlp = Mlp.create(loadBuild(), small);
    expect(evaluate(mlp, harden({ ...digits, weights }))).toEqual(evaluate(mlp, { ...digits, weights }));
    expect(evaluateProbabilities(mlp, harden(digits))).toEqual(evaluateProbabilities(mlp, digits));
  });
});

describe('training', () => {
  it('has the same bytes in any slices, and resumed', () => {
    for (const options of [{ batchSize: 1 }, { batchSize: 16, momentum: 0.9, classWeight: 'balanced' }] as const) {
      const all = { ...options, epochs: 3, validation: slice(soft, 0, 20) };
      const expected = run(Mlp.create(loadBuild(), spec), weighted, all);
      expect(run(Mlp.create(loadBuild(), spec), weighted, { ...all, stepsPerSlice: 3 })).toBe(expected);
      const checkpoint = checkpointAt(Mlp.create(loadBuild(), spec), weighted, { ...all, stepsPerSlice: 1 }, 7);
      const resumed = Mlp.fromParameters(loadBuild(), { ...checkpoint.spec, ...checkpoint.parameters });
      expect(run(resumed, weighted, { ...all, resume: checkpoint })).toBe(expected);
    }
  });

  it('has the same bytes on a team', async () => {
    const wide = { ...spec, layers: [12, 256, 3] };
    const options = { epochs: 2, batchSize: 32 };
    const team = await loadTeam(2);
    const expected = run(Mlp.create(loadBuild(), wide), weighted, options);
    expect(run(Mlp.create(team, wide), weighted, options)).toBe(expected);
    team.dismiss();
  });

  it('learns the probabilities of another network, and to be uncertain', () => {
    const [teacher, student] = [1, 2].map((seed) => Mlp.create(loadBuild(), { ...spec, seed }));
    const labels = teacher?.predictBatch(soft.inputs).probabilities.slice() ?? new Float32Array();
    labels.fill(1 / 3, 0, 3 * 50);
    for (const _ of train(student as Mlp, { ...soft, labels }, { epochs: 300, batchSize: 10, learningRate: 0.3 }));
    const errors = student?.predictBatch(soft.inputs).probabilities.map((p, i) => Math.abs(p - (labels[i] ?? 0)));
    expect(errors && errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThan(0.03);
  });

  it('counts the most probable class, the first of equals, as correct', () => {
    const labels = Float32Array.of(0.2, 0.5, 0.3, 0.4, 0.4, 0.2, 0.1, 0.2, 0.7);
    expect([...classLabels({ labels, classes: data.classes })]).toEqual([1, 0, 2]);
    const mlp = Mlp.create(loadBuild(), spec);
    const predicted = mlp.predictBatch(soft.inputs).labels;
    const correct = [...classLabels(soft)].filter((label, n) => label === predicted[n]).length;
    expect(correct).toBeGreaterThan(0);
    expect(correct).toBeLessThan(150);
    expect(evaluate(mlp, soft).accuracy).toBe(correct / 150);
    const [epoch] = [...train(mlp, soft, { batchSize: 150, epochs: 1 })].filter(({ kind }) => kind === 'epoch');
    expect(epoch).toMatchObject({ metrics: { trainAccuracy: correct / 150 } });
  });
});

describe('parts of a data set', () => {
  it('keep the probabilities of their samples', () => {
    expect(slice(soft, 2, 4).labels).toEqual(soft.labels.subarray(6, 12));
    const { training, validation } = splitShuffled({ ...soft, lines: Uint32Array.from(soft.labels.keys()) }, 30, 1);
    expect([training.labels.length, validation.labels.length]).toEqual([360, 90]);
    const rows = [...(validation.lines ?? [])].flatMap((n) => [...soft.labels.subarray(3 * n, 3 * n + 3)]);
    expect([...validation.labels]).toEqual(rows);
    const share = (part: Dataset) => classLabels(part).filter((label) => label === 0).length / part.inputs.length;
    expect(share(validation)).toBeCloseTo(share(training), 2);
  });

  it('are moved to the classes of a model', () => {
    const named = { ...slice(soft, 0, 2), classes: ['a', 'b', 'c'] };
    const [p, q] = [named.labels.subarray(0, 3), named.labels.subarray(3)];
    const moved = withClasses(named, ['c', 'x', 'a', 'b']).labels;
    expect([...moved]).toEqual([p[2], 0, p[0], p[1], q[2], 0, q[0], q[1]]);
    const numbered = withClasses(slice(soft, 0, 2), ['0', '1', '2', '3']).labels;
    expect([...numbered]).toEqual([...p, 0, ...q, 0]);
  });
});

it('corrections are learnt with kept samples of the same kind only', () => {
  const mlp = Mlp.create(loadBuild(), spec);
  const before = mlp.predict(soft.inputs.subarray(0, 12)).probabilities;
  learn(mlp, slice(soft, 0, 1), soft, { steps: 5 });
  expect(mlp.predict(soft.inputs.subarray(0, 12)).probabilities).not.toEqual(before);
  expect(() => learn(mlp, slice(soft, 0, 1), data)).toThrow('noise: expected probabilities, as the corrections have');
  expect(() => learn(mlp, slice(data, 0, 1), soft)).toThrow('noise: expected classes, as the corrections have');
});

describe('errors', () => {
  const row = (...values: number[]) => ({ ...slice(soft, 0, 1), labels: Float32Array.from(values) });
  const use = (dataset: Dataset) => () => [...train(Mlp.create(loadBuild(), spec), dataset)];
  it.each([
    ['bad-data', 'noise: expected probabilities of at least 0 with the sum 1', use(row(1.5, -0.25, -0.25))],
    ['bad-data', 'got -0.25 at sample 0: pass classes as a Uint16Array', use(row(1.5, -0.25, -0.25))],
    ['bad-data', 'got the sum 0.75 at sample 0', use(row(0.25, 0.25, 0.25))],
    ['bad-data', 'got NaN at sample 0', use(row(Number.NaN, 0.5, 0.5))],
    ['bad-data', 'got the sum Infinity at sample 0', use(row(Number.POSITIVE_INFINITY, 0, 0))],
    [
      'bad-shape',
      'noise: expected 3 probabilities for each sample, as the network has, got 3 and 4',
      use(row(1, 0, 0, 1)),
    ],
    ['bad-shape', 'expected 3 probabilities for each sample', use({ ...row(1, 0), classes: ['a', 'b'] })],
    ['bad-argument', 'noise: classes: expected a list of names, got', use({ ...soft, classes: undefined as never })],
    [
      'bad-data',
      'labels: expected probabilities of at least 0',
      () => Mlp.create(loadBuild(), spec).gradients(new Float32Array(12), Float32Array.of(1, 1, 0)),
    ],
    [
      'bad-data',
      'expected targets, as the network is a regression',
      () => {
        return [...train(Mlp.create(loadBuild(), { ...spec, task: 'regression' }), soft)];
      },
    ],
  ] as const)('%s: %s', (code, message, call) => {
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
  });

  it('a sum within 1e-4 of 1 is accepted', () => {
    expect(use(row(0.5, 0.25, 0.25005))).not.toThrow();
    expect(use(row(0.5, 0.25, 0.2502))).toThrow('got the sum 1.0002');
  });
});
