/** Sections of a report about a regression: measures, predicted against actual values, and residuals. */
import { type Dataset, labelWidth, sampleCount } from '../../src/core/dataset.ts';
import { evaluateRegression, type RegressionEvaluation } from '../../src/core/evaluate-regression.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { unscaleTargets } from '../../src/core/targets.ts';
import { integer, roundedNumber } from '../numbers.ts';
import { pairedScatter, type ScatterChart } from './charts.ts';
import { dataTable, figure, type Html, html, tiles } from './html.ts';

/** More points cover each other: the plots show samples at even distances. */
const MOST_POINTS = 1500;

/** Targets that have plots. */
const MOST_TARGETS = 4;

/** `about` names the samples: `88 validation samples`. */
export async function regressionSections(mlp: Mlp, dataset: Dataset, about: string): Promise<Html> {
  const evaluation = evaluateRegression(mlp, dataset);
  const plots: Html[] = [];
  for (const [i, { name }] of evaluation.targets.slice(0, MOST_TARGETS).entries()) {
    plots.push(await targetPlots(mlp, dataset, { i, name, about }));
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
    ['R²', r2.toFixed(4)],
    ['RMSE', roundedNumber(rmse)],
    ['RMSE of the baseline', roundedNumber(baseline.rmse)],
    ['MAE', roundedNumber(mae)],
    ['MAE of the baseline', roundedNumber(baseline.mae)],
  ]);
}

function measureTable({ targets, rmse, mae, r2, baseline }: RegressionEvaluation): Html {
  const rows = targets.map((target) => [
    target.name,
    target.r2.toFixed(4),
    roundedNumber(target.rmse),
    roundedNumber(target.mae),
  ]);
  if (targets.length > 1) rows.push(['mean of the targets', r2.toFixed(4), roundedNumber(rmse), roundedNumber(mae)]);
  rows.push(['baseline', '–', roundedNumber(baseline.rmse), roundedNumber(baseline.mae)]);
  return dataTable(['target', 'R²', 'RMSE', 'MAE'], rows);
}

async function targetPlots(
  mlp: Mlp,
  dataset: Dataset,
  { i, name, about }: { readonly i: number; readonly name: string; readonly about: string },
): Promise<Html> {
  const points = readPoints(mlp, dataset, i);
  const shown = points.length < sampleCount(dataset) ? `${integer(points.length)} of ${about}` : about;
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
  const figures = plots.map((plot, at) => figure(html`<div class="wide">${plot}</div>`, texts[at] ?? ''));
  return html`<div class="pair">${figures}</div>`;
}

/** Actual and predicted values of target `i`, in the unit of the table. */
function readPoints(mlp: Mlp, dataset: Dataset, i: number): { actual: number; value: number }[] {
  const { targets = [], labels, inputs } = dataset;
  const [values, actual] = [mlp.predictValues(inputs), labels].map((numbers) => unscaleTargets(numbers, targets));
  const samples = sampleCount(dataset);
  const step = Math.max(1, samples / MOST_POINTS);
  return Array.from({ length: Math.ceil(samples / step) }, (_, n) => {
    const at = Math.floor(n * step) * labelWidth(dataset) + i;
    return { actual: actual?.[at] ?? 0, value: values?.[at] ?? 0 };
  });
}
