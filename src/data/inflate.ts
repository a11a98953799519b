/**
 * zlib data of a known size (RFC 1950 and 1951). Tables have one entry per symbol. Tables of 2^15 entries, as fast
 * libraries have them, would take 50 µs for a block of 14 bytes: half a minute for 8 MB of such blocks.
 */
import { formatNumber } from '../core/errors.ts';

/** Inflates `data` into `out`, which the data must fill exactly. Bytes after the last block are ignored. Throws Error. */
export function inflate(data: Uint8Array, out: Uint8Array): void {
  const [method = 0, flags = 0] = data;
  // Deflate with a window of at most 32 KB, and without a preset dictionary.
  if ((method & 0xf) !== 8 || method >> 4 > 7 || (256 * method + flags) % 31 !== 0 || (flags & 0x20) !== 0) {
    throw badData('another header');
  }
  new Inflation(data, out).run();
}

const MAX_CODE_BITS = 15;
const END_OF_BLOCK = 256;
/** Order of the lengths of the code for code lengths (RFC 1951, section 3.2.7). */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Extra bits of the length symbols from 257, and of the distance symbols (RFC 1951, section 3.2.5). */
const LENGTH_BITS = Array.from({ length: 29 }, (_, i) => (i === 28 ? 0 : Math.max(0, (i >> 2) - 1)));
const DISTANCE_BITS = Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
const LENGTHS = firstValues(3, LENGTH_BITS).with(28, 258);
const DISTANCES = firstValues(1, DISTANCE_BITS);

/** The first value of each symbol. */
function firstValues(first: number, bits: readonly number[]): number[] {
  return bits.map((_, i) => bits.slice(0, i).reduce((sum, extra) => sum + 2 ** extra, first));
}

/** Encoders use about 100 bytes for the codes of a block, and start a block when codes for thousands of bytes pay. */
const MIN_BLOCK_BYTES = 64;
/** Blocks that may be smaller. */
const SMALL_BLOCKS = 1000;

/** A canonical Huffman code. */
interface Code {
  /** Number of codes of each length in bits. */
  readonly counts: Uint16Array;
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

/** Builds a code from the length of each symbol in bits. Throws Error for lengths that do not form a prefix code. */
function buildCode(lengths: Uint8Array): Code {
  const counts = new Uint16Array(MAX_CODE_BITS + 1);
  // Loops by index: this is most of the work for small blocks.
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] ?? 0;
    counts[length] = (counts[length] ?? 0) + 1;
  }
  const used = lengths.length - (counts[0] ?? 0);
  counts[0] = 0;
  /** Place of the next symbol of each length. */
  const places = new Uint16Array(MAX_CODE_BITS + 2);
  let free = 1;
  for (let length = 1; length <= MAX_CODE_BITS; length++) {
    const count = counts[length] ?? 0;
    free = 2 * free - count;
    if (free < 0) throw badData('too many codes');
    places[length + 1] = (places[length] ?? 0) + count;
  }
  // A code with one symbol, or without any, may be incomplete.
  if (free > 0 && counts[1] !== used) throw badData('too few codes');
  const symbols = new Uint16Array(used);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] ?? 0;
    if (length === 0) continue;
    const place = places[length] ?? 0;
    symbols[place] = symbol;
    places[length] = place + 1;
  }
  return { counts, symbols };
}

const FIXED_LENGTHS = Uint8Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
const FIXED = { literals: buildCode(FIXED_LENGTHS), distances: buildCode(new Uint8Array(32).fill(5)) };

function badData(got: string): Error {
  return new Error(`expected zlib data, got ${got}`);
}

function badSize(expected: string, got: string): Error {
  return new Error(`expected ${expected} bytes of pixels, got ${got}`);
}

class Inflation {
  readonly #data: Uint8Array;
  readonly #out: Uint8Array;
  /** Next byte of the data, after the header. */
  #at = 2;
  /** Next byte of the output. */
  #end = 0;
  /** Bits that have been read ahead, the next one lowest, and their number. */
  #ahead = 0;
  #count = 0;
  /** Blocks with their own codes. */
  #blocks = 0;

  constructor(data: Uint8Array, out: Uint8Array) {
    this.#data = data;
    this.#out = out;
  }

  run(): void {
    for (let last = 0; last === 0; ) {
      last = this.#bits(1);
      const type = this.#bits(2);
      if (type === 3) throw badData('a block of an unknown type');
      if (type === 0) this.#copyStored();
      else this.#decodeBlock(type === 1 ? FIXED : this.#readCodes());
    }
    if (this.#end < this.#out.length) throw badSize(formatNumber(this.#out.length), formatNumber(this.#end));
  }

  /** Reads ahead up to `count` bits, at most 16. */
  #need(count: number): void {
    while (this.#count < count) {
      const byte = this.#data[this.#at++];
      if (byte === undefined) throw badData('a truncated stream');
      this.#ahead |= byte << this.#count;
      this.#count += 8;
    }
  }

  #bits(count: number): number {
    this.#need(count);
    const value = this.#ahead & ((1 << count) - 1);
    this.#ahead >>>= count;
    this.#count -= count;
    return value;
  }

  /** The next symbol of a code. The checksum of 4 bytes follows the blocks, so that reading ahead finds enough bits. */
  #symbol({ counts, symbols }: Code): number {
    this.#need(MAX_CODE_BITS);
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_CODE_BITS; length++) {
      code |= (this.#ahead >>> (length - 1)) & 1;
      const count = counts[length] ?? 0;
      if (code - first < count) {
        this.#ahead >>>= length;
        this.#count -= length;
        return symbols[index + code - first] ?? 0;
      }
      index += count;
      first = 2 * (first + count);
      code *= 2;
    }
    throw badData('an unknown code');
  }

  #copyStored(): void {
    this.#at -= this.#count >> 3;
    this.#ahead = this.#count = 0;
    const length = this.#bits(16);
    if (this.#bits(16) !== (length ^ 0xffff)) throw badData('a damaged length');
    if (this.#at + length > this.#data.length) throw badData('a truncated stream');
    this.#reserve(length);
    this.#out.set(this.#data.subarray(this.#at, this.#at + length), this.#end);
    this.#at += length;
    this.#end += length;
  }

  /** The codes of a block with its own codes. */
  #readCodes(): typeof FIXED {
    if (++this.#blocks > SMALL_BLOCKS + this.#data.length / MIN_BLOCK_BYTES) throw badData('too many blocks');
    const literals = this.#bits(5) + 257;
    const distances = this.#bits(5) + 1;
    if (literals > 286 || distances > 30) throw badData('too many codes');
    const codeLengths = new Uint8Array(LENGTH_ORDER.length);
    for (const symbol of LENGTH_ORDER.slice(0, this.#bits(4) + 4)) codeLengths[symbol] = this.#bits(3);
    const code = buildCode(codeLengths);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length; ) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) throw badData('a repetition of nothing');
      const value = symbol === 16 ? (lengths[i - 1] ?? 0) : 0;
      const end = i + (symbol === 16 ? 3 + this.#bits(2) : symbol === 17 ? 3 + this.#bits(3) : 11 + this.#bits(7));
      if (end > lengths.length) throw badData('too many codes');
      lengths.fill(value, i, end);
      i = end;
    }
    return { literals: buildCode(lengths.subarray(0, literals)), distances: buildCode(lengths.subarray(literals)) };
  }

  #decodeBlock({ literals, distances }: typeof FIXED): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        this.#reserve(1);
        this.#out[this.#end++] = symbol;
      } else this.#repeat(this.#value(symbol - 257, LENGTHS, LENGTH_BITS), distances);
    }
  }

  #repeat(length: number, distances: Code): void {
    const distance = this.#value(this.#symbol(distances), DISTANCES, DISTANCE_BITS);
    if (distance > this.#end) throw badData('a repetition of nothing');
    this.#reserve(length);
    // Byte by byte: the bytes to repeat may include repeated ones.
    for (const end = this.#end + length; this.#end < end; this.#end++) {
      this.#out[this.#end] = this.#out[this.#end - distance] ?? 0;
    }
  }

  /** The value of a length or distance symbol with its extra bits. */
  #value(symbol: number, values: readonly number[], bits: readonly number[]): number {
    const first = values[symbol];
    if (first === undefined) throw badData('an unknown code');
    return first + this.#bits(bits[symbol] ?? 0);
  }

  #reserve(length: number): void {
    if (this.#end + length > this.#out.length) throw badSize(`at most ${formatNumber(this.#out.length)}`, 'more');
  }
}
