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
 * Lists the non-zero bytes of a row. `entries` [columns at most] is overwritten; `row` [columns] is read; `table` [256] holds
 * the value of each byte. Returns the number of entries.
 */
export function gatherBytes(entries: usize, row: usize, table: usize, columns: u32): u32 {
  let entry = entries;
  let i: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    for (; i + 16 <= columns; i += 16) {
      const zero = i8x16.eq(v128.load(row + i), i8x16.splat(0));
      let nonZero = ~i8x16.bitmask(zero) & 0xffff;
      while (nonZero) {
        entry = storeByte(entry, row, table, i + <u32>ctz(nonZero));
        nonZero &= nonZero - 1;
      }
    }
  }
  for (; i < columns; i++) {
    if (load<u8>(row + i)) entry = storeByte(entry, row, table, i);
  }
  return <u32>((entry - entries) / sizeof<Sparse>());
}

/** Lists the non-zero floats of a row: `entries` [columns at most] is overwritten, `row` [columns] is read. Returns their number. */
export function gatherFloats(entries: usize, row: usize, columns: u32): u32 {
  let entry = entries;
  for (let i: u32 = 0; i < columns; i++) {
    const value = load<f32>(row + i * FLOAT_BYTES);
    if (value != 0) {
      store<u32>(entry, i);
      store<f32>(entry, value, sizeof<u32>());
      entry += sizeof<Sparse>();
    }
  }
  return <u32>((entry - entries) / sizeof<Sparse>());
}

/** `x` [columns] is overwritten with the value, by `table` [256], of each byte of `row` [columns]. */
export function widenBytes(x: usize, row: usize, table: usize, columns: u32): void {
  for (let i: u32 = 0; i < columns; i++) {
    store<f32>(x + i * FLOAT_BYTES, load<f32>(table + load<u8>(row + i) * FLOAT_BYTES));
  }
}

function storeByte(entry: usize, row: usize, table: usize, index: u32): usize {
  store<u32>(entry, index);
  store<f32>(entry, load<f32>(table + load<u8>(row + index) * FLOAT_BYTES), sizeof<u32>());
  return entry + sizeof<Sparse>();
}
