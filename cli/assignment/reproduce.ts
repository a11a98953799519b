/** `reproduce`: all questions of the assignment in one report. */

import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { sampleCount } from '../../src/core/dataset.ts';
import { countValidation } from '../../src/data/parts.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { type DataSource, loadSource } from '../data/source.ts';
import { prepareRunData, shareSource } from '../experiments/data.ts';
import { type NamedTrial, type Performed, performTrials } from '../experiments/perform.ts';
import { collectProvenance } from '../experiments/provenance.ts';
import { prepareReportFolder, writeReportFolder } from '../experiments/report-folder.ts';
import { Interruption } from '../interruption.ts';
import { formatCount, formatNats, integer, optionText, percent } from '../numbers.ts';
import { commandLine, fileName, seedCount, seedRange } from '../options.ts';
import type { Run } from '../report/summary.ts';
import { meanAndSpread } from '../report/summary.ts';
import { trialLabel } from '../report/trial-label.ts';
import { addPoolOptions, type PoolOptions, typedWiden } from '../shared-options.ts';
import { duration, note, print, printJson, table } from '../terminal.ts';
import { type ReproductionFigures, type ReproductionTrials, reproductionFigures } from './figures.ts';
import { ASSIGNMENT, planReproduction, type ReproductionData, type ReproductionPlan } from './plan.ts';

const EXAMPLES = `
Performs all experiments of the assignment and writes a folder with index.html, the data of every plot and figures.json.
Finished runs are cached: after an interruption, the same command continues.

Examples:
  $ edge-mlp reproduce                       on MNIST or generated digits, about 30 s on 2 cores
  $ edge-mlp reproduce --out report --wide   with more learning rates and hidden layer sizes
  $ edge-mlp reproduce --json                results of every question as one JSON object`;

interface ReproduceOptions extends PoolOptions {
  readonly data?: 'mnist' | 'digits';
  readonly dataDir?: string;
  readonly seeds: number;
  readonly out: string;
  readonly wide?: boolean;
  readonly json?: boolean;
}

export function addReproduceCommand(program: Command): void {
  const command = program
    .command('reproduce')
    .description("answer all questions of the course assignment in one report, next to the assignment's own results")
    .addOption(
      new Option('--data <name>', 'data set (default: mnist, or digits if MNIST is not available)').choices([
        'mnist',
        'digits',
      ]),
    )
    .option('--data-dir <folder>', 'folder with the MNIST files (default: $EDGE_MLP_DATA, then the cache)')
    .option('--seeds <n>', 'number of runs for mean and standard deviation', seedCount, 3)
    .option('--wide', 'also try learning rates up to 0.3 with four hidden layer sizes');
  addPoolOptions(command)
    .option('--out <folder>', 'folder of the report', fileName, 'report')
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action((options: ReproduceOptions) => runReproduce(options));
}

async function runReproduce(options: ReproduceOptions): Promise<void> {
  const started = performance.now();
  const { out, wide = false, json } = options;
  const { threads = availableParallelism(), fresh, widen } = options;
  await prepareReportFolder(out);
  const data = await loadData(options);
  const plan = planReproduction(seedRange(1, options.seeds), wide, data);
  describe(data, threads);

  const interruption = new Interruption();
  const named = nameTrials(plan);
  const performed = await performTrials(named, data, (outcome) => outcome, { threads, fresh, widen, interruption });
  // All runs are in the cache now, so Ctrl-C may end the process at once.
  interruption.stop();
  const trials = arrangeTrials(plan, performed);
  const kernels = await loadKernels();
  const figures = reproductionFigures(kernels, trials, data);
  const seconds = (performance.now() - started) / 1000;
  const seeds = options.seeds === 3 ? undefined : options.seeds;
  const command = commandLine('reproduce', {
    data: data.final.training.name,
    seeds,
    wide: options.wide,
    threads: options.threads,
    widen: typedWiden(options),
    out,
  });
  const { widening, seconds: runSeconds } = performed;
  const provenance = collectProvenance({ command, threads, widening, seconds, runSeconds }, data);
  const summary = { questions: figures, provenance, runs: performed.runs.map(summarizeTime) };
  const { reproductionReport } = await import('./report/index.ts');
  const report = await reproductionReport({ kernels, trials, runs: performed.runs, figures, data, provenance });
  let page: string | undefined;
  try {
    ({ page } = await writeReportFolder(out, { report, figures: summary }));
  } finally {
    // A full disk does not cost the results.
    if (json) printJson({ ...summary, report: page ?? null });
    else print('', ...resultTable(figures, data.final.training.name === 'mnist'), '');
  }
  note(`report  ${page}`);
  note(`time    ${duration((performance.now() - started) / 1000)} on ${formatCount(threads, 'thread')}`);
}

async function loadData({ data, dataDir }: ReproduceOptions): Promise<ReproductionData> {
  const seed = 1;
  const source = shareSource(await loadSource({ data, dataDir, seed }));
  const ellipse = shareSource(await loadSource({ data: 'ellipse', seed }));
  const split = (from: DataSource, validation: number, test: boolean) =>
    prepareRunData(from, { seed, validation, test });
  return {
    split: split(source, countValidation(sampleCount(source.training)), false),
    final: split(source, 0, true),
    ellipse: split(ellipse, countValidation(sampleCount(ellipse.training)), true),
  };
}

function describe({ split, final }: ReproductionData, threads: number): void {
  const { training, validation } = split;
  const sizes = [
    `${integer(training.labels.length)} training and ${integer(validation?.labels.length ?? 0)} validation samples`,
    `${integer(final.training.labels.length)} training samples in the final runs`,
    `${integer(final.test?.labels.length ?? 0)} test samples`,
  ];
  note(`data     ${training.name}: ${sizes.join(', ')}`);
  note(`threads  ${threads}`, '');
}

/** The order is that of `arrangeTrials`. */
function nameTrials({ ellipse, repeat, learningRates, wide, final }: ReproductionPlan): NamedTrial[] {
  return [
    { ...ellipse, name: '4    ellipse' },
    { ...repeat, name: '7.1–7.3  learning rate 0.03' },
    ...learningRates.map((trial) => ({ ...trial, name: `7.3  ${trialLabel(trial.options, ['learningRate'])}` })),
    ...wide.map((trial) => ({ ...trial, name: `7.3  ${trialLabel(trial.options, ['hidden', 'learningRate'])}` })),
    { ...final, name: '7.4  final' },
  ];
}

function arrangeTrials(
  { learningRates, wide }: ReproductionPlan,
  { trials }: Performed<RunOutcome>,
): ReproductionTrials {
  const [ellipse, repeat, ...rest] = trials;
  const final = trials.at(-1);
  if (ellipse === undefined || repeat === undefined || final === undefined) throw new Error('a trial is missing');
  return {
    ellipse,
    repeat,
    final,
    learningRates: rest.slice(0, learningRates.length),
    wide: rest.slice(learningRates.length, learningRates.length + wide.length),
  };
}

function summarizeTime({ spec, outcome, kept }: Run) {
  const epochs = outcome.status === 'succeeded' ? outcome.epochs : [];
  return { spec, kept, secondsPerEpoch: epochs.map(({ seconds }) => seconds) };
}

function resultTable(figures: ReproductionFigures, onMnist: boolean): string[] {
  const final = figures['7.4'];
  const last = figures['7.1'].epochs.at(-1);
  const reported = (text: string) => (onMnist ? text : '–');
  const five = (loss: number) => loss.toFixed(5);
  const rows = [
    [
      '1, 2  derivatives in agreement',
      `${figures[1].checks.agree + figures[2].checks.agree} of ${figures[1].checks.of + figures[2].checks.of}`,
      '',
    ],
    ['3    ∂l/∂V₀₀', String(figures[3].dV[0]?.[0]), ''],
    ['4    ellipse, test accuracy', percent(figures[4].testAccuracy ?? Number.NaN), ''],
    ['5    parameters', integer(figures[5].parameters), ''],
    ['6    largest difference of batch and mean gradient', figures[6].largestDifference.toExponential(1), ''],
    ['7.1  validation loss, epoch 5', formatNats(last?.validationLoss ?? Number.NaN), ''],
    ['7.1  training loss, epoch 5', formatNats(last?.trainEndLoss ?? Number.NaN), ''],
    ['7.3  best learning rate', optionText(figures['7.3'].best ?? undefined), ''],
    ['7.4  training loss', meanAndSpread(final.trainLoss, five), reported(String(ASSIGNMENT.trainLoss))],
    [
      '7.4  training accuracy',
      meanAndSpread(final.trainAccuracy, percent),
      reported(percent(ASSIGNMENT.trainAccuracy)),
    ],
    ['7.4  test loss', meanAndSpread(final.testLoss, five), reported(String(ASSIGNMENT.testLoss))],
    ['7.4  test accuracy', meanAndSpread(final.testAccuracy, percent), reported(percent(ASSIGNMENT.testAccuracy))],
  ];
  return table(['question', 'edge-mlp', 'assignment'], rows);
}
