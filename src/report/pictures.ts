/** Samples as pictures. */
import { encode } from 'fast-png';

/** Grey levels [rows][columns], bytes or 0–1, as a PNG in a data address. */
export function pictureAddress(pixels: Uint8Array | Float32Array, [rows, columns]: readonly [number, number]): string {
  const data = pixels instanceof Uint8Array ? pixels : Uint8Array.from(pixels, (value) => Math.round(255 * value));
  const png = encode({ width: columns, height: rows, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${btoa(String.fromCharCode(...png))}`;
}
