/** Measures of a classifier, from its confusion matrix. */

export interface ClassMetrics {
  readonly label: number;
  /** Samples of this class. */
  readonly support: number;
  /** Of those predicted to be of this class, the share that are; 0 where none was. */
  readonly precision: number;
  /** Of those of this class, the share that were found; 0 where there is none. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
}

/** Samples by true class (row) and predicted class (column). */
export type ConfusionMatrix = readonly (readonly number[])[];

/** Share of all samples that lie on the diagonal. */
export function accuracyOf(confusion: ConfusionMatrix): number {
  const correct = sum(confusion.map((row, label) => row[label] ?? 0));
  return correct / sum(confusion.map(sum));
}

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

/** Predictions whose confidence lies in one interval. */
export interface ConfidenceBin {
  /** The interval (from, to]. */
  readonly from: number;
  readonly to: number;
  readonly samples: number;
  /** Mean confidence, and the share that was right; 0 where there are none. */
  readonly confidence: number;
  readonly accuracy: number;
}

/**
 * A reliability diagram, and the expected calibration error: the mean distance between confidence and accuracy, weighted by samples
 * (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", 2017, equations 2, 3 and 5).
 * `confidences` [samples] are the probabilities of the predicted classes, `correct` [samples] whether they were right.
 */
export function calibrationOf(
  confidences: ArrayLike<number>,
  correct: ArrayLike<boolean>,
  bins = 15,
): { readonly bins: readonly ConfidenceBin[]; readonly expectedCalibrationError: number } {
  const members: number[][] = Array.from({ length: bins }, () => []);
  for (let i = 0; i < confidences.length; i++) {
    const bin = Math.min(bins - 1, Math.max(0, Math.ceil((confidences[i] ?? 0) * bins) - 1));
    members[bin]?.push(i);
  }
  const shown = members.map((indices, bin) => ({
    from: bin / bins,
    to: (bin + 1) / bins,
    samples: indices.length,
    confidence: ratio(sum(indices.map((i) => confidences[i] ?? 0)), indices.length),
    accuracy: ratio(indices.filter((i) => correct[i]).length, indices.length),
  }));
  const gaps = shown.map(({ samples, confidence, accuracy }) => samples * Math.abs(confidence - accuracy));
  return { bins: shown, expectedCalibrationError: ratio(sum(gaps), confidences.length) };
}
