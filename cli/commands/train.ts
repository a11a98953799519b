import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { choosePaths, MAX_THREADS } from '../../src/core/paths.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { type Schedule, TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { loadKernels } from '../../src/runtime/node.ts';
import { loadTeam } from '../../src/runtime/team.ts';
import { freePath, writeWhole } from '../files.ts';
import { weightsSha256 } from '../hash.ts';
import { Interrupted, Interruption } from '../interruption.ts';
import { writeModelSomewhere } from '../model.ts';
import { countOrZero, fileName, quoted, seedNumber, threadCount } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { applyRecipe } from '../recipe.ts';
import { formatCount, integer, percent } from '../report/numbers.ts';
import type { TrainingReport } from '../report/training-report.ts';
import { addDataOptions, scalingOption } from '../shared-options.ts';
import { duration, note, printJson } from '../terminal.ts';
import {
  makePlan,
  type Plan,
  type RunFlags,
  type RunOptions,
  readResume,
  readStart,
  type Start,
} from '../training/plan.ts';
import { type Outcome, planInfo, trainSummary } from '../training/record.ts';
import { runPlan } from '../training/run.ts';
import { addFurtherOptions, addTrainingOptions, assembleTrainingOptions } from '../training-options.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp train                                          MNIST, 784-300-10, 5 epochs, 5,000 digits held out
  $ edge-mlp train --final --report report.html             all 60,000 digits, measured on the 10,000 test digits
  $ edge-mlp train --data iris.csv --hidden 16 --epochs 100
  $ edge-mlp train --data ellipse --epochs 100              a 2-3-2 network on points in and out of an ellipse
  $ edge-mlp train --augment elastic --schedule exponential --gamma 0.95 --epochs 60
  $ edge-mlp train --recipe recipe.json                      options from a file, such as {"epochs": 9}
  $ edge-mlp train --resume model.checkpoint.safetensors    go on after Ctrl-C
  $ edge-mlp train --from model.safetensors --data more.csv --epochs 5 --learning-rate 0.01

Exit status: 0 done, 1 failed, 2 bad usage, 130 stopped by Ctrl-C with a checkpoint written.`;

interface TrainCommandOptions extends RunFlags {
  readonly dataDir?: string;
  readonly from?: string;
  readonly recipe?: string;
  readonly out: string;
  readonly checkpoint?: string;
  readonly resume?: string;
  readonly report?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

export function addTrainCommand(program: Command): void {
  const command = program.command('train').description('train a network and write it to a file');
  addFurtherOptions(addTrainingOptions(addDataOptions(command).addOption(scalingOption())))
    .option('--seed <n>', 'of weights, order, random splits and generated data', seedNumber, TRAINING_DEFAULTS.seed)
    .option('--validation <n>', 'samples held out (default: 5000, or a tenth of a small set)', countOrZero)
    .option('--threads <n>', 'at most so many for one network, where they gain (default: all processors)', threadCount)
    .option('--final', 'train on all samples and measure on the test set')
    .option(
      '--recipe <file.json>',
      'take options from an object like {"epochs": 9}; those typed beside it count',
      fileName,
    )
    .option('--from <file>', 'begin with the weights of a model; its inputs, classes and scaling are kept', fileName)
    .option('--out <file>', 'where the model goes', fileName, 'model.safetensors')
    .option('--checkpoint <file>', 'keep the state of the run here, after every epoch', fileName)
    .option('--resume <file>', 'go on from a checkpoint with its options; --epochs may ask for more')
    .option('--report <file.html>', 'write curves, confusion matrix and mistakes as one HTML file', fileName)
    .option('--json', 'print all results as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { recipe } = command.opts<TrainCommandOptions>();
      if (recipe !== undefined) await applyRecipe(command, recipe);
      const options = command.opts<TrainCommandOptions>();
      if (options.final && options.validation !== undefined) {
        command.error('error: --final trains on all samples: expected no --validation beside it');
      }
      const given = (name: string) => ['cli', 'config'].includes(command.getOptionValueSource(name) ?? '');
      if (options.from !== undefined) checkBeside(given);
      await runTrain(options, given);
    });
}

/** What the model that is trained on says itself. Throws `bad-argument`. */
function checkBeside(given: (name: string) => boolean): void {
  const other = ['hidden', 'activation', 'init', 'scaling', 'resume'].find(given);
  if (other === undefined) return;
  throw new EdgeMlpError('bad-argument', `--${other}: expected none beside --from, whose model says it`);
}

async function runTrain(options: TrainCommandOptions, given: (name: string) => boolean): Promise<void> {
  const started = performance.now();
  const { out, report } = options;
  const checkpoint = options.checkpoint ?? options.resume ?? (await freeCheckpoint(out));
  const { dataDir, from, resume, recipe } = options;
  const resumed = resume === undefined ? undefined : await readResume(resume, options, given);
  const start = from === undefined ? resumed?.start : await readStart(from);
  const run = resumed?.run ?? runOptions(options, start);
  await checkOutputs({ out, report, checkpoint }, { data: run.data, from, resume, recipe });

  const plan = await makePlan(run, { dataDir, start, resume: resumed?.resume });
  const mlp = await createMlp(plan, await kernelsFor(plan, options.threads));
  describe(plan, mlp, options.threads);
  const everyEpoch = options.checkpoint !== undefined;
  const resumeCommand = formatResumeCommand(options, checkpoint);
  // Heard to the end: a Ctrl-C after the last epoch waits until the model is written.
  const interruption = new Interruption();
  const checkpoints = { path: checkpoint, everyEpoch, resumeCommand };
  const outcome = await runPlan(mlp, plan, { checkpoints, interruption });

  if (outcome.bestEpoch !== undefined) note(`\nbest     epoch ${outcome.bestEpoch}, whose weights the model has`);
  const test = plan.test === undefined ? undefined : evaluate(mlp, plan.test);
  const model: ModelFile = { info: planInfo(mlp.spec, plan, outcome.epochs, test), parameters: mlp.parameters() };
  await writeModelSomewhere(out, model);
  const seconds = (performance.now() - started) / 1000;
  note();
  if (test !== undefined) note(`test     loss ${test.loss.toFixed(5)}, accuracy ${percent(test.accuracy)}`);
  note(`model    ${out}`);
  const signal = await interruption.heard();
  if (signal !== undefined) throw new Interrupted('stopped after the model was written, before anything else', signal);
  if (report !== undefined) {
    // Loaded here alone: the plotting libraries take longer to load than a small network to train.
    const { trainingReport } = await import('../report/training-report.ts');
    await writeWhole(report, await trainingReport(buildReport({ mlp, plan, model, outcome, seconds })));
    note(`report   ${report}`);
  }
  note(`speed    ${integer(outcome.samplesPerSecond)} samples/s, ${duration(seconds)} in all`);
  if (options.json) printJson(trainSummary({ plan, model, outcome, test, seconds, threads: mlp.kernels.threads, out }));
  interruption.stop();
}

/** Beside the model. What another run has left to go on from stays. */
function freeCheckpoint(out: string): Promise<string> {
  const suffix = '.checkpoint.safetensors';
  return freePath(out.replace(/(\.safetensors)?$/, suffix), suffix);
}

/** The command that goes on, with everything that a checkpoint does not keep. */
function formatResumeCommand(options: TrainCommandOptions, checkpoint: string): string {
  const { dataDir, out, report, threads, json } = options;
  const files = { resume: checkpoint, out, report, checkpoint: options.checkpoint, 'data-dir': dataDir, threads };
  const words = Object.entries(files).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, quoted(String(value))],
  );
  return [programName(), 'train', ...words, ...(json ? ['--json'] : [])].join(' ');
}

/** How this program was started. */
function programName(): string {
  const [, script = ''] = process.argv;
  if (process.env.npm_command !== undefined) return 'npx edge-mlp';
  return basename(script) === 'edge-mlp' ? 'edge-mlp' : `node ${quoted(script)}`;
}

function buildReport(result: {
  mlp: Mlp;
  plan: Plan;
  model: ModelFile;
  outcome: Outcome;
  seconds: number;
}): TrainingReport {
  const { mlp, plan, model, outcome, seconds } = result;
  const { training, validation, test } = plan;
  return {
    ...{ mlp, info: model.info, seconds },
    ...outcome,
    samplesPerEpoch: sampleCount(training),
    measured: test ?? validation ?? training,
    measuredPart: test !== undefined ? 'test' : validation !== undefined ? 'validation' : 'training',
    weightsSha256: weightsSha256(model.parameters),
  };
}

function runOptions(options: TrainCommandOptions, start?: Start): RunOptions {
  const { data, label, pictures, scaling, init, validation, final } = options;
  const { layers, hiddenActivation: activation = options.activation } = start?.info.spec ?? {};
  const hidden = layers?.slice(1, -1) ?? options.hidden;
  return {
    data,
    label,
    pictures,
    scaling,
    hidden,
    activation,
    init,
    validation,
    final,
    ...assembleTrainingOptions(options),
  };
}

/** For as many threads as gain. Those that nobody asked for are done without where they cannot be had. */
async function kernelsFor({ run, training, layers }: Plan, asked: number | undefined): Promise<Kernels> {
  const available = asked ?? Math.min(availableParallelism(), MAX_THREADS);
  const { threads } = choosePaths({ ...run, layers, dataset: training, threads: available });
  if (threads === 1) return loadKernels();
  try {
    return await loadTeam(threads);
  } catch (error) {
    if (asked !== undefined) throw error;
    note(`threads  1: ${error instanceof Error ? error.message : String(error)}`);
    return loadKernels();
  }
}

async function createMlp({ run, layers, initialisation, start, resume }: Plan, kernels: Kernels): Promise<Mlp> {
  const parameters = resume?.checkpoint.parameters ?? start;
  const spec = { layers, hiddenActivation: run.activation };
  return parameters === undefined
    ? Mlp.create(kernels, { ...spec, initialisation, seed: run.seed })
    : Mlp.fromParameters(kernels, { ...spec, ...parameters });
}

/** How the learning rate goes. */
function rateText({ learningRate, schedule, warmupEpochs }: RunOptions): string {
  return `${learningRate}${scheduleText(schedule)}${warmupEpochs > 0 ? ` after ${formatCount(warmupEpochs, 'epoch')} of warm-up` : ''}`;
}

function scheduleText(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'constant':
      return '';
    case 'step':
      return ` (times ${schedule.gamma} every ${formatCount(schedule.every, 'epoch')})`;
    case 'exponential':
      return ` (times ${schedule.gamma} every epoch)`;
    case 'cosine':
      return ' (falling by a cosine)';
  }
}

function describe({ run, training, validation, test, from, resume }: Plan, mlp: Mlp, asked: number | undefined): void {
  const { layers, hiddenActivation } = mlp.spec;
  const parts = [
    `${integer(sampleCount(training))} samples for training`,
    ...(validation === undefined ? [] : [`${integer(sampleCount(validation))} for validation`]),
    ...(test === undefined ? [] : [`${integer(sampleCount(test))} for testing`]),
  ];
  const options = [
    `learning rate ${rateText(run)}`,
    `batch size ${run.batchSize}`,
    ...(run.momentum > 0 ? [`${run.nesterov ? 'Nesterov ' : ''}momentum ${run.momentum}`] : []),
    ...(run.weightDecay > 0 ? [`weight decay ${run.weightDecay}`] : []),
    ...(run.augment.kind === 'none' ? [] : [`${run.augment.kind} augmentation`]),
    ...(run.averageEpochs > 0 ? [`mean weights of the last ${formatCount(run.averageEpochs, 'epoch')}`] : []),
    ...(run.patience > 0 ? [`patience of ${formatCount(run.patience, 'epoch')}`] : []),
    `seed ${run.seed}`,
  ];
  note(`network  ${layers.join('-')} ${hiddenActivation}, ${integer(parameterCount(layers))} parameters`);
  note(`data     ${training.name}: ${parts.join(', ')}`);
  note(`options  ${options.join(', ')}`);
  const { threads } = mlp.kernels;
  // Said where there is something to say: several, or fewer than somebody asked for.
  if (threads > 1) note(`threads  ${threads}, which share every batch`);
  else if ((asked ?? 1) > 1) note('threads  1: batches or layers of this size are not faster with more');
  if (from !== undefined) note(`from     weights ${from.slice(0, 12)}`);
  if (resume !== undefined) note(`resumed  after ${integer(resume.checkpoint.step)} steps`);
  note();
}
