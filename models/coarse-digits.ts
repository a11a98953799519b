/**
 * Digits of 8 × 8 pixels that fill their image, light on dark, enlarged to 80 × 80: made as those of E. Alpaydin and C.
 * Kaynak, "Optical recognition of handwritten digits" (UCI, 1998), by counting the ink in 4 × 4 blocks of a bitmap.
 */
import type { GreyImage } from '../src/data/picture/index.ts';
import { interpolate, readPixels } from './handwriting/interpolate.ts';

const SIDE = 28;
const BITMAP = 32;
const CELLS = 8;
const BLOCK = BITMAP / CELLS;
const ZOOM = 10;

/** `thick`: radius that the pen is wider, in pixels of the bitmap. `smooth`: interpolated, not squares. */
export function coarseDigit(digit: Uint8Array, thick: number, smooth: boolean): GreyImage {
  const cells = countBlocks(thicken(fillBitmap(digit), thick));
  const side = CELLS * ZOOM;
  const clamp = (cell: number) => Math.min(CELLS - 1, Math.max(0, cell));
  const read = (x: number, y: number) => cells[clamp(y) * CELLS + clamp(x)] ?? 0;
  const pixels = Uint8Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [((i % side) + 0.5) / ZOOM - 0.5, (Math.floor(i / side) + 0.5) / ZOOM - 0.5];
    const ink = smooth ? interpolate(read, x, y) : read(Math.round(x), Math.round(y));
    return Math.round((255 * ink) / BLOCK ** 2);
  });
  return { width: side, height: side, pixels };
}

/** A bitmap [32 × 32] whose longer side the ink fills, in the middle. */
function fillBitmap(digit: Uint8Array): Uint8Array {
  const read = readPixels(digit);
  const ink = [...digit].flatMap((value, i) => (value > 127 ? [i] : []));
  const range = (places: readonly number[]) => [Math.min(...places), Math.max(...places) + 1] as const;
  const [[left, right], [top, bottom]] = [range(ink.map((i) => i % SIDE)), range(ink.map((i) => Math.floor(i / SIDE)))];
  const scale = Math.max(right - left, bottom - top) / BITMAP;
  const place = (at: number, from: number, to: number) => (at + 0.5 - BITMAP / 2) * scale + (from + to) / 2 - 0.5;
  return Uint8Array.from({ length: BITMAP * BITMAP }, (_, i) => {
    const [x, y] = [place(i % BITMAP, left, right), place(Math.floor(i / BITMAP), top, bottom)];
    return interpolate(read, x, y) > 127 ? 1 : 0;
  });
}

function thicken(bitmap: Uint8Array, radius: number): Uint8Array {
  const reach = Math.floor(radius);
  const isInk = (x: number, y: number) => x >= 0 && y >= 0 && x < BITMAP && y < BITMAP && bitmap[y * BITMAP + x] === 1;
  return bitmap.map((_, i) => {
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        if (dx * dx + dy * dy <= radius * radius && isInk((i % BITMAP) + dx, Math.floor(i / BITMAP) + dy)) return 1;
      }
    }
    return 0;
  });
}

function countBlocks(bitmap: Uint8Array): Uint8Array {
  const counts = new Uint8Array(CELLS * CELLS);
  bitmap.forEach((bit, i) => {
    const at = Math.floor(i / BITMAP / BLOCK) * CELLS + Math.floor((i % BITMAP) / BLOCK);
    counts[at] = (counts[at] ?? 0) + bit;
  });
  return counts;
}
