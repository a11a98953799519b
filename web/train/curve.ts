/** What a chart of a job shows: the running means of each epoch, and the measures at the ends of epochs. */
import type { EpochMetrics, JobProgress } from '../../src/client/index.ts';

export type Measure = 'loss' | 'accuracy';

/** Columns of one length: place in epochs; running mean; mean of the epoch; validation. Null is a gap. */
export type Columns = [x: number[], running: Cells, training: Cells, validation: Cells];
type Cells = (number | null)[];

interface Running {
  readonly x: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
}

/** More than this are not told apart on any screen: every other one is left out then. */
const MOST_RUNNING = 2000;

export class Curve {
  readonly #epochs = new Map<number, EpochMetrics>();
  #running: Running[] = [];

  addEpoch(metrics: EpochMetrics): void {
    this.#epochs.set(metrics.epoch, metrics);
  }

  /** What lies before the last one was told before, and is not taken twice. */
  addProgress(progress: JobProgress): void {
    const x = pickPlace(progress);
    if (x <= (this.#running.at(-1)?.x ?? 0)) return;
    this.#running.push({ x, loss: progress.loss, accuracy: progress.accuracy });
    if (this.#running.length > MOST_RUNNING) this.#running = this.#running.filter((_, i) => i % 2 === 1);
  }

  get epochs(): EpochMetrics[] {
    return [...this.#epochs.values()].sort((a, b) => a.epoch - b.epoch);
  }

  /** Running means begin anew with each epoch: where one ends there is a gap. */
  columns(measure: Measure): Columns {
    const running = this.#running.map((point): Row => [point.x, point[measure], null, null]);
    const ends = this.epochs.map((metrics): Row => [metrics.epoch, null, ...pickMeasures(metrics, measure)]);
    // The sort is stable: at one place the running mean comes before the gap.
    const rows = [...running, ...ends].sort(([a], [b]) => a - b);
    return [rows.map(([x]) => x), rows.map((row) => row[1]), rows.map((row) => row[2]), rows.map((row) => row[3])];
  }

  /** The last values, for the legend. */
  latest(measure: Measure): { training: number | null; validation: number | null } {
    const [training, validation] = pickMeasures(this.epochs.at(-1), measure);
    return { training: this.#running.at(-1)?.[measure] ?? training, validation };
  }
}

type Row = readonly [x: number, running: number | null, training: number | null, validation: number | null];

function pickMeasures(metrics: EpochMetrics | undefined, measure: Measure): [number | null, number | null] {
  if (metrics === undefined) return [null, null];
  return measure === 'loss'
    ? [metrics.trainLoss, metrics.validationLoss]
    : [metrics.trainAccuracy, metrics.validationAccuracy];
}

/** Epochs that are done, with the part of the one that is running. */
export function pickPlace({ epoch, samples, samplesPerEpoch }: JobProgress): number {
  return epoch - 1 + samples / samplesPerEpoch;
}
