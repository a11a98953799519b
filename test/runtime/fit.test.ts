/** `fit`, `loadModel` and `saveModel`. */
import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { parseModel } from '../../src/format/index.ts';
import {
  type EpochMetrics,
  fit as fitMlp,
  loadModel,
  Mlp,
  type SliceProgress,
  saveModel,
  train,
} from '../../src/index.ts';
import { loadBuild } from '../support/kernels.ts';
import { digits } from '../support/training.ts';

const kernels = loadBuild();
const SPEC = { layers: [784, 12, 10], seed: 3 };
const OPTIONS = { epochs: 2, learningRate: 0.1, stepsPerSlice: 100 };

describe('fit', () => {
  it('ends with the weights and the result of train, and reports slices and epochs', async () => {
    using expected = Mlp.create(kernels, SPEC);
    const run = train(expected, digits, OPTIONS);
    let step = run.next();
    while (!step.done) step = run.next();
    using mlp = Mlp.create(kernels, SPEC);
    const epochs: EpochMetrics[] = [];
    const slices: SliceProgress[] = [];
    const result = await fitMlp(mlp, digits, {
      ...OPTIONS,
      onEpoch: (metrics) => epochs.push(metrics),
      onProgress: (progress) => slices.push(progress),
    });
    expect(result).toEqual(step.value);
    expect(epochs).toEqual(result.epochs);
    expect(slices.map((slice) => slice.step)).toEqual(slices.map((_, i) => (i + 1) * 100));
    expect(weightsSha256(mlp.parameters())).toBe(weightsSha256(expected.parameters()));
  });

  it('lets other tasks run between slices', async () => {
    using mlp = Mlp.create(kernels, SPEC);
    let slices = 0;
    let seen = 0;
    setTimeout(() => {
      seen = slices;
    });
    await fitMlp(mlp, digits, { ...OPTIONS, epochs: 1, onProgress: () => slices++ });
    expect(seen).toBe(1);
    expect(slices).toBe(digits.labels.length / 100);
  });

  it('rejects with the reason of the signal, frees its memory and keeps the weights of that moment', async () => {
    using mlp = Mlp.create(kernels, SPEC);
    using expected = Mlp.create(kernels, SPEC);
    const before = kernels.allocatedBytes;
    const controller = new AbortController();
    const reason = new Error('enough');
    const stopped = fitMlp(mlp, digits, {
      ...OPTIONS,
      signal: controller.signal,
      onProgress: ({ step }) => {
        if (step === 300) controller.abort(reason);
      },
    });
    await expect(stopped).rejects.toBe(reason);
    expect(kernels.allocatedBytes).toBe(before);
    for (const { step } of train(expected, digits, OPTIONS)) if (step === 300) break;
    expect(weightsSha256(mlp.parameters())).toBe(weightsSha256(expected.parameters()));
    await expect(fitMlp(mlp, digits, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('rejects with the error of a callback, and the network can be trained again', async () => {
    using mlp = Mlp.create(kernels, SPEC);
    const onEpoch = () => {
      throw new Error('callback');
    };
    await expect(fitMlp(mlp, digits, { ...OPTIONS, onEpoch })).rejects.toThrow('callback');
    await expect(fitMlp(mlp, digits, { ...OPTIONS, epochs: 1 })).resolves.toMatchObject({
      steps: digits.labels.length,
    });
    await expect(fitMlp(mlp, digits, { epochs: 0 })).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('loadModel and saveModel', () => {
  it.each(['float32', 'int8'] as const)('keep the weights, %s', (precision) => {
    using float = Mlp.create(kernels, SPEC);
    using mlp =
      precision === 'int8' ? float.quantize() : Mlp.fromParameters(kernels, { ...SPEC, ...float.parameters() });
    using again = loadModel(kernels, saveModel(mlp));
    expect(again.precision).toBe(precision);
    expect(again.logits(digits.inputs)).toEqual(mlp.logits(digits.inputs));
  });

  it('describe the model, for instance by its data set', () => {
    using mlp = Mlp.create(kernels, SPEC);
    const { info } = parseModel(saveModel(mlp, digits), 'm');
    const { classes, scaling, imageShape } = digits;
    expect(info).toEqual({ spec: mlp.spec, classes, scaling, imageShape });
    expect(parseModel(saveModel(mlp), 'm').info).toMatchObject({
      classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      scaling: { kind: 'identity' },
    });
  });

  it('name the model in errors', () => {
    expect(() => loadModel(kernels, new Uint8Array(4), { name: 'x.safetensors' })).toThrow('x.safetensors: ');
  });
});
