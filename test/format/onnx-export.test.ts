/** ONNX files of this program, there and back, and files of PyTorch. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HIDDEN_ACTIVATIONS, type HiddenActivations } from '../../src/core/spec.ts';
import { digitsDataset, scaleInputs } from '../../src/data/index.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../../src/format/index.ts';
import { formatOnnx, parseOnnx } from '../../src/format/onnx/index.ts';
import { Mlp } from '../../src/index.ts';
import { noise } from '../support/numbers.ts';
import { expectSame, kernels } from '../support/onnx-network.ts';

describe('files of PyTorch (test/fixtures/onnx/torch_onnx.py)', () => {
  const fixture = (name: string) => readFileSync(new URL(`../fixtures/onnx/${name}`, import.meta.url));

  it.each(['sigmoid', 'tanh', 'relu'] as const)('%s: its probabilities', async (hiddenActivation) => {
    const bytes = fixture(`torch-${hiddenActivation}.onnx`);
    const model = parseOnnx(bytes, 'm');
    expect(model.info).toMatchObject({ spec: { layers: [16, 12, 8, 3], hiddenActivation } });
    const { x, p } = JSON.parse(fixture(`torch-${hiddenActivation}.json`).toString()) as {
      x: number[][];
      p: number[][];
    };
    using mlp = createMlp(kernels, model);
    const { probabilities } = mlp.predictBatch(Float32Array.from(x.flat()));
    p.flat().forEach((each, i) => {
      expect(Math.abs(each - (probabilities[i] ?? 2))).toBeLessThan(1e-6);
    });
  });
});

describe('our files', () => {
  it.each([...HIDDEN_ACTIVATIONS, ['gelu', 'identity'], ['relu', 'silu']] as HiddenActivations[])(
    '%s: there and back the same weights, and the same probabilities elsewhere',
    async (hiddenActivation) => {
      using mlp = Mlp.create(kernels, { layers: [7, 20, 9, 3], hiddenActivation, seed: 4 });
      const model: ModelFile = {
        info: {
          spec: mlp.spec,
          classes: ['rot', 'grün', 'blau'],
          scaling: { kind: 'standard', mean: noise(7, 1), standardDeviation: noise(7, 2).map((each) => 1.1 + each) },
          features: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
          labelName: 'Farbe',
        },
        parameters: mlp.parameters(),
      };
      const bytes = formatOnnx(model);
      const back = parseOnnx(bytes, 'm');
      expect(back).toEqual(model);
      expect(formatOnnx(back)).toEqual(bytes);
      expect(formatModel(parseModel(formatModel(back), 's'))).toEqual(formatModel(model));
      await expectSame(bytes, model, 'probabilities', (x) => scaleInputs(x, model.info.scaling));
    },
  );

  it('a time in seconds, whose mean float32 cannot represent, is standardised as in the kernels', async () => {
    using mlp = Mlp.create(kernels, { layers: [2, 8, 3], hiddenActivation: 'tanh', seed: 2 });
    const scaling = { kind: 'standard', mean: [1700000061.3, 101325.07], standardDeviation: [60, 0.05] } as const;
    const model: ModelFile = {
      info: { spec: mlp.spec, classes: ['a', 'b', 'c'], scaling },
      parameters: mlp.parameters(),
    };
    const bytes = formatOnnx(model);
    expect(parseOnnx(bytes, 'm')).toEqual(model);
    const x = Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1.7e9 + 16 * i : 101325 + i / 128));
    await expectSame(bytes, model, 'probabilities', (raw) => scaleInputs(raw, scaling), x);
  });

  it('the bundled model, and its int8 form', async () => {
    for (const name of ['mnist-784-300-10', 'mnist-784-300-10.int8']) {
      const file = readFileSync(new URL(`../../models/${name}.safetensors`, import.meta.url));
      const { info, parameters } = parseModel(file, name);
      const bytes = formatOnnx({ info, parameters });
      const back = parseOnnx(bytes, name);
      expect(back.parameters).toEqual(parameters);
      expect(back.info).toMatchObject({ imageShape: [28, 28], scaling: { kind: 'bytes' }, classes: info.classes });
      const digits = Float32Array.from(digitsDataset({ samples: 20, seed: 3 }).inputs, (byte) => byte / 255);
      // Sums of 784 float32 products: both runtimes are within 1e-6 of float64.
      await expectSame(bytes, back, 'probabilities', (x) => x, digits, 3e-6);
    }
  });
});
