/**
 * Functions of single numbers: operators, and the activations that they form together. Exporters write some activations
 * as several nodes, in any order; the values at fixed points tell which activation it is.
 */
import type { HiddenActivation } from '../../core/spec.ts';
import { erf, exp, log, power, sigmoid, tanh } from './portable-math.ts';
import type { Expression } from './values.ts';

/** Numbers from 2^-12 to 2^20 in steps of 9 %, and their negatives: a limit or a threshold between them shows. */
const PROBES = Float64Array.from(listProbes());

function* listProbes(): Generator<number> {
  for (let size = 1 / 4096; size < 1_048_576; size *= 1.09) yield* [size, -size];
}

/** The output of a linear layer. */
export const IDENTITY: Expression = { values: PROBES, node: undefined };

/** Operators of one number without attributes. */
export const UNARY: Readonly<Record<string, (z: number) => number>> = {
  Abs: Math.abs,
  Erf: erf,
  Exp: exp,
  Log: log,
  Neg: (z) => -z,
  Reciprocal: (z) => 1 / z,
  Relu: (z) => Math.max(z, 0),
  Sigmoid: sigmoid,
  Softplus: (z) => softplus(z),
  Sqrt: Math.sqrt,
  Tanh: tanh,
};

export const BINARY = {
  Add: (a: number, b: number) => a + b,
  Sub: (a: number, b: number) => a - b,
  Mul: (a: number, b: number) => a * b,
  Div: (a: number, b: number) => a / b,
  Pow: power,
  Max: Math.max,
  Min: Math.min,
} as const;

/** Comparisons: 1 is true. */
export const COMPARISONS = {
  Greater: (a: number, b: number) => Number(a > b),
  GreaterOrEqual: (a: number, b: number) => Number(a >= b),
  Less: (a: number, b: number) => Number(a < b),
  LessOrEqual: (a: number, b: number) => Number(a <= b),
} as const;

export type BinaryType = keyof typeof BINARY;

const gelu = (z: number): number => 0.5 * z * (1 + erf(z / Math.SQRT2));
const geluTanh = (z: number): number => 0.5 * z * (1 + tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z * z * z)));
const elu = (z: number, alpha = 1): number => (z > 0 ? z : alpha * (exp(z) - 1));
const leakyRelu = (z: number, alpha = 0.01): number => (z > 0 ? z : alpha * z);
/** ln(1 + e^z) = max(z, 0) + ln(1 + e^-|z|) does not overflow. */
const softplus = (z: number): number => Math.max(z, 0) + log(1 + exp(-Math.abs(z)));

const ACTIVATIONS: Readonly<Record<HiddenActivation, (z: number) => number>> = {
  sigmoid,
  tanh,
  relu: (z) => Math.max(z, 0),
  'leaky-relu': leakyRelu,
  elu,
  gelu,
  'gelu-tanh': geluTanh,
  silu: (z) => z * sigmoid(z),
  softplus,
  identity: (z) => z,
};

/** Operators of one number with an attribute. */
export const PARAMETRIC = {
  LeakyRelu: (alpha: number) => (z: number) => leakyRelu(z, alpha),
  Elu: (alpha: number) => (z: number) => elu(z, alpha),
  Gelu: (approximate: string) => (approximate === 'tanh' ? geluTanh : gelu),
} as const;

/** Functions between two linear layers. Two layers with the identity between them are multiplied. */
export const HIDDEN_NAMES: ReadonlySet<string> = new Set(Object.keys(ACTIVATIONS));

/** The activation that an expression is, within the rounding of float32 constants. */
export function recognise({ values }: Expression): HiddenActivation | undefined {
  const names = Object.keys(ACTIVATIONS) as HiddenActivation[];
  return names.find((name) => isFunction(values, ACTIVATIONS[name]));
}

function isFunction(values: Float64Array, f: (z: number) => number): boolean {
  return values.every((value, i) => {
    const expected = f(PROBES[i] ?? Number.NaN);
    return Math.abs(value - expected) <= 1e-6 * Math.max(1e-3, Math.abs(expected));
  });
}

/** Whether two expressions are 1 - σ(z) and σ(z), the probabilities of two classes. */
export function arePair(no: Expression, yes: Expression): boolean {
  return isFunction(no.values, (z) => sigmoid(-z)) && isFunction(yes.values, sigmoid);
}
