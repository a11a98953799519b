/** The whole network against PyTorch, the float64 reference and central differences. */
import { describe, expect, it } from 'vitest';
import { Mlp, train } from '../../src/index.ts';
import {
  batchGradients,
  crossEntropyFromLogits,
  forward,
  type ReferenceMlp,
  type Vector,
} from '../../src/reference/index.ts';
import { GOLDEN } from '../support/golden.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose, gradientsToParameters, noise, toParameters, toReference } from '../support/numbers.ts';

/** float32 has 24 bits; through a few layers of up to 40 terms errors grow to some tens of 2^-24. */
const SINGLE = 5e-6;

describe.each(BUILD_NAMES)('%s build', (build) => {
  const kernels = loadBuild(build);

  describe.each(GOLDEN)('PyTorch, $name', (golden) => {
    const { layers, hiddenActivation, labels, learningRate } = golden;
    const create = () => Mlp.fromParameters(kernels, { layers, hiddenActivation, ...toParameters(golden) });
    const x = Float32Array.from(golden.x.flat());
    // Logits of some hundreds, as in large-logits, have an ulp of 3e-5: tolerances are relative to the largest value.
    const scale = Math.max(1, ...golden.logits.flat().map(Math.abs));

    it('logits, probabilities, loss and gradients', () => {
      const mlp = create();
      expectClose(mlp.logits(x), golden.logits.flat(), SINGLE, scale);
      expectClose(mlp.predictBatch(x).probabilities, golden.probabilities.flat(), SINGLE * scale);
      const { loss, weights, biases } = mlp.gradients(x, labels);
      const expected = gradientsToParameters({
        loss: 0,
        weights: golden.gradWeights as never,
        biases: golden.gradBiases as never,
      });
      expectClose(loss, golden.loss, SINGLE, scale);
      expectClose(weights, expected.weights, SINGLE * 4);
      expectClose(biases, expected.biases, SINGLE * 4);
      mlp.dispose();
    });

    it('one and ten steps of gradient descent', () => {
      const mlp = create();
      const dataset = {
        ...{ name: golden.name, inputs: x, labels: Uint16Array.from(labels), columns: layers[0] ?? 0 },
        ...{
          classes: (golden.logits[0] ?? []).map((_, label) => String(label)),
          scaling: { kind: 'identity' } as const,
        },
      };
      const options = { batchSize: labels.length, learningRate };
      for (const progress of train(mlp, dataset, { ...options, epochs: 10 })) {
        if (progress.kind !== 'epoch') continue;
        const expected = { 1: golden.after1Steps, 10: golden.after10Steps }[progress.epoch];
        if (expected === undefined) continue;
        const { weights, biases } = toParameters({ weights: expected.weights, biases: expected.biases });
        expectClose(mlp.parameters().weights, weights, 2e-5);
        expectClose(mlp.parameters().biases, biases, 2e-5);
        expectClose(mlp.gradients(x, labels).loss, expected.loss, 1e-4, 0.1);
      }
      mlp.dispose();
    });
  });
});

const kernels = loadBuild();

describe.each([
  { layers: [1, 1, 2], hiddenActivation: 'sigmoid' },
  { layers: [3, 4, 5, 3], hiddenActivation: 'tanh' },
  { layers: [5, 31, 4], hiddenActivation: 'sigmoid' },
  { layers: [31, 32, 33, 5], hiddenActivation: 'relu' },
  { layers: [64, 300, 10], hiddenActivation: 'sigmoid' },
  { layers: [33, 64, 32, 31, 3], hiddenActivation: 'tanh' },
  { layers: [300, 10], hiddenActivation: 'sigmoid' },
  { layers: [4, 1], hiddenActivation: 'sigmoid' },
  { layers: [7, 33, 5, 31, 32, 4], hiddenActivation: ['gelu', 'leaky-relu', 'elu', 'silu'] },
  { layers: [7, 5, 17, 9, 4], hiddenActivation: ['softplus', 'identity', 'gelu-tanh'] },
] as const)('gradients of $layers $hiddenActivation', ({ layers, hiddenActivation }) => {
  const classes = layers.at(-1) ?? 1;
  const mlp = Mlp.create(kernels, { layers, hiddenActivation, seed: 5, initialisation: 'glorot' });
  const reference: ReferenceMlp = { hiddenActivation, ...toReference(layers, mlp.parameters()) };
  const batch = (samples: number) => {
    const x = Float32Array.from(noise(samples * layers[0], samples + 3, 0.9));
    const rows = Array.from({ length: samples }, (_, n): Vector => [...x.subarray(n * layers[0], (n + 1) * layers[0])]);
    return { x, rows, labels: Array.from({ length: samples }, (_, n) => n % classes) };
  };

  it.each([1, 2, 7, 64])('equal those of the reference, batch %i', (samples) => {
    const { x, rows, labels } = batch(samples);
    const got = mlp.gradients(x, labels);
    const expected = batchGradients(reference, rows, labels);
    const { weights, biases } = gradientsToParameters(expected);
    expectClose(got.loss, expected.loss, SINGLE);
    expectClose(got.weights, weights, SINGLE);
    expectClose(got.biases, biases, SINGLE);
    const greatest = Math.max(...got.weights.flatMap((weight) => [...weight].map(Math.abs)));
    if (classes > 1) expect(greatest).toBeGreaterThan(1e-3);
  });

  it('equal central differences', () => {
    const { x, rows, labels } = batch(2);
    const got = mlp.gradients(x, labels);
    const loss = (network: ReferenceMlp) =>
      rows.reduce((sum, row, n) => sum + crossEntropyFromLogits(forward(network, row).logits, labels[n] ?? 0), 0) /
      rows.length;
    let greatest = 0;
    reference.weights.forEach((weight, l) => {
      // A handful of weights of each layer, spread over its tiles.
      for (const k of [0, 7, 40, 333, 2021]) {
        const [i, o] = [k % weight.length, k % (weight[0]?.length ?? 1)];
        const shifted = (h: number) => ({
          ...reference,
          weights: reference.weights.with(
            l,
            weight.map((row, r) => (r === i ? row.with(o, (row[o] ?? 0) + h) : row)),
          ),
        });
        const difference = (loss(shifted(1e-4)) - loss(shifted(-1e-4))) / 2e-4;
        expectClose(got.weights[l]?.[o * weight.length + i] ?? Number.NaN, difference, 2e-5);
        greatest = Math.max(greatest, Math.abs(difference));
      }
    });
    if (classes > 1) expect(greatest).toBeGreaterThan(1e-3);
  });

  it("of a batch are the mean of its samples'", () => {
    const { x, labels } = batch(7);
    const whole = mlp.gradients(x, labels);
    const each = labels.map((label, n) => mlp.gradients(x.subarray(n * layers[0], (n + 1) * layers[0]), [label]));
    const mean = (select: (one: (typeof each)[number]) => number) =>
      each.reduce((sum, one) => sum + select(one), 0) / each.length;
    expectClose(
      whole.loss,
      mean(({ loss }) => loss),
      1e-6,
    );
    whole.weights.forEach((weight, l) => {
      expectClose(
        weight,
        [...weight].map((_, k) => mean(({ weights }) => weights[l]?.[k] ?? Number.NaN)),
        1e-6,
      );
    });
  });
});
