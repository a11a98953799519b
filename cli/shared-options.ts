/** Options that several commands have. */
import type { Command } from 'commander';
import { fileName, positiveInteger, validationSize } from './options.ts';

export const VALIDATION_TEXT =
  'samples held out for validation: a number, or a fraction such as 0.2 (default: 5000, or 10 % of a smaller set)';

/** Options of `train` and `repeat`: the split, and a recipe. */
export function addFinalOptions(command: Command): Command {
  const recipe = 'JSON file with options, such as {"epochs": 9}; options on the command line override it';
  return command
    .option('--validation <n>', VALIDATION_TEXT, validationSize)
    .option('--final', 'train on all samples and evaluate on the test set')
    .option('--recipe <file.json>', recipe, fileName);
}

export interface WideningOptions {
  /** False with --no-widen. */
  readonly widen?: boolean;
}

export function addWideningOption(command: Command): Command {
  return command.option('--no-widen', 'compute with 128 bits, as EDGE_MLP_WIDEN=0 does; results have the same bits');
}

/** The option in a command line. Its default needs no word. */
export function typedWiden({ widen }: WideningOptions): false | undefined {
  return widen === false ? false : undefined;
}

export interface PoolOptions extends WideningOptions {
  readonly threads?: number;
  readonly fresh?: boolean;
}

export function addPoolOptions(command: Command): Command {
  return addWideningOption(command)
    .option('--threads <n>', 'number of concurrent runs (default: one for each processor)', positiveInteger)
    .option('--fresh', 'repeat runs that are in the cache');
}

export function addRemoteOptions(command: Command): Command {
  return command
    .requiredOption('--remote <url>', 'URL of the service')
    .option('--token <token>', 'bearer token (default: $EDGE_MLP_TOKEN)')
    .option('--json', 'print one JSON object to stdout');
}

/** Options for facts that another program's model file may lack (src/format/description.ts). */
export function addDescriptionOptions(command: Command): Command {
  return command
    .option('--activation <names>', 'safetensors: activation of the hidden layers, or one for each, as in relu,tanh')
    .option(
      '--layers <names>',
      'safetensors: names of the weights from the first layer to the last, if sizes do not tell',
    )
    .option('--classes <names>', 'class names by label, comma-separated (default: those in the file, or 0, 1, 2 …)')
    .option('--task <task>', 'regression: the outputs are numbers (default: classification)')
    .option('--targets <names>', 'names of the targets of a regression, comma-separated')
    .option('--features <names>', 'names of the inputs, comma-separated (default: those in the file)')
    .option(
      '--image <rows>x<columns>',
      'image size; the inputs are pixels, which the file takes as 0 to 1 unless it scales bytes itself',
    )
    .option(
      '--pictures <conversion>',
      'PNG: centred crops, scales and centres the drawing; as-is requires the image size',
    )
    .option('--scaling <kind>', 'bytes: the inputs are pixels, divided by 255; identity: the inputs are not scaled')
    .option('--mean <numbers>', 'mean subtracted from the inputs in training: one number, or one for each input')
    .option('--std <numbers>', 'standard deviation that divided the inputs in training');
}

/** Adds examples to the help of a group and of each of its commands. Call it after all commands are added. */
export function addGroupExamples(group: Command, text: string): void {
  group.addHelpText('after', text);
  const lines = text.split('\n');
  for (const command of group.commands) {
    const own = lines.filter((line) => line.startsWith(`  $ edge-mlp ${group.name()} ${command.name()} `));
    command.addHelpText('after', ['', 'Examples:', ...own].join('\n'));
  }
}
