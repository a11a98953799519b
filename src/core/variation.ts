/** Small variations of a picture, as one hand writes the same thing twice: stretched, slanted and moved a little. */
import type { Random } from './random.ts';

/** At most: shares of the picture's size, chosen for MNIST's digits on training digits. */
const STRETCH = 0.05;
const SLANT = 0.075;
const SHIFT = 0.027;

/**
 * A variation of `picture` [rows][columns], drawn from `random`. What comes in from outside is 0. Nothing but + - * and
 * rounding down is used, which every runtime does alike.
 */
export function variationOf(
  picture: Float32Array,
  [rows, columns]: readonly [rows: number, columns: number],
  random: Random,
): Float32Array {
  const xx = 1 + random.between(-STRETCH, STRETCH);
  const xy = random.between(-SLANT, SLANT);
  const yx = random.between(-SLANT, SLANT);
  const yy = 1 + random.between(-STRETCH, STRETCH);
  const [middleX, middleY] = [(columns - 1) / 2, (rows - 1) / 2];
  const fromX = middleX + columns * random.between(-SHIFT, SHIFT);
  const fromY = middleY + rows * random.between(-SHIFT, SHIFT);
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= columns || y >= rows ? 0 : (picture[y * columns + x] ?? 0);
  const varied = new Float32Array(picture.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = fromX + xx * (column - middleX) + xy * (row - middleY);
      const y = fromY + yx * (column - middleX) + yy * (row - middleY);
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [right, below] = [x - left, y - top];
      const above = (1 - right) * at(left, top) + right * at(left + 1, top);
      const under = (1 - right) * at(left, top + 1) + right * at(left + 1, top + 1);
      varied[row * columns + column] = (1 - below) * above + below * under;
    }
  }
  return varied;
}
