/** Random changes of bytes, reproducible by a seed. */

/** Returns a random whole number from 0 to `below` - 1. */
export type Random = (below: number) => number;

/** Mulberry32 (T. Ettinger, 2017). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Sizes and counts at which parsers fail: limits of types, and numbers of which small products are large. */
const NUMBERS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff];
const TEXTS = ['', '0', '-1', '1e999', '1e-50', '9007199254740993', 'null', '[]', '{}', '"', ',', '\n', '__proto__'];

type Change = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const CHANGES: readonly Change[] = [
  (bytes, random) =>
    replace(
      bytes,
      random(bytes.length),
      1,
      [1 << random(8)].map((bit) => bit ^ random(256)),
    ),
  (bytes, random) => replace(bytes, random(bytes.length), 1, [NUMBERS[random(6)] ?? 0]),
  (bytes, random) => replace(bytes, random(bytes.length + 1), 0, [random(256)]),
  (bytes, random) => replace(bytes, random(bytes.length), 1 + random(16), []),
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => replace(bytes, random(bytes.length), random(8), utf8(TEXTS[random(TEXTS.length)] ?? '')),
  // A number of four bytes, in either order.
  (bytes, random) => {
    const number = new DataView(new ArrayBuffer(4));
    number.setUint32(0, NUMBERS[random(NUMBERS.length)] ?? 0, random(2) === 0);
    return replace(bytes, random(bytes.length), 4, new Uint8Array(number.buffer));
  },
  // A number in decimal digits.
  (bytes, random) => {
    const digits = [...bytes.keys()].filter((at) => isDigit(bytes[at]) && !isDigit(bytes[at - 1]));
    const at = digits[random(digits.length)];
    if (at === undefined) return bytes;
    let end = at;
    while (isDigit(bytes[end])) end++;
    return replace(bytes, at, end - at, utf8(String((NUMBERS[random(NUMBERS.length)] ?? 0) + random(3) - 1)));
  },
  // A part repeated some times.
  (bytes, random) => {
    const at = random(bytes.length);
    const part = bytes.subarray(at, at + 1 + random(64));
    return replace(bytes, at, 0, join(Array<Uint8Array>(1 + random(20)).fill(part)));
  },
  // A part of another file.
  (bytes, random, other) => {
    const from = random(other.length);
    return replace(bytes, random(bytes.length), random(64), other.subarray(from, from + random(64)));
  },
];

/** Changes a copy of `bytes` once to six times, mostly once. `other` gives parts. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array<ArrayBuffer> {
  let changed = bytes;
  for (let count = 1 + random(1 + random(6)); count > 0; count--) {
    const change = CHANGES[random(CHANGES.length)];
    if (change !== undefined) changed = change(changed, random, other);
  }
  return Uint8Array.from(changed);
}

function replace(bytes: Uint8Array, at: number, length: number, by: ArrayLike<number>): Uint8Array {
  return join([bytes.subarray(0, at), Uint8Array.from(by), bytes.subarray(at + length)]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
