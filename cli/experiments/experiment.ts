/** Execution of `repeat` and `sweep`. */

import { availableParallelism } from 'node:os';
import { checkPictures } from '../../src/core/augmentation.ts';
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { checkGivenOptions, readDataKind } from '../../src/core/default-options.ts';
import { bestEpoch, checkPatience } from '../../src/core/early-stopping.ts';
import { evaluateProbabilities } from '../../src/core/evaluate-probabilities.ts';
import {
  checkRunCount,
  countGrid,
  expandGrid,
  type Grid,
  type TrialInput,
  variedOptions,
} from '../../src/core/grid.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import { summarizeData } from '../../src/data/data-summary.ts';
import { countValidation } from '../../src/data/parts.ts';
import { buildModelInfo } from '../../src/format/metadata.ts';
import { formatModel } from '../../src/format/model-file.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { isBuiltIn, loadSource, type ReadOptions } from '../data/source.ts';
import { describeSummary } from '../data/summary.ts';
import { pickTableFlags } from '../data/table-options.ts';
import { Interruption } from '../interruption.ts';
import { VERSION } from '../model.ts';
import { formatCount } from '../numbers.ts';
import { bestTrial, type FullTrial, successfulRuns } from '../report/summary.ts';
import { trialLabel } from '../report/trial-label.ts';
import type { PoolOptions } from '../shared-options.ts';
import { note } from '../terminal.ts';
import { describeParts } from '../training/describe.ts';
import { completeTrial, createRunNetwork, type RunData, runSpecs, summarizeOutcome } from '../training/run-spec.ts';
import { conclude } from './conclude.ts';
import { prepareRunData, shareSource } from './data.ts';
import { performTrials, withWeights } from './perform.ts';
import { collectProvenance } from './provenance.ts';
import { prepareReportFolder } from './report-folder.ts';

export interface ExperimentOptions extends PoolOptions, ReadOptions {
  readonly data?: string | undefined;
  readonly scaling?: 'standard' | 'none' | undefined;
  readonly validation?: number | undefined;
  readonly final?: boolean | undefined;
  readonly out: string;
  readonly json?: boolean | undefined;
}

export interface Experiment {
  readonly grid: Grid;
  readonly seeds: readonly number[];
  readonly options: ExperimentOptions;
  /** The command line that repeats the experiment with the data set that was used. */
  readonly formatCommand: (data: string) => string;
}

const KEY = 'data';

export async function runExperiment(experiment: Experiment): Promise<void> {
  const started = performance.now();
  const { seeds, options, formatCommand } = experiment;
  const { out, fresh, widen, json, threads = availableParallelism() } = options;
  checkGrid(experiment);
  await prepareReportFolder(out);
  const { name, summary, data } = await loadData(options, seeds[0] ?? 1);
  const varied = variedOptions(experiment.grid);
  const kind = readDataKind(data.training);
  const planned = expandGrid<TrialInput>(experiment.grid).map((trial) => {
    const options = completeTrial(trial, kind);
    return { options, specs: runSpecs(options, seeds, KEY, data), name: trialLabel(options, varied) };
  });
  if (planned.some((trial) => trial.options.augment.kind !== 'none')) checkPictures(data.training);
  if (!isBuiltIn(name)) note(...describeSummary(summary));
  note(`data     ${name}: ${describeParts(data)}`);
  note(`runs     ${planned.length * seeds.length}, on ${formatCount(threads, 'thread')}`, '');

  const interruption = new Interruption();
  // Weights and steps of thousands of runs would not fit into memory. Runs that are not in the store keep theirs.
  const keep = (outcome: RunOutcome, stored: boolean) => (stored ? summarizeOutcome(outcome) : outcome);
  const performed = await performTrials(planned, { [KEY]: data }, keep, { threads, fresh, widen, interruption });
  const { trials, runs, widening, seconds: runSeconds } = performed;
  const chosen = trials.length === 1 ? trials[0] : bestTrial(trials)?.trial;
  const best = chosen === undefined ? undefined : await withWeights(chosen, { [KEY]: data }, { threads, interruption });
  // All runs are in the cache now, so Ctrl-C may end the process at once.
  interruption.stop();
  const seconds = (performance.now() - started) / 1000;
  const command = formatCommand(name);
  const provenance = collectProvenance({ command, threads, widening, seconds, runSeconds }, { [KEY]: data });
  const model = best === undefined ? undefined : formatBestModel(best, data.training);
  const { classes } = data.training;
  const probabilities = await measureBest(best, data);
  const results = { trials, runs, varied, best, probabilities, model, dataName: name, classes, provenance };
  await conclude(results, { out, json, started });
}

/** Checks what does not depend on the data, before they are loaded. Throws EdgeMlpError "bad-argument". */
function checkGrid({ grid, seeds, options: { final, validation } }: Experiment): void {
  checkRunCount(countGrid(grid) * seeds.length);
  for (const trial of expandGrid<TrialInput>(grid)) {
    checkGivenOptions(pickTrainingOptions(trial));
    checkPatience(trial, !final && validation !== 0);
  }
}

/** Split and generated data use the first seed, so runs differ only in initial weights and sample order. */
async function loadData(options: ExperimentOptions, seed: number) {
  const { data, dataDir, pictures, scaling, final } = options;
  const table = pickTableFlags(options);
  const source = shareSource(await loadSource({ data, dataDir, ...table, pictures, scaling, seed }));
  const validation = final ? 0 : (options.validation ?? countValidation(sampleCount(source.training)));
  const parts = prepareRunData(source, { data, scaling, seed, validation, test: final === true });
  if (final && parts.test === undefined)
    note(`${source.name} has no test samples: the final models are not evaluated.`);
  return { name: source.name, summary: summarizeData(source), data: parts };
}

/** Probabilities of the best trial's first seed, on the test or validation samples; undefined for regression. */
async function measureBest(best: FullTrial | undefined, { test, validation }: RunData) {
  const run = best && successfulRuns(best.runs)[0];
  const dataset = test ?? validation;
  if (run === undefined || dataset === undefined || dataset.targets !== undefined) return undefined;
  using mlp = createRunNetwork(await loadKernels(), run.spec, run.outcome.parameters);
  return evaluateProbabilities(mlp, dataset);
}

/** The model file that `train` would write for the first seed of the best trial. */
function formatBestModel(best: FullTrial, dataset: Dataset): Uint8Array | undefined {
  const [run] = successfulRuns(best.runs);
  if (run === undefined) return undefined;
  const { layers, task, hiddenActivation, initialisation, training } = run.spec;
  const { epochs, test, parameters } = run.outcome;
  const spec = { layers, hiddenActivation, task };
  const keptEpoch = training.patience > 0 ? bestEpoch(epochs) : undefined;
  const info = buildModelInfo({ version: VERSION, spec, initialisation, training, dataset, epochs, keptEpoch, test });
  return formatModel({ info, parameters });
}
