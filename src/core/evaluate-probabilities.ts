/** Measures of a network that need the probabilities of all samples. */
import { type Calibration, computeCalibration } from './calibration.ts';
import type { Dataset } from './dataset.ts';
import type { Mlp } from './mlp.ts';
import { type RocAucScore, rocAucScore, topKAccuracyScore } from './scores.ts';
import { classLabels } from './soft-labels.ts';
import { classCount } from './spec.ts';

/** Measures of a classifier from its probabilities on a data set. */
export interface ProbabilityEvaluation {
  /** Areas under the ROC curves, each class against the rest. */
  readonly rocAuc: RocAucScore;
  /** Fraction of the samples whose class has one of the `k` highest probabilities; null with at most `k` classes. */
  readonly topK: { readonly k: number; readonly accuracy: number } | null;
  /** Confidence against accuracy, in 15 intervals. */
  readonly calibration: Calibration;
}

/**
 * Measures the probabilities of a classifier on a data set, with its sample weights. Default of `k`: 2. Throws
 * EdgeMlpError "bad-shape", "bad-data", "not-finite", or "bad-argument", for instance for a regression.
 *
 * @example
 * ```ts
 * import { evaluateProbabilities, loadKernels, Mlp } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const { rocAuc, topK } = evaluateProbabilities(mlp, ellipseDataset({ samples: 1000, seed: 1 }));
 * console.log(rocAuc.classes.length, topK); // 2 null
 * ```
 */
export function evaluateProbabilities(
  mlp: Mlp,
  dataset: Dataset,
  { k = 2 }: { readonly k?: number } = {},
): ProbabilityEvaluation {
  const classes = classCount(mlp.spec);
  const labels = classLabels(dataset);
  const { weights } = dataset;
  const { labels: predicted, probabilities } = mlp.predictBatch(dataset.inputs);
  const confidences = Float32Array.from(predicted, (label, sample) => probabilities[sample * classes + label] ?? 0);
  const correct = Array.from(predicted, (label, sample) => label === labels[sample]);
  return {
    rocAuc: rocAucScore(labels, probabilities, { weights }),
    topK: k >= classes ? null : { k, accuracy: topKAccuracyScore(labels, probabilities, { k, weights }) },
    calibration: computeCalibration(confidences, correct, undefined, { weights }),
  };
}
