/** Errors of training. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { type Dataset, evaluate, Mlp, type TrainOptions, train } from '../../src/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { checkpointAt, digits, run, small } from '../support/training.ts';

describe('training refuses', () => {
  const message = (options: TrainOptions, dataset: Dataset = digits) => {
    try {
      run(Mlp.create(loadBuild(), small), dataset, options);
    } catch (error) {
      return String(error);
    }
    return 'nothing';
  };

  it.each([
    [{ learningRate: -1 }, 'learningRate: expected a number above 0, got -1'],
    [{ learningRate: Number.NaN }, 'learningRate: expected a number above 0, got NaN'],
    [{ epochs: 0 }, 'epochs: expected a whole number of at least 1, got 0'],
    [{ batchSize: 1.5 }, 'batchSize: expected a whole number of at least 1, got 1.5'],
    [{ momentum: 1 }, 'momentum: expected a number from 0 up to, but not including, 1, got 1'],
    [{ weightDecay: -0.1 }, 'weightDecay: expected a number of at least 0, got -0.1'],
    [{ seed: -1 }, 'seed: expected a whole number from 0 to 4,294,967,295, got -1'],
    [{ stepsPerSlice: 0 }, 'stepsPerSlice: expected a whole number of at least 1, got 0'],
  ])('%o', (options, expected) => {
    expectRefusal(() => run(Mlp.create(loadBuild(), small), digits, options), 'bad-argument', expected);
  });

  it('data that do not fit', () => {
    expect(message({}, { ...digits, columns: 785 })).toContain(
      'expected 784 inputs per sample, as the network has, got 785',
    );
    expect(message({}, { ...digits, labels: digits.labels.map(() => 10) })).toContain(
      'expected labels from 0 to 9, got 10 at sample 0',
    );
    expect(message({}, { ...digits, labels: digits.labels.subarray(1) })).toContain('digits: expected 599 × 784');
    const floats = Float32Array.from(digits.inputs);
    floats[1000] = Number.NaN;
    expect(message({}, { ...digits, inputs: floats })).toContain('expected finite numbers, got NaN at index 1000');
  });

  it.each([
    [null, 'data set: expected an object with name, inputs, labels, columns, got null'],
    [[[0, 1]], 'data set: expected an object with name, inputs, labels, columns, got a list of 1'],
    [{ inputs: digits.inputs, labels: digits.labels }, 'inputs, labels, columns, got no name'],
    [{ ...digits, inputs: [0, 1] }, 'digits: inputs: expected a Uint8Array (0–255) or a Float32Array, got a list of 2'],
    [{ ...digits, labels: [0, 1] }, 'digits: labels: expected a Uint16Array, got a list of 2: convert it with'],
    [{ ...digits, labels: new Uint8Array(600) }, 'digits: labels: expected a Uint16Array, got Uint8Array'],
  ])('another object where a data set is expected, %#', (dataset, expected) => {
    const code = expected.includes('Float32Array') ? 'bad-shape' : 'bad-argument';
    expectRefusal(() => run(Mlp.create(loadBuild(), small), dataset as never, {}), code, expected);
    expectRefusal(() => evaluate(Mlp.create(loadBuild(), small), dataset as never), code, expected);
  });

  it('no labels of another realm, as in test runners', () => {
    const labels: Uint16Array = runInNewContext('new Uint16Array(600)');
    expect(labels).not.toBeInstanceOf(Uint16Array);
    expect(message({}, { ...digits, labels })).toBe('nothing');
  });

  it.each([1, 64])('a learning rate of a million is stopped at its step, batch %i', (batchSize) => {
    const start = () => run(Mlp.create(loadBuild(), small), digits, { learningRate: 1e6, batchSize });
    expectRefusal(start, 'diverged', /diverged at step \d+ \(epoch 1\), learning rate 1000000/);
  });

  it.each([
    ['single samples', {}],
    ['batches', { batchSize: 64 }],
    ['slices of one step', { batchSize: 64, stepsPerSlice: 1 }],
    ['Adam', { batchSize: 64, optimizer: 'adam' }],
  ] as const)('divergence, after which the network has the weights of the start of the epoch: %s', (_, options) => {
    const mlp = Mlp.create(loadBuild(), { ...small, hiddenActivation: 'relu' });
    const diverge = () => run(mlp, digits, { ...options, learningRate: 1e37 });
    const initial = mlp.parameters();
    expect(diverge).toThrow('diverged');
    expect(mlp.parameters()).toEqual(initial);
    // It can be trained again.
    run(mlp, digits, { epochs: 1 });
    const trained = mlp.parameters();
    expect(trained).not.toEqual(initial);
    expect(diverge).toThrow('diverged');
    expect(mlp.parameters()).toEqual(trained);
  });

  it('divergence in a later epoch, which keeps the epochs before it', () => {
    const create = () => Mlp.create(loadBuild(), { ...small, hiddenActivation: 'identity' });
    const [mlp, expected] = [create(), create()];
    const begin = (network: Mlp) =>
      train(network, digits, { epochs: 10, learningRate: 2, warmupEpochs: 10, batchSize: 64 });
    let epochs = 0;
    expect(() => {
      for (const { kind } of begin(mlp)) epochs += Number(kind === 'epoch');
    }).toThrow('diverged');
    expect(epochs).toBeGreaterThan(1);
    for (const progress of begin(expected)) if (progress.kind === 'epoch' && progress.epoch === epochs) break;
    expect(mlp.parameters()).toEqual(expected.parameters());
  });

  it('a checkpoint of another network, data set or run', () => {
    const kernels = loadBuild();
    const known = { ...digits, sha256: 'this' };
    const options = { epochs: 3, learningRate: 0.05, stepsPerSlice: 10 };
    const checkpoint = checkpointAt(Mlp.create(kernels, small), known, options, 650);
    const mlp = Mlp.create(kernels, small);
    const resume = (dataset: Dataset, options: TrainOptions, network = mlp) => {
      return () => run(network, dataset, { ...options, resume: checkpoint });
    };
    const other = Mlp.create(kernels, { layers: [784, 21, 10] });
    expect(resume(known, {}, other)).toThrow('layers: the checkpoint was made with [784,20,10]');
    expect(resume({ ...known, sha256: 'other' }, {})).toThrow(
      'data set sha256: the checkpoint was made with "this", got "other"',
    );
    expect(resume({ ...digits, name: 'other' }, {})).toThrow('data set name');
    expect(resume(known, { learningRate: 0.06 })).toThrow('learningRate: the checkpoint was made with 0.05, got 0.06');
    // The checkpoint is in its second epoch, and cannot become a run of one epoch.
    expect(resume(known, { epochs: 1 })).toThrow(
      'epochs: expected at least 2, which the checkpoint has started, got 1',
    );
    expect(resume({ ...known, name: 'elsewhere' }, { epochs: 2 })).not.toThrow();
  });

  it('a checkpoint of a past progress object', () => {
    const steps = train(Mlp.create(loadBuild(), small), digits, { stepsPerSlice: 10 });
    const first = steps.next().value;
    if (first === undefined || !('checkpoint' in first)) throw new Error('no progress');
    expect(first.checkpoint().step).toBe(10);
    steps.next();
    expect(() => first.checkpoint()).toThrow('checkpoint: expected a call before the generator continues or ends');
    for (const progress of train(Mlp.create(loadBuild(), small), digits, { stepsPerSlice: 10 })) {
      expect(progress.checkpoint().cursor).toBe(10);
      break;
    }
  });

  it('an unknown option', () => {
    expect(message({ learningrate: 1 } as TrainOptions)).toContain('train: expected options of epochs, learningRate,');
    expect(message({ learningRate: 1e-50 })).toContain('learningRate: expected a number above 0, got 1e-50');
    expect(message({ learningRate: 1e39 })).toContain('learningRate: expected a number above 0, got 1e+39');
  });

  it('weights that overflow in the last step', () => {
    const one = { ...noisyDataset({ samples: 1, columns: 3, classes: 2 }), inputs: Float32Array.of(3, 3, 3) };
    const mlp = Mlp.create(loadBuild(), { layers: [3, 2] });
    expect(() => run(mlp, one, { epochs: 1, learningRate: 3e38 })).toThrow('diverged at step 1 (epoch 1)');
  });

  it('weights with which the validation samples overflow', () => {
    const one = { ...noisyDataset({ samples: 1, columns: 3, classes: 2 }), inputs: Float32Array.of(3, 3, 3) };
    const validation = { ...one, inputs: Float32Array.of(100, 100, 100) };
    const mlp = Mlp.create(loadBuild(), { layers: [3, 2] });
    const before = mlp.parameters();
    expect(() => run(mlp, one, { epochs: 1, learningRate: 1e37, validation })).toThrow('diverged at step 1 (epoch 1)');
    expect(mlp.parameters()).toEqual(before);
  });

  it('two runs on one network at once', () => {
    const mlp = Mlp.create(loadBuild(), small);
    const first = train(mlp, digits, {});
    first.next();
    expect(() => train(mlp, digits, {}).next()).toThrow('this Mlp is already being trained');
    first.return({ epochs: [], steps: 0 });
    expect(train(mlp, digits, {}).next().done).toBe(false);
  });
});
