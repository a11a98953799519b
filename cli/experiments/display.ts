/** Progress of many runs: a line for each finished run, and a bar. */
import { percent, scoreText } from '../numbers.ts';
import type { Run } from '../report/summary.ts';
import { type Bar, duration, note, progressBar } from '../terminal.ts';
import type { RunMeasures, RunSpec } from '../training/run-spec.ts';
import type { PoolProgress } from './run-pool.ts';

export interface DisplayedRun {
  readonly spec: RunSpec;
  readonly name: string;
}

export function runKey(spec: RunSpec): string {
  return JSON.stringify(spec);
}

export class RunsDisplay {
  #done = 0;
  /** Number of finished runs in the store. */
  stored = 0;
  readonly #total: number;
  readonly #names: ReadonlyMap<string, string>;
  readonly #nameWidth: number;
  #bar: Bar | undefined;

  constructor(entries: readonly DisplayedRun[]) {
    this.#total = entries.length;
    this.#names = new Map(entries.map(({ spec, name }) => [runKey(spec), name]));
    this.#nameWidth = entries.reduce((most, { name }) => Math.max(most, name.length), 0);
  }

  finish({ spec, outcome, kept }: Run, stored: boolean): void {
    this.#done++;
    this.stored += Number(stored);
    const count = `${String(this.#done).padStart(String(this.#total).length)}/${this.#total}`;
    const name = (this.#names.get(runKey(spec)) ?? '').padEnd(this.#nameWidth);
    const time = kept ? 'cached' : secondsText(outcome);
    const texts = [count, name, `seed ${spec.training.seed}`, resultText(outcome), time];
    note(texts.filter((text) => text !== '').join('  '));
  }

  showProgress({ done, total }: PoolProgress): void {
    this.#bar ??= progressBar(total, '{bar} {percentage} % · {runs} runs · {eta_formatted} left');
    this.#bar.update(done, { runs: `${this.#done}/${this.#total}` });
  }

  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function resultText(outcome: RunMeasures): string {
  // The report has the full reason.
  if (outcome.status === 'failed') return `failed: ${outcome.reason.split(': ')[0]}`;
  const { test, validation, epochs } = outcome;
  const last = epochs.at(-1);
  const measured = test ?? validation;
  if (measured !== null) {
    return `${test === null ? 'validation' : 'test'} loss ${measured.loss.toFixed(4)}, ${scoreText(measured)}`;
  }
  const { trainEndLoss = Number.NaN, trainEndAccuracy = null, trainEndR2 } = last ?? {};
  const score = trainEndR2 === undefined ? `accuracy ${percent(trainEndAccuracy)}` : `R² ${trainEndR2.toFixed(4)}`;
  return `training loss ${trainEndLoss.toFixed(4)}, ${score}`;
}

function secondsText(outcome: RunMeasures): string {
  if (outcome.status === 'failed') return '';
  return duration(outcome.epochs.reduce((sum, { seconds }) => sum + seconds, 0));
}
