/** Small variations of a picture, as in one person's handwriting: stretched, slanted and shifted a little. */
import { withResources } from './borrow.ts';
import type { Kernels } from './kernels.ts';
import type { Random } from './random.ts';

/** Largest changes as fractions of the picture's size, chosen on MNIST's training digits. */
const STRETCH = 0.05;
const SLANT = 0.075;
const SHIFT = 0.027;

/**
 * Writes a variation of `picture` [rows][columns], drawn from `random`, to `varied`. Pixels from outside are 0. The
 * result is bit-identical in every runtime: the kernels use only float64 + - * and rounding down.
 */
export function writeVariation(
  kernels: Kernels,
  varied: Float32Array,
  picture: Float32Array,
  [rows, columns]: readonly [rows: number, columns: number],
  random: Random,
): void {
  const xx = 1 + random.between(-STRETCH, STRETCH);
  const xy = random.between(-SLANT, SLANT);
  const yx = random.between(-SLANT, SLANT);
  const yy = 1 + random.between(-STRETCH, STRETCH);
  const x0 = (columns - 1) / 2 + columns * random.between(-SHIFT, SHIFT);
  const y0 = (rows - 1) / 2 + rows * random.between(-SHIFT, SHIFT);
  withResources((hold) => {
    const source = hold(kernels.block(picture.byteLength)).address;
    const target = hold(kernels.block(picture.byteLength)).address;
    kernels.floats(source, picture.length).set(picture);
    kernels.call.transformPicture(target, source, rows, columns, x0, xx, xy, y0, yx, yy);
    varied.set(kernels.floats(target, picture.length));
  });
}
