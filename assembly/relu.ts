/** The rectifier y = max(x, 0), element by element (Nair and Hinton, 2010). `length` is a multiple of 4. */
import { FLOAT_BYTES } from './tile';

/** `y` [length] is overwritten, `x` [length] is read; they may be the same. */
export function reluForward(y: usize, x: usize, length: u32): void {
  const end = y + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    for (; y < end; y += 16, x += 16) v128.store(y, f32x4.max(v128.load(x), f32x4.splat(0)));
  } else {
    for (; y < end; y += FLOAT_BYTES, x += FLOAT_BYTES) store<f32>(y, max<f32>(load<f32>(x), 0));
  }
}

/**
 * y = max(x, 0)  =>  dx = dy where y > 0, else 0 (at the kink, too, as PyTorch does).
 * `dx` [length] is overwritten; `dy`, `y` [length] are read; dx and dy may be the same.
 */
export function reluBackward(dx: usize, dy: usize, y: usize, length: u32): void {
  const end = dx + length * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    for (; dx < end; dx += 16, dy += 16, y += 16) {
      v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(y), f32x4.splat(0))));
    }
  } else {
    for (; dx < end; dx += FLOAT_BYTES, dy += FLOAT_BYTES, y += FLOAT_BYTES) {
      store<f32>(dx, load<f32>(y) > 0 ? load<f32>(dy) : 0);
    }
  }
}
