/**
 * Weights lie in column tiles, input-major: `W[tile][input][width]`. A tile is 32 columns wide, so that its 8 vectors of
 * 4 floats stay in registers while the inputs stream by, and what is left of the columns is one narrow tile of 4, 16
 * or 32. Columns past the last output are padding: their weights and their gradients stay zero.
 *
 *   outputs = 300 : nine tiles of 32 columns, one of 16 (12 used)     W = 9 · [inputs][32] + [inputs][16]
 *   outputs =  10 : one tile of 16 columns (10 used)                  W = [inputs][16]
 */

import { shareStart } from './team';

/** Columns of a full tile. */
export const TILE_COLUMNS: u32 = 32;

/** Bytes of one float32. */
export const FLOAT_BYTES: u32 = 4;

/*
 * AssemblyScript has no constant type parameters, so the width of a tile, in vectors, travels as the type of that size:
 * `sizeof<Vectors8>() == 8`. Conditions on it are decided at compile time.
 */
export type Vectors1 = u8;
export type Vectors4 = u32;
export type Vectors8 = u64;

/** Columns of the tile that starts at `column`: 32, or for the rest of the columns the least of 4, 16, 32 that holds it. */
export function tileColumns(column: u32, outputs: u32): u32 {
  const rest = outputs - column;
  if (rest > 16) return 32;
  return rest > 4 ? 16 : 4;
}

/** Columns that `outputs` take with padding: the length of a bias, and of a row of activations or deltas. */
export function paddedColumns(outputs: u32): u32 {
  const full = outputs & ~(TILE_COLUMNS - 1);
  return outputs == full ? full : full + tileColumns(full, outputs);
}

/** Copies `count` floats; short rows, for which a call of the engine's own `memory.copy` takes longer than the copying. */
export function copyFloats(target: usize, source: usize, count: u32): void {
  const end = target + count * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    for (; target + 16 <= end; target += 16, source += 16) v128.store(target, v128.load(source));
  }
  for (; target < end; target += FLOAT_BYTES, source += FLOAT_BYTES) store<f32>(target, load<f32>(source));
}

/** Where the share of `member` in the columns begins, in whole tiles; that of the next one is its end. */
export function shareColumns(outputs: u32, member: u32, members: u32): u32 {
  const tiles = (outputs + TILE_COLUMNS - 1) / TILE_COLUMNS;
  return min(shareStart(tiles, member, members) * TILE_COLUMNS, paddedColumns(outputs));
}

/**
 * Copies a row-major matrix [outputs][inputs] (the field's convention for `weight`) into tiles.
 * `tiles` [paddedColumns(outputs) · inputs] is overwritten, its padding with zeros.
 */
export function packWeight(tiles: usize, weight: usize, inputs: u32, outputs: u32): void {
  memory.fill(tiles, 0, paddedColumns(outputs) * inputs * FLOAT_BYTES);
  for (let o: u32 = 0; o < outputs; o++) {
    const stride = tileColumns(o & ~(TILE_COLUMNS - 1), outputs) * FLOAT_BYTES;
    let target = columnAddress(tiles, o, inputs);
    // As little as possible for each number: this runs when a model is loaded, before the engine has optimised anything.
    for (const end = weight + inputs * FLOAT_BYTES; weight < end; weight += FLOAT_BYTES, target += stride) {
      store<u32>(target, load<u32>(weight));
    }
  }
}

/** The inverse of `packWeight`: `weight` [outputs][inputs] is overwritten, `tiles` is read. */
export function unpackWeight(weight: usize, tiles: usize, inputs: u32, outputs: u32): void {
  for (let o: u32 = 0; o < outputs; o++) {
    const stride = tileColumns(o & ~(TILE_COLUMNS - 1), outputs) * FLOAT_BYTES;
    let source = columnAddress(tiles, o, inputs);
    for (const end = weight + inputs * FLOAT_BYTES; weight < end; weight += FLOAT_BYTES, source += stride) {
      store<u32>(weight, load<u32>(source));
    }
  }
}

/** Where the first weight of output `o` lies. */
function columnAddress(tiles: usize, o: u32, inputs: u32): usize {
  const first = o & ~(TILE_COLUMNS - 1);
  return tiles + (first * inputs + o - first) * FLOAT_BYTES;
}
