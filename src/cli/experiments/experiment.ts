/** What `repeat` and `sweep` have in common: data, runs, a table, a report. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Dataset, sampleCount } from '../../core/dataset.ts';
import { EdgeMlpError } from '../../core/errors.ts';
import { defaultValidation } from '../../data/generated.ts';
import { expandGrid, type Grid, runSpecs, type TrialOptions, variedOptions } from '../../experiments/grid.ts';
import { measuresOf, type RunOutcome } from '../../experiments/run.ts';
import {
  bestTrial,
  type FullTrial,
  measuredOf,
  type Run,
  succeeded,
  summariseRuns,
  type Trial,
} from '../../experiments/summary.ts';
import { formatModel } from '../../format/model-file.ts';
import { modelInfo } from '../../format/trained.ts';
import { counted, integer, meanAndSpread, nats, percent } from '../../report/numbers.ts';
import type { Provenance } from '../../report/provenance.ts';
import { optionText, trialLabel } from '../../report/trials.ts';
import { loadSource } from '../data-source.ts';
import { Interruption } from '../interruption.ts';
import { kebab } from '../options.ts';
import type { PoolOptions } from '../shared-options.ts';
import { duration, note, print, printJson, table } from '../terminal.ts';
import { VERSION } from '../version.ts';
import { runDataOf, shareSource } from './data.ts';
import { performTrials, withWeights } from './perform.ts';
import { provenanceOf } from './provenance.ts';
import { prepareReportFolder, writeReportFolder } from './report-folder.ts';

export interface ExperimentOptions extends PoolOptions {
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly label?: string | undefined;
  readonly scaling?: 'standard' | 'none' | undefined;
  readonly validation?: number | undefined;
  readonly final?: boolean | undefined;
  readonly out: string;
  readonly json?: boolean | undefined;
}

export interface Experiment {
  /** `hidden` may be empty: then it is the data's own default. */
  readonly grid: Omit<Grid, 'hidden'> & { readonly hidden: Grid['hidden'] | undefined };
  readonly seeds: readonly number[];
  readonly options: ExperimentOptions;
  /** As it can be typed again, with the data that were found. */
  readonly command: (data: string) => string;
}

const KEY = 'data';

export async function runExperiment(experiment: Experiment): Promise<void> {
  const started = performance.now();
  const { seeds, options, command } = experiment;
  const { out, fresh, json, threads = availableParallelism() } = options;
  await prepareReportFolder(out);
  const { name, data } = await loadData(options, seeds[0] ?? 1);
  const grid: Grid = { ...experiment.grid, hidden: experiment.grid.hidden ?? [name === 'ellipse' ? [3] : [300]] };
  const varied = variedOptions(grid);
  const planned = expandGrid(grid).map((trial) => ({
    options: trial,
    specs: runSpecs(trial, seeds, KEY, data),
    name: trialLabel(trial, varied),
  }));
  note(`data     ${name}: ${partsText(data)}`);
  note(`runs     ${planned.length * seeds.length}, on ${counted(threads, 'thread')}\n`);

  const interruption = new Interruption();
  // Weights and steps of thousands of runs would not fit; those that the store could not take have no other place.
  const keep = (outcome: RunOutcome, stored: boolean) => (stored ? measuresOf(outcome) : outcome);
  const performed = await performTrials(planned, { [KEY]: data }, keep, { threads, fresh, interruption });
  const { trials, runs, seconds: runSeconds } = performed;
  const chosen = trials.length === 1 ? trials[0] : trials[bestTrial(trials) ?? -1];
  const best = chosen === undefined ? undefined : await withWeights(chosen, { [KEY]: data }, { threads, interruption });
  // From here on everything is kept: whoever stops the command now loses nothing.
  interruption.stop();
  const seconds = (performance.now() - started) / 1000;
  const provenance = await provenanceOf({
    command: command(name),
    threads,
    seconds,
    runSeconds,
    data: { [KEY]: data },
  });
  const summary = summaryOf(trials, varied, provenance);
  const { experimentReport } = await import('../../report/experiment-report.ts');
  const { classes } = data.training;
  const report = await experimentReport({ trials, best, varied, runs, dataName: name, classes, provenance });
  const bytes = best === undefined ? undefined : modelOf(best, data.training);
  const { page, model } = await writeReportFolder(out, { report, figures: summary, model: bytes });

  if (json) printJson({ ...summary, report: page, model: model ?? null });
  else print(`\n${resultTable(trials, varied)}\n`);
  note(`report  ${page}, figures in ${join(out, 'figures.json')}`);
  if (model !== undefined) note(`model   ${model}`);
  note(`time    ${duration((performance.now() - started) / 1000)} in all`);
  if (succeeded(runs).length === 0) throw new EdgeMlpError('diverged', `none of ${runs.length} runs succeeded`);
}

/** The split and generated data come from the first seed: runs differ in weights and order alone. */
async function loadData(options: ExperimentOptions, seed: number) {
  const { data, dataDir, label, scaling, final } = options;
  const source = shareSource(await loadSource({ data, dataDir, label, scaling, seed }));
  const validation = final ? 0 : (options.validation ?? defaultValidation(sampleCount(source.training)));
  const parts = runDataOf(source, { data, label, scaling, seed, validation, test: final === true });
  if (final && parts.test === undefined) note(`${source.name} has no test samples: the final models are not measured.`);
  return { name: source.name, data: parts };
}

function partsText(data: Awaited<ReturnType<typeof loadData>>['data']): string {
  const { training, validation, test } = data;
  return [
    `${integer(training.labels.length)} samples for training`,
    ...(validation === undefined ? [] : [`${integer(validation.labels.length)} for validation`]),
    ...(test === undefined ? [] : [`${integer(test.labels.length)} for testing`]),
  ].join(', ');
}

function summaryOf(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[], provenance: Provenance) {
  const best = bestTrial(trials);
  return {
    varied,
    trials: trials.map(({ options, runs }) => ({ options, ...summariseRuns(runs), runs: runs.map(runSummary) })),
    best: best === undefined ? null : { index: best, options: trials[best]?.options },
    provenance,
  };
}

function runSummary({ spec, outcome, weightsSha256, kept }: Run) {
  const { seed } = spec.training;
  if (outcome.status === 'failed') return { seed, kept, failed: outcome.reason };
  const { epochs, test } = outcome;
  return {
    ...{ seed, kept, layers: spec.layers, initialisation: spec.initialisation, epochs },
    ...{ testLoss: test?.loss ?? null, testAccuracy: test?.accuracy ?? null, weightsSha256 },
  };
}

/** The file of the best trial's first seed, as `train` would have written it. */
function modelOf(best: FullTrial, dataset: Dataset): Uint8Array | undefined {
  const [run] = succeeded(best.runs);
  if (run === undefined) return undefined;
  const { layers, hiddenActivation, initialisation, training } = run.spec;
  const { epochs, test, parameters } = run.outcome;
  const spec = { layers, hiddenActivation };
  const info = modelInfo({ version: VERSION, spec, initialisation, training, dataset, epochs, test });
  return formatModel({ info, parameters });
}

/** Mean ± standard deviation, the best marked. */
function resultTable(trials: readonly Trial[], varied: readonly (keyof TrialOptions)[]): string {
  const best = bestTrial(trials);
  const parts = trials.map(({ runs }) => measuredOf(summariseRuns(runs)));
  const part = ['test', 'validation'].find((name) => parts.some((of) => of.part === name));
  const marked = trials.length > 1;
  const rows = trials.map(({ options, runs }, i) => {
    const summary = summariseRuns(runs);
    const own = parts[i];
    const { loss, accuracy } = own !== undefined && own.part === part ? own : { loss: null, accuracy: null };
    return [
      ...varied.map((name) => optionText(options[name])),
      `${runs.length - summary.failed.length}/${runs.length}`,
      meanAndSpread(summary.trainEndLoss, nats),
      meanAndSpread(summary.trainEndAccuracy, percent),
      ...(part === undefined ? [] : [meanAndSpread(loss, nats), meanAndSpread(accuracy, percent)]),
      meanAndSpread(summary.seconds, (value) => value.toFixed(2)),
      ...(marked ? [i === best ? '← best' : ''] : []),
    ];
  });
  const measured = part === undefined ? [] : [`${part} loss`, `${part} accuracy`];
  const header = ['runs', 'train loss', 'train accuracy', ...measured, 'seconds'];
  return table([...varied.map(kebab), ...header, ...(marked ? [''] : [])], rows);
}
