/** Draws a decision plane: the background, the boundaries, training samples, and the visitor's sample. */
import type { ModelInfo } from '../../src/format/metadata.ts';
import {
  classColour,
  drawColours,
  formatColour,
  mix,
  type Palette,
  type Rgb,
  readPalette,
  signedColour,
} from './colours.ts';
import { findBoundaries, GRID, type Place, placeInputs, type Ranges } from './plane-grid.ts';

/** Samples in the units of the network, and their classes. */
export interface PlanePoints {
  /** `[samples][2]` */
  readonly inputs: ArrayLike<number>;
  /** `[samples]` */
  readonly labels: ArrayLike<number>;
}

interface PlanePicture {
  readonly info: Pick<ModelInfo, 'classes' | 'targets'>;
  readonly ranges: Ranges;
  /** `[cells][outputs]` */
  readonly predictions: Float32Array;
  readonly points: PlanePoints | undefined;
  /** `[2]` */
  readonly sample: ArrayLike<number> | undefined;
}

type Context = CanvasRenderingContext2D;

/** More points would hide the background. */
const MAX_POINTS = 400;

export function drawPlane(context: Context, { info, ranges, predictions, points, sample }: PlanePicture): void {
  const palette = readPalette();
  const outputs = (info.targets ?? info.classes).length;
  const cells = predictions.length / outputs;
  if (cells === 0) return;
  const isRegression = info.targets !== undefined;
  const colour = isRegression
    ? scaleValues(predictions, outputs, palette)
    : blendClasses(predictions, outputs, palette);
  drawColours(
    context,
    GRID,
    Array.from({ length: cells }, (_, cell) => colour(cell)),
    true,
  );
  if (!isRegression) drawBoundaries(context, findBoundaries(predictions, outputs), palette.ink);
  const place = (x: number, y: number) => toPixels(context, placeInputs(ranges, x, y));
  const { inputs, labels } = points ?? { inputs: [], labels: [] };
  const step = Math.max(1, Math.ceil(labels.length / MAX_POINTS));
  for (let n = 0; n < labels.length; n += step) {
    const fill = formatColour(classColour(labels[n] ?? 0));
    drawDot(context, place(inputs[2 * n] ?? 0, inputs[2 * n + 1] ?? 0), {
      radius: 5,
      fill,
      line: formatColour(palette.background),
    });
  }
  if (sample === undefined) return;
  const target = place(sample[0] ?? 0, sample[1] ?? 0);
  drawDot(context, target, { radius: 11, fill: '#fff', line: '#000' });
  drawDot(context, target, { radius: 4, fill: '#000', line: '#000' });
}

/** The colours of the classes by their probabilities; equal probabilities give the background. */
function blendClasses(probabilities: Float32Array, classes: number, { background }: Palette): (cell: number) => Rgb {
  return (cell) => {
    let blend: Rgb = [0, 0, 0];
    let most = 0;
    let total = 0;
    for (let c = 0; c < classes; c++) {
      const p = probabilities[cell * classes + c] ?? 0;
      most = Math.max(most, p);
      total += p;
      blend = mix(blend, classColour(c), p / total);
    }
    return mix(background, blend, 0.65 * Math.max(0, (most - 1 / classes) / (1 - 1 / classes)));
  };
}

/** The first target, from the least to the largest value of the plane. */
function scaleValues(values: Float32Array, targets: number, palette: Palette): (cell: number) => Rgb {
  const first = values.filter((_, i) => i % targets === 0);
  const [least, most] = [Math.min(...first), Math.max(...first)];
  return (cell) => {
    const share = (2 * ((first[cell] ?? 0) - least)) / (most - least || 1) - 1;
    return signedColour(0.8 * share, palette, palette.background);
  };
}

function drawBoundaries(context: Context, lines: readonly (readonly [Place, Place])[], ink: Rgb): void {
  context.beginPath();
  for (const [from, to] of lines) {
    context.moveTo(...toPixels(context, from));
    context.lineTo(...toPixels(context, to));
  }
  context.strokeStyle = formatColour(ink);
  context.lineWidth = 2.5;
  context.stroke();
}

function drawDot(
  context: Context,
  place: readonly [number, number],
  { radius, fill, line }: { readonly radius: number; readonly fill: string; readonly line: string },
): void {
  context.beginPath();
  context.arc(...place, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = radius / 4;
  context.strokeStyle = line;
  context.stroke();
}

/** From a place in cells to pixels of the canvas. */
function toPixels({ canvas }: Context, { x, y }: Place): [number, number] {
  return [((x + 0.5) * canvas.width) / GRID, ((y + 0.5) * canvas.height) / GRID];
}
