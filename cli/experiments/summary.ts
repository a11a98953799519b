/** What runs of equal options and different seeds come to together. */
import type { TrialOptions } from '../../src/core/grid.ts';
import type { EpochRecord } from '../../src/core/recorder.ts';
import type { FailedRun, MeasuredRun, RunOutcome } from '../../src/format/run-file.ts';
import type { RunMeasures, RunSpec } from './run.ts';
import { computeSpread, type Spread } from './statistics.ts';

/** A run that was performed. */
export interface Run<Outcome extends RunMeasures = RunMeasures> {
  readonly spec: RunSpec;
  readonly outcome: Outcome;
  /** Of the final weights; null for a run that failed. */
  readonly weightsSha256: string | null;
  /** It was not performed now, but found in the store. */
  readonly kept: boolean;
}

/** Runs that differ in the seed alone. */
export interface Trial<Outcome extends RunMeasures = RunMeasures> {
  readonly options: TrialOptions;
  readonly runs: readonly Run<Outcome>[];
}

/** A trial with its runs' weights and steps. */
export type FullTrial = Trial<RunOutcome>;

export function succeeded<Outcome extends MeasuredRun>(runs: readonly Run<Outcome | FailedRun>[]): Run<Outcome>[] {
  return runs.filter((run): run is Run<Outcome> => run.outcome.status === 'succeeded');
}

export function failed(runs: readonly Run[]): Run<FailedRun>[] {
  return runs.filter((run): run is Run<FailedRun> => run.outcome.status === 'failed');
}

/** The measures of an epoch that there may be a mean of. */
export const EPOCH_MEASURES = [
  'trainLoss',
  'trainAccuracy',
  'trainEndLoss',
  'trainEndAccuracy',
  'validationLoss',
  'validationAccuracy',
] as const satisfies (keyof EpochRecord)[];
export type EpochMeasure = (typeof EPOCH_MEASURES)[number];

/** Mean and spread of what the runs have in common; null where they have no such measure. */
export type EpochSummary = { readonly epoch: number } & { readonly [Name in EpochMeasure]: Spread | null };

/** Epoch by epoch, over the runs that succeeded and had not ended before it. */
export function summariseEpochs(runs: readonly Run[]): EpochSummary[] {
  const histories = succeeded(runs).map(({ outcome }) => outcome.epochs);
  const [longest = []] = histories.toSorted((a, b) => b.length - a.length);
  return longest.map(({ epoch }, i) => {
    const of = (name: EpochMeasure) => spreadOrNull(histories.map((epochs) => epochs[i]?.[name] ?? null));
    return { epoch, ...(Object.fromEntries(EPOCH_MEASURES.map((name) => [name, of(name)])) as Measures) };
  });
}

/** How many runs there are a mean of at each epoch; undefined where it is all of them at every one. */
export function runsAtEpochs(runs: readonly Run[]): number[] | undefined {
  const lengths = succeeded(runs).map(({ outcome }) => outcome.epochs.length);
  const most = Math.max(0, ...lengths);
  if (lengths.every((length) => length === most)) return undefined;
  return Array.from({ length: most }, (_, i) => lengths.filter((length) => length > i).length);
}

type Measures = Record<EpochMeasure, Spread | null>;

/** The measures of the epoch whose weights the runs ended with, the test's, and the time. */
export interface RunsSummary extends Measures {
  readonly seeds: readonly number[];
  readonly failed: readonly { readonly seed: number; readonly reason: string }[];
  readonly testLoss: Spread | null;
  readonly testAccuracy: Spread | null;
  /** Of training one run, without evaluation. */
  readonly seconds: Spread | null;
}

export function summariseRuns(runs: readonly Run[]): RunsSummary {
  const good = succeeded(runs).map(({ outcome }) => outcome);
  const ends = good.map(lastEpoch);
  const last = (name: EpochMeasure) => spreadOrNull(ends.map((end) => end?.[name] ?? null));
  return {
    seeds: runs.map(({ spec }) => spec.training.seed),
    failed: failed(runs).map(({ spec, outcome }) => ({ seed: spec.training.seed, reason: outcome.reason })),
    ...(Object.fromEntries(EPOCH_MEASURES.map((name) => [name, last(name)])) as Measures),
    testLoss: spreadOrNull(good.map(({ test }) => test?.loss ?? null)),
    testAccuracy: spreadOrNull(good.map(({ test }) => test?.accuracy ?? null)),
    seconds: spreadOrNull(good.map(({ epochs }) => epochs.reduce((sum, { seconds }) => sum + seconds, 0))),
  };
}

/** The last epoch, or with patience the best; the validation samples' measures are those of the weights, also where they are a mean. */
function lastEpoch({ epochs, validation }: MeasuredRun): EpochRecord | undefined {
  const best = epochs.findLast((epoch) => validation !== null && epoch.validationLoss === validation.loss);
  const end = best ?? epochs.at(-1);
  if (end === undefined || validation === null) return end;
  return { ...end, validationLoss: validation.loss, validationAccuracy: validation.accuracy };
}

/** The loss and accuracy that a trial is told by: of the test samples, else of the validation, else of the training samples. */
export function pickMeasured(summary: RunsSummary): {
  readonly part: 'test' | 'validation' | 'training';
  readonly loss: Spread | null;
  readonly accuracy: Spread | null;
} {
  const { testLoss, testAccuracy, validationLoss, validationAccuracy, trainEndLoss, trainEndAccuracy } = summary;
  if (testLoss !== null) return { part: 'test', loss: testLoss, accuracy: testAccuracy };
  if (validationLoss !== null) return { part: 'validation', loss: validationLoss, accuracy: validationAccuracy };
  return { part: 'training', loss: trainEndLoss, accuracy: trainEndAccuracy };
}

/**
 * Index of the trial with the least mean validation loss, or undefined where none has one. Trials of which a run failed are
 * not considered: the mean of the others would flatter them.
 */
export function bestTrial(trials: readonly Trial[]): number | undefined {
  let best: { index: number; loss: number } | undefined;
  trials.forEach(({ runs }, index) => {
    const { validationLoss, failed: failures } = summariseRuns(runs);
    if (validationLoss === null || failures.length > 0) return;
    if (best === undefined || validationLoss.mean < best.loss) best = { index, loss: validationLoss.mean };
  });
  return best?.index;
}

function spreadOrNull(values: readonly (number | null)[]): Spread | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : computeSpread(numbers);
}
