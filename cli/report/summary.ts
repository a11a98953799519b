/** Statistics over runs with the same options and different seeds. */

import { isBetter, keptMetrics, type ValidationMeasures } from '../../src/core/early-stopping.ts';
import type { TrialOptions } from '../../src/core/grid.ts';
import { readAccuracy } from '../../src/core/measures.ts';
import type { EpochRecord } from '../../src/core/recorder.ts';
import type { FailedRun, MeasuredRun, RunOutcome } from '../../src/format/run-file.ts';
import { percent } from '../numbers.ts';
import type { RunMeasures, RunSpec } from '../training/run-spec.ts';

export interface Spread {
  readonly mean: number;
  /** Sample standard deviation (divisor n - 1); null for a single value. */
  readonly standardDeviation: number | null;
}

/** The mean of no values is NaN. */
export function computeSpread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, standardDeviation: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, standardDeviation: Math.sqrt(squares / (values.length - 1)) };
}

/** `98.10 ± 0.12 %`; `–` without a value. */
export function meanAndSpread(spread: SpreadLike | null, format: (value: number) => string): string {
  if (spread === null) return '–';
  const { mean, standardDeviation } = spread;
  return standardDeviation === null
    ? format(mean)
    : `${format(mean).replace(/ %$/, '')} ± ${format(standardDeviation)}`;
}

interface SpreadLike {
  readonly mean: number;
  readonly standardDeviation: number | null;
}

/** Spread at each index, over the series that are long enough. */
export function computeSpreads(series: readonly (readonly number[])[]): Spread[] {
  const length = Math.max(0, ...series.map((values) => values.length));
  return Array.from({ length }, (_, i) => computeSpread(series.flatMap((values) => values.slice(i, i + 1))));
}

export interface Run<Outcome extends RunMeasures = RunMeasures> {
  readonly spec: RunSpec;
  readonly outcome: Outcome;
  /** Hash of the final weights; null for a failed run. */
  readonly weightsSha256: string | null;
  /** Whether the run came from the store. */
  readonly kept: boolean;
}

/** Runs that differ only in the seed. */
export interface Trial<Outcome extends RunMeasures = RunMeasures> {
  readonly options: TrialOptions;
  readonly runs: readonly Run<Outcome>[];
}

/** A trial with weights and steps. */
export type FullTrial = Trial<RunOutcome>;

export function successfulRuns<Outcome extends MeasuredRun>(runs: readonly Run<Outcome | FailedRun>[]): Run<Outcome>[] {
  return runs.filter((run): run is Run<Outcome> => run.outcome.status === 'succeeded');
}

export function failedRuns(runs: readonly Run[]): Run<FailedRun>[] {
  return runs.filter((run): run is Run<FailedRun> => run.outcome.status === 'failed');
}

const EPOCH_MEASURES = [
  'trainLoss',
  'trainAccuracy',
  'trainEndLoss',
  'trainEndAccuracy',
  'validationLoss',
  'validationAccuracy',
] as const satisfies (keyof EpochRecord)[];
/** Measures that only a regression has. */
const R2_MEASURES = ['trainEndR2', 'validationR2'] as const satisfies (keyof EpochRecord)[];
/** A measure of every task. */
export type CommonMeasure = (typeof EPOCH_MEASURES)[number];
export type EpochMeasure = CommonMeasure | (typeof R2_MEASURES)[number];

/** Null if the runs lack a measure. */
export type EpochSummary = { readonly epoch: number } & Measures;

/** Statistics of each epoch, over the successful runs that reached it. */
export function summariseEpochs(runs: readonly Run[]): EpochSummary[] {
  const histories = successfulRuns(runs).map(({ outcome }) => outcome.epochs);
  const [longest = []] = histories.toSorted((a, b) => b.length - a.length);
  return longest.map(({ epoch }, i) => {
    const summarise = (name: EpochMeasure) => spreadOrNull(histories.map((epochs) => epochs[i]?.[name] ?? null));
    return { epoch, ...summariseMeasures(summarise) };
  });
}

/** Number of successful runs that reached each epoch; undefined if all have the same length. */
export function runsAtEpochs(runs: readonly Run[]): number[] | undefined {
  const lengths = successfulRuns(runs).map(({ outcome }) => outcome.epochs.length);
  const most = Math.max(0, ...lengths);
  if (lengths.every((length) => length === most)) return undefined;
  return Array.from({ length: most }, (_, i) => lengths.filter((length) => length > i).length);
}

type Measures = Readonly<Record<(typeof EPOCH_MEASURES)[number], Spread | null>> &
  Readonly<Partial<Record<(typeof R2_MEASURES)[number], Spread>>>;

function summariseMeasures(summarise: (name: EpochMeasure) => Spread | null): Measures {
  const entries = EPOCH_MEASURES.map((name) => [name, summarise(name)] as const);
  const scores = R2_MEASURES.map((name) => [name, summarise(name)] as const).filter(([, spread]) => spread !== null);
  return Object.fromEntries([...entries, ...scores]) as unknown as Measures;
}

/** Epoch measures belong to the epoch whose weights the runs ended with. */
type RunsSummary = Measures & {
  readonly seeds: readonly number[];
  readonly failed: readonly { readonly seed: number; readonly reason: string }[];
  readonly testLoss: Spread | null;
  readonly testAccuracy: Spread | null;
  /** Only of a regression. */
  readonly testR2?: Spread;
  /** Training of one run, without evaluation. */
  readonly seconds: Spread | null;
};

export function summariseRuns(runs: readonly Run[]): RunsSummary {
  const good = successfulRuns(runs).map(({ outcome }) => outcome);
  const ends = successfulRuns(runs).map(({ spec, outcome }) => keptMetrics(outcome.epochs, spec.training.patience));
  const testR2 = spreadOrNull(good.map(({ test }) => (test !== null && 'r2' in test ? test.r2 : null)));
  const last = (name: EpochMeasure) => spreadOrNull(ends.map((end) => end?.[name] ?? null));
  return {
    seeds: runs.map(({ spec }) => spec.training.seed),
    failed: failedRuns(runs).map(({ spec, outcome }) => ({ seed: spec.training.seed, reason: outcome.reason })),
    ...summariseMeasures(last),
    testLoss: spreadOrNull(good.map(({ test }) => test?.loss ?? null)),
    testAccuracy: spreadOrNull(good.map(({ test }) => (test === null ? null : readAccuracy(test)))),
    ...(testR2 === null ? {} : { testR2 }),
    seconds: spreadOrNull(good.map(({ epochs }) => epochs.reduce((sum, { seconds }) => sum + seconds, 0))),
  };
}

/** Accuracies of classifiers, R² of regressions, as `98.10 ± 0.12 %` or `0.4512 ± 0.0031`. */
export function formatScore(accuracy: Spread | null, r2: Spread | undefined): string {
  return accuracy === null ? meanAndSpread(r2 ?? null, (value) => value.toFixed(4)) : meanAndSpread(accuracy, percent);
}

/** The score that runs have. */
export function nameScore(runs: readonly Run[]): 'accuracy' | 'R²' {
  return runs.some(({ spec }) => spec.task === 'regression') ? 'R²' : 'accuracy';
}

/** Loss and score on the test samples, or else on the validation samples, or else on the training samples. */
export function pickMeasured(summary: RunsSummary): {
  readonly part: 'test' | 'validation' | 'training';
  readonly loss: Spread | null;
  readonly accuracy: Spread | null;
  readonly r2: Spread | undefined;
} {
  const { testLoss, testAccuracy, testR2, validationLoss, validationAccuracy, validationR2 } = summary;
  if (testLoss !== null) return { part: 'test', loss: testLoss, accuracy: testAccuracy, r2: testR2 };
  if (validationLoss !== null) {
    return { part: 'validation', loss: validationLoss, accuracy: validationAccuracy, r2: validationR2 };
  }
  const { trainEndLoss, trainEndAccuracy, trainEndR2 } = summary;
  return { part: 'training', loss: trainEndLoss, accuracy: trainEndAccuracy, r2: trainEndR2 };
}

/** Validation measures that compare trials, as means over the successful runs of a trial. */
export interface TrialScore extends ValidationMeasures {
  /** Decides, if it is present: the trials minimise different losses, whose values cannot be compared. */
  readonly validationR2?: number;
}

/** The score of each trial; undefined without validation samples. */
export function scoreTrials(trials: readonly Trial[]): (TrialScore | undefined)[] {
  const unlike = haveUnlikeLosses(trials);
  return trials.map(({ runs }) => {
    const { validationLoss, validationAccuracy, validationR2 } = summariseRuns(runs);
    if (validationLoss === null) return undefined;
    const measures = { validationLoss: validationLoss.mean, validationAccuracy: validationAccuracy?.mean ?? null };
    return unlike && validationR2 !== undefined ? { ...measures, validationR2: validationR2.mean } : measures;
  });
}

/** Whether `one` has the higher R², if that decides, or is better by `isBetter`, as with patience. */
export function isBetterScore(one: TrialScore, other: TrialScore): boolean {
  const [r2, otherR2] = [one.validationR2, other.validationR2];
  return r2 === undefined || otherR2 === undefined ? isBetter(one, other) : r2 > otherR2;
}

/** Whether trials minimise different losses, whose values cannot be compared. */
export function haveUnlikeLosses(trials: readonly Trial[]): boolean {
  return new Set(trials.map(({ options }) => options.loss)).size > 1;
}

/**
 * The best trial, of equal ones the first. Trials with a failed run are left out, because the means of their other runs
 * would be too good.
 */
export function bestTrial<Any extends Trial>(
  trials: readonly Any[],
): { readonly index: number; readonly trial: Any; readonly score: TrialScore } | undefined {
  const scores = scoreTrials(trials);
  let best: ReturnType<typeof bestTrial<Any>>;
  for (const [index, trial] of trials.entries()) {
    const score = failedRuns(trial.runs).length > 0 ? undefined : scores[index];
    if (score !== undefined && (best === undefined || isBetterScore(score, best.score))) best = { index, trial, score };
  }
  return best;
}

function spreadOrNull(values: readonly (number | null)[]): Spread | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? null : computeSpread(numbers);
}
