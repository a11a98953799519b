/** Small variations of a picture, as one hand writes the same thing twice: stretched, slanted and moved a little. */
import type { Random } from './random.ts';

/** At most: shares of the picture's size, chosen for MNIST's digits on training digits. */
const STRETCH = 0.05;
const SLANT = 0.075;
const SHIFT = 0.027;

/**
 * Writes a variation of `picture` [rows][columns], drawn from `random`, to `varied`, which is another array. What comes in from
 * outside is 0. Nothing but + - * and rounding down is used, which every runtime does alike.
 */
export function writeVariation(
  varied: Float32Array,
  picture: Float32Array,
  [rows, columns]: readonly [rows: number, columns: number],
  random: Random,
): void {
  const xx = 1 + random.between(-STRETCH, STRETCH);
  const xy = random.between(-SLANT, SLANT);
  const yx = random.between(-SLANT, SLANT);
  const yy = 1 + random.between(-STRETCH, STRETCH);
  const [middleX, middleY] = [(columns - 1) / 2, (rows - 1) / 2];
  const fromX = middleX + columns * random.between(-SHIFT, SHIFT);
  const fromY = middleY + rows * random.between(-SHIFT, SHIFT);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = fromX + xx * (column - middleX) + xy * (row - middleY);
      const y = fromY + yx * (column - middleX) + yy * (row - middleY);
      varied[row * columns + column] = between(picture, rows, columns, x, y);
    }
  }
}

/** The picture at a place between four pixels, each by its nearness. */
function between(picture: Float32Array, rows: number, columns: number, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  if (left < -1 || top < -1 || left >= columns || top >= rows) return 0;
  const right = x - left;
  const below = y - top;
  const above =
    (1 - right) * pixel(picture, rows, columns, left, top) + right * pixel(picture, rows, columns, left + 1, top);
  const under =
    (1 - right) * pixel(picture, rows, columns, left, top + 1) +
    right * pixel(picture, rows, columns, left + 1, top + 1);
  return (1 - below) * above + below * under;
}

/** A function of its own: the Worker's bundler gives each closure its name anew whenever it is made, at a cost of 60 ms here. */
function pixel(picture: Float32Array, rows: number, columns: number, x: number, y: number): number {
  return x < 0 || y < 0 || x >= columns || y >= rows ? 0 : (picture[y * columns + x] ?? 0);
}
