/**
 * Weights are stored in column tiles, input-major: `W[tile][input][width]`. A full tile has 32 columns, so that its 8
 * vectors of 4 floats stay in registers while the inputs stream past. The remaining columns form one narrower tile of
 * 4, 16 or 32. Columns after the last output are padding: their weights and gradients stay zero.
 *
 *   outputs = 300: nine tiles of 32 columns, one of 16 (12 used)      W = 9 · [inputs][32] + [inputs][16]
 *   outputs =  10: one tile of 16 columns (10 used)                   W = [inputs][16]
 */
import { Layer } from './records';
import { shareStart } from './team';

/** Columns of a full tile. */
export const TILE_COLUMNS: u32 = 32;

/** Bytes of one float32. */
export const FLOAT_BYTES: u32 = 4;

/** Bytes of one vector. */
export const VECTOR_BYTES: u32 = 16;

/**
 * Bytes of a pair of neighbouring vectors. V8's revectoriser merges the operations on a pair into one of 256 bits if both
 * vectors are loaded before either is stored. All rows and regions consist of whole pairs.
 */
export const PAIR_BYTES: u32 = 32;

/*
 * AssemblyScript has no constant type parameters. The width of a tile, in vectors, is passed as a type of that size:
 * `sizeof<Vectors8>() == 8`. The compiler decides conditions on it.
 */
type Vectors1 = u8;
type Vectors4 = u32;
type Vectors8 = u64;

/**
 * Calls `kernel.tile` for each tile of the columns [firstColumn, endColumn), which start and end at tiles. This is the
 * only place that chooses a width.
 *
 * A kernel is a Layer, seen as a class with the method `tile<V>`. It receives the tile's weights from input
 * `firstInput` on, the bytes from the first column to the tile's first column, and `y` at that column. Each kernel
 * documents its other operands.
 */
export function forEachTile<Kernel extends Layer>(
  kernel: Kernel,
  weight: usize,
  firstInput: u32,
  firstColumn: u32,
  endColumn: u32,
  y: usize,
  x: usize,
  count: u32,
  stride: u32,
  scale: f32,
  list: usize,
): void {
  const outputs = kernel.outputs;
  checkTiles(kernel, weight, y, firstColumn, endColumn);
  for (let column = firstColumn; column < min(endColumn, outputs); ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = weight + column * kernel.columnBytes() + firstInput * width * FLOAT_BYTES;
    if (width == 32) kernel.tile<Vectors8>(tile, offset, y + offset, x, count, stride, scale, list);
    else if (width == 16) kernel.tile<Vectors4>(tile, offset, y + offset, x, count, stride, scale, list);
    else kernel.tile<Vectors1>(tile, offset, y + offset, x, count, stride, scale, list);
    column += width;
  }
}

/** Debug build: columns [first, end) start and end at tiles; weights and rows are aligned to vectors. */
function checkTiles(layer: Layer, weight: usize, y: usize, first: u32, end: u32): void {
  if (ASC_NO_ASSERT) return;
  assert(first % TILE_COLUMNS == 0, 'the columns do not start at a tile');
  assert(end == layer.padded || end % TILE_COLUMNS == 0, 'the columns do not end at a tile');
  assert(end <= layer.padded, 'columns out of range');
  assert(weight % VECTOR_BYTES == 0 && y % VECTOR_BYTES == 0, 'weights or rows are not aligned to 16 bytes');
}

/**
 * Columns of the tile that starts at `column`: 32, or the smallest of 4, 16 and 32 that holds the remaining columns.
 */
export function tileColumns(column: u32, outputs: u32): u32 {
  const rest = outputs - column;
  if (rest > 16) return 32;
  return rest > 4 ? 16 : 4;
}

/** Columns of the tiles of `outputs`. */
export function tiledColumns(outputs: u32): u32 {
  const full = outputs & ~(TILE_COLUMNS - 1);
  return outputs == full ? full : full + tileColumns(full, outputs);
}

/** Columns of `outputs` in whole pairs: the length of a bias and of a row of activations or deltas. */
export function paddedColumns(outputs: u32): u32 {
  return (tiledColumns(outputs) + 7) & ~7;
}

/**
 * Stores a pair, the upper vector first. In the other order the revectoriser would keep the lower store as well, for the
 * case the upper one is outside the memory.
 */
export function storePair(target: usize, lower: v128, upper: v128): void {
  v128.store(target, upper, 16);
  v128.store(target, lower);
}

/** Stores a row of a tile of V vectors. */
export function storeRow<V>(
  row: usize,
  v0: v128,
  v1: v128,
  v2: v128,
  v3: v128,
  v4: v128,
  v5: v128,
  v6: v128,
  v7: v128,
): void {
  if (sizeof<V>() == 1) {
    v128.store(row, v0);
  } else {
    storePair(row, v0, v1);
    storePair(row + 32, v2, v3);
  }
  if (sizeof<V>() > 4) {
    storePair(row + 64, v4, v5);
    storePair(row + 96, v6, v7);
  }
}

/** Copies `count` floats. For short rows a call of the engine's `memory.copy` takes longer than this loop. */
export function copyFloats(target: usize, source: usize, count: u32): void {
  const end = target + count * FLOAT_BYTES;
  for (; target + VECTOR_BYTES <= end; target += VECTOR_BYTES, source += VECTOR_BYTES) {
    v128.store(target, v128.load(source));
  }
  for (; target < end; target += FLOAT_BYTES, source += FLOAT_BYTES) store<f32>(target, load<f32>(source));
}

/** First column of the share of `member`, in whole tiles. The share ends where the next member's share starts. */
export function shareColumns(layer: Layer, member: u32, members: u32): u32 {
  if (!ASC_FEATURE_THREADS) return member * layer.padded;
  const tiles = (layer.outputs + TILE_COLUMNS - 1) / TILE_COLUMNS;
  return min(shareStart(tiles, member, members) * TILE_COLUMNS, layer.padded);
}

/** Address of the first weight of output `o` in float32 tiles. */
export function outputAddress(tiles: usize, o: u32, inputs: u32): usize {
  const first = o & ~(TILE_COLUMNS - 1);
  return tiles + (first * inputs + o - first) * FLOAT_BYTES;
}

/** Bytes from one input's weight of output `o` to the next input's. */
export function inputStep(o: u32, outputs: u32): u32 {
  return tileColumns(o & ~(TILE_COLUMNS - 1), outputs) * FLOAT_BYTES;
}
