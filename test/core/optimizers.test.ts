/** The optimizers of the kernels against PyTorch. The other tests of training compare single steps with float64. */
import { describe, expect, it } from 'vitest';
import { type Dataset, Mlp, type TrainingOptionsInput, train } from '../../src/index.ts';
import type { StepOptions } from '../../src/reference/index.ts';
import type { Golden } from '../support/golden.ts';
import { loadBuild } from '../support/kernels.ts';
import { expectClose, toParameters } from '../support/numbers.ts';
import { OPTIMIZER_RUNS } from '../support/optimizers.ts';

describe('200 steps have the losses of PyTorch', () => {
  it.each(OPTIMIZER_RUNS)('$golden.name, $options', ({ golden, options, losses }) => {
    using mlp = Mlp.fromParameters(loadBuild(), { ...pickSpec(golden), ...toParameters(golden) });
    const dataset = createDataset(golden);
    const got: number[] = [];
    const run = { ...toTrainingOptions(options), epochs: losses.length, batchSize: golden.labels.length };
    for (const progress of train(mlp, dataset, run)) {
      if (progress.kind === 'epoch') got.push(progress.metrics.trainLoss);
    }
    expect(got).toHaveLength(200);
    expectClose(got, losses, 1e-3, 0.01);
  });
});

function pickSpec({ layers, hiddenActivation }: Golden) {
  return { layers, hiddenActivation };
}

function createDataset({ x, labels, layers }: Golden): Dataset {
  return {
    name: 'golden',
    inputs: Float32Array.from(x.flat()),
    labels: Uint16Array.from(labels),
    columns: layers[0] ?? 0,
    classes: Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => String(label)),
    scaling: { kind: 'identity' },
  };
}

function toTrainingOptions({ kind, beta1, beta2, epsilon, ...options }: StepOptions): TrainingOptionsInput {
  const fields = { ...(beta1 && { beta1 }), ...(beta2 && { beta2 }), ...(epsilon && { epsilon }) };
  return {
    ...options,
    optimizer: kind === 'sgd' ? { kind } : { kind, ...fields },
    weightDecay: options.weightDecay ?? 0,
  };
}
