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
import {
  accumulate,
  accumulatePair,
  addOuterProduct,
  addScaled,
  BatchRows,
  multiplyRows,
  TileRows,
} from './inner-loops';
import { Layer } from './records';
import { Dense, ENTRY_BYTES, findEntry, Sparse } from './sparse';
import { FLOAT_BYTES, forEachTile, VECTOR_BYTES } from './tile';

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
