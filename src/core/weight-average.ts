/**
 * The mean of a network's weights over some epochs: stochastic weight averaging (Izmailov, Podoprikhin, Garipov, Vetrov and
 * Wilson, 2018), torch.optim.swa_utils.AveragedModel.
 */
import type { Parameters } from './parameters.ts';

/** The mean of `count` sets of parameters, and one more. In float32, so that a checkpoint keeps all of it. */
export function addToMean(mean: Parameters | undefined, count: number, added: Parameters): Parameters {
  if (mean === undefined) return added;
  const towards = (old: readonly Float32Array[], next: readonly Float32Array[]) =>
    old.map((values, l) => values.map((value, i) => value + ((next[l]?.[i] ?? 0) - value) / (count + 1)));
  return { weights: towards(mean.weights, added.weights), biases: towards(mean.biases, added.biases) };
}
