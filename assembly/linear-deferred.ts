/**
 * The first layer of per-sample SGD, whose update of a row of weights waits until the row is read next. A row belongs to one
 * input; a sample reads the rows of its non-zero inputs and changes the same ones, so that each row owes one update at most,
 * of the sample that read it last. Applying it in the forward pass that reads the row again saves a pass over the weights at
 * every step, and every weight still takes the same terms in the same order: the results are those of linear.ts to the last bit.
 *
 * `deferred` {delta: usize, factor: f32} [inputs] is what each input's row owes, factor · delta[o] for every output o; the
 * deltas are kept as long as any row owes them. A row that owes nothing has a delta of zeros and the factor -0, as w + -0 is w
 * for every w. A touch {index: u32, delta: usize, factor: f32, value: f32} is one non-zero input of a sample.
 */

import { addScaled } from './linear';
import { entryIndex, entryValue, Sparse } from './sparse';
import { copyFloats, FLOAT_BYTES, paddedColumns, tileColumns, Vectors1, Vectors4, Vectors8 } from './tile';

/** Samples whose deltas are kept; then all that is owed is paid. */
export const DEFERRED_SAMPLES: u32 = 64;

const TOUCH_BYTES: u32 = 16;
const DEFERRED_BYTES: u32 = 8;

/** Nobody owes anything: `deferred` [inputs] is overwritten; `zeros` [padded] stands for the delta. */
export function clearDeferred(deferred: usize, zeros: usize, inputs: u32): void {
  const end = deferred + inputs * DEFERRED_BYTES;
  for (; deferred < end; deferred += DEFERRED_BYTES) owe(deferred, zeros, -0.0);
}

/**
 * Lists the touches of a sample, `entries` [count], with what their rows owe; from then on they owe scale · value · `delta`
 * [padded], which is written later. `touches` [count] is overwritten.
 */
export function deferEntries(
  touches: usize,
  deferred: usize,
  entries: usize,
  count: u32,
  delta: usize,
  scale: f32,
): void {
  const end = entries + count * <u32>sizeof<Sparse>();
  for (; entries < end; entries += sizeof<Sparse>(), touches += TOUCH_BYTES) {
    const index = entryIndex(entries);
    const value = entryValue<Sparse>(entries);
    const debt = deferred + index * DEFERRED_BYTES;
    store<u32>(touches, index);
    store<u64>(touches, load<u64>(debt), 4);
    store<f32>(touches, value, 12);
    owe(debt, delta, scale * value);
  }
}

/** The sample of these entries has no update after all. What their rows owed before must have been paid. */
export function forgetEntries(deferred: usize, entries: usize, count: u32, zeros: usize): void {
  const end = entries + count * <u32>sizeof<Sparse>();
  for (; entries < end; entries += sizeof<Sparse>()) owe(deferred + entryIndex(entries) * DEFERRED_BYTES, zeros, -0.0);
}

/**
 * weight[i][o] += factor_i delta_i,o, then y_o = b_o + Σ_i x_i weight[i][o], for the inputs i of `touches` [count].
 * `y` [padded] is overwritten, `weight` updated, `bias` [padded] read.
 */
export function linearForwardDeferred(
  y: usize,
  touches: usize,
  count: u32,
  weight: usize,
  bias: usize,
  inputs: u32,
  outputs: u32,
): void {
  const padded = paddedColumns(outputs);
  for (let column: u32 = 0; column < padded; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = weight + offset * inputs;
    if (width == 32) forwardTile<Vectors8>(y + offset, touches, count, tile, bias + offset, offset);
    else if (width == 16) forwardTile<Vectors4>(y + offset, touches, count, tile, bias + offset, offset);
    else forwardTile<Vectors1>(y + offset, touches, count, tile, bias + offset, offset);
    column += width;
  }
}

/** Pays all that is owed. `touches` [inputs] is scratch; `y` [padded] as well, and is left with no meaning. */
export function applyDeferred(
  weight: usize,
  deferred: usize,
  touches: usize,
  y: usize,
  zeros: usize,
  inputs: u32,
  outputs: u32,
): void {
  let touch = touches;
  for (let i: u32 = 0; i < inputs; i++) {
    const debt = deferred + i * DEFERRED_BYTES;
    if (load<usize>(debt) == zeros) continue;
    store<u32>(touch, i);
    store<u64>(touch, load<u64>(debt), 4);
    store<f32>(touch, 0, 12);
    owe(debt, zeros, -0.0);
    touch += TOUCH_BYTES;
  }
  linearForwardDeferred(y, touches, <u32>(touch - touches) / TOUCH_BYTES, weight, zeros, inputs, outputs);
}

function owe(debt: usize, delta: usize, factor: f32): void {
  store<usize>(debt, delta);
  store<f32>(debt, factor, sizeof<usize>());
}

/** One tile of `linearForwardDeferred`: `y`, `bias` [4 · V], `tile` [inputs][4 · V], whose part of a delta is at `offset`. */
function forwardTile<V>(y: usize, touches: usize, count: u32, tile: usize, bias: usize, offset: u32): void {
  const rowBytes = 16 * <u32>sizeof<V>();
  const end = touches + count * TOUCH_BYTES;
  if (!ASC_FEATURE_SIMD) {
    copyFloats(y, bias, 4 * <u32>sizeof<V>());
    for (let touch = touches; touch < end; touch += TOUCH_BYTES) {
      const row = tile + load<u32>(touch) * rowBytes;
      addScaled(row, load<usize>(touch, 4) + offset, load<f32>(touch, 8), 4 * <u32>sizeof<V>());
      addScaled(y, row, load<f32>(touch, 12), 4 * <u32>sizeof<V>());
    }
    return;
  }
  let y0 = v128.load(bias);
  let y1 = sizeof<V>() > 1 ? v128.load(bias, 16) : y0;
  let y2 = sizeof<V>() > 1 ? v128.load(bias, 32) : y0;
  let y3 = sizeof<V>() > 1 ? v128.load(bias, 48) : y0;
  let y4 = sizeof<V>() > 4 ? v128.load(bias, 64) : y0;
  let y5 = sizeof<V>() > 4 ? v128.load(bias, 80) : y0;
  let y6 = sizeof<V>() > 4 ? v128.load(bias, 96) : y0;
  let y7 = sizeof<V>() > 4 ? v128.load(bias, 112) : y0;
  for (let touch = touches; touch < end; touch += TOUCH_BYTES) {
    const row = tile + load<u32>(touch) * rowBytes;
    const delta = load<usize>(touch, 4) + offset;
    const factor = v128.load32_splat(touch, 8);
    const x = v128.load32_splat(touch, 12);
    let w = f32x4.add(v128.load(row), f32x4.mul(factor, v128.load(delta)));
    v128.store(row, w);
    y0 = f32x4.add(y0, f32x4.mul(x, w));
    if (sizeof<V>() > 1) {
      w = f32x4.add(v128.load(row, 16), f32x4.mul(factor, v128.load(delta, 16)));
      v128.store(row, w, 16);
      y1 = f32x4.add(y1, f32x4.mul(x, w));
      w = f32x4.add(v128.load(row, 32), f32x4.mul(factor, v128.load(delta, 32)));
      v128.store(row, w, 32);
      y2 = f32x4.add(y2, f32x4.mul(x, w));
      w = f32x4.add(v128.load(row, 48), f32x4.mul(factor, v128.load(delta, 48)));
      v128.store(row, w, 48);
      y3 = f32x4.add(y3, f32x4.mul(x, w));
    }
    if (sizeof<V>() > 4) {
      w = f32x4.add(v128.load(row, 64), f32x4.mul(factor, v128.load(delta, 64)));
      v128.store(row, w, 64);
      y4 = f32x4.add(y4, f32x4.mul(x, w));
      w = f32x4.add(v128.load(row, 80), f32x4.mul(factor, v128.load(delta, 80)));
      v128.store(row, w, 80);
      y5 = f32x4.add(y5, f32x4.mul(x, w));
      w = f32x4.add(v128.load(row, 96), f32x4.mul(factor, v128.load(delta, 96)));
      v128.store(row, w, 96);
      y6 = f32x4.add(y6, f32x4.mul(x, w));
      w = f32x4.add(v128.load(row, 112), f32x4.mul(factor, v128.load(delta, 112)));
      v128.store(row, w, 112);
      y7 = f32x4.add(y7, f32x4.mul(x, w));
    }
  }
  v128.store(y, y0);
  if (sizeof<V>() > 1) {
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
  if (sizeof<V>() > 4) {
    v128.store(y, y4, 64);
    v128.store(y, y5, 80);
    v128.store(y, y6, 96);
    v128.store(y, y7, 112);
  }
}
