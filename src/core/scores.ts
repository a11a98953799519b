/** Scores of a classifier from its probabilities, with the names and definitions of scikit-learn. */
import { checkLabels } from './dataset.ts';
import { EdgeMlpError, formatNumber } from './errors.ts';
import { naturalLogarithm } from './logarithm.ts';

/** Options of scores. */
export interface ScoreOptions {
  /** `[samples]`: sample weights, at least 0. Default: all 1. */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Areas under the ROC curves of each class against all others. */
export interface RocAucScore {
  /** Unweighted mean over the classes that have an area; null without one. */
  readonly macro: number | null;
  /** By label; null if no sample, or every sample, belongs to the class. */
  readonly classes: readonly (number | null)[];
}

/** Probabilities or other finite scores, [samples][classes]. */
export type Scores = Float32Array | Float64Array;

/**
 * The area under the ROC curve of each class against the rest, and its mean, as roc_auc_score of scikit-learn with
 * `multi_class='ovr'`: the probability that a random sample of the class has a higher score than a random sample of the
 * rest, where a tie counts half (Hanley and McNeil, "The meaning and use of the area under a receiver operating
 * characteristic (ROC) curve", 1982). With two classes, both have the area of label 1.
 *
 * `probabilities` has the shape [samples][classes]. scikit-learn refuses classes without an area; they are null here.
 * Throws EdgeMlpError "bad-shape", "bad-data" or "not-finite".
 *
 * @example
 * ```ts
 * import { rocAucScore } from 'edge-mlp';
 *
 * const probabilities = Float32Array.of(0.9, 0.1, 0.6, 0.4, 0.7, 0.3, 0.2, 0.8);
 * console.log(rocAucScore([0, 0, 1, 1], probabilities)); // { macro: 0.75, classes: [ 0.75, 0.75 ] }
 * ```
 */
export function rocAucScore(
  labels: ArrayLike<number>,
  probabilities: Scores,
  { weights }: ScoreOptions = {},
): RocAucScore {
  const classes = checkScores(labels, probabilities, weights);
  const area = (label: number) =>
    rocArea(labels, (sample) => probabilities[sample * classes + label] ?? 0, label, weights);
  const areas =
    classes === 2 ? Array<number | null>(2).fill(area(1)) : Array.from({ length: classes }, (_, i) => area(i));
  const defined = areas.filter((value) => value !== null);
  const macro = defined.length === 0 ? null : defined.reduce((sum, value) => sum + value, 0) / defined.length;
  return { macro, classes: areas };
}

/** Counts pairs of a sample of `label` and another sample in the order of their scores. */
function rocArea(
  labels: ArrayLike<number>,
  getScore: (sample: number) => number,
  label: number,
  weights: ArrayLike<number> | undefined,
): number | null {
  const scores = Float64Array.from({ length: labels.length }, (_, sample) => getScore(sample));
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0));
  // Weights of all samples of the class and of the rest, and of those with lower scores.
  let [positive, negative, pairs] = [0, 0, 0];
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i] ?? 0];
    let [positiveTies, negativeTies] = [0, 0];
    for (; i < order.length && scores[order[i] ?? 0] === score; i++) {
      const sample = order[i] ?? 0;
      const weight = weights?.[sample] ?? 1;
      if (labels[sample] === label) positiveTies += weight;
      else negativeTies += weight;
    }
    pairs += positiveTies * (negative + negativeTies / 2);
    positive += positiveTies;
    negative += negativeTies;
  }
  return positive === 0 || negative === 0 ? null : pairs / (positive * negative);
}

/**
 * The fraction of samples whose class has one of the `k` highest probabilities, as top_k_accuracy_score of scikit-learn:
 * of equal probabilities, that of the higher label counts as higher. `probabilities` has the shape [samples][classes].
 * Default of `k`: 2. Throws EdgeMlpError "bad-argument", "bad-shape", "bad-data" or "not-finite".
 *
 * @example
 * ```ts
 * import { topKAccuracyScore } from 'edge-mlp';
 *
 * const probabilities = Float32Array.of(0.5, 0.3, 0.2, 0.2, 0.5, 0.3);
 * console.log(topKAccuracyScore([1, 0], probabilities, { k: 2 })); // 0.5
 * ```
 */
export function topKAccuracyScore(
  labels: ArrayLike<number>,
  probabilities: Scores,
  { k = 2, weights }: ScoreOptions & { readonly k?: number } = {},
): number {
  const classes = checkScores(labels, probabilities, weights);
  if (!Number.isInteger(k) || k < 1 || k > classes) {
    throw new EdgeMlpError('bad-argument', `k: expected a whole number from 1 to ${classes}, got ${k}`);
  }
  return weightedMean(labels.length, weights, (sample) => {
    const first = sample * classes;
    const own = first + (labels[sample] ?? 0);
    const score = probabilities[own] ?? 0;
    let ahead = 0;
    for (let i = first; i < first + classes; i++) {
      const other = probabilities[i] ?? 0;
      if (other > score || (other === score && i > own)) ahead++;
    }
    return ahead < k ? 1 : 0;
  });
}

/**
 * Mean cross-entropy of the labels, in nats, as log_loss of scikit-learn: probabilities are clipped to [ε, 1 - ε], with
 * the ε of their precision. `evaluate` measures the loss from the logits instead, which is exact for small
 * probabilities. `probabilities` has the shape [samples][classes]. Throws EdgeMlpError "bad-shape", "bad-data" or
 * "not-finite".
 *
 * @example
 * ```ts
 * import { logLoss } from 'edge-mlp';
 *
 * console.log(logLoss([0, 1], Float32Array.of(0.5, 0.5, 0.5, 0.5)).toFixed(4)); // 0.6931
 * ```
 */
export function logLoss(labels: ArrayLike<number>, probabilities: Scores, { weights }: ScoreOptions = {}): number {
  const classes = checkScores(labels, probabilities, weights);
  const epsilon = probabilities instanceof Float32Array ? 2 ** -23 : 2 ** -52;
  return weightedMean(labels.length, weights, (sample) => {
    const probability = probabilities[sample * classes + (labels[sample] ?? 0)] ?? 0;
    return -naturalLogarithm(Math.min(1 - epsilon, Math.max(epsilon, probability)));
  });
}

function weightedMean(
  samples: number,
  weights: ArrayLike<number> | undefined,
  measure: (sample: number) => number,
): number {
  let [sum, total] = [0, 0];
  for (let sample = 0; sample < samples; sample++) {
    const weight = weights?.[sample] ?? 1;
    sum += weight * measure(sample);
    total += weight;
  }
  return sum / total;
}

/** Returns the number of classes. */
function checkScores(labels: ArrayLike<number>, probabilities: Scores, weights: ArrayLike<number> | undefined): number {
  const samples = labels.length;
  const classes = probabilities.length / samples;
  if (!Number.isInteger(classes) || classes < 2) {
    const expected = `[${formatNumber(samples)} samples][2 or more classes]`;
    throw new EdgeMlpError('bad-shape', `probabilities: expected ${expected}, got ${probabilities.length} numbers`);
  }
  if (weights !== undefined && weights.length !== samples) {
    throw new EdgeMlpError('bad-shape', `weights: expected ${samples} numbers, got ${weights.length}`);
  }
  checkLabels('labels', labels, classes);
  if (!probabilities.every(Number.isFinite)) {
    throw new EdgeMlpError('not-finite', 'probabilities: expected finite numbers, got NaN or an infinity');
  }
  return classes;
}
