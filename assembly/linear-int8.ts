/**
 * The linear layer of int8 weights, for prediction only: y_o = b_o + s_o Σ_i x_i q[i][o], symmetric, with a scale s_o
 * per output (Nagel et al., "A White Paper on Neural Network Quantization", 2021, per-channel weights). Inputs become
 * integers as well, with a scale per sample, in as many levels as an int32 sum allows: up to 2,000 times finer than the
 * weights, and at least 8 bits. The sums are exact: neither order nor build changes a bit.
 *
 * `weight` has tiles of the same widths as float32 weights (tile.ts), with two inputs side by side, as the
 * multiplication takes them: `W[tile][⌈inputs / 2⌉][width][2]`. An input is a list of pairs, 8 bytes each: the number
 * of the pair (u32) and its two values (i16 each). The list of a sparse input omits pairs of zeros.
 */
import { Layer } from './records';
import { Dense, ENTRY_BYTES, entryIndex, entryValue, Sparse } from './sparse';
import { FLOAT_BYTES, forEachTile, PAIR_BYTES, storePair, storeRow, tileColumns, VECTOR_BYTES } from './tile';

/** Bytes of a pair of inputs. */
export const INPUT_PAIR_BYTES: u32 = 8;
/** Added to a float32 below 2^22, it leaves the nearest integer in the low bits, ties to even. */
const ROUNDER: f32 = 12582912;
/** Largest weight and largest input. With -128 and -32768 a sum of two products would overflow. */
const MAX_WEIGHT: u32 = 127;
const MAX_INPUT: u32 = 32767;
/** A sample with smaller inputs only counts as zeros: its scale would overflow. */
const MIN_INPUT: f32 = 1e-30;

/** Levels of an input on each side of zero: no sum of `inputs` products exceeds an int32. */
function inputLevels(inputs: u32): f32 {
  return <f32>min(MAX_INPUT, 0x7fffffff / (MAX_WEIGHT * inputs));
}

/**
 * Copies a row-major matrix i8 [outputs][inputs] into the layer's tiles, which must be zeros: the padding stays zero.
 */
export function packInt8(layer: Layer, matrix: usize): void {
  copyInt8(layer, matrix, true);
}

/** The inverse of `packInt8`. */
export function unpackInt8(layer: Layer, matrix: usize): void {
  copyInt8(layer, matrix, false);
}

function copyInt8(layer: Layer, matrix: usize, pack: bool): void {
  const inputs = layer.inputs;
  for (let o: u32 = 0; o < layer.outputs; o++) {
    const first = o & ~31;
    const stride = 2 * tileColumns(first, layer.outputs);
    let weight = layer.weight + first * layer.columnBytes() + 2 * (o - first);
    // Two at a time, as they are stored: this runs when a model is loaded, before the engine has optimised anything.
    for (const end = matrix + (inputs & ~1); matrix < end; matrix += 2, weight += stride) {
      if (pack) store<u16>(weight, load<u16>(matrix));
      else store<u16>(matrix, load<u16>(weight));
    }
    if (inputs & 1) {
      if (pack) store<u8>(weight, load<u8>(matrix));
      else store<u8>(matrix, load<u8>(weight));
      matrix++;
    }
  }
}

/**
 * `y` [padded] is overwritten, its padding with zeros. The input `x` has `count` elements of kind X. `pairs`
 * [⌈inputs / 2⌉ · 8 bytes] is scratch.
 */
export function linearForwardInt8<X>(layer: Layer, y: usize, x: usize, count: u32, pairs: usize): void {
  const largest = maxMagnitude<X>(x, count);
  const levels = inputLevels(layer.inputs);
  const factor = levels / largest;
  const end =
    sizeof<X>() == sizeof<Sparse>() ? pairEntries(pairs, x, count, factor) : pairValues(pairs, x, count, factor);
  const kernel = changetype<ForwardInt8>(layer);
  forEachTile(kernel, layer.weight, 0, 0, layer.padded, y, pairs, <u32>(end - pairs), 0, largest / levels, 0);
}

/** Lists the pairs of a sparse input. Returns the end of the list. */
function pairEntries(pairs: usize, x: usize, count: u32, factor: f32): usize {
  for (const end = x + count * ENTRY_BYTES; x < end; pairs += INPUT_PAIR_BYTES) {
    const pair = entryIndex(x) >> 1;
    let values: u32 = 0;
    // A pair has at most two entries.
    do {
      values |= roundInput(entryValue<Sparse>(x), factor) << ((entryIndex(x) & 1) << 4);
      x += ENTRY_BYTES;
    } while (x < end && entryIndex(x) >> 1 == pair);
    store<u32>(pairs, pair);
    store<u32>(pairs, values, 4);
  }
  return pairs;
}

/** Lists the pairs of a dense input. Returns the end of the list. */
function pairValues(pairs: usize, x: usize, count: u32, factor: f32): usize {
  const end = x + count * FLOAT_BYTES;
  const factors = f32x4.splat(factor);
  let pair: u32 = 0;
  for (; x + 32 <= end; x += 32, pair += 4, pairs += 4 * INPUT_PAIR_BYTES) {
    const values = i16x8.narrow_i32x4_s(roundInputs(v128.load(x), factors), roundInputs(v128.load(x, 16), factors));
    const numbers = i32x4.add(i32x4.splat(pair), i32x4(0, 1, 2, 3));
    v128.store(pairs, v128.shuffle<i32>(numbers, values, 0, 4, 1, 5));
    v128.store(pairs, v128.shuffle<i32>(numbers, values, 2, 6, 3, 7), 16);
  }
  for (; x < end; pair++, x += 2 * FLOAT_BYTES, pairs += INPUT_PAIR_BYTES) {
    let values = roundInput(load<f32>(x), factor);
    if (x + FLOAT_BYTES < end) values |= roundInput(load<f32>(x, FLOAT_BYTES), factor) << 16;
    store<u32>(pairs, pair);
    store<u32>(pairs, values, 4);
  }
  return pairs;
}

/**
 * Largest magnitude of the values, at least MIN_INPUT. The bits of floats without their sign are in the order of
 * integers. NaN if a value is infinite: as a scale it makes all outputs NaN, whatever integers the engine makes of the
 * inputs.
 */
function maxMagnitude<X>(x: usize, count: u32): f32 {
  const end = x + count * <u32>sizeof<X>();
  const values = sizeof<X>() == sizeof<Sparse>() ? i32x4(0, 0x7fffffff, 0, 0x7fffffff) : i32x4.splat(0x7fffffff);
  let lanes = i32x4.splat(reinterpret<u32>(MIN_INPUT));
  for (; x + 16 <= end; x += 16) lanes = i32x4.max_u(lanes, v128.and(v128.load(x), values));
  lanes = i32x4.max_u(lanes, v128.shuffle<i32>(lanes, lanes, 2, 3, 0, 1));
  let largest = max(<u32>i32x4.extract_lane(lanes, 0), <u32>i32x4.extract_lane(lanes, 1));
  for (; x < end; x += sizeof<X>()) largest = max(largest, reinterpret<u32>(entryValue<X>(x)) & 0x7fffffff);
  const value = reinterpret<f32>(largest);
  return value + (value - value);
}

/** An input as an integer of 16 bits. */
function roundInput(value: f32, factor: f32): u32 {
  return reinterpret<u32>(value * factor + ROUNDER) & 0xffff;
}

/** Four inputs as integers of 32 bits. */
function roundInputs(values: v128, factors: v128): v128 {
  const rounded = f32x4.add(f32x4.mul(values, factors), f32x4.splat(ROUNDER));
  return i32x4.sub(rounded, i32x4.splat(reinterpret<i32>(ROUNDER)));
}

@unmanaged
class ForwardInt8 extends Layer {
  tile<V>(
    tile: usize,
    offset: u32,
    y: usize,
    pairs: usize,
    bytes: u32,
    _stride: u32,
    inputScale: f32,
    _list: usize,
  ): void {
    let y0 = i32x4.splat(0);
    let y1 = y0;
    let y2 = y0;
    let y3 = y0;
    let y4 = y0;
    let y5 = y0;
    let y6 = y0;
    let y7 = y0;
    for (const end = pairs + bytes; pairs < end; pairs += INPUT_PAIR_BYTES) {
      const values = v128.load32_splat(pairs, 4);
      const row = tile + load<u32>(pairs) * 8 * <u32>sizeof<V>();
      y0 = i32x4.add(y0, i32x4.dot_i16x8_s(values, v128.load_ext<i8>(row)));
      if (sizeof<V>() > 1) {
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
    storeRow<V>(y, y0, y1, y2, y3, y4, y5, y6, y7);
    // From sums to outputs. The row and its scales and bias consist of whole pairs.
    const factors = f32x4.splat(inputScale);
    const end = offset + VECTOR_BYTES * <u32>sizeof<V>();
    for (; offset < end; offset += PAIR_BYTES, y += PAIR_BYTES) {
      const scales = this.scales + offset;
      const bias = this.bias + offset;
      storePair(y, scaleSums(y, scales, bias, factors), scaleSums(y + 16, scales + 16, bias + 16, factors));
    }
  }
}

function scaleSums(sums: usize, scales: usize, bias: usize, factors: v128): v128 {
  const values = f32x4.convert_i32x4_s(v128.load(sums));
  return f32x4.add(f32x4.mul(values, f32x4.mul(v128.load(scales), factors)), v128.load(bias));
}
