import { type Command, Option } from 'commander';
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import { evaluateProbabilities, type ProbabilityEvaluation } from '../../src/core/evaluate-probabilities.ts';
import { evaluateRegression } from '../../src/core/evaluate-regression.ts';
import { classificationReport, type MeanMetrics } from '../../src/core/metrics.ts';
import type { Mlp } from '../../src/core/mlp.ts';
import { type PermutationImportance, permutationImportance } from '../../src/core/permutation-importance.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { type EvaluationData, type EvaluationDataOptions, loadForModel, PARTS } from '../data/model-data.ts';
import { addDataOptions } from '../data/options.ts';
import { weightsSha256 } from '../hash.ts';
import { openModel } from '../model.ts';
import { integer, percent } from '../numbers.ts';
import { positiveInteger, seedNumber } from '../options.ts';
import { note, print, printJson, table } from '../terminal.ts';
import { describeRegression } from './regression-output.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp evaluate model.safetensors      with the test samples of its training data
  $ edge-mlp evaluate model.safetensors --data mnist --part training --json
  $ edge-mlp evaluate flowers.safetensors --data more-flowers.csv
  $ edge-mlp evaluate flowers.safetensors --part validation
  $ edge-mlp evaluate flowers.safetensors --importance`;

interface EvaluateOptions extends EvaluationDataOptions {
  readonly topK?: number;
  /** True without a number of repeats. */
  readonly importance?: number | true;
  readonly json?: boolean;
}

export function addEvaluateCommand(program: Command): void {
  const part =
    'part of the data set; validation: the samples that the training held out (default: test; all samples of a CSV file, or of a folder of PNG files without a test part)';
  const importance =
    'tables: mean decrease of the accuracy if a feature is permuted, and its standard deviation (default: 5 repeats)';
  const command = program
    .command('evaluate')
    .description('measure a model: loss, accuracy, ROC AUC, calibration, metrics by class, confusion matrix')
    .argument('<model>', 'model file');
  addDataOptions(command, "the model's training data")
    .addOption(new Option('--part <name>', part).choices(PARTS))
    .option('--top-k <k>', 'number of classes in the top-k accuracy (default: 2)', positiveInteger)
    .option('--importance [repeats]', importance, positiveInteger)
    .option('--seed <n>', "seed of generated data (default: the model's own), and of permutations", seedNumber)
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runEvaluate);
}

async function runEvaluate(path: string, options: EvaluateOptions): Promise<void> {
  const { model, mlp } = await openModel(path);
  const { info, parameters } = model;
  checkMeasures(options, info);
  const data = await loadForModel(info, options);
  const { dataset } = data;
  const hashes = { model: path, weightsSha256: weightsSha256(parameters) };
  const source = { data: { name: dataset.name, part: data.part, trainedOn: data.trainedOn } };
  if (info.targets !== undefined) {
    const evaluation = evaluateRegression(mlp, dataset);
    const importance = measureImportance(mlp, dataset, options);
    if (options.json) return printJson({ ...hashes, ...source, ...evaluation, importance: importance?.features });
    print(`data      ${dataset.name}, ${describePart(data)}`, ...describeRegression(evaluation));
    if (importance !== undefined) printImportance(importance, 'R²');
    return noteTrainingData(data);
  }
  const measures: Measures = {
    evaluation: evaluate(mlp, dataset),
    probabilities: evaluateProbabilities(mlp, dataset, { k: options.topK ?? 2 }),
    importance: measureImportance(mlp, dataset, options),
  };
  if (!options.json) {
    print(`data      ${dataset.name}, ${describePart(data)}`);
    printMeasures(measures, info.classes);
    return noteTrainingData(data);
  }
  printJson({ ...hashes, ...source, ...summarize(measures, info.classes) });
}

interface Measures {
  readonly evaluation: Evaluation;
  readonly probabilities: ProbabilityEvaluation;
  /** With --importance. */
  readonly importance: PermutationImportance | undefined;
}

/** Throws EdgeMlpError "bad-argument" for options that do not fit the model. */
function checkMeasures({ topK, importance }: EvaluateOptions, { classes, targets, imageShape }: ModelInfo): void {
  if (topK !== undefined && targets !== undefined) {
    throw new EdgeMlpError('bad-argument', '--top-k: expected a model with classes, got a regression');
  }
  if (topK !== undefined && topK >= classes.length) {
    const expected = `a whole number below ${classes.length}, the number of classes`;
    throw new EdgeMlpError('bad-argument', `--top-k: expected ${expected}, got ${topK}`);
  }
  if (importance !== undefined && imageShape !== undefined) {
    throw new EdgeMlpError('bad-argument', '--importance: expected a model of a table, got a model of images');
  }
}

function measureImportance(mlp: Mlp, dataset: Dataset, { importance, seed = 1 }: EvaluateOptions) {
  if (importance === undefined) return undefined;
  return permutationImportance(mlp, dataset, importance === true ? { seed } : { seed, repeats: importance });
}

export function describePart({ part }: EvaluationData): string {
  return part === 'all' ? 'all samples' : `${part} samples`;
}

/** A model knows the samples that it was trained on. */
function noteTrainingData({ dataset, part, trainedOn }: EvaluationData): void {
  if (part !== 'all' || trainedOn === 0) return;
  const samples = sampleCount(dataset);
  const heldOut = trainedOn < samples ? `--part validation for the ${integer(samples - trainedOn)} others, ` : '';
  note(
    '',
    `The model was trained on ${integer(trainedOn)} of these ${integer(samples)} samples, so the figures are too good.`,
    `For a fair measure use ${heldOut}--data with other samples, or train --test.`,
  );
}

/** The measures of `evaluate --json`. */
function summarize({ evaluation, probabilities, importance }: Measures, names: readonly string[]) {
  const { samples, loss, accuracy, confusion, classes } = evaluation;
  const { balancedAccuracy, macro, weighted } = classificationReport(confusion);
  const { rocAuc, topK, calibration } = probabilities;
  return {
    samples,
    loss,
    accuracy,
    balancedAccuracy,
    topK,
    rocAuc: rocAuc.macro,
    expectedCalibrationError: calibration.expectedCalibrationError,
    macro,
    weighted,
    classes: classes.map((metrics) => ({
      class: names[metrics.label],
      ...metrics,
      rocAuc: rocAuc.classes[metrics.label],
    })),
    confusion,
    calibration: calibration.bins,
    ...(importance === undefined ? {} : { importance: importance.features }),
  };
}

function printMeasures({ evaluation, probabilities, importance }: Measures, names: readonly string[]): void {
  const { samples, loss, accuracy, classes, confusion } = evaluation;
  const { balancedAccuracy, macro, weighted } = classificationReport(confusion);
  const { rocAuc, topK, calibration } = probabilities;
  const mistakes = Math.round(samples * (1 - accuracy));
  print(`samples   ${integer(samples)}`);
  print(`loss      ${loss.toFixed(5)} nats`);
  print(`accuracy  ${percent(accuracy)}, ${integer(mistakes)} ${mistakes === 1 ? 'mistake' : 'mistakes'}`);
  print(`balanced  ${percent(balancedAccuracy)}, mean recall of the classes`);
  if (topK !== null) print(`top ${topK.k}`.padEnd(10) + percent(topK.accuracy));
  print(`ROC AUC   ${formatScore(rocAuc.macro)}, mean of each class against the rest`);
  print(`ECE       ${percent(calibration.expectedCalibrationError)}, expected calibration error`, '');
  const cells = ({ precision, recall, f1 }: MeanMetrics) => [percent(precision), percent(recall), f1.toFixed(4)];
  const rows = classes.map((metrics) => [
    names[metrics.label] ?? String(metrics.label),
    integer(metrics.support),
    ...cells(metrics),
    formatScore(rocAuc.classes[metrics.label]),
  ]);
  rows.push(['macro mean', integer(samples), ...cells(macro), formatScore(rocAuc.macro)]);
  rows.push(['weighted mean', integer(samples), ...cells(weighted), '']);
  print(...table(['class', 'samples', 'precision', 'recall', 'F1', 'ROC AUC'], rows));
  print('', 'Confusion matrix: rows are true classes, columns are predicted classes.', '');
  const counts = confusion.map((row, label) => [
    names[label] ?? '',
    ...row.map((count) => (count === 0 ? '·' : String(count))),
  ]);
  print(...table(['', ...names], counts));
  if (importance !== undefined) printImportance(importance, 'the accuracy');
}

/** `–` for a class without an area. */
function formatScore(score: number | null | undefined): string {
  return score?.toFixed(4) ?? '–';
}

function printImportance({ features }: PermutationImportance, score: string): void {
  const repeats = features[0]?.decreases.length ?? 0;
  print('', `Permutation importance: decrease of ${score} if a feature is permuted, ${repeats} repeats.`, '');
  const sorted = features.toSorted((a, b) => b.mean - a.mean);
  const rows = sorted.map(({ name, mean, standardDeviation }) => [name, mean.toFixed(4), standardDeviation.toFixed(4)]);
  print(...table(['feature', 'decrease', 'deviation'], rows));
}
