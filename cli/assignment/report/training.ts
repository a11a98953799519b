/** Report sections of questions 7.1 to 7.3. */
import type { TrialOptions } from '../../../src/core/grid.ts';
import { formatNats, integer, optionText, percent } from '../../numbers.ts';
import { epochFigures, stepFigures } from '../../report/curves.ts';
import type { DataFiles } from '../../report/data-files.ts';
import { exactDecimals, exactPercent, exactSpread } from '../../report/exact.ts';
import { dataTable, type Html, html } from '../../report/html.ts';
import type { CommonMeasure } from '../../report/summary.ts';
import { trialFigures, trialMatrix, trialTable } from '../../report/trials.ts';
import type { ReproductionFigures, ReproductionTrials } from '../figures.ts';
import { question } from './questions.ts';

export async function trainingSections(
  trials: ReproductionTrials,
  figures: ReproductionFigures,
  files: DataFiles,
): Promise<Html> {
  return html`
<h2 id="q7-1">7.1 · Training and validation</h2>
${question('7.1')}
${await curvesSection(trials, figures['7.1'], files)}
<h2 id="q7-2">7.2 · Mean and spread over runs</h2>
${question('7.2')}
${await spreadSection(trials, figures['7.2'], files)}
<h2 id="q7-3">7.3 · Learning rates</h2>
${question('7.3')}
${await ratesSection(trials, figures['7.3'], files)}`;
}

async function curvesSection(
  { repeat }: ReproductionTrials,
  figures: ReproductionFigures['7.1'],
  files: DataFiles,
): Promise<Html> {
  if (figures.epochs.length === 0) return html`<p>The run failed: ${figures.failed}</p>`;
  const captions = {
    Loss: 'Loss of one run. The running mean includes the first steps of the epoch, so it starts high. The other two curves use the weights at the end of the epoch.',
    Accuracy: 'Accuracy of the same run. The axis does not start at zero.',
  };
  return html`${await epochFigures(repeat.runs.slice(0, 1), captions, files, '7-1-epochs')}
${epochTable(figures.epochs, exactDecimals, exactPercent)}
${explanation(figures)}`;
}

/** A table by epoch. `loss` and `accuracy` format the values. */
function epochTable<Value>(
  epochs: readonly ({ readonly epoch: number } & { readonly [Name in CommonMeasure]: Value | null })[],
  loss: (value: Value) => Html | string,
  accuracy: (value: Value) => Html | string,
): Html {
  const titles = ['loss', 'accuracy'].flatMap((measure) => [
    `training ${measure}, running mean`,
    `training ${measure}, end of epoch`,
    `validation ${measure}`,
  ]);
  const rows = epochs.map((epoch) => {
    const cell = (name: CommonMeasure, format: (value: Value) => Html | string) => {
      const value = epoch[name];
      return value === null ? '–' : format(value);
    };
    const losses = (['trainLoss', 'trainEndLoss', 'validationLoss'] as const).map((name) => cell(name, loss));
    const accuracies = (['trainAccuracy', 'trainEndAccuracy', 'validationAccuracy'] as const).map((name) =>
      cell(name, accuracy),
    );
    return [String(epoch.epoch), ...losses, ...accuracies];
  });
  return dataTable(['epoch', ...titles], rows);
}

/** Each sentence appears only if the results support it. */
function explanation({
  epochs,
  validationBelowRunningTraining,
  validationBelowTrainingAtEpochEnd,
}: ReproductionFigures['7.1']): Html {
  const [first] = epochs;
  const last = epochs.at(-1);
  if (first === undefined || last === undefined || first.validationLoss === null || last.validationLoss === null) {
    return html``;
  }
  const below = validationBelowRunningTraining;
  const seen =
    below.length === 0
      ? html`<p>The validation loss is never below the running training loss.</p>`
      : html`<p><b>Why validation can lie below training.</b> In ${epochList(below)} the validation loss is below the running training loss. The assignment reports the same and suspects overfitting. Overfitting would have the opposite effect. The two numbers belong to different weights: the running mean is taken while the weights still improve. In epoch 1 the running mean is ${formatNats(first.trainLoss)}. With the weights at the end of the epoch, the loss is ${formatNats(first.trainEndLoss)} on the training digits and ${formatNats(first.validationLoss)} on the validation digits.</p>`;
  const fair =
    validationBelowTrainingAtEpochEnd.length === 0
      ? 'With the weights at the end of the epoch, the validation loss is never below the training loss'
      : `With the weights at the end of the epoch, the validation loss is below the training loss only in ${epochList(validationBelowTrainingAtEpochEnd)}: these validation samples are slightly easier than the training samples`;
  const gap = (epoch: typeof first) => (epoch.validationLoss ?? 0) - epoch.trainEndLoss;
  const grows = gap(last) > Math.max(gap(first), 0);
  return html`${seen}<p>${fair}. The gap between validation and training loss ${grows ? 'grows' : 'changes'} from ${formatNats(gap(first))} after the first epoch to ${formatNats(gap(last))} after the last.${grows ? ' This is the beginning of overfitting.' : ''}</p>`;
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
      ? `${seeds.length} runs with seeds ${seeds.join(', ')}, which determine initial weights and sample order. Bands are one standard deviation (divisor n − 1).`
      : `One run with seed ${seeds[0]}, without a standard deviation.`;
  const captions = {
    Loss: 'Loss by epoch: running training mean, and both sets with the weights at the end of the epoch.',
    Accuracy: 'Accuracy by epoch. The axis does not start at zero.',
  };
  return html`<p>${about}</p>
<h3>Per step</h3>
<p>Training only. The ${integer(validationSamples)} validation samples are measured once an epoch: a measurement after every step would take ${integer(validationSamples)} predictions for each training sample.</p>
${await stepFigures(repeat.runs, files, '7-2-steps')}
<h3>Per epoch</h3>
${await epochFigures(repeat.runs, captions, files, '7-2-epochs')}
${epochTable(
  epochs,
  (loss) => exactSpread(loss, formatNats),
  (accuracy) => exactSpread(accuracy, percent),
)}`;
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
      ? html`<p>No learning rate has a validation loss.</p>`
      : html`<p>The learning rate with the highest validation accuracy is <b>${String(figures.best)}</b>. ${edgeRemark(figures)}</p>`;
  return html`<p>The same network and ${runs === 1 ? 'seed' : `${runs} seeds`} with different learning rates.</p>
${trialTable(learningRates, RATE)}
${best}
${await trialFigures(learningRates, RATE, files, '7-3-epochs')}
${wideSection(wide, figures.wide)}`;
}

function edgeRemark({ best, trials, wide }: ReproductionFigures['7.3']): string {
  const greatest = Math.max(...trials.map(({ options }) => options.learningRate));
  if (best !== greatest) return '';
  return `It is the greatest value of the list, so a greater learning rate may be better${wide === null ? ' (see --wide)' : ''}.`;
}

function wideSection(
  trials: ReproductionTrials['wide'],
  figures: ReproductionFigures['7.3']['wide'],
): Html | undefined {
  if (figures === null) return undefined;
  const best =
    figures.best === null
      ? ''
      : `The highest accuracy has ${optionText(figures.best.hidden)} hidden units and learning rate ${figures.best.learningRate}.`;
  return html`<h3>Hidden units and learning rates</h3>
<p>Validation accuracy of one run each. ${best}</p>
${trialMatrix(trials, ['hidden', 'learningRate'])}`;
}
