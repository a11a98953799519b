/** Weight averaging over the last epochs of a run. */
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
