/** Contributions to an output: their sum, and cases with a known result. */
import { describe, expect, it } from 'vitest';
import { HIDDEN_ACTIVATIONS, Mlp } from '../../src/index.ts';
import { computeContributions } from '../../web/inside/contributions.ts';
import { loadBuild } from '../support/kernels.ts';
import { expectClose, noise } from '../support/numbers.ts';

const kernels = loadBuild();
const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

describe.each(HIDDEN_ACTIVATIONS)('%s', (hiddenActivation) => {
  it.each([[[9, 3]], [[9, 14, 3]], [[9, 14, 6, 3]]])(
    'the contributions of each layer of %j sum to the difference',
    (layers) => {
      using mlp = Mlp.create(kernels, { layers, hiddenActivation, seed: 4 });
      const sample = Float32Array.from(noise(9, 5, 2), (value, i) => (i % 3 === 0 ? 0 : value));
      const direction = [1, -1, 0];
      const { start, end, inputs, units } = computeContributions(mlp, sample, direction);
      const [a = 0, b = 0] = mlp.logits(sample);
      const [a0 = 0, b0 = 0] = mlp.logits(new Float32Array(9));
      expect([end, start]).toEqual([a - b, a0 - b0]);
      expect(Math.abs(end - start)).toBeGreaterThan(1e-3);
      expect(units.length).toBe(layers.length - 2);
      for (const layer of [inputs, ...units]) expect(sum(layer)).toBeCloseTo(end - start, 4);
      for (const i of [0, 3, 6]) expect(inputs[i]).toBeCloseTo(0, 12);
    },
  );
});

it('a network without hidden layers: weight times input', () => {
  using mlp = Mlp.create(kernels, { layers: [4, 2], seed: 1 });
  const weight = mlp.parameters().weights[0] ?? new Float32Array();
  const { inputs } = computeContributions(mlp, Float32Array.of(1, -2, 0.5, 3), [0, 1]);
  expectClose(
    inputs,
    [1, -2, 0.5, 3].map((x, i) => x * (weight[4 + i] ?? 0)),
    1e-12,
  );
});

it('a saturated unit still passes on what reached it, unlike a gradient', () => {
  // The paper's example (section 2): y = -relu(1 - x_0 - x_1) = min(1, x_0 + x_1) - 1.
  const parameters = {
    weights: [Float32Array.of(-1, -1), Float32Array.of(-1)],
    biases: [Float32Array.of(1), Float32Array.of(0)],
  };
  using mlp = Mlp.fromParameters(kernels, {
    layers: [2, 1, 1],
    hiddenActivation: 'relu',
    task: 'regression',
    ...parameters,
  });
  const { start, end, inputs } = computeContributions(mlp, Float32Array.of(1, 1), [1]);
  expect([start, end, ...inputs]).toEqual([-1, 0, 0.5, 0.5]);
});

it('a unit whose linear output does not change: its inputs cancel', () => {
  const parameters = {
    weights: [Float32Array.of(1, -1), Float32Array.of(2)],
    biases: [Float32Array.of(0), Float32Array.of(0)],
  };
  using mlp = Mlp.fromParameters(kernels, {
    layers: [2, 1, 1],
    hiddenActivation: 'tanh',
    task: 'regression',
    ...parameters,
  });
  const { inputs, units } = computeContributions(mlp, Float32Array.of(3, 3), [1]);
  // h'(0) = 1
  expect([...inputs, ...(units[0] ?? [])]).toEqual([6, -6, 0]);
});

it('bytes count as the kernels scale them, and int8 weights as their float32 values', () => {
  using mlp = Mlp.create(kernels, { layers: [16, 8, 3], seed: 6 });
  using int8 = mlp.quantize();
  const pixels = Uint8Array.from(noise(16, 7), (value) => (value < 0 ? 0 : 255 * value));
  const { inputs } = computeContributions(mlp, pixels, [1, 0, -1]);
  const { inputs: floats } = computeContributions(
    mlp,
    Float32Array.from(pixels, (byte) => byte / 255),
    [1, 0, -1],
  );
  expect(inputs).toEqual(floats);
  const quantized = computeContributions(int8, pixels, [1, 0, -1]);
  expect(sum(quantized.inputs)).toBeCloseTo(quantized.end - quantized.start, 3);
});
