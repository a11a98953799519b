/** What is written of a network that was trained by us. */
import { identifyDataset } from '../core/checkpoint.ts';
import type { AnyDataset } from '../core/dataset.ts';
import type { Evaluation } from '../core/evaluate.ts';
import type { EpochMetrics } from '../core/metrics.ts';
import type { Initialisation, MlpSpec } from '../core/spec.ts';
import { pickTrainingOptions, type TrainingOptions } from '../core/training-options.ts';
import type { ModelInfo } from './metadata.ts';

export interface TrainedModel {
  /** Of edge-mlp. */
  readonly version: string;
  readonly spec: MlpSpec;
  readonly initialisation: Initialisation;
  /** SHA-256 of the weights that it began with, where these were another model's. */
  readonly from?: string | undefined;
  readonly training: TrainingOptions;
  /** What it was trained on. */
  readonly dataset: AnyDataset;
  readonly epochs: readonly EpochMetrics[];
  readonly test: Evaluation | null | undefined;
}

/** No time and no machine: the same run gives the same file. */
export function modelInfo(trained: TrainedModel): ModelInfo {
  const { version, spec, initialisation, from, training, dataset, epochs, test } = trained;
  const { classes, scaling, imageShape, pictures, features, labelName } = dataset;
  return {
    spec,
    classes,
    scaling,
    ...(imageShape === undefined ? {} : { imageShape }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features }),
    ...(labelName === undefined ? {} : { labelName }),
    provenance: {
      version,
      initialisation,
      ...(from === undefined ? {} : { from }),
      training: { ...pickTrainingOptions(training) },
      dataset: identifyDataset(dataset),
      epochs: epochs.map(({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy }) => {
        return { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy };
      }),
      test: test == null ? null : { samples: test.samples, loss: test.loss, accuracy: test.accuracy },
    },
  };
}
