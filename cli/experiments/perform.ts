/** Runs on all processors while people watch: a bar for the whole, a line for each run. */

import type { RunOutcome } from '../../src/format/run-file.ts';
import { Interrupted, type Interruption } from '../interruption.ts';
import type { PlannedTrial, RunData, RunMeasures } from './run.ts';
import { performRuns } from './run-pool.ts';
import { RunStore } from './run-store.ts';
import type { FullTrial, Run, Trial } from './summary.ts';
import { RunWatch, runKey, type WatchedRun } from './watch.ts';

export interface NamedTrial extends PlannedTrial {
  /** For the lines that people read. */
  readonly name: string;
}

export interface PerformOptions {
  readonly threads: number;
  readonly fresh?: boolean | undefined;
  readonly interruption: Interruption;
}

export interface Performed<Outcome extends RunMeasures> {
  /** In the order of the planned ones. */
  readonly trials: readonly Trial<Outcome>[];
  /** Every run once: trials may share some. */
  readonly runs: readonly Run<Outcome>[];
  /** By the clock on the wall. */
  readonly seconds: number;
}

/**
 * Performs what was not performed before; of every outcome `keep` tells what is held. Throws `Interrupted`, and then
 * everything that was finished is in the store.
 */
export async function performTrials<Outcome extends RunMeasures>(
  planned: readonly NamedTrial[],
  data: Readonly<Record<string, RunData>>,
  keep: (outcome: RunOutcome, stored: boolean) => Outcome,
  { threads, fresh, interruption }: PerformOptions,
): Promise<Performed<Outcome>> {
  const unique = new Map<string, WatchedRun>();
  for (const { name, specs } of planned) {
    for (const spec of specs) if (!unique.has(runKey(spec))) unique.set(runKey(spec), { spec, name });
  }
  const entries = [...unique.values()];
  const specs = entries.map(({ spec }) => spec);
  const watch = new RunWatch(entries);
  const started = performance.now();
  try {
    const runs = await performRuns(specs, data, keep, {
      ...{ threads, store: new RunStore(), fresh, signal: interruption.abortSignal },
      onFinished: ({ run, stored }) => watch.finished(run, stored),
      onProgress: (progress) => watch.progress(progress),
      onStoreTrouble: (reason) => watch.say(reason),
    });
    const byKey = new Map(runs.map((run) => [runKey(run.spec), run]));
    const trials = planned.map(({ options, specs }) => ({
      options,
      runs: specs.flatMap((spec) => byKey.get(runKey(spec)) ?? []),
    }));
    return { trials, runs, seconds: (performance.now() - started) / 1000 };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    watch.stop();
    const done = `${watch.stored} of ${entries.length} runs are kept`;
    throw new Interrupted(`stopped: ${done}; the same command goes on from there`, error.signal);
  } finally {
    watch.stop();
  }
}

/** The same trial with its runs' weights and steps: as they are held, or from the store. */
export async function withWeights(
  trial: Trial,
  data: Readonly<Record<string, RunData>>,
  { threads, interruption }: PerformOptions,
): Promise<FullTrial> {
  const held = trial.runs.filter((run): run is Run<RunOutcome> => isWhole(run.outcome));
  if (held.length === trial.runs.length) return { options: trial.options, runs: held };
  const specs = trial.runs.map(({ spec }) => spec);
  const options = { threads, store: new RunStore(), signal: interruption.abortSignal };
  return { options: trial.options, runs: await performRuns(specs, data, (outcome) => outcome, options) };
}

function isWhole(outcome: RunMeasures): outcome is RunOutcome {
  return outcome.status === 'failed' || 'steps' in outcome;
}
