/**
 * The inner loops of the linear layer: sums of scaled rows in registers, and rows that are added to memory. linear.ts
 * says which rows.
 */
import { Dense, entryIndex, entryValue, Sparse } from './sparse';
import { FLOAT_BYTES, storePair, storeRow, VECTOR_BYTES } from './tile';

/** target_o += scale · source_o; `columns` is a multiple of 4. */
export function addScaled(target: usize, source: usize, scale: f32, columns: u32): void {
  const factor = f32x4.splat(scale);
  for (const end = target + columns * FLOAT_BYTES; target < end; target += VECTOR_BYTES, source += VECTOR_BYTES) {
    v128.store(target, f32x4.add(v128.load(target), f32x4.mul(factor, v128.load(source))));
  }
}

/*
 * Which rows are added up, as a type (see tile.ts on widths): those of a tile, or rows of the batch `stride` bytes
 * apart.
 */
export type TileRows = u8;
export type BatchRows = u32;

/**
 * y [4 · V] = start [4 · V] + Σ_k x_k · row_k, over `count` elements of kind X. The row of a dense element is the k-th;
 * that of a sparse one has the entry's index.
 */
export function accumulate<X, V, Rows>(y: usize, start: usize, x: usize, count: u32, rows: usize, stride: u32): void {
  const step = sizeof<Rows>() == 1 ? VECTOR_BYTES * <u32>sizeof<V>() : stride;
  let y0 = v128.load(start);
  let y1 = sizeof<V>() > 1 ? v128.load(start, 16) : y0;
  let y2 = sizeof<V>() > 1 ? v128.load(start, 32) : y0;
  let y3 = sizeof<V>() > 1 ? v128.load(start, 48) : y0;
  let y4 = sizeof<V>() > 4 ? v128.load(start, 64) : y0;
  let y5 = sizeof<V>() > 4 ? v128.load(start, 80) : y0;
  let y6 = sizeof<V>() > 4 ? v128.load(start, 96) : y0;
  let y7 = sizeof<V>() > 4 ? v128.load(start, 112) : y0;
  for (const end = x + count * <u32>sizeof<X>(); x < end; x += sizeof<X>()) {
    const value = v128.load_splat<f32>(x, sizeof<X>() - sizeof<f32>());
    const row = sizeof<X>() == sizeof<Sparse>() ? rows + entryIndex(x) * step : rows;
    if (sizeof<X>() == sizeof<Dense>()) rows += step;
    y0 = f32x4.add(y0, f32x4.mul(value, v128.load(row)));
    if (sizeof<V>() > 1) {
      y1 = f32x4.add(y1, f32x4.mul(value, v128.load(row, 16)));
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
  storeRow<V>(y, y0, y1, y2, y3, y4, y5, y6, y7);
}

/**
 * Two sums that share their rows, 16 columns at a time: a [width bytes] = startA + Σ_k xa_k · row_k, and the same for b.
 * Elements of xa and xb are `xStride` bytes apart, rows `stride` bytes.
 */
export function accumulatePair(
  a: usize,
  b: usize,
  startA: usize,
  startB: usize,
  xa: usize,
  xb: usize,
  xStride: u32,
  count: u32,
  rows: usize,
  stride: u32,
  width: u32,
): void {
  for (let offset: u32 = 0; offset < width; offset += 64) {
    let a0 = v128.load(startA + offset);
    let a1 = v128.load(startA + offset, 16);
    let a2 = v128.load(startA + offset, 32);
    let a3 = v128.load(startA + offset, 48);
    let b0 = v128.load(startB + offset);
    let b1 = v128.load(startB + offset, 16);
    let b2 = v128.load(startB + offset, 32);
    let b3 = v128.load(startB + offset, 48);
    let row = rows + offset;
    let nextA = xa;
    let nextB = xb;
    for (let k: u32 = 0; k < count; k++, row += stride, nextA += xStride, nextB += xStride) {
      const valueA = v128.load32_splat(nextA);
      const valueB = v128.load32_splat(nextB);
      const r0 = v128.load(row);
      const r1 = v128.load(row, 16);
      const r2 = v128.load(row, 32);
      const r3 = v128.load(row, 48);
      a0 = f32x4.add(a0, f32x4.mul(valueA, r0));
      b0 = f32x4.add(b0, f32x4.mul(valueB, r0));
      a1 = f32x4.add(a1, f32x4.mul(valueA, r1));
      b1 = f32x4.add(b1, f32x4.mul(valueB, r1));
      a2 = f32x4.add(a2, f32x4.mul(valueA, r2));
      b2 = f32x4.add(b2, f32x4.mul(valueB, r2));
      a3 = f32x4.add(a3, f32x4.mul(valueA, r3));
      b3 = f32x4.add(b3, f32x4.mul(valueB, r3));
    }
    storePair(a + offset, a0, a1);
    storePair(a + offset + 32, a2, a3);
    storePair(b + offset, b0, b1);
    storePair(b + offset + 32, b2, b3);
  }
}

/** tile[i] [4 · V] += scale x_i · dy [4 · V], for the `count` elements of x, of kind X. */
export function addOuterProduct<X, V>(tile: usize, x: usize, count: u32, dy: usize, scale: f32): void {
  const width = VECTOR_BYTES * <u32>sizeof<V>();
  const dy0 = v128.load(dy);
  const dy1 = sizeof<V>() > 1 ? v128.load(dy, 16) : dy0;
  const dy2 = sizeof<V>() > 1 ? v128.load(dy, 32) : dy0;
  const dy3 = sizeof<V>() > 1 ? v128.load(dy, 48) : dy0;
  const dy4 = sizeof<V>() > 4 ? v128.load(dy, 64) : dy0;
  const dy5 = sizeof<V>() > 4 ? v128.load(dy, 80) : dy0;
  const dy6 = sizeof<V>() > 4 ? v128.load(dy, 96) : dy0;
  const dy7 = sizeof<V>() > 4 ? v128.load(dy, 112) : dy0;
  for (const end = x + count * <u32>sizeof<X>(); x < end; x += sizeof<X>()) {
    const factor = f32x4.splat(scale * entryValue<X>(x));
    const row = sizeof<X>() == sizeof<Sparse>() ? tile + entryIndex(x) * width : tile;
    if (sizeof<X>() == sizeof<Dense>()) tile += width;
    if (sizeof<V>() == 1) {
      v128.store(row, f32x4.add(v128.load(row), f32x4.mul(factor, dy0)));
    } else {
      addPair(row, factor, dy0, dy1);
      addPair(row + 32, factor, dy2, dy3);
    }
    if (sizeof<V>() > 4) {
      addPair(row + 64, factor, dy4, dy5);
      addPair(row + 96, factor, dy6, dy7);
    }
  }
}

/** Adds factor · (lower, upper) to a pair. */
function addPair(target: usize, factor: v128, lower: v128, upper: v128): void {
  const sum = f32x4.add(v128.load(target), f32x4.mul(factor, lower));
  storePair(target, sum, f32x4.add(v128.load(target, 16), f32x4.mul(factor, upper)));
}

/** dx_i = Σ_o dy_o tile[i][o] for the inputs of a tile [inputs][width bytes], added to `dx` [inputs] if `add`. */
export function multiplyRows(dx: usize, dy: usize, tile: usize, inputs: u32, width: u32, add: bool): void {
  const end = dx + inputs * FLOAT_BYTES;
  // Four rows of weights at a time share the loads of dy.
  for (; dx + VECTOR_BYTES <= end; dx += VECTOR_BYTES, tile += 4 * width) {
    let d = v128.load(dy);
    let sum0 = f32x4.mul(d, v128.load(tile));
    let sum1 = f32x4.mul(d, v128.load(tile + width));
    let sum2 = f32x4.mul(d, v128.load(tile + 2 * width));
    let sum3 = f32x4.mul(d, v128.load(tile + 3 * width));
    for (let offset: u32 = 16; offset < width; offset += 16) {
      const row = tile + offset;
      d = v128.load(dy + offset);
      sum0 = f32x4.add(sum0, f32x4.mul(d, v128.load(row)));
      sum1 = f32x4.add(sum1, f32x4.mul(d, v128.load(row + width)));
      sum2 = f32x4.add(sum2, f32x4.mul(d, v128.load(row + 2 * width)));
      sum3 = f32x4.add(sum3, f32x4.mul(d, v128.load(row + 3 * width)));
    }
    const before = add ? v128.load(dx) : f32x4.splat(0);
    v128.store(dx, f32x4.add(before, sumLanes(sum0, sum1, sum2, sum3)));
  }
  for (; dx < end; dx += FLOAT_BYTES, tile += width) {
    let sum = f32x4.mul(v128.load(dy), v128.load(tile));
    for (let offset: u32 = 16; offset < width; offset += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(dy + offset), v128.load(tile + offset)));
    }
    const before = add ? load<f32>(dx) : 0;
    store<f32>(dx, before + f32x4.extract_lane(sumLanes(sum, sum, sum, sum), 0));
  }
}

/** [Σa, Σb, Σc, Σd], each sum taken as (lane 0 + lane 2) + (lane 1 + lane 3). */
function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
