/** The logistic function y = 1 / (1 + e^-x), element by element. `length` is a multiple of 4. */
import { exp, exp4 } from './exp';
import { FLOAT_BYTES } from './tile';

const ONE: usize = memory.data<f32>([1]);
const SIGN: usize = memory.data<u32>([0x80000000]);

/**
 * `y` [length] is overwritten, `x` [length] is read; they may be the same. With e = e^-|x|, y is 1 / (1 + e) for x >= 0 and
 * e / (1 + e) for x < 0: no overflow, and full relative accuracy (3 ulp) on both sides.
 */
export function sigmoidForward(y: usize, x: usize, length: u32): void {
  const end = y + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    // From memory, like the constants of exp4.
    const one = v128.load32_splat(ONE);
    for (; y < end; y += 16, x += 16) {
      const value = v128.load(x);
      // -|x| has the sign bit set; an arithmetic shift makes it a mask of the lane.
      const e = exp4(v128.or(value, v128.load32_splat(SIGN)));
      const numerator = v128.bitselect(e, one, i32x4.shr_s(value, 31));
      v128.store(y, f32x4.div(numerator, f32x4.add(one, e)));
    }
  } else {
    for (; y < end; y += FLOAT_BYTES, x += FLOAT_BYTES) {
      const value = load<f32>(x);
      const e = exp(-abs<f32>(value));
      store<f32>(y, (value < 0 ? e : 1) / (1 + e));
    }
  }
}

/** y = σ(x)  =>  dx = dy · y (1 - y). `dx` [length] is overwritten; `dy`, `y` [length] are read; dx and dy may be the same. */
export function sigmoidBackward(dx: usize, dy: usize, y: usize, length: u32): void {
  const end = dx + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    const one = f32x4.splat(1);
    for (; dx < end; dx += 16, dy += 16, y += 16) {
      const value = v128.load(y);
      const slope = f32x4.mul(value, f32x4.sub(one, value));
      v128.store(dx, f32x4.mul(v128.load(dy), slope));
    }
  } else {
    for (; dx < end; dx += FLOAT_BYTES, dy += FLOAT_BYTES, y += FLOAT_BYTES) {
      const value = load<f32>(y);
      store<f32>(dx, load<f32>(dy) * (value * (1 - value)));
    }
  }
}
