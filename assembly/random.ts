/**
 * Random numbers: xoshiro128++ 1.0 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021),
 * seeded by SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). A state is 16
 * bytes.
 */
import { log } from './exp';
import { FLOAT_BYTES } from './tile';

/** Bytes of a generator's state. */
export const RANDOM_STATE_BYTES: u32 = 16;

/**
 * Seeds the generator of one purpose. `state` [16 bytes] is overwritten. The same seed gives independent streams for
 * different (`stream`, `substream`): initialisation by layer, shuffling by epoch. A shuffle therefore needs no history,
 * and a run can be resumed at any epoch from its seed.
 */
export function seedRandom(state: usize, seed: u32, stream: u32, substream: u32): void {
  const key = splitMix64(((<u64>stream) << 32) | <u64>seed) + <u64>substream;
  store<u64>(state, splitMix64(key));
  store<u64>(state, splitMix64(key + SPLIT_MIX_STEP), 8);
}

/** The next 32 random bits; `state` advances. */
export function randomBits(state: usize): u32 {
  const s0 = load<u32>(state, 0);
  let s1 = load<u32>(state, 4);
  let s2 = load<u32>(state, 8);
  let s3 = load<u32>(state, 12);
  const result = rotl<u32>(s0 + s3, 7) + s0;
  const shifted = s1 << 9;
  s2 ^= s0;
  s3 ^= s1;
  store<u32>(state, s0 ^ s3, 0);
  s1 ^= s2;
  store<u32>(state, s1, 4);
  store<u32>(state, s2 ^ shifted, 8);
  store<u32>(state, rotl<u32>(s3, 11), 12);
  return result;
}

/** A number in [0, 1), a multiple of 2^-24. All such float32 are equally likely. */
export function randomUniform(state: usize): f32 {
  return <f32>(randomBits(state) >> 8) * <f32>5.9604644775390625e-8;
}

/**
 * An integer in [0, bound), all equally likely: Lemire, "Fast random integer generation in an interval" (2019),
 * algorithm 5.
 */
export function randomBelow(state: usize, bound: u32): u32 {
  let product = <u64>randomBits(state) * <u64>bound;
  if (<u32>product < bound) {
    const threshold: u32 = (0 - bound) % bound;
    while (<u32>product < threshold) product = <u64>randomBits(state) * <u64>bound;
  }
  return <u32>(product >> 32);
}

/** `values` [length] is overwritten with uniform numbers in [-limit, limit). */
export function fillUniform(values: usize, state: usize, limit: f32, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    store<f32>(values + i * FLOAT_BYTES, (<f32>2 * randomUniform(state) - 1) * limit);
  }
}

/**
 * `values` [length] is overwritten with normal numbers of mean 0: the polar method (Marsaglia and Bray, 1964), with one
 * number of each pair.
 */
export function fillNormal(values: usize, state: usize, standardDeviation: f32, length: u32): void {
  for (let i: u32 = 0; i < length; i++) {
    store<f32>(values + i * FLOAT_BYTES, randomNormal(state) * standardDeviation);
  }
}

/**
 * Glorot and Bengio (2010), equation 16: uniform within ±sqrt(6 / (inputs + outputs)). `weight` [outputs][inputs] is
 * overwritten.
 */
export function glorotUniform(weight: usize, state: usize, inputs: u32, outputs: u32): void {
  fillUniform(weight, state, sqrt<f32>(<f32>6 / <f32>(inputs + outputs)), inputs * outputs);
}

/**
 * He, Zhang, Ren and Sun (2015), equation 10: normal of variance 2 / inputs. `weight` [outputs][inputs] is overwritten.
 */
export function heNormal(weight: usize, state: usize, inputs: u32, outputs: u32): void {
  fillNormal(weight, state, sqrt<f32>(<f32>2 / <f32>inputs), inputs * outputs);
}

/** LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), equation 16: normal of variance 1 / inputs. */
export function lecunNormal(weight: usize, state: usize, inputs: u32, outputs: u32): void {
  fillNormal(weight, state, sqrt<f32>(<f32>1 / <f32>inputs), inputs * outputs);
}

/** `order` [length] is overwritten with a random permutation of 0 … length-1 (Fisher and Yates; Durstenfeld, 1964). */
export function shuffle(order: usize, state: usize, length: u32): void {
  for (let i: u32 = 0; i < length; i++) store<u32>(order + i * sizeof<u32>(), i);
  for (let i = length; i > 1; i--) {
    const last = order + (i - 1) * sizeof<u32>();
    const other = order + randomBelow(state, i) * sizeof<u32>();
    const value = load<u32>(last);
    store<u32>(last, load<u32>(other));
    store<u32>(other, value);
  }
}

function randomNormal(state: usize): f32 {
  let u: f32 = 0;
  let square: f32 = 0;
  do {
    u = <f32>2 * randomUniform(state) - 1;
    const v = <f32>2 * randomUniform(state) - 1;
    square = u * u + v * v;
  } while (square >= 1 || square == 0);
  return u * sqrt<f32>((<f32>-2 * log(square)) / square);
}

/** SplitMix64: the numbers of the stream of x are splitMix64(x + k · SPLIT_MIX_STEP), k = 0, 1, 2 … */
export const SPLIT_MIX_STEP: u64 = 0x9e3779b97f4a7c15;

export function splitMix64(x: u64): u64 {
  x += SPLIT_MIX_STEP;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
