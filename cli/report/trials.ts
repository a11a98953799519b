/** Comparison of trials: tables and curves. */
import type { TrialOptions } from '../../src/core/grid.ts';
import { formatNats, optionText } from '../numbers.ts';
import { assignStyles } from './charts.ts';
import { measureChart, pairedFigure, spreadCells } from './curves.ts';
import type { DataFiles } from './data-files.ts';
import { exactScore, exactSpread } from './exact.ts';
import { dataTable, type Html, html } from './html.ts';
import {
  bestTrial,
  type EpochMeasure,
  failedRuns,
  isBetterScore,
  nameScore,
  scoreTrials,
  summariseEpochs,
  summariseRuns,
  type Trial,
} from './summary.ts';
import { OPTION_NAMES, trialLabel } from './trial-label.ts';

/** More lines in one chart are not distinguishable. */
const LINES_SHOWN = 6;

/** Mean ± standard deviation of every trial with the best one marked, and the failed runs. */
export function trialTable(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): Html {
  const rows = trials.map(({ options, runs }) => {
    const summary = summariseRuns(runs);
    return [
      trialLabel(options, varied),
      // First, because a phone shows two of these columns.
      exactScore(summary.validationAccuracy, summary.validationR2),
      exactSpread(summary.validationLoss, formatNats),
      exactScore(summary.trainEndAccuracy, summary.trainEndR2),
      exactSpread(summary.trainEndLoss, formatNats),
      `${runs.length - summary.failed.length} of ${runs.length}`,
      exactSpread(summary.seconds, (seconds) => seconds.toFixed(1)),
    ];
  });
  const score = nameScore(trials.flatMap(({ runs }) => runs));
  const titles = ['validation', 'training'].flatMap((part) => [`${part} ${score}`, `${part} loss`]);
  return html`${dataTable(['', ...titles, 'runs', 'seconds'], rows, bestTrial(trials)?.index)}${failureList(trials, varied)}`;
}

function failureList(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): Html | undefined {
  const items = trials.flatMap(({ options, runs }) =>
    failedRuns(runs).map(
      ({ spec, outcome }) =>
        html`<li>${trialLabel(options, varied)}, seed ${spec.training.seed}: ${outcome.reason}</li>`,
    ),
  );
  return items.length === 0 ? undefined : html`<p>Failed runs:</p><ul>${items}</ul>`;
}

/** Curves of every trial, or of the best trials if there are many, and a CSV file of all trials. */
export async function trialFigures(
  trials: readonly Trial[],
  varied: readonly (keyof TrialOptions)[],
  files: DataFiles,
  name: string,
): Promise<Html> {
  const shown = selectTrials(trials).map(({ options, runs }) => ({
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
  const series = assignStyles(shown.map(({ label }) => label));
  const regression = nameScore(trials.flatMap(({ runs }) => runs)) === 'R²';
  const draw = (name: EpochMeasure, caption: string) => {
    const points = shown.flatMap(({ label, epochs }) =>
      epochs.flatMap((epoch) => {
        const mean = epoch[name]?.mean;
        return mean === undefined ? [] : [{ x: epoch.epoch, y: mean, series: label }];
      }),
    );
    const measure = name.endsWith('Loss') ? 'Loss' : name.endsWith('R2') ? 'R2' : 'Accuracy';
    return pairedFigure(measureChart(measure, { points, series, unit: regression ? 'none' : 'nats' }), caption, data);
  };
  const few = fewNote(shown.length, trials);
  const score = regression ? ({ key: 'R2', text: 'R²' } as const) : ({ key: 'Accuracy', text: 'accuracy' } as const);
  return html`<div class="pair">
${await draw('trainEndLoss', `Training loss at the end of the epoch.${few}`)}
${await draw('validationLoss', `Validation loss.${few}`)}
${await draw(`trainEnd${score.key}`, `Training ${score.text} at the end of the epoch. The axis does not start at zero.`)}
${await draw(`validation${score.key}`, `Validation ${score.text}. The axis does not start at zero.`)}
</div>`;
}

function fewNote(shown: number, trials: readonly Trial[]): string {
  if (shown === trials.length) return '';
  if (shown < LINES_SHOWN) return ' Trials without a successful run have no line.';
  return ` Only the best ${shown} trials are shown.`;
}

/** The best trials, in the order of the table. */
function selectTrials(trials: readonly Trial[]): Trial[] {
  const ranked = scoreTrials(trials)
    .flatMap((score, i) => (score === undefined ? [] : [{ trial: trials[i], score }]))
    .sort((a, b) => Number(isBetterScore(b.score, a.score)) - Number(isBetterScore(a.score, b.score)));
  const chosen = new Set(ranked.slice(0, LINES_SHOWN).map(({ trial }) => trial));
  return trials.filter((trial) => chosen.has(trial));
}

/** Validation accuracy or R² for each pair of values of two options. */
export function trialMatrix(
  trials: readonly Trial[],
  [rowOption, columnOption]: readonly [keyof TrialOptions, keyof TrialOptions],
): Html {
  const texts = (option: keyof TrialOptions) => [...new Set(trials.map(({ options }) => optionText(options[option])))];
  const columns = texts(columnOption);
  const readScore = (row: string, column: string): Html | string => {
    const trial = trials.find(
      ({ options }) => optionText(options[rowOption]) === row && optionText(options[columnOption]) === column,
    );
    const { validationAccuracy = null, validationR2 } = trial === undefined ? {} : summariseRuns(trial.runs);
    return exactScore(validationAccuracy, validationR2);
  };
  const header = [`${OPTION_NAMES[rowOption]} \\ ${OPTION_NAMES[columnOption]}`, ...columns];
  return dataTable(
    header,
    texts(rowOption).map((row) => [row, ...columns.map((column) => readScore(row, column))]),
  );
}
