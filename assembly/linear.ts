/**
 * The linear layer y = x W + b and its gradients, for one sample. `weight` is in tiles (tile.ts); `weight[i][o]` below
 * names its element for input i and output o. Rows of y, dy and bias are padded to `paddedColumns(outputs)` floats.
 *
 * An input is either dense, `x` [inputs], or sparse, the list of its non-zero entries (sparse.ts). Both paths add the same
 * terms in the same order, and the terms that the sparse one leaves out are zeros: the sums are equal to the last bit.
 */
import { Dense, entryIndex, entryValue, Sparse } from './sparse';
import { FLOAT_BYTES, paddedColumns, tileColumns, Vectors1, Vectors4, Vectors8 } from './tile';

/**
 * y_o = b_o + Σ_i x_i weight[i][o]. `y` [padded] is overwritten; `x` [inputs], `weight` and `bias` [padded] are read.
 */
export function linearForward(y: usize, x: usize, weight: usize, bias: usize, inputs: u32, outputs: u32): void {
  forward<Dense>(y, x, inputs, weight, bias, inputs, outputs);
}

/** `linearForward` of a sparse input: `entries` [count]. */
export function linearForwardSparse(
  y: usize,
  entries: usize,
  count: u32,
  weight: usize,
  bias: usize,
  inputs: u32,
  outputs: u32,
): void {
  forward<Sparse>(y, entries, count, weight, bias, inputs, outputs);
}

/**
 * y_o = b_o + Σ_i x_i weight[i][o]  =>  dx_i = Σ_o dy_o weight[i][o].
 * `dx` [inputs] is overwritten; `dy` [padded, the padding zero] and `weight` are read.
 */
export function linearBackwardInput(dx: usize, dy: usize, weight: usize, inputs: u32, outputs: u32): void {
  const padded = paddedColumns(outputs);
  for (let x = dx; x < dx + inputs * FLOAT_BYTES; x += FLOAT_BYTES) store<f32>(x, 0);
  for (let column: u32 = 0; column < padded; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    tileBackwardInput(dx, dy + offset, weight + offset * inputs, inputs, width);
    column += width;
  }
}

/**
 * y_o = b_o + Σ_i x_i weight[i][o]  =>  dweight[i][o] = x_i dy_o, dbias_o = dy_o.
 * scale · gradient is added to `dweight` (tiles) and `dbias` [padded]: to a gradient with scale = 1/N, or straight to the
 * parameters with scale = -learningRate/N, which is a step of SGD that passes over nothing but what changes.
 */
export function linearBackwardWeight(
  dweight: usize,
  dbias: usize,
  x: usize,
  dy: usize,
  scale: f32,
  inputs: u32,
  outputs: u32,
): void {
  backwardWeight<Dense>(dweight, dbias, x, inputs, dy, scale, inputs, outputs);
}

/** `linearBackwardWeight` of a sparse input: `entries` [count]. */
export function linearBackwardWeightSparse(
  dweight: usize,
  dbias: usize,
  entries: usize,
  count: u32,
  dy: usize,
  scale: f32,
  inputs: u32,
  outputs: u32,
): void {
  backwardWeight<Sparse>(dweight, dbias, entries, count, dy, scale, inputs, outputs);
}

function forward<X>(y: usize, x: usize, count: u32, weight: usize, bias: usize, inputs: u32, outputs: u32): void {
  const padded = paddedColumns(outputs);
  for (let column: u32 = 0; column < padded; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = weight + offset * inputs;
    if (width == 32) tileForward<X, Vectors8>(y + offset, x, count, tile, bias + offset);
    else if (width == 16) tileForward<X, Vectors4>(y + offset, x, count, tile, bias + offset);
    else tileForward<X, Vectors1>(y + offset, x, count, tile, bias + offset);
    column += width;
  }
}

function backwardWeight<X>(
  dweight: usize,
  dbias: usize,
  x: usize,
  count: u32,
  dy: usize,
  scale: f32,
  inputs: u32,
  outputs: u32,
): void {
  const padded = paddedColumns(outputs);
  addScaled(dbias, dy, scale, padded);
  for (let column: u32 = 0; column < padded; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = dweight + offset * inputs;
    if (width == 32) tileBackwardWeight<X, Vectors8>(tile, x, count, dy + offset, scale);
    else if (width == 16) tileBackwardWeight<X, Vectors4>(tile, x, count, dy + offset, scale);
    else tileBackwardWeight<X, Vectors1>(tile, x, count, dy + offset, scale);
    column += width;
  }
}

/** target_o += scale · source_o; `columns` is a multiple of 4. */
export function addScaled(target: usize, source: usize, scale: f32, columns: u32): void {
  const end = target + columns * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    const factor = f32x4.splat(scale);
    for (; target < end; target += 16, source += 16) {
      v128.store(target, f32x4.add(v128.load(target), f32x4.mul(factor, v128.load(source))));
    }
  } else {
    for (; target < end; target += 4, source += 4) {
      store<f32>(target, load<f32>(target) + scale * load<f32>(source));
    }
  }
}

/** Address of the tile's row for the input element at `x`, the `k`-th of its list. */
function tileRow<X, V>(tile: usize, x: usize, k: u32): usize {
  return tile + (sizeof<X>() == sizeof<Sparse>() ? entryIndex(x) : k) * 16 * <u32>sizeof<V>();
}

/** One tile of `forward`: `y` [4 · V], `x` [count] of kind X, `tile` [inputs][4 · V], `bias` [4 · V]. */
export function tileForward<X, V>(y: usize, x: usize, count: u32, tile: usize, bias: usize): void {
  if (!ASC_FEATURE_SIMD) {
    memory.copy(y, bias, 16 * sizeof<V>());
    for (let k: u32 = 0; k < count; k++, x += sizeof<X>()) {
      addScaled(y, tileRow<X, V>(tile, x, k), entryValue<X>(x), 4 * <u32>sizeof<V>());
    }
    return;
  }
  let y0 = v128.load(bias);
  let y1 = sizeof<V>() > 1 ? v128.load(bias, 16) : y0;
  let y2 = sizeof<V>() > 2 ? v128.load(bias, 32) : y0;
  let y3 = sizeof<V>() > 2 ? v128.load(bias, 48) : y0;
  let y4 = sizeof<V>() > 4 ? v128.load(bias, 64) : y0;
  let y5 = sizeof<V>() > 4 ? v128.load(bias, 80) : y0;
  let y6 = sizeof<V>() > 4 ? v128.load(bias, 96) : y0;
  let y7 = sizeof<V>() > 4 ? v128.load(bias, 112) : y0;
  for (let k: u32 = 0; k < count; k++, x += sizeof<X>()) {
    const value = v128.load_splat<f32>(x, sizeof<X>() - sizeof<f32>());
    const row = tileRow<X, V>(tile, x, k);
    y0 = f32x4.add(y0, f32x4.mul(value, v128.load(row)));
    if (sizeof<V>() > 1) y1 = f32x4.add(y1, f32x4.mul(value, v128.load(row, 16)));
    if (sizeof<V>() > 2) {
      y2 = f32x4.add(y2, f32x4.mul(value, v128.load(row, 32)));
      y3 = f32x4.add(y3, f32x4.mul(value, v128.load(row, 48)));
    }
    if (sizeof<V>() > 4) {
      y4 = f32x4.add(y4, f32x4.mul(value, v128.load(row, 64)));
      y5 = f32x4.add(y5, f32x4.mul(value, v128.load(row, 80)));
      y6 = f32x4.add(y6, f32x4.mul(value, v128.load(row, 96)));
      y7 = f32x4.add(y7, f32x4.mul(value, v128.load(row, 112)));
    }
  }
  v128.store(y, y0);
  if (sizeof<V>() > 1) v128.store(y, y1, 16);
  if (sizeof<V>() > 2) {
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

/** One tile of `backwardWeight`: `tile` [inputs][4 · V] is added to, `x` [count] of kind X, `dy` [4 · V]. */
export function tileBackwardWeight<X, V>(tile: usize, x: usize, count: u32, dy: usize, scale: f32): void {
  if (!ASC_FEATURE_SIMD) {
    for (let k: u32 = 0; k < count; k++, x += sizeof<X>()) {
      addScaled(tileRow<X, V>(tile, x, k), dy, scale * entryValue<X>(x), 4 * <u32>sizeof<V>());
    }
    return;
  }
  const dy0 = v128.load(dy);
  const dy1 = sizeof<V>() > 1 ? v128.load(dy, 16) : dy0;
  const dy2 = sizeof<V>() > 2 ? v128.load(dy, 32) : dy0;
  const dy3 = sizeof<V>() > 2 ? v128.load(dy, 48) : dy0;
  const dy4 = sizeof<V>() > 4 ? v128.load(dy, 64) : dy0;
  const dy5 = sizeof<V>() > 4 ? v128.load(dy, 80) : dy0;
  const dy6 = sizeof<V>() > 4 ? v128.load(dy, 96) : dy0;
  const dy7 = sizeof<V>() > 4 ? v128.load(dy, 112) : dy0;
  for (let k: u32 = 0; k < count; k++, x += sizeof<X>()) {
    const factor = f32x4.splat(scale * entryValue<X>(x));
    const row = tileRow<X, V>(tile, x, k);
    v128.store(row, f32x4.add(v128.load(row), f32x4.mul(factor, dy0)));
    if (sizeof<V>() > 1) v128.store(row, f32x4.add(v128.load(row, 16), f32x4.mul(factor, dy1)), 16);
    if (sizeof<V>() > 2) {
      v128.store(row, f32x4.add(v128.load(row, 32), f32x4.mul(factor, dy2)), 32);
      v128.store(row, f32x4.add(v128.load(row, 48), f32x4.mul(factor, dy3)), 48);
    }
    if (sizeof<V>() > 4) {
      v128.store(row, f32x4.add(v128.load(row, 64), f32x4.mul(factor, dy4)), 64);
      v128.store(row, f32x4.add(v128.load(row, 80), f32x4.mul(factor, dy5)), 80);
      v128.store(row, f32x4.add(v128.load(row, 96), f32x4.mul(factor, dy6)), 96);
      v128.store(row, f32x4.add(v128.load(row, 112), f32x4.mul(factor, dy7)), 112);
    }
  }
}

/** One tile of `linearBackwardInput`: `dx` [inputs] is added to, `dy` [width], `tile` [inputs][width]. */
export function tileBackwardInput(dx: usize, dy: usize, tile: usize, inputs: u32, width: u32): void {
  const rowBytes = width * FLOAT_BYTES;
  const end = dx + inputs * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    // Four rows at a time share what is loaded of dy.
    for (; dx + 16 <= end; dx += 16, tile += 4 * rowBytes) {
      let d = v128.load(dy);
      let sum0 = f32x4.mul(d, v128.load(tile));
      let sum1 = f32x4.mul(d, v128.load(tile + rowBytes));
      let sum2 = f32x4.mul(d, v128.load(tile + 2 * rowBytes));
      let sum3 = f32x4.mul(d, v128.load(tile + 3 * rowBytes));
      for (let offset: u32 = 16; offset < rowBytes; offset += 16) {
        const row = tile + offset;
        d = v128.load(dy + offset);
        sum0 = f32x4.add(sum0, f32x4.mul(d, v128.load(row)));
        sum1 = f32x4.add(sum1, f32x4.mul(d, v128.load(row + rowBytes)));
        sum2 = f32x4.add(sum2, f32x4.mul(d, v128.load(row + 2 * rowBytes)));
        sum3 = f32x4.add(sum3, f32x4.mul(d, v128.load(row + 3 * rowBytes)));
      }
      v128.store(dx, f32x4.add(v128.load(dx), sumLanes(sum0, sum1, sum2, sum3)));
    }
  }
  for (; dx < end; dx += FLOAT_BYTES, tile += rowBytes) {
    // The order of the vectors: four lanes of running sums, then (0 + 2) + (1 + 3).
    const even = laneProduct(dy, tile, 0, rowBytes) + laneProduct(dy, tile, 2, rowBytes);
    const odd = laneProduct(dy, tile, 1, rowBytes) + laneProduct(dy, tile, 3, rowBytes);
    store<f32>(dx, load<f32>(dx) + (even + odd));
  }
}

/** [Σa, Σb, Σc, Σd], each sum taken as (lane 0 + lane 2) + (lane 1 + lane 3). */
function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/** One lane of dy · row, over the vectors of a row of a tile. */
function laneProduct(dy: usize, row: usize, lane: u32, rowBytes: u32): f32 {
  let sum: f32 = load<f32>(dy + lane * FLOAT_BYTES) * load<f32>(row + lane * FLOAT_BYTES);
  for (let offset = lane * FLOAT_BYTES + 16; offset < rowBytes; offset += 16) {
    sum += load<f32>(dy + offset) * load<f32>(row + offset);
  }
  return sum;
}
