/** Grids, statistics and summaries of runs. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hardestSamples } from '../../../cli/assignment/hardest.ts';
import { runIdentity } from '../../../cli/experiments/run-store.ts';
import { withFingerprint } from '../../../cli/hash.ts';
import { seedRange } from '../../../cli/options.ts';
import { smoothingWindow } from '../../../cli/report/curves.ts';
import {
  bestTrial,
  computeSpread,
  computeSpreads,
  type Run,
  runsAtEpochs,
  scoreTrials,
  summariseEpochs,
  summariseRuns,
  type Trial,
} from '../../../cli/report/summary.ts';
import { type RunData, runSpecs } from '../../../cli/training/run-spec.ts';
import { expandGrid, type TrialOptions, variedOptions } from '../../../src/core/grid.ts';
import type { EpochRecord } from '../../../src/core/recorder.ts';
import { createSeries, recordingStride, stretchMeans } from '../../../src/core/step-series.ts';
import type { RunOutcome } from '../../../src/format/run-file.ts';
import { Mlp, slice } from '../../../src/index.ts';
import { crossEntropyFromLogits } from '../../../src/reference/index.ts';
import { loadBuild } from '../../support/kernels.ts';
import { digits } from '../../support/training.ts';

const GRID: { readonly [Name in keyof TrialOptions]-?: readonly TrialOptions[Name][] } = {
  hidden: [[10], [20, 5]],
  optimizer: [{ kind: 'sgd' }],
  nesterov: [false],
  clipNorm: [0],
  dropout: [0],
  loss: [undefined],
  classWeight: [undefined],
  schedule: [{ kind: 'constant' }],
  warmupEpochs: [0],
  averageEpochs: [0],
  patience: [0],
  augment: [{ kind: 'none' }],
  activation: ['sigmoid'],
  init: [undefined],
  epochs: [2],
  learningRate: [0.1, 0.2, 0.3],
  batchSize: [1],
  momentum: [0],
  weightDecay: [0],
};
const DATA: RunData = {
  training: withFingerprint(slice(digits, 0, 100)),
  validation: withFingerprint(slice(digits, 100, 120)),
};

describe('a grid', () => {
  it('has every combination once; the last option varies fastest', () => {
    const trials = expandGrid<TrialOptions>(GRID);
    expect(trials.map(({ hidden, learningRate }) => [hidden.join('-'), learningRate])).toEqual([
      ...['10', '20-5'].flatMap((hidden) => [0.1, 0.2, 0.3].map((rate) => [hidden, rate])),
    ]);
    expect(variedOptions(GRID)).toEqual(['hidden', 'learningRate']);
  });

  it('creates a spec for each seed, with the initialisation of the activation', () => {
    const [trial] = expandGrid<TrialOptions>({ ...GRID, activation: ['relu'] });
    if (trial === undefined) throw new Error('no trial');
    const specs = runSpecs(trial, seedRange(5, 3), 'data', DATA);
    expect(specs.map(({ training }) => training.seed)).toEqual([5, 6, 7]);
    expect(specs[0]).toMatchObject({ layers: [784, 10, 10], hiddenActivation: 'relu', initialisation: 'he' });
  });
});

describe('the identity of a run', () => {
  const [spec] = runSpecs(expandGrid<TrialOptions>(GRID)[0] ?? ({} as never), [1], 'data', DATA);
  if (spec === undefined) throw new Error('no spec');
  const identity = runIdentity(spec, DATA, 'k');

  it('depends on everything that affects the result', () => {
    const { training } = spec;
    const others = [
      runIdentity(spec, DATA, 'other kernels'),
      runIdentity({ ...spec, layers: [784, 11, 10] }, DATA, 'k'),
      runIdentity({ ...spec, hiddenActivation: 'tanh' }, DATA, 'k'),
      runIdentity({ ...spec, initialisation: 'he' }, DATA, 'k'),
      ...(['epochs', 'learningRate', 'batchSize', 'momentum', 'weightDecay', 'seed'] as const).map((name) =>
        runIdentity({ ...spec, training: { ...training, [name]: training[name] + 1 } }, DATA, 'k'),
      ),
      runIdentity(spec, { ...DATA, training: withFingerprint(slice(digits, 1, 101)) }, 'k'),
      runIdentity(spec, { ...DATA, validation: undefined }, 'k'),
      runIdentity(spec, { ...DATA, test: DATA.validation }, 'k'),
    ];
    expect(new Set([identity, ...others]).size).toBe(others.length + 1);
  });

  it('does not depend on names', () => {
    const renamed = { ...DATA, training: { ...DATA.training, name: 'elsewhere' } };
    expect(runIdentity({ ...spec, data: 'other key' }, renamed, 'k')).toBe(identity);
  });
});

describe('mean and spread', () => {
  it('are computed for known numbers', () => {
    expect(computeSpread([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, standardDeviation: Math.sqrt(32 / 7) });
    expect(computeSpread([3])).toEqual({ mean: 3, standardDeviation: null });
  });

  it('follow a shift and a factor', () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(
        numbers,
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        (values, shift, factor) => {
          const before = computeSpread(values);
          const after = computeSpread(values.map((value) => factor * value + shift));
          expect(after.mean).toBeCloseTo(factor * before.mean + shift, 6);
          expect(after.standardDeviation).toBeCloseTo(factor * (before.standardDeviation ?? Number.NaN), 6);
        },
      ),
    );
  });

  it('average windows that cover every step once', () => {
    const loss = Float32Array.of(1, 2, 3, 4, 5, 6, 8);
    const series = createSeries({ loss, accuracy: loss.map((value) => -value) });
    expect(series).toMatchObject({ steps: 7, stride: 1, loss });
    expect(stretchMeans(series, 'loss', 3)).toEqual([2, 5, 8]);
    expect(stretchMeans(series, 'accuracy', 3)).toEqual([-2, -5, -8]);
  });

  it.each([999_999, 1_000_000, 1_000_001, 2_345_678, 16_500_000])(
    'stores at most a million means for %i steps, with the same curves',
    (steps) => {
      const loss = new Float32Array(steps).map((_, i) => Math.sin(i) + i / steps);
      const series = createSeries({ loss, accuracy: loss });
      expect(series.steps).toBe(steps);
      expect(series.loss.length).toBeLessThanOrEqual(1_000_000);
      expect(series.loss.length).toBe(Math.ceil(steps / recordingStride(steps)));
      const size = smoothingWindow(steps);
      expect(size % series.stride).toBe(0);
      stretchMeans(series, 'loss', size).forEach((mean, i) => {
        const part = loss.subarray(i * size, (i + 1) * size);
        expect(mean).toBeCloseTo(part.reduce((sum, value) => sum + value, 0) / part.length, 6);
      });
    },
  );

  it('are computed up to the longest series, at each index over the series that reach it', () => {
    const series = [
      [1, 2, 3],
      [3, 6],
    ];
    expect(computeSpreads(series)).toEqual([
      { mean: 2, standardDeviation: Math.SQRT2 },
      { mean: 4, standardDeviation: Math.sqrt(8) },
      { mean: 3, standardDeviation: null },
    ]);
    expect(computeSpreads([])).toEqual([]);
  });

  it('use windows of 1, 2 or 5 times a power of ten, 150 to 375 for each run', () => {
    expect([1, 150, 299, 300, 275_000, 360_000].map(smoothingWindow)).toEqual([1, 1, 1, 2, 1000, 2000]);
    fc.assert(
      fc.property(fc.integer({ min: 150, max: 10_000_000 }), (steps) => {
        const window = smoothingWindow(steps);
        expect(['1', '2', '5']).toContain(String(window).replace(/0+$/, ''));
        expect(steps / window).toBeGreaterThanOrEqual(150);
        expect(steps / window).toBeLessThan(376);
      }),
    );
  });
});

describe('summaries of runs', () => {
  const options = expandGrid<TrialOptions>(GRID)[0] ?? ({} as never);
  const run = (seed: number, validationLoss: number | null): Run => {
    const epoch = {
      ...{ epoch: 1, trainLoss: 1, trainAccuracy: 0.5, trainEndLoss: 0.9, trainEndAccuracy: 0.6 },
      ...{ validationLoss: validationLoss ?? 0, validationAccuracy: 0.7, seconds: seed },
    };
    const outcome: RunOutcome =
      validationLoss === null
        ? { status: 'failed', code: 'diverged', reason: 'diverged at step 1' }
        : ({ status: 'succeeded', epochs: [epoch], validation: null, test: null } as unknown as RunOutcome);
    const [spec] = runSpecs(options, [seed], 'data', DATA);
    if (spec === undefined) throw new Error('no spec');
    return { spec, outcome, weightsSha256: null, kept: false };
  };
  const trial = (...losses: (number | null)[]): Trial => ({ options, runs: losses.map((loss, i) => run(i + 1, loss)) });

  it('summarise the runs that succeeded, and list those that failed', () => {
    const summary = summariseRuns(trial(1, null, 3).runs);
    expect(summary.validationLoss).toEqual({ mean: 2, standardDeviation: Math.SQRT2 });
    expect(summary).toMatchObject({
      seeds: [1, 2, 3],
      failed: [{ seed: 2, reason: 'diverged at step 1' }],
      testLoss: null,
    });
    expect(summary.seconds?.mean).toBe(2);
    expect(summariseEpochs(trial(1, null, 3).runs)[0]).toMatchObject({ epoch: 1, validationLoss: { mean: 2 } });
  });

  it('average each epoch over the runs that reached it', () => {
    const { runs } = trial(1, 3, null, 5);
    const lengthened = runs.map((each, i): Run => {
      if (each.outcome.status === 'failed') return each;
      const [first] = each.outcome.epochs;
      const epochs = Array.from({ length: i + 1 }, (_, n) => ({ ...first, epoch: n + 1 }));
      return { ...each, outcome: { ...each.outcome, epochs } as unknown as RunOutcome };
    });
    for (const order of [lengthened, lengthened.toReversed()]) {
      expect(summariseEpochs(order).map(({ epoch, validationLoss }) => [epoch, validationLoss?.mean])).toEqual([
        [1, 3],
        [2, 4],
        [3, 5],
        [4, 5],
      ]);
      expect(runsAtEpochs(order)).toEqual([3, 2, 1, 1]);
    }
    expect(runsAtEpochs(runs)).toBeUndefined();
  });

  it('evaluate the kept weights if they are not those of the last epoch', () => {
    const [first] = trial(5).runs;
    if (first?.outcome.status !== 'succeeded') throw new Error('no run');
    const { outcome } = first;
    const epochs = [5, 2, 4].map((loss, n) => ({
      ...(outcome.epochs[0] as EpochRecord),
      ...{ epoch: n + 1, validationLoss: loss, validationAccuracy: 1 / loss, trainEndLoss: loss / 2 },
    }));
    const summarise = (patience: number) => {
      const spec = { ...first.spec, training: { ...first.spec.training, patience } };
      return summariseRuns([{ ...first, spec, outcome: { ...outcome, epochs } }]);
    };
    expect(summarise(9)).toMatchObject({ validationLoss: { mean: 2 }, trainEndLoss: { mean: 1 } });
    expect(summarise(0)).toMatchObject({ validationLoss: { mean: 4 }, trainEndLoss: { mean: 2 } });
  });

  it('choose the best trial without failures', () => {
    expect(bestTrial([trial(3, 3), trial(1, 2), trial(2, 2)])?.index).toBe(1);
    expect(bestTrial([trial(3, 3), trial(1, null)])?.index).toBe(0);
    expect(bestTrial([trial(null)])).toBeUndefined();
  });

  it('rank trials by accuracy before loss, as patience ranks epochs', () => {
    const score = (validationAccuracy: number | null, validationLoss: number): Trial => {
      const [first] = trial(1).runs;
      if (first?.outcome.status !== 'succeeded') throw new Error('no run');
      const epochs = first.outcome.epochs.map((epoch) => ({ ...epoch, validationAccuracy, validationLoss }));
      return { options, runs: [{ ...first, outcome: { ...first.outcome, epochs } }] };
    };
    expect(bestTrial([score(0.8, 1), score(0.9, 3), score(0.9, 2), score(0.9, 2)])?.index).toBe(2);
    expect(scoreTrials([score(0.9, 2)])).toEqual([{ validationAccuracy: 0.9, validationLoss: 2 }]);
    // Regression has no accuracy.
    expect(bestTrial([score(null, 3), score(null, 1), score(null, 2)])?.index).toBe(1);
  });

  it('rank trials with different losses by R², because their losses have different scales', () => {
    const score = (loss: 'squared-error' | 'huber', validationLoss: number, validationR2: number): Trial => {
      const [first] = trial(1).runs;
      if (first?.outcome.status !== 'succeeded') throw new Error('no run');
      const measures = { validationAccuracy: null, validationLoss, validationR2 };
      const epochs = first.outcome.epochs.map((epoch) => ({ ...epoch, ...measures }));
      return { options: { ...options, loss }, runs: [{ ...first, outcome: { ...first.outcome, epochs } }] };
    };
    const unlike = [score('squared-error', 0.4, 0.8), score('huber', 0.2, 0.7)];
    const best = { validationAccuracy: null, validationLoss: 0.4, validationR2: 0.8 };
    expect(bestTrial(unlike)).toEqual({ index: 0, trial: unlike[0], score: best });
    expect(bestTrial([score('huber', 0.4, 0.8), score('huber', 0.2, 0.7)])?.index).toBe(1);
  });
});

describe('the hardest samples', () => {
  it('have the greatest mean loss, computed in float64', () => {
    const networks = [1, 2].map((seed) => Mlp.create(loadBuild(), { layers: [784, 6, 10], seed }));
    const set = slice(digits, 0, 50);
    const losses = Array.from(set.labels, (label, n) => {
      const each = networks.map((mlp) => crossEntropyFromLogits([...mlp.logits(slice(set, n, n + 1).inputs)], label));
      return { sample: n, loss: each.reduce((sum, loss) => sum + loss, 0) / 2 };
    }).sort((a, b) => b.loss - a.loss);
    const hardest = hardestSamples(networks, set, 5);
    expect(hardest.map(({ sample }) => sample)).toEqual(losses.slice(0, 5).map(({ sample }) => sample));
    hardest.forEach(({ sample, label, loss, predicted }, i) => {
      expect(loss).toBeCloseTo(losses[i]?.loss ?? Number.NaN, 6);
      expect(label).toBe(set.labels[sample]);
      const pixels = slice(set, sample, sample + 1).inputs;
      expect(predicted).toEqual(networks.map((mlp) => mlp.predict(pixels).label));
    });
  });
});
