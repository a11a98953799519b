/** Trials beside each other: a table, and curves of each. */
import type { TrialOptions } from '../../src/core/grid.ts';
import { bestTrial, failed, summariseEpochs, summariseRuns, type Trial } from '../experiments/summary.ts';
import { type LineChart, lineChart, PAIR_WIDTH, type Series, styled } from './charts.ts';
import { spreadCells } from './curves.ts';
import type { DataFiles } from './data-files.ts';
import { dataTable, figure, type Html, html } from './html.ts';
import { formatNats, meanAndSpread, optionText, percent } from './numbers.ts';

/** How people call the options, and their values. */
const OPTION_NAMES: Record<keyof TrialOptions, string> = {
  hidden: 'hidden',
  activation: 'activation',
  init: 'initial weights',
  epochs: 'epochs',
  learningRate: 'learning rate',
  batchSize: 'batch size',
  momentum: 'momentum',
  nesterov: "Nesterov's momentum",
  weightDecay: 'weight decay',
  schedule: 'schedule',
  warmupEpochs: 'warm-up epochs',
  averageEpochs: 'average epochs',
  patience: 'patience',
  augment: 'augmentation',
};

/** What tells a trial from the others: `hidden 100, learning rate 0.03`. */
export function trialLabel(options: TrialOptions, varied: readonly (keyof TrialOptions)[]): string {
  return varied.map((name) => `${OPTION_NAMES[name]} ${optionText(options[name])}`).join(', ');
}

/** So many lines can still be told apart. */
const LINES_SHOWN = 6;

/** Mean ± standard deviation of every trial, the best marked; what failed, and why. */
export function trialTable(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): Html {
  const rows = trials.map(({ options, runs }) => {
    const summary = summariseRuns(runs);
    return [
      trialLabel(options, varied),
      `${runs.length - summary.failed.length} of ${runs.length}`,
      meanAndSpread(summary.trainEndLoss, formatNats),
      meanAndSpread(summary.trainEndAccuracy, percent),
      meanAndSpread(summary.validationLoss, formatNats),
      meanAndSpread(summary.validationAccuracy, percent),
      meanAndSpread(summary.seconds, (seconds) => seconds.toFixed(1)),
    ];
  });
  const header = [
    '',
    'runs',
    'training loss',
    'training accuracy',
    'validation loss',
    'validation accuracy',
    'seconds',
  ];
  return html`${dataTable(header, rows, bestTrial(trials))}${failureList(trials, varied)}`;
}

function failureList(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): Html | undefined {
  const items = trials.flatMap(({ options, runs }) =>
    failed(runs).map(
      ({ spec, outcome }) =>
        html`<li>${trialLabel(options, varied)}, seed ${spec.training.seed}: ${outcome.reason}</li>`,
    ),
  );
  return items.length === 0 ? undefined : html`<p>Failed:</p><ul>${items}</ul>`;
}

/** Validation and training loss of every trial, or of the best ones where there are too many to be told apart. */
export async function trialFigures(
  trials: readonly Trial[],
  varied: readonly (keyof TrialOptions)[],
  files: DataFiles,
  name: string,
): Promise<Html> {
  const shown = shownTrials(trials).map(({ options, runs }) => ({
    label: trialLabel(options, varied),
    epochs: summariseEpochs(runs),
  }));
  const data = files.csv(
    name,
    trials.flatMap(({ options, runs }) =>
      summariseEpochs(runs).map(({ epoch, ...measures }) => ({
        ...Object.fromEntries(varied.map((option) => [option, optionText(options[option])])),
        epoch,
        ...Object.assign({}, ...Object.entries(measures).map(([measure, spread]) => spreadCells(measure, spread))),
      })),
    ),
  );
  const series = styled(shown.map(({ label }) => label));
  const chart = (measure: 'trainEndLoss' | 'validationLoss' | 'trainEndAccuracy' | 'validationAccuracy') => {
    const points = shown.flatMap(({ label, epochs }) =>
      epochs.flatMap((epoch) => {
        const mean = epoch[measure]?.mean;
        return mean === undefined ? [] : [{ x: epoch.epoch, y: mean, series: label }];
      }),
    );
    return lineChart(measureChart(points, series, measure));
  };
  const few = fewNote(shown.length, trials);
  return html`<div class="pair">
${figure(await chart('trainEndLoss'), `Training loss, with the weights of the epoch’s end.${few}`, data)}
${figure(await chart('validationLoss'), `Validation loss.${few}`, data)}
${figure(await chart('trainEndAccuracy'), 'Training accuracy, with the weights of the epoch’s end.', data)}
${figure(await chart('validationAccuracy'), 'Validation accuracy. The axis does not begin at zero.', data)}
</div>`;
}

/** Why some trials have no line. */
function fewNote(shown: number, trials: readonly Trial[]): string {
  if (shown === trials.length) return '';
  if (shown < LINES_SHOWN) return ' Trials without a run that succeeded have no line.';
  return ` The ${shown} trials of the least loss are shown.`;
}

function measureChart(points: LineChart['points'], series: readonly Series[], measure: string): LineChart {
  const loss = measure.endsWith('Loss');
  return {
    points: loss ? points.filter(({ y }) => y > 0) : points,
    series,
    width: PAIR_WIDTH,
    xTitle: 'epochs',
    yTitle: loss ? 'loss, formatNats (log scale)' : 'share classified correctly',
    ...(loss ? { yScale: 'log', yFormat: '~g' } : { yFormat: '%' }),
  };
}

/** Those that have anything to show, in their own order. */
function shownTrials(trials: readonly Trial[]): Trial[] {
  const ranked = trials
    .map((trial) => ({ trial, loss: rankingLoss(trial) }))
    .filter((item) => item.loss !== undefined)
    .sort((a, b) => (a.loss ?? 0) - (b.loss ?? 0))
    .slice(0, LINES_SHOWN);
  const chosen = new Set(ranked.map(({ trial }) => trial));
  return trials.filter((trial) => chosen.has(trial));
}

function rankingLoss({ runs }: Trial): number | undefined {
  const { validationLoss, trainEndLoss } = summariseRuns(runs);
  return (validationLoss ?? trainEndLoss)?.mean;
}

/** One number for each pair of values of two options: which region is good. */
export function trialMatrix(
  trials: readonly Trial[],
  [rowOption, columnOption]: readonly [keyof TrialOptions, keyof TrialOptions],
): Html {
  const texts = (option: keyof TrialOptions) => [...new Set(trials.map(({ options }) => optionText(options[option])))];
  const columns = texts(columnOption);
  const readAccuracy = (row: string, column: string): string => {
    const trial = trials.find(
      ({ options }) => optionText(options[rowOption]) === row && optionText(options[columnOption]) === column,
    );
    return meanAndSpread(trial === undefined ? null : summariseRuns(trial.runs).validationAccuracy, percent);
  };
  const header = [`${OPTION_NAMES[rowOption]} \\ ${OPTION_NAMES[columnOption]}`, ...columns];
  return dataTable(
    header,
    texts(rowOption).map((row) => [row, ...columns.map((column) => readAccuracy(row, column))]),
  );
}
