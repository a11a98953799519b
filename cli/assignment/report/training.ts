/** Questions 7.1 to 7.3. */

import type { TrialOptions } from '../../../src/core/grid.ts';
import { epochFigures, stepFigures } from '../../report/curves.ts';
import type { DataFiles } from '../../report/data-files.ts';
import { dataTable, type Html, html } from '../../report/html.ts';
import { formatNats, integer, meanAndSpread, optionText, percent } from '../../report/numbers.ts';
import { trialFigures, trialMatrix, trialTable } from '../../report/trials.ts';
import type { ReproductionFigures, ReproductionTrials } from '../figures.ts';

export async function trainingSections(
  trials: ReproductionTrials,
  figures: ReproductionFigures,
  files: DataFiles,
): Promise<Html> {
  return html`
<h2 id="q7-1">7.1 · Training and validation</h2>
${await curvesSection(trials, figures['7.1'], files)}
<h2 id="q7-2">7.2 · Mean and spread over runs</h2>
${await spreadSection(trials, figures['7.2'], files)}
<h2 id="q7-3">7.3 · Learning rates</h2>
${await ratesSection(trials, figures['7.3'], files)}`;
}

async function curvesSection(
  { repeat }: ReproductionTrials,
  figures: ReproductionFigures['7.1'],
  files: DataFiles,
): Promise<Html> {
  if (figures.epochs.length === 0) return html`<p>The run failed: ${figures.failed}</p>`;
  const captions = {
    Loss: 'One run. The running mean begins high, because it counts the first steps, too; the other two curves are of one network, at one moment.',
    Accuracy: 'The same for the share classified correctly. The axis does not begin at zero.',
  };
  return html`${await epochFigures(repeat.runs.slice(0, 1), captions, files, '7-1-epochs')}
${epochTable(figures)}
${explanation(figures)}`;
}

function epochTable({ epochs }: ReproductionFigures['7.1']): Html {
  const header = [
    'epoch',
    'training, running',
    'training, epoch’s end',
    'validation',
    'accuracy: running',
    'epoch’s end',
    'validation',
  ];
  const rows = epochs.map((epoch) => [
    String(epoch.epoch),
    formatNats(epoch.trainLoss),
    formatNats(epoch.trainEndLoss),
    epoch.validationLoss === null ? '–' : formatNats(epoch.validationLoss),
    percent(epoch.trainAccuracy),
    percent(epoch.trainEndAccuracy),
    epoch.validationAccuracy === null ? '–' : percent(epoch.validationAccuracy),
  ]);
  return dataTable(header, rows);
}

/** Every sentence holds for the figures that it stands beside, or it is not there. */
function explanation({
  epochs,
  validationBelowRunningTraining,
  validationBelowTrainingAtEpochEnd,
}: ReproductionFigures['7.1']): Html {
  const [first] = epochs;
  const last = epochs.at(-1);
  if (first === undefined || last === undefined || first.validationLoss === null || last.validationLoss === null)
    return html``;
  const below = validationBelowRunningTraining;
  const seen =
    below.length === 0
      ? html`<p>In no epoch is the validation loss below the running training loss.</p>`
      : html`<p><b>Why validation can lie below training.</b> In ${epochList(below)} the validation loss is below the running training loss. The assignment saw that, too, and suspected overfitting. But overfitting would do the opposite, and the two numbers are not of the same network: the running mean is taken while the weights still improve. After epoch 1 it is ${formatNats(first.trainLoss)}, while the network that the epoch ends with has ${formatNats(first.trainEndLoss)} on the same digits, and ${formatNats(first.validationLoss)} on the validation digits.</p>`;
  const fair =
    validationBelowTrainingAtEpochEnd.length === 0
      ? 'Compared fairly, with the weights of the epoch’s end on both sides, validation is never below training'
      : `Compared fairly, with the weights of the epoch’s end on both sides, validation is below training in ${epochList(validationBelowTrainingAtEpochEnd)} alone: these validation samples are a little easier than the training samples to a network that has seen neither often`;
  const gap = (epoch: typeof first) => (epoch.validationLoss ?? 0) - epoch.trainEndLoss;
  const grows = gap(last) > Math.max(gap(first), 0);
  return html`${seen}<p>${fair}. From validation to training the gap ${grows ? 'grows' : 'goes'} from ${formatNats(gap(first))} after the first epoch to ${formatNats(gap(last))} after the last${grows ? ': that is what overfitting begins with, and it is the third curve that shows it' : ''}.</p>`;
}

function epochList(epochs: readonly number[]): string {
  return epochs.length === 1 ? `epoch ${epochs[0]}` : `epochs ${epochs.slice(0, -1).join(', ')} and ${epochs.at(-1)}`;
}

async function spreadSection(
  { repeat }: ReproductionTrials,
  figures: ReproductionFigures['7.2'],
  files: DataFiles,
): Promise<Html> {
  const { seeds, epochs, validationSamples } = figures;
  const about =
    seeds.length > 1
      ? `${seeds.length} runs, seeds ${seeds.join(', ')}: other initial weights, and another order of the digits. Bands are one standard deviation (divisor n − 1).`
      : `One run, seed ${seeds[0]}: no spread.`;
  const captions = {
    Loss: 'Loss, epoch by epoch: the running mean of training, and both sets with the weights of the epoch’s end.',
    Accuracy: 'The same for accuracy. The axis does not begin at zero.',
  };
  const rows = epochs.map((epoch) => [
    String(epoch.epoch),
    meanAndSpread(epoch.trainLoss, formatNats),
    meanAndSpread(epoch.trainEndLoss, formatNats),
    meanAndSpread(epoch.validationLoss, formatNats),
    meanAndSpread(epoch.trainAccuracy, percent),
    meanAndSpread(epoch.trainEndAccuracy, percent),
    meanAndSpread(epoch.validationAccuracy, percent),
  ]);
  const header = [
    'epoch',
    'training loss, running',
    'epoch’s end',
    'validation loss',
    'training accuracy, running',
    'epoch’s end',
    'validation accuracy',
  ];
  return html`<p>${about}</p>
<h3>Per step</h3>
<p>Of training: the validation samples are measured once an epoch, for after every step they would be ${integer(validationSamples)} samples to measure for one to learn from.</p>
${await stepFigures(repeat.runs, files, '7-2-steps')}
<h3>Per epoch</h3>
${await epochFigures(repeat.runs, captions, files, '7-2-epochs')}
${dataTable(header, rows)}`;
}

const RATE: (keyof TrialOptions)[] = ['learningRate'];

async function ratesSection(
  { learningRates, wide }: ReproductionTrials,
  figures: ReproductionFigures['7.3'],
  files: DataFiles,
): Promise<Html> {
  const runs = learningRates[0]?.runs.length ?? 1;
  const best =
    figures.best === null
      ? html`<p>None has a validation loss.</p>`
      : html`<p>By validation loss the best is <b>${String(figures.best)}</b>. ${edgeRemark(figures)}</p>`;
  return html`<p>The same network and ${runs === 1 ? 'seed' : `${runs} seeds`}, other learning rates.</p>
${trialTable(learningRates, RATE)}
${best}
${await trialFigures(learningRates, RATE, files, '7-3-epochs')}
${wideSection(wide, figures.wide)}`;
}

/** The best of a list that is its end may have better neighbours. */
function edgeRemark({ best, trials, wide }: ReproductionFigures['7.3']): string {
  const greatest = Math.max(...trials.map(({ options }) => options.learningRate));
  if (best !== greatest) return '';
  return `It is the greatest of them, so a greater one may be better still${wide === null ? '; --wide looks further' : ''}.`;
}

function wideSection(
  trials: ReproductionTrials['wide'],
  figures: ReproductionFigures['7.3']['wide'],
): Html | undefined {
  if (figures === null) return undefined;
  const best =
    figures.best === null
      ? ''
      : `By validation loss the best is ${optionText(figures.best.hidden)} hidden units at ${figures.best.learningRate}.`;
  return html`<h3>Further: hidden units by learning rates</h3>
<p>Validation accuracy, one run each. ${best}</p>
${trialMatrix(trials, ['hidden', 'learningRate'])}`;
}
