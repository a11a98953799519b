/** PNG files of every kind, and files that are broken or cost much. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { decode as decodeByLibrary } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/data/png.ts';
import {
  pngChunk as chunk,
  encodePng,
  pngHeader as header,
  PNG_KINDS,
  type PngImage,
  pngFile,
  pngImages,
} from '../support/png.ts';
import { AVAILABLE } from '../support/tools.ts';

/** Rows of one byte for each pixel, without a filter. */
function pixels(...rows: number[][]): Uint8Array {
  return chunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row]))));
}

const decode = (...chunks: Uint8Array[]) => decodePng(pngFile(...chunks), 'x.png');
const colours = (...values: number[]) => chunk('PLTE', Uint8Array.from(values));
const PALETTE = header(2, 1, { colour: 3 });

/** The opacity and the colours of a pixel, 0 to 1, by the samples. */
function colourAt(image: PngImage, at: number): { rgb: readonly number[]; alpha: number } {
  const { colour, depth, samples, palette, transparency } = image;
  const channels = PNG_KINDS.find((kind) => kind.colour === colour)?.channels ?? 1;
  const pixel = Array.from({ length: channels }, (_, c) => samples[at * channels + c] ?? 0);
  const [index = 0] = pixel;
  if (palette !== undefined) {
    return { rgb: [0, 1, 2].map((c) => palette[3 * index + c] ?? 0), alpha: (transparency?.[index] ?? 255) / 255 };
  }
  const most = 2 ** depth - 1;
  const key = pixel.flatMap((sample) => [sample >> 8, sample & 255]);
  const opaque = transparency?.join() === key.join() ? 0 : 1;
  return {
    rgb: colour === 0 || colour === 4 ? [index, index, index] : pixel.slice(0, 3),
    alpha: channels % 2 === 0 ? (pixel.at(-1) ?? 0) / most : opaque,
  };
}

/** Grey levels over white paper. */
function expectedPixels(image: PngImage): number[] {
  const most = image.colour === 3 ? 255 : 2 ** image.depth - 1;
  return Array.from({ length: image.width * image.height }, (_, at) => {
    const { rgb, alpha } = colourAt(image, at);
    return onPaper(rgb, alpha, most, image.colour);
  });
}

function onPaper([red = 0, green = 0, blue = 0]: readonly number[], alpha: number, most: number, colour = 2): number {
  const luma = colour === 0 || colour === 4 ? red : 0.299 * red + 0.587 * green + 0.114 * blue;
  return Math.round(255 * ((luma / most) * alpha + (1 - alpha)));
}

describe('a PNG', () => {
  it.each(PNG_KINDS.flatMap(({ colour, depths }) => depths.map((depth) => [colour, depth] as const)))(
    'of colour type %d with %d bits, interlaced or not, with every filter, gives its pixels',
    (colour, depth) => {
      fc.assert(
        fc.property(pngImages({ colour, depth }), (image) => {
          const { width, height, pixels } = decodePng(encodePng(image), 'x.png');
          expect([width, height, ...pixels]).toEqual([image.width, image.height, ...expectedPixels(image)]);
        }),
        { numRuns: 100 },
      );
    },
  );

  it('gives the samples that another library reads', () => {
    fc.assert(
      fc.property(pngImages({ interlaced: false }), (image) => {
        fc.pre(image.depth >= 8 && image.transparency === undefined);
        expect([...decodeByLibrary(encodePng(image)).data]).toEqual([...image.samples]);
      }),
    );
  });

  it.runIf(AVAILABLE.pillow)('gives the pixels that Pillow reads', () => {
    const folder = mkdtempSync(join(tmpdir(), 'png-'));
    try {
      // Pillow reduces 16 bits to 8, and compares the transparent colour with samples that it has scaled to 8 bits.
      const images = fc
        .sample(pngImages({}), { numRuns: 600, seed: 1 })
        .filter(
          ({ depth, colour, transparency }) =>
            [1, 8].includes(depth) || (depth < 8 && (colour !== 0 || transparency === undefined)),
        );
      images.forEach((image, i) => {
        writeFileSync(join(folder, `${i}.png`), encodePng(image));
      });
      const lines = execFileSync('python3', ['-c', PILLOW, folder, String(images.length)], { maxBuffer: 2 ** 26 });
      const read = lines
        .toString()
        .trim()
        .split('\n')
        .map((line) => Buffer.from(line, 'hex'));
      expect(read.length).toBe(images.length);
      images.forEach((image, i) => {
        const rgba = read[i] ?? Buffer.of();
        const expected = Array.from({ length: rgba.length / 4 }, (_, at) => {
          const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(4 * at);
          return onPaper([red, green, blue], alpha / 255, 255);
        });
        expect([...decodePng(encodePng(image), 'x.png').pixels]).toEqual(expected);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is decoded with and without a palette', () => {
    expect(decode(header(2, 1), pixels([0, 255])).pixels).toEqual(Uint8Array.of(0, 255));
    expect(decode(PALETTE, colours(255, 255, 255, 0, 0, 0), pixels([0, 1])).pixels).toEqual(Uint8Array.of(255, 0));
  });

  it('of colours may suggest a palette for other screens, which is ignored', () => {
    const rgb = header(1, 1, { colour: 2 });
    expect(decode(rgb, colours(9, 9, 9), pixels([255, 255, 255])).pixels).toEqual(Uint8Array.of(255));
  });

  it('may have other chunks, also with a wrong checksum', () => {
    const text = chunk('tEXt', Uint8Array.of(65, 0, 66));
    text.set([0, 0, 0, 0], text.length - 4);
    expect(decode(header(2, 1), text, pixels([0, 255])).pixels).toEqual(Uint8Array.of(0, 255));
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
    ['no pixels', [header(2, 1)], 'got 0 bytes of pixels'],
    ['3 bits per sample', [header(2, 1, { depth: 3 }), pixels([0, 255])], 'colour type 0 with samples of 3 bits'],
    ['colour type 1', [header(2, 1, { colour: 1 }), pixels([0, 255])], 'colour type 1 with samples of 8 bits'],
    ['too few pixels', [header(2, 2), pixels([0, 255])], 'expected 6 bytes of pixels, got 3'],
    ['too many pixels', [header(2, 1), pixels([0, 255], [0, 0])], 'expected at most 3 bytes of pixels, got more'],
    ['filter 5', [header(2, 1), chunk('IDAT', deflateSync(Uint8Array.of(5, 0, 0)))], 'a row with filter 5'],
    ['pixels that are not compressed', [header(2, 1), chunk('IDAT', new Uint8Array(9))], 'expected zlib data'],
    ['an unknown critical chunk', [header(2, 1), chunk('ABCD'), pixels([0, 0])], 'an unknown chunk "ABCD"'],
    ['transparency after the pixels', [header(2, 1), pixels([0, 0]), chunk('tRNS', new Uint8Array(2))], 'one tRNS'],
    ['transparency of 3 bytes', [header(2, 1), chunk('tRNS', new Uint8Array(3)), pixels([0, 0])], 'one tRNS'],
    [
      'twice the same opacity',
      [PALETTE, colours(1, 2, 3), chunk('tRNS', new Uint8Array(2)), pixels([0, 0])],
      'one tRNS',
    ],
  ])('with %s is refused', (_, chunks, message) => {
    expect(() => decode(...chunks)).toThrow(message);
  });

  it('of 16 million pixels in 60 bytes is refused before memory is allocated for them', () => {
    expect(() => decode(header(4096, 4096), pixels([0]))).toThrow('expected a readable PNG, got 10 bytes of pixels');
  });

  it.each(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])('with a wrong checksum of %s is refused', (type) => {
    const file = pngFile(PALETTE, colours(1, 2, 3), chunk('tRNS', Uint8Array.of(255)), pixels([0, 0]));
    const at = Buffer.from(file).indexOf(type);
    const last = at + 4 + Buffer.from(file).readUInt32BE(at - 4);
    file[last] = (file[last] ?? 0) ^ 1;
    expect(() => decodePng(file, 'x.png')).toThrow(`a chunk ${type} with a wrong checksum`);
  });
});

/** Prints the pixels of each file as one line of hexadecimal digits, RGBA. */
const PILLOW = `
import sys
from PIL import Image
for i in range(int(sys.argv[2])):
    print(Image.open(f"{sys.argv[1]}/{i}.png").convert("RGBA").tobytes().hex())
`;
