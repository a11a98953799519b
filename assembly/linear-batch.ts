/**
 * The linear layer of linear.ts for the rows of a batch. Every sum has the terms of the row by row kernels, in their order, so
 * that the results are theirs to the last bit; what differs is how often memory is read. Forwards a block of a tile's weights
 * stays in the first-level cache while all rows pass by it, and two rows share what is loaded of it; backwards the weights of
 * two inputs stay in registers while the rows of the batch pass by.
 *
 * Rows of x lie `xStride` bytes from each other; rows of y, dy and dx, `paddedColumns` floats.
 */
import { addScaled, tileBackwardInput, tileBackwardWeight, tileForward } from './linear';
import { Dense, entryIndex, entryValue, Sparse } from './sparse';
import { FLOAT_BYTES, paddedColumns, tileColumns, Vectors1, Vectors4, Vectors8 } from './tile';

/** Inputs of a block: their rows of a full tile are 16 KB, half a first-level cache. */
const BLOCK_INPUTS: u32 = 128;

/** The same of sparse rows. */
const BLOCK_ENTRIES: u32 = 392;

const PAIR_BYTES: u32 = 8;
/** Pairs of a cache line. */
const LINE_PAIRS: u32 = 8;

/** Bytes of a span: where a part of a row's entries begins and ends. */
export const SPAN_BYTES: u32 = 8;

/** Y = X W + b, dense. `y` [rows][padded] is overwritten; `x` [rows][inputs], `weight` and `bias` are read. */
export function linearForwardBatch(
  y: usize,
  x: usize,
  xStride: u32,
  rows: u32,
  weight: usize,
  bias: usize,
  inputs: u32,
  outputs: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  const stride = paddedColumns(outputs) * FLOAT_BYTES;
  const begin = firstColumn * FLOAT_BYTES;
  const length = (endColumn - firstColumn) * FLOAT_BYTES;
  for (let row: u32 = 0; row < rows; row++) memory.copy(y + begin + row * stride, bias + begin, length);
  for (let column = firstColumn; column < endColumn; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = weight + offset * inputs;
    if (width == 32) forwardTile<Vectors8>(y + offset, stride, x, xStride, rows, tile, inputs);
    else if (width == 16) forwardTile<Vectors4>(y + offset, stride, x, xStride, rows, tile, inputs);
    else forwardTile<Vectors1>(y + offset, stride, x, xStride, rows, tile, inputs);
    column += width;
  }
}

/**
 * Y = X W + b, sparse: `lists` usize [rows] and `counts` u32 [rows] tell each row's entries; `spans` {start, end: usize} [rows] is
 * scratch. As with dense rows, a block of a tile's weights serves all rows before the next one is read.
 */
export function linearForwardSparseBatch(
  y: usize,
  lists: usize,
  counts: usize,
  spans: usize,
  rows: u32,
  weight: usize,
  bias: usize,
  inputs: u32,
  outputs: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  const stride = paddedColumns(outputs) * FLOAT_BYTES;
  for (let first: u32 = 0; first < inputs; first += BLOCK_ENTRIES) {
    for (let row: u32 = 0; row < rows; row++) {
      const span = spans + row * SPAN_BYTES;
      store<usize>(span, first == 0 ? load<usize>(lists + row * <u32>sizeof<usize>()) : load<usize>(span, 4));
      store<usize>(span, entriesBelow(lists, counts, row, first + BLOCK_ENTRIES), 4);
    }
    for (let column = firstColumn; column < endColumn; ) {
      const width = tileColumns(column, outputs);
      const offset = column * FLOAT_BYTES;
      const tile = weight + offset * inputs;
      let target = y + offset;
      for (let row: u32 = 0; row < rows; row++, target += stride) {
        const x = load<usize>(spans + row * SPAN_BYTES);
        const count = <u32>(load<usize>(spans + row * SPAN_BYTES, 4) - x) / <u32>sizeof<Sparse>();
        // Rows that are sparser still have nothing in most blocks.
        if (count == 0 && first > 0) continue;
        const start = first == 0 ? bias + offset : target;
        if (width == 32) tileForward<Sparse, Vectors8>(target, x, count, tile, start);
        else if (width == 16) tileForward<Sparse, Vectors4>(target, x, count, tile, start);
        else tileForward<Sparse, Vectors1>(target, x, count, tile, start);
      }
      column += width;
    }
  }
}

/**
 * Y = X W + b  =>  dX = dY Wᵀ. `dx` [rows][padded] is overwritten; `dy` [rows][padded, the padding zero] and `weight` are read.
 */
export function linearBackwardInputBatch(
  dx: usize,
  dy: usize,
  rows: u32,
  weight: usize,
  inputs: u32,
  outputs: u32,
): void {
  const padded = paddedColumns(outputs);
  const stride = padded * FLOAT_BYTES;
  const dxStride = paddedColumns(inputs) * FLOAT_BYTES;
  memory.fill(dx, 0, rows * dxStride);
  for (let column: u32 = 0; column < padded; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    backwardInputTile(dx, dxStride, dy + offset, stride, rows, weight + offset * inputs, inputs, width);
    column += width;
  }
}

/** Y = X W + b  =>  db = Σ_rows dY. scale · gradient is added to `dbias` [padded]. */
export function linearBackwardBiasBatch(dbias: usize, dy: usize, rows: u32, scale: f32, outputs: u32): void {
  const padded = paddedColumns(outputs);
  for (let row: u32 = 0; row < rows; row++) addScaled(dbias, dy + row * padded * FLOAT_BYTES, scale, padded);
}

/**
 * Y = X W + b  =>  dW = Xᵀ dY, dense. scale · gradient is added to `dweight` (tiles), to the rows of the inputs [first, end).
 */
export function linearBackwardWeightBatch(
  dweight: usize,
  x: usize,
  xStride: u32,
  dy: usize,
  rows: u32,
  scale: f32,
  inputs: u32,
  outputs: u32,
  firstInput: u32,
  endInput: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  const stride = paddedColumns(outputs) * FLOAT_BYTES;
  x += firstInput * FLOAT_BYTES;
  for (let column = firstColumn; column < endColumn; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = dweight + offset * inputs + firstInput * width * FLOAT_BYTES;
    if (width == 32)
      backwardWeightTile<Vectors8>(tile, x, xStride, dy + offset, stride, rows, scale, endInput - firstInput);
    else if (width == 16)
      backwardWeightTile<Vectors4>(tile, x, xStride, dy + offset, stride, rows, scale, endInput - firstInput);
    else backwardWeightTile<Vectors1>(tile, x, xStride, dy + offset, stride, rows, scale, endInput - firstInput);
    column += width;
  }
}

/**
 * The same for the first layer, whose rows lie pages apart: it takes them from `pairs` [inputs / 2][rows][2], where `packPairs` put
 * them, scaled; the last of an odd number of inputs from `x`.
 */
export function linearBackwardWeightPairs(
  dweight: usize,
  pairs: usize,
  x: usize,
  xStride: u32,
  dy: usize,
  rows: u32,
  scale: f32,
  inputs: u32,
  outputs: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  const stride = paddedColumns(outputs) * FLOAT_BYTES;
  for (let column = firstColumn; column < endColumn; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = dweight + offset * inputs;
    if (width == 32) pairsTile<Vectors8>(tile, pairs, x, xStride, dy + offset, stride, rows, scale, inputs);
    else if (width == 16) pairsTile<Vectors4>(tile, pairs, x, xStride, dy + offset, stride, rows, scale, inputs);
    else pairsTile<Vectors1>(tile, pairs, x, xStride, dy + offset, stride, rows, scale, inputs);
    column += width;
  }
}

/** Bytes that `packPairs` writes. */
export function pairsBytes(rows: u32, inputs: u32): u32 {
  return (inputs >> 1) * rows * PAIR_BYTES;
}

/** Writes scale · x of the pairs [firstPair, endPair), side by side and row after row, to their places in `pairs`. */
export function packPairs(
  pairs: usize,
  x: usize,
  xStride: u32,
  rows: u32,
  scale: f32,
  firstPair: u32,
  endPair: u32,
): void {
  // Some lines of every row at a time, as few as there are streams that a core can write to.
  for (let first = firstPair; first < endPair; first += LINE_PAIRS) {
    const end = min(first + LINE_PAIRS, endPair);
    for (let row: u32 = 0; row < rows; row++) {
      let source = x + row * xStride + first * PAIR_BYTES;
      let target = pairs + (first * rows + row) * PAIR_BYTES;
      for (let pair = first; pair < end; pair++, source += PAIR_BYTES, target += rows * PAIR_BYTES) {
        store<f32>(target, scale * load<f32>(source));
        store<f32>(target, scale * load<f32>(source, 4), 4);
      }
    }
  }
}

/**
 * The same for sparse rows, whose entries are listed by input (`transposeEntries`): a row of weights is read and written once
 * for the whole batch.
 */
export function linearBackwardWeightColumns(
  dweight: usize,
  starts: usize,
  entries: usize,
  dy: usize,
  scale: f32,
  inputs: u32,
  outputs: u32,
  firstInput: u32,
  endInput: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  const stride = paddedColumns(outputs) * FLOAT_BYTES;
  for (let column = firstColumn; column < endColumn; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = dweight + offset * inputs + firstInput * width * FLOAT_BYTES;
    if (width == 32) columnsTile<Vectors8>(tile, starts, entries, dy + offset, stride, scale, endInput - firstInput);
    else if (width == 16)
      columnsTile<Vectors4>(tile, starts, entries, dy + offset, stride, scale, endInput - firstInput);
    else columnsTile<Vectors1>(tile, starts, entries, dy + offset, stride, scale, endInput - firstInput);
    column += width;
  }
}

/**
 * Lists the entries of sparse rows by input, for the inputs [first, end): `columns` {row, value} and `starts` u32 [end - first + 1],
 * where each input's begin, are overwritten. `lists` usize [rows] and `counts` u32 [rows] tell the rows' own entries.
 */
export function transposeEntries(
  starts: usize,
  columns: usize,
  lists: usize,
  counts: usize,
  rows: u32,
  first: u32,
  end: u32,
): void {
  memory.fill(starts, 0, (end - first + 1) * <u32>sizeof<u32>());
  placeEntries(starts, 0, lists, counts, rows, first, end);
  // From how many there are of each to where each one's end, from where they are filled in backwards.
  let sum: u32 = 0;
  for (let i: u32 = 0; i <= end - first; i++) {
    const place = starts + i * <u32>sizeof<u32>();
    sum += load<u32>(place);
    store<u32>(place, sum);
  }
  placeEntries(starts, columns, lists, counts, rows, first, end);
}

/** Without `columns` counts each input's entries; with them puts each in its place, from the last row to the first. */
function placeEntries(
  starts: usize,
  columns: usize,
  lists: usize,
  counts: usize,
  rows: u32,
  first: u32,
  end: u32,
): void {
  for (let row = rows; row-- > 0; ) {
    const last = entriesBelow(lists, counts, row, end);
    for (let entry = entriesBelow(lists, counts, row, first); entry < last; entry += sizeof<Sparse>()) {
      const place = starts + (entryIndex(entry) - first) * <u32>sizeof<u32>();
      if (!columns) {
        store<u32>(place, load<u32>(place) + 1);
        continue;
      }
      const next = load<u32>(place) - 1;
      store<u32>(place, next);
      store<u32>(columns + next * <u32>sizeof<Sparse>(), row);
      store<f32>(columns + next * <u32>sizeof<Sparse>(), entryValue<Sparse>(entry), sizeof<u32>());
    }
  }
}

/** Where in the list of `row` the entries of the inputs below `index` end. */
function entriesBelow(lists: usize, counts: usize, row: u32, index: u32): usize {
  const list = load<usize>(lists + row * <u32>sizeof<usize>());
  let low: u32 = 0;
  let high = load<u32>(counts + row * <u32>sizeof<u32>());
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entryIndex(list + middle * <u32>sizeof<Sparse>()) < index) low = middle + 1;
    else high = middle;
  }
  return list + low * <u32>sizeof<Sparse>();
}

/** One tile of `linearForwardBatch`: `y` [rows][4 · V] is added to. */
function forwardTile<V>(y: usize, yStride: u32, x: usize, xStride: u32, rows: u32, tile: usize, inputs: u32): void {
  const rowBytes = 16 * <u32>sizeof<V>();
  for (let first: u32 = 0; first < inputs; first += BLOCK_INPUTS) {
    const count = min(BLOCK_INPUTS, inputs - first);
    const block = tile + first * rowBytes;
    let target = y;
    let source = x + first * FLOAT_BYTES;
    let row: u32 = 0;
    if (ASC_FEATURE_SIMD && sizeof<V>() > 2) {
      for (; row + 2 <= rows; row += 2, target += 2 * yStride, source += 2 * xStride) {
        pairForward(target, target + yStride, source, source + xStride, count, block, rowBytes);
        if (sizeof<V>() == 8) {
          pairForward(target + 64, target + yStride + 64, source, source + xStride, count, block + 64, rowBytes);
        }
      }
    }
    for (; row < rows; row++, target += yStride, source += xStride) {
      tileForward<Dense, V>(target, source, count, block, target);
    }
  }
}

/** One tile of `linearBackwardInputBatch`: `dx` [rows][inputs] is added to. */
function backwardInputTile(
  dx: usize,
  dxStride: u32,
  dy: usize,
  dyStride: u32,
  rows: u32,
  tile: usize,
  inputs: u32,
  width: u32,
): void {
  for (let first: u32 = 0; first < inputs; first += BLOCK_INPUTS) {
    const count = min(BLOCK_INPUTS, inputs - first);
    const block = tile + first * width * FLOAT_BYTES;
    for (let row: u32 = 0; row < rows; row++) {
      tileBackwardInput(dx + row * dxStride + first * FLOAT_BYTES, dy + row * dyStride, block, count, width);
    }
  }
}

/** One tile of `linearBackwardWeightBatch`: `tile` [inputs][4 · V] is added to. */
function backwardWeightTile<V>(
  tile: usize,
  x: usize,
  xStride: u32,
  dy: usize,
  dyStride: u32,
  rows: u32,
  scale: f32,
  inputs: u32,
): void {
  const rowBytes = 16 * <u32>sizeof<V>();
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD && sizeof<V>() > 2) {
    for (; i + 2 <= inputs; i += 2, tile += 2 * rowBytes, x += 2 * FLOAT_BYTES) {
      pairBackwardWeight(tile, tile + rowBytes, x, xStride, dy, dyStride, rows, scale);
      if (sizeof<V>() == 8) {
        pairBackwardWeight(tile + 64, tile + rowBytes + 64, x, xStride, dy + 64, dyStride, rows, scale);
      }
    }
  }
  for (let row: u32 = 0; row < rows; row++) {
    tileBackwardWeight<Dense, V>(tile, x + row * xStride, inputs - i, dy + row * dyStride, scale);
  }
}

/** One tile of `linearBackwardWeightPairs`: `tile` [inputs][4 · V] is added to. */
function pairsTile<V>(
  tile: usize,
  pairs: usize,
  x: usize,
  xStride: u32,
  dy: usize,
  dyStride: u32,
  rows: u32,
  scale: f32,
  inputs: u32,
): void {
  const rowBytes = 16 * <u32>sizeof<V>();
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD && sizeof<V>() > 2) {
    for (; i + 2 <= inputs; i += 2, tile += 2 * rowBytes, pairs += rows * PAIR_BYTES) {
      pairUpdate(tile, tile + rowBytes, pairs, dy, dyStride, rows);
      if (sizeof<V>() == 8) pairUpdate(tile + 64, tile + rowBytes + 64, pairs, dy + 64, dyStride, rows);
    }
  }
  for (let row: u32 = 0; row < rows; row++) {
    tileBackwardWeight<Dense, V>(tile, x + row * xStride + i * FLOAT_BYTES, inputs - i, dy + row * dyStride, scale);
  }
}

/** Two rows pass by 16 columns of a block: `ya` and `yb` are added to. */
function pairForward(ya: usize, yb: usize, xa: usize, xb: usize, count: u32, block: usize, rowBytes: u32): void {
  let a0 = v128.load(ya);
  let a1 = v128.load(ya, 16);
  let a2 = v128.load(ya, 32);
  let a3 = v128.load(ya, 48);
  let b0 = v128.load(yb);
  let b1 = v128.load(yb, 16);
  let b2 = v128.load(yb, 32);
  let b3 = v128.load(yb, 48);
  for (let k: u32 = 0; k < count; k++, block += rowBytes) {
    const a = v128.load_splat<f32>(xa + k * FLOAT_BYTES);
    const b = v128.load_splat<f32>(xb + k * FLOAT_BYTES);
    const w0 = v128.load(block);
    const w1 = v128.load(block, 16);
    const w2 = v128.load(block, 32);
    const w3 = v128.load(block, 48);
    a0 = f32x4.add(a0, f32x4.mul(a, w0));
    b0 = f32x4.add(b0, f32x4.mul(b, w0));
    a1 = f32x4.add(a1, f32x4.mul(a, w1));
    b1 = f32x4.add(b1, f32x4.mul(b, w1));
    a2 = f32x4.add(a2, f32x4.mul(a, w2));
    b2 = f32x4.add(b2, f32x4.mul(b, w2));
    a3 = f32x4.add(a3, f32x4.mul(a, w3));
    b3 = f32x4.add(b3, f32x4.mul(b, w3));
  }
  v128.store(ya, a0);
  v128.store(ya, a1, 16);
  v128.store(ya, a2, 32);
  v128.store(ya, a3, 48);
  v128.store(yb, b0);
  v128.store(yb, b1, 16);
  v128.store(yb, b2, 32);
  v128.store(yb, b3, 48);
}

/** 16 columns of the weights of two inputs, which lie at `wa` and `wb`, take what all rows have for them. */
function pairBackwardWeight(
  wa: usize,
  wb: usize,
  x: usize,
  xStride: u32,
  dy: usize,
  dyStride: u32,
  rows: u32,
  scale: f32,
): void {
  let a0 = v128.load(wa);
  let a1 = v128.load(wa, 16);
  let a2 = v128.load(wa, 32);
  let a3 = v128.load(wa, 48);
  let b0 = v128.load(wb);
  let b1 = v128.load(wb, 16);
  let b2 = v128.load(wb, 32);
  let b3 = v128.load(wb, 48);
  for (let row: u32 = 0; row < rows; row++, x += xStride, dy += dyStride) {
    const a = f32x4.splat(scale * load<f32>(x));
    const b = f32x4.splat(scale * load<f32>(x, 4));
    const d0 = v128.load(dy);
    const d1 = v128.load(dy, 16);
    const d2 = v128.load(dy, 32);
    const d3 = v128.load(dy, 48);
    a0 = f32x4.add(a0, f32x4.mul(a, d0));
    b0 = f32x4.add(b0, f32x4.mul(b, d0));
    a1 = f32x4.add(a1, f32x4.mul(a, d1));
    b1 = f32x4.add(b1, f32x4.mul(b, d1));
    a2 = f32x4.add(a2, f32x4.mul(a, d2));
    b2 = f32x4.add(b2, f32x4.mul(b, d2));
    a3 = f32x4.add(a3, f32x4.mul(a, d3));
    b3 = f32x4.add(b3, f32x4.mul(b, d3));
  }
  v128.store(wa, a0);
  v128.store(wa, a1, 16);
  v128.store(wa, a2, 32);
  v128.store(wa, a3, 48);
  v128.store(wb, b0);
  v128.store(wb, b1, 16);
  v128.store(wb, b2, 32);
  v128.store(wb, b3, 48);
}

/** `pairBackwardWeight` of values that lie side by side and are scaled: `pairs` [rows][2]. */
function pairUpdate(wa: usize, wb: usize, pairs: usize, dy: usize, dyStride: u32, rows: u32): void {
  let a0 = v128.load(wa);
  let a1 = v128.load(wa, 16);
  let a2 = v128.load(wa, 32);
  let a3 = v128.load(wa, 48);
  let b0 = v128.load(wb);
  let b1 = v128.load(wb, 16);
  let b2 = v128.load(wb, 32);
  let b3 = v128.load(wb, 48);
  for (const end = pairs + rows * PAIR_BYTES; pairs < end; pairs += PAIR_BYTES, dy += dyStride) {
    const a = v128.load32_splat(pairs);
    const b = v128.load32_splat(pairs, 4);
    const d0 = v128.load(dy);
    const d1 = v128.load(dy, 16);
    const d2 = v128.load(dy, 32);
    const d3 = v128.load(dy, 48);
    a0 = f32x4.add(a0, f32x4.mul(a, d0));
    b0 = f32x4.add(b0, f32x4.mul(b, d0));
    a1 = f32x4.add(a1, f32x4.mul(a, d1));
    b1 = f32x4.add(b1, f32x4.mul(b, d1));
    a2 = f32x4.add(a2, f32x4.mul(a, d2));
    b2 = f32x4.add(b2, f32x4.mul(b, d2));
    a3 = f32x4.add(a3, f32x4.mul(a, d3));
    b3 = f32x4.add(b3, f32x4.mul(b, d3));
  }
  v128.store(wa, a0);
  v128.store(wa, a1, 16);
  v128.store(wa, a2, 32);
  v128.store(wa, a3, 48);
  v128.store(wb, b0);
  v128.store(wb, b1, 16);
  v128.store(wb, b2, 32);
  v128.store(wb, b3, 48);
}

/** One tile of `linearBackwardWeightColumns`: `tile` [inputs][4 · V] is added to. */
function columnsTile<V>(
  tile: usize,
  starts: usize,
  entries: usize,
  dy: usize,
  dyStride: u32,
  scale: f32,
  inputs: u32,
): void {
  const rowBytes = 16 * <u32>sizeof<V>();
  let entry = entries;
  for (let i: u32 = 1; i <= inputs; i++, tile += rowBytes) {
    const end = entries + load<u32>(starts + i * <u32>sizeof<u32>()) * <u32>sizeof<Sparse>();
    if (entry == end) continue;
    if (ASC_FEATURE_SIMD) {
      columnUpdate<V>(tile, entry, end, dy, dyStride, scale);
    } else {
      for (let e = entry; e < end; e += sizeof<Sparse>()) {
        addScaled(tile, dy + entryIndex(e) * dyStride, scale * entryValue<Sparse>(e), 4 * <u32>sizeof<V>());
      }
    }
    entry = end;
  }
}

/** One input's row of a tile takes what all rows of the batch have for it. */
function columnUpdate<V>(target: usize, entry: usize, end: usize, dy: usize, dyStride: u32, scale: f32): void {
  let w0 = v128.load(target);
  let w1 = sizeof<V>() > 1 ? v128.load(target, 16) : w0;
  let w2 = sizeof<V>() > 1 ? v128.load(target, 32) : w0;
  let w3 = sizeof<V>() > 1 ? v128.load(target, 48) : w0;
  let w4 = sizeof<V>() > 4 ? v128.load(target, 64) : w0;
  let w5 = sizeof<V>() > 4 ? v128.load(target, 80) : w0;
  let w6 = sizeof<V>() > 4 ? v128.load(target, 96) : w0;
  let w7 = sizeof<V>() > 4 ? v128.load(target, 112) : w0;
  for (; entry < end; entry += sizeof<Sparse>()) {
    const factor = f32x4.splat(scale * entryValue<Sparse>(entry));
    const row = dy + entryIndex(entry) * dyStride;
    w0 = f32x4.add(w0, f32x4.mul(factor, v128.load(row)));
    if (sizeof<V>() > 1) {
      w1 = f32x4.add(w1, f32x4.mul(factor, v128.load(row, 16)));
      w2 = f32x4.add(w2, f32x4.mul(factor, v128.load(row, 32)));
      w3 = f32x4.add(w3, f32x4.mul(factor, v128.load(row, 48)));
    }
    if (sizeof<V>() > 4) {
      w4 = f32x4.add(w4, f32x4.mul(factor, v128.load(row, 64)));
      w5 = f32x4.add(w5, f32x4.mul(factor, v128.load(row, 80)));
      w6 = f32x4.add(w6, f32x4.mul(factor, v128.load(row, 96)));
      w7 = f32x4.add(w7, f32x4.mul(factor, v128.load(row, 112)));
    }
  }
  v128.store(target, w0);
  if (sizeof<V>() > 1) {
    v128.store(target, w1, 16);
    v128.store(target, w2, 32);
    v128.store(target, w3, 48);
  }
  if (sizeof<V>() > 4) {
    v128.store(target, w4, 64);
    v128.store(target, w5, 80);
    v128.store(target, w6, 96);
    v128.store(target, w7, 112);
  }
}
