/**
 * Images from PNG files.
 *
 * @module edge-mlp/png
 */
export type { GreyImage } from './image.ts';

import { decode } from 'fast-png';
import { EdgeMlpError, errorMessage } from '../core/errors.ts';
import type { GreyImage } from './image.ts';
import { guardedPng } from './png-guard.ts';

/** Larger images are refused before they are decoded. Photographs of phones are smaller. */
const MAX_SIDE = 8192;
const MAX_PIXELS = 2 ** 24;

/**
 * Decodes a PNG of any colour type with at most `maxPixels` pixels. Transparent pixels become white paper. Throws
 * EdgeMlpError "bad-data".
 *
 * @example
 * ```ts
 * import { decodePng } from 'edge-mlp/png';
 *
 * const base64 = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBAEK+vGgAAAAASUVORK5CYII=';
 * const { width, height, pixels } = decodePng(Buffer.from(base64, 'base64'), 'two-pixels.png');
 * console.log(width, height, pixels); // 2 1 Uint8Array(2) [ 0, 255 ]
 * ```
 */
export function decodePng(bytes: Uint8Array, name: string, maxPixels = MAX_PIXELS): GreyImage {
  const guarded = guardedPng(bytes, name, { side: MAX_SIDE, pixels: maxPixels });
  try {
    return toGrey(decode(guarded));
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a readable PNG, got: ${errorMessage(cause)}`, { cause });
  }
}

function toGrey(png: ReturnType<typeof decode>): GreyImage {
  const { width, height, depth, palette } = png;
  const channels = palette === undefined ? png.channels : 1;
  const samples = depth < 8 ? unpackBits(png.data, width, height, depth) : png.data;
  const range = palette === undefined ? 2 ** depth - 1 : 255;
  const hasColour = channels >= 3;
  const hasAlpha = channels === 2 || channels === 4;
  const pixels = new Uint8Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    if (palette !== undefined) {
      const entry = palette[samples[i] ?? 0];
      if (entry === undefined) throw new Error(`pixel ${i} has a colour that the palette lacks`);
      const [red = 0, green = 0, blue = 0, alpha = 255] = entry;
      pixels[i] = onPaper(luma(red, green, blue) / range, alpha / range);
      continue;
    }
    const at = i * channels;
    const red = samples[at] ?? 0;
    const grey = hasColour ? luma(red, samples[at + 1] ?? 0, samples[at + 2] ?? 0) : red;
    const alpha = hasAlpha ? (samples[at + channels - 1] ?? 0) / range : 1;
    pixels[i] = onPaper(grey / range, alpha);
  }
  return { width, height, pixels };
}

/** Luma by Rec. 601, as in the PNG specification. */
function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** A grey level 0–1 of opacity `alpha` over white paper, as a byte. */
function onPaper(grey: number, alpha: number): number {
  return Math.round(255 * (grey * alpha + (1 - alpha)));
}

/** Samples of 1, 2 or 4 bits are packed; each row starts at a new byte. */
function unpackBits(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const bit = (i % width) * depth;
    const byte = data[Math.floor(i / width) * rowBytes + (bit >> 3)] ?? 0;
    return (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  });
}
