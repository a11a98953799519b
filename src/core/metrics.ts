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
