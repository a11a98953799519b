/** Pictures of digits as small or bad pictures show them: coarse, blurred, thicker or thinner. */

import { EdgeMlpError } from '../../src/core/errors.ts';
import type { Random } from '../../src/core/random.ts';
import { digitInputs, type GreyImage } from '../../src/data/picture/index.ts';

const SIDE = 28;
/** The enlarged picture has this side. */
const LARGE = 112;
/** A thick pen adds at most this radius, in pixels of 28. */
const THICKEST = 1.5;

/**
 * A picture [28 × 28] at a lower resolution, enlarged again and read as any picture is. The grid has 9 to 24 pixels for the
 * side, so that a digit of 20 pixels becomes one of 6 to 17. Half of the digits are written with a thicker pen.
 */
export function degradePicture(pixels: Uint8Array, random: Random): Uint8Array {
  const thick = random.uniform() < 0.5 ? thicken(pixels, random.between(0, THICKEST)) : pixels;
  const cells = random.between(9, 24);
  const coarse = shrinkPicture(thick, Math.ceil(cells) + 1, SIDE / cells, [random.uniform(), random.uniform()]);
  const large = coarse.enlarge(random.uniform() < 0.75);
  const brightest = large.reduce((most, value) => Math.max(most, value), 0);
  // Thicker: grey becomes ink. Thinner: grey becomes paper.
  const low = Math.max(0, random.between(-0.15, 0.35) * brightest);
  const high = random.between(0.6, 1.05) * brightest;
  const enlarged = Uint8Array.from(large, (value) =>
    Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low)))),
  );
  return readInputs({ width: LARGE, height: LARGE, pixels: enlarged }) ?? pixels;
}

/** The inputs of a picture. Undefined if no digit is seen, or several: thin strokes can vanish. */
export function readInputs(image: GreyImage): Uint8Array | undefined {
  try {
    return digitInputs(image, 'the picture');
  } catch (error) {
    if (error instanceof EdgeMlpError) return undefined;
    throw error;
  }
}

/** The strokes of a pen that is wider by a radius: the brightest pixel in a circle. */
function thicken(pixels: Uint8Array, radius: number): Uint8Array {
  const reach = Math.ceil(radius);
  const offsets = Array.from({ length: (2 * reach + 1) ** 2 }, (_, i) => {
    const [x, y] = [(i % (2 * reach + 1)) - reach, Math.floor(i / (2 * reach + 1)) - reach];
    // Pixels at the edge of the circle count for the part of them that is inside.
    return { x, y, share: Math.min(1, Math.max(0, radius + 1 - Math.sqrt(x * x + y * y))) };
  }).filter(({ share }) => share > 0);
  const result = new Uint8Array(pixels.length);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      let most = 0;
      for (const offset of offsets) {
        const [column, row] = [x + offset.x, y + offset.y];
        if (column < 0 || row < 0 || column >= SIDE || row >= SIDE) continue;
        most = Math.max(most, offset.share * (pixels[row * SIDE + column] ?? 0));
      }
      result[y * SIDE + x] = Math.round(most);
    }
  }
  return result;
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
  const enlarge = (smooth: boolean): Float64Array => {
    const scale = SIDE / LARGE;
    return Float64Array.from({ length: LARGE * LARGE }, (_, i) => {
      const x = (scale * ((i % LARGE) + 0.5)) / size + offset[0];
      const y = (scale * (Math.floor(i / LARGE) + 0.5)) / size + offset[1];
      if (!smooth) return at(Math.floor(y), Math.floor(x));
      const [column, row] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
      const [u, v] = [x - 0.5 - column, y - 0.5 - row];
      const top = (1 - u) * at(row, column) + u * at(row, column + 1);
      return (1 - v) * top + v * ((1 - u) * at(row + 1, column) + u * at(row + 1, column + 1));
    });
  };
  return { enlarge };
}
