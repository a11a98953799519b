import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digitsDataset, ellipseDataset } from '../../src/data/index.ts';
import {
  type Checkpoint,
  type Dataset,
  density,
  evaluate,
  Mlp,
  splitTail,
  type TrainOptions,
  train,
} from '../../src/index.ts';
import { weightsSha256 } from '../../src/node/index.ts';
import { batchGradients, type ReferenceMlp } from '../../src/reference/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose, toParameters, toReference } from '../support/numbers.ts';

const digits = digitsDataset({ samples: 600, seed: 3 });
const small = { layers: [784, 20, 10], seed: 4 };

function run(mlp: Mlp, dataset: Dataset, options: TrainOptions): string {
  for (const _ of train(mlp, dataset, options));
  return weightsSha256(mlp.parameters());
}

/** Takes the checkpoint at the first yield that satisfies `stop`, and abandons the run there. */
function checkpointAt(mlp: Mlp, dataset: Dataset, options: TrainOptions, step: number): Checkpoint {
  for (const progress of train(mlp, dataset, options)) if (progress.step >= step) return progress.checkpoint();
  throw new Error('the run was too short');
}

describe('same bytes', () => {
  /** A change of this hash means that nobody's runs can be reproduced any more: say so in CHANGELOG.md. */
  const PINNED = 'cb65e00e6838d42068826819574a8074e4b4609593100c968e7c35d83927dfef';
  const options = { epochs: 2, learningRate: 0.05, seed: 4 };

  it.each(BUILD_NAMES)('the hash of a small run is what it was, %s build', (build) => {
    const mlp = Mlp.create(loadBuild(build), small);
    expect(run(mlp, digits, options)).toBe(PINNED);
  });

  it.each([1, 97, 60_000])('slices of %i steps', (stepsPerSlice) => {
    expect(run(Mlp.create(loadBuild(), small), digits, { ...options, stepsPerSlice })).toBe(PINNED);
  });

  it('another seed gives other weights and another order', () => {
    const first = Mlp.create(loadBuild(), { ...small, seed: 5 });
    expect(run(first, digits, options)).not.toBe(PINNED);
    expect(run(Mlp.create(loadBuild(), small), digits, { ...options, seed: 5 })).not.toBe(PINNED);
  });

  it.each([
    { batchSize: 1, momentum: 0 },
    { batchSize: 7, momentum: 0 },
    { batchSize: 7, momentum: 0.9, weightDecay: 1e-3 },
  ])('stopped and resumed at any step, $batchSize, momentum $momentum', (extra) => {
    const kernels = loadBuild();
    const validation = digitsDataset({ samples: 50, seed: 9 });
    const whole = { ...options, ...extra, validation, epochs: 3 };
    const unbroken = Mlp.create(kernels, small);
    const steps = train(unbroken, digits, whole);
    let result = steps.next();
    while (!result.done) result = steps.next();
    const expected = weightsSha256(unbroken.parameters());
    for (const step of [1, 37, 86, 100, 171]) {
      const stopped = Mlp.create(kernels, small);
      const checkpoint = checkpointAt(stopped, digits, { ...whole, stepsPerSlice: 1 }, step);
      const resumed = Mlp.fromParameters(kernels, { ...checkpoint.spec, ...checkpoint.parameters });
      const rest = train(resumed, digits, { validation, resume: checkpoint });
      let last = rest.next();
      while (!last.done) last = rest.next();
      expect(weightsSha256(resumed.parameters()), `after step ${step}`).toBe(expected);
      expect(last.value).toEqual(result.value);
      stopped.dispose();
      resumed.dispose();
    }
  });

  it('a resumed run may go on for more epochs: the same as one that was longer from the start', () => {
    const kernels = loadBuild();
    const longer = run(Mlp.create(kernels, small), digits, { ...options, epochs: 4 });
    let checkpoint: Checkpoint | undefined;
    for (const progress of train(Mlp.create(kernels, small), digits, options)) {
      if (progress.kind === 'epoch') checkpoint = progress.checkpoint();
    }
    if (checkpoint === undefined) throw new Error('no epoch');
    const resumed = Mlp.create(kernels, small);
    expect(run(resumed, digits, { resume: checkpoint, epochs: 4 })).toBe(longer);
  });

  it('the sparse and the dense path, to the last bit', () => {
    const sparse = noisyDataset({ samples: 80, columns: 40, classes: 5, zeros: 0.8 });
    const padded = new Float32Array(80 * 120);
    // The same numbers among twice as many that never are zero, but meet weights of zero: too dense for the sparse path.
    for (let n = 0; n < 80; n++) {
      padded.set(sparse.inputs.subarray(n * 40, (n + 1) * 40), n * 120);
      padded.fill(1, n * 120 + 40, (n + 1) * 120);
    }
    const kernels = loadBuild();
    const narrow = Mlp.create(kernels, { layers: [40, 33, 5], seed: 2 });
    const { weights, biases } = narrow.parameters();
    const wide = Mlp.fromParameters(kernels, {
      layers: [120, 33, 5],
      weights: [
        Float32Array.from({ length: 33 * 120 }, (_, k) =>
          k % 120 < 40 ? (weights[0]?.[Math.floor(k / 120) * 40 + (k % 120)] ?? 0) : 0,
        ),
        weights[1] ?? new Float32Array(),
      ],
      biases,
    });
    // evaluate takes the path by the density that it finds: the sparse one here, the dense one there.
    const wideSet = { ...sparse, inputs: padded, columns: 120 };
    expect([density(sparse) < 0.5, density(wideSet) > 0.7]).toEqual([true, true]);
    expect(evaluate(wide, wideSet)).toEqual(evaluate(narrow, sparse));
  });
});

describe('steps of the trainer', () => {
  const dataset = noisyDataset({ samples: 23, columns: 9, classes: 3 });
  const rows = Array.from({ length: 23 }, (_, n) => [...dataset.inputs.subarray(n * 9, (n + 1) * 9)]);

  it.each([
    { batchSize: 1, momentum: 0, weightDecay: 0 },
    { batchSize: 5, momentum: 0, weightDecay: 0 },
    { batchSize: 1, momentum: 0.9, weightDecay: 0 },
    { batchSize: 5, momentum: 0.5, weightDecay: 0.02 },
    { batchSize: 64, momentum: 0, weightDecay: 0.1 },
  ])(
    'are those of torch.optim.SGD in float64: $batchSize, $momentum, $weightDecay',
    ({ batchSize, momentum, weightDecay }) => {
      const kernels = loadBuild();
      const layers = [9, 11, 3];
      const mlp = Mlp.create(kernels, { layers, hiddenActivation: 'tanh', seed: 8 });
      let reference: ReferenceMlp = { hiddenActivation: 'tanh', ...toReference(layers, mlp.parameters()) };
      let velocity: Pick<ReferenceMlp, 'weights' | 'biases'> = {
        weights: reference.weights.map((weight) => weight.map((row) => row.map(() => 0))),
        biases: reference.biases.map((bias) => bias.map(() => 0)),
      };
      let lossSum = 0;
      const order = shuffledOrder(23, 6);
      for (let first = 0; first < 23; first += batchSize) {
        const batch = order.slice(first, first + batchSize);
        const g = batchGradients(
          reference,
          batch.map((n) => rows[n] ?? []),
          batch.map((n) => dataset.labels[n] ?? 0),
        );
        lossSum += g.loss * batch.length;
        const v = (old: number, gradient: number, w: number) => momentum * old + gradient + weightDecay * w;
        velocity = {
          weights: velocity.weights.map((m, l) =>
            m.map((row, i) =>
              row.map((old, o) => v(old, g.weights[l]?.[i]?.[o] ?? 0, reference.weights[l]?.[i]?.[o] ?? 0)),
            ),
          ),
          biases: velocity.biases.map((row, l) =>
            row.map((old, o) => v(old, g.biases[l]?.[o] ?? 0, reference.biases[l]?.[o] ?? 0)),
          ),
        };
        reference = {
          hiddenActivation: 'tanh',
          weights: reference.weights.map((m, l) =>
            m.map((row, i) => row.map((w, o) => w - 0.2 * (velocity.weights[l]?.[i]?.[o] ?? 0))),
          ),
          biases: reference.biases.map((row, l) => row.map((b, o) => b - 0.2 * (velocity.biases[l]?.[o] ?? 0))),
        };
      }
      for (const progress of train(mlp, dataset, {
        epochs: 1,
        learningRate: 0.2,
        batchSize,
        momentum,
        weightDecay,
        seed: 6,
      })) {
        if (progress.kind === 'epoch') expectClose(progress.metrics.trainLoss, lossSum / 23, 1e-5);
      }
      const expected = toParameters(reference);
      expectClose(mlp.parameters().weights, expected.weights, 1e-5);
      expectClose(mlp.parameters().biases, expected.biases, 1e-5);
    },
  );

  /** The first epoch's order, as the kernels draw it. */
  function shuffledOrder(length: number, seed: number): number[] {
    const kernels = loadBuild();
    const [state, order] = [kernels.allocate(16), kernels.allocate(4 * length)];
    kernels.call.seedRandom(state, seed, 2, 0);
    kernels.call.shuffle(order, state, length);
    return [...kernels.words(order, length)];
  }
});

describe('learning', () => {
  it('question 4: a 2-3-2 network finds the ellipse, seed 1, 100 epochs of 4,000 points', () => {
    const mlp = Mlp.create(loadBuild(), { layers: [2, 3, 2], seed: 1 });
    const training = ellipseDataset({ samples: 4000, seed: 1 });
    const losses: number[] = [];
    for (const progress of train(mlp, training, { epochs: 100, learningRate: 0.03, seed: 1 })) {
      if (progress.kind === 'epoch') losses.push(progress.metrics.trainLoss);
    }
    expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 3);
    expect(evaluate(mlp, ellipseDataset({ samples: 2000, seed: 1, part: 1 })).accuracy).toBeGreaterThan(0.95);
  });

  it('generated digits: 97 % of unseen ones after 5 epochs of 3,000', () => {
    const mlp = Mlp.create(loadBuild(), { layers: [784, 60, 10], seed: 1 });
    run(mlp, digitsDataset({ samples: 3000, seed: 1 }), { epochs: 5, learningRate: 0.1 });
    expect(evaluate(mlp, digitsDataset({ samples: 1000, seed: 1, part: 1 })).accuracy).toBeGreaterThan(0.97);
  });
});

describe('what a run reports', () => {
  it('running means over the epoch, validation at its end, every yield in order', () => {
    const { training, validation } = splitTail(digits, 100);
    const mlp = Mlp.create(loadBuild(), small);
    const seen: string[] = [];
    for (const progress of train(mlp, training, { epochs: 2, validation, stepsPerSlice: 200 })) {
      seen.push(`${progress.kind} ${progress.epoch} ${progress.samples} ${progress.step}`);
      if (progress.kind !== 'epoch') continue;
      const { loss, accuracy } = evaluate(mlp, validation);
      expect(progress.metrics).toMatchObject({ validationLoss: loss, validationAccuracy: accuracy });
      expect(progress.metrics.trainLoss).toBeGreaterThan(0);
    }
    expect(seen).toEqual([
      ...['slice 1 200 200', 'slice 1 400 400', 'slice 1 500 500', 'epoch 1 500 500'],
      ...['slice 2 200 700', 'slice 2 400 900', 'slice 2 500 1000', 'epoch 2 500 1000'],
    ]);
  });

  it('the network is usable between two slices', () => {
    const mlp = Mlp.create(loadBuild(), small);
    const before = mlp.logits(digits.inputs.subarray(0, 784));
    for (const progress of train(mlp, digits, { epochs: 1, stepsPerSlice: 300 })) {
      if (progress.kind === 'slice') expect(mlp.logits(digits.inputs.subarray(0, 784))).not.toEqual(before);
    }
  });
});

describe('what goes wrong', () => {
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
    expect(message(options)).toContain(expected);
  });

  it('data that do not fit', () => {
    expect(message({}, { ...digits, columns: 785 })).toContain(
      'expected 784 inputs a sample, as the network has, got 785',
    );
    expect(message({}, { ...digits, labels: digits.labels.map(() => 10) })).toContain(
      'expected labels from 0 to 9, got 10 at sample 0',
    );
    expect(message({}, { ...digits, labels: digits.labels.subarray(1) })).toContain('digits: expected 599 × 784');
    const floats = Float32Array.from(digits.inputs);
    floats[1000] = Number.NaN;
    expect(message({}, { ...digits, inputs: floats })).toContain('expected finite numbers, got NaN at index 1000');
  });

  it.each([1, 64])('a learning rate of a million is stopped at its step, batch %i', (batchSize) => {
    expect(message({ learningRate: 1e6, batchSize })).toMatch(
      /diverged at step \d+ \(epoch 1\), learning rate 1000000/,
    );
  });

  it('relu, too, and what follows can be trained again', () => {
    const kernels = loadBuild();
    const mlp = Mlp.create(kernels, { ...small, hiddenActivation: 'relu' });
    expect(() => run(mlp, digits, { learningRate: 1e6 })).toThrow('diverged');
    const other = Mlp.create(kernels, small);
    run(other, digits, { epochs: 1 });
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
    // It has begun its second epoch: what it holds is no network of one epoch.
    expect(resume(known, { epochs: 1 })).toThrow('epochs: expected at least 2, which the checkpoint has begun, got 1');
    expect(resume({ ...known, name: 'elsewhere' }, { epochs: 2 })).not.toThrow();
  });

  it('a progress that is past gives no checkpoint', () => {
    const steps = train(Mlp.create(loadBuild(), small), digits, { stepsPerSlice: 10 });
    const first = steps.next().value;
    if (first === undefined || !('checkpoint' in first)) throw new Error('no progress');
    expect(first.checkpoint().step).toBe(10);
    steps.next();
    expect(() => first.checkpoint()).toThrow('checkpoint: expected to be called before the generator goes on or ends');
    for (const progress of train(Mlp.create(loadBuild(), small), digits, { stepsPerSlice: 10 })) {
      expect(progress.checkpoint().cursor).toBe(10);
      break;
    }
  });

  it('an option that is none', () => {
    expect(message({ learningrate: 1 } as TrainOptions)).toContain('train: expected options of epochs, learningRate,');
    expect(message({ learningRate: 1e-50 })).toContain('learningRate: expected a number above 0, got 1e-50');
    expect(message({ learningRate: 1e39 })).toContain('learningRate: expected a number above 0, got 1e+39');
  });

  it('weights that overflow in the very last step', () => {
    const one = { ...noisyDataset({ samples: 1, columns: 3, classes: 2 }), inputs: Float32Array.of(3, 3, 3) };
    const mlp = Mlp.create(loadBuild(), { layers: [3, 2] });
    expect(() => run(mlp, one, { epochs: 1, learningRate: 3e38 })).toThrow('diverged at step 1 (epoch 1)');
  });

  it('two runs on one network at once', () => {
    const mlp = Mlp.create(loadBuild(), small);
    const first = train(mlp, digits, {});
    first.next();
    expect(() => train(mlp, digits, {}).next()).toThrow('this Mlp is being trained already');
    first.return({ epochs: [], steps: 0 });
    expect(train(mlp, digits, {}).next().done).toBe(false);
  });
});

describe('memory', () => {
  it('does not grow while training', () => {
    const kernels = loadBuild();
    const mlp = Mlp.create(kernels, small);
    const { training, validation } = splitTail(digits, 300);
    let size: number | undefined;
    for (const _ of train(mlp, training, { epochs: 20, validation, batchSize: 3, momentum: 0.9 })) {
      size ??= kernels.memoryBytes;
      expect(kernels.memoryBytes).toBe(size);
    }
  });

  it('is all given back: after training, after an error, after 3,000 networks', () => {
    const kernels = loadBuild();
    for (let i = 0; i < 3000; i++) {
      const mlp = Mlp.create(kernels, { layers: [50, 20, 5], seed: i });
      mlp.predict(new Float32Array(50));
      mlp.dispose();
    }
    const mlp = Mlp.create(kernels, small);
    run(mlp, digits, { epochs: 1 });
    expect(() => run(mlp, digits, { learningRate: 1e6 })).toThrow('diverged');
    expect(() => run(mlp, { ...digits, columns: 3 }, {})).toThrow('inputs');
    mlp.gradients(digits.inputs.subarray(0, 784), [1]);
    mlp.dispose();
    expect(kernels.allocatedBytes).toBe(0);
    expect(kernels.memoryBytes).toBeLessThan(4 * 2 ** 20);
  });

  it('is given back wherever an allocation fails', () => {
    const kernels = loadBuild();
    const mlp = Mlp.create(kernels, small);
    const before = kernels.allocatedBytes;
    const allocate = kernels.allocate.bind(kernels);
    const uses = [
      () => Mlp.create(kernels, small),
      () => mlp.gradients(digits.inputs.subarray(0, 784), [1]),
      () => mlp.predictBatch(digits.inputs.subarray(0, 7840)),
      () => evaluate(mlp, digits),
      () => mlp.parameters(),
      () => run(mlp, digits, { momentum: 0.9 }),
    ];
    for (const use of uses) {
      let failures = 0;
      for (let nth = 1; nth <= 3; nth++) {
        let calls = 0;
        kernels.allocate = (bytes) => {
          calls++;
          if (calls === nth) throw new Error('no memory');
          return allocate(bytes);
        };
        try {
          use();
        } catch (error) {
          failures++;
          expect(String(error)).toContain('no memory');
          expect(kernels.allocatedBytes, `${use}, allocation ${nth}`).toBe(before);
        }
      }
      expect(failures).toBeGreaterThan(0);
    }
  });

  it('MNIST as bytes takes at most 50 MB', () => {
    const kernels = loadBuild();
    const mnistSized = {
      ...digits,
      inputs: new Uint8Array(60_000 * 784).fill(1, 0, 784),
      labels: new Uint16Array(60_000),
    };
    const mlp = Mlp.create(kernels, small);
    const steps = train(mlp, mnistSized, { stepsPerSlice: 10 });
    steps.next();
    expect(kernels.allocatedBytes).toBeLessThan(50e6);
    steps.return({ epochs: [], steps: 0 });
  });
});

it('the fingerprint of weights is over (out, in) float32, little-endian', () => {
  const mlp = Mlp.fromParameters(loadBuild(), {
    layers: [2, 1],
    weights: [Float32Array.of(1, 2)],
    biases: [Float32Array.of(3)],
  });
  const bytes = Buffer.alloc(12);
  [1, 2, 3].forEach((value, i) => {
    bytes.writeFloatLE(value, 4 * i);
  });
  expect(weightsSha256(mlp.parameters())).toBe(createHash('sha256').update(bytes).digest('hex'));
});
