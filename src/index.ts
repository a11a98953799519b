/**
 * The library: networks, training, evaluation, learning from corrections. Kernels come from 'edge-mlp', 'edge-mlp' or
 * 'edge-mlp'.
 *
 * @module edge-mlp
 */
export { type AugmentationOptions, distortedPictures } from './core/augmentation.ts';
export type { Checkpoint, DatasetIdentity } from './core/checkpoint.ts';
export {
  type AnyDataset,
  checkDataset,
  type Dataset,
  density,
  type InputScaling,
  type Inputs,
  pick,
  type Split,
  sampleCount,
  slice,
  splitShuffled,
  splitTail,
} from './core/dataset.ts';
export { EdgeMlpError, type ErrorCode } from './core/errors.ts';
export { type Evaluation, evaluate, evaluateInSlices } from './core/evaluate.ts';
export { Kernels } from './core/kernels.ts';
export {
  KEPT_SAMPLES,
  LEARNING_DEFAULTS,
  type LearningOptions,
  learn,
  replay,
  type Snapshot,
} from './core/learner.ts';
export {
  type ClassMetrics,
  type ConfidenceBin,
  type ConfusionMatrix,
  classMetrics,
  computeAccuracy,
  computeCalibration,
} from './core/metrics.ts';
export {
  type BatchPrediction,
  type CreateOptions,
  type FromParametersOptions,
  type FromQuantizedOptions,
  type Gradients,
  Mlp,
  type Prediction,
} from './core/mlp.ts';
export { PackedPixels, PixelPacker } from './core/packed.ts';
export type { Parameters } from './core/parameters.ts';
export type { Precision, QuantizedParameters } from './core/quantization.ts';
export { Random, STREAMS, type Stream } from './core/random.ts';
export {
  HIDDEN_ACTIVATIONS,
  type HiddenActivation,
  INITIALISATIONS,
  type Initialisation,
  type MlpSpec,
  parameterCount,
} from './core/spec.ts';
export {
  type EpochMetrics,
  type EpochProgress,
  type SliceProgress,
  type TrainOptions,
  type TrainProgress,
  type TrainResult,
  train,
} from './core/train.ts';
export {
  type Augment,
  type Schedule,
  TRAINING_DEFAULTS,
  type TrainingOptions,
  type TrainingOptionsInput,
} from './core/training-options.ts';
