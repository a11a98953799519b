/** The flags of a network and its training: texts of the help, and readers of their values. */
import { type Command, Option } from 'commander';
import { TABLE_STEPS } from '../src/core/default-options.ts';
import { REGRESSION_LOSSES } from '../src/core/loss.ts';
import { ADAM_DEFAULTS, OPTIMIZER_DEFAULTS, OPTIMIZER_KINDS } from '../src/core/optimizers.ts';
import type { ClassWeight } from '../src/core/sample-weights.ts';
import { checkActivation, HIDDEN_ACTIVATIONS, type HiddenActivations, INITIALISATIONS } from '../src/core/spec.ts';
import { AUGMENT_KINDS, SCHEDULE_KINDS, TRAINING_DEFAULTS } from '../src/core/training-options.ts';
import {
  activationReader,
  choice,
  classWeights,
  coefficient,
  countOrZero,
  hiddenSizes,
  kebab,
  listReader,
  numberOrZero,
  OTHER_GROUP,
  positiveInteger,
  positiveNumber,
} from './options.ts';
import { FLAG_DEFAULTS, type TrainingFlags } from './training-options.ts';

interface Flag {
  readonly name: Exclude<keyof TrainingFlags, 'seed' | 'nesterov'>;
  /** Placeholder of the value in the help. */
  readonly value: string;
  readonly text: string;
  /** Default in words, for flags whose default depends on the optimizer or the data. */
  readonly byDefault?: string;
  readonly read: (text: string) => number | string | ClassWeight | undefined;
}

const ADAM = 'Adam, AdamW';
const { sgd, adamw } = OPTIMIZER_DEFAULTS;

/** Options of local training and of jobs. */
const COMMON_FLAGS: readonly Flag[] = [
  {
    name: 'epochs',
    value: 'n',
    text: 'passes over the training set',
    byDefault: `${TRAINING_DEFAULTS.epochs}; tables: as many as ${TABLE_STEPS.adam} steps need`,
    read: positiveInteger,
  },
  {
    name: 'batchSize',
    value: 'n',
    text: 'samples in one step',
    byDefault: `${TRAINING_DEFAULTS.batchSize}; tables: a sixteenth of the samples, up to 32`,
    read: positiveInteger,
  },
  {
    name: 'optimizer',
    value: 'kind',
    text: `optimizer: ${OPTIMIZER_KINDS.join(', ')}`,
    byDefault: 'sgd; tables: adam, or sgd with momentum',
    read: choice(OPTIMIZER_KINDS),
  },
  {
    name: 'learningRate',
    value: 'rate',
    text: 'learning rate, above 0',
    byDefault: `${sgd.learningRate}; ${ADAM}: ${adamw.learningRate}`,
    read: positiveNumber,
  },
  { name: 'momentum', value: 'm', text: 'momentum coefficient of SGD, 0 ≤ m < 1', read: coefficient },
  {
    name: 'weightDecay',
    value: 'factor',
    text: 'weight decay of weights and biases: L2 penalty, or decoupled in AdamW',
    byDefault: `${sgd.weightDecay}; AdamW: ${adamw.weightDecay}`,
    read: numberOrZero,
  },
  {
    name: 'beta1',
    value: 'b',
    text: `${ADAM}: decay rate of the mean gradient, 0 ≤ b < 1`,
    byDefault: String(ADAM_DEFAULTS.beta1),
    read: coefficient,
  },
  {
    name: 'beta2',
    value: 'b',
    text: `${ADAM}: decay rate of the mean squared gradient, 0 ≤ b < 1`,
    byDefault: String(ADAM_DEFAULTS.beta2),
    read: coefficient,
  },
  {
    name: 'epsilon',
    value: 'e',
    text: `${ADAM}: term of the denominator, above 0`,
    byDefault: String(ADAM_DEFAULTS.epsilon),
    read: positiveNumber,
  },
  {
    name: 'clipNorm',
    value: 'norm',
    text: 'greatest norm of the gradient of a step: a longer gradient is scaled down; 0: off',
    read: numberOrZero,
  },
  {
    name: 'dropout',
    value: 'p',
    text: 'probability of dropping each hidden unit in a training step, 0 ≤ p < 1; 0: off',
    read: coefficient,
  },
  {
    name: 'loss',
    value: 'name',
    text: `loss of a regression: ${REGRESSION_LOSSES.join(', ')} (default: squared-error)`,
    read: choice(REGRESSION_LOSSES),
  },
  {
    name: 'classWeight',
    value: 'weights',
    text: 'weights of the classes in training: balanced, or apple=2,pear=1 (default: 1 each)',
    read: classWeights,
  },
];

const SCHEDULE_FLAGS: readonly Flag[] = [
  {
    name: 'schedule',
    value: 'kind',
    text: `learning-rate schedule: ${SCHEDULE_KINDS.join(', ')}`,
    read: choice(SCHEDULE_KINDS),
  },
  {
    name: 'gamma',
    value: 'factor',
    text: 'factor of the learning rate: after every epoch (exponential) or every --step-epochs (step)',
    read: positiveNumber,
  },
  {
    name: 'stepEpochs',
    value: 'n',
    text: 'epochs between two changes of the learning rate (step)',
    read: positiveInteger,
  },
  { name: 'warmupEpochs', value: 'n', text: 'epochs of linear warm-up before the schedule', read: countOrZero },
  {
    name: 'averageEpochs',
    value: 'n',
    text: 'end with the mean weights of the last n epochs; 0: off',
    read: countOrZero,
  },
  {
    name: 'patience',
    value: 'n',
    text: 'early stopping: epochs without a better validation accuracy (regression: loss); ends with the best weights; 0: off',
    read: countOrZero,
  },
];

const AUGMENT_FLAGS: readonly Flag[] = [
  {
    name: 'augment',
    value: 'kind',
    text: `random distortion of each training image in every epoch: ${AUGMENT_KINDS.join(', ')}; each kind includes the kinds before it`,
    read: choice(AUGMENT_KINDS),
  },
  { name: 'augmentShift', value: 'pixels', text: 'maximum shift, in pixels', read: numberOrZero },
  { name: 'augmentRotation', value: 'degrees', text: 'maximum rotation, in degrees', read: numberOrZero },
  { name: 'augmentScale', value: 'fraction', text: 'maximum change of width and height', read: numberOrZero },
  { name: 'augmentShear', value: 'fraction', text: 'maximum shear, relative to the height', read: numberOrZero },
  { name: 'elasticAlpha', value: 'pixels', text: 'strength of the elastic distortion, in pixels', read: numberOrZero },
  {
    name: 'elasticSigma',
    value: 'pixels',
    text: 'smoothness of the elastic distortion, in pixels',
    read: positiveNumber,
  },
];

const NESTEROV = "use Nesterov's momentum";
const HIDDEN_DEFAULT = '(default: 300; tables: 100; ellipse: 3)';
const ACTIVATION_TEXT = `activation of the hidden layers: ${HIDDEN_ACTIVATIONS.join(', ')}`;
const INIT_TEXT = `initial weights: ${INITIALISATIONS.join(', ')} (default: by the activation of each layer)`;

export function addTrainingOptions(command: Command): Command {
  command
    .optionsGroup(TRAINING_GROUP)
    .option('--hidden <sizes>', `sizes of the hidden layers: 300, or 512,256, or none ${HIDDEN_DEFAULT}`, hiddenSizes)
    .addOption(
      new Option('--activation <names>', `${ACTIVATION_TEXT}; one for all, or one for each, as in relu,tanh`)
        .argParser(activationReader(','))
        .default('sigmoid'),
    )
    .option('--init <name>', INIT_TEXT, choice(INITIALISATIONS));
  for (const flag of COMMON_FLAGS) command.addOption(createOption(flag));
  return command.optionsGroup(OTHER_GROUP);
}

/** Additional options of `train` and `repeat`. */
export function addFurtherOptions(command: Command): Command {
  command
    .optionsGroup(TRAINING_GROUP)
    .option('--nesterov', NESTEROV, TRAINING_DEFAULTS.nesterov)
    .optionsGroup(OTHER_GROUP);
  for (const flag of SCHEDULE_FLAGS) command.addOption(createOption(flag).helpGroup(SCHEDULE_GROUP));
  return addAugmentOptions(command);
}

export function addAugmentOptions(command: Command): Command {
  for (const flag of AUGMENT_FLAGS) command.addOption(createOption(flag).helpGroup(AUGMENT_GROUP));
  return command;
}

const TRAINING_GROUP = 'Network and training:';
const SCHEDULE_GROUP = 'Schedule and end of training:';
const AUGMENT_GROUP = 'Augmentation:';

function createOption({ name, value, text, byDefault, read }: Flag): Option {
  const long = `--${kebab(name)} <${value}>`;
  if (byDefault !== undefined) return new Option(long, `${text} (default: ${byDefault})`).argParser(read);
  return new Option(long, text).argParser(read).default(FLAG_DEFAULTS[name]);
}

/**
 * Checks the number of activations: one, or one for each hidden layer (one layer without --hidden). Throws EdgeMlpError
 * "bad-spec".
 */
export function checkActivations(
  hidden: readonly (readonly number[])[] | undefined,
  activations: readonly HiddenActivations[],
): void {
  for (const { length } of hidden ?? [[1]]) for (const activation of activations) checkActivation(activation, length);
}

/** Options of `sweep`: comma-separated lists. The layers of one network are joined by hyphens, as in 512-256. */
export function addGridOptions(command: Command): Command {
  const layers = (text: string) => hiddenSizes(text.replaceAll('-', ','));
  const activation = `${ACTIVATION_TEXT}; one for each is joined by +, as in relu+tanh`;
  command
    .optionsGroup(TRAINING_GROUP)
    .addOption(
      createListOption('--hidden', `sizes of the hidden layers: 100,300,512-256,none ${HIDDEN_DEFAULT}`, layers),
    )
    .addOption(createListOption<HiddenActivations>('--activation', activation, activationReader('+'), 'sigmoid'))
    .addOption(createListOption('--init', INIT_TEXT, choice(INITIALISATIONS)))
    .option('--nesterov', NESTEROV, TRAINING_DEFAULTS.nesterov);
  const add = (flags: readonly Flag[], group?: string) => {
    for (const { name, text, byDefault, read } of flags) {
      const option =
        byDefault === undefined
          ? createListOption(`--${kebab(name)}`, text, read, FLAG_DEFAULTS[name])
          : createListOption(`--${kebab(name)}`, `${text} (default: ${byDefault})`, read);
      command.addOption(group === undefined ? option : option.helpGroup(group));
    }
  };
  add(COMMON_FLAGS);
  add(SCHEDULE_FLAGS, SCHEDULE_GROUP);
  add(AUGMENT_FLAGS, AUGMENT_GROUP);
  return command.optionsGroup(OTHER_GROUP);
}

function createListOption<Value>(
  name: string,
  description: string,
  read: (text: string) => Value,
  defaultValue?: Value,
): Option {
  const option = new Option(`${name} <list>`, description).argParser(listReader(read));
  return defaultValue === undefined ? option : option.default([defaultValue], String(defaultValue));
}
