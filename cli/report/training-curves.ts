/** Loss and accuracy of one run of `train`, by epoch. */
import type { LossPoint, TimedEpoch } from '../../src/core/recorder.ts';
import type { EpochEnd } from '../training/run-spec.ts';
import { COLOURS, type Series, type SeriesPoint } from './charts.ts';
import { measureChart, pairedFigure } from './curves.ts';
import { exactDecimals, exactPercent } from './exact.ts';
import { dataTable, type Html, html } from './html.ts';

/** Measures of a run by epoch and by slice. */
export interface RunCurves {
  readonly epochs: readonly TimedEpoch[];
  /** The training set at the end of each epoch; null for epochs that were not measured. */
  readonly ends: readonly (EpochEnd | null)[];
  /** The epoch whose weights the network has, with patience. */
  readonly bestEpoch?: number | undefined;
  /** Mean training loss of each slice of steps. `samples` counts to the end of the slice. */
  readonly curve: readonly LossPoint[];
  readonly samplesPerEpoch: number;
}

/** The same style in every plot. */
const SLICES: Series = { name: 'training, slices of steps', colour: COLOURS.grey };
const RUNNING: Series = { name: 'training, mean of the epoch', colour: COLOURS.blue, shape: 'circle' };
const TRAINING: Series = { name: 'training, end of epoch', colour: COLOURS.green, shape: 'square' };
const VALIDATION: Series = { name: 'validation, end of epoch', colour: COLOURS.orange, shape: 'diamond' };

export async function trainingCurves(run: RunCurves): Promise<Html> {
  return html`<div class="pair">${await lossFigure(run)}${await scoreFigure(run)}</div>`;
}

function lossFigure({ curve, epochs, ends, samplesPerEpoch }: RunCurves): Promise<Html> {
  // With one slice for each epoch, its mean is that of the epoch.
  const slices = curve.length > epochs.length ? curve : [];
  const points = [
    ...slices.map(({ samples, loss }) => ({ x: samples / samplesPerEpoch, y: loss, series: SLICES.name })),
    ...epochs.flatMap((metrics, i) => [
      ...toPoint(metrics.epoch, metrics.trainLoss, RUNNING),
      ...toPoint(metrics.epoch, ends[i]?.trainEndLoss, TRAINING),
      ...toPoint(metrics.epoch, metrics.validationLoss, VALIDATION),
    ]),
  ];
  const series = [SLICES, RUNNING, TRAINING, VALIDATION].filter(({ name }) =>
    points.some((point) => point.series === name),
  );
  const unit = isRegression(epochs) ? 'none' : 'nats';
  const chart = measureChart('Loss', { points, series, thin: [SLICES.name], unit });
  return pairedFigure(
    chart,
    'Loss. The mean of an epoch is measured while the weights still improve, so it can be higher than the losses at the end of the epoch.',
  );
}

/** Accuracy of a classifier, R² of a regression. */
function scoreFigure({ epochs, ends }: RunCurves): Promise<Html> {
  const regression = isRegression(epochs);
  const points = epochs.flatMap((metrics, i) => [
    ...toPoint(metrics.epoch, metrics.trainAccuracy, RUNNING),
    ...toPoint(metrics.epoch, ends[i]?.trainEndAccuracy ?? ends[i]?.trainEndR2, TRAINING),
    ...toPoint(metrics.epoch, metrics.validationAccuracy ?? metrics.validationR2, VALIDATION),
  ]);
  const series = [RUNNING, TRAINING, VALIDATION].filter(({ name }) => points.some((point) => point.series === name));
  const chart = measureChart(regression ? 'R2' : 'Accuracy', { points, series });
  return pairedFigure(chart, `${regression ? 'R²' : 'Accuracy'}. The axis does not start at zero.`);
}

function isRegression(epochs: readonly TimedEpoch[]): boolean {
  return epochs.some(({ trainAccuracy }) => trainAccuracy === null);
}

function toPoint(x: number, y: number | null | undefined, { name }: Series): SeriesPoint[] {
  return y == null ? [] : [{ x, y, series: name }];
}

/** A longer table is closed. */
const OPEN_ROWS = 40;

/** The epoch whose weights the network has is marked, if patience chose it. */
export function epochTable({ epochs, ends, bestEpoch }: RunCurves): Html {
  const rows = epochs.map(({ epoch, validationLoss, validationAccuracy, validationR2, seconds }, i) => [
    String(epoch),
    exactDecimals(ends[i]?.trainEndLoss),
    exactPercent(ends[i]?.trainEndAccuracy),
    exactDecimals(validationLoss),
    exactPercent(validationAccuracy),
    exactDecimals(ends[i]?.trainEndR2),
    exactDecimals(validationR2),
    seconds.toFixed(2),
  ]);
  const scores = ['training loss', 'training accuracy', 'validation loss', 'validation accuracy'];
  const header = ['epoch', ...scores, 'training R²', 'validation R²', 'seconds'];
  const present = header.map((_, column) => rows.some((row) => row[column] !== '–'));
  const keep = (row: readonly (Html | string)[]) => row.filter((_, column) => present[column]);
  const table = dataTable(keep(header), rows.map(keep), bestEpoch === undefined ? undefined : bestEpoch - 1);
  const about = html`<p>Measured with the weights at the end of each epoch.</p>`;
  if (rows.length <= OPEN_ROWS) return html`${about}${table}`;
  return html`${about}<details><summary>${rows.length} epochs</summary>${table}</details>`;
}
