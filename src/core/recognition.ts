/**
 * Whether a sample looks like those that a network was trained on. The score is the greatest probability, which is lower
 * for samples of no class (Hendrycks, Gimpel, "A baseline for detecting misclassified and out-of-distribution examples",
 * 2017), above all after training on outliers with uniform target probabilities (outlier exposure: Hendrycks, Mazeika,
 * Dietterich 2019). A sample with a score below the threshold is not recognized.
 */
import { checkOptions } from './arguments.ts';
import type { Dataset, Inputs } from './dataset.ts';
import { describeValue, EdgeMlpError } from './errors.ts';
import type { Mlp } from './mlp.ts';

/** Scores of samples, each higher for samples like those of the training. */
export const RECOGNITION_SCORES = ['max-probability'] as const;

/** How a model tells samples of its classes from others. */
export interface Recognition {
  /** `max-probability`: the probability of the most likely class. */
  readonly score: (typeof RECOGNITION_SCORES)[number];
  /** Samples with a lower score are not recognized. */
  readonly threshold: number;
}

/** Options of `calibrateRecognition`. */
export interface RecognitionOptions {
  /** Fraction of the data set's samples that may be rejected, 0 ≤ r < 1. Default: 0.01. */
  readonly rejected?: number;
  /** Samples of no class, of which the refused share is measured. */
  readonly outliers?: Inputs;
}

/** A threshold, and what it does. */
export interface RecognitionCalibration {
  /** For the description of the model: `saveModel(mlp, { ...info, recognition })`. */
  readonly recognition: Recognition;
  /** Fraction of the data set's samples that are not recognized. */
  readonly rejected: number;
  /** Fraction of the outliers that are not recognized; null without outliers. */
  readonly refused: number | null;
}

/**
 * Chooses the threshold that rejects a fraction of a data set, which the network was not trained on. Throws EdgeMlpError
 * "bad-argument", for instance for a regression, "bad-data", "bad-shape" or "not-finite".
 *
 * @example
 * ```ts
 * import { calibrateRecognition, isRecognized, loadKernels, Mlp } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const { recognition, rejected } = calibrateRecognition(mlp, ellipseDataset({ samples: 1000, seed: 1 }));
 * console.log(rejected); // 0.01
 * console.log(isRecognized({ recognition }, mlp.predict(Float32Array.of(0, 0)).probabilities)); // true
 * ```
 */
export function calibrateRecognition(
  mlp: Mlp,
  dataset: Dataset,
  options: RecognitionOptions = {},
): RecognitionCalibration {
  checkOptions('calibrateRecognition', options, ['rejected', 'outliers']);
  const { rejected = 0.01, outliers } = options;
  const scores = scoreSamples(mlp, dataset.inputs, dataset.name);
  const threshold = chooseThreshold(scores, rejected);
  const share = (values: Float32Array) => values.filter((score) => score < threshold).length / values.length;
  return {
    recognition: { score: 'max-probability', threshold },
    rejected: share(scores),
    refused: outliers === undefined ? null : share(scoreSamples(mlp, outliers, 'outliers')),
  };
}

/**
 * The greatest threshold that at most a fraction `rejected` of the scores is below. Throws EdgeMlpError "bad-argument" for
 * another fraction than 0 ≤ r < 1.
 */
export function chooseThreshold(scores: ArrayLike<number>, rejected: number): number {
  if (!(typeof rejected === 'number' && rejected >= 0 && rejected < 1)) {
    const message = `rejected: expected a fraction from 0 to below 1, got ${describeValue(rejected)}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  return Float64Array.from(scores).sort()[Math.floor(rejected * scores.length)] ?? 0;
}

/** The score of each sample. */
function scoreSamples(mlp: Mlp, inputs: Inputs, name: string): Float32Array {
  if (inputs.length === 0) throw new EdgeMlpError('bad-data', `${name}: expected samples, got none`);
  const { labels, probabilities } = mlp.predictBatch(inputs);
  const classes = probabilities.length / labels.length;
  return Float32Array.from(labels, (label, n) => probabilities[n * classes + label] ?? 0);
}

/** The score of one sample by its probabilities [classes]. */
export function recognitionScore(probabilities: ArrayLike<number>): number {
  return Math.max(...Array.from(probabilities));
}

/** Whether a model recognizes a sample with these probabilities [classes]. A model without a threshold recognizes all. */
export function isRecognized(
  { recognition }: { readonly recognition?: Recognition | undefined },
  probabilities: ArrayLike<number>,
): boolean {
  return recognition === undefined || recognitionScore(probabilities) >= recognition.threshold;
}

/** A probability for people, in per cent: 99.9 at most, as no answer is certain, and `< 0.1 %` for the smallest. */
export function formatConfidence(probability: number): string {
  return probability < 0.0005 ? '< 0.1 %' : `${Math.min(99.9, 100 * probability).toFixed(1)} %`;
}
