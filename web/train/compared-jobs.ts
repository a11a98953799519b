/** Jobs that are compared: their letters, lines, values, and the options in which they differ. */
import type { EpochMetrics, Job } from '../../src/client/index.ts';
import { formatOptimizer, type Optimizer } from '../../src/core/optimizers.ts';
import type { Columns, Line } from './chart.ts';
import { type Measure, type Score, selectMeasure } from './training-curve.ts';

/** The samples whose measures are compared. */
export type Part = 'training' | 'validation';

/** More lines in one chart cannot be told apart. */
export const MAX_COMPARED = 8;
/** Solid, dashed, dotted, and dash-dotted. Eight jobs have different pairs of a dash and a colour. */
const DASHES = [undefined, [8, 4], [2, 3], [8, 3, 2, 3]] as const;
/** CSS variables `--run-0` … */
const COLOURS = 4;
/** Options without an influence on the curves. */
const IGNORED = ['publish', 'record'];

export class ComparedJobs {
  readonly jobs: readonly Job[];
  /** The metrics of each job by epoch. */
  readonly #histories: readonly ReadonlyMap<number, EpochMetrics>[];

  constructor(jobs: readonly Job[]) {
    this.jobs = jobs;
    this.#histories = jobs.map(({ history }) => new Map(history.map((metrics) => [metrics.epoch, metrics])));
  }

  /** A, B, … */
  letter(job: number): string {
    return String.fromCharCode(65 + job);
  }

  get lines(): Line[] {
    return this.jobs.map((_, job) => {
      const dash = DASHES[job % DASHES.length];
      const colour = (job + Math.floor(job / DASHES.length)) % COLOURS;
      const line = { colour: `--run-${colour}`, width: 2, letter: this.letter(job) };
      return dash === undefined ? line : { ...line, dash };
    });
  }

  /** Finished epochs of the longest job. */
  get epochs(): number {
    return Math.max(0, ...this.jobs.map(({ history }) => history.at(-1)?.epoch ?? 0));
  }

  /** The score that all have: a regression has no accuracy. */
  get score(): Score {
    return this.jobs.some(({ history }) => history.some(({ trainAccuracy }) => trainAccuracy !== null))
      ? 'accuracy'
      : 'r2';
  }

  columns(measure: Measure, part: Part): Columns {
    const epochs = Array.from({ length: this.epochs }, (_, i) => i + 1);
    return [epochs, ...this.jobs.map((_, job) => epochs.map((epoch) => this.value(job, epoch, measure, part)))];
  }

  /** Null if the job has no such epoch or measure. */
  value(job: number, epoch: number, measure: Measure, part: Part): number | null {
    const [training, validation] = selectMeasure(this.#histories[job]?.get(epoch), measure);
    return part === 'training' ? training : validation;
  }

  /** The options of a job that others have differently, such as `learningRate 0.1`. */
  differences(job: number): string {
    const specs = this.jobs.map(({ spec }): Readonly<Record<string, unknown>> => ({ ...spec }));
    const names = [...new Set(specs.flatMap(Object.keys))].filter((name) => !IGNORED.includes(name));
    const differing = names.filter((name) => new Set(specs.map((spec) => JSON.stringify(spec[name]))).size > 1);
    return differing.map((name) => `${name} ${formatOption(name, specs[job]?.[name])}`).join(', ');
  }
}

function formatOption(name: string, value: unknown): string {
  if (value === undefined) return 'none';
  if (name === 'optimizer') return formatOptimizer(value as Optimizer);
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? value.join('-') || 'none' : JSON.stringify(value);
}
