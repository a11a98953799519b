/** Questions 1 to 3: every derivative by its formula, compared with central differences or a second calculation. */
import type { Kernels } from '../../src/core/kernels.ts';
import { Mlp } from '../../src/core/mlp.ts';
import {
  backward,
  centralDifference,
  crossEntropy,
  crossEntropyFromLogits,
  crossEntropyGradient,
  forward,
  numericalGradient,
  type ReferenceMlp,
  softmax,
  softmaxCrossEntropyGradient,
  softmaxJacobian,
} from '../../src/reference/index.ts';
import { outputMajor } from './network-figures.ts';
import { QUESTION_THREE, scalarPasses } from './question-three.ts';

/** Logits and target class of questions 1 and 2. */
export const LOGITS = [1, 2, -0.5];
export const TARGET = 1;

/** Central differences with h = 1e-5 have an error of about 1e-10. */
const TOLERANCE = 1e-8;
/** float32 compared with float64. */
const KERNEL_TOLERANCE = 1e-6;

export interface Check {
  readonly question: 1 | 2 | 3;
  readonly group: string;
  readonly name: string;
  /** Value of the formula. */
  readonly derived: number;
  /** Value of the comparison. */
  readonly beside: number;
  readonly tolerance: number;
}

/** False for NaN. */
export function checkAgrees({ derived, beside, tolerance }: Check): boolean {
  return Math.abs(derived - beside) <= tolerance;
}

export function gradientChecks(kernels: Kernels): Check[] {
  return [...softmaxChecks(), ...networkChecks(), ...kernelChecks(kernels)];
}

function softmaxChecks(): Check[] {
  const y = softmax(LOGITS);
  const jacobian = softmaxJacobian(y);
  const probability = (i: number) => (logits: readonly number[]) => softmax(logits)[i] ?? Number.NaN;
  const softmaxRows = jacobian.flatMap((row, i) => {
    const numerical = numericalGradient(probability(i), LOGITS);
    return row.map((derived, j) =>
      check(1, '1a  ∂y_i/∂o_j = y_i ([i = j] - y_j)', `∂y${i}/∂o${j}`, derived, numerical[j]),
    );
  });
  const lossGradient = crossEntropyGradient(y, TARGET);
  const numerical = numericalGradient((values) => crossEntropy(values, TARGET), y);
  const lossRows = lossGradient.map((derived, i) =>
    check(1, '1b  ∂l/∂y_i = -[i = c] / y_c', `∂l/∂y${i}`, derived, numerical[i]),
  );
  const combined = softmaxCrossEntropyGradient(y, TARGET);
  const chained = applyChainRule(lossGradient, jacobian);
  const direct = numericalGradient((logits) => crossEntropyFromLogits(logits, TARGET), LOGITS);
  const checkLogits = (group: string, values: readonly number[]) =>
    combined.map((derived, j) => check(2, group, `∂l/∂o${j}`, derived, values[j]));
  return [
    ...softmaxRows,
    ...lossRows,
    ...checkLogits('2   ∂l/∂o_j = y_j - [j = c]', direct),
    ...checkLogits('2   ∂l/∂o_j by the chain rule from the two derivatives of question 1', chained),
  ];
}

/** The gradient by the logits from the two derivatives of question 1. */
export function applyChainRule(lossGradient: readonly number[], jacobian: readonly (readonly number[])[]): number[] {
  return LOGITS.map((_, j) => lossGradient.reduce((sum, d, i) => sum + d * (jacobian[i]?.[j] ?? Number.NaN), 0));
}

/** Every gradient of question 3's network, compared with its central difference. */
function networkChecks(): Check[] {
  const { x, target } = QUESTION_THREE;
  const { dV, db, dW, da } = scalarPasses();
  const loss = (mlp: ReferenceMlp) => crossEntropyFromLogits(forward(mlp, x).logits, target);
  const checkWeights = (name: string, gradient: readonly (readonly number[])[], l: number) =>
    gradient.flatMap((row, i) =>
      row.map((derived, o) => networkCheck(`${name}[${i}][${o}]`, derived, numericalWeight(loss, l, i, o))),
    );
  const checkBiases = (name: string, gradient: readonly number[], l: number) =>
    gradient.map((derived, o) => networkCheck(`${name}[${o}]`, derived, numericalBias(loss, l, o)));
  return [
    ...checkWeights('dV', dV, 1),
    ...checkBiases('db', db, 1),
    ...checkWeights('dW', dW, 0),
    ...checkBiases('da', da, 0),
  ];
}

function networkCheck(name: string, derived: number, beside: number): Check {
  return check(3, '3   2-3-2 network, target class 0: scalar formulas and central differences', name, derived, beside);
}

function numericalWeight(loss: (mlp: ReferenceMlp) => number, l: number, i: number, o: number): number {
  const { weights } = QUESTION_THREE;
  const value = weights[l]?.[i]?.[o] ?? Number.NaN;
  return centralDifference((w) => {
    const matrix = (weights[l] ?? []).map((row, k) => (k === i ? row.with(o, w) : row));
    return loss({ ...QUESTION_THREE, weights: weights.with(l, matrix) });
  }, value);
}

function numericalBias(loss: (mlp: ReferenceMlp) => number, l: number, o: number): number {
  const { biases } = QUESTION_THREE;
  const bias = biases[l] ?? [];
  return centralDifference(
    (b) => loss({ ...QUESTION_THREE, biases: biases.with(l, bias.with(o, b)) }),
    bias[o] ?? Number.NaN,
  );
}

/** The WebAssembly kernels on the same network, compared with the float64 reference. */
function kernelChecks(kernels: Kernels): Check[] {
  const { x, target, weights, biases, hiddenActivation } = QUESTION_THREE;
  using mlp = Mlp.fromParameters(kernels, {
    layers: [2, 3, 2],
    hiddenActivation,
    weights: weights.map((weight) => Float32Array.from(outputMajor(weight))),
    biases: biases.map((bias) => Float32Array.from(bias)),
  });
  const kernel = mlp.gradients(Float32Array.from(x), [target]);
  const reference = backward(QUESTION_THREE, forward(QUESTION_THREE, x), target);
  const group = '3   2-3-2 network: WebAssembly kernels (float32) and float64 reference';
  const pairs: [string, number, number][] = [['loss', kernel.loss, reference.loss]];
  reference.weights.forEach((weight, l) => {
    weight.forEach((row, i) => {
      row.forEach((value, o) => {
        pairs.push([`d${'WV'[l]}[${i}][${o}]`, kernel.weights[l]?.[o * weight.length + i] ?? Number.NaN, value]);
      });
    });
    reference.biases[l]?.forEach((value, o) => {
      pairs.push([`d${'ab'[l]}[${o}]`, kernel.biases[l]?.[o] ?? Number.NaN, value]);
    });
  });
  const [question, tolerance] = [3 as const, KERNEL_TOLERANCE];
  return pairs.map(([name, derived, beside]) => ({ question, group, name, derived, beside, tolerance }));
}

function check(question: Check['question'], group: string, name: string, derived: number, beside = Number.NaN): Check {
  return { question, group, name, derived, beside, tolerance: TOLERANCE };
}
