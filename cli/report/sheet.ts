/** Pictures side by side in one. */
import { encode } from 'fast-png';

/** Between two pictures, in pixels, mid-grey. */
const GAP = 1;
const GAP_GREY = 96;

/** A PNG of `pictures` [rows · columns each], so many beside each other, each pixel a square of `zoom` pixels. */
export function sheetPng(
  pictures: readonly Uint8Array[],
  [rows, columns]: readonly [rows: number, columns: number],
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
