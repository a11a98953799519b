/**
 * Softmax, cross-entropy and their derivatives in float64 (questions 1 and 2). Equation numbers refer to
 * docs/internals/math.md.
 */

/** y_i = e^{o_i} / Σ_j e^{o_j} for logits o [classes]. The maximum is subtracted first, against overflow. */
export function softmax(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - greatest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** l = -log y_c for probabilities y [classes] and the target class c. Equation (1). */
export function crossEntropy(probabilities: readonly number[], target: number): number {
  return -Math.log(at(probabilities, target));
}

/** ∂y_i/∂o_j = y_i ([i = j] - y_j), [classes][classes], from y. Equation (2), question 1. */
export function softmaxJacobian(probabilities: readonly number[]): number[][] {
  return probabilities.map((y_i, i) => probabilities.map((y_j, j) => y_i * (Number(i === j) - y_j)));
}

/** ∂l/∂y_i = -[i = c] / y_c, [classes]. Equation (3), question 1. */
export function crossEntropyGradient(probabilities: readonly number[], target: number): number[] {
  return probabilities.map((y_i, i) => (i === target ? -1 / y_i : 0));
}

/** ∂l/∂o_j = y_j - [j = c], [classes]: the product of (2) and (3). Equation (4), question 2. */
export function softmaxCrossEntropyGradient(probabilities: readonly number[], target: number): number[] {
  return probabilities.map((y_j, j) => y_j - Number(j === target));
}

/** l = log Σ_j e^{o_j} - o_c: the loss from the logits, which stays finite for any logits. Equation (5). */
export function crossEntropyFromLogits(logits: readonly number[], target: number): number {
  const greatest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - greatest), 0);
  return Math.log(sum) + greatest - at(logits, target);
}

/** l = -Σ_c t_c log y_c for target probabilities t [classes], from the logits as in (5). */
export function softCrossEntropyFromLogits(logits: readonly number[], targets: readonly number[]): number {
  return targets.reduce((sum, t_c, c) => sum + t_c * crossEntropyFromLogits(logits, c), 0);
}

/** ∂l/∂o_j = y_j - t_j, [classes], for target probabilities t with the sum 1: the mean of (4) by t. */
export function softCrossEntropyGradient(probabilities: readonly number[], targets: readonly number[]): number[] {
  return probabilities.map((y_j, j) => y_j - at(targets, j));
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new RangeError(`class: expected 0 to ${values.length - 1}, got ${index}`);
  return value;
}
