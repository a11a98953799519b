/** Question 7.4: the final model, on digits that it has not seen. */

import type { HardSample } from '../../experiments/hardest.ts';
import type { RunData } from '../../experiments/run.ts';
import { succeeded } from '../../experiments/summary.ts';
import { confusionTable } from '../../report/confusion.ts';
import type { DataFiles } from '../../report/data-files.ts';
import { dataTable, type Html, html } from '../../report/html.ts';
import { formatCount, formatNats, integer, meanAndSpread, percent } from '../../report/numbers.ts';
import { pictureAddress, weightAddress } from '../../report/pictures.ts';
import type { ReproductionFigures, ReproductionTrials } from '../figures.ts';
import { type Pictured, parameterShapes, strongestUnits } from './units.ts';

export function finalSection(
  { final }: ReproductionTrials,
  data: RunData,
  figures: ReproductionFigures['7.4'],
  files: DataFiles,
): Html {
  const { trainingSamples, testSamples, runs } = figures;
  const [first] = succeeded(final.runs);
  if (first === undefined) return html`<p>No run succeeded.</p>`;
  const confusionData = files.csv('7-4-confusion', confusionRows(figures, data.training.classes));
  return html`<p>All ${integer(trainingSamples)} training samples, measured on ${integer(testSamples)} that no choice was made by. ${formatCount(runs.length, 'seed')}.</p>
${comparisonTable(figures, data)}
${runTable(figures)}
<h3>Who is taken for whom</h3>
<p>Seed ${first.spec.training.seed}. Rows are the true class, columns the predicted one; blue are the right answers, orange the mistakes. <a href="${confusionData}">Data</a></p>
${figures.confusion === null ? undefined : confusionTable(figures.confusion, data.training.classes)}
${hardestSection(figures.hardest, data, files)}
${unitsSection(parameterShapes(first), data)}`;
}

/** Ours beside the assignment's. */
function comparisonTable(figures: ReproductionFigures['7.4'], data: RunData): Html {
  const { assignment } = figures;
  const beside = (value: number, format: (value: number) => string) =>
    data.training.name === 'mnist' ? format(value) : '–';
  const rows = [
    ['test accuracy', meanAndSpread(figures.testAccuracy, percent), beside(assignment.testAccuracy, percent)],
    [
      'test loss, nats',
      meanAndSpread(figures.testLoss, (loss) => loss.toFixed(5)),
      beside(assignment.testLoss, String),
    ],
    [
      'training accuracy, running mean',
      meanAndSpread(figures.trainAccuracy, percent),
      beside(assignment.trainAccuracy, percent),
    ],
    ['training accuracy, final weights', meanAndSpread(figures.trainEndAccuracy, percent), ''],
    [
      'training loss, running mean',
      meanAndSpread(figures.trainLoss, (loss) => loss.toFixed(5)),
      beside(assignment.trainLoss, String),
    ],
    ['training loss, final weights', meanAndSpread(figures.trainEndLoss, (loss) => loss.toFixed(5)), ''],
  ];
  const note =
    data.training.name === 'mnist'
      ? 'The assignment does not say whether its training figures are running means or of the final weights; both of ours are here.'
      : 'The assignment’s figures are for MNIST and cannot stand beside these.';
  const ours = figures.runs.length > 1 ? 'Ours are means ± one standard deviation over the seeds. ' : '';
  return html`${dataTable(['', 'ours', 'the assignment'], rows)}<p>${ours}${note}</p>`;
}

function runTable({ runs }: ReproductionFigures['7.4']): Html {
  const rows = runs.map((run) => {
    if (!('weightsSha256' in run)) return [String(run.seed), `failed: ${run.failed}`];
    return [
      String(run.seed),
      ...[run.testLoss ?? Number.NaN, run.trainLoss ?? Number.NaN, run.trainEndLoss ?? Number.NaN].map(formatNats),
      ...[run.testAccuracy ?? Number.NaN, run.trainAccuracy ?? Number.NaN, run.trainEndAccuracy ?? Number.NaN].map(
        (share) => percent(share),
      ),
    ];
  });
  const header = [
    'seed',
    'test loss',
    'training loss, running',
    'final weights',
    'test accuracy',
    'training accuracy, running',
    'final weights',
  ];
  return dataTable(header, rows);
}

function confusionRows({ confusion }: ReproductionFigures['7.4'], classes: readonly string[]) {
  return (confusion ?? []).map((row, label) => ({
    class: classes[label] ?? label,
    ...Object.fromEntries(row.map((count, predicted) => [`predicted ${classes[predicted]}`, count])),
  }));
}

function hardestSection(hardest: readonly HardSample[], { test }: RunData, files: DataFiles): Html | undefined {
  if (test?.imageShape === undefined || hardest.length === 0) return undefined;
  const { imageShape, inputs, columns, classes } = test;
  const data = files.csv(
    '7-4-hardest',
    hardest.map(({ sample, label, loss, predicted }) => ({
      sample,
      class: classes[label] ?? label,
      loss,
      predicted: predicted.map((answer) => classes[answer]).join(' '),
    })),
  );
  const items = hardest.map(({ sample, label, loss, predicted }) => {
    const pixels = inputs.subarray(sample * columns, (sample + 1) * columns);
    const answers = [...new Set(predicted)].map((answer) => classes[answer]).join(' or ');
    return html`<li><img src="${pictureAddress(pixels, imageShape)}" alt="A ${classes[label]}, taken for ${answers}" width="28" height="28">
<b>${classes[label]}</b> taken for <b>${answers}</b><br><small>${loss.toFixed(1)} formatNats · no. ${sample}</small></li>\n`;
  });
  return html`<h3>The hardest test samples</h3>
<p>By mean loss over the networks of all seeds, in formatNats. <a href="${data}">Data</a></p>
<ul class="pictures">${items}</ul>`;
}

function unitsSection(pictured: Pictured, { training }: RunData): Html | undefined {
  if (training.imageShape === undefined) return undefined;
  const shape = training.imageShape;
  const units = strongestUnits(pictured);
  const limit = Math.max(
    ...units.map(({ weights }) => weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)),
  );
  const items = units.map(({ unit, weights, favours, opposes }) => {
    const about = `for ${training.classes[favours]}, against ${training.classes[opposes]}`;
    return html`<li><img src="${weightAddress(weights, shape, 0.6 * limit)}" alt="Incoming weights of hidden unit ${unit}" width="28" height="28">
<small>unit ${unit}<br>${about}</small></li>\n`;
  });
  return html`<h3>What hidden units look for</h3>
<p>Weights from the pixels to ${units.length} of ${pictured.hidden} hidden units, those with the strongest outgoing weights: orange pixels turn a unit on, blue ones turn it off. Below is the class whose logit the unit raises most, and the one that it lowers most. Pixels at the border, black in every digit, keep the noise that they began with.</p>
<ul class="pictures">${items}</ul>`;
}
