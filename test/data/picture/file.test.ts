/** Formats of image files: recognized by their bytes, and bounded before anything is decoded. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodePicture, detectPicture } from '../../../src/data/picture/file.ts';
import { measureJpeg, measureWebp } from '../../../src/data/picture/header.ts';
import { explainPicture } from '../../../src/data/picture/index.ts';
import { JPEG, LYING_JPEG, PROGRESSIVE_JPEG, TRANSPARENT_WEBP, WEBP } from '../../support/photographs.ts';

const load = (name: string) => async () =>
  WebAssembly.compile(readFileSync(new URL(`../../../build/${name}.wasm`, import.meta.url)));
const decoders = { jpeg: load('jpeg'), webp: load('webp') };
/** Decoders that must not be used. */
const none = { jpeg: () => Promise.reject(new Error('used')), webp: () => Promise.reject(new Error('used')) };
const text = (characters: string) => Uint8Array.from(characters, (character) => character.charCodeAt(0));
const decode = (bytes: Uint8Array<ArrayBuffer>) => decodePicture(bytes, 'x', { decoders: none });

describe('decodePicture', () => {
  it('gives nearly the same inputs for every format', async () => {
    const [expected, ...others] = await Promise.all(
      [JPEG, PROGRESSIVE_JPEG, LYING_JPEG, WEBP, TRANSPARENT_WEBP].map(async (bytes) => {
        return explainPicture(await decodePicture(bytes, 'x', { decoders }), {}, 'x').inputs;
      }),
    );
    for (const inputs of others) {
      const distance = inputs.reduce((sum, value, i) => sum + Math.abs(value - (expected?.[i] ?? 0)), 0);
      expect(distance / 784).toBeLessThan(8);
    }
  });

  it('turns photographs upright', async () => {
    expect(measureJpeg(LYING_JPEG)).toEqual({ width: 64, height: 88 });
    expect(await decodePicture(LYING_JPEG, 'x', { decoders })).toMatchObject({ width: 88, height: 64 });
  });

  it.each([
    ['GIF', text('GIF89a\0\x01'), 'got GIF: convert it to PNG'],
    ['HEIC', text('\0\0\0\x18ftypheic'), 'got HEIC: convert it to PNG'],
    ['AVIF', text('\0\0\0\x18ftypavif'), 'got AVIF: convert it to PNG'],
    ['BMP', text('BM\0\0\0\0'), 'got BMP: convert it to PNG'],
    ['PDF', text('%PDF-1.7'), 'got PDF: convert it to PNG'],
    ['text', text('hello'), 'x: expected a PNG, JPEG or WebP file, got another file of 5 bytes'],
  ])('refuses %s by name', async (_, bytes, message) => {
    await expect(decode(bytes)).rejects.toThrow(message);
  });

  it('refuses large, truncated and costly files without a decoder', async () => {
    const frame = JPEG.findIndex((byte, i) => byte === 0xff && JPEG[i + 1] === 0xc0);
    const large = JPEG.slice();
    large.set([0x20, 0x00, 0x20, 0x00], frame + 5);
    await expect(decode(large)).rejects.toThrow('16,777,216 pixels, got 8,192 × 8,192');
    await expect(decode(JPEG.slice(0, -20))).rejects.toThrow('x: expected a readable JPEG, got a truncated');
    const scan = PROGRESSIVE_JPEG.findIndex((byte, i) => byte === 0xff && PROGRESSIVE_JPEG[i + 1] === 0xda);
    const header = 2 + (PROGRESSIVE_JPEG[scan + 3] ?? 0);
    const scans = [...PROGRESSIVE_JPEG.subarray(scan, scan + header)];
    const slow = Uint8Array.from([...PROGRESSIVE_JPEG.subarray(0, scan), ...Array(65).fill(scans).flat(), 0xff, 0xd9]);
    await expect(decode(slow)).rejects.toThrow('expected a JPEG of at most 64 scans, got more');
  });

  it('refuses damaged pixels with the next step', async () => {
    const damaged = decodePicture(WEBP.slice(0, 100), 'x', { decoders });
    await expect(damaged).rejects.toThrow('expected a readable WebP, got a damaged or unusual file: save it again');
  });
});

describe('measureWebp', () => {
  const webp = (chunk: string, ...body: number[]) =>
    Uint8Array.from([...text(`RIFF\0\0\0\0WEBP${chunk}\0\0\0\0`), ...body, ...Array(20).fill(0)]);

  it('reads the three kinds of headers', () => {
    expect(detectPicture(WEBP)).toMatchObject({ format: 'webp' });
    expect(measureWebp(WEBP)).toEqual({ width: 88, height: 64 });
    expect(measureWebp(TRANSPARENT_WEBP)).toEqual({ width: 64, height: 64 });
    expect(measureWebp(webp('VP8X', 0x10, 0, 0, 0, 0xff, 1, 0, 0x2b, 1, 0))).toEqual({ width: 512, height: 300 });
  });

  it.each(['BMI,age\n22,40\n', '8BPS,kind\n1,a\n', 'GIF8,kind\n1,a\n'])('takes the table %j for no image', (text) => {
    expect(detectPicture(new TextEncoder().encode(text))).toBeUndefined();
  });

  it('names SVG, which is text', () => {
    expect(detectPicture(new TextEncoder().encode('<svg></svg>'))).toMatchObject({ name: 'SVG' });
  });

  it('refuses animations', () => {
    expect(() => measureWebp(webp('VP8X', 2, 0, 0, 0, 9, 0, 0, 9, 0, 0))).toThrow('got an animated WebP');
  });
});
