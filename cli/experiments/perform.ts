/** Execution of trials on all processors, with progress on the terminal. */
import type { RunOutcome } from '../../src/format/run-file.ts';
import { Interrupted, type Interruption } from '../interruption.ts';
import type { FullTrial, Run, Trial } from '../report/summary.ts';
import { note } from '../terminal.ts';
import type { PlannedTrial, RunData, RunMeasures } from '../training/run-spec.ts';
import { CACHED, type Widening, widen } from '../training/widening.ts';
import { type DisplayedRun, RunsDisplay, runKey } from './display.ts';
import { performRuns } from './run-pool.ts';
import { RunStore } from './run-store.ts';

export interface NamedTrial extends PlannedTrial {
  readonly name: string;
}

interface PerformOptions {
  readonly threads: number;
  readonly fresh?: boolean | undefined;
  /** False with --no-widen. */
  readonly widen?: boolean | undefined;
  readonly interruption: Interruption;
}

export interface Performed<Outcome extends RunMeasures> {
  /** In the order of the planned trials. */
  readonly trials: readonly Trial<Outcome>[];
  /** Every run once. Trials may share runs. */
  readonly runs: readonly Run<Outcome>[];
  readonly seconds: number;
  readonly widening: Widening;
}

/**
 * Performs all runs that are not cached. `keep` chooses the part of an outcome that stays in memory. Throws
 * `Interrupted`; finished runs are then in the store.
 */
export async function performTrials<Outcome extends RunMeasures>(
  planned: readonly NamedTrial[],
  data: Readonly<Record<string, RunData>>,
  keep: (outcome: RunOutcome, stored: boolean) => Outcome,
  { threads, fresh, widen: wanted, interruption }: PerformOptions,
): Promise<Performed<Outcome>> {
  const unique = new Map<string, DisplayedRun>();
  for (const { name, specs } of planned) {
    for (const spec of specs) if (!unique.has(runKey(spec))) unique.set(runKey(spec), { spec, name });
  }
  const entries = [...unique.values()];
  const specs = entries.map(({ spec }) => spec);
  const display = new RunsDisplay(entries);
  const started = performance.now();
  let widening = CACHED;
  try {
    const runs = await performRuns(specs, data, keep, {
      threads,
      store: new RunStore(),
      fresh,
      signal: interruption.abortSignal,
      onStart: (work) => {
        widening = widen(wanted, work);
      },
      onFinished: ({ run, stored }) => display.finish(run, stored),
      onProgress: (progress) => display.showProgress(progress),
      onStoreTrouble: (reason) => note(reason),
    });
    const byKey = new Map(runs.map((run) => [runKey(run.spec), run]));
    const trials = planned.map(({ options, specs }) => ({
      options,
      runs: specs.flatMap((spec) => byKey.get(runKey(spec)) ?? []),
    }));
    return { trials, runs, widening, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    display.stop();
    const done = `${display.stored} of ${entries.length} runs are cached`;
    throw new Interrupted(`stopped: ${done}; the same command continues`, error.signal);
  } finally {
    display.stop();
  }
}

/** Adds weights and steps to a trial, from the store if they are not in memory. */
export async function withWeights(
  trial: Trial,
  data: Readonly<Record<string, RunData>>,
  { threads, interruption }: PerformOptions,
): Promise<FullTrial> {
  const held = trial.runs.filter((run): run is Run<RunOutcome> => {
    return run.outcome.status === 'failed' || 'steps' in run.outcome;
  });
  if (held.length === trial.runs.length) return { options: trial.options, runs: held };
  const specs = trial.runs.map(({ spec }) => spec);
  const options = { threads, store: new RunStore(), signal: interruption.abortSignal };
  return { options: trial.options, runs: await performRuns(specs, data, (outcome) => outcome, options) };
}
