/** Sections of a report about a regression: measures, predicted against actual values, and residuals. */
import { type Dataset, labelWidth, sampleCount } from '../../src/core/dataset.ts';
import { evaluateRegression, type RegressionEvaluation } from '../../src/core/evaluate-regression.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { unscaleTargets } from '../../src/core/targets.ts';
import { integer, roundedNumber } from '../numbers.ts';
import { pairedScatter, type ScatterChart } from './charts.ts';
import { exact, exactDecimals } from './exact.ts';
import { dataTable, figure, type Html, html, tiles } from './html.ts';

/** More points cover each other: the plots show samples at even distances. */
const MOST_POINTS = 1500;

/** Targets that have plots. */
const MOST_TARGETS = 4;

/** `about` names the samples: `88 validation samples`. */
export async function regressionSections(mlp: Mlp, dataset: Dataset, about: string): Promise<Html> {
  const evaluation = evaluateRegression(mlp, dataset);
  const { inputs, labels, targets = [] } = dataset;
  const values = unscaleTargets(mlp.predictValues(inputs), targets);
  const actual = unscaleTargets(labels, targets);
  const plots: Html[] = [];
  for (const [i, { name }] of evaluation.targets.slice(0, MOST_TARGETS).entries()) {
    const points = pickPoints(dataset, i).map((at) => ({ actual: actual[at] ?? 0, value: values[at] ?? 0 }));
    plots.push(
      await targetPlots(
        points,
        name,
        points.length < sampleCount(dataset) ? `${integer(points.length)} of ${about}` : about,
      ),
    );
  }
  return html`${measureTiles(evaluation)}
<h2>Measures</h2>
<p>Measured on ${about}, in the units of the targets. The baseline predicts the mean of the training set.</p>
${measureTable(evaluation)}
<h2>Predicted against actual</h2>
${plots}`;
}

function measureTiles({ rmse, mae, r2, baseline }: RegressionEvaluation): Html {
  return tiles([
    ['R²', exactDecimals(r2)],
    ['RMSE', exact(rmse, roundedNumber)],
    ['RMSE of the baseline', exact(baseline.rmse, roundedNumber)],
    ['MAE', exact(mae, roundedNumber)],
    ['MAE of the baseline', exact(baseline.mae, roundedNumber)],
  ]);
}

function measureTable({ targets, rmse, mae, r2, baseline }: RegressionEvaluation): Html {
  const rows: (Html | string)[][] = targets.map((target) => [
    target.name,
    exactDecimals(target.r2),
    exact(target.rmse, roundedNumber),
    exact(target.mae, roundedNumber),
  ]);
  if (targets.length > 1)
    rows.push(['mean of the targets', exactDecimals(r2), exact(rmse, roundedNumber), exact(mae, roundedNumber)]);
  rows.push(['baseline', '–', exact(baseline.rmse, roundedNumber), exact(baseline.mae, roundedNumber)]);
  return dataTable(['target', 'R²', 'RMSE', 'MAE'], rows);
}

/** An actual and a predicted value, in the unit of the table. */
interface Point {
  readonly actual: number;
  readonly value: number;
}

async function targetPlots(points: readonly Point[], name: string, shown: string): Promise<Html> {
  const predicted: ScatterChart = {
    points: points.map(({ actual, value }) => ({ x: actual, y: value })),
    xTitle: `actual ${name}`,
    yTitle: `predicted ${name}`,
    line: 'diagonal',
  };
  const residuals: ScatterChart = {
    points: points.map(({ actual, value }) => ({ x: value, y: actual - value })),
    xTitle: `predicted ${name}`,
    yTitle: 'actual − predicted',
    line: 'zero',
  };
  const texts = [
    `Predicted against actual ${name}, ${shown}. Points of exact predictions lie on the diagonal.`,
    `Residuals of ${name}, ${shown}. A pattern around the line is structure that the network has not learnt.`,
  ];
  const plots = [await pairedScatter(predicted), await pairedScatter(residuals)];
  const figures = plots.map((plot, at) => figure(html`<div class="wide" tabindex="0">${plot}</div>`, texts[at] ?? ''));
  return html`<div class="pair">${figures}</div>`;
}

/** Places of the values of target `i` of samples at even distances. */
function pickPoints(dataset: Dataset, i: number): number[] {
  const samples = sampleCount(dataset);
  const count = Math.min(samples, MOST_POINTS);
  return Array.from({ length: count }, (_, n) => Math.floor((n * samples) / count) * labelWidth(dataset) + i);
}
