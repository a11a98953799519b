/** One run: from what it is made of to what it came to. */
import { type Dataset, sampleCount } from './dataset.ts';
import { EdgeMlpError, type ErrorCode } from './errors.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import type { Kernels } from './kernels.ts';
import { Mlp } from './mlp.ts';
import type { Parameters } from './parameters.ts';
import type { HiddenActivation, Initialisation } from './spec.ts';
import { countSteps, StepRecorder, type StepSeries } from './step-series.ts';
import { type EpochMetrics, train } from './train.ts';
import type { TrainingOptions } from './training-options.ts';

/** What a run is made of. The same spec, data and kernels give the same result, to the last bit, wherever it is run. */
export interface RunSpec {
  /** A key of the experiment's data. */
  readonly data: string;
  /** [inputs, hidden …, classes] */
  readonly layers: readonly number[];
  readonly hiddenActivation: HiddenActivation;
  readonly initialisation: Initialisation;
  /** Its seed drives the initial weights, too. */
  readonly training: TrainingOptions;
}

/** What a run learns from and is measured on. */
export interface RunData {
  readonly training: Dataset;
  readonly validation?: Dataset | undefined;
  readonly test?: Dataset | undefined;
}

export interface EpochRecord extends EpochMetrics {
  /** On the training set, with the weights of the epoch's end: what the running mean of `trainLoss` is not. */
  readonly trainEndLoss: number;
  readonly trainEndAccuracy: number;
  /** Of training, without evaluation. */
  readonly seconds: number;
}

/** What is small of a run that succeeded: thousands of them can be held at once. */
export interface MeasuredRun {
  readonly status: 'succeeded';
  readonly epochs: readonly EpochRecord[];
  /** With the final weights; null where the run's data have no such part. */
  readonly validation: Evaluation | null;
  readonly test: Evaluation | null;
}

export interface SucceededRun extends MeasuredRun {
  readonly steps: StepSeries;
  readonly parameters: Parameters;
}

export interface FailedRun {
  readonly status: 'failed';
  readonly code: ErrorCode;
  readonly reason: string;
}

/** All that there is of a run, and what is small of it. */
export type RunOutcome = SucceededRun | FailedRun;
export type RunMeasures = MeasuredRun | FailedRun;

export function summarizeOutcome(outcome: RunOutcome): RunMeasures {
  if (outcome.status === 'failed') return outcome;
  const { status, epochs, validation, test } = outcome;
  return { status, epochs, validation, test };
}

export interface RunOptions {
  /** Seconds, from any moment on. */
  readonly clock: () => number;
  /** Told the share of the run that is done, 0 to 1, some tens of times a second. */
  readonly onProgress?: (share: number) => void;
}

/** Trains and measures. Whatever the library refuses or cannot do makes a failed run, not an error. */
export function performRun(kernels: Kernels, spec: RunSpec, data: RunData, options: RunOptions): RunOutcome {
  try {
    const { layers, hiddenActivation, initialisation, training } = spec;
    using mlp = Mlp.create(kernels, { layers, hiddenActivation, initialisation, seed: training.seed });
    const { epochs, steps } = trainAndRecord(mlp, spec, data, options);
    return {
      status: 'succeeded',
      epochs,
      steps,
      parameters: mlp.parameters(),
      validation: data.validation === undefined ? null : evaluate(mlp, data.validation),
      test: data.test === undefined ? null : evaluate(mlp, data.test),
    };
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    return { status: 'failed', code: error.code, reason: error.message };
  }
}

function trainAndRecord(
  mlp: Mlp,
  { training: options }: RunSpec,
  { training, validation }: RunData,
  { clock, onProgress }: RunOptions,
): { epochs: EpochRecord[]; steps: StepSeries } {
  const { epochs, batchSize } = options;
  const samples = sampleCount(training);
  const recorder = new StepRecorder(epochs * countSteps(samples, batchSize));
  const records: EpochRecord[] = [];
  let seconds = 0;
  let since = clock();
  for (const progress of train(mlp, training, { ...options, ...(validation === undefined ? {} : { validation }) })) {
    if (progress.kind === 'slice') {
      seconds += clock() - since;
      recorder.add(progress.steps);
      onProgress?.(((progress.epoch - 1) * samples + progress.samples) / (epochs * samples));
    } else {
      const { loss, accuracy } = evaluate(mlp, training);
      records.push({ ...progress.metrics, trainEndLoss: loss, trainEndAccuracy: accuracy, seconds });
      seconds = 0;
    }
    since = clock();
  }
  return { epochs: records, steps: recorder.series };
}
