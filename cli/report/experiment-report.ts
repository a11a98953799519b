/** The report of `repeat` and `sweep`: comparison of trials, and details of the best one. */
import type { ProbabilityEvaluation } from '../../src/core/evaluate-probabilities.ts';
import type { TrialOptions } from '../../src/core/grid.ts';
import type { MeasuredRun } from '../../src/format/run-file.ts';
import { formatCount, formatNats, integer, optionText, percent } from '../numbers.ts';
import { calibrationFigure } from './calibration.ts';
import { classTable, confusionTable } from './confusion.ts';
import { epochFigures, stepFigures } from './curves.ts';
import { DataFiles, type ReportFolder } from './data-files.ts';
import { exactScore, exactSpread, spreadTile } from './exact.ts';
import { dataTable, type Html, html, page, tiles } from './html.ts';
import { type Provenance, provenanceSection } from './provenance.ts';
import {
  type FullTrial,
  failedRuns,
  haveUnlikeLosses,
  nameScore,
  pickMeasured,
  type Run,
  successfulRuns,
  summariseRuns,
  type Trial,
} from './summary.ts';
import { trialLabel } from './trial-label.ts';
import { trialFigures, trialMatrix, trialTable } from './trials.ts';

export interface ExperimentReport {
  readonly trials: readonly Trial[];
  /** The best trial, or the only one. */
  readonly best: FullTrial | undefined;
  /** The first run of `best` on its test or validation samples; undefined without them, and for data of a service. */
  readonly probabilities: ProbabilityEvaluation | undefined;
  /** Options that differ between the trials; empty for `repeat`. */
  readonly varied: readonly (keyof TrialOptions)[];
  readonly runs: readonly Run[];
  readonly dataName: string;
  readonly classes: readonly string[];
  readonly provenance: Provenance;
}

export async function experimentReport(report: ExperimentReport): Promise<ReportFolder> {
  const { trials, best, varied, runs, dataName, provenance } = report;
  const files = new DataFiles();
  const title = `${varied.length === 0 ? 'Repeated runs' : 'Sweep'}: ${networkName(trials)} on ${dataName}`;
  const body = html`
<h1>${title}</h1>
<p class="lead">${trials.length === 1 ? '' : `${integer(trials.length)} trials, `}${formatCount(runs.length, 'run')} of training in WebAssembly.</p>
${headTiles(report)}
${varied.length === 0 ? undefined : await sweepSections(trials, varied, files)}
${best === undefined || successfulRuns(best.runs).length === 0 ? noBest(runs) : await spreadSections(best, report, files)}
<h2>Provenance</h2>
${provenanceSection(provenance, runs)}
`;
  return { html: page(title, body), files: files.files };
}

function networkName(trials: readonly Trial[]): string {
  const names = new Set(trials.map(({ runs }) => runs[0]?.spec.layers.join('-')));
  return names.size === 1 ? String([...names][0]) : `${names.size} networks`;
}

function headTiles({ best, runs, provenance }: ExperimentReport): Html {
  const good = successfulRuns(runs).length;
  const measured = best === undefined ? undefined : pickMeasured(summariseRuns(best.runs));
  return tiles([
    ...(measured === undefined
      ? []
      : [
          measured.r2 === undefined
            ? ([`${measured.part} accuracy`, spreadTile(measured.accuracy, percent)] as const)
            : ([`${measured.part} R²`, spreadTile(measured.r2, (value) => value.toFixed(4))] as const),
          [
            `${measured.part} loss${measured.r2 === undefined ? ', nats' : ''}`,
            spreadTile(measured.loss, formatNats),
          ] as const,
        ]),
    ['runs', good === runs.length ? String(good) : `${good} of ${runs.length}`],
    ['seconds in total', provenance.seconds.toFixed(1)],
  ]);
}

async function sweepSections(
  trials: readonly Trial[],
  varied: readonly (keyof TrialOptions)[],
  files: DataFiles,
): Promise<Html> {
  const [row, column, ...more] = varied;
  const score = nameScore(trials.flatMap(({ runs }) => runs));
  const matrix =
    row === undefined || column === undefined || more.length > 0
      ? undefined
      : html`<h3>Validation ${score}</h3>${trialMatrix(trials, [row, column])}`;
  return html`<h2>Trials</h2>
<p>Values belong to the epoch whose weights a run ends with: the last one, or with patience the best one. The best trial has the ${describeOrder(trials, score)}.</p>
${trialTable(trials, varied)}
${matrix}
<h2>Curves</h2>
${await trialFigures(trials, varied, files, 'epochs')}`;
}

/** The measure that decides, as in `isBetterScore`. */
function describeOrder(trials: readonly Trial[], score: ReturnType<typeof nameScore>): string {
  if (score === 'accuracy') return 'highest mean validation accuracy, and of equal ones the lowest loss';
  return haveUnlikeLosses(trials) ? 'highest mean validation R²' : 'lowest mean validation loss';
}

async function spreadSections(best: FullTrial, report: ExperimentReport, files: DataFiles): Promise<Html> {
  const { varied, classes, probabilities } = report;
  const { options, runs } = best;
  const good = successfulRuns(runs).length;
  const label = trialLabel(options, varied);
  const heading = varied.length === 0 ? 'Mean and standard deviation' : `Best trial: ${label}`;
  const seeds = runs.map(({ spec }) => spec.training.seed).join(', ');
  const captions = {
    Loss: 'Loss by epoch: running training mean, and both sets with the weights at the end of the epoch.',
    Accuracy: 'Accuracy by epoch. The axis does not start at zero.',
  };
  const bands = good > 1 ? ` Bands are one standard deviation over ${good} successful runs (divisor n − 1).` : '';
  return html`<h2>${heading}</h2>
<p>${optionList(options)}; seeds ${seeds}.${bands}</p>
${await epochFigures(runs, captions, files, 'best-epochs')}
${await stepFigures(runs, files, 'best-steps')}
${runTable(runs)}
${await measuredSections(successfulRuns(runs)[0], classes, probabilities)}`;
}

function optionList({ init, ...options }: TrialOptions): string {
  const names = Object.keys(options) as (keyof TrialOptions)[];
  return [trialLabel({ ...options, init }, names), ...(init === undefined ? [] : [`initial weights ${init}`])].join(
    ', ',
  );
}

function runTable(runs: readonly Run[]): Html {
  const rows = runs.map((run) => {
    const seed = String(run.spec.training.seed);
    if (run.outcome.status === 'failed') return [seed, `failed: ${run.outcome.reason}`];
    const { trainEndLoss, trainEndAccuracy, trainEndR2, validationLoss, validationAccuracy, validationR2 } =
      summariseRuns([run]);
    const { testLoss, testAccuracy, testR2 } = summariseRuns([run]);
    return [
      seed,
      ...[trainEndLoss, validationLoss, testLoss].map((spread) => exactSpread(spread, formatNats)),
      exactScore(trainEndAccuracy, trainEndR2),
      exactScore(validationAccuracy, validationR2),
      exactScore(testAccuracy, testR2),
    ];
  });
  const header = [
    'seed',
    ...['loss', nameScore(runs)].flatMap((measure) =>
      ['training', 'validation', 'test'].map((part) => `${part} ${measure}`),
    ),
  ];
  // Columns without values are omitted.
  const measured = header.map((_, column) => rows.some((row) => (row[column] ?? '–') !== '–'));
  const present = <Cell>(row: readonly Cell[]) => row.filter((_, column) => measured[column]);
  return dataTable(present(header), rows.map(present));
}

/** Calibration, confusion matrix and metrics by class of one run. */
async function measuredSections(
  run: Run<MeasuredRun> | undefined,
  classes: readonly string[],
  probabilities: ProbabilityEvaluation | undefined,
): Promise<Html | undefined> {
  const measured = run?.outcome.test ?? run?.outcome.validation;
  if (run === undefined || measured == null || !('confusion' in measured)) return undefined;
  const part = run.outcome.test === null ? 'validation' : 'test';
  const about = `${integer(measured.samples)} ${part} samples`;
  const calibration =
    probabilities && html`<h2>Calibration</h2>${await calibrationFigure(probabilities.calibration, about)}`;
  return html`<p>The following sections are about seed ${run.spec.training.seed} and ${about}.</p>
${calibration}
<h2>Confusion matrix</h2>
${confusionTable(measured.confusion, classes)}
<h2>Metrics by class</h2>
${classTable(measured.confusion, classes, probabilities?.rocAuc)}`;
}

function noBest(runs: readonly Run[]): Html {
  const failures = failedRuns(runs);
  if (failures.length < runs.length) {
    return html`<h2>No best trial</h2><p>Only trials with validation samples and without failed runs are compared.</p>`;
  }
  const items = failures.map(
    ({ spec, outcome }) =>
      html`<li>${spec.layers.join('-')}, learning rate ${optionText(spec.training.learningRate)}, seed ${spec.training.seed}: ${outcome.reason}</li>`,
  );
  return html`<h2>All runs failed</h2><ul>${items}</ul>`;
}
