/** Curves over epochs and steps: one run, or the mean of several runs with bands of one standard deviation. */
import { stretchMeans } from '../../src/core/step-series.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { integer } from '../numbers.ts';
import { COLOURS, type LineChart, lineChart, PAIR_WIDTH, type Series, type SeriesPoint } from './charts.ts';
import type { Cell, DataFiles } from './data-files.ts';
import { figure, type Html, html } from './html.ts';
import {
  computeSpreads,
  type EpochSummary,
  nameScore,
  type Run,
  runsAtEpochs,
  type Spread,
  successfulRuns,
  summariseEpochs,
} from './summary.ts';

type Measure = 'Loss' | 'Accuracy' | 'R2';

/** Cross-entropy has the unit nats. The losses of regression are those of standardised targets. */
type LossUnit = 'nats' | 'none';

/** The same style in every plot. */
const RUNNING: Series = { name: 'training, running mean', colour: COLOURS.blue, shape: 'circle' };
const EPOCH_END: Series = { name: 'training, end of epoch', colour: COLOURS.green, shape: 'square' };
const VALIDATION: Series = { name: 'validation, end of epoch', colour: COLOURS.orange, shape: 'diamond' };
const CURVES = [
  { series: RUNNING, key: 'train' },
  { series: EPOCH_END, key: 'trainEnd' },
  { series: VALIDATION, key: 'validation' },
] as const;

type MeasureChart = Pick<LineChart, 'points' | 'series' | 'thin'> & {
  readonly xTitle?: string;
  readonly unit?: LossUnit;
};

/** A chart of losses on a logarithmic axis, or of accuracies. */
export function measureChart(
  measure: Measure,
  { xTitle = 'epochs', unit = 'nats', ...chart }: MeasureChart,
): LineChart {
  if (measure === 'R2') return { ...chart, xTitle, yTitle: 'R²', yFormat: '~g' };
  if (measure === 'Accuracy') return { ...chart, xTitle, yTitle: 'accuracy', yFormat: '%' };
  // A logarithmic axis has no zero.
  const points = chart.points.filter(({ y }) => y > 0);
  const yTitle = unit === 'nats' ? 'loss, nats (log scale)' : 'loss (log scale)';
  return { ...chart, points, xTitle, yTitle, yScale: 'log', yFormat: '~g' };
}

export async function pairedFigure(chart: LineChart, caption: string | Html, data?: string): Promise<Html> {
  return figure(await lineChart({ ...chart, width: PAIR_WIDTH }), caption, data);
}

export function epochChart(runs: readonly Run[], measure: Measure): LineChart {
  const epochs = summariseEpochs(runs);
  const find = (epoch: EpochSummary, key: (typeof CURVES)[number]['key']): Spread | null | undefined =>
    measure === 'R2' ? (key === 'train' ? null : epoch[`${key}R2`]) : epoch[`${key}${measure}`];
  const curves = CURVES.filter(({ key }) => epochs.some((epoch) => find(epoch, key) != null));
  const points = curves.flatMap(({ series, key }) =>
    epochs.flatMap((epoch) => {
      const spread = find(epoch, key);
      return spread == null ? [] : [toPoint(epoch.epoch, spread, series.name)];
    }),
  );
  const unit = epochs.some(({ trainEndR2 }) => trainEndR2 != null) ? 'none' : 'nats';
  return measureChart(measure, { points, series: curves.map(({ series }) => series), unit });
}

/** Charts of loss and accuracy by epoch, and a CSV file. */
export async function epochFigures(
  runs: readonly Run[],
  captions: Record<'Loss' | 'Accuracy', string | Html>,
  files: DataFiles,
  name: string,
): Promise<Html> {
  const counts = runsAtEpochs(runs);
  const data = files.csv(
    name,
    summariseEpochs(runs).map((epoch, i) => epochCells(epoch, counts?.[i])),
  );
  const draw = (measure: Measure) =>
    pairedFigure(
      epochChart(runs, measure),
      html`${measure === 'R2' ? 'R² by epoch.' : captions[measure]}${endingNote(counts, 'epoch')}`,
      data,
    );
  return html`<div class="pair">${await draw('Loss')}${await draw(nameScore(runs) === 'R²' ? 'R2' : 'Accuracy')}</div>`;
}

/** Charts of loss and accuracy at every step, smoothed, and a CSV file. */
export async function stepFigures(runs: readonly Run<RunOutcome>[], files: DataFiles, name: string): Promise<Html> {
  const regression = nameScore(runs) === 'R²';
  const good = successfulRuns(runs);
  const first = good[0]?.outcome;
  const stepsPerEpoch = first === undefined ? 1 : first.steps.steps / first.epochs.length;
  const total = Math.max(0, ...good.map(({ outcome }) => outcome.steps.steps));
  const stride = Math.max(1, ...good.map(({ outcome }) => outcome.steps.stride));
  // A run that stopped early has fewer steps than its stride was chosen for.
  const size = Math.ceil(smoothingWindow(Math.max(1, total)) / stride) * stride;
  const smooth = (measure: 'loss' | 'accuracy') =>
    computeSpreads(good.map(({ outcome }) => stretchMeans(outcome.steps, measure, size)));
  const [losses, accuracies] = [smooth('loss'), smooth('accuracy')];
  const middle = (i: number) => (i * size + Math.min(size, total - i * size) / 2) / stepsPerEpoch;
  const data = files.csv(
    name,
    losses.map((loss, i) => ({
      firstStep: i * size + 1,
      lastStep: Math.min((i + 1) * size, total),
      ...spreadCells('loss', loss),
      ...(regression ? {} : spreadCells('accuracy', accuracies[i] ?? null)),
    })),
  );
  const series = { ...RUNNING, name: `training, mean of ${integer(size)} steps` };
  const spread = good.length > 1 ? ` and ${good.length} runs; the band is one standard deviation over the runs` : '';
  const about = `Each point is the mean of ${integer(size)} steps${spread}.${endingNote(runsAtEpochs(runs), 'step')}`;
  const xTitle = `epochs of ${integer(stepsPerEpoch)} steps`;
  const draw = (measure: Measure, spreads: readonly Spread[]) => {
    const points = spreads.map((spread, i) => toPoint(middle(i), spread, series.name));
    const unit = regression ? 'none' : 'nats';
    const chart = measureChart(measure, { points, series: [series], thin: [series.name], xTitle, unit });
    return pairedFigure(chart, `Training ${measure.toLowerCase()} at every step. ${about}`, data);
  };
  if (regression) return html`<div class="pair">${await draw('Loss', losses)}</div>`;
  return html`<div class="pair">${await draw('Loss', losses)}${await draw('Accuracy', accuracies)}</div>`;
}

/** Number of steps to average: 1, 2 or 5 times a power of ten, which gives 150 to 375 points. */
export function smoothingWindow(steps: number): number {
  const most = Math.max(1, steps / 150);
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [5, 2].find((times) => times * power <= most) ?? 1;
  return Math.round(factor * power);
}

function toPoint(x: number, { mean, standardDeviation }: Spread, series: string): SeriesPoint {
  if (standardDeviation === null) return { x, y: mean, series };
  // A logarithmic axis has no zero. The axis ends above this limit.
  return { x, y: mean, series, low: Math.max(mean - standardDeviation, mean / 1000), high: mean + standardDeviation };
}

/** Mean and standard deviation as columns of a CSV file. */
export function spreadCells(name: string, spread: Spread | null): Record<string, Cell> {
  return { [name]: spread?.mean ?? null, [`${name}StandardDeviation`]: spread?.standardDeviation ?? null };
}

function endingNote(counts: readonly number[] | undefined, unit: 'epoch' | 'step'): string {
  if (counts === undefined) return '';
  return ` The runs have different lengths: each ${unit} is the mean of the runs that reached it, ${integer(counts[0] ?? 0)} at the start and ${integer(counts.at(-1) ?? 0)} at the end.`;
}

function epochCells({ epoch, ...measures }: EpochSummary, runs: number | undefined): Record<string, Cell> {
  const head = runs === undefined ? { epoch } : { epoch, runs };
  return Object.assign(head, ...Object.entries(measures).map(([name, spread]) => spreadCells(name, spread)));
}
