/** What is kept of a training run: in the model file, and as JSON for programs. */
import { identityOf, type TrainingOptions } from '../../core/checkpoint.ts';
import type { Dataset } from '../../core/dataset.ts';
import type { Evaluation } from '../../core/evaluate.ts';
import { type Initialisation, type MlpSpec, parameterCount } from '../../core/spec.ts';
import type { EpochMetrics } from '../../core/train.ts';
import type { ModelInfo } from '../../format/metadata.ts';
import type { ModelFile } from '../../format/model-file.ts';
import { weightsSha256 } from '../../node/hash.ts';
import { VERSION } from '../version.ts';
import type { Plan } from './plan.ts';
import type { Outcome } from './run.ts';

export interface TrainedModel {
  readonly spec: MlpSpec;
  readonly initialisation: Initialisation;
  readonly training: TrainingOptions;
  /** What it was trained on. */
  readonly dataset: Dataset;
  readonly epochs: readonly EpochMetrics[];
  readonly test: Evaluation | undefined;
}

/** No time and no machine: the same run gives the same file. */
export function modelInfo({ spec, initialisation, training, dataset, epochs, test }: TrainedModel): ModelInfo {
  const { learningRate, batchSize, momentum, weightDecay, seed } = training;
  const { classes, scaling, imageShape, features, labelName } = dataset;
  return {
    spec,
    classes,
    scaling,
    ...(imageShape === undefined ? {} : { imageShape }),
    ...(features === undefined ? {} : { features }),
    ...(labelName === undefined ? {} : { labelName }),
    provenance: {
      version: VERSION,
      initialisation,
      training: { epochs: training.epochs, learningRate, batchSize, momentum, weightDecay, seed },
      dataset: identityOf(dataset),
      epochs: epochs.map(({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy }) => {
        return { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy };
      }),
      test: test === undefined ? null : { samples: test.samples, loss: test.loss, accuracy: test.accuracy },
    },
  };
}

/** The same for a run of `train`. */
export function planInfo(
  spec: MlpSpec,
  plan: Plan,
  epochs: readonly EpochMetrics[],
  test: Evaluation | undefined,
): ModelInfo {
  const { run, training, initialisation } = plan;
  return modelInfo({ spec, initialisation, training: run, dataset: training, epochs, test });
}

/** What `train --json` prints. */
export function trainSummary(result: {
  plan: Plan;
  model: ModelFile;
  outcome: Outcome;
  test: Evaluation | undefined;
  seconds: number;
  out: string;
}): Record<string, unknown> {
  const { plan, model, outcome, test, seconds, out } = result;
  const { spec, provenance } = model.info;
  return {
    spec,
    parameters: parameterCount(spec.layers),
    initialisation: plan.initialisation,
    options: provenance?.training,
    seed: plan.run.seed,
    data: provenance?.dataset,
    epochs: outcome.epochs,
    testLoss: test?.loss ?? null,
    testAccuracy: test?.accuracy ?? null,
    seconds,
    samplesPerSecond: outcome.samplesPerSecond,
    weightsSha256: weightsSha256(model.parameters),
    out,
  };
}
