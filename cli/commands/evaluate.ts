import { type Command, Option } from 'commander';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import { type EvaluationData, type EvaluationDataOptions, loadForModel } from '../data/model-data.ts';
import { addDataOptions } from '../data/options.ts';
import { weightsSha256 } from '../hash.ts';
import { openModel } from '../model.ts';
import { integer, percent } from '../numbers.ts';
import { seedNumber } from '../options.ts';
import { print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp evaluate model.safetensors      with the test samples of its training data
  $ edge-mlp evaluate model.safetensors --data mnist --part training --json
  $ edge-mlp evaluate flowers.safetensors --data more-flowers.csv`;

export function addEvaluateCommand(program: Command): void {
  const part =
    'part of the data set (default: test; all samples of a CSV file, or of a folder of PNG files without a test part)';
  const command = program
    .command('evaluate')
    .description('measure a model: loss, accuracy, metrics by class, confusion matrix')
    .argument('<model>', 'model file');
  addDataOptions(command, "the model's training data")
    .addOption(new Option('--part <name>', part).choices(['test', 'training']))
    .option('--seed <n>', "seed of generated data (default: the model's own)", seedNumber)
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(runEvaluate);
}

async function runEvaluate(path: string, options: EvaluationDataOptions & { json?: boolean }): Promise<void> {
  const { model, mlp } = await openModel(path);
  const { info, parameters } = model;
  const data = await loadForModel(info, options);
  const { dataset, part } = data;
  const result = evaluate(mlp, dataset);
  if (!options.json) {
    print(`data      ${dataset.name}, ${describePart(data)}`);
    return printEvaluation(result, info.classes);
  }
  const { samples, loss, accuracy, confusion, classes } = result;
  printJson({
    model: path,
    weightsSha256: weightsSha256(parameters),
    data: { name: dataset.name, part },
    samples,
    loss,
    accuracy,
    classes: classes.map((metrics) => ({ class: info.classes[metrics.label], ...metrics })),
    confusion,
  });
}

export function describePart({ part }: EvaluationData): string {
  return part === 'all' ? 'all samples' : `${part} samples`;
}

function printEvaluation({ samples, loss, accuracy, classes, confusion }: Evaluation, names: readonly string[]): void {
  const mistakes = Math.round(samples * (1 - accuracy));
  print(`samples   ${integer(samples)}`);
  print(`loss      ${loss.toFixed(5)} nats`);
  print(`accuracy  ${percent(accuracy)}, ${integer(mistakes)} ${mistakes === 1 ? 'mistake' : 'mistakes'}`, '');
  const rows = classes.map(({ label, support, precision, recall, f1 }) => [
    names[label] ?? String(label),
    integer(support),
    percent(precision),
    percent(recall),
    f1.toFixed(4),
  ]);
  print(...table(['class', 'samples', 'precision', 'recall', 'F1'], rows));
  print('', 'Confusion matrix: rows are true classes, columns are predicted classes.', '');
  const cells = confusion.map((row, label) => [
    names[label] ?? '',
    ...row.map((count) => (count === 0 ? '·' : String(count))),
  ]);
  print(...table(['', ...names], cells));
}
