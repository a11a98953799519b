/** Functions of one number that give the same bits on every engine, unlike those of Math. */
import { naturalLogarithm } from '../../core/logarithm.ts';

/** e^z: 2^k · e^r with |r| ≤ ln 2 / 2, and the Taylor series of e^r up to r^14 / 14!. */
export function exp(z: number): number {
  if (Number.isNaN(z)) return z;
  if (z > 709) return Number.POSITIVE_INFINITY;
  if (z < -740) return 0;
  const power = Math.round(z / Math.LN2);
  const rest = z - power * Math.LN2;
  let [sum, term] = [1, 1];
  for (let n = 1; n <= 14; n++) {
    term *= rest / n;
    sum += term;
  }
  const [factor, count] = [power < 0 ? 0.5 : 2, Math.abs(power)];
  for (let n = 0; n < count; n++) sum *= factor;
  return sum;
}

/** ln z; -∞ for 0, and not a number below 0. */
export function log(z: number): number {
  if (z === 0) return Number.NEGATIVE_INFINITY;
  if (!(z > 0)) return Number.NaN;
  return z === Number.POSITIVE_INFINITY ? z : naturalLogarithm(z);
}

export function sigmoid(z: number): number {
  return 1 / (1 + exp(-z));
}

export function tanh(z: number): number {
  const rest = exp(-2 * Math.abs(z));
  return (Math.sign(z) * (1 - rest)) / (1 + rest);
}

/** Powers with a whole exponent of at most 64; others are not a number. */
export function power(base: number, exponent: number): number {
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 64) return Number.NaN;
  let product = 1;
  for (let n = 0; n < Math.abs(exponent); n++) product *= base;
  return exponent < 0 ? 1 / product : product;
}

/**
 * erf(z) = 2/√π ∫₀ᶻ exp(-t²) dt, with an error of at most 1.5e-7 (Abramowitz and Stegun, "Handbook of Mathematical
 * Functions", 7.1.26).
 */
export function erf(z: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(z));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(z) * (1 - sum * exp(-z * z));
}
