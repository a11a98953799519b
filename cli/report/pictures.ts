/** Samples and weights as pictures. */
import { encode } from 'fast-png';

type Shape = readonly [rows: number, columns: number];

/** Grey levels [rows][columns], bytes or 0–1, as a PNG in a data address. */
export function pictureAddress(pixels: Uint8Array | Float32Array, [rows, columns]: Shape): string {
  const data = pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (value) => Math.round(255 * value));
  return dataAddress(encode({ width: columns, height: rows, data, channels: 1, depth: 8 }));
}

/** Orange where a weight is positive, blue where it is negative, black at zero; `limit` gets the full colour. */
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

const POSITIVE = [255, 170, 70] as const;
const NEGATIVE = [80, 170, 255] as const;

export function dataAddress(png: Uint8Array): string {
  return `data:image/png;base64,${btoa(png.reduce((text, byte) => text + String.fromCharCode(byte), ''))}`;
}
