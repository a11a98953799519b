/** Results of all questions. The same plan, data and kernels give bit-identical results. */
import { sampleCount } from '../../src/core/dataset.ts';
import { evaluateProbabilities } from '../../src/core/evaluate-probabilities.ts';
import type { TrialOptions } from '../../src/core/grid.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { readAccuracy } from '../../src/core/measures.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { stretchMeans } from '../../src/core/step-series.ts';
import type { SucceededRun } from '../../src/format/run-file.ts';
import {
  bestTrial,
  type FullTrial,
  type Run,
  successfulRuns,
  summariseEpochs,
  summariseRuns,
  type Trial,
} from '../report/summary.ts';
import { createRunNetwork, type RunData } from '../training/run-spec.ts';
import { derivativeFigures } from './derivative-figures.ts';
import { type HardSample, hardestSamples } from './hardest.ts';
import { networkFigures } from './network-figures.ts';
import { ASSIGNMENT, type ReproductionData } from './plan.ts';

export interface ReproductionTrials extends Readonly<Record<'ellipse' | 'repeat' | 'final', FullTrial>> {
  readonly learningRates: readonly Trial[];
  readonly wide: readonly Trial[];
}

/** Number of test samples shown as the hardest. */
const HARDEST = 21;

export type ReproductionFigures = ReturnType<typeof reproductionFigures>;

export function reproductionFigures(kernels: Kernels, trials: ReproductionTrials, data: ReproductionData) {
  const { ellipse, repeat, learningRates, wide, final } = trials;
  const network = repeat.runs[0]?.spec;
  if (network === undefined) throw new Error('expected at least one run');
  return {
    ...derivativeFigures(kernels),
    4: ellipseFigures(ellipse),
    ...networkFigures(kernels, network, data.split.training),
    '7.1': curveFigures(repeat),
    '7.2': {
      ...spreadOptions(repeat),
      validationSamples: data.split.validation === undefined ? 0 : sampleCount(data.split.validation),
      epochs: summariseEpochs(repeat.runs),
      runs: repeat.runs.map(runFigures),
    },
    '7.3': {
      trials: learningRates.map(trialFigures),
      best: bestTrial(learningRates)?.trial.options.learningRate ?? null,
      wide: wide.length === 0 ? null : wideFigures(wide),
    },
    '7.4': finalFigures(kernels, final, data),
  };
}

function ellipseFigures({ options, runs }: FullTrial) {
  const run = runs[0];
  const outcome = run === undefined ? undefined : successfulRuns([run])[0]?.outcome;
  const perEpoch =
    outcome === undefined ? [] : stretchMeans(outcome.steps, 'loss', outcome.steps.steps / options.epochs);
  return {
    layers: run?.spec.layers ?? [],
    epochs: options.epochs,
    learningRate: options.learningRate,
    /** Mean objective of the steps of the first and of the last epoch. */
    loss: { firstEpoch: perEpoch[0] ?? null, lastEpoch: perEpoch.at(-1) ?? null },
    testLoss: outcome?.test?.loss ?? null,
    testAccuracy: outcome?.test == null ? null : readAccuracy(outcome.test),
    ...failure(run),
  };
}

/** One run by epoch, and the epochs in which the validation loss is below each training loss. */
function curveFigures({ runs }: Trial) {
  const epochs = successfulRuns(runs.slice(0, 1)).flatMap(({ outcome }) => outcome.epochs);
  const below = (name: 'trainLoss' | 'trainEndLoss') =>
    epochs.filter((record) => (record.validationLoss ?? Number.NaN) < record[name]).map(({ epoch }) => epoch);
  return {
    seed: runs[0]?.spec.training.seed ?? null,
    epochs: epochs.map(withoutSeconds),
    validationBelowRunningTraining: below('trainLoss'),
    validationBelowTrainingAtEpochEnd: below('trainEndLoss'),
    ...failure(runs[0]),
  };
}

function finalFigures(kernels: Kernels, { runs, options }: FullTrial, { final }: ReproductionData) {
  const good = successfulRuns(runs);
  const test = good[0]?.outcome.test;
  return {
    ...spreadOptions({ runs, options }),
    trainingSamples: sampleCount(final.training),
    testSamples: final.test === undefined ? 0 : sampleCount(final.test),
    ...withoutSeconds(summariseRuns(runs)),
    assignment: ASSIGNMENT,
    runs: runs.map(runFigures),
    /** First seed. */
    confusion: test != null && 'confusion' in test ? test.confusion : null,
    /** First seed. */
    calibration: measureCalibration(kernels, good[0], final.test),
    /** By mean loss over all seeds. */
    hardest: findHardest(kernels, good, final.test),
  };
}

function measureCalibration(kernels: Kernels, run: Run<SucceededRun> | undefined, test: RunData['test']) {
  if (run === undefined || test === undefined) return null;
  using mlp = createRunNetwork(kernels, run.spec, run.outcome.parameters);
  return evaluateProbabilities(mlp, test).calibration;
}

function findHardest(kernels: Kernels, runs: readonly Run<SucceededRun>[], test: RunData['test']): HardSample[] {
  if (test === undefined || runs.length === 0) return [];
  const networks = runs.map(({ spec, outcome }) => createRunNetwork(kernels, spec, outcome.parameters));
  try {
    return hardestSamples(networks, test, HARDEST);
  } finally {
    for (const mlp of networks) mlp.dispose();
  }
}

function wideFigures(trials: readonly Trial[]) {
  const best = bestTrial(trials)?.trial.options;
  return {
    trials: trials.map(trialFigures),
    best: best === undefined ? null : { hidden: best.hidden, learningRate: best.learningRate },
  };
}

function trialFigures({ options, runs }: Trial) {
  const layers = runs[0]?.spec.layers ?? [];
  return {
    options: pickOptions(options),
    parameters: parameterCount(layers),
    ...withoutSeconds(summariseRuns(runs)),
    runs: runs.map(runFigures),
  };
}

function runFigures(run: Run) {
  const { spec, outcome, weightsSha256 } = run;
  const { seed } = spec.training;
  if (outcome.status === 'failed') return { seed, ...failure(run) };
  const { test, epochs } = outcome;
  const last = epochs.at(-1);
  return {
    seed,
    ...(last === undefined ? {} : withoutSeconds(last)),
    testLoss: test?.loss ?? null,
    testAccuracy: test === null ? null : readAccuracy(test),
    weightsSha256,
  };
}

function failure(run: Run | undefined) {
  return run?.outcome.status === 'failed' ? { failed: run.outcome.reason } : {};
}

function spreadOptions({ options, runs }: Trial) {
  return { options: pickOptions(options), seeds: runs.map(({ spec }) => spec.training.seed) };
}

/** Options that exist in the assignment. */
function pickOptions(options: TrialOptions) {
  const { hidden, activation, init, epochs, learningRate, batchSize, momentum, weightDecay } = options;
  return { hidden, activation, init, epochs, learningRate, batchSize, momentum, weightDecay };
}

/** Durations differ between machines and are part of the provenance. */
function withoutSeconds<Value extends { readonly seconds: unknown }>({ seconds: _, ...value }: Value) {
  return value;
}
