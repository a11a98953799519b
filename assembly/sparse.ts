/**
 * Inputs, dense and sparse. A dense element is its value, 4 bytes. A sparse entry is the index (u32) of a non-zero
 * input and its value (f32), 8 bytes, in the order of the indices. 81 % of MNIST's pixels are zeros: a list of entries
 * is five times shorter than the row, and the work of the first layer shrinks in proportion.
 */
import { INPUT_BYTES, INPUT_FLOATS, INPUT_PACKED } from './records';
import { FLOAT_BYTES } from './tile';

/* The kind of an input is passed as a type of an element's size (see tile.ts on widths). */
export type Dense = f32;
export type Sparse = u64;

export const ENTRY_BYTES: u32 = sizeof<Sparse>();

/* The kind of a stored row, as a type (see tile.ts on widths): bytes, floats, packed bytes. */
type StoredBytes = u8;
type StoredFloats = f32;
type StoredPacked = u64;

export function entryIndex(entry: usize): u32 {
  return load<u32>(entry);
}

/** Value of an element of an input of kind X. */
export function entryValue<X>(x: usize): f32 {
  return load<f32>(x, sizeof<X>() - sizeof<f32>());
}

/** Bytes of the mask of a packed row: one bit for each column, in words of 32 bits. */
export function maskBytes(columns: u32): u32 {
  return ((columns + 31) >> 5) * <u32>sizeof<u32>();
}

/** Bytes of a stored row; for a packed row, of its mask. */
export function storedBytes(kind: u32, columns: u32): u32 {
  if (kind == INPUT_PACKED) return maskBytes(columns);
  return kind == INPUT_FLOATS ? columns * FLOAT_BYTES : columns;
}

/**
 * Lists the non-zero elements of a stored row. `entries` [columns, the unused part is scratch] is overwritten. `row`
 * [columns] holds bytes or floats, or for a packed row its mask; `values` are the bytes of a packed row; `table` f32
 * [256] is the value of each byte. Returns the number of entries.
 */
export function gather(entries: usize, kind: u32, row: usize, values: usize, table: usize, columns: u32): u32 {
  if (kind == INPUT_BYTES) return gatherKind<StoredBytes>(entries, row, row, table, columns);
  if (kind == INPUT_FLOATS) return gatherKind<StoredFloats>(entries, row, row, table, columns);
  return gatherKind<StoredPacked>(entries, row, values, table, columns);
}

function gatherKind<Kind>(entries: usize, row: usize, values: usize, table: usize, columns: u32): u32 {
  // The indices go to the upper half first. Entries grow twice as fast, but do not reach an index before it is read.
  const indices = entries + columns * <u32>sizeof<u32>();
  const count = listIndices<Kind>(indices, row, columns);
  for (let k: u32 = 0; k < count; k++) {
    const index = load<u32>(indices + k * <u32>sizeof<u32>());
    const entry = entries + k * ENTRY_BYTES;
    store<u32>(entry, index);
    let value: f32;
    if (sizeof<Kind>() == 4) value = load<f32>(values + index * FLOAT_BYTES);
    else value = load<f32>(table + <u32>load<u8>(values + (sizeof<Kind>() == 1 ? index : k)) * FLOAT_BYTES);
    store<f32>(entry, value, sizeof<u32>());
  }
  return count;
}

/** `indices` [columns] is overwritten with the columns that are not zero. Returns their number. */
function listIndices<Kind>(indices: usize, row: usize, columns: u32): u32 {
  let next = indices;
  for (let first: u32 = 0; first < columns; first += 16) {
    let bits = nonZeroBits<Kind>(row, first, columns);
    if (first + 16 <= columns) {
      for (let k = first; bits; k += 4, bits >>= 4) next = listFour(next, k, bits & 15);
    } else {
      // The list of a whole group of four could reach past the end.
      for (; bits; bits &= bits - 1, next += sizeof<u32>()) store<u32>(next, first + ctz<u32>(bits));
    }
  }
  return <u32>(next - indices) >> 2;
}

/** One bit for each of up to 16 columns from `first` on: whether it is not zero. */
function nonZeroBits<Kind>(row: usize, first: u32, columns: u32): u32 {
  if (sizeof<Kind>() == 8) return load<u16>(row + (first >> 3));
  let bits: u32 = 0;
  if (first + 16 > columns) {
    for (let i = first; i < columns; i++) {
      const nonZero = sizeof<Kind>() == 1 ? load<u8>(row + i) != 0 : load<f32>(row + i * FLOAT_BYTES) != 0;
      bits |= u32(nonZero) << (i - first);
    }
  } else if (sizeof<Kind>() == 1) {
    bits = i8x16.bitmask(i8x16.ne(v128.load(row + first), i8x16.splat(0)));
  } else {
    for (let i: u32 = 0; i < 16; i += 4) {
      const values = v128.load(row + (first + i) * FLOAT_BYTES);
      bits |= (<u32>i32x4.bitmask(f32x4.ne(values, f32x4.splat(0)))) << i;
    }
  }
  return bits;
}

/**
 * Lists the columns of a group of four that are not zero, without a branch, which would be mispredicted too often.
 * Returns the address of the next index.
 */
function listFour(next: usize, first: u32, four: u32): usize {
  v128.store(next, i32x4.add(i32x4.splat(first), v128.load(PLACES + (four << 4))));
  return next + (popcnt<u32>(four) << 2);
}

/**
 * For each combination of four bits the places of the bits that are set, in order. The rest of each row is not used.
 */
const PLACES: usize = memory.data<u32>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 1, 2, 0, 0, 0, 1, 2, 0, 3, 0, 0, 0, 0, 3, 0,
  0, 1, 3, 0, 0, 0, 1, 3, 0, 2, 3, 0, 0, 0, 2, 3, 0, 1, 2, 3, 0, 0, 1, 2, 3,
]);

/**
 * Packs `count` rows of bytes [columns]: writes `masks` [count][maskBytes], zeros before, and appends to `offsets` u32
 * [count + 1], whose first element is read, and to the bytes at `values` + offset.
 */
export function packBytes(masks: usize, offsets: usize, values: usize, rows: usize, columns: u32, count: u32): void {
  let next = values + load<u32>(offsets);
  for (let row: u32 = 0; row < count; row++, rows += columns) {
    for (let first: u32 = 0; first < columns; first += 16) {
      let bits = nonZeroBits<StoredBytes>(rows, first, columns);
      store<u16>(masks + (first >> 3), bits);
      for (; bits; bits &= bits - 1) store<u8>(next++, load<u8>(rows + first + ctz<u32>(bits)));
    }
    masks += maskBytes(columns);
    offsets += sizeof<u32>();
    store<u32>(offsets, <u32>(next - values));
  }
}

/** Number of bytes that are not zero. */
export function countNonZero(bytes: usize, length: u32): u32 {
  let zeros: u32 = 0;
  const end = bytes + length;
  for (; bytes + 16 <= end; bytes += 16) {
    zeros += popcnt<u32>(i8x16.bitmask(i8x16.eq(v128.load(bytes), i8x16.splat(0))));
  }
  for (; bytes < end; bytes++) zeros += u32(load<u8>(bytes) == 0);
  return length - zeros;
}

/** `x` [columns] is overwritten with the value, by `table` f32 [256], of each byte of `row` [columns]. */
export function widenBytes(x: usize, row: usize, table: usize, columns: u32): void {
  for (let i: u32 = 0; i < columns; i++) {
    store<f32>(x + i * FLOAT_BYTES, load<f32>(table + load<u8>(row + i) * FLOAT_BYTES));
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
export function findEntry(lists: usize, counts: usize, row: u32, index: u32, inputs: u32): usize {
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
