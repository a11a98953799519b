/** The report of `repeat` and of `sweep`: trials beside each other, and the spread of the best. */
import type { TrialOptions } from '../../src/core/grid.ts';
import {
  type FullTrial,
  failed,
  pickMeasured,
  type Run,
  succeeded,
  summariseRuns,
  type Trial,
} from '../experiments/summary.ts';
import { classTable, confusionTable } from './confusion.ts';
import { epochFigures, stepFigures } from './curves.ts';
import { DataFiles, type ReportFolder } from './data-files.ts';
import { dataTable, type Html, html, page, spreadTile, tiles } from './html.ts';
import { formatCount, formatNats, integer, meanAndSpread, optionText, percent } from './numbers.ts';
import { type Provenance, provenanceSection } from './provenance.ts';
import { trialFigures, trialLabel, trialMatrix, trialTable } from './trials.ts';

export interface ExperimentReport {
  readonly trials: readonly Trial[];
  /** The best of several, or the only one, with its weights and steps; undefined where none is the best. */
  readonly best: FullTrial | undefined;
  /** Options that differ between the trials; none of them in a repetition. */
  readonly varied: readonly (keyof TrialOptions)[];
  readonly runs: readonly Run[];
  readonly dataName: string;
  /** Names of the classes, by label. */
  readonly classes: readonly string[];
  readonly provenance: Provenance;
}

export async function experimentReport(report: ExperimentReport): Promise<ReportFolder> {
  const { trials, best, varied, runs, dataName, provenance } = report;
  const files = new DataFiles();
  const what = varied.length === 0 ? 'repeated' : 'swept';
  const title = `${networkName(trials)} on ${dataName}, ${what}`;
  const body = html`
<h1>${title}</h1>
<p class="lead">${trials.length === 1 ? '' : `${integer(trials.length)} trials, `}${formatCount(runs.length, 'run')} by stochastic gradient descent in WebAssembly.</p>
${headTiles(report)}
${varied.length === 0 ? undefined : await sweepSections(trials, varied, files)}
${best === undefined || succeeded(best.runs).length === 0 ? noBest(runs) : await spreadSections(best, report, files)}
<h2>How this report was made</h2>
${provenanceSection(provenance, runs)}
`;
  return { html: page(title, body), files: files.files };
}

function networkName(trials: readonly Trial[]): string {
  const names = new Set(trials.map(({ runs }) => runs[0]?.spec.layers.join('-')));
  return names.size === 1 ? String([...names][0]) : `${names.size} networks`;
}

function headTiles({ best, runs, provenance }: ExperimentReport): Html {
  const good = succeeded(runs).length;
  const measured = best === undefined ? undefined : pickMeasured(summariseRuns(best.runs));
  return tiles([
    ...(measured === undefined
      ? []
      : [
          [`${measured.part} accuracy`, spreadTile(measured.accuracy, percent)] as const,
          [`${measured.part} loss, formatNats`, spreadTile(measured.loss, formatNats)] as const,
        ]),
    ['runs', good === runs.length ? String(good) : `${good} of ${runs.length}`],
    ['seconds in all', provenance.seconds.toFixed(1)],
  ]);
}

async function sweepSections(
  trials: readonly Trial[],
  varied: readonly (keyof TrialOptions)[],
  files: DataFiles,
): Promise<Html> {
  const [row, column, ...more] = varied;
  const matrix =
    row === undefined || column === undefined || more.length > 0
      ? undefined
      : html`<h3>Validation accuracy</h3>${trialMatrix(trials, [row, column])}`;
  return html`<h2>Trials</h2>
<p>Figures are of the last epoch’s end; the best is the one of the least mean validation loss.</p>
${trialTable(trials, varied)}
${matrix}
<h2>Epoch by epoch</h2>
${await trialFigures(trials, varied, files, 'epochs')}`;
}

async function spreadSections(best: FullTrial, { varied, classes }: ExperimentReport, files: DataFiles): Promise<Html> {
  const { options, runs } = best;
  const good = succeeded(runs).length;
  const label = trialLabel(options, varied);
  const heading = varied.length === 0 ? 'Mean and spread' : `The best: ${label}`;
  const seeds = runs.map(({ spec }) => spec.training.seed).join(', ');
  const captions = {
    Loss: 'Loss epoch by epoch: the running mean of training, and both sets with the weights of the epoch’s end.',
    Accuracy: 'The same for accuracy. The axis does not begin at zero.',
  };
  const bands =
    good > 1 ? ` Bands are one standard deviation over the ${good} runs that succeeded (divisor n − 1).` : '';
  return html`<h2>${heading}</h2>
<p>${optionList(options)}; seeds ${seeds}.${bands}</p>
${await epochFigures(runs, captions, files, 'best-epochs')}
${await stepFigures(runs, files, 'best-steps')}
${runTable(runs)}
${confusionSection(succeeded(runs)[0], classes)}`;
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
    const { trainEndLoss, trainEndAccuracy, validationLoss, validationAccuracy, testLoss, testAccuracy } =
      summariseRuns([run]);
    return [
      seed,
      ...[trainEndLoss, validationLoss, testLoss].map((spread) => meanAndSpread(spread, formatNats)),
      ...[trainEndAccuracy, validationAccuracy, testAccuracy].map((spread) => meanAndSpread(spread, percent)),
    ];
  });
  const header = [
    'seed',
    ...['loss', 'accuracy'].flatMap((of) => [`training ${of}`, `validation ${of}`, `test ${of}`]),
  ];
  // Runs are measured on validation or on test samples: what none has is no column.
  const measured = header.map((_, column) => rows.some((row) => (row[column] ?? '–') !== '–'));
  const present = <Cell>(row: readonly Cell[]) => row.filter((_, column) => measured[column]);
  return dataTable(present(header), rows.map(present));
}

function confusionSection(
  run: ReturnType<typeof succeeded>[number] | undefined,
  classes: readonly string[],
): Html | undefined {
  const measured = run?.outcome.test ?? run?.outcome.validation;
  if (run === undefined || measured == null) return undefined;
  const part = run.outcome.test === null ? 'validation' : 'test';
  return html`<h2>Confusion</h2>
<p>Seed ${run.spec.training.seed}, ${part} samples. Rows are the true class, columns the predicted one; blue are the right answers, orange the mistakes.</p>
${confusionTable(measured.confusion, classes)}
${classTable(measured.classes, classes)}`;
}

/** What stands where the best would. */
function noBest(runs: readonly Run[]): Html {
  const failures = failed(runs);
  if (failures.length < runs.length) {
    const why = 'The best is one that was measured on validation samples and of which no run failed.';
    return html`<h2>No trial is the best</h2><p>${why}</p>`;
  }
  const items = failures.map(
    ({ spec, outcome }) =>
      html`<li>${spec.layers.join('-')}, learning rate ${optionText(spec.training.learningRate)}, seed ${spec.training.seed}: ${outcome.reason}</li>`,
  );
  return html`<h2>Nothing succeeded</h2><ul>${items}</ul>`;
}
