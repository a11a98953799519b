/**
 * The library: networks, training, evaluation, learning from corrections. Each runtime's entry adds `loadKernels`.
 *
 * @module edge-mlp
 */
export { type AugmentationOptions, distortedPictures } from './core/augmentation.ts';
export { type Calibration, type ConfidenceBin, computeCalibration } from './core/calibration.ts';
export type { Checkpoint, DatasetIdentity } from './core/checkpoint.ts';
export {
  type AnyDataset,
  type Dataset,
  type InputScaling,
  type Inputs,
  type Labels,
  type PictureFit,
  sampleCount,
  slice,
} from './core/dataset.ts';
export { completeOptions, type DataKind, defaultHidden, readDataKind } from './core/default-options.ts';
export { EdgeMlpError, type ErrorCode } from './core/errors.ts';
export { type Evaluation, evaluate, evaluateInSlices } from './core/evaluate.ts';
export { evaluateProbabilities, type ProbabilityEvaluation } from './core/evaluate-probabilities.ts';
export {
  evaluateRegression,
  type RegressionEvaluation,
  type RegressionEvaluationOptions,
  type TargetMetrics,
} from './core/evaluate-regression.ts';
export type { Gradients } from './core/gradients.ts';
export { Kernels } from './core/kernels.ts';
export { type LearningOptions, learn, replay, type Snapshot } from './core/learner.ts';
export type { RegressionLoss } from './core/loss.ts';
export type { Measures } from './core/measures.ts';
export {
  type ClassificationReport,
  type ClassMetrics,
  type ConfusionMatrix,
  classificationReport,
  classMetrics,
  type EpochMetrics,
  type MeanMetrics,
} from './core/metrics.ts';
export {
  type BatchPrediction,
  type CreateOptions,
  type FromParametersOptions,
  type FromQuantizedOptions,
  Mlp,
  type Prediction,
} from './core/mlp.ts';
export type { Adam, Optimizer, OptimizerInput, Sgd } from './core/optimizers.ts';
export { PackedPixels, PixelPacker } from './core/packed.ts';
export type { Parameters } from './core/parameters.ts';
export {
  type FeatureGroup,
  type FeatureImportance,
  type ImportanceOptions,
  type PermutationImportance,
  permutationImportance,
} from './core/permutation-importance.ts';
export type { QuantizedParameters } from './core/quantization.ts';
export { Random, type Stream } from './core/random.ts';
export {
  calibrateRecognition,
  formatConfidence,
  isRecognized,
  RECOGNITION_SCORES,
  type Recognition,
  type RecognitionCalibration,
  type RecognitionOptions,
  type RecognitionScore,
  recognitionScore,
} from './core/recognition.ts';
export type { ClassWeight } from './core/sample-weights.ts';
export {
  logLoss,
  type RocAucScore,
  rocAucScore,
  type ScoreOptions,
  type Scores,
  topKAccuracyScore,
} from './core/scores.ts';
export {
  HIDDEN_ACTIVATIONS,
  type HiddenActivation,
  type HiddenActivations,
  type Initialisation,
  type MlpSpec,
  type Precision,
  parameterCount,
  type Task,
} from './core/spec.ts';
export { type Split, splitShuffled, splitTail } from './core/split.ts';
export type { StepMeasures } from './core/step-series.ts';
export type { TableColumn } from './core/table-columns.ts';
export { type Target, unscaleTargets } from './core/targets.ts';
export { train } from './core/train.ts';
export type { EpochProgress, SliceProgress, TrainOptions, TrainProgress, TrainResult } from './core/train-progress.ts';
export {
  type AffineStrengths,
  type Augment,
  type Schedule,
  TRAINING_DEFAULTS,
  type TrainingOptions,
  type TrainingOptionsInput,
} from './core/training-options.ts';
export { type LoadOptions, loadModel } from './format/load-model.ts';
export { saveModel } from './format/model-file.ts';
export { type FitOptions, fit } from './runtime/fit.ts';
