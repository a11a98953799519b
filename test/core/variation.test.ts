/** Variations of images of any size: small, and determined by the seed. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/core/random.ts';
import { writeVariation } from '../../src/core/variation.ts';
import { loadBuild } from '../support/kernels.ts';
import { digits } from '../support/training.ts';

const kernels = loadBuild();
const digit = Float32Array.from(digits.inputs.subarray(0, 784), (byte) => byte / 255);
const shape = [28, 28] as const;
const createVariation = (picture: Float32Array, size: readonly [number, number], random: Random) => {
  const varied = new Float32Array(picture.length);
  writeVariation(kernels, varied, picture, size, random);
  return varied;
};
const ink = (picture: Float32Array) => picture.reduce((sum, value) => sum + value, 0);

/** The centre of mass of the ink. */
function centre(picture: Float32Array): readonly [x: number, y: number] {
  const mean = (of: (i: number) => number) => picture.reduce((sum, value, i) => sum + value * of(i), 0) / ink(picture);
  return [mean((i) => i % 28), mean((i) => Math.floor(i / 28))];
}

describe('a variation', () => {
  it('depends only on the seed, and resembles the image', () => {
    const varied = Array.from({ length: 20 }, (_, seed) => createVariation(digit, shape, new Random(seed, 'learning')));
    expect(createVariation(digit, shape, new Random(3, 'learning'))).toEqual(varied[3]);
    expect(new Set(varied.map((picture) => picture.join())).size).toBe(20);
    const [x, y] = centre(digit);
    for (const picture of varied) {
      expect(ink(picture) / ink(digit)).toBeGreaterThan(0.85);
      expect(ink(picture) / ink(digit)).toBeLessThan(1.15);
      expect(Math.abs(centre(picture)[0] - x)).toBeLessThan(1.5);
      expect(Math.abs(centre(picture)[1] - y)).toBeLessThan(1.5);
      expect(picture.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    expect(varied.some((picture) => Math.abs(centre(picture)[0] - x) > 0.2)).toBe(true);
  });

  it('keeps the rows and columns of an image that is not square', () => {
    const bar = Float32Array.from({ length: 5 * 40 }, (_, i) => Number(Math.floor(i / 40) === 2));
    const varied = createVariation(bar, [5, 40], new Random(1, 'learning'));
    const row = (y: number) => ink(varied.subarray(y * 40, (y + 1) * 40));
    expect(row(2)).toBeGreaterThan(row(0) + row(4));
  });

  it.each([
    ['a digit', digit, shape],
    ['a wide picture', digit.subarray(0, 4 * 196), [4, 196] as const],
  ])('is bit-identical to its definition in float64: %s', (_, picture, [rows, columns]) => {
    for (let seed = 0; seed < 10; seed++) {
      const random = new Random(seed, 'learning');
      const xx = 1 + random.between(-0.05, 0.05);
      const xy = random.between(-0.075, 0.075);
      const yx = random.between(-0.075, 0.075);
      const yy = 1 + random.between(-0.05, 0.05);
      const [middleX, middleY] = [(columns - 1) / 2, (rows - 1) / 2];
      const x0 = middleX + columns * random.between(-0.027, 0.027);
      const y0 = middleY + rows * random.between(-0.027, 0.027);
      const pixel = (x: number, y: number) =>
        x < 0 || y < 0 || x >= columns || y >= rows ? 0 : (picture[y * columns + x] ?? 0);
      const expected = Float32Array.from({ length: rows * columns }, (_, i) => {
        const [dx, dy] = [(i % columns) - middleX, Math.floor(i / columns) - middleY];
        const [x, y] = [x0 + xx * dx + xy * dy, y0 + yx * dx + yy * dy];
        const [left, top] = [Math.floor(x), Math.floor(y)];
        const [right, below] = [x - left, y - top];
        const across = (row: number) => (1 - right) * pixel(left, row) + right * pixel(left + 1, row);
        return (1 - below) * across(top) + below * across(top + 1);
      });
      expect(createVariation(picture, [rows, columns], new Random(seed, 'learning'))).toEqual(expected);
    }
  });
});
