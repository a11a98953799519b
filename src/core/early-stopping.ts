/** Early stopping: the best epoch of a run, and the end of its patience (scikit-learn's n_iter_no_change). */
import { EdgeMlpError } from './errors.ts';
import type { EpochMetrics } from './metrics.ts';

/** Throws EdgeMlpError "bad-argument" for patience in a run without validation samples. */
export function checkPatience({ patience }: { readonly patience: number }, validates: boolean): void {
  if (patience === 0 || validates) return;
  throw new EdgeMlpError('bad-argument', 'patience: expected a validation set, which decides the best epoch');
}

/** Whether the last `patience` epochs had no better validation accuracy. A patience of 0 never ends a run. */
export function isPatienceOver(history: readonly EpochMetrics[], patience: number): boolean {
  return patience > 0 && history.length > 0 && history.length - bestEpoch(history) >= patience;
}

/**
 * The epoch, from 1, with the highest validation accuracy; of equal ones the one with the lowest loss, then the first.
 */
export function bestEpoch(history: readonly EpochMetrics[]): number {
  const rank = ({ validationAccuracy, validationLoss }: EpochMetrics) => [
    validationAccuracy ?? 0,
    -(validationLoss ?? 0),
  ];
  let best: EpochMetrics | undefined;
  for (const metrics of history) {
    const [accuracy = 0, loss = 0] = rank(metrics);
    const [bestAccuracy = 0, bestLoss = 0] = best === undefined ? [-1] : rank(best);
    if (accuracy > bestAccuracy || (accuracy === bestAccuracy && loss > bestLoss)) best = metrics;
  }
  return best?.epoch ?? 0;
}
