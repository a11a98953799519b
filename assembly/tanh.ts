/** The hyperbolic tangent, element by element. `length` is a multiple of 4. */
import { exp, exp4 } from './exp';
import { FLOAT_BYTES } from './tile';

/* (tanh x - x) / x³ for |x| < 0.625, a polynomial in x². Cephes Mathematical Library 2.2, single/tanhf.c. */
const SMALL: f32 = 0.625;
const TANH_4: f32 = -5.70498872745e-3;
const TANH_3: f32 = 2.06390887954e-2;
const TANH_2: f32 = -5.37397155531e-2;
const TANH_1: f32 = 1.33314422036e-1;
const TANH_0: f32 = -3.33332819422e-1;

/**
 * `y` [length] is overwritten, `x` [length] is read; they may be the same. Error at most 3 ulp: the polynomial near zero, and
 * (1 - e) / (1 + e) with e = e^-2|x| elsewhere.
 */
export function tanhForward(y: usize, x: usize, length: u32): void {
  const end = y + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    for (; y < end; y += 16, x += 16) v128.store(y, tanh4(v128.load(x)));
  } else {
    for (; y < end; y += FLOAT_BYTES, x += FLOAT_BYTES) store<f32>(y, tanh(load<f32>(x)));
  }
}

/** y = tanh(x)  =>  dx = dy · (1 - y²). `dx` [length] is overwritten; `dy`, `y` [length] are read; dx and dy may be the same. */
export function tanhBackward(dx: usize, dy: usize, y: usize, length: u32): void {
  const end = dx + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    const one = f32x4.splat(1);
    for (; dx < end; dx += 16, dy += 16, y += 16) {
      const value = v128.load(y);
      const slope = f32x4.sub(one, f32x4.mul(value, value));
      v128.store(dx, f32x4.mul(v128.load(dy), slope));
    }
  } else {
    for (; dx < end; dx += FLOAT_BYTES, dy += FLOAT_BYTES, y += FLOAT_BYTES) {
      const value = load<f32>(y);
      store<f32>(dx, load<f32>(dy) * (1 - value * value));
    }
  }
}

function tanh(x: f32): f32 {
  const size = abs<f32>(x);
  if (size < SMALL) {
    const square = x * x;
    let p = TANH_4 * square + TANH_3;
    p = p * square + TANH_2;
    p = p * square + TANH_1;
    p = p * square + TANH_0;
    return p * square * x + x;
  }
  const e = exp(-2 * size);
  return copysign<f32>((1 - e) / (1 + e), x);
}

function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const square = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(f32x4.splat(TANH_4), square), f32x4.splat(TANH_3));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(TANH_2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(TANH_1));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(TANH_0));
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, square), x), x);

  const one = f32x4.splat(1);
  const e = exp4(f32x4.mul(f32x4.splat(-2), size));
  const ratio = f32x4.div(f32x4.sub(one, e), f32x4.add(one, e));
  const large = v128.bitselect(x, ratio, i32x4.splat(i32.MIN_VALUE));
  return v128.bitselect(small, large, f32x4.lt(size, f32x4.splat(SMALL)));
}
