/** Loss and score of a job over its epochs, as columns for a chart. */
import type { EpochMetrics, JobProgress } from '../../src/client/index.ts';

/** The score of a classifier is its accuracy, and of a regression R² on the validation set. */
export type Score = 'accuracy' | 'r2';
export type Measure = 'loss' | Score;

type Cells = (number | null)[];
type Row = readonly [x: number, running: number | null, training: number | null, validation: number | null];

interface RunningMean {
  readonly x: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
  readonly r2: null;
}

/** More points cannot be told apart on a screen; beyond this, every other point is removed. */
const MAX_POINTS = 2000;

export class TrainingCurve {
  readonly #epochs = new Map<number, EpochMetrics>();
  #running: RunningMean[] = [];

  addEpoch(metrics: EpochMetrics): void {
    this.#epochs.set(metrics.epoch, metrics);
  }

  /** Ignores progress that is not later than the last one. */
  addProgress(progress: JobProgress): void {
    const x = countEpochs(progress);
    if (x <= (this.#running.at(-1)?.x ?? 0)) return;
    this.#running.push({ x, loss: progress.loss, accuracy: progress.accuracy, r2: null });
    if (this.#running.length > MAX_POINTS) this.#running = this.#running.filter((_, i) => i % 2 === 1);
  }

  get epochs(): EpochMetrics[] {
    return [...this.#epochs.values()].sort((a, b) => a.epoch - b.epoch);
  }

  /** A regression has no accuracy. Before the first step the task is unknown. */
  get score(): Score {
    const [loss, accuracy] = (['loss', 'accuracy'] as const).map((measure) => this.latest(measure).training);
    return loss !== null && accuracy === null ? 'r2' : 'accuracy';
  }

  /** Running means start again with each epoch, so there is a gap between two epochs. */
  columns(measure: Measure): [x: number[], running: Cells, training: Cells, validation: Cells] {
    const running = this.#running.map((point): Row => [point.x, point[measure], null, null]);
    const ends = this.epochs.map((metrics): Row => [metrics.epoch, null, ...selectMeasure(metrics, measure)]);
    // The sort is stable: at equal x the running mean comes before the gap.
    const rows = [...running, ...ends].sort(([a], [b]) => a - b);
    return [rows.map(([x]) => x), rows.map((row) => row[1]), rows.map((row) => row[2]), rows.map((row) => row[3])];
  }

  /** The values at the end of an epoch. */
  at(epoch: number, measure: Measure): { training: number | null; validation: number | null } {
    const [training, validation] = selectMeasure(this.#epochs.get(epoch), measure);
    return { training, validation };
  }

  latest(measure: Measure): { training: number | null; validation: number | null } {
    const [training, validation] = selectMeasure(this.epochs.at(-1), measure);
    return { training: this.#running.at(-1)?.[measure] ?? training, validation };
  }
}

/** The values of the training and of the validation samples. */
export function selectMeasure(metrics: EpochMetrics | undefined, measure: Measure): [number | null, number | null] {
  if (metrics === undefined) return [null, null];
  switch (measure) {
    case 'loss':
      return [metrics.trainLoss, metrics.validationLoss];
    case 'accuracy':
      return [metrics.trainAccuracy, metrics.validationAccuracy];
    case 'r2':
      return [null, metrics.validationR2 ?? null];
  }
}

/** Finished epochs plus the finished share of the current one. */
export function countEpochs({ epoch, samples, samplesPerEpoch }: JobProgress): number {
  return epoch - 1 + samples / samplesPerEpoch;
}
