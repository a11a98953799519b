/** Runs on all processors while people watch: a bar for the whole, a line for each run. */
import type { PlannedTrial } from '../../experiments/grid.ts';
import type { RunData, RunOutcome, RunSpec } from '../../experiments/run.ts';
import type { Run, Trial } from '../../experiments/summary.ts';
import { weightsSha256 } from '../../node/hash.ts';
import { type FinishedRun, type PoolProgress, performRuns } from '../../node/run-pool.ts';
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

export interface Performed {
  /** In the order of the planned ones. */
  readonly trials: readonly Trial[];
  /** Every run once: trials may share some. */
  readonly runs: readonly Run[];
}

/** Performs what was not performed before. Throws `Interrupted`, and then everything that was finished is kept. */
export async function performTrials(
  planned: readonly NamedTrial[],
  data: Readonly<Record<string, RunData>>,
  { threads, fresh, interruption }: PerformOptions,
): Promise<Performed> {
  const unique = new Map<string, { readonly spec: RunSpec; readonly name: string }>();
  for (const { name, specs } of planned) {
    for (const spec of specs) if (!unique.has(keyOf(spec))) unique.set(keyOf(spec), { spec, name });
  }
  const entries = [...unique.values()];
  const store = new RunStore();
  const watch = new Watch(entries);
  const keptRuns = new Set<number>();
  try {
    const outcomes = await performRuns(
      entries.map(({ spec }) => spec),
      data,
      {
        ...{ threads, store, fresh, signal: interruption.abortSignal },
        onFinished(run) {
          if (run.kept) keptRuns.add(run.index);
          watch.finished(run);
        },
        onProgress: (progress) => watch.progress(progress),
        onStoreTrouble: (reason) => watch.say(reason),
      },
    );
    const runs = entries.map(({ spec }, i) => toRun(spec, outcomes[i], keptRuns.has(i)));
    const byKey = new Map(runs.map((run) => [keyOf(run.spec), run]));
    const trials = planned.map(({ options, specs }) => ({
      options,
      runs: specs.flatMap((spec) => byKey.get(keyOf(spec)) ?? []),
    }));
    return { trials, runs };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    watch.stop();
    const done = `${watch.done} of ${entries.length} runs are kept`;
    throw new Interrupted(`stopped: ${done}; the same command goes on from there`, error.signal);
  } finally {
    watch.stop();
  }
}

function toRun(spec: RunSpec, outcome: RunOutcome | undefined, kept: boolean): Run {
  if (outcome === undefined) throw new Error('a run has no outcome');
  const sha = outcome.status === 'succeeded' ? weightsSha256(outcome.parameters) : null;
  return { spec, outcome, weightsSha256: sha, kept };
}

function keyOf(spec: RunSpec): string {
  return JSON.stringify(spec);
}

class Watch {
  done = 0;
  readonly #entries: readonly { readonly spec: RunSpec; readonly name: string }[];
  readonly #nameWidth: number;
  #bar: Bar | undefined;

  constructor(entries: readonly { readonly spec: RunSpec; readonly name: string }[]) {
    this.#entries = entries;
    this.#nameWidth = entries.reduce((most, { name }) => Math.max(most, name.length), 0);
  }

  finished({ index, outcome, kept }: FinishedRun): void {
    const entry = this.#entries[index];
    if (entry === undefined) return;
    this.done++;
    const width = String(this.#entries.length).length;
    const place = `${String(this.done).padStart(width)}/${this.#entries.length}`;
    const name = entry.name.padEnd(this.#nameWidth);
    const seed = `seed ${entry.spec.training.seed}`;
    const time = kept ? 'kept from before' : secondsText(outcome);
    this.say([place, name, seed, resultText(outcome), time].filter((text) => text !== '').join('  '));
  }

  progress({ done, total }: PoolProgress): void {
    this.#bar ??= progressBar(total, '{bar} {percentage} % · {runs} runs · {eta_formatted} left');
    this.#bar.update(done, { runs: `${this.done}/${this.#entries.length}` });
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
function resultText(outcome: RunOutcome): string {
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

function secondsText(outcome: RunOutcome): string {
  if (outcome.status === 'failed') return '';
  return duration(outcome.epochs.reduce((sum, { seconds }) => sum + seconds, 0));
}
