/**
 * The gated units y = x g(x), whose slope does not follow from y: classes without fields, vector by vector. `gate(x)` is
 * g, and `slope(x, g)` is dy/dx = g + x g'. NaN stays NaN.
 */
import { Sigmoid } from './activation-kinds';
import { exp4 } from './exp';

/** SiLU, y = x σ(x) (Elfwing, Uchibe and Doya, 2018). */
@unmanaged
export class Silu {
  @inline
  gate(x: v128): v128 {
    return changetype<Sigmoid>(0).forward(x);
  }

  /** σ' = σ (1 - σ) */
  slope(x: v128, gate: v128): v128 {
    return f32x4.add(gate, f32x4.mul(x, f32x4.mul(gate, f32x4.sub(f32x4.splat(1), gate))));
  }
}

/* 2 sqrt(2 / π), and the factor of x³ of Hendrycks and Gimpel. */
const TWICE_SQRT_2_PI: f32 = 1.5957691216057308;
const CUBE: f32 = 0.044715;

/**
 * GELU in its tanh form (Hendrycks and Gimpel, 2016): the gate is (1 + tanh u) / 2 = σ(2u) with
 * u = sqrt(2 / π) (x + 0.044715 x³).
 */
@unmanaged
export class GeluTanh {
  @inline
  gate(x: v128): v128 {
    const square = f32x4.mul(x, x);
    const factor = f32x4.add(f32x4.splat(TWICE_SQRT_2_PI), f32x4.mul(f32x4.splat(TWICE_SQRT_2_PI * CUBE), square));
    return changetype<Sigmoid>(0).forward(f32x4.mul(x, factor));
  }

  /** g' = g (1 - g) 2u' */
  slope(x: v128, gate: v128): v128 {
    // Beyond ±16 the gate is 0 or 1, and the square may overflow.
    const bounded = f32x4.max(f32x4.min(x, f32x4.splat(16)), f32x4.splat(-16));
    const square = f32x4.mul(bounded, bounded);
    const twice = f32x4.add(f32x4.splat(TWICE_SQRT_2_PI), f32x4.mul(f32x4.splat(3 * TWICE_SQRT_2_PI * CUBE), square));
    const derivative = f32x4.mul(f32x4.mul(gate, f32x4.sub(f32x4.splat(1), gate)), twice);
    return f32x4.add(gate, f32x4.mul(bounded, derivative));
  }
}

/*
 * erfc(z) e^(z²) as a polynomial in t = 1 / (1 + p z), absolute error of erfc at most 1.5e-7: Abramowitz and Stegun,
 * "Handbook of Mathematical Functions" (1964), 7.1.26. The coefficients are halved: Φ(-x) = erfc(x / sqrt 2) / 2.
 */
const ERFC_P_SQRT_HALF: f32 = 0.3275911 * 0.70710678118654752;
const ERFC_5: f32 = 0.5 * 1.061405429;
const ERFC_4: f32 = 0.5 * -1.453152027;
const ERFC_3: f32 = 0.5 * 1.421413741;
const ERFC_2: f32 = 0.5 * -0.284496736;
const ERFC_1: f32 = 0.5 * 0.254829592;
/** 1 / sqrt(2 π) */
const NORMAL_DENSITY: f32 = 0.39894228040143268;

/** GELU (Hendrycks and Gimpel, 2016): the gate is the normal distribution Φ(x) = (1 + erf(x / sqrt 2)) / 2. */
@unmanaged
export class Gelu {
  @inline
  gate(x: v128): v128 {
    const one = f32x4.splat(1);
    const size = f32x4.abs(x);
    const t = f32x4.div(one, f32x4.add(one, f32x4.mul(size, f32x4.splat(ERFC_P_SQRT_HALF))));
    let p = f32x4.add(f32x4.mul(f32x4.splat(ERFC_5), t), f32x4.splat(ERFC_4));
    p = f32x4.add(f32x4.mul(p, t), f32x4.splat(ERFC_3));
    p = f32x4.add(f32x4.mul(p, t), f32x4.splat(ERFC_2));
    p = f32x4.add(f32x4.mul(p, t), f32x4.splat(ERFC_1));
    const tail = f32x4.mul(f32x4.mul(p, t), normalExponential(x));
    return v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
  }

  /** g' = φ(x) = e^(-x²/2) / sqrt(2 π) */
  slope(x: v128, gate: v128): v128 {
    return f32x4.add(gate, f32x4.mul(f32x4.mul(x, f32x4.splat(NORMAL_DENSITY)), normalExponential(x)));
  }
}

/** e^(-x²/2) */
function normalExponential(x: v128): v128 {
  return exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5)));
}
