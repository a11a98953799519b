/** A run of an experiment: its specification, and its execution without a terminal. */

import { countOutputs, type Dataset, datasetTask, sampleCount } from '../../src/core/dataset.ts';
import { completeOptions, type DataKind, defaultHidden } from '../../src/core/default-options.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { TrialInput, TrialOptions } from '../../src/core/grid.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { measure, pickTrainEnd } from '../../src/core/measures.ts';
import { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { type EpochRecord, RunRecorder, type TimedEpoch } from '../../src/core/recorder.ts';
import {
  checkActivation,
  defaultInitialisation,
  type HiddenActivations,
  type Initialisation,
  multiplyAdds,
  type Task,
} from '../../src/core/spec.ts';
import { countSteps, StepRecorder, type StepSeries } from '../../src/core/step-series.ts';
import { train } from '../../src/core/train.ts';
import { checkTrainingOptions, pickTrainingOptions, type TrainingOptions } from '../../src/core/training-options.ts';
import type { FailedRun, MeasuredRun, RunOutcome } from '../../src/format/run-file.ts';

/** The same spec, data and kernels give bit-identical results on every machine. */
export interface RunSpec {
  /** Key of the experiment's data. */
  readonly data: string;
  /** [inputs, hidden …, outputs] */
  readonly layers: readonly number[];
  readonly task?: Task | undefined;
  readonly hiddenActivation: HiddenActivations;
  readonly initialisation: Initialisation;
  /** The seed also determines the initial weights. */
  readonly training: TrainingOptions;
}

export interface RunData {
  readonly training: Dataset;
  readonly validation?: Dataset | undefined;
  readonly test?: Dataset | undefined;
}

export interface PlannedTrial {
  readonly options: TrialOptions;
  readonly specs: readonly RunSpec[];
}

/** The options of a trial with the defaults for its data. */
export function completeTrial(trial: TrialInput, kind: DataKind): TrialOptions {
  const { hidden = defaultHidden(kind), activation = 'sigmoid', init } = trial;
  const { seed: _, ...training } = completeOptions(pickTrainingOptions(trial), kind);
  return { ...training, hidden, activation, init };
}

/** One spec for each seed. `name` is the key of the data. */
export function runSpecs(options: TrialOptions, seeds: readonly number[], name: string, data: RunData): RunSpec[] {
  const { hidden, activation, init } = options;
  return seeds.map((seed) => ({
    data: name,
    layers: [data.training.columns, ...hidden, countOutputs(data.training)],
    task: datasetTask(data.training),
    hiddenActivation: checkActivation(activation, hidden.length),
    initialisation: init ?? defaultInitialisation(activation),
    training: checkTrainingOptions({ ...options, seed }),
  }));
}

/** Multiply-adds of the forward passes of a run. */
export function estimateWork(layers: readonly number[], samples: number, epochs: number): number {
  return epochs * samples * multiplyAdds(layers);
}

export type RunMeasures = MeasuredRun | FailedRun;

export function summarizeOutcome(outcome: RunOutcome): RunMeasures {
  if (outcome.status === 'failed') return outcome;
  const { status, epochs, validation, test } = outcome;
  return { status, epochs, validation, test };
}

export interface RunOptions {
  /** Seconds since any fixed moment. */
  readonly clock: () => number;
  /** Called some tens of times a second with the finished share of the run, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Trains and evaluates. An EdgeMlpError, such as divergence, makes a failed run. */
export function performRun(kernels: Kernels, spec: RunSpec, data: RunData, options: RunOptions): RunOutcome {
  try {
    const { layers, task, hiddenActivation, initialisation, training } = spec;
    using mlp = Mlp.create(kernels, { layers, task, hiddenActivation, initialisation, seed: training.seed });
    const { loss } = training;
    const { epochs, steps } = trainAndRecord(mlp, spec, data, options);
    return {
      status: 'succeeded',
      epochs,
      steps,
      parameters: mlp.parameters(),
      validation: data.validation === undefined ? null : measure(mlp, data.validation, { loss }),
      test: data.test === undefined ? null : measure(mlp, data.test, { loss }),
    };
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    return { status: 'failed', code: error.code, reason: error.message };
  }
}

/** The trained network of a run. */
export function createRunNetwork(
  kernels: Kernels,
  { layers, task, hiddenActivation }: RunSpec,
  parameters: Parameters,
): Mlp {
  return Mlp.fromParameters(kernels, { layers, task, hiddenActivation, ...parameters });
}

/** Measures of the training set at the end of an epoch. */
export type EpochEnd = Omit<EpochRecord, keyof TimedEpoch>;

export function measureEnd(mlp: Mlp, training: Dataset, { loss }: Pick<TrainingOptions, 'loss'>): EpochEnd {
  return pickTrainEnd(measure(mlp, training, { loss }));
}

function trainAndRecord(
  mlp: Mlp,
  { training: options }: RunSpec,
  { training, validation }: RunData,
  { clock, onProgress }: RunOptions,
): { epochs: EpochRecord[]; steps: StepSeries } {
  const recorder = new RunRecorder(clock);
  const epochs: EpochRecord[] = [];
  const steps = new StepRecorder(options.epochs * countSteps(sampleCount(training), options.batchSize));
  for (const progress of train(mlp, training, { ...options, ...(validation === undefined ? {} : { validation }) })) {
    if (progress.kind === 'slice') {
      const share = recorder.addSlice(progress);
      onProgress?.(share);
      steps.add(progress.stepMeasures);
    } else {
      epochs.push({ ...recorder.addEpoch(progress.metrics), ...measureEnd(mlp, training, options) });
    }
    recorder.startClock();
  }
  return { epochs, steps: steps.series };
}
