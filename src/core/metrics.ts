/** Measures of a classifier: of an epoch of its training, and from its confusion matrix. */

/** Measures of one epoch of training. */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /** Mean loss of the samples of the epoch in nats, each measured before the update of its step. */
  readonly trainLoss: number;
  /**
   * Fraction of the samples of the epoch that were classified correctly, each measured before the update of its step.
   */
  readonly trainAccuracy: number;
  /**
   * With the weights at the end of the epoch, or their running mean with `averageEpochs`; null without a validation
   * set.
   */
  readonly validationLoss: number | null;
  /** Fraction of the validation samples that were classified correctly; null without a validation set. */
  readonly validationAccuracy: number | null;
}

/** Measures of one class against all others. */
export interface ClassMetrics {
  /** The class. */
  readonly label: number;
  /** Samples of this class. */
  readonly support: number;
  /** Fraction of the samples predicted as this class that belong to it; 0 without such samples. */
  readonly precision: number;
  /** Fraction of the samples of this class that were predicted as this class; 0 without such samples. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
}

/** Samples by true class (row) and predicted class (column). */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Fraction of the samples on the diagonal of a confusion matrix. */
export function computeAccuracy(confusion: ConfusionMatrix): number {
  const correct = sum(confusion.map((row, label) => row[label] ?? 0));
  return correct / sum(confusion.map(sum));
}

/**
 * Precision, recall and F1 score of each class, in the order of the labels.
 *
 * @example
 * ```ts
 * import { classMetrics } from 'edge-mlp';
 *
 * const [first] = classMetrics([[8, 2], [2, 8]]);
 * console.log(first); // { label: 0, support: 10, precision: 0.8, recall: 0.8, f1: 0.8 }
 * ```
 */
export function classMetrics(confusion: ConfusionMatrix): ClassMetrics[] {
  return confusion.map((row, label) => {
    const hits = row[label] ?? 0;
    const support = sum(row);
    const predicted = sum(confusion.map((other) => other[label] ?? 0));
    return {
      label,
      support,
      precision: ratio(hits, predicted),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + predicted),
    };
  });
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Predictions whose confidence is in one interval. */
export interface ConfidenceBin {
  /** Lower bound; the interval is (from, to]. */
  readonly from: number;
  /** Upper bound. */
  readonly to: number;
  /** Number of predictions. */
  readonly samples: number;
  /** Mean confidence; 0 without predictions. */
  readonly confidence: number;
  /** Fraction that is correct; 0 without predictions. */
  readonly accuracy: number;
}

/**
 * A reliability diagram and the expected calibration error: the mean difference between confidence and accuracy,
 * weighted by samples (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", 2017, equations 2,
 * 3 and 5). `confidences` [samples] are the probabilities of the predicted classes, `correct` [samples] whether the
 * predictions are correct.
 */
export function computeCalibration(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  bins = 15,
): { readonly bins: readonly ConfidenceBin[]; readonly expectedCalibrationError: number } {
  const members: number[][] = Array.from({ length: bins }, () => []);
  for (let i = 0; i < confidences.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil((confidences[i] ?? 0) * bins) - 1));
    members[bin]?.push(i);
  }
  const filled = members.map((indices, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    samples: indices.length,
    confidence: ratio(sum(indices.map((i) => confidences[i] ?? 0)), indices.length),
    accuracy: ratio(indices.filter((i) => correct[i]).length, indices.length),
  }));
  const gaps = filled.map(({ samples, confidence, accuracy }) => samples * Math.abs(confidence - accuracy));
  return { bins: filled, expectedCalibrationError: ratio(sum(gaps), confidences.length) };
}
