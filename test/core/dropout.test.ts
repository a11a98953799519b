/** Training with dropout: against the float64 reference, and independent of slices, checkpoints and paths. */
import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { Random } from '../../src/core/random.ts';
import {
  type Dataset,
  evaluate,
  type HiddenActivations,
  Mlp,
  PackedPixels,
  type TrainOptions,
  train,
} from '../../src/index.ts';
import { batchGradients, gradientStep, type ReferenceGradients, type ReferenceMlp } from '../../src/reference/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose, toParameters, toReference } from '../support/numbers.ts';
import { checkpointAt, digits, run, small } from '../support/training.ts';

const STREAM = 7n;
const GAMMA = 0x9e3779b97f4a7c15n;
const wrap = (value: bigint) => BigInt.asUintN(64, value);
/** Steele, Lea and Flood (2014). */
function splitMix64(x: bigint): bigint {
  let z = wrap(x + GAMMA);
  z = wrap((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = wrap((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** The factor of each unit of hidden layer `layer`. */
function drawMask(p: number, seed: number, epoch: number, sample: number, layer: number, units: number): number[] {
  const run = splitMix64((STREAM << 32n) | BigInt(seed));
  const key = splitMix64(wrap(splitMix64(wrap(run + ((BigInt(epoch) << 32n) | BigInt(sample)))) + BigInt(layer)));
  return Array.from({ length: units }, (_, o) => {
    const bits = splitMix64(wrap(key + BigInt(o >> 1) * GAMMA));
    return Number(o % 2 === 0 ? bits & 0xffffffffn : bits >> 32n) < p * 2 ** 32 ? 0 : 1 / (1 - p);
  });
}

/** Scaling a unit scales the weights that read it, and the gradient of these weights. */
function scaleRows(weights: readonly (readonly (readonly number[])[])[], masks: readonly number[][]): number[][][] {
  return weights.map((weight, l) => weight.map((row, i) => row.map((w) => w * (masks[l - 1]?.[i] ?? 1))));
}

/** The same run in float64. */
function trainReference(
  start: ReferenceMlp,
  data: Dataset,
  options: Required<Pick<TrainOptions, 'dropout' | 'epochs'>> & {
    seed: number;
    batchSize: number;
    learningRate: number;
  },
): ReferenceMlp {
  const { dropout, epochs, seed, batchSize, learningRate } = options;
  const hidden = start.biases.slice(0, -1).map((bias) => bias.length);
  const scale = data.inputs instanceof Uint8Array ? 255 : 1;
  let mlp = start;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = new Random(seed, 'shuffle', epoch).permutation(data.labels.length);
    for (let first = 0; first < order.length; first += batchSize) {
      const each = [...order.subarray(first, first + batchSize)].map((sample): ReferenceGradients => {
        const masks = hidden.map((units, l) => drawMask(dropout, seed, epoch, sample, l, units));
        const inputs = data.inputs as Float32Array | Uint8Array;
        const x = [...inputs.subarray(sample * data.columns, (sample + 1) * data.columns)].map(
          (value) => value / scale,
        );
        const dropped = { ...mlp, weights: scaleRows(mlp.weights, masks) };
        const gradients = batchGradients(dropped, [x], [data.labels[sample] ?? 0]);
        return { ...gradients, weights: scaleRows(gradients.weights, masks) };
      });
      for (const { weights, biases } of each)
        mlp = gradientStep(mlp, { loss: 0, weights, biases }, learningRate / each.length);
    }
  }
  return mlp;
}

const sparse = noisyDataset({ samples: 23, columns: 160, classes: 3, zeros: 0.8, kind: 'bytes' });
const dense = noisyDataset({ samples: 23, columns: 6, classes: 3 });

describe.each(BUILD_NAMES)('%s build: the run of the reference', (build) => {
  const kernels = loadBuild(build);
  it.each<[string, Dataset, number[], HiddenActivations, number]>([
    ['batches of dense samples', dense, [9, 7], ['relu', 'gelu'], 4],
    ['single dense samples', dense, [9, 33], ['identity', 'softplus'], 1],
    ['batches of sparse samples', sparse, [40], 'tanh', 5],
    ['pending updates of sparse samples', sparse, [130, 5], ['sigmoid', 'silu'], 1],
  ])('%s', (_, data, hidden, hiddenActivation, batchSize) => {
    const layers = [data.columns, ...hidden, 3];
    const options = { epochs: 2, learningRate: 0.05, batchSize, dropout: 0.4, seed: 9 };
    using mlp = Mlp.create(kernels, { layers, hiddenActivation, seed: 2, initialisation: 'glorot' });
    const start: ReferenceMlp = { hiddenActivation, ...toReference(layers, mlp.parameters()) };
    for (const _ of train(mlp, data, options));
    const expected = toParameters(trainReference(start, data, options));
    expectClose(mlp.parameters().weights, expected.weights, 2e-5);
    expectClose(mlp.parameters().biases, expected.biases, 2e-5);
    const without = toParameters(trainReference(start, data, { ...options, dropout: 0 }));
    expect(() => expectClose(mlp.parameters().weights, without.weights, 1e-3)).toThrow();
  });
});

const kernels = loadBuild();
const options = { epochs: 2, learningRate: 0.1, dropout: 0.5 } as const;

it('drops the stated share of units, other ones for each sample, layer, epoch and seed', () => {
  const share = (mask: readonly number[]) => mask.filter((factor) => factor === 0).length / mask.length;
  const masks = [
    drawMask(0.3, 1, 0, 0, 0, 10_000),
    drawMask(0.3, 1, 0, 0, 1, 10_000),
    drawMask(0.3, 1, 0, 1, 0, 10_000),
    drawMask(0.3, 1, 1, 0, 0, 10_000),
    drawMask(0.3, 2, 0, 0, 0, 10_000),
  ];
  // Five standard deviations of 10,000 draws.
  for (const mask of masks) expect(Math.abs(share(mask) - 0.3)).toBeLessThan(0.023);
  // Both of two independent masks drop a unit in 9 % of all cases.
  const first = masks[0] ?? [];
  for (const mask of masks.slice(1)) {
    expect(Math.abs(share(first.map((factor, o) => factor + (mask[o] ?? 1))) - 0.09)).toBeLessThan(0.015);
  }
});

it.each([1, 16])('batches of %i: slices, a resumed run and packed pixels have the same bits', (batchSize) => {
  const create = () => Mlp.create(kernels, small);
  const all = { ...options, batchSize };
  const whole = run(create(), digits, all);
  expect(run(create(), digits, { ...all, stepsPerSlice: 3 })).toBe(whole);
  const resume = checkpointAt(create(), digits, { ...all, stepsPerSlice: 7 }, 50);
  expect(resume.options.dropout).toBe(0.5);
  expect(run(create(), digits, { resume })).toBe(whole);
  const packed = { ...digits, inputs: PackedPixels.pack(kernels, digits.inputs as Uint8Array, digits.columns) };
  expect(run(create(), packed, all)).toBe(whole);
  expect(run(create(), digits, { ...all, dropout: 0 })).toBe(
    run(create(), digits, { ...all, dropout: undefined as never }),
  );
  expect(run(create(), digits, { ...all, dropout: 0 })).not.toBe(whole);
});

it('is refused with another value when a run continues', () => {
  const resume = checkpointAt(Mlp.create(kernels, small), digits, options, 50);
  expect(() => run(Mlp.create(kernels, small), digits, { resume, dropout: 0.2 })).toThrow(
    'dropout: the checkpoint was made with 0.5, got 0.2',
  );
});

it('is off in evaluation, prediction and gradients', () => {
  using mlp = Mlp.create(kernels, { ...small, hiddenActivation: 'gelu' });
  const [epoch] = [...train(mlp, digits, { ...options, epochs: 1, validation: digits })].filter(
    ({ kind }) => kind === 'epoch',
  );
  const { loss } = evaluate(mlp, digits);
  expect(epoch).toMatchObject({ metrics: { validationLoss: loss } });
  using copy = Mlp.fromParameters(kernels, { ...mlp.spec, ...mlp.parameters() });
  expect(weightsSha256(copy.gradients(digits.inputs, digits.labels))).toBe(
    weightsSha256(mlp.gradients(digits.inputs, digits.labels)),
  );
  expect(mlp.gradients(digits.inputs, digits.labels).loss).toBeCloseTo(loss, 6);
});
