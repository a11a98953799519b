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
      if (!v128.any_true(v128.load(row + i))) continue;
      for (let k = i; k < i + 16; k++) entry = appendByte(entry, row, table, k);
    }
  }
  for (; i < columns; i++) entry = appendByte(entry, row, table, i);
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

/**
 * Writes the byte's entry in any case, and keeps it where the byte is not zero: which bytes are is past guessing, and a
 * mistaken branch would cost more than the writing.
 */
function appendByte(entry: usize, row: usize, table: usize, index: u32): usize {
  const byte = load<u8>(row + index);
  store<u32>(entry, index);
  store<f32>(entry, load<f32>(table + <u32>byte * FLOAT_BYTES), sizeof<u32>());
  return entry + (byte ? sizeof<Sparse>() : 0);
}
