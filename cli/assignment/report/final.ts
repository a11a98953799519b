/** Report section of question 7.4: the final model on test samples. */
import type { SucceededRun } from '../../../src/format/run-file.ts';
import { formatCount, integer, percent } from '../../numbers.ts';
import { calibrationFigure } from '../../report/calibration.ts';
import { confusionTable } from '../../report/confusion.ts';
import type { DataFiles } from '../../report/data-files.ts';
import { exactDecimals, exactPercent, exactSpread } from '../../report/exact.ts';
import { dataTable, type Html, html } from '../../report/html.ts';
import { pictureAddress, weightAddress } from '../../report/pictures.ts';
import { type Run, type Spread, successfulRuns } from '../../report/summary.ts';
import type { RunData } from '../../training/run-spec.ts';
import type { ReproductionFigures, ReproductionTrials } from '../figures.ts';
import type { HardSample } from '../hardest.ts';
import { strongestUnits } from './units.ts';

export async function finalSection(
  { final }: ReproductionTrials,
  data: RunData,
  figures: ReproductionFigures['7.4'],
  files: DataFiles,
): Promise<Html> {
  const { trainingSamples, testSamples, runs } = figures;
  const [first] = successfulRuns(final.runs);
  if (first === undefined) return html`<p>No run succeeded.</p>`;
  const confusionData = files.csv('7-4-confusion', confusionRows(figures, data.training.classes));
  return html`<p>Trained on all ${integer(trainingSamples)} training samples and evaluated on ${integer(testSamples)} test samples, which influenced no choice. ${formatCount(runs.length, 'seed')}.</p>
${comparisonTable(figures, data)}
${runTable(figures)}
<h3>Confusion matrix</h3>
<p>Seed ${first.spec.training.seed}. <a href="${confusionData}">Data</a></p>
${figures.confusion === null ? undefined : confusionTable(figures.confusion, data.training.classes)}
${figures.calibration === null ? undefined : html`<h3>Calibration</h3>${await calibrationFigure(figures.calibration, `${integer(testSamples)} test samples`)}`}
${hardestSection(figures.hardest, data, files)}
${unitsSection(first, data)}`;
}

function comparisonTable(figures: ReproductionFigures['7.4'], data: RunData): Html {
  const { assignment } = figures;
  const onMnist = data.training.name === 'mnist';
  const loss = (value: number) => value.toFixed(5);
  const row = (title: string, ours: Spread | null, format: (value: number) => string, reported?: number) => [
    title,
    exactSpread(ours, format),
    reported === undefined ? '' : onMnist ? format(reported) : '–',
  ];
  const rows = [
    row('test accuracy', figures.testAccuracy, percent, assignment.testAccuracy),
    row('test loss, nats', figures.testLoss, loss, assignment.testLoss),
    row('training accuracy, running mean', figures.trainAccuracy, percent, assignment.trainAccuracy),
    row('training accuracy, final weights', figures.trainEndAccuracy, percent),
    row('training loss, running mean', figures.trainLoss, loss, assignment.trainLoss),
    row('training loss, final weights', figures.trainEndLoss, loss),
  ];
  const note = onMnist
    ? 'The assignment does not say whether its training results are running means or belong to the final weights. The table has both.'
    : 'The assignment’s results are for MNIST and are not comparable.';
  const spread = figures.runs.length > 1 ? 'Values are means ± one standard deviation over the seeds. ' : '';
  return html`${dataTable(['', 'edge-mlp', 'assignment'], rows)}<p>${spread}${note}</p>`;
}

function runTable({ runs }: ReproductionFigures['7.4']): Html {
  const rows = runs.map((run) => {
    if (!('weightsSha256' in run)) return [String(run.seed), `failed: ${run.failed}`];
    const losses = [run.testLoss, run.trainLoss, run.trainEndLoss].map(exactDecimals);
    const shares = [run.testAccuracy, run.trainAccuracy, run.trainEndAccuracy].map(exactPercent);
    return [String(run.seed), ...losses, ...shares];
  });
  const titles = ['loss', 'accuracy'].flatMap((name) => [
    `test ${name}`,
    `training ${name}, running mean`,
    `training ${name}, final weights`,
  ]);
  return dataTable(['seed', ...titles], rows);
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
    return html`<li><img src="${pictureAddress(pixels, imageShape)}" alt="A ${classes[label]}, predicted ${answers}" width="28" height="28">
<b>${classes[label]}</b> predicted <b>${answers}</b><br><small>${loss.toFixed(1)} nats · no. ${sample}</small></li>\n`;
  });
  return html`<h3>The hardest test samples</h3>
<p>Samples with the greatest mean loss over the networks of all seeds. <a href="${data}">Data</a></p>
<ul class="pictures">${items}</ul>`;
}

function unitsSection(run: Run<SucceededRun>, { training }: RunData): Html | undefined {
  if (training.imageShape === undefined) return undefined;
  const shape = training.imageShape;
  const units = strongestUnits(run);
  const limit = Math.max(
    ...units.map(({ weights }) => weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)),
  );
  const items = units.map(({ unit, weights, favours, opposes }) => {
    const about = `for ${training.classes[favours]}, against ${training.classes[opposes]}`;
    return html`<li><img src="${weightAddress(weights, shape, 0.6 * limit)}" alt="Incoming weights of hidden unit ${unit}" width="28" height="28">
<small>unit ${unit}<br>${about}</small></li>\n`;
  });
  return html`<h3>Hidden units</h3>
<p>Incoming weights of the ${units.length} hidden units with the greatest outgoing weights, of ${run.spec.layers[1] ?? 0}. Orange pixels activate a unit, blue pixels deactivate it. The caption names the class whose logit the unit raises most and the class whose logit it lowers most. Border pixels are black in every digit, so their weights keep their initial values.</p>
<ul class="pictures">${items}</ul>`;
}
