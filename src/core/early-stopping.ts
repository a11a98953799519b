/** The ranking of epochs and trials, and early stopping (scikit-learn's n_iter_no_change). */
import { EdgeMlpError } from './errors.ts';
import type { EpochMetrics } from './metrics.ts';

/** Measures on the validation set, of one epoch or as means over runs. */
export type ValidationMeasures = Pick<EpochMetrics, 'validationLoss' | 'validationAccuracy'>;

/** The measure that decides: the accuracy, or in regression, which has none, the loss. */
export function rankingMeasure({ validationAccuracy }: ValidationMeasures): keyof ValidationMeasures {
  return validationAccuracy === null ? 'validationLoss' : 'validationAccuracy';
}

/** Whether `one` has a higher accuracy than `other`, or an equal accuracy and a lower loss. */
export function isBetter(one: ValidationMeasures, other: ValidationMeasures): boolean {
  const [accuracy, otherAccuracy] = [one.validationAccuracy ?? 0, other.validationAccuracy ?? 0];
  if (accuracy !== otherAccuracy) return accuracy > otherAccuracy;
  return (one.validationLoss ?? 0) < (other.validationLoss ?? 0);
}

/** The best epoch, from 1; of equally good ones the first. 0 without epochs. */
export function bestEpoch(history: readonly EpochMetrics[]): number {
  const [first, ...later] = history;
  if (first === undefined) return 0;
  return later.reduce((best, metrics) => (isBetter(metrics, best) ? metrics : best), first).epoch;
}

/** Throws EdgeMlpError "bad-argument" for patience in a run without validation samples. */
export function checkPatience({ patience = 0 }: { readonly patience?: number | undefined }, validates: boolean): void {
  if (patience === 0 || validates) return;
  throw new EdgeMlpError('bad-argument', 'patience: expected a validation set, which decides the best epoch');
}

/** Whether the last `patience` epochs were not better than an earlier one. A patience of 0 never ends a run. */
export function isPatienceOver(history: readonly EpochMetrics[], patience: number): boolean {
  return patience > 0 && history.length > 0 && history.length - bestEpoch(history) >= patience;
}

/** Measures of the epoch whose weights a finished run has: the best one with patience, otherwise the last one. */
export function keptMetrics<Metrics extends EpochMetrics>(
  history: readonly Metrics[],
  patience: number,
): Metrics | undefined {
  return patience > 0 ? history[bestEpoch(history) - 1] : history.at(-1);
}
