/** Predictions on a grid over the plane of two inputs, and the lines where the predicted class changes. */
import type { Mlp } from '../../src/core/mlp.ts';

/** Cells of a row and of a column. */
export const GRID = 64;

/** Bounds of an axis, in the units of the network. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type Ranges = readonly [x: Range, y: Range];

/** A point, in cells: the centre of the first cell is (0, 0), rows count downwards. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The inputs at the centres of the cells, [rows × columns][2]. The second input grows upwards. */
export function gridInputs([x, y]: Ranges): Float32Array {
  const inputs = new Float32Array(2 * GRID * GRID);
  const at = ({ from, to }: Range, cell: number) => from + ((to - from) * (cell + 0.5)) / GRID;
  for (let cell = 0; cell < GRID * GRID; cell++) {
    inputs[2 * cell] = at(x, cell % GRID);
    inputs[2 * cell + 1] = at(y, GRID - 1 - Math.floor(cell / GRID));
  }
  return inputs;
}

/** The inverse of `gridInputs`, for any point of the plane. */
export function placeInputs([x, y]: Ranges, first: number, second: number): Place {
  const cells = ({ from, to }: Range, value: number) => ((value - from) / (to - from)) * GRID;
  return { x: cells(x, first) - 0.5, y: GRID - cells(y, second) - 0.5 };
}

/** Probabilities of the classes, or values of the targets, [cells][outputs]. */
export function predictGrid(mlp: Mlp, inputs: Float32Array): Float32Array {
  return mlp.spec.task === 'regression' ? mlp.predictValues(inputs) : mlp.predictBatch(inputs).probabilities;
}

/**
 * Line segments between regions of different classes: marching squares (Lorensen and Cline, 1987, in two dimensions) on
 * the margin p_c - max of the other classes, which is 0 on the boundary of class c.
 */
export function findBoundaries(probabilities: Float32Array, classes: number): [Place, Place][] {
  const lines: [Place, Place][] = [];
  const winners = Uint16Array.from({ length: GRID * GRID }, (_, cell) => findLargest(probabilities, cell, classes));
  for (let row = 0; row + 1 < GRID; row++) {
    for (let column = 0; column + 1 < GRID; column++) {
      // Around the square of four neighbouring centres.
      const corners = [
        { x: column, y: row },
        { x: column + 1, y: row },
        { x: column + 1, y: row + 1 },
        { x: column, y: row + 1 },
      ];
      const present = new Set(corners.map(({ x, y }) => winners[y * GRID + x] ?? 0));
      if (present.size === 1) continue;
      // Two regions share a line, which is needed once.
      for (const label of [...present].slice(1)) {
        const margins = corners.map(({ x, y }) => computeMargin(probabilities, y * GRID + x, classes, label));
        lines.push(...crossSquare(corners, margins));
      }
    }
  }
  return lines;
}

function findLargest(probabilities: Float32Array, cell: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++)
    if ((probabilities[cell * classes + c] ?? 0) > (probabilities[cell * classes + best] ?? 0)) best = c;
  return best;
}

function computeMargin(probabilities: Float32Array, cell: number, classes: number, label: number): number {
  let other = 0;
  for (let c = 0; c < classes; c++) if (c !== label) other = Math.max(other, probabilities[cell * classes + c] ?? 0);
  return (probabilities[cell * classes + label] ?? 0) - other;
}

/** The lines at margin 0 in a square. */
function crossSquare(corners: readonly Place[], margins: readonly number[]): [Place, Place][] {
  const crossings = corners.flatMap((from, i) => {
    const [to, a = 0, b = 0] = [corners[(i + 1) % 4] ?? from, margins[i], margins[(i + 1) % 4]];
    if (a > 0 === b > 0) return [];
    const share = a / (a - b);
    return [{ x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) }];
  });
  const [first, second, third, fourth] = crossings;
  const lines: [Place, Place][] = [];
  if (first && second) lines.push([first, second]);
  if (third && fourth) lines.push([third, fourth]);
  return lines;
}
