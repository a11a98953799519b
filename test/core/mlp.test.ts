import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allocator } from '../../src/core/allocator.ts';
import { density } from '../../src/core/dataset.ts';
import { evaluationBytes } from '../../src/core/evaluation-sums.ts';
import { inferenceOptions } from '../../src/core/predictor.ts';
import {
  classMetrics,
  evaluate,
  evaluateInSlices,
  Mlp,
  type MlpSpec,
  PixelPacker,
  splitShuffled,
  splitTail,
} from '../../src/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { expectClose, noise } from '../support/numbers.ts';

const kernels = loadBuild();
const dataset = noisyDataset({ samples: 700, columns: 30, classes: 4, zeros: 0.5, kind: 'bytes' });
const mlp = Mlp.create(kernels, { layers: [30, 17, 4], seed: 3 });
const sample = dataset.inputs.subarray(0, 30);

describe('creating', () => {
  it.each([
    [{ layers: [784] }, 'layers: expected [inputs, …, outputs], 2 to 64 sizes, got [784]'],
    [{ layers: [784, 0, 10] }, 'layers[1]: expected a whole number of at least 1, got 0'],
    [{ layers: [784, 2.5, 10] }, 'layers[1]: expected a whole number of at least 1, got 2.5'],
    [
      { layers: [784, 1e9, 10] },
      'layers 784-1000000000-10: expected at most 134,217,728 parameters, got 795,000,000,010',
    ],
    [{ layers: [2, 3, 5000] }, 'layers: expected at most 4,096 outputs, got 5,000'],
    [
      { layers: [2, 2], hiddenActivation: 'swish' },
      'hiddenActivation: expected one of sigmoid, tanh, relu, leaky-relu',
    ],
    [
      { layers: [2, 2], initialisation: 'zero' },
      'initialisation: expected one of glorot, he, normal, by-activation, got zero',
    ],
    [
      { layers: [2, 2], activation: 'relu' },
      'Mlp.create: expected options of layers, hiddenActivation, task, initialisation, seed, got activation',
    ],
    [undefined, 'Mlp.create: expected an object of options, got nothing'],
    [{ layers: [2, 2], seed: 2 ** 32 }, 'seed: expected a whole number'],
  ])('%o is refused', (options, message) => {
    const before = kernels.allocatedBytes;
    expectRefusal(
      () => Mlp.create(kernels, options as MlpSpec),
      message.startsWith('layers') || message.startsWith('hidden') ? 'bad-spec' : 'bad-argument',
      message,
    );
    expect(kernels.allocatedBytes).toBe(before);
  });

  it.each([
    [Promise.resolve(kernels), 'got Promise'],
    [() => kernels, 'got a function'],
    [undefined, 'got nothing'],
    [{}, 'got an object'],
  ])('kernels: %o is refused, with the call that is missing', (given, got) => {
    const message = `kernels: expected Kernels, ${got}: pass \`await loadKernels()\`, and import loadKernels and Mlp from the same entry`;
    expectRefusal(() => Mlp.create(given as never, { layers: [2, 2] }), 'bad-argument', message);
    expect(() => Mlp.fromParameters(given as never, { layers: mlp.spec.layers, ...mlp.parameters() })).toThrow(message);
    expect(() => new PixelPacker(given as never, 2, 2)).toThrow(message);
  });

  it('refuses parameters of the wrong shape or value', () => {
    const { weights, biases } = mlp.parameters();
    const from = (change: Partial<{ weights: Float32Array[]; biases: Float32Array[] }>) => () =>
      Mlp.fromParameters(kernels, { layers: [30, 17, 4], weights, biases, ...change });
    expect(from({ weights: [weights[0] ?? new Float32Array()] })).toThrow(
      'expected 2 weights and biases, got 1 weights',
    );
    expect(from({ biases: [new Float32Array(16), new Float32Array(4)] })).toThrow(
      'biases[0]: expected 17 numbers, got 16',
    );
    const nan = (weights[1] ?? new Float32Array()).slice();
    nan[5] = Number.NaN;
    expect(from({ weights: [weights[0] ?? nan, nan] })).toThrow(
      'weights[1]: expected finite numbers, got NaN at index 5',
    );
    expect(from({})().parameters()).toEqual(mlp.parameters());
  });

  it('reports the numbers if memory is insufficient, and frees everything', () => {
    const own = loadBuild();
    expectRefusal(() => own.allocate(2 ** 32), 'out-of-memory', /4,294,967,296 bytes more are needed/);
    expect(own.allocatedBytes).toBe(0);
    own.free(own.allocate(1000));
  });
});

describe('printing', () => {
  const facts = {
    layers: [30, 17, 4],
    hiddenActivation: 'sigmoid',
    precision: 'float32',
    parameters: 31 * 17 + 18 * 4,
  };

  it('shows layers, activation and parameters, and no internals', () => {
    expect(inspect(mlp)).toBe(`Mlp ${inspect(facts)}`);
    expect(JSON.parse(JSON.stringify({ mlp }))).toEqual({ mlp: facts });
  });

  it('works for a disposed network', () => {
    const gone = mlp.quantize();
    gone.dispose();
    expect(inspect(gone)).toContain("precision: 'int8'");
  });

  it('shows the threads and the memory of kernels', () => {
    const own = loadBuild();
    const { memoryBytes } = own;
    expect(inspect(own)).toBe(`Kernels ${inspect({ threads: 1, memoryBytes, allocatedBytes: 0 })}`);
    expect(JSON.parse(JSON.stringify(own))).toEqual({ threads: 1, memoryBytes, allocatedBytes: 0 });
  });
});

describe('predicting', () => {
  it('returns the same for one sample, a list and a batch, and for bytes and numbers', () => {
    const one = mlp.predict(sample);
    expect([...one.probabilities].reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    expect(one.label).toBe(one.probabilities.indexOf(Math.max(...one.probabilities)));
    expect(mlp.predict([sample, sample])).toEqual([one, one]);
    expect(mlp.predict(Float32Array.from(sample, (value) => value / 255))).toEqual(one);
    const batch = mlp.predictBatch(dataset.inputs);
    expect(batch.probabilities.subarray(0, 4)).toEqual(one.probabilities);
    const last = mlp.predict(dataset.inputs.subarray(699 * 30));
    expect(batch.probabilities.subarray(699 * 4)).toEqual(last.probabilities);
    expect(batch.labels[699]).toBe(last.label);
    expect(mlp.predictBatch(new Uint8Array(0)).labels.length).toBe(0);
  });

  it('refuses inputs and labels of the wrong size or value', () => {
    expect(() => mlp.predict(new Uint8Array(29))).toThrow('inputs: expected 1 × 30 numbers, got 29');
    expect(() => mlp.predict(new Uint8Array(60))).toThrow('inputs: expected 1 × 30 numbers, got 60');
    expect(() => mlp.predictBatch(new Uint8Array(31))).toThrow('a multiple of 30 numbers, got 31');
    expect(() => mlp.predict(new Float32Array(30).fill(Number.POSITIVE_INFINITY))).toThrow('got Infinity at index 0');
    expect(() => mlp.predict([1, 2] as never)).toThrow(
      'inputs: expected a Uint8Array (0–255) or a Float32Array, got a list of 2: convert it with Float32Array.from(list)',
    );
    expect(() => mlp.predictBatch(new Float64Array(30) as never)).toThrow(/or a Float32Array, got Float64Array$/);
    const message = 'labels: expected labels from 0 to 3, got 4 at sample 0';
    expectRefusal(() => mlp.gradients(sample, [4]), 'bad-data', message);
    expectRefusal(() => mlp.gradients(new Uint8Array(0), []), 'bad-shape', 'expected at least one sample');
  });

  it.each([
    ['float32', (network: Mlp) => network],
    ['int8', (network: Mlp) => network.quantize()],
  ] as const)('refuses inputs that overflow inside a %s network', (_, convert) => {
    using network = Mlp.create(kernels, { layers: [4, 8, 3], hiddenActivation: 'relu', seed: 1 });
    using tested = convert(network);
    const inputs = new Float32Array(4 * 300).fill(0.5);
    inputs.fill(3e38, 4 * 270, 4 * 271);
    const huge = inputs.subarray(4 * 270, 4 * 271);
    const message = (sample: number) => `sample ${sample}: expected finite outputs, got `;
    expectRefusal(() => tested.predict(huge), 'not-finite', message(0));
    expectRefusal(() => tested.predictBatch(inputs), 'not-finite', message(270));
    expectRefusal(() => tested.logits(inputs), 'not-finite', 'its inputs overflow inside the network; use smaller or');
    expect(tested.predict(inputs.subarray(0, 4)).label).toBeLessThan(3);
    if (tested.precision === 'float32') {
      expectRefusal(() => tested.gradients(huge, [1]), 'not-finite', 'gradients: expected finite outputs, got');
    }
    const table = { name: 'huge', inputs, labels: new Uint16Array(300), columns: 4, classes: ['a', 'b', 'c'] };
    const data = { ...table, scaling: { kind: 'identity' } } as const;
    expectRefusal(() => evaluate(tested, data), 'not-finite', 'samples 256 to 299: expected finite outputs');
  });

  it('throws after dispose', () => {
    const gone = Mlp.create(kernels, { layers: [2, 2] });
    gone.dispose();
    gone.dispose();
    expectRefusal(() => gone.predict(new Float32Array(2)), 'disposed', 'this Mlp was disposed');
  });

  it('keeps networks in one memory independent', () => {
    const before = mlp.predict(sample);
    const others = Array.from({ length: 20 }, (_, seed) => Mlp.create(kernels, { layers: [30, 5 + seed, 4], seed }));
    for (const other of others) other.predict(sample);
    for (const other of others.filter((_, i) => i % 2 === 0)) other.dispose();
    const late = Mlp.create(kernels, { layers: [30, 64, 4] });
    expect(mlp.predict(sample)).toEqual(before);
    for (const other of [...others, late]) other.dispose();
  });
});

describe('evaluating', () => {
  it('computes loss, accuracy and confusion from the predictions', () => {
    const { labels, probabilities } = mlp.predictBatch(dataset.inputs);
    const { loss, accuracy, confusion, samples, classes } = evaluate(mlp, dataset);
    expect(samples).toBe(700);
    expect(accuracy).toBe([...labels].filter((label, n) => label === dataset.labels[n]).length / 700);
    const losses = [...dataset.labels].map((label, n) => -Math.log(probabilities[n * 4 + label] ?? 0));
    expectClose(loss, losses.reduce((sum, value) => sum + value, 0) / 700, 1e-6);
    expect(confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(700);
    dataset.labels.forEach((label) => {
      expect(classes[label]?.support).toBe(dataset.labels.filter((other) => other === label).length);
    });
  });

  it.each([
    { samples: 513, kind: 'bytes', yields: [256, 512, 513] },
    { samples: 256, kind: 'floats', yields: [256] },
    { samples: 1, kind: 'bytes', yields: [1] },
  ] as const)('takes the memory that it announces, in chunks of 256: $samples $kind', ({ samples, kind, yields }) => {
    const set = noisyDataset({ samples, columns: 30, classes: 4, zeros: 0.5, kind });
    const before = kernels.allocatedBytes;
    const evaluation = evaluateInSlices(mlp, set);
    const done: number[] = [];
    let step = evaluation.next();
    for (; !step.done; step = evaluation.next()) {
      done.push(step.value);
      expect(kernels.allocatedBytes - before).toBe(evaluationBytes(mlp, set));
    }
    expect(done).toEqual(yields);
    expect(step.value).toEqual(evaluate(mlp, set));
    expect(kernels.allocatedBytes).toBe(before);
  });

  it('computes class metrics that were calculated by hand', () => {
    const [a, b, c] = classMetrics([
      [8, 2, 0],
      [1, 9, 0],
      [0, 0, 0],
    ]);
    expect(a).toEqual({ label: 0, support: 10, precision: 8 / 9, recall: 0.8, f1: 16 / 19 });
    expect(b).toEqual({ label: 1, support: 10, precision: 9 / 11, recall: 0.9, f1: 18 / 21 });
    expect(c).toEqual({ label: 2, support: 0, precision: 0, recall: 0, f1: 0 });
  });
});

describe('data sets', () => {
  it('splits without losing or repeating samples', () => {
    const numbered = { ...dataset, labels: Uint16Array.from({ length: 700 }, (_, n) => n) };
    for (const { training, validation } of [splitTail(numbered, 100), splitShuffled(numbered, 100, 5)]) {
      expect([training.labels.length, validation.labels.length]).toEqual([600, 100]);
      expect(new Set([...training.labels, ...validation.labels]).size).toBe(700);
      expect(training.inputs.length).toBe(600 * 30);
    }
    expect([...splitTail(numbered, 100).validation.labels]).toEqual(Array.from({ length: 100 }, (_, i) => 600 + i));
    const shuffled = splitShuffled(numbered, 100, 5);
    const first = shuffled.validation.labels[0] ?? 0;
    expect(shuffled.validation.inputs.subarray(0, 30)).toEqual(dataset.inputs.slice(first * 30, (first + 1) * 30));
    expect(splitShuffled(numbered, 100, 6).validation.labels).not.toEqual(shuffled.validation.labels);
    expect(() => splitTail(numbered, 700)).toThrow('validation: expected a whole number from 0 to 699');
  });

  it('computes density from the non-zero inputs', () => {
    const exact = [...dataset.inputs].filter((value) => value !== 0).length / dataset.inputs.length;
    expect(density(dataset)).toBe(exact);
  });
});

describe('rows of a network that predicts', () => {
  it.each([
    // An eighth of 4 · 238,510 bytes, by 8 · 1,094 bytes for a row.
    [[784, 300, 10], 13],
    [[2, 3, 2], 1],
    [[784, 784, 784], 16],
    // 4,032 parameters are 16,128 bytes: an eighth are exactly two rows of 8 · 126 bytes.
    [[63, 63], 2],
  ])('of %j: %i', (layers, rows) => {
    expect(inferenceOptions({ layers, hiddenActivation: 'sigmoid' })).toEqual({
      precision: 'float32',
      loss: 'cross-entropy',
      rows,
      training: false,
      sparse: false,
      velocity: false,
      secondMoment: false,
      gradient: false,
      pending: false,
      dropout: false,
    });
    expect(inferenceOptions({ layers, hiddenActivation: 'sigmoid' }, 'int8').rows).toBe(1);
  });
});

describe('allocator', () => {
  it('aligns blocks, never overlaps them, and reuses freed blocks', () => {
    const step = fc.record({ take: fc.boolean(), bytes: fc.integer({ min: 0, max: 40_000 }), which: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const memory = new WebAssembly.Memory({ initial: 1 });
        const allocator = new Allocator(memory, 100);
        const blocks: { address: number; bytes: number }[] = [];
        for (const { take, bytes, which } of steps) {
          if (take || blocks.length === 0) {
            const address = allocator.allocate(bytes);
            expect(address % 128).toBe(0);
            expect(address).toBeGreaterThanOrEqual(100);
            expect(address + bytes).toBeLessThanOrEqual(memory.buffer.byteLength);
            for (const other of blocks) {
              expect(address >= other.address + other.bytes || address + bytes <= other.address).toBe(true);
            }
            blocks.push({ address, bytes: Math.max(1, bytes) });
          } else {
            const [block] = blocks.splice(which % blocks.length, 1);
            allocator.free(block?.address ?? -1);
          }
        }
        for (const { address } of blocks) allocator.free(address);
        expect(allocator.allocatedBytes).toBe(0);
        // Everything has joined into one: as much as there is can be taken without growth.
        const size = memory.buffer.byteLength;
        allocator.allocate(size - 256);
        expect(memory.buffer.byteLength).toBe(size);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it('clears memory that is reused', () => {
    const own = loadBuild();
    const address = own.allocate(512);
    own.bytes(address, 512).fill(7);
    own.free(address);
    const again = own.allocate(512);
    expect(again).toBe(address);
    expect(own.bytes(again, 512).every((byte) => byte === 0)).toBe(true);
    expect(() => own.free(again + 4)).toThrow('no block at address');
  });
});

it('predicts with networks of random shapes', () => {
  const own = loadBuild();
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 2, maxLength: 5 }), fc.nat(), (layers, seed) => {
      const network = Mlp.create(own, { layers, hiddenActivation: 'tanh', seed });
      const { probabilities } = network.predict(Float32Array.from(noise(layers[0] ?? 1, seed)));
      expect(probabilities.every((value) => value >= 0 && value <= 1)).toBe(true);
      network.dispose();
      expect(own.allocatedBytes).toBe(0);
    }),
    { numRuns: 100, seed: 2 },
  );
});
