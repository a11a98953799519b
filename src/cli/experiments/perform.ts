/** Runs on all processors while people watch: a bar for the whole, a line for each run. */
import type { PlannedTrial } from '../../experiments/grid.ts';
import type { RunData, RunMeasures, RunOutcome, RunSpec } from '../../experiments/run.ts';
import type { FullTrial, Run, Trial } from '../../experiments/summary.ts';
import { type PoolProgress, performRuns } from '../../node/run-pool.ts';
import { RunStore } from '../../node/run-store.ts';
import { percent } from '../../report/numbers.ts';
import { Interrupted, type Interruption } from '../interruption.ts';
import { type Bar, duration, note, progressBar } from '../terminal.ts';

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
  const unique = new Map<string, Entry>();
  for (const { name, specs } of planned) {
    for (const spec of specs) if (!unique.has(keyOf(spec))) unique.set(keyOf(spec), { spec, name });
  }
  const entries = [...unique.values()];
  const specs = entries.map(({ spec }) => spec);
  const watch = new Watch(entries);
  const started = performance.now();
  try {
    const runs = await performRuns(specs, data, keep, {
      ...{ threads, store: new RunStore(), fresh, signal: interruption.abortSignal },
      onFinished: ({ run, stored }) => watch.finished(run, stored),
      onProgress: (progress) => watch.progress(progress),
      onStoreTrouble: (reason) => watch.say(reason),
    });
    const byKey = new Map(runs.map((run) => [keyOf(run.spec), run]));
    const trials = planned.map(({ options, specs }) => ({
      options,
      runs: specs.flatMap((spec) => byKey.get(keyOf(spec)) ?? []),
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

interface Entry {
  readonly spec: RunSpec;
  readonly name: string;
}

function keyOf(spec: RunSpec): string {
  return JSON.stringify(spec);
}

class Watch {
  #done = 0;
  /** Runs that the store has. */
  stored = 0;
  readonly #total: number;
  readonly #names: ReadonlyMap<string, string>;
  readonly #nameWidth: number;
  #bar: Bar | undefined;

  constructor(entries: readonly Entry[]) {
    this.#total = entries.length;
    this.#names = new Map(entries.map(({ spec, name }) => [keyOf(spec), name]));
    this.#nameWidth = entries.reduce((most, { name }) => Math.max(most, name.length), 0);
  }

  finished({ spec, outcome, kept }: Run, stored: boolean): void {
    this.#done++;
    this.stored += Number(stored);
    const place = `${String(this.#done).padStart(String(this.#total).length)}/${this.#total}`;
    const name = (this.#names.get(keyOf(spec)) ?? '').padEnd(this.#nameWidth);
    const time = kept ? 'kept from before' : secondsText(outcome);
    const texts = [place, name, `seed ${spec.training.seed}`, resultText(outcome), time];
    this.say(texts.filter((text) => text !== '').join('  '));
  }

  progress({ done, total }: PoolProgress): void {
    this.#bar ??= progressBar(total, '{bar} {percentage} % · {runs} runs · {eta_formatted} left');
    this.#bar.update(done, { runs: `${this.#done}/${this.#total}` });
  }

  say(text: string): void {
    if (this.#bar === undefined) note(text);
    else this.#bar.printAbove(text);
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

/** What it was measured on last: the test samples, the validation samples, or the training samples. */
function resultText(outcome: RunMeasures): string {
  // The whole reason is in the report.
  if (outcome.status === 'failed') return `failed: ${outcome.reason.split(': ')[0]}`;
  const { test, validation, epochs } = outcome;
  const last = epochs.at(-1);
  const [part, loss, accuracy] =
    test !== null
      ? ['test', test.loss, test.accuracy]
      : validation !== null
        ? ['validation', validation.loss, validation.accuracy]
        : ['training', last?.trainEndLoss ?? Number.NaN, last?.trainEndAccuracy ?? Number.NaN];
  return `${part} loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)}`;
}

function secondsText(outcome: RunMeasures): string {
  if (outcome.status === 'failed') return '';
  return duration(outcome.epochs.reduce((sum, { seconds }) => sum + seconds, 0));
}
