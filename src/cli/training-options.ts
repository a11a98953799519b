/** The options of a network and its training, as one value each or as lists. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { HIDDEN_ACTIVATIONS, INITIALISATIONS } from '../core/spec.ts';
import { TRAINING_DEFAULTS } from '../core/train.ts';
import { hiddenSizes, listOf, momentumNumber, numberOrZero, positiveInteger, positiveNumber } from './options.ts';

/** One value each: what `train` and `repeat` take. */
export function addTrainingOptions(command: Command): Command {
  const defaults = TRAINING_DEFAULTS;
  return command
    .option('--hidden <sizes>', 'hidden layers: 300, or 512,256, or none (default: 300, for ellipse 3)', hiddenSizes)
    .addOption(new Option('--activation <name>', 'of hidden layers').choices(HIDDEN_ACTIVATIONS).default('sigmoid'))
    .addOption(
      new Option('--init <name>', 'initial weights (default: normal; for tanh glorot, for relu he)').choices(
        INITIALISATIONS,
      ),
    )
    .option('--epochs <n>', 'passes over the training set', positiveInteger, defaults.epochs)
    .option('--batch-size <n>', 'samples in one step', positiveInteger, defaults.batchSize)
    .option('--learning-rate <rate>', 'size of a step', positiveNumber, defaults.learningRate)
    .option('--momentum <share>', 'share of the last step that goes on, below 1', momentumNumber, defaults.momentum)
    .option('--weight-decay <factor>', 'pull of the parameters to zero', numberOrZero, defaults.weightDecay);
}

/** Lists with commas between: what `sweep` takes. Layers of one network are joined by -, as in 512-256. */
export function addGridOptions(command: Command): Command {
  const defaults = TRAINING_DEFAULTS;
  const layers = (text: string) => hiddenSizes(text.replaceAll('-', ','));
  return command
    .addOption(listOption('--learning-rate', 'sizes of a step', positiveNumber, defaults.learningRate))
    .addOption(listOption('--hidden', 'hidden layers: 100,300,512-256,none (default: 300, for ellipse 3)', layers))
    .addOption(
      listOption('--activation', `of hidden layers: ${HIDDEN_ACTIVATIONS}`, choice(HIDDEN_ACTIVATIONS), 'sigmoid'),
    )
    .addOption(
      listOption(
        '--init',
        `initial weights: ${INITIALISATIONS} (default: normal; for tanh glorot, for relu he)`,
        choice(INITIALISATIONS),
      ),
    )
    .addOption(listOption('--batch-size', 'samples in one step', positiveInteger, defaults.batchSize))
    .addOption(listOption('--epochs', 'passes over the training set', positiveInteger, defaults.epochs))
    .addOption(
      listOption('--momentum', 'share of the last step that goes on, below 1', momentumNumber, defaults.momentum),
    )
    .addOption(listOption('--weight-decay', 'pull of the parameters to zero', numberOrZero, defaults.weightDecay));
}

function listOption<Value>(
  name: string,
  description: string,
  read: (text: string) => Value,
  defaultValue?: Value,
): Option {
  const option = new Option(`${name} <list>`, description).argParser(listOf(read));
  return defaultValue === undefined ? option : option.default([defaultValue], String(defaultValue));
}

function choice<const Name extends string>(choices: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = choices.find((name) => name === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`expected ${choices.join(', ')}, got ${text || 'nothing'}.`);
  };
}
