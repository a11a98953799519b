/** The activations of hidden layers against the float64 reference. */
import { describe, expect, it } from 'vitest';
import { HIDDEN_ACTIVATIONS, Mlp } from '../../src/index.ts';
import { forward } from '../../src/reference/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { expectClose, noise, toReference } from '../support/numbers.ts';

/** Widths around those of vectors and tiles. */
const LAYERS = [13, 37, 8, 5, 3];
const SAMPLES = 19;

describe.each(BUILD_NAMES)('%s build', (build) => {
  const kernels = loadBuild(build);
  const inputs = Float32Array.from(noise(SAMPLES * 13, 1), (value) => (value < 0 ? 0 : value));
  const rows = Array.from({ length: SAMPLES }, (_, n) => [...inputs.subarray(13 * n, 13 * (n + 1))]);

  it.each(HIDDEN_ACTIVATIONS)('%s: each layer has the activations of the reference', (hiddenActivation) => {
    using mlp = Mlp.create(kernels, { layers: LAYERS, hiddenActivation, seed: 2 });
    const reference = { hiddenActivation, ...toReference(LAYERS, mlp.parameters()) };
    const expected = rows.map((row) => forward(reference, row).activations);
    const got = mlp.activations(inputs);
    for (const [l, layer] of got.entries())
      expectClose(
        layer,
        expected.map((row) => row[l + 1] ?? []),
        2e-6,
      );
    expect(got.map(({ length }) => length)).toEqual([37, 8, 5].map((units) => units * SAMPLES));
  });

  it('int8 weights: those of the dequantized weights, for bytes too', () => {
    using mlp = Mlp.create(kernels, { layers: [16, 20, 4], hiddenActivation: 'tanh', seed: 3 });
    using int8 = mlp.quantize();
    using float32 = Mlp.fromParameters(kernels, { ...int8.spec, ...int8.parameters() });
    const pixels = Uint8Array.from(noise(48, 4), (value) => 255 * Math.abs(value));
    const [got = [], expected = []] = [int8, float32].map((each) => each.activations(pixels));
    expectClose([...got], [...expected], 1e-4);
  });

  it('has no layers for a network without hidden layers, frees its memory, and refuses other shapes', () => {
    using mlp = Mlp.create(kernels, { layers: [3, 2], seed: 1 });
    const before = kernels.allocatedBytes;
    expect(mlp.activations(Float32Array.of(1, 2, 3))).toEqual([]);
    expectRefusal(() => mlp.activations(Float32Array.of(1, 2)), 'bad-shape', /expected .*3/);
    expect(kernels.allocatedBytes).toBe(before);
  });
});
