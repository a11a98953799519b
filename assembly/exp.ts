/**
 * The exponential and the logarithm in float32. The functions of engines differ in the last bit; these do not.
 *
 * exp: domain x <= 0, which is enough for softmax and the activations; error at most 1.5 ulp down to EXP_UNDERFLOW, 0
 * below it. expm1 and log1p: domains x <= 0 and 0 <= x <= 1; error at most 2 ulp. log: domain positive normal numbers;
 * error at most 1 ulp.
 *
 * Reduction and polynomials: Cephes Mathematical Library 2.2, S. L. Moshier (1992), single/expf.c and single/logf.c.
 */

/** Logarithm of the smallest positive normal float32; below it exp is 0. */
const EXP_UNDERFLOW: f32 = -87.33654;

/**
 * 1.5 · 2^23: added to a number below 2^22, it leaves no bits for a fraction. The sum is rounded to the nearest
 * integer, which is in its low bits. Cheaper than rounding and conversion, with the same result.
 */
const ROUNDER: f32 = 12582912;

const LOG2_E: f32 = 1.44269504088896341;
/* ln 2 in two parts: n · LN2_HIGH is exact for |n| < 2^9 (Cody and Waite, 1980). */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.1219444e-4;

/* (e^r - 1 - r) / r² for |r| <= ln 2 / 2. */
const EXP_5: f32 = 1.98756915e-4;
const EXP_4: f32 = 1.3981999507e-3;
const EXP_3: f32 = 8.3334519073e-3;
const EXP_2: f32 = 4.1665795894e-2;
const EXP_1: f32 = 1.6666665459e-1;
const EXP_0: f32 = 5.0000001201e-1;

const SQRT_HALF: f32 = 0.707106781186547524;
const SQRT_TWO_MINUS_1: f32 = 0.414213562373095049;
/* (log(1 + f) - f + f²/2) / f³ for sqrt(1/2) <= 1 + f < sqrt(2). */
const LOG_8: f32 = 7.0376836292e-2;
const LOG_7: f32 = -1.151461031e-1;
const LOG_6: f32 = 1.167699874e-1;
const LOG_5: f32 = -1.2420140846e-1;
const LOG_4: f32 = 1.4249322787e-1;
const LOG_3: f32 = -1.6668057665e-1;
const LOG_2: f32 = 2.0000714765e-1;
const LOG_1: f32 = -2.4999993993e-1;
const LOG_0: f32 = 3.3333331174e-1;

/** e^x for x <= 0: x = n ln 2 + r, e^x = 2^n e^r. NaN stays NaN. */
export function exp(x: f32): f32 {
  if (x < EXP_UNDERFLOW) return 0;
  const shifted = x * LOG2_E + ROUNDER;
  const n = shifted - ROUNDER;
  let r = x - n * LN2_HIGH;
  r = r - n * LN2_LOW;
  let p = EXP_5 * r + EXP_4;
  p = p * r + EXP_3;
  p = p * r + EXP_2;
  p = p * r + EXP_1;
  p = p * r + EXP_0;
  const power = p * (r * r) + r + 1;
  // 2^n: n added to the exponent of 1.
  return power * reinterpret<f32>(reinterpret<i32>(<f32>1) + (reinterpret<i32>(shifted) << 23));
}

/**
 * `exp` of four numbers, with the same bits. Constants are read from memory: as immediates, the engine would build each
 * one in four instructions for every vector.
 */
export function exp4(x: v128): v128 {
  const parts = changetype<Reduction>(0);
  const shifted = parts.shift(x);
  const power = f32x4.add(parts.expm1(x, shifted), v128.load32_splat(EXP_CONSTANTS, 40));
  return v128.andnot(f32x4.mul(power, parts.scale(shifted)), f32x4.lt(x, v128.load32_splat(EXP_CONSTANTS, 44)));
}

/** e^x - 1 of four numbers x <= 0: 2^n (e^r - 1) + (2^n - 1), without cancellation near 0. NaN stays NaN. */
export function expm1x4(x: v128): v128 {
  const parts = changetype<Reduction>(0);
  // From -20 on the result is -1.
  const bounded = f32x4.max(x, f32x4.splat(-20));
  const shifted = parts.shift(bounded);
  const scale = parts.scale(shifted);
  const rest = f32x4.sub(scale, v128.load32_splat(EXP_CONSTANTS, 40));
  return f32x4.add(f32x4.mul(parts.expm1(bounded, shifted), scale), rest);
}

/** The parts of e^x = 2^n e^r with x = n ln 2 + r, four numbers at a time. A class, because methods can be inlined. */
@unmanaged
class Reduction {
  /** n + ROUNDER, where n is the integer nearest to x / ln 2. */
  @inline
  shift(x: v128): v128 {
    const rounder = v128.load32_splat(EXP_CONSTANTS, 0);
    return f32x4.add(f32x4.mul(x, v128.load32_splat(EXP_CONSTANTS, 4)), rounder);
  }

  /** e^r - 1 */
  @inline
  expm1(x: v128, shifted: v128): v128 {
    const n = f32x4.sub(shifted, v128.load32_splat(EXP_CONSTANTS, 0));
    let r = f32x4.sub(x, f32x4.mul(n, v128.load32_splat(EXP_CONSTANTS, 8)));
    r = f32x4.sub(r, f32x4.mul(n, v128.load32_splat(EXP_CONSTANTS, 12)));
    let p = f32x4.add(f32x4.mul(v128.load32_splat(EXP_CONSTANTS, 16), r), v128.load32_splat(EXP_CONSTANTS, 20));
    p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(EXP_CONSTANTS, 24));
    p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(EXP_CONSTANTS, 28));
    p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(EXP_CONSTANTS, 32));
    p = f32x4.add(f32x4.mul(p, r), v128.load32_splat(EXP_CONSTANTS, 36));
    return f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r);
  }

  /** 2^n: n added to the exponent of 1. */
  @inline
  scale(shifted: v128): v128 {
    return i32x4.add(v128.load32_splat(EXP_CONSTANTS, 40), i32x4.shl(shifted, 23));
  }
}

/** In the order of exp4, at offset 0, 4, 8 … */
const EXP_CONSTANTS: usize = memory.data<f32>([
  ROUNDER,
  LOG2_E,
  LN2_HIGH,
  LN2_LOW,
  EXP_5,
  EXP_4,
  EXP_3,
  EXP_2,
  EXP_1,
  EXP_0,
  1,
  EXP_UNDERFLOW,
]);

/** Natural logarithm of a positive normal number: x = 2^n (1 + f), log x = n ln 2 + log(1 + f). */
export function log(x: f32): f32 {
  const bits = reinterpret<i32>(x);
  let n: f32 = <f32>((bits >> 23) - 126);
  let f = reinterpret<f32>((bits & 0x007fffff) | 0x3f000000);
  if (f < SQRT_HALF) {
    n = n - 1;
    f = f + f - 1;
  } else {
    f = f - 1;
  }
  const square = f * f;
  let p = LOG_8 * f + LOG_7;
  p = p * f + LOG_6;
  p = p * f + LOG_5;
  p = p * f + LOG_4;
  p = p * f + LOG_3;
  p = p * f + LOG_2;
  p = p * f + LOG_1;
  p = p * f + LOG_0;
  let tail = p * f * square;
  tail = tail + n * LN2_LOW;
  tail = tail - 0.5 * square;
  return f + tail + n * LN2_HIGH;
}

/**
 * log(1 + x) of four numbers from 0 to 1, without cancellation near 0: 1 + x = 1 + f up to sqrt(2), and 2 (1 + f) above
 * it. NaN stays NaN.
 */
export function log1px4(x: v128): v128 {
  const one = f32x4.splat(1);
  const large = f32x4.gt(x, f32x4.splat(SQRT_TWO_MINUS_1));
  const f = v128.bitselect(f32x4.mul(f32x4.sub(x, one), f32x4.splat(0.5)), x, large);
  const n = v128.and(one, large);
  let p = f32x4.add(f32x4.mul(v128.load32_splat(LOG_CONSTANTS), f), v128.load32_splat(LOG_CONSTANTS, 4));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 8));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 12));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 16));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 20));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 24));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 28));
  p = f32x4.add(f32x4.mul(p, f), v128.load32_splat(LOG_CONSTANTS, 32));
  const square = f32x4.mul(f, f);
  let tail = f32x4.mul(f32x4.mul(p, f), square);
  tail = f32x4.add(tail, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  tail = f32x4.sub(tail, f32x4.mul(f32x4.splat(0.5), square));
  return f32x4.add(f32x4.add(f, tail), f32x4.mul(n, f32x4.splat(LN2_HIGH)));
}

/** In the order of log1px4, at offset 0, 4, 8 … */
const LOG_CONSTANTS: usize = memory.data<f32>([LOG_8, LOG_7, LOG_6, LOG_5, LOG_4, LOG_3, LOG_2, LOG_1, LOG_0]);
