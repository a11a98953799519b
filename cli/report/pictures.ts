/** PNG pictures of samples and weights. */
import { encode } from 'fast-png';

type Shape = readonly [rows: number, columns: number];

/** Grey levels [rows][columns], bytes or numbers from 0 to 1, as a data URL. */
export function pictureAddress(pixels: Uint8Array | Float32Array, [rows, columns]: Shape): string {
  const data = pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (value) => Math.round(255 * value));
  return dataAddress(encode({ width: columns, height: rows, data, channels: 1, depth: 8 }));
}

const POSITIVE = [255, 170, 70] as const;
const NEGATIVE = [80, 170, 255] as const;

/** Weights as a data URL: orange if positive, blue if negative, black at zero, full colour at `limit`. */
export function weightAddress(weights: Float32Array, [rows, columns]: Shape, limit: number): string {
  const data = new Uint8Array(3 * weights.length);
  weights.forEach((weight, i) => {
    const strength = Math.min(1, Math.abs(weight) / limit);
    const colour = weight > 0 ? POSITIVE : NEGATIVE;
    data.set(
      colour.map((channel) => Math.round(channel * strength)),
      3 * i,
    );
  });
  return dataAddress(encode({ width: columns, height: rows, data, channels: 3, depth: 8 }));
}

export function dataAddress(png: Uint8Array): string {
  return `data:image/png;base64,${btoa(png.reduce((text, byte) => text + String.fromCharCode(byte), ''))}`;
}

/** Pixels between two pictures of a sheet, and their grey level. */
const GAP = 1;
const GAP_GREY = 96;

/** One PNG of many pictures, each [rows][columns] of bytes. Every pixel becomes a square of `zoom` × `zoom` pixels. */
export function sheetPng(
  pictures: readonly Uint8Array[],
  [rows, columns]: Shape,
  { across, zoom }: { readonly across: number; readonly zoom: number },
): Uint8Array {
  const down = Math.ceil(pictures.length / across);
  const width = across * (columns * zoom + GAP) + GAP;
  const height = down * (rows * zoom + GAP) + GAP;
  const data = new Uint8Array(width * height).fill(GAP_GREY);
  pictures.forEach((picture, i) => {
    const left = (i % across) * (columns * zoom + GAP) + GAP;
    const top = Math.floor(i / across) * (rows * zoom + GAP) + GAP;
    for (let y = 0; y < rows * zoom; y++) {
      for (let x = 0; x < columns * zoom; x++) {
        const pixel = picture[Math.floor(y / zoom) * columns + Math.floor(x / zoom)] ?? 0;
        data[(top + y) * width + left + x] = pixel;
      }
    }
  });
  return encode({ width, height, data, channels: 1, depth: 8 });
}
