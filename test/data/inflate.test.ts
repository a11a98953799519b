/** Inflation of zlib data, compared with Node's zlib, and bounded in time. */
import { constants, deflateSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inflate } from '../../src/data/inflate.ts';
import { emptyBlocks } from '../support/deflate.ts';

const { Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;

const HEADER_BYTES = 2;

/** Bytes of a few values in runs, as images have, or of any value. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc
    .array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 400 })), { maxLength: 50 })
    .map((runs) => Uint8Array.from(runs.flatMap(([value, length]) => Array<number>(length).fill(value)))),
);
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

function inflateAll(data: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  inflate(data, out);
  return out;
}

describe('zlib data', () => {
  it('of every encoder setting gives the bytes of Node', () => {
    fc.assert(
      fc.property(content, options, (bytes, settings) => {
        expect(inflateAll(deflateSync(bytes, settings), bytes.length)).toEqual(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('with changed bytes is refused, or inflates as in Node', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(content, options, fc.array(change, { minLength: 1, maxLength: 3 }), (bytes, settings, changes) => {
        // Zeros behind the data: otherwise Node refuses a stream later than a decoder that reads ahead.
        const data = Buffer.concat([deflateSync(bytes, settings), new Uint8Array(16)]);
        for (const [at, value] of changes) data[HEADER_BYTES + (at % (data.length - HEADER_BYTES - 16))] = value;
        expect(attempt(() => inflateAll(data, bytes.length))).toEqual(attempt(() => inflateByNode(data, bytes.length)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['less data', 5, '5 bytes of pixels, got 4'],
    ['more data', 3, '3 bytes of pixels, got more'],
  ])('must have %s than the size', (_, length, message) => {
    const data = deflateSync(Uint8Array.of(1, 2, 3, 4), { strategy: Z_FIXED });
    expect(() => inflateAll(data, length)).toThrow(message);
  });

  it('may have 1,000 small blocks; more of them are refused, because each takes microseconds', () => {
    expect(() => inflateAll(emptyBlocks(904), 1)).toThrow('a truncated stream');
    expect(() => inflateAll(emptyBlocks(10_000), 1)).toThrow('too many blocks');
  });
});

function attempt(work: () => Uint8Array): Uint8Array | 'refused' {
  try {
    return Uint8Array.from(work());
  } catch {
    return 'refused';
  }
}

/** Without the header and the checksum, which is wrong for changed data. */
function inflateByNode(data: Uint8Array, length: number): Uint8Array {
  const bytes = inflateRawSync(data.subarray(HEADER_BYTES));
  if (bytes.length !== length) throw new Error('another size');
  return bytes;
}
