/** The weights that a run ends with: their mean over the last epochs, or those of the best epoch. */
import type { EpochMetrics } from './metrics.ts';
import type { Parameters } from './parameters.ts';

/**
 * The mean of `count` sets of parameters and one more: stochastic weight averaging (Izmailov, Podoprikhin, Garipov,
 * Vetrov and Wilson, 2018), torch.optim.swa_utils.AveragedModel. In float32, so that a checkpoint holds it exactly.
 */
export function addToMean(mean: Parameters | undefined, count: number, added: Parameters): Parameters {
  if (mean === undefined) return added;
  const addAll = (old: readonly Float32Array[], next: readonly Float32Array[]) =>
    old.map((values, l) => values.map((value, i) => value + ((next[l]?.[i] ?? 0) - value) / (count + 1)));
  return { weights: addAll(mean.weights, added.weights), biases: addAll(mean.biases, added.biases) };
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
