/** Measures of an epoch of training, and of a classifier from its confusion matrix. Names as in scikit-learn. */

/** Measures of one epoch of training. */
export interface EpochMetrics {
  /** From 1. */
  readonly epoch: number;
  /**
   * Mean loss of the samples of the epoch, each measured before the update of its step, with the weights of samples and
   * classes. Cross-entropy is in nats, losses of regression are those of standardised targets.
   */
  readonly trainLoss: number;
  /**
   * Fraction of the samples of the epoch that were classified correctly, each measured before the update of its step;
   * null for regression.
   */
  readonly trainAccuracy: number | null;
  /**
   * With the weights at the end of the epoch, or their running mean with `averageEpochs`; null without a validation
   * set.
   */
  readonly validationLoss: number | null;
  /** Fraction of the validation samples that were classified correctly; null without a validation set, or regression. */
  readonly validationAccuracy: number | null;
  /** For regression only: mean R² of the targets on the validation set; null without a validation set. */
  readonly validationR2?: number | null | undefined;
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

/** Means over the classes. */
export interface MeanMetrics {
  /** Mean precision. */
  readonly precision: number;
  /** Mean recall. */
  readonly recall: number;
  /** Mean F1 score. */
  readonly f1: number;
}

/** Measures from a confusion matrix. */
export interface ClassificationReport {
  /** Fraction of the samples that were classified correctly. */
  readonly accuracy: number;
  /** Mean recall of the classes that have samples: 1 / classes for a constant prediction. */
  readonly balancedAccuracy: number;
  /** Unweighted means over the classes that occur among the true or the predicted labels. */
  readonly macro: MeanMetrics;
  /** Means weighted by the support of the classes. */
  readonly weighted: MeanMetrics;
  /** Precision, recall and F1 score of each class. */
  readonly classes: readonly ClassMetrics[];
}

/**
 * Measures from a confusion matrix, as classification_report and balanced_accuracy_score of scikit-learn with
 * `zero_division=0`.
 *
 * @example
 * ```ts
 * import { classificationReport } from 'edge-mlp';
 *
 * const { accuracy, balancedAccuracy, macro } = classificationReport([[90, 0], [5, 5]]);
 * console.log(accuracy, balancedAccuracy, macro.recall); // 0.95 0.75 0.75
 * ```
 */
export function classificationReport(confusion: ConfusionMatrix): ClassificationReport {
  const classes = classMetrics(confusion);
  const supported = classes.filter(({ support }) => support > 0);
  const predicted = (label: number) => confusion.some((row) => (row[label] ?? 0) > 0);
  const occurring = classes.filter(({ label, support }) => support > 0 || predicted(label));
  return {
    accuracy: computeAccuracy(confusion),
    balancedAccuracy: average(supported, () => 1).recall,
    macro: average(occurring, () => 1),
    weighted: average(classes, ({ support }) => support),
    classes,
  };
}

function average(classes: readonly ClassMetrics[], weigh: (metrics: ClassMetrics) => number): MeanMetrics {
  const total = sum(classes.map(weigh));
  const mean = (name: keyof MeanMetrics) => ratio(sum(classes.map((each) => weigh(each) * each[name])), total);
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
