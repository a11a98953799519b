/** PNG files that are broken, or cost much. */
import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/data/png.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

function header(width: number, height: number, { depth = 8, colour = 0 } = {}): Uint8Array {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes[8] = depth;
  bytes[9] = colour;
  return chunk('IHDR', bytes);
}

/** Rows of one byte for each pixel, without a filter. */
function pixels(...rows: number[][]): Uint8Array {
  return chunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row]))));
}

const decode = (...chunks: Uint8Array[]) => decodePng(Buffer.concat([SIGNATURE, ...chunks, chunk('IEND')]), 'x.png');
const colours = (...values: number[]) => chunk('PLTE', Uint8Array.from(values));
const PALETTE = header(2, 1, { colour: 3 });

describe('a PNG', () => {
  it('is decoded with and without a palette', () => {
    expect(decode(header(2, 1), pixels([0, 255])).pixels).toEqual(Uint8Array.of(0, 255));
    expect(decode(PALETTE, colours(255, 255, 255, 0, 0, 0), pixels([0, 1])).pixels).toEqual(Uint8Array.of(255, 0));
  });

  it.each<[string, Uint8Array[], string]>([
    ['a second, larger header', [header(2, 1), header(60_000, 60_000), pixels([0, 255])], 'one IHDR of 13 bytes'],
    ['a header of the same size', [header(2, 1), header(2, 1), pixels([0, 255])], 'one IHDR of 13 bytes'],
    ['an empty header', [chunk('IHDR'), pixels([0, 255])], 'one IHDR of 13 bytes'],
    ['a long header', [chunk('IHDR', new Uint8Array(14)), pixels([0, 255])], 'one IHDR of 13 bytes'],
    ['a header after the pixels', [pixels([0, 255]), header(2, 1)], 'one IHDR of 13 bytes'],
    ['20,000 chunks without pixels', [header(2, 1), ...Array(20_000).fill(chunk('IDAT'))], 'at most 10,000 chunks'],
    ['20,000 chunks of text', [header(2, 1), ...Array(20_000).fill(chunk('tEXt'))], 'at most 10,000 chunks'],
    ['no palette', [PALETTE, pixels([0, 1])], 'one palette of at most 256 colours'],
    ['a palette after the pixels', [PALETTE, pixels([0, 1]), colours(1, 2, 3)], 'one palette of at most 256 colours'],
    ['two palettes', [PALETTE, colours(1, 2, 3), colours(1, 2, 3), pixels([0, 0])], 'one palette of at most'],
    ['half a colour', [PALETTE, colours(1, 2, 3, 4), pixels([0, 0])], 'one palette of at most 256 colours'],
    ['a colour that the palette lacks', [PALETTE, colours(1, 2, 3), pixels([0, 1])], 'pixel 1 has a colour that'],
  ])('with %s is refused', (_, chunks, message) => {
    expect(() => decode(...chunks)).toThrow(message);
  });
});
