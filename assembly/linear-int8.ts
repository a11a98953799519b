/**
 * The linear layer of int8 weights, for prediction alone: y_o = b_o + s_o Σ_i x_i q[i][o], symmetric, with a scale s_o for each
 * output (Nagel et al., "A White Paper on Neural Network Quantization", 2021, per-channel weights). Inputs become whole numbers
 * too, by a scale of the sample's own, in as many levels as leave room in an int32 for the sum: two thousand times finer than
 * the weights, and never short of 8 bits. The sums are exact, so no order and no build changes a bit of them.
 *
 * `weight` lies in tiles of the same widths as float32's (tile.ts), two inputs side by side as the multiplication takes them:
 * `W[tile][⌈inputs / 2⌉][width][2]`. An input is a list of pairs, 8 bytes each: the number of the pair (u32) and its two values
 * (i16 each); of a sparse input without the pairs of zeros.
 */
import { Dense, entryIndex, entryValue, Sparse } from './sparse';
import { FLOAT_BYTES, paddedColumns, tileColumns, Vectors1, Vectors4, Vectors8 } from './tile';

const PAIR_BYTES: u32 = 8;
/** Added to a float32 below 2^22 it leaves the nearest whole number in the low bits, the even one of two. */
const ROUNDER: f32 = 12582912;
/** The greatest of a weight, and of an input: below, -128 and -32768 would make a sum of two products overflow. */
const GREATEST_WEIGHT: u32 = 127;
const GREATEST_INPUT: u32 = 32767;
/** A sample whose inputs are all smaller counts as zeros: its scale would overflow. */
const LEAST_INPUT: f32 = 1e-30;

/** Levels of an input on each side of zero, so that no sum of `inputs` products leaves an int32. */
export function inputLevels(inputs: u32): u32 {
  return min(GREATEST_INPUT, 0x7fffffff / (GREATEST_WEIGHT * inputs));
}

/** Bytes of `weight` in tiles. */
export function int8Bytes(inputs: u32, outputs: u32): u32 {
  return ((inputs + 1) & ~1) * paddedColumns(outputs);
}

/** Copies a row-major matrix i8 [outputs][inputs] into `tiles` [int8Bytes], which must be zeros: the padding stays so. */
export function packInt8(tiles: usize, weight: usize, inputs: u32, outputs: u32): void {
  for (let o: u32 = 0; o < outputs; o++) {
    const stride = 2 * tileColumns(o & ~31, outputs);
    let target = columnAddress(tiles, o, inputs);
    // Two at a time, as they lie: a service that starts runs this before the engine has optimised anything.
    for (const end = weight + (inputs & ~1); weight < end; weight += 2, target += stride) {
      store<u16>(target, load<u16>(weight));
    }
    if (inputs & 1) store<u8>(target, load<u8>(weight++));
  }
}

/** The inverse of `packInt8`. */
export function unpackInt8(weight: usize, tiles: usize, inputs: u32, outputs: u32): void {
  for (let o: u32 = 0; o < outputs; o++) {
    const stride = 2 * tileColumns(o & ~31, outputs);
    let source = columnAddress(tiles, o, inputs);
    for (const end = weight + (inputs & ~1); weight < end; weight += 2, source += stride) {
      store<u16>(weight, load<u16>(source));
    }
    if (inputs & 1) store<u8>(weight++, load<u8>(source));
  }
}

/** Where the first pair of output `o` lies. */
function columnAddress(tiles: usize, o: u32, inputs: u32): usize {
  const first = o & ~31;
  return tiles + first * ((inputs + 1) & ~1) + 2 * (o - first);
}

/**
 * `y` [padded] is overwritten, its padding with zeros; the input is `entries` [count], sparse; `weight`, `scales` and `bias`
 * [padded] are read; `pairs` [⌈inputs / 2⌉ · 8 bytes] is scratch.
 */
export function linearForwardInt8Sparse(
  y: usize,
  entries: usize,
  count: u32,
  weight: usize,
  scales: usize,
  bias: usize,
  pairs: usize,
  inputs: u32,
  outputs: u32,
): void {
  const end = entries + count * <u32>sizeof<Sparse>();
  const greatest = maxMagnitude<Sparse>(entries, count);
  const levels = <f32>inputLevels(inputs);
  const factor = levels / greatest;
  let next = pairs;
  for (let x = entries; x < end; ) {
    const pair = entryIndex(x) >> 1;
    let values: u32 = 0;
    // Two entries at most are of one pair.
    do {
      values |= wholeNumber(entryValue<Sparse>(x), factor) << ((entryIndex(x) & 1) << 4);
      x += sizeof<Sparse>();
    } while (x < end && entryIndex(x) >> 1 == pair);
    store<u32>(next, pair);
    store<u32>(next, values, 4);
    next += PAIR_BYTES;
  }
  forward(y, pairs, next, weight, scales, bias, greatest / levels, inputs, outputs);
}

/** `linearForwardInt8Sparse` of a dense input: `x` [inputs]. */
export function linearForwardInt8(
  y: usize,
  x: usize,
  weight: usize,
  scales: usize,
  bias: usize,
  pairs: usize,
  inputs: u32,
  outputs: u32,
): void {
  const end = x + inputs * FLOAT_BYTES;
  const greatest = maxMagnitude<Dense>(x, inputs);
  const levels = <f32>inputLevels(inputs);
  const factor = levels / greatest;
  let next = pairs;
  let pair: u32 = 0;
  if (ASC_FEATURE_SIMD) {
    const factors = f32x4.splat(factor);
    for (; x + 32 <= end; x += 32, pair += 4, next += 4 * PAIR_BYTES) {
      const values = i16x8.narrow_i32x4_s(wholeNumbers(v128.load(x), factors), wholeNumbers(v128.load(x, 16), factors));
      const numbers = i32x4.add(i32x4.splat(pair), i32x4(0, 1, 2, 3));
      v128.store(next, v128.shuffle<i32>(numbers, values, 0, 4, 1, 5));
      v128.store(next, v128.shuffle<i32>(numbers, values, 2, 6, 3, 7), 16);
    }
  }
  for (; x < end; pair++, x += 2 * FLOAT_BYTES, next += PAIR_BYTES) {
    let values = wholeNumber(load<f32>(x), factor);
    if (x + FLOAT_BYTES < end) values |= wholeNumber(load<f32>(x, FLOAT_BYTES), factor) << 16;
    store<u32>(next, pair);
    store<u32>(next, values, 4);
  }
  forward(y, pairs, next, weight, scales, bias, greatest / levels, inputs, outputs);
}

/**
 * The greatest of the values without their signs, and no less than LEAST_INPUT: as bits, floats of one sign are in the order of whole
 * numbers. NaN where one is infinite: as a scale it makes all outputs NaN, whatever bits whole numbers of it have in a build.
 */
function maxMagnitude<X>(x: usize, count: u32): f32 {
  const end = x + count * <u32>sizeof<X>();
  let greatest = reinterpret<u32>(LEAST_INPUT);
  if (ASC_FEATURE_SIMD) {
    const values = sizeof<X>() == sizeof<Sparse>() ? i32x4(0, 0x7fffffff, 0, 0x7fffffff) : i32x4.splat(0x7fffffff);
    let lanes = i32x4.splat(greatest);
    for (; x + 16 <= end; x += 16) lanes = i32x4.max_u(lanes, v128.and(v128.load(x), values));
    lanes = i32x4.max_u(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1));
    greatest = max(<u32>i32x4.extract_lane(lanes, 0), <u32>i32x4.extract_lane(lanes, 1));
  }
  for (; x < end; x += sizeof<X>()) greatest = max(greatest, reinterpret<u32>(entryValue<X>(x)) & 0x7fffffff);
  const value = reinterpret<f32>(greatest);
  return value + (value - value);
}

/** In 16 bits. */
function wholeNumber(value: f32, factor: f32): u32 {
  return reinterpret<u32>(value * factor + ROUNDER) & 0xffff;
}

/** The same of four, in 32 bits each. */
function wholeNumbers(values: v128, factors: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(values, factors), f32x4.splat(ROUNDER));
  return i32x4.sub(rounded, i32x4.splat(reinterpret<i32>(ROUNDER)));
}

function forward(
  y: usize,
  pairs: usize,
  end: usize,
  weight: usize,
  scales: usize,
  bias: usize,
  inputScale: f32,
  inputs: u32,
  outputs: u32,
): void {
  const padded = paddedColumns(outputs);
  for (let column: u32 = 0; column < padded; ) {
    const width = tileColumns(column, outputs);
    const offset = column * FLOAT_BYTES;
    const tile = weight + column * ((inputs + 1) & ~1);
    if (width == 32) tileForward<Vectors8>(y + offset, pairs, end, tile);
    else if (width == 16) tileForward<Vectors4>(y + offset, pairs, end, tile);
    else tileForward<Vectors1>(y + offset, pairs, end, tile);
    column += width;
  }
  const last = y + padded * FLOAT_BYTES;
  if (ASC_FEATURE_SIMD) {
    const factors = f32x4.splat(inputScale);
    for (; y < last; y += 16, scales += 16, bias += 16) {
      const sums = f32x4.convert_i32x4_s(v128.load(y));
      v128.store(y, f32x4.add(f32x4.mul(sums, f32x4.mul(v128.load(scales), factors)), v128.load(bias)));
    }
    return;
  }
  for (; y < last; y += FLOAT_BYTES, scales += FLOAT_BYTES, bias += FLOAT_BYTES) {
    store<f32>(y, <f32>load<i32>(y) * (load<f32>(scales) * inputScale) + load<f32>(bias));
  }
}

/** One tile of sums, i32 [4 · V], into `y`: the pairs from `pairs` to `end`, `tile` [⌈inputs / 2⌉][4 · V][2]. */
function tileForward<V>(y: usize, pairs: usize, end: usize, tile: usize): void {
  if (!ASC_FEATURE_SIMD) {
    memory.fill(y, 0, 16 * sizeof<V>());
    for (; pairs < end; pairs += PAIR_BYTES) {
      const row = tile + load<u32>(pairs) * 8 * <u32>sizeof<V>();
      for (let column: u32 = 0; column < 4 * <u32>sizeof<V>(); column++) {
        const sum = y + column * FLOAT_BYTES;
        const weights = row + 2 * column;
        const both = <i32>load<i16>(pairs, 4) * load<i8>(weights) + <i32>load<i16>(pairs, 6) * load<i8>(weights, 1);
        store<i32>(sum, load<i32>(sum) + both);
      }
    }
    return;
  }
  let y0 = i32x4.splat(0);
  let y1 = y0;
  let y2 = y0;
  let y3 = y0;
  let y4 = y0;
  let y5 = y0;
  let y6 = y0;
  let y7 = y0;
  for (; pairs < end; pairs += PAIR_BYTES) {
    const values = v128.load32_splat(pairs, 4);
    const row = tile + load<u32>(pairs) * 8 * <u32>sizeof<V>();
    y0 = i32x4.add(y0, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row)));
    if (sizeof<V>() > 2) {
      y1 = i32x4.add(y1, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 8)));
      y2 = i32x4.add(y2, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 16)));
      y3 = i32x4.add(y3, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 24)));
    }
    if (sizeof<V>() > 4) {
      y4 = i32x4.add(y4, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 32)));
      y5 = i32x4.add(y5, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 40)));
      y6 = i32x4.add(y6, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 48)));
      y7 = i32x4.add(y7, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row, 56)));
    }
  }
  v128.store(y, y0);
  if (sizeof<V>() > 2) {
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
  if (sizeof<V>() > 4) {
    v128.store(y, y4, 64);
    v128.store(y, y5, 80);
    v128.store(y, y6, 96);
    v128.store(y, y7, 112);
  }
}
