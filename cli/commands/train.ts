import { basename } from 'node:path';
import type { Command } from 'commander';
import { sampleCount } from '../../src/core/dataset.ts';
import { keptMetrics } from '../../src/core/early-stopping.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type AnyEvaluation, measure, readAccuracy } from '../../src/core/measures.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { MAX_THREADS } from '../../src/core/paths.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { addDataOptions, scalingOption } from '../data/options.ts';
import { pickTableFlags } from '../data/table-options.ts';
import { checkExists, checkExtension, checkOutputs, freePath, writeWhole } from '../files.ts';
import { weightsSha256 } from '../hash.ts';
import { Interrupted, Interruption } from '../interruption.ts';
import { describeMachine, today } from '../machine.ts';
import { saveTrainedModel } from '../model.ts';
import { integer, scoreText } from '../numbers.ts';
import { fileName, optionWords, positiveInteger, quoteWord, seedNumber } from '../options.ts';
import { readOptions } from '../recipe.ts';
import { addFinalOptions, addWideningOption, typedWiden, type WideningOptions } from '../shared-options.ts';
import { duration, note, printJson } from '../terminal.ts';
import { describeBest } from '../training/best.ts';
import { countParts, describePlan } from '../training/describe.ts';
import { createNetwork } from '../training/network.ts';
import {
  checkRunOptions,
  describeRun,
  makePlan,
  type Plan,
  type RunRequest,
  readStart,
  type Start,
} from '../training/plan.ts';
import { type RunFlags, readResume } from '../training/resume.ts';
import { type Outcome, runPlan } from '../training/run.ts';
import { estimateWork } from '../training/run-spec.ts';
import { type Widening, widen } from '../training/widening.ts';
import { addFurtherOptions, addTrainingOptions, checkActivations } from '../training-flags.ts';
import { assembleTrainingOptions } from '../training-options.ts';

const EXAMPLES = `
Ctrl-C, SIGTERM and a closed terminal save a checkpoint. A second Ctrl-C ends at once.

Examples:
  $ edge-mlp train                                          MNIST, 784-300-10, 5 epochs, 5,000 validation samples
  $ edge-mlp train --final --report report.html             all 60,000 digits, evaluated on the 10,000 test digits
  $ edge-mlp train --data iris.csv --hidden 16 --epochs 100 --validation 0.2
  $ edge-mlp train --data iris.csv --label species --ignore id --missing mean --test more-irises.csv
  $ edge-mlp train --data houses.csv --target price --hidden 32 --optimizer adam --epochs 100
  $ edge-mlp train --data ellipse --epochs 100              2-3-2, points inside and outside an ellipse
  $ edge-mlp train --augment elastic --schedule exponential --gamma 0.95 --epochs 60
  $ edge-mlp train --recipe recipe.json                     options from a file such as {"epochs": 9}
  $ edge-mlp train --resume model.checkpoint.safetensors    continue after Ctrl-C
  $ edge-mlp train --from model.safetensors --data more.csv --epochs 5 --learning-rate 0.01
`;

interface TrainCommandOptions extends RunFlags, WideningOptions {
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
  const command = program.command('train').description('train a network and write a model file');
  addFurtherOptions(addTrainingOptions(addDataOptions(command).addOption(scalingOption())))
    .option(
      '--seed <n>',
      'seed of weights, sample order, random splits and generated data',
      seedNumber,
      TRAINING_DEFAULTS.seed,
    )
    .option(
      '--threads <n>',
      `maximum number of threads, up to ${MAX_THREADS}, used only if they are faster (default: all processors)`,
      positiveInteger,
    );
  addFinalOptions(addWideningOption(command))
    .option('--test <file>', 'table, or folder of PNG files, that the trained model is measured on', fileName)
    .option('--from <file>', 'continue from the weights of a model, with its inputs, classes and scaling', fileName)
    .option('--out <file>', 'model file to write', fileName, 'model.safetensors')
    .option('--checkpoint <file>', 'file for the state of the run, saved after every epoch', fileName)
    .option('--resume <file>', 'continue from a checkpoint with its options; --epochs may be greater')
    .option('--report <file.html>', 'write curves, confusion matrix and mistakes to an HTML file', fileName)
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const options = await readOptions<TrainCommandOptions>(command);
      const isGiven = (name: string) => ['cli', 'config'].includes(command.getOptionValueSource(name) ?? '');
      if (options.from !== undefined) checkFromOptions(isGiven);
      await runTrain(options, isGiven);
    });
}

const FROM_CONFLICTS: Readonly<Record<string, string>> = {
  hidden: 'the model file defines the layers',
  activation: 'the model file defines the activation',
  init: 'the model file defines the weights',
  scaling: 'the model file defines the scaling',
  resume: 'a checkpoint has its own weights',
};

/** Throws EdgeMlpError "bad-argument". */
function checkFromOptions(isGiven: (name: string) => boolean): void {
  const other = Object.keys(FROM_CONFLICTS).find(isGiven);
  if (other === undefined) return;
  throw new EdgeMlpError('bad-argument', `--${other} cannot be combined with --from: ${FROM_CONFLICTS[other]}`);
}

async function runTrain(options: TrainCommandOptions, isGiven: (name: string) => boolean): Promise<void> {
  const started = performance.now();
  const { dataDir, from, resume, recipe, out, report, threads } = options;
  const checkpoint =
    options.checkpoint ?? resume ?? (await freePath(out.replace(/(\.safetensors)?$/, ''), '.checkpoint.safetensors'));
  const resumed = resume === undefined ? undefined : await readResume(resume, options, isGiven);
  const start = from === undefined ? resumed?.start : await readStart(from);
  const run = resumed?.run ?? toRunRequest(options, start);
  checkRunOptions(run, start);
  await checkOutputs({ out, report, checkpoint }, { data: run.data, test: run.test, from, resume, recipe });
  checkExtension('--out', out, '.safetensors');
  checkExtension('--checkpoint', checkpoint, '.safetensors');
  checkExtension('--report', report, '.html');
  if (run.test !== undefined) await checkExists('--test', run.test);

  const plan = await makePlan(run, { dataDir, start, resume: resumed?.resume });
  const work = estimateWork(plan.layers, sampleCount(plan.training), plan.run.epochs);
  const widening = widen(options.widen, work);
  const mlp = await createNetwork(plan, threads);
  describePlan(plan, mlp, threads);
  const everyEpoch = options.checkpoint !== undefined;
  // Active until the end: a Ctrl-C after the last epoch waits until the model is written.
  const interruption = new Interruption();
  const outcome = await runPlan(mlp, plan, {
    path: checkpoint,
    everyEpoch,
    measureTraining: report !== undefined,
    formatResumeCommand: (path) => formatResumeCommand(options, path),
    interruption,
  });

  const test = plan.test === undefined ? undefined : measure(mlp, plan.test, { loss: run.loss });
  const { epochs, bestEpoch: keptEpoch } = outcome;
  const info = describeRun(mlp.spec, plan, { epochs, keptEpoch, test });
  const model: ModelFile = { info, parameters: mlp.parameters() };
  note('');
  if (keptEpoch !== undefined) note(`best     ${describeBest(epochs, keptEpoch)}; the model has its weights`);
  if (test !== undefined) note(`test     loss ${test.loss.toFixed(5)}, ${scoreText(test)}`);
  const { path, trouble } = await saveTrainedModel(out, model);
  const seconds = (performance.now() - started) / 1000;
  note(`model    ${path}`);
  if (trouble !== undefined) {
    throw new EdgeMlpError('file', `${trouble.message}; the model was written to ${path}`, { cause: trouble });
  }
  const signal = await interruption.poll();
  if (signal !== undefined) throw new Interrupted('stopped after writing the model', signal);
  const result: TrainResult = { plan, mlp, model, outcome, test, seconds, widening };
  if (report !== undefined) {
    await writeReport(report, result);
    note(`report   ${report}`);
  }
  note(`speed    ${integer(outcome.samplesPerSecond)} samples/s, ${duration(seconds)} in total`);
  if (options.json) printJson(summarize(result, out));
  interruption.stop();
}

/** The command that continues the run, with all options that a checkpoint does not store. */
function formatResumeCommand(options: TrainCommandOptions, resume: string): string {
  const { dataDir, out, report, threads, json, checkpoint } = options;
  const widen = typedWiden(options);
  const words = optionWords({ resume, out, report, checkpoint, dataDir, threads, json, widen });
  return [programName(), 'train', ...words].join(' ');
}

function programName(): string {
  const [, script = ''] = process.argv;
  if (process.env.npm_command !== undefined) return 'npx edge-mlp';
  return basename(script) === 'edge-mlp' ? 'edge-mlp' : `node ${quoteWord(script)}`;
}

function toRunRequest(options: TrainCommandOptions, start?: Start): RunRequest {
  const { data, pictures, scaling, init, validation, test, final } = options;
  const { layers, hiddenActivation: activation = options.activation } = start?.info.spec ?? {};
  const hidden = layers?.slice(1, -1) ?? options.hidden;
  checkActivations(hidden && [hidden], [activation]);
  const training = assembleTrainingOptions(options);
  const table = pickTableFlags(options);
  const { seed } = options;
  return { data, ...table, pictures, scaling, hidden, activation, init, validation, test, final, ...training, seed };
}

interface TrainResult {
  readonly plan: Plan;
  readonly mlp: Mlp;
  readonly model: ModelFile;
  readonly outcome: Outcome;
  /** With --final or --test. */
  readonly test: AnyEvaluation | undefined;
  readonly seconds: number;
  readonly widening: Widening;
}

/** The output of `train --json`. */
function summarize(result: TrainResult, out: string): Record<string, unknown> {
  const { plan, mlp, model, outcome, test, seconds, widening } = result;
  const { spec, provenance } = model.info;
  return {
    spec,
    parameters: parameterCount(spec.layers),
    initialisation: plan.initialisation,
    from: plan.from ?? null,
    options: provenance?.training,
    seed: plan.run.seed,
    data: provenance?.dataset,
    plan: { ...plan.summary, samples: countParts(plan) },
    epochs: outcome.epochs,
    kept: keptMetrics(outcome.epochs, plan.run.patience) ?? null,
    testLoss: test?.loss ?? null,
    testAccuracy: test === undefined ? null : readAccuracy(test),
    ...(test !== undefined && 'r2' in test ? { test } : {}),
    seconds,
    samplesPerSecond: outcome.samplesPerSecond,
    threads: mlp.kernels.threads,
    widening,
    weightsSha256: weightsSha256(model.parameters),
    out,
  };
}

async function writeReport(path: string, result: TrainResult): Promise<void> {
  const { plan, mlp, model, outcome, seconds, widening } = result;
  const { training, validation, test } = plan;
  const { trainingReport } = await import('../report/training-report.ts');
  const html = await trainingReport({
    ...outcome,
    mlp,
    info: model.info,
    seconds,
    widening,
    samplesPerEpoch: sampleCount(training),
    measured: test ?? validation ?? training,
    measuredPart: test !== undefined ? 'test' : validation !== undefined ? 'validation' : 'training',
    weightsSha256: weightsSha256(model.parameters),
    command: ['edge-mlp', ...process.argv.slice(2).map(quoteWord)].join(' '),
    date: today(),
    machine: describeMachine(),
  });
  await writeWhole(path, html);
}
