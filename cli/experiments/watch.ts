/** What people see of runs while they are performed: a line for each that is over, and a bar. */

import { percent } from '../report/numbers.ts';
import { type Bar, duration, note, progressBar } from '../terminal.ts';
import type { RunMeasures, RunSpec } from './run.ts';
import type { PoolProgress } from './run-pool.ts';
import type { Run } from './summary.ts';

export interface WatchedRun {
  readonly spec: RunSpec;
  /** For the lines that people read. */
  readonly name: string;
}

export function runKey(spec: RunSpec): string {
  return JSON.stringify(spec);
}

export class RunWatch {
  #done = 0;
  /** Runs that the store has. */
  stored = 0;
  readonly #total: number;
  readonly #names: ReadonlyMap<string, string>;
  readonly #nameWidth: number;
  #bar: Bar | undefined;

  constructor(entries: readonly WatchedRun[]) {
    this.#total = entries.length;
    this.#names = new Map(entries.map(({ spec, name }) => [runKey(spec), name]));
    this.#nameWidth = entries.reduce((most, { name }) => Math.max(most, name.length), 0);
  }

  finished({ spec, outcome, kept }: Run, stored: boolean): void {
    this.#done++;
    this.stored += Number(stored);
    const place = `${String(this.#done).padStart(String(this.#total).length)}/${this.#total}`;
    const name = (this.#names.get(runKey(spec)) ?? '').padEnd(this.#nameWidth);
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
