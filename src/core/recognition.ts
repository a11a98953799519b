/**
 * Whether a sample looks like those that a network was trained on. The score comes from the probabilities, which are
 * flatter for samples of no class (Hendrycks, Gimpel, "A baseline for detecting misclassified and out-of-distribution
 * examples", 2017), above all after training on outliers with uniform target probabilities (outlier exposure: Hendrycks,
 * Mazeika, Dietterich 2019). A sample with a score below the threshold is not recognized.
 */
import { checkOptions } from './arguments.ts';
import type { Dataset, Inputs } from './dataset.ts';
import { describeValue, EdgeMlpError } from './errors.ts';
import { naturalLogarithm } from './logarithm.ts';
import type { Mlp } from './mlp.ts';

/**
 * Scores of samples, from 0 to 1, each higher for samples like those of the training. `entropy`: 1 - H / log(classes)
 * with the entropy H = -Σ p log p. `max-probability`: the probability of the most likely class. A sample between two
 * classes has a low greatest probability, but a lower entropy than a sample of no class.
 */
export const RECOGNITION_SCORES = ['entropy', 'max-probability'] as const;
/** One of RECOGNITION_SCORES. */
export type RecognitionScore = (typeof RECOGNITION_SCORES)[number];

/** When a model recognizes a sample as one of its classes. */
export interface Recognition {
  /** `entropy`: 1 - H / log(classes) with H = -Σ p log p. `max-probability`: that of the most likely class. */
  readonly score: RecognitionScore;
  /** Samples with a lower score are not recognized. */
  readonly threshold: number;
}

/** Options of `calibrateRecognition`. */
export interface RecognitionOptions {
  /** Default: entropy. */
  readonly score?: RecognitionScore;
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
  checkOptions('calibrateRecognition', options, ['score', 'rejected', 'outliers']);
  const { score = 'entropy', rejected = 0.01, outliers } = options;
  if (!RECOGNITION_SCORES.includes(score)) {
    const message = `score: expected ${RECOGNITION_SCORES.join(' or ')}, got ${describeValue(score)}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const measureScores = (inputs: Inputs, name: string) => scoreSamples(mlp, inputs, { score, name });
  const scores = measureScores(dataset.inputs, dataset.name);
  const threshold = chooseThreshold(scores, rejected);
  const share = (values: Float64Array) => values.filter((value) => value < threshold).length / values.length;
  return {
    recognition: { score, threshold },
    rejected: share(scores),
    refused: outliers === undefined ? null : share(measureScores(outliers, 'outliers')),
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
function scoreSamples(
  mlp: Mlp,
  inputs: Inputs,
  { score, name }: { readonly score: RecognitionScore; readonly name: string },
): Float64Array {
  if (inputs.length === 0) throw new EdgeMlpError('bad-data', `${name}: expected samples, got none`);
  const { labels, probabilities } = mlp.predictBatch(inputs);
  const classes = probabilities.length / labels.length;
  return Float64Array.from(labels, (_, n) => {
    return recognitionScore(probabilities.subarray(n * classes, (n + 1) * classes), score);
  });
}

/** The score of one sample by its probabilities [classes], with the same bits in every engine. Default: entropy. */
export function recognitionScore(probabilities: ArrayLike<number>, score: RecognitionScore = 'entropy'): number {
  const values = Array.from(probabilities);
  if (score === 'max-probability') return Math.max(...values);
  if (values.length === 1) return 1;
  const entropy = values.reduce((sum, p) => (p > 0 ? sum - p * naturalLogarithm(p) : sum), 0);
  return 1 - entropy / naturalLogarithm(values.length);
}

/** Whether a model recognizes a sample with these probabilities [classes]. A model without a threshold recognizes all. */
export function isRecognized(
  { recognition }: { readonly recognition?: Recognition | undefined },
  probabilities: ArrayLike<number>,
): boolean {
  return recognition === undefined || recognitionScore(probabilities, recognition.score) >= recognition.threshold;
}

/** A probability for people, in per cent: 99.9 at most, as no answer is certain, and `< 0.1 %` for the smallest. */
export function formatConfidence(probability: number): string {
  return probability < 0.0005 ? '< 0.1 %' : `${Math.min(99.9, 100 * probability).toFixed(1)} %`;
}
