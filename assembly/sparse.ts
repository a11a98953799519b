/**
 * Inputs, dense and sparse. A dense element is its value, 4 bytes; a sparse entry is 8 bytes, the index (u32) of a non-zero
 * input and its value (f32), in the order of the indices. MNIST's pixels are 81 % zeros, so a list of its entries is five
 * times shorter than the row, and so is the work of the first layer.
 */
import { FLOAT_BYTES } from './tile';

/* The kind of an input travels as the type whose size is an element's (see tile.ts on widths). */
export type Dense = f32;
export type Sparse = u64;

export function entryIndex(entry: usize): u32 {
  return load<u32>(entry);
}

/** Value of an element of an input of kind X. */
export function entryValue<X>(x: usize): f32 {
  return load<f32>(x, sizeof<X>() - sizeof<f32>());
}

/**
 * Lists the non-zero bytes of a row. `entries` [columns, of which the rest is scratch] is overwritten; `row` [columns] is read;
 * `table` [256] holds the value of each byte. Returns the number of entries.
 */
export function gatherBytes(entries: usize, row: usize, table: usize, columns: u32): u32 {
  // The indices go to the upper half first. Entries grow twice as fast, but catch up with no index before it is read.
  const indices = entries + columns * <u32>sizeof<u32>();
  const count = listNonZero(indices, row, columns);
  for (let k: u32 = 0; k < count; k++) {
    const index = load<u32>(indices + k * <u32>sizeof<u32>());
    const entry = entries + k * <u32>sizeof<Sparse>();
    store<u32>(entry, index);
    store<f32>(entry, load<f32>(table + <u32>load<u8>(row + index) * FLOAT_BYTES), sizeof<u32>());
  }
  return count;
}

/**
 * Lists the non-zero floats of a row: `entries` [columns, of which the rest is scratch] is overwritten, `row` [columns] is read.
 * Returns their number.
 */
export function gatherFloats(entries: usize, row: usize, columns: u32): u32 {
  const indices = entries + columns * <u32>sizeof<u32>();
  const count = listNonZeroFloats(indices, row, columns);
  for (let k: u32 = 0; k < count; k++) {
    const index = load<u32>(indices + k * <u32>sizeof<u32>());
    const entry = entries + k * <u32>sizeof<Sparse>();
    store<u32>(entry, index);
    store<f32>(entry, load<f32>(row + index * FLOAT_BYTES), sizeof<u32>());
  }
  return count;
}

/**
 * Lists the entries of a packed row. `entries` [columns, of which the rest is scratch] is overwritten; `mask` has a bit for each
 * of the columns, in whole words of 4 bytes, and `values` the bytes of those that are set; `table` [256] holds the value of each
 * byte. Returns the number of entries.
 */
export function gatherPacked(entries: usize, mask: usize, values: usize, table: usize, columns: u32): u32 {
  const indices = entries + columns * <u32>sizeof<u32>();
  const count = listSetBits(indices, mask, columns);
  for (let k: u32 = 0; k < count; k++) {
    const entry = entries + k * <u32>sizeof<Sparse>();
    store<u32>(entry, load<u32>(indices + k * <u32>sizeof<u32>()));
    store<f32>(entry, load<f32>(table + <u32>load<u8>(values + k) * FLOAT_BYTES), sizeof<u32>());
  }
  return count;
}

/**
 * Packs `count` rows of bytes [columns]: `masks` [count][words of 4 bytes], `offsets` u32 [count + 1] and `values` [count · columns
 * at most] are overwritten.
 */
export function packBytes(masks: usize, offsets: usize, values: usize, rows: usize, columns: u32, count: u32): void {
  let next = values;
  store<u32>(offsets, 0);
  for (let row: u32 = 0; row < count; row++, rows += columns) {
    for (let first: u32 = 0; first < columns; first += 32, masks += sizeof<u32>()) {
      const bits = nonZeroBits(rows + first, min(32, columns - first));
      store<u32>(masks, bits);
      for (let rest = bits; rest; rest &= rest - 1) store<u8>(next++, load<u8>(rows + first + ctz<u32>(rest)));
    }
    offsets += sizeof<u32>();
    store<u32>(offsets, <u32>(next - values));
  }
}

/** A bit for each of up to 32 bytes: whether it is not zero. */
function nonZeroBits(bytes: usize, count: u32): u32 {
  if (ASC_FEATURE_SIMD && count == 32) {
    const low = i8x16.bitmask(i8x16.eq(v128.load(bytes), i8x16.splat(0)));
    const high = i8x16.bitmask(i8x16.eq(v128.load(bytes, 16), i8x16.splat(0)));
    return ~(low | (high << 16));
  }
  let bits: u32 = 0;
  for (let i: u32 = 0; i < count; i++) bits |= u32(load<u8>(bytes + i) != 0) << i;
  return bits;
}

/** `x` [columns] is overwritten with the value, by `table` [256], of each byte of `row` [columns]. */
export function widenBytes(x: usize, row: usize, table: usize, columns: u32): void {
  for (let i: u32 = 0; i < columns; i++) {
    store<f32>(x + i * FLOAT_BYTES, load<f32>(table + load<u8>(row + i) * FLOAT_BYTES));
  }
}

/** `indices` [columns] is overwritten with those of the bytes that are not zero. Returns their number. */
function listNonZero(indices: usize, row: usize, columns: u32): u32 {
  let next = indices;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 16 <= columns; i += 16) {
      let nonZero = ~i8x16.bitmask(i8x16.eq(v128.load(row + i), i8x16.splat(0))) & 0xffff;
      for (let k = i; nonZero; k += 4, nonZero >>= 4) next = listFour(next, k, nonZero & 15);
    }
  }
  for (; i < columns; i++) {
    store<u32>(next, i);
    next += load<u8>(row + i) ? 4 : 0;
  }
  return <u32>(next - indices) >> 2;
}

/** The same of floats. */
function listNonZeroFloats(indices: usize, row: usize, columns: u32): u32 {
  let next = indices;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 4 <= columns; i += 4) {
      next = listFour(next, i, i32x4.bitmask(f32x4.ne(v128.load(row + i * FLOAT_BYTES), f32x4.splat(0))));
    }
  }
  for (; i < columns; i++) {
    store<u32>(next, i);
    next += load<f32>(row + i * FLOAT_BYTES) != 0 ? 4 : 0;
  }
  return <u32>(next - indices) >> 2;
}

/** The same of the bits that are set in `mask`, in whole words. */
function listSetBits(indices: usize, mask: usize, columns: u32): u32 {
  let next = indices;
  for (let first: u32 = 0; first < columns; first += 32, mask += sizeof<u32>()) {
    let bits = load<u32>(mask);
    if (ASC_FEATURE_SIMD && first + 32 <= columns) {
      for (let k = first; bits; k += 4, bits >>= 4) next = listFour(next, k, bits & 15);
    } else {
      for (; bits; bits &= bits - 1, next += sizeof<u32>()) store<u32>(next, first + ctz<u32>(bits));
    }
  }
  return <u32>(next - indices) >> 2;
}

/** Four at a time, without a branch: which of them are zero is past guessing. Returns where the next index goes. */
function listFour(next: usize, first: u32, four: u32): usize {
  v128.store(next, i32x4.add(i32x4.splat(first), v128.load(PLACES + (four << 4))));
  return next + (popcnt<u32>(four) << 2);
}

/** For each set of four bits the places of those that are set, in order; what follows them is overwritten or not used. */
const PLACES: usize = memory.data<u32>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 1, 2, 0, 0, 0, 1, 2, 0, 3, 0, 0, 0, 0, 3, 0,
  0, 1, 3, 0, 0, 0, 1, 3, 0, 2, 3, 0, 0, 0, 2, 3, 0, 1, 2, 3, 0, 0, 1, 2, 3,
]);
