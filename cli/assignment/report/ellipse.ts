/** Report section of question 4: training on points inside and outside an ellipse. */
import { encode } from 'fast-png';
import type { Kernels } from '../../../src/core/kernels.ts';
import { Mlp } from '../../../src/core/mlp.ts';
import { ELLIPSE_AXES } from '../../../src/data/generated.ts';
import type { SucceededRun } from '../../../src/format/run-file.ts';
import { formatNats, integer, percent } from '../../numbers.ts';
import { COLOURS, planeChart } from '../../report/charts.ts';
import { stepFigures } from '../../report/curves.ts';
import type { DataFiles } from '../../report/data-files.ts';
import { figure, type Html, html } from '../../report/html.ts';
import { dataAddress } from '../../report/pictures.ts';
import { type FullTrial, type Run, successfulRuns } from '../../report/summary.ts';
import type { RunData } from '../../training/run-spec.ts';
import type { ReproductionFigures } from '../figures.ts';

/** Grid points on a side of the picture, and of the CSV file. */
const PICTURE_SIDE = 180;
const TABLE_SIDE = 41;
const POINTS_SHOWN = 350;
const OUTSIDE = { name: 'outside', colour: COLOURS.blue, shape: 'circle' } as const;
const INSIDE = { name: 'inside', colour: COLOURS.orange, shape: 'diamond' } as const;

export async function ellipseSection(
  kernels: Kernels,
  trial: FullTrial,
  data: RunData,
  figures: ReproductionFigures[4],
  files: DataFiles,
): Promise<Html> {
  const [run] = successfulRuns(trial.runs);
  if (run === undefined) return html`<p>The run failed: ${figures.failed}</p>`;
  const { loss, testAccuracy, testLoss, layers, epochs, learningRate } = figures;
  return html`<p>The same network learns to separate points inside an ellipse from points outside: ${layers.join('-')}, ${epochs} epochs, one step for each of ${integer(data.training.labels.length)} points, learning rate ${learningRate}. The mean loss of an epoch falls from ${formatNats(loss.firstEpoch ?? Number.NaN)} to ${formatNats(loss.lastEpoch ?? Number.NaN)} nats. On ${integer(data.test?.labels.length ?? 0)} test points the accuracy is ${percent(testAccuracy ?? Number.NaN)} and the loss ${formatNats(testLoss ?? Number.NaN)} nats.</p>
${await stepFigures([run], files, '4-steps')}
${await boundaryFigure(kernels, run, data, files)}`;
}

async function boundaryFigure(
  kernels: Kernels,
  run: Run<SucceededRun>,
  data: RunData,
  files: DataFiles,
): Promise<Html> {
  const { layers, hiddenActivation } = run.spec;
  using mlp = Mlp.fromParameters(kernels, { layers, hiddenActivation, ...run.outcome.parameters });
  const { test = data.training } = data;
  const points = Array.from(test.labels.subarray(0, POINTS_SHOWN), (label, i) => ({
    x: test.inputs[2 * i] ?? 0,
    y: test.inputs[2 * i + 1] ?? 0,
    series: label === 1 ? INSIDE.name : OUTSIDE.name,
  }));
  const [a, b] = ELLIPSE_AXES;
  const curve = Array.from({ length: 121 }, (_, i) => {
    const angle = (2 * Math.PI * i) / 120;
    return { x: a * Math.cos(angle), y: b * Math.sin(angle) };
  });
  const chart = await planeChart({
    picture: boundaryPicture(insideProbabilities(mlp, PICTURE_SIDE)),
    points,
    curve,
    x: [-1, 1],
    y: [-1, 1],
    xTitle: 'first input',
    yTitle: 'second input',
    series: [OUTSIDE, INSIDE],
  });
  const table = files.csv('4-boundary', planeRows(insideProbabilities(mlp, TABLE_SIDE)));
  const caption =
    'Predictions on the plane: stronger colour means higher probability, no colour means 50 %. The dashed line is the ellipse. Each of the three hidden units contributes one straight line to the boundary.';
  return figure(chart, caption, table);
}

/** Probabilities of class 1 on a square grid over [-1, 1]², top row first. */
function insideProbabilities(mlp: Mlp, side: number): Float64Array {
  const inputs = Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const point = i >> 1;
    const [row, column] = [Math.floor(point / side), point % side];
    return i % 2 === 0 ? place(column, side) : -place(row, side);
  });
  const { probabilities } = mlp.predictBatch(inputs);
  return Float64Array.from({ length: side * side }, (_, i) => probabilities[2 * i + 1] ?? 0);
}

function place(index: number, side: number): number {
  return (2 * index) / (side - 1) - 1;
}

function planeRows(probabilities: Float64Array) {
  return Array.from(probabilities, (inside, i) => ({
    x: place(i % TABLE_SIDE, TABLE_SIDE),
    y: -place(Math.floor(i / TABLE_SIDE), TABLE_SIDE),
    inside,
  }));
}

/** Class colours on a transparent ground, which fits light and dark pages. Opacity grows with the probability. */
function boundaryPicture(probabilities: Float64Array): string {
  const [inside, outside] = [rgb(INSIDE.colour), rgb(OUTSIDE.colour)];
  const data = new Uint8Array(4 * probabilities.length);
  probabilities.forEach((p, i) => {
    data.set(p > 0.5 ? inside : outside, 4 * i);
    data[4 * i + 3] = Math.round(150 * Math.abs(2 * p - 1));
  });
  const side = Math.sqrt(probabilities.length);
  return dataAddress(encode({ width: side, height: side, data, channels: 4, depth: 8 }));
}

function rgb(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}
