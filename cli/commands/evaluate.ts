import { type Command, Option } from 'commander';
import type { PictureFit } from '../../src/core/dataset.ts';
import { type Evaluation, evaluate } from '../../src/core/evaluate.ts';
import { loadForModel } from '../data/source.ts';
import { weightsSha256 } from '../hash.ts';
import { openModel } from '../model.ts';
import { seedNumber } from '../options.ts';
import { integer, percent } from '../report/numbers.ts';
import { addDataOptions } from '../shared-options.ts';
import { print, printJson, table } from '../terminal.ts';

interface EvaluateOptions {
  readonly data?: string;
  readonly dataDir?: string;
  readonly label?: string;
  readonly pictures?: PictureFit;
  readonly part?: 'test' | 'training';
  readonly seed?: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ edge-mlp evaluate model.safetensors                  on the test samples of the data it was trained on,
                                                         or all of them where those are a CSV file
  $ edge-mlp evaluate model.safetensors --data mnist --part training --json
  $ edge-mlp evaluate flowers.safetensors --data more-flowers.csv`;

export function addEvaluateCommand(program: Command): void {
  const command = program
    .command('evaluate')
    .description('measure a model: loss, accuracy, a table by class, the confusion matrix')
    .argument('<model>', 'model file');
  addDataOptions(command, "the model's own")
    .addOption(
      new Option(
        '--part <name>',
        'of the data set (default: test; a CSV file or a folder of PNG files without a test part is taken whole)',
      ).choices(['test', 'training']),
    )
    .option('--seed <n>', "of generated data (default: the model's own)", seedNumber)
    .option('--json', 'print all results as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(runEvaluate);
}

async function runEvaluate(path: string, options: EvaluateOptions): Promise<void> {
  const { model, mlp } = await openModel(path);
  const { info, parameters } = model;
  const { dataset, part } = await loadForModel(info, options);
  const result = evaluate(mlp, dataset);
  if (!options.json) {
    print(`data      ${dataset.name}, ${part === 'all' ? 'all' : `the ${part}`} samples`);
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

function printEvaluation({ samples, loss, accuracy, classes, confusion }: Evaluation, names: readonly string[]): void {
  const mistakes = Math.round(samples * (1 - accuracy));
  print(`samples   ${integer(samples)}`);
  print(`loss      ${loss.toFixed(5)} formatNats`);
  print(`accuracy  ${percent(accuracy)}, ${integer(mistakes)} ${mistakes === 1 ? 'mistake' : 'mistakes'}\n`);
  const rows = classes.map(({ label, support, precision, recall, f1 }) => [
    names[label] ?? String(label),
    integer(support),
    percent(precision),
    percent(recall),
    f1.toFixed(4),
  ]);
  print(table(['class', 'samples', 'precision', 'recall', 'F1'], rows));
  print(`\nconfusion: rows are the true class, columns the predicted one\n`);
  const cells = confusion.map((row, label) => [
    names[label] ?? '',
    ...row.map((count) => (count === 0 ? '·' : String(count))),
  ]);
  print(table(['', ...names], cells));
}
