/**
 * The generator of assembly/random.ts in TypeScript, bit-identical, for draws outside the kernels: splits and generated
 * data. xoshiro128++ 1.0 (Blackman and Vigna, 2021), seeded by SplitMix64 (Steele, Lea and Flood, 2014).
 */

/** Separate streams of one seed: another split, for instance, does not change the initial weights. */
export const STREAMS = {
  initialisation: 1,
  shuffle: 2,
  split: 3,
  augmentation: 4,
  generation: 5,
  learning: 6,
  dropout: 7,
  importance: 8,
} as const;
/** A stream of a seed. */
export type Stream = keyof typeof STREAMS;

/**
 * Random numbers, the same in every runtime: xoshiro128++ 1.0 (Blackman and Vigna, 2021).
 *
 * @example
 * ```ts
 * import { Random } from 'edge-mlp';
 *
 * const random = new Random(1, 'generation');
 * console.log(random.bits() === new Random(1, 'generation').bits()); // true
 * ```
 */
export class Random {
  readonly #state: Uint32Array;

  /** Different pairs (stream, substream) of one seed are independent. `seed` and `substream` have 32 bits. */
  constructor(seed: number, stream: Stream, substream = 0) {
    this.#state = seedState(seed, STREAMS[stream], substream);
  }

  /** The next 32 random bits. */
  bits(): number {
    const state = this.#state;
    // Destructuring a typed array would create an iterator for every number.
    const [s0, s1, s2, s3] = [state[0] ?? 0, state[1] ?? 0, state[2] ?? 0, state[3] ?? 0];
    const t2 = s2 ^ s0;
    const t3 = s3 ^ s1;
    state[0] = s0 ^ t3;
    state[1] = s1 ^ t2;
    state[2] = t2 ^ (s1 << 9);
    state[3] = rotateLeft(t3, 11);
    return (rotateLeft((s0 + s3) | 0, 7) + s0) >>> 0;
  }

  /** A number in [0, 1), a multiple of 2^-24. */
  uniform(): number {
    return (this.bits() >>> 8) * 2 ** -24;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A uniform whole number in [0, bound): Lemire (2019), algorithm 5. */
  below(bound: number): number {
    const threshold = BigInt(2 ** 32 % bound);
    for (;;) {
      const product = BigInt(this.bits()) * BigInt(bound);
      if ((product & 0xffffffffn) >= threshold) return Number(product >> 32n);
    }
  }

  /** A random permutation of 0 … length-1 (Fisher and Yates; Durstenfeld, 1964). */
  permutation(length: number): Uint32Array {
    const order = Uint32Array.from({ length }, (_, i) => i);
    for (let i = length; i > 1; i--) {
      const other = this.below(i);
      const value = order[i - 1] ?? 0;
      order[i - 1] = order[other] ?? 0;
      order[other] = value;
    }
    return order;
  }
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function seedState(seed: number, stream: number, substream: number): Uint32Array {
  const key = BigInt.asUintN(64, splitMix64((BigInt(stream) << 32n) | BigInt(seed)) + BigInt(substream));
  const words = BigUint64Array.of(splitMix64(key), splitMix64(BigInt.asUintN(64, key + GOLDEN_GAMMA)));
  const state = new Uint32Array(4);
  words.forEach((word, i) => {
    state[2 * i] = Number(word & 0xffffffffn);
    state[2 * i + 1] = Number(word >> 32n);
  });
  return state;
}

const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

function splitMix64(x: bigint): bigint {
  let z = BigInt.asUintN(64, x + GOLDEN_GAMMA);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
