/** Records a training run: time, loss curve and epochs. */
import type { EpochMetrics } from './metrics.ts';
import type { SliceProgress } from './train-progress.ts';

export interface TimedEpoch extends EpochMetrics {
  /** Seconds of training, without evaluation. */
  readonly seconds: number;
}

/** An epoch of a run that also measures the training set after every epoch. */
export interface EpochRecord extends TimedEpoch {
  /** With the weights at the end of the epoch, unlike the running mean `trainLoss`. */
  readonly trainEndLoss: number;
  /** Null for regression. */
  readonly trainEndAccuracy: number | null;
  /** For regression only: mean R² of the targets. */
  readonly trainEndR2?: number | undefined;
}

/** Mean training loss of a slice of steps, in nats. */
export interface LossPoint {
  /** Samples that the run had used at the end of the slice. */
  readonly samples: number;
  readonly loss: number;
}

/** The recording of the part of a resumed run that came before its checkpoint. */
export interface EarlierRun {
  readonly epochs: readonly EpochMetrics[];
  /** Seconds of training of each epoch, including the unfinished epoch. */
  readonly seconds: readonly number[];
  readonly curve: readonly LossPoint[];
  /** Sum of the losses in the unfinished epoch, in nats, and its samples so far. */
  readonly lossSum: number;
  readonly samples: number;
}

/** Consumes what `train` yields. Only the time between `startClock` and the end of a slice counts as training. */
export class RunRecorder {
  readonly epochs: TimedEpoch[];
  readonly curve: LossPoint[];
  readonly #clock: () => number;
  #since: number;
  #epochSeconds: number;
  /** Sum of the losses in the unfinished epoch, and its samples so far. */
  #lossSum: number;
  #samples: number;
  #trainedSamples = 0;
  #trainedSeconds = 0;

  /** `clock` returns seconds. */
  constructor(clock: () => number, earlier?: EarlierRun) {
    const { epochs = [], seconds = [], curve = [], lossSum = 0, samples = 0 } = earlier ?? {};
    this.#clock = clock;
    this.#since = clock();
    this.epochs = epochs.map((metrics, i) => ({ ...metrics, seconds: seconds[i] ?? 0 }));
    this.curve = [...curve];
    this.#epochSeconds = seconds[epochs.length] ?? 0;
    this.#lossSum = lossSum;
    this.#samples = samples;
  }

  /** Seconds of training of each epoch, including the unfinished epoch. */
  get seconds(): number[] {
    return [...this.epochs.map(({ seconds }) => seconds), this.#epochSeconds];
  }

  /** Without the earlier part of a resumed run. */
  get samplesPerSecond(): number {
    return this.#trainedSeconds === 0 ? 0 : this.#trainedSamples / this.#trainedSeconds;
  }

  /** To be called before `train` continues. */
  startClock(): void {
    this.#since = this.#clock();
  }

  /** Adds a slice. Returns the fraction of the run that is done. */
  addSlice({ epoch, epochs, samples, samplesPerEpoch, loss }: SliceProgress): number {
    const seconds = this.#clock() - this.#since;
    this.#epochSeconds += seconds;
    this.#trainedSeconds += seconds;
    const used = samples - this.#samples;
    const done = (epoch - 1) * samplesPerEpoch + samples;
    if (used > 0) this.curve.push({ samples: done, loss: (loss * samples - this.#lossSum) / used });
    this.#trainedSamples += used;
    this.#lossSum = loss * samples;
    this.#samples = samples;
    return done / (epochs * samplesPerEpoch);
  }

  addEpoch(metrics: EpochMetrics): TimedEpoch {
    const epoch = { ...metrics, seconds: this.#epochSeconds };
    this.epochs.push(epoch);
    this.#epochSeconds = 0;
    this.#lossSum = 0;
    this.#samples = 0;
    return epoch;
  }
}
