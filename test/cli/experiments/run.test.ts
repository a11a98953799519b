/** One run: what it records is what the library measures. */

import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../../cli/hash.ts';
import { performRun, type RunData, type RunSpec } from '../../../cli/training/run-spec.ts';
import type { EpochMetrics } from '../../../src/core/metrics.ts';
import type { SucceededRun } from '../../../src/format/run-file.ts';
import { type Evaluation, evaluate, Mlp, slice, TRAINING_DEFAULTS, train } from '../../../src/index.ts';
import { loadBuild } from '../../support/kernels.ts';
import { digits } from '../../support/training.ts';

const DATA = {
  training: slice(digits, 0, 500),
  validation: slice(digits, 500, 560),
  test: slice(digits, 560, 600),
} satisfies RunData;
const SPEC: RunSpec = {
  data: 'digits',
  layers: [784, 16, 10],
  hiddenActivation: 'tanh',
  initialisation: 'glorot',
  training: { ...TRAINING_DEFAULTS, epochs: 3, learningRate: 0.05, batchSize: 7, seed: 9 },
};

function perform(spec: RunSpec, data: RunData = DATA): SucceededRun {
  let ticks = 0;
  const outcome = performRun(loadBuild(), spec, data, { clock: () => ticks++ });
  if (outcome.status === 'failed') throw new Error(outcome.reason);
  return outcome;
}

describe('a run', () => {
  it('has the same weights and measures as train and evaluate', () => {
    const outcome = perform(SPEC);
    const { layers, hiddenActivation, initialisation, training } = SPEC;
    const mlp = Mlp.create(loadBuild(), { layers, hiddenActivation, initialisation, seed: training.seed });
    const byHand: (EpochMetrics & { end: Evaluation })[] = [];
    for (const progress of train(mlp, DATA.training, { ...training, validation: DATA.validation })) {
      if (progress.kind === 'epoch') byHand.push({ ...progress.metrics, end: evaluate(mlp, DATA.training) });
    }
    expect(weightsSha256(outcome.parameters)).toBe(weightsSha256(mlp.parameters()));
    expect(outcome.epochs).toHaveLength(3);
    outcome.epochs.forEach(({ trainEndLoss, trainEndAccuracy, seconds, ...metrics }, i) => {
      const { end, ...expected } = byHand[i] ?? {};
      expect(metrics).toEqual(expected);
      expect([trainEndLoss, trainEndAccuracy]).toEqual([end?.loss, end?.accuracy]);
      expect(seconds).toBeGreaterThan(0);
    });
    expect(outcome.test).toEqual(evaluate(mlp, DATA.test));
    expect(outcome.validation).toEqual(evaluate(mlp, DATA.validation));
  });

  it('records every step: their means, weighted by their samples, are the running means of the epochs', () => {
    const { steps, epochs } = perform(SPEC);
    const stepsPerEpoch = Math.ceil(500 / 7);
    expect(steps.loss).toHaveLength(3 * stepsPerEpoch);
    expect(steps.accuracy).toHaveLength(3 * stepsPerEpoch);
    for (const { epoch, trainLoss, trainAccuracy } of epochs) {
      const mean = (values: Float32Array) =>
        values
          .subarray((epoch - 1) * stepsPerEpoch, epoch * stepsPerEpoch)
          .reduce((sum, value, i) => sum + value * (i === stepsPerEpoch - 1 ? 500 % 7 : 7), 0) / 500;
      expect(mean(steps.loss)).toBeCloseTo(trainLoss, 6);
      expect(mean(steps.accuracy)).toBeCloseTo(trainAccuracy ?? -1, 6);
    }
  });

  it('the first step is the loss of the untrained network on the first sample of the order', () => {
    const one = slice(digits, 3, 4);
    const { steps } = perform({ ...SPEC, training: { ...SPEC.training, epochs: 1 } }, { training: one });
    const { layers, hiddenActivation, initialisation, training } = SPEC;
    const mlp = Mlp.create(loadBuild(), { layers, hiddenActivation, initialisation, seed: training.seed });
    expect(steps.loss[0]).toBeCloseTo(evaluate(mlp, one).loss, 6);
    expect(steps.loss).toHaveLength(1);
  });

  it('that patience ends has the steps that it took, and the weights of its best epoch', () => {
    const training = { ...SPEC.training, epochs: 60, learningRate: 0.5, patience: 2 };
    const { epochs, steps, validation } = perform({ ...SPEC, training });
    expect(epochs.length).toBeLessThan(60);
    const best = epochs.at(-3);
    expect(validation).toMatchObject({ loss: best?.validationLoss, accuracy: best?.validationAccuracy });
    const taken = epochs.length * Math.ceil(500 / 7);
    expect([steps.steps, steps.loss.length, steps.accuracy.length]).toEqual([taken, taken, taken]);
    expect(steps.loss.every((loss) => loss > 0)).toBe(true);
  });

  it('without validation and test samples it has no such figures', () => {
    const outcome = perform(SPEC, { training: DATA.training });
    expect(outcome).toMatchObject({ validation: null, test: null });
    expect(outcome.epochs[0]).toMatchObject({ validationLoss: null, validationAccuracy: null });
  });

  it('divergence makes a failed run, and gives its memory back', () => {
    const kernels = loadBuild();
    const spec = { ...SPEC, training: { ...SPEC.training, learningRate: 1e7 } };
    const outcome = performRun(kernels, spec, DATA, { clock: () => 0 });
    expect(outcome).toMatchObject({ status: 'failed', code: 'diverged' });
    expect(outcome.status === 'failed' && outcome.reason).toMatch(/^diverged at step \d+ \(epoch 1\)/);
    expect(kernels.allocatedBytes).toBe(0);
  });

  it('tells how far it has come, up to the whole', () => {
    const shares: number[] = [];
    performRun(loadBuild(), SPEC, DATA, { clock: () => 0, onProgress: (share) => shares.push(share) });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });
});
