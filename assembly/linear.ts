/**
 * The linear layer y = x W + b and its gradients, for one row or for the rows of a batch. `weight[i][o]` is the element
 * of the tiles (tile.ts) for input i and output o. Rows of y, dy and bias are padded; rows of y and dy follow each
 * other. Rows of x are `xStride` bytes apart.
 *
 * An input is either dense, `x` [inputs], or sparse, the list of its non-zero entries (sparse.ts). Every sum adds the
 * same terms in the same order in all kernels, one row or many, sparse or dense: a sparse sum only omits terms that are
 * zero. Results are therefore bit-identical. The kernels for many rows read memory less often: forward, a block of a
 * tile's weights stays in the first-level cache while all rows use it; backward, the weights of two inputs stay in
 * registers.
 */
import { checkBias, checkEntries, checkInputs, checkPadding } from './checks';
import { Layer } from './records';
import { Dense, ENTRY_BYTES, entryIndex, entryValue, Sparse } from './sparse';
import { FLOAT_BYTES, forEachTile, storePair, storeRow, VECTOR_BYTES } from './tile';

/** Inputs of a block: their weights in a full tile are 16 KB, half a first-level cache. */
const BLOCK_INPUTS: u32 = 128;

/** Inputs of a block of sparse rows, of which a fifth is not zero. */
const BLOCK_SPARSE_INPUTS: u32 = 392;

/** Bytes of the values of two inputs. */
const VALUE_PAIR_BYTES: u32 = 8;
/** Pairs of inputs of a cache line. */
const LINE_PAIRS: u32 = 8;

/** Bytes of a span: the addresses at which a part of a row's entries starts and ends. */
export const SPAN_BYTES: u32 = 2 * sizeof<usize>();

/**
 * y_o = b_o + Σ_i x_i weight[i][o], dense, for the columns [firstColumn, endColumn). `y` [rows][padded] is overwritten.
 */
export function linearForward(
  layer: Layer,
  y: usize,
  x: usize,
  xStride: u32,
  rows: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  checkBias(layer);
  const kernel = changetype<ForwardDense>(layer);
  forEachTile(kernel, layer.weight, 0, firstColumn, endColumn, y, x, rows, xStride, 0, 0);
}

@unmanaged
class ForwardDense extends Layer {
  tile<V>(tile: usize, offset: u32, y: usize, x: usize, rows: u32, xStride: u32, _scale: f32, _list: usize): void {
    const width = VECTOR_BYTES * <u32>sizeof<V>();
    const yStride = this.rowBytes();
    const inputs = this.inputs;
    const even: u32 = sizeof<V>() > 1 ? rows & ~1 : 0;
    // The first block starts from the bias, the others from the sums of the blocks before.
    let start = this.bias + offset;
    if (rows == 1) {
      accumulate<Dense, V, TileRows>(y, start, x, inputs, tile, 0);
      return;
    }
    let startStride: u32 = 0;
    for (let first: u32 = 0; first < inputs; first += BLOCK_INPUTS) {
      const count = min(BLOCK_INPUTS, inputs - first);
      if (even) forwardPairs(y, yStride, start, startStride, x, xStride, even, count, tile, width);
      for (let row = even; row < rows; row++) {
        const target = y + row * yStride;
        accumulate<Dense, V, TileRows>(target, start + row * startStride, x + row * xStride, count, tile, 0);
      }
      start = y;
      startStride = yStride;
      x += count * FLOAT_BYTES;
      tile += count * width;
    }
  }
}

/** The sums of an even number of rows, two at a time, over `count` inputs of a tile of `width` bytes. */
function forwardPairs(
  y: usize,
  yStride: u32,
  start: usize,
  startStride: u32,
  x: usize,
  xStride: u32,
  rows: u32,
  count: u32,
  tile: usize,
  width: u32,
): void {
  for (let row: u32 = 0; row < rows; row += 2) {
    const a = x + row * xStride;
    const startA = start + row * startStride;
    const target = y + row * yStride;
    accumulatePair(
      target,
      target + yStride,
      startA,
      startA + startStride,
      a,
      a + xStride,
      FLOAT_BYTES,
      count,
      tile,
      width,
      width,
    );
  }
}

/**
 * `linearForward` of sparse rows: `lists` usize [rows] and `counts` u32 [rows] are the rows' entries, `spans` [rows] is
 * scratch.
 */
export function linearForwardSparse(
  layer: Layer,
  y: usize,
  lists: usize,
  counts: usize,
  spans: usize,
  rows: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  checkBias(layer);
  const inputs = layer.inputs;
  const kernel = changetype<ForwardSparse>(layer);
  const block = rows == 1 ? inputs : BLOCK_SPARSE_INPUTS;
  for (let first: u32 = 0; first < inputs; first += block) {
    for (let row: u32 = 0; row < rows; row++) {
      const span = spans + row * SPAN_BYTES;
      store<usize>(span, first == 0 ? load<usize>(lists + row * <u32>sizeof<usize>()) : load<usize>(span, 4));
      store<usize>(span, findEntry(lists, counts, row, first + block, inputs), 4);
    }
    forEachTile(kernel, layer.weight, 0, firstColumn, endColumn, y, spans, rows, first, 0, 0);
  }
}

@unmanaged
class ForwardSparse extends Layer {
  /** The part of the rows' entries that is in `spans` [rows], of the inputs from `firstInput` on. */
  tile<V>(
    tile: usize,
    offset: u32,
    y: usize,
    spans: usize,
    rows: u32,
    firstInput: u32,
    _scale: f32,
    _list: usize,
  ): void {
    const yStride = this.rowBytes();
    for (const end = spans + rows * SPAN_BYTES; spans < end; spans += SPAN_BYTES, y += yStride) {
      const x = load<usize>(spans);
      const count = <u32>(load<usize>(spans, 4) - x) / ENTRY_BYTES;
      // Sparser rows have no entries in most blocks.
      if (count == 0 && firstInput > 0) continue;
      const start = firstInput == 0 ? this.bias + offset : y;
      accumulate<Sparse, V, TileRows>(y, start, x, count, tile, 0);
    }
  }
}

/**
 * y_o = b_o + Σ_i x_i weight[i][o]  =>  dx_i = Σ_o dy_o weight[i][o]. `dx` [rows] is overwritten, `dxStride` bytes
 * apart.
 */
export function linearBackwardInput(layer: Layer, dx: usize, dxStride: u32, dy: usize, rows: u32): void {
  const kernel = changetype<BackwardInput>(layer);
  checkPadding(layer, dy, rows);
  forEachTile(kernel, layer.weight, 0, 0, layer.padded, dy, dx, rows, dxStride, 0, 0);
}

@unmanaged
class BackwardInput extends Layer {
  tile<V>(tile: usize, offset: u32, dy: usize, dx: usize, rows: u32, dxStride: u32, _scale: f32, _list: usize): void {
    const width = VECTOR_BYTES * <u32>sizeof<V>();
    multiplyBlocks(dx, dxStride, dy, this.rowBytes(), rows, tile, this.inputs, width, offset > 0);
  }
}

/** `multiplyRows` of `rows` rows of dx and dy, a block of inputs at a time. */
function multiplyBlocks(
  dx: usize,
  dxStride: u32,
  dy: usize,
  dyStride: u32,
  rows: u32,
  tile: usize,
  inputs: u32,
  width: u32,
  add: bool,
): void {
  for (let first: u32 = 0; first < inputs; first += BLOCK_INPUTS) {
    const count = min(BLOCK_INPUTS, inputs - first);
    for (let row: u32 = 0; row < rows; row++) {
      multiplyRows(dx + row * dxStride, dy + row * dyStride, tile, count, width, add);
    }
    dx += count * FLOAT_BYTES;
    tile += count * width;
  }
}

/** y_o = b_o + …  =>  db_o = Σ_rows dy_o. scale · gradient is added to `dbias` [padded]. */
export function linearBackwardBias(layer: Layer, dbias: usize, dy: usize, rows: u32, scale: f32): void {
  for (let row: u32 = 0; row < rows; row++) addScaled(dbias, dy + row * layer.rowBytes(), scale, layer.padded);
}

/**
 * y_o = b_o + Σ_i x_i weight[i][o]  =>  dweight[i][o] = x_i dy_o, for one row: `x` has `count` elements of kind X.
 * scale · gradient is added to `dweight` (tiles): to a gradient with scale = 1/N, or to the weights with
 * scale = -learningRate/N, which is a step of SGD that reads and writes only what changes.
 */
export function linearBackwardWeight<X>(
  layer: Layer,
  dweight: usize,
  x: usize,
  count: u32,
  dy: usize,
  scale: f32,
  firstColumn: u32,
  endColumn: u32,
): void {
  checkPadding(layer, dy, 1);
  if (sizeof<X>() == sizeof<Sparse>()) checkEntries(layer, x, count);
  const kernel = changetype<BackwardWeight<X>>(layer);
  forEachTile(kernel, dweight, 0, firstColumn, endColumn, dy, x, count, 0, scale, 0);
}

@unmanaged
class BackwardWeight<X> extends Layer {
  tile<V>(tile: usize, _offset: u32, dy: usize, x: usize, count: u32, _stride: u32, scale: f32, _list: usize): void {
    addOuterProduct<X, V>(tile, x, count, dy, scale);
  }
}

/**
 * `linearBackwardWeight` of dense rows, summed: dW = Xᵀ dY. `pairs` holds scale · x in the order of `packPairs`:
 * rows of inputs are far apart, which would cost a miss in the address cache for each element.
 */
export function linearBackwardWeightRows(
  layer: Layer,
  dweight: usize,
  x: usize,
  xStride: u32,
  dy: usize,
  rows: u32,
  scale: f32,
  pairs: usize,
  firstColumn: u32,
  endColumn: u32,
): void {
  const kernel = changetype<BackwardWeightRows>(layer);
  forEachTile(kernel, dweight, 0, firstColumn, endColumn, dy, x, rows, xStride, scale, pairs);
}

@unmanaged
class BackwardWeightRows extends Layer {
  tile<V>(tile: usize, _offset: u32, dy: usize, x: usize, rows: u32, xStride: u32, scale: f32, pairs: usize): void {
    const width = VECTOR_BYTES * <u32>sizeof<V>();
    const dyStride = this.rowBytes();
    const even: u32 = sizeof<V>() > 1 ? this.inputs & ~1 : 0;
    if (even) updatePairs(tile, width, even, dy, dyStride, rows, pairs);
    tile += even * width;
    x += even * FLOAT_BYTES;
    for (let row: u32 = 0; row < rows; row++, x += xStride, dy += dyStride) {
      addOuterProduct<Dense, V>(tile, x, this.inputs - even, dy, scale);
    }
  }
}

/** The weights of an even number of inputs, two at a time, in a tile of `width` bytes. */
function updatePairs(tile: usize, width: u32, inputs: u32, dy: usize, dyStride: u32, rows: u32, pairs: usize): void {
  for (let i: u32 = 0; i < inputs; i += 2, tile += 2 * width, pairs += rows * VALUE_PAIR_BYTES) {
    const next = tile + width;
    accumulatePair(tile, next, tile, next, pairs, pairs + FLOAT_BYTES, VALUE_PAIR_BYTES, rows, dy, dyStride, width);
  }
}

/** Bytes that `packPairs` writes. */
export function pairsBytes(rows: u32, inputs: u32): u64 {
  return <u64>(inputs >> 1) * rows * VALUE_PAIR_BYTES;
}

/**
 * Writes scale · x of the rows [firstRow, endRow) and the pairs of inputs [firstPair, endPair) to `pairs`
 * [inputs / 2][rows][2].
 */
export function packPairs(
  pairs: usize,
  x: usize,
  xStride: u32,
  rows: u32,
  scale: f32,
  firstRow: u32,
  endRow: u32,
  firstPair: u32,
  endPair: u32,
): void {
  const factor = f32x4.splat(scale);
  // A few cache lines of every row at a time: no more write streams than a core can follow.
  for (let first = firstPair; first < endPair; first += LINE_PAIRS) {
    const end = min(first + LINE_PAIRS, endPair);
    for (let row = firstRow; row < endRow; row++) {
      let source = x + row * xStride + first * VALUE_PAIR_BYTES;
      let target = pairs + (first * rows + row) * VALUE_PAIR_BYTES;
      for (let pair = first; pair < end; pair++, source += VALUE_PAIR_BYTES, target += rows * VALUE_PAIR_BYTES) {
        v128.store64_lane(target, f32x4.mul(factor, v128.load64_zero(source)), 0);
      }
    }
  }
}

/**
 * `linearBackwardWeight` of sparse rows, summed, for the inputs [firstInput, firstInput + count): their entries are
 * listed by input, `starts` and `columns` of `transposeEntries`. A row of weights is read and written once for the
 * whole batch.
 */
export function linearBackwardWeightColumns(
  layer: Layer,
  dweight: usize,
  starts: usize,
  columns: usize,
  dy: usize,
  firstInput: u32,
  count: u32,
  firstColumn: u32,
  endColumn: u32,
): void {
  checkInputs(layer, firstInput, count);
  const kernel = changetype<BackwardWeightColumns>(layer);
  forEachTile(kernel, dweight, firstInput, firstColumn, endColumn, dy, columns, count, 0, 0, starts);
}

@unmanaged
class BackwardWeightColumns extends Layer {
  tile<V>(
    tile: usize,
    _offset: u32,
    dy: usize,
    columns: usize,
    count: u32,
    _stride: u32,
    _scale: f32,
    starts: usize,
  ): void {
    const width = VECTOR_BYTES * <u32>sizeof<V>();
    const dyStride = this.rowBytes();
    let first: u32 = 0;
    for (let i: u32 = 1; i <= count; i++, tile += width) {
      const end = load<u32>(starts + i * <u32>sizeof<u32>());
      if (first == end) continue;
      accumulate<Sparse, V, BatchRows>(tile, tile, columns + first * ENTRY_BYTES, end - first, dy, dyStride);
      first = end;
    }
  }
}

/**
 * Lists the entries of sparse rows by input, for the inputs [first, end): `columns` {row, scale · value} and `starts`
 * u32 [end - first + 1], the first entry of each input, are overwritten. `lists` usize [rows] and `counts` u32 [rows]
 * are the rows' entries.
 */
export function transposeEntries(
  starts: usize,
  columns: usize,
  lists: usize,
  counts: usize,
  rows: u32,
  scale: f32,
  first: u32,
  end: u32,
  inputs: u32,
): void {
  memory.fill(starts, 0, (end - first + 1) * <u32>sizeof<u32>());
  placeEntries(starts, 0, lists, counts, rows, scale, first, end, inputs);
  // From the number of entries of each input to the end of each input's entries. They are filled in backwards from
  // there.
  let sum: u32 = 0;
  for (let i: u32 = 0; i <= end - first; i++) {
    const place = starts + i * <u32>sizeof<u32>();
    sum += load<u32>(place);
    store<u32>(place, sum);
  }
  placeEntries(starts, columns, lists, counts, rows, scale, first, end, inputs);
}

/**
 * Without `columns`, counts each input's entries. With `columns`, puts each entry in its place, from the last row to
 * the first.
 */
function placeEntries(
  starts: usize,
  columns: usize,
  lists: usize,
  counts: usize,
  rows: u32,
  scale: f32,
  first: u32,
  end: u32,
  inputs: u32,
): void {
  for (let row = rows; row-- > 0; ) {
    const last = findEntry(lists, counts, row, end, inputs);
    for (let entry = findEntry(lists, counts, row, first, inputs); entry < last; entry += ENTRY_BYTES) {
      const place = starts + (entryIndex(entry) - first) * <u32>sizeof<u32>();
      if (!columns) {
        store<u32>(place, load<u32>(place) + 1);
        continue;
      }
      const next = load<u32>(place) - 1;
      store<u32>(place, next);
      store<u32>(columns + next * ENTRY_BYTES, row);
      store<f32>(columns + next * ENTRY_BYTES, scale * entryValue<Sparse>(entry), sizeof<u32>());
    }
  }
}

/**
 * Address in the list of `row` of the first entry whose input is not below `index`; of `inputs` or more, the end of the
 * list.
 */
function findEntry(lists: usize, counts: usize, row: u32, index: u32, inputs: u32): usize {
  const list = load<usize>(lists + row * <u32>sizeof<usize>());
  const count = load<u32>(counts + row * <u32>sizeof<u32>());
  let low: u32 = index < inputs ? 0 : count;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entryIndex(list + middle * ENTRY_BYTES) < index) low = middle + 1;
    else high = middle;
  }
  return list + low * ENTRY_BYTES;
}

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
type TileRows = u8;
type BatchRows = u32;

/**
 * y [4 · V] = start [4 · V] + Σ_k x_k · row_k, over `count` elements of kind X. The row of a dense element is the k-th;
 * that of a sparse one has the entry's index.
 */
function accumulate<X, V, Rows>(y: usize, start: usize, x: usize, count: u32, rows: usize, stride: u32): void {
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
function accumulatePair(
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
function addOuterProduct<X, V>(tile: usize, x: usize, count: u32, dy: usize, scale: f32): void {
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
function multiplyRows(dx: usize, dy: usize, tile: usize, inputs: u32, width: u32, add: bool): void {
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
