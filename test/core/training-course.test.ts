/** Schedules, distortions, and the weights at the end of a run: mean or best. */
import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { learningRateAt } from '../../src/core/schedule.ts';
import { checkTrainingOptions, effectiveOptions, TRAINING_OPTION_NAMES } from '../../src/core/training-options.ts';
import { type EpochProgress, evaluate, Mlp, slice, type TrainOptions, train } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { digits } from '../support/training.ts';

const TRAINING = slice(digits, 0, 300);
const VALIDATION = slice(digits, 300, 400);
const kernels = loadBuild();

/** Trains to the end. Returns the weights, the result, and the weights after each epoch. */
function trainToEnd(options: TrainOptions, from?: Mlp) {
  using mlp = from ?? Mlp.create(kernels, { layers: [784, 12, 10], seed: 3 });
  const run = train(mlp, TRAINING, options);
  const epochs: {
    progress: EpochProgress;
    weights: Float32Array;
    checkpoint: ReturnType<EpochProgress['checkpoint']>;
  }[] = [];
  for (;;) {
    const { value, done } = run.next();
    if (done)
      return {
        sha256: weightsSha256(mlp.parameters()),
        parameters: mlp.parameters(),
        result: value,
        epochs,
        accuracy: evaluate(mlp, VALIDATION).accuracy,
      };
    if (value.kind === 'epoch') {
      const weights = mlp.parameters().weights[0] ?? new Float32Array();
      epochs.push({ progress: value, weights, checkpoint: value.checkpoint() });
    }
  }
}

describe('schedules', () => {
  const rates = (options: Partial<TrainOptions>, epochs = 8) => {
    const all = checkTrainingOptions({ learningRate: 0.4, epochs, ...options });
    return Array.from({ length: epochs }, (_, epoch) => learningRateAt(all, epoch));
  };
  const expectRates = (got: number[], wanted: (epoch: number) => number) =>
    got.forEach((rate, epoch) => void expect(rate).toBeCloseTo(wanted(epoch), 12));

  it('are those of PyTorch, stepped once an epoch', () => {
    expectRates(rates({}), () => 0.4);
    expectRates(rates({ schedule: { kind: 'step', gamma: 0.5, every: 3 } }), (e) => 0.4 * 0.5 ** Math.floor(e / 3));
    expectRates(rates({ schedule: { kind: 'exponential', gamma: 0.9 } }), (e) => 0.4 * 0.9 ** e);
    expectRates(rates({ schedule: { kind: 'cosine' } }), (e) => (0.4 * (1 + Math.cos((Math.PI * e) / 8))) / 2);
  });

  it('follow the cosine to the last digits', () => {
    const epochs = 200;
    rates({ schedule: { kind: 'cosine' }, learningRate: 1 }, epochs).forEach((rate, e) => {
      expect(Math.abs(rate - (1 + Math.cos((Math.PI * e) / epochs)) / 2)).toBeLessThan(1e-15);
    });
  });

  it('begin after the warm-up', () => {
    const warm = [0.1, 0.2, 0.3];
    expectRates(rates({ warmupEpochs: 3 }), (e) => warm[e] ?? 0.4);
    const cosine = (e: number) => 0.2 * (1 + Math.cos((Math.PI * (e - 3)) / 5));
    expectRates(rates({ warmupEpochs: 3, schedule: { kind: 'cosine' } }), (e) => warm[e] ?? cosine(e));
  });

  it('change the learning rate of a run', () => {
    const step = trainToEnd({ epochs: 2, learningRate: 0.1, schedule: { kind: 'step', gamma: 0.5, every: 1 } });
    using mlp = Mlp.create(kernels, { layers: [784, 12, 10], seed: 3 });
    for (const _ of train(mlp, TRAINING, { epochs: 1, learningRate: 0.1 }));
    expect(mlp.parameters().weights[0]).toEqual(step.epochs[0]?.weights);
    expect(step.sha256).not.toBe(trainToEnd({ epochs: 2, learningRate: 0.1 }).sha256);
  });
});

describe('augmentation', () => {
  const options = { epochs: 3, learningRate: 0.1, augment: { kind: 'elastic' } } as const;

  it.each([{ batchSize: 1 }, { batchSize: 7 }])(
    'gives the same bits in any slices, and after a resume: batch size $batchSize',
    ({ batchSize }) => {
      const whole = trainToEnd({ ...options, batchSize });
      expect(trainToEnd({ ...options, batchSize, stepsPerSlice: 3 }).sha256).toBe(whole.sha256);
      expect(trainToEnd({ ...options, batchSize, augment: { kind: 'affine' } }).sha256).not.toBe(whole.sha256);
      using mlp = Mlp.create(kernels, { layers: [784, 12, 10], seed: 3 });
      const run = train(mlp, TRAINING, { ...options, batchSize, stepsPerSlice: 20 });
      let checkpoint = run.next().value;
      while (checkpoint !== undefined && !('steps' in checkpoint) && checkpoint.step < 60)
        checkpoint = run.next().value;
      if (checkpoint === undefined || 'steps' in checkpoint) throw new Error('the run is over');
      const stored = checkpoint.checkpoint();
      run.return(undefined as never);
      expect(
        trainToEnd({ resume: stored }, Mlp.fromParameters(kernels, { layers: [784, 12, 10], ...stored.parameters }))
          .sha256,
      ).toBe(whole.sha256);
    },
  );

  it('frees its memory', () => {
    const before = kernels.allocatedBytes;
    trainToEnd({ ...options, epochs: 1 });
    expect(kernels.allocatedBytes).toBe(before);
  });

  it('refuses samples that are not images of bytes', () => {
    const { imageShape: _, ...loose } = TRAINING;
    using mlp = Mlp.create(kernels, { layers: [784, 4, 10] });
    const bad = (set: typeof TRAINING, got: string) =>
      expect(() => train(mlp, set, options).next()).toThrow(
        `augment: expected images whose pixels are bytes, got ${got}`,
      );
    bad(loose, 'samples that are not images in');
    bad({ ...TRAINING, inputs: Float32Array.from(TRAINING.inputs, (byte) => byte / 255) }, 'images of floats in');
  });
});

describe('the weights that a run ends with', () => {
  it('are the mean of the last epochs, which validation measures', () => {
    const { epochs, parameters } = trainToEnd({
      epochs: 5,
      learningRate: 0.1,
      averageEpochs: 3,
      validation: VALIDATION,
    });
    const mean = parameters.weights[0] ?? new Float32Array();
    const last = epochs.slice(2).map(({ weights }) => weights);
    mean.forEach((value, i) => {
      expect(value).toBeCloseTo(last.reduce((sum, weights) => sum + (weights[i] ?? 0), 0) / 3, 6);
    });
    using mlp = Mlp.fromParameters(kernels, { layers: [784, 12, 10], ...parameters });
    expect(epochs[4]?.progress.metrics.validationLoss).toBe(evaluate(mlp, VALIDATION).loss);
  });

  it('are the best weights once patience has run out', () => {
    const { epochs, result, parameters } = trainToEnd({
      epochs: 60,
      learningRate: 0.3,
      patience: 2,
      validation: VALIDATION,
    });
    const accuracies = epochs.map(({ progress }) => progress.metrics.validationAccuracy ?? 0);
    expect(epochs.length).toBeLessThan(60);
    expect(epochs.at(-1)?.progress.last).toBe(true);
    expect(result.bestEpoch).toBe(epochs.length - 2);
    expect(accuracies[(result.bestEpoch ?? 0) - 1]).toBe(Math.max(...accuracies));
    expect(parameters.weights[0]).toEqual(epochs[(result.bestEpoch ?? 0) - 1]?.weights);
  });

  it.each([
    { epochs: 5, averageEpochs: 3 },
    { epochs: 40, patience: 3 },
  ])('are the same after a resume: %j', (options) => {
    const given = { ...options, learningRate: 0.3, validation: VALIDATION };
    const whole = trainToEnd(given);
    for (const { checkpoint } of whole.epochs) {
      const mlp = Mlp.fromParameters(kernels, { layers: [784, 12, 10], ...checkpoint.parameters });
      expect(trainToEnd({ resume: checkpoint, validation: VALIDATION }, mlp).sha256).toBe(whole.sha256);
    }
  });

  it.each<[TrainOptions, string]>([
    [
      { patience: 2, averageEpochs: 2 },
      'averageEpochs cannot be combined with patience: a run ends with its mean weights or with its best weights.',
    ],
    [{ averageEpochs: 9 }, 'averageEpochs: expected at most the 5 epochs of the run, got 9'],
    [{ patience: 2 }, 'patience: expected a validation set'],
    [{ nesterov: true }, 'nesterov: expected a momentum above 0, got 0'],
    [
      { schedule: 'exponential' as never },
      'schedule: expected an object such as {"kind": "exponential", "gamma": 0.1}, got "exponential"; version 0.1 had',
    ],
    [{ schedule: 'step' as never }, 'such as {"kind": "step", "gamma": 0.1, "every": 30}, got "step"'],
    [{ schedule: {} as never }, 'schedule.kind: expected one of constant, step, cosine, exponential, got no kind'],
    [
      { schedule: { kind: 'linear' as never } },
      'schedule.kind: expected one of constant, step, cosine, exponential, got linear',
    ],
    [{ schedule: { kind: 'toString' as never } }, 'schedule.kind: expected one of'],
    [
      { schedule: { kind: 'exponential', gamma: 1.5 } },
      'schedule.gamma: expected a number above 0, of at most 1, got 1.5',
    ],
    [
      { schedule: { kind: 'exponential', every: 3 } as never },
      'schedule: expected the fields kind, gamma for the kind "exponential", got every',
    ],
    [{ augment: { kind: 'elastic', sigma: 0.5 } }, 'augment.sigma: expected a number of at least 1, got 0.5'],
    [{ augment: ['shift'] as never }, 'augment: expected an object such as {"kind": "elastic", "shift": 1.2'],
  ])('refuse invalid options: %j', (options, message) => {
    using mlp = Mlp.create(kernels, { layers: [784, 4, 10] });
    expectRefusal(() => train(mlp, TRAINING, options).next(), 'bad-argument', message);
  });

  it('refuse a resume with another number of epochs', () => {
    const { epochs } = trainToEnd({ epochs: 4, averageEpochs: 2 });
    const checkpoint = epochs[1]?.checkpoint;
    if (checkpoint === undefined) throw new Error('no checkpoint');
    using mlp = Mlp.fromParameters(kernels, { layers: [784, 12, 10], ...checkpoint.parameters });
    expect(() => train(mlp, TRAINING, { resume: checkpoint, epochs: 9 }).next()).toThrow(
      'epochs: expected 4, as the run has averageEpochs, got 9',
    );
  });
});

it('effectiveOptions drops the options that were off', () => {
  expect(Object.keys(effectiveOptions({ ...checkTrainingOptions({}) }))).toEqual([
    ...['epochs', 'learningRate', 'batchSize', 'momentum', 'weightDecay', 'seed'],
  ]);
  const all = checkTrainingOptions({
    momentum: 0.9,
    schedule: { kind: 'step' },
    warmupEpochs: 1,
    patience: 2,
    augment: { kind: 'affine' },
  });
  const absent = ['optimizer', 'clipNorm', 'dropout', 'averageEpochs', 'loss', 'classWeight'];
  expect(Object.keys(effectiveOptions({ ...all }))).toEqual(
    TRAINING_OPTION_NAMES.filter((name) => !absent.includes(name)),
  );
  expect(Object.keys(effectiveOptions({ ...checkTrainingOptions({ optimizer: 'adam', clipNorm: 1 }) }))).toEqual([
    ...['epochs', 'learningRate', 'batchSize', 'optimizer', 'weightDecay', 'clipNorm', 'seed'],
  ]);
});
