/** Pictures of digits as photographs, scanners and small images show them: coarser, blurred, thicker or thinner. */
import type { Random } from '../../src/core/random.ts';
import { interpolate } from './interpolate.ts';

const SIDE = 28;

/**
 * A picture [28 × 28] read at a lower resolution and enlarged again, with changed contrast. The grid has 9 to 24 pixels
 * for the side, so that a digit of 20 pixels becomes one of 6 to 17.
 */
export function degradePicture(pixels: Uint8Array, random: Random): Uint8Array {
  const cells = random.between(9, 24);
  const coarse = shrinkPicture(pixels, Math.ceil(cells) + 1, SIDE / cells, [random.uniform(), random.uniform()]);
  const smooth = random.uniform() < 0.75;
  const sharp = coarse.read(smooth);
  const brightest = sharp.reduce((most, value) => Math.max(most, value), 0);
  // Thicker: grey becomes ink. Thinner: grey becomes paper.
  const low = random.between(-0.15, 0.35) * brightest;
  const high = random.between(0.6, 1.05) * brightest;
  return Uint8Array.from(sharp, (value) =>
    value === 0 ? 0 : Math.round(255 * Math.min(1, Math.max(0, (value - Math.max(0, low)) / (high - low)))),
  );
}

/** Means of the cells of a grid that starts `offset` cells before the picture. */
function shrinkPicture(pixels: Uint8Array, cells: number, size: number, offset: readonly [x: number, y: number]) {
  const sums = new Float64Array(cells * cells);
  // The share of each pixel in each cell of a row.
  const shares = offset.map((shift) =>
    Array.from({ length: SIDE }, (_, i) => {
      const from = i / size + shift;
      const cell = Math.floor(from);
      const next = Math.max(0, from + 1 / size - (cell + 1)) * size;
      return { cell, shares: [1 - next, next] as const };
    }),
  );
  pixels.forEach((value, i) => {
    if (value === 0) return;
    const [x, y] = [shares[0]?.[i % SIDE], shares[1]?.[Math.floor(i / SIDE)]];
    if (x === undefined || y === undefined) return;
    y.shares.forEach((down, row) => {
      x.shares.forEach((across, column) => {
        const at = (y.cell + row) * cells + x.cell + column;
        if (across * down > 0) sums[at] = (sums[at] ?? 0) + (value * across * down) / (size * size * 255);
      });
    });
  });
  const at = (row: number, column: number) =>
    sums[Math.min(cells - 1, Math.max(0, row)) * cells + Math.min(cells - 1, Math.max(0, column))] ?? 0;
  const read = (smooth: boolean): Float64Array =>
    Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
      const [x, y] = [((i % SIDE) + 0.5) / size + offset[0], (Math.floor(i / SIDE) + 0.5) / size + offset[1]];
      if (!smooth) return at(Math.floor(y), Math.floor(x));
      return interpolate((column, row) => at(row, column), x - 0.5, y - 0.5);
    });
  return { read };
}
