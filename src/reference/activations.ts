/** The activations of hidden layers in float64. Equation numbers refer to docs/internals/math.md. */

/** Activation of hidden layers. */
export type Activation =
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky-relu'
  | 'elu'
  | 'gelu'
  | 'gelu-tanh'
  | 'silu'
  | 'softplus'
  | 'identity';

/** f(z), and f'(z) from z and h = f(z). */
export interface ActivationFunction {
  /** f(z) */
  readonly value: (z: number) => number;
  /** f'(z) */
  readonly slope: (z: number, h: number) => number;
}

const LEAK = 0.01;
const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
/** Φ(z), the distribution of a standard normal number, and φ(z), its density. */
const normal = (z: number) => (1 + erf(z / Math.SQRT2)) / 2;
const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
/** (1 + tanh u) / 2 = σ(2u) with u = sqrt(2 / π) (z + 0.044715 z³) approximates Φ(z). */
const nearNormal = (z: number) => sigmoid(2 * Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3));
const nearDensity = (z: number) =>
  nearNormal(z) * (1 - nearNormal(z)) * 2 * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * z ** 2);

/** Equation (7). */
export const ACTIVATIONS: Readonly<Record<Activation, ActivationFunction>> = {
  sigmoid: { value: sigmoid, slope: (_, h) => h * (1 - h) },
  tanh: { value: Math.tanh, slope: (_, h) => 1 - h * h },
  relu: { value: (z) => Math.max(z, 0), slope: (z) => Number(z > 0) },
  'leaky-relu': { value: (z) => (z > 0 ? z : LEAK * z), slope: (z) => (z > 0 ? 1 : LEAK) },
  elu: { value: (z) => (z > 0 ? z : Math.expm1(z)), slope: (z) => (z > 0 ? 1 : Math.exp(z)) },
  gelu: { value: (z) => z * normal(z), slope: (z) => normal(z) + z * density(z) },
  'gelu-tanh': { value: (z) => z * nearNormal(z), slope: (z) => nearNormal(z) + z * nearDensity(z) },
  silu: { value: (z) => z * sigmoid(z), slope: (z) => sigmoid(z) * (1 + z * sigmoid(-z)) },
  softplus: { value: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), slope: sigmoid },
  identity: { value: (z) => z, slope: () => 1 },
};

/**
 * erf(x) = 2 / sqrt(π) e^(-x²) Σ_n 2^n x^(2n+1) / (1 · 3 · … · (2n+1)): Abramowitz and Stegun, "Handbook of Mathematical
 * Functions" (1964), 7.1.6. All terms have the sign of x, so nothing cancels.
 */
function erf(x: number): number {
  // Beyond ±6, erf is ±1 in float64.
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
