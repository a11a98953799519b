/** Options, progress and result of `train`. */
import type { Checkpoint } from './checkpoint.ts';
import type { AnyDataset } from './dataset.ts';
import type { EpochMetrics } from './metrics.ts';
import type { StepMeasures } from './step-series.ts';
import type { TrainingOptionsInput } from './training-options.ts';

/** Hyperparameters, and the data and the pace of a run. */
export interface TrainOptions extends TrainingOptionsInput {
  /** Measured at the end of every epoch. */
  readonly validation?: AnyDataset | undefined;
  /** Steps between two yields. It does not change the result. Default: 10 to 40 ms of work. */
  readonly stepsPerSlice?: number;
  /** Continues from this checkpoint, with its parameters and options. Only `epochs` may differ. */
  readonly resume?: Checkpoint;
}

/** The place of a run. */
export interface Progress {
  /** The running epoch, or the epoch that has just ended; from 1. */
  readonly epoch: number;
  /** Epochs of the run. */
  readonly epochs: number;
  /** Samples of this epoch that have been used. */
  readonly samples: number;
  /** Samples of the training set. */
  readonly samplesPerEpoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /**
   * The state of the run at this moment. Throws EdgeMlpError "bad-argument" once the generator has continued or ended.
   */
  checkpoint(): Checkpoint;
}

/** The end of a slice of steps. */
export interface SliceProgress extends Progress {
  /** Distinguishes a slice from the end of an epoch. */
  readonly kind: 'slice';
  /** Running mean of this epoch; cross-entropy is in nats. */
  readonly loss: number;
  /** Running mean of this epoch; null for regression. */
  readonly accuracy: number | null;
  /** Measures of each step of the slice. */
  readonly stepMeasures: StepMeasures;
}

/** The end of an epoch, after its evaluation on the validation set. */
export interface EpochProgress extends Progress {
  /** Distinguishes the end of an epoch from a slice. */
  readonly kind: 'epoch';
  /** Measures of the epoch. */
  readonly metrics: EpochMetrics;
  /** Whether the run ends with this epoch. */
  readonly last: boolean;
}

/** A value that `train` yields. */
export type TrainProgress = SliceProgress | EpochProgress;

/** The result of `train`. */
export interface TrainResult {
  /** Measures of each epoch. */
  readonly epochs: readonly EpochMetrics[];
  /** Steps of the run. */
  readonly steps: number;
  /** In runs with patience: the epoch, from 1, whose weights the network has. */
  readonly bestEpoch?: number;
}
