/** The grid of a decision plane, and the boundaries between its classes. */
import { expect, it } from 'vitest';
import { Mlp } from '../../src/index.ts';
import {
  findBoundaries,
  GRID,
  gridInputs,
  placeInputs,
  predictGrid,
  type Ranges,
} from '../../web/inside/plane-grid.ts';
import { loadBuild } from '../support/kernels.ts';

const ranges: Ranges = [
  { from: -1, to: 3 },
  { from: 0, to: 10 },
];
const inputs = gridInputs(ranges);

it('places every cell of the grid where its inputs are', () => {
  for (const cell of [0, 1, GRID, GRID * GRID - 1]) {
    const { x, y } = placeInputs(ranges, inputs[2 * cell] ?? 0, inputs[2 * cell + 1] ?? 0);
    expect(x).toBeCloseTo(cell % GRID, 4);
    expect(y).toBeCloseTo(Math.floor(cell / GRID), 4);
  }
  // The first cell is at the top left: the least first input, the largest second one.
  expect([inputs[0], inputs[1]]).toEqual([Math.fround(-1 + 4 / 128), Math.fround(10 - 10 / 128)]);
});

it('draws the line of a linear boundary', () => {
  // Two logits: 0, and 2 x_0 + x_1 - 4.
  const parameters = { weights: [Float32Array.of(0, 0, 2, 1)], biases: [Float32Array.of(0, -4)] };
  using mlp = Mlp.fromParameters(loadBuild(), { layers: [2, 2], ...parameters });
  const lines = findBoundaries(predictGrid(mlp, inputs), 2);
  // The line crosses the plane from (2, 0) to (-1, 6).
  expect(lines.length).toBeGreaterThan(GRID / 2);
  for (const { x, y } of lines.flat()) {
    const [first, second] = [-1 + (4 * (x + 0.5)) / GRID, (10 * (GRID - y - 0.5)) / GRID];
    expect(Math.abs(2 * first + second - 4)).toBeLessThan(0.01);
  }
});

it('draws the boundaries of three classes, and none inside a region', () => {
  const winners = (cell: number) => (cell % GRID < 20 ? 0 : cell < (GRID * GRID) / 2 ? 1 : 2);
  const probabilities = Float32Array.from({ length: 3 * GRID * GRID }, (_, i) =>
    i % 3 === winners(Math.floor(i / 3)) ? 0.8 : 0.1,
  );
  const points = findBoundaries(probabilities, 3).flat();
  expect(points.length).toBeGreaterThan(2 * GRID);
  for (const { x, y } of points) {
    expect(Math.min(Math.abs(x - 19.5), Math.abs(y - 31.5))).toBeLessThan(1e-6);
    expect(x).toBeGreaterThan(19 - 1e-6);
  }
  expect(findBoundaries(new Float32Array(3 * GRID * GRID).fill(1 / 3), 3)).toEqual([]);
});
