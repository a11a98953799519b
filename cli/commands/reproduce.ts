import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { sampleCount } from '../../src/core/dataset.ts';
import { defaultValidation } from '../../src/data/parts.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { type ReproductionFigures, type ReproductionTrials, reproductionFigures } from '../assignment/figures.ts';
import { ASSIGNMENT, planReproduction, type ReproductionData } from '../assignment/plan.ts';
import { type DataSource, loadSource } from '../data/source.ts';
import { prepareRunData, shareSource } from '../experiments/data.ts';
import { type NamedTrial, type Performed, performTrials } from '../experiments/perform.ts';
import { collectProvenance } from '../experiments/provenance.ts';
import { prepareReportFolder, writeReportFolder } from '../experiments/report-folder.ts';
import type { Run } from '../experiments/summary.ts';
import { Interruption } from '../interruption.ts';
import { commandLine, fileName, positiveInteger, seedRange } from '../options.ts';
import { formatCount, formatNats, integer, meanAndSpread, optionText, percent } from '../report/numbers.ts';
import { trialLabel } from '../report/trials.ts';
import { addPoolOptions, type PoolOptions } from '../shared-options.ts';
import { duration, note, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
Runs the whole assignment and writes a folder: index.html, the data of every plot, figures.json.
Finished runs are kept in the cache: a stopped command goes on where it was.

Examples:
  $ edge-mlp reproduce                       MNIST, or generated digits where it cannot be had; about half a minute
  $ edge-mlp reproduce --out report --wide   with more learning rates, by sizes of the hidden layer
  $ edge-mlp reproduce --json                every question's figures as one JSON object`;

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
    .description('the whole assignment: every question, our figures beside its own, in one report')
    .addOption(
      new Option('--data <name>', 'default: mnist, or digits where it cannot be had').choices(['mnist', 'digits']),
    )
    .option('--data-dir <folder>', 'where the MNIST files are (default: $EDGE_MLP_DATA, then the cache)')
    .option('--seeds <n>', 'runs for mean and spread', positiveInteger, 3)
    .option('--wide', 'go beyond: learning rates up to 0.3, by sizes of the hidden layer');
  addPoolOptions(command)
    .option('--out <folder>', 'where the report goes', fileName, 'report')
    .option('--json', 'print all figures as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((options: ReproduceOptions) => runReproduce(options));
}

async function runReproduce(options: ReproduceOptions): Promise<void> {
  const started = performance.now();
  const { out, wide = false, json } = options;
  const { threads = availableParallelism(), fresh } = options;
  await prepareReportFolder(out);
  const data = await loadData(options);
  const plan = planReproduction(seedRange(1, options.seeds), wide, data);
  describe(data, threads);

  const interruption = new Interruption();
  const named = nameTrials(plan);
  const performed = await performTrials(named, data, (outcome) => outcome, { threads, fresh, interruption });
  // From here on everything is kept: whoever stops the command now loses nothing.
  interruption.stop();
  const trials = arrangeTrials(plan, performed);
  const kernels = await loadKernels();
  const figures = reproductionFigures(kernels, trials, data);
  const seconds = (performance.now() - started) / 1000;
  const command = formatCommand({ ...options, data: data.final.training.name });
  const provenance = await collectProvenance({ command, threads, seconds, runSeconds: performed.seconds, data });
  const summary = { questions: figures, provenance, runs: performed.runs.map(estimateTime) };
  // Loaded here alone: the plotting libraries take a while to load.
  const { reproductionReport } = await import('../assignment/report/index.ts');
  const report = await reproductionReport({ kernels, trials, runs: performed.runs, figures, data, provenance });
  const { page } = await writeReportFolder(out, { report, figures: summary });

  if (json) printJson({ ...summary, report: page });
  else print(`\n${resultTable(figures, data.final.training.name === 'mnist')}\n`);
  note(`report  ${page}`);
  note(`time    ${duration((performance.now() - started) / 1000)} in all, on ${formatCount(threads, 'thread')}`);
}

/** The assignment holds 5,000 digits out; a smaller set has a tenth held out. */
async function loadData({ data, dataDir }: ReproduceOptions): Promise<ReproductionData> {
  const seed = 1;
  const source = shareSource(await loadSource({ data, dataDir, seed }));
  const ellipse = shareSource(await loadSource({ data: 'ellipse', seed }));
  const parts = (of: DataSource, validation: number, test: boolean) => prepareRunData(of, { seed, validation, test });
  return {
    split: parts(source, defaultValidation(sampleCount(source.training)), false),
    final: parts(source, 0, true),
    ellipse: parts(ellipse, defaultValidation(sampleCount(ellipse.training)), true),
  };
}

function describe({ split, final }: ReproductionData, threads: number): void {
  const { training, validation } = split;
  const sizes = [
    `${integer(training.labels.length)} + ${integer(validation?.labels.length ?? 0)} samples`,
    `${integer(final.training.labels.length)} for the final runs`,
    `${integer(final.test?.labels.length ?? 0)} for testing`,
  ];
  note(`data     ${training.name}: ${sizes.join(', ')}`);
  note(`threads  ${threads}\n`);
}

type Plan = ReturnType<typeof planReproduction>;

/** In an order that `arrangeTrials` takes apart again. */
function nameTrials({ ellipse, repeat, learningRates, wide, final }: Plan): NamedTrial[] {
  return [
    { ...ellipse, name: '4    ellipse' },
    { ...repeat, name: '7.1–7.3  learning rate 0.03' },
    ...learningRates.map((trial) => ({ ...trial, name: `7.3  ${trialLabel(trial.options, ['learningRate'])}` })),
    ...wide.map((trial) => ({ ...trial, name: `7.3  ${trialLabel(trial.options, ['hidden', 'learningRate'])}` })),
    { ...final, name: '7.4  final' },
  ];
}

function arrangeTrials({ learningRates, wide }: Plan, { trials }: Performed<RunOutcome>): ReproductionTrials {
  const [ellipse, repeat, ...rest] = trials;
  const final = trials.at(-1);
  if (ellipse === undefined || repeat === undefined || final === undefined) throw new Error('a trial is missing');
  return {
    ...{ ellipse, repeat, final },
    learningRates: rest.slice(0, learningRates.length),
    wide: rest.slice(learningRates.length, learningRates.length + wide.length),
  };
}

function estimateTime({ spec, outcome, kept }: Run) {
  const epochs = outcome.status === 'succeeded' ? outcome.epochs : [];
  return { spec, kept, secondsPerEpoch: epochs.map(({ seconds }) => seconds) };
}

function formatCommand({ data, seeds, wide, threads, out }: Omit<ReproduceOptions, 'data'> & { data: string }): string {
  return commandLine('reproduce', { data, seeds: seeds === 3 ? undefined : seeds, wide, threads, out });
}

function resultTable(figures: ReproductionFigures, onMnist: boolean): string {
  const final = figures['7.4'];
  const last = figures['7.1'].epochs.at(-1);
  const beside = (text: string) => (onMnist ? text : '–');
  const five = (loss: number) => loss.toFixed(5);
  const rows = [
    [
      '1, 2  derivatives that agree',
      `${figures[1].checks.agree + figures[2].checks.agree} of ${figures[1].checks.of + figures[2].checks.of}`,
      '',
    ],
    ['3    ∂l/∂V₀₀', String(figures[3].dV[0]?.[0]), ''],
    ['4    ellipse, test accuracy', percent(figures[4].testAccuracy ?? Number.NaN), ''],
    ['5    parameters', integer(figures[5].parameters), ''],
    ['6    batch against mean gradient', figures[6].largestDifference.toExponential(1), ''],
    ['7.1  validation loss, epoch 5', formatNats(last?.validationLoss ?? Number.NaN), ''],
    ['7.1  training loss then', formatNats(last?.trainEndLoss ?? Number.NaN), ''],
    ['7.3  best learning rate', optionText(figures['7.3'].best ?? undefined), ''],
    ['7.4  training loss', meanAndSpread(final.trainLoss, five), beside(String(ASSIGNMENT.trainLoss))],
    ['7.4  training accuracy', meanAndSpread(final.trainAccuracy, percent), beside(percent(ASSIGNMENT.trainAccuracy))],
    ['7.4  test loss', meanAndSpread(final.testLoss, five), beside(String(ASSIGNMENT.testLoss))],
    ['7.4  test accuracy', meanAndSpread(final.testAccuracy, percent), beside(percent(ASSIGNMENT.testAccuracy))],
  ];
  return table(['question', 'ours', 'the assignment'], rows);
}
