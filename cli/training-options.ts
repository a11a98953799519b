/** Options of a network and its training, with one value each or with lists. */
import { type Command, Option } from 'commander';
import { TABLE_STEPS } from '../src/core/default-options.ts';
import { buildGrid, expandGrid, type TrainingGrid } from '../src/core/grid.ts';
import { REGRESSION_LOSSES } from '../src/core/loss.ts';
import {
  ADAM_DEFAULTS,
  OPTIMIZER_DEFAULTS,
  OPTIMIZER_KINDS,
  type Optimizer,
  type OptimizerInput,
} from '../src/core/optimizers.ts';
import type { ClassWeight } from '../src/core/sample-weights.ts';
import {
  checkActivation,
  HIDDEN_ACTIVATIONS,
  type HiddenActivations,
  INITIALISATIONS,
  type Initialisation,
} from '../src/core/spec.ts';
import {
  AUGMENT_DEFAULTS,
  AUGMENT_KINDS,
  type Augment,
  pickTrainingOptions,
  SCHEDULE_DEFAULTS,
  SCHEDULE_KINDS,
  type Schedule,
  TRAINING_DEFAULTS,
  type TrainingOptions,
  type TrainingOptionsInput,
} from '../src/core/training-options.ts';
import {
  activationReader,
  choice,
  classWeights,
  coefficient,
  countOrZero,
  distinct,
  hiddenSizes,
  kebab,
  listReader,
  numberOrZero,
  OTHER_GROUP,
  positiveInteger,
  positiveNumber,
} from './options.ts';

interface ScheduleFlags {
  readonly schedule: Schedule['kind'];
  readonly gamma: number;
  readonly stepEpochs: number;
}

export interface AugmentFlags {
  readonly augment: Augment['kind'];
  readonly augmentShift: number;
  readonly augmentRotation: number;
  readonly augmentScale: number;
  readonly augmentShear: number;
  readonly elasticAlpha: number;
  readonly elasticSigma: number;
}

export interface OptimizerFlags {
  readonly optimizer?: Optimizer['kind'] | undefined;
  readonly beta1?: number | undefined;
  readonly beta2?: number | undefined;
  readonly epsilon?: number | undefined;
}

/** Flags without a default: the defaults depend on the optimizer and on the data (src/core/default-options.ts). */
interface ChosenFlags extends OptimizerFlags {
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
}

export interface TrainingFlags
  extends Omit<TrainingOptions, keyof ChosenFlags | 'schedule' | 'augment'>,
    ChosenFlags,
    ScheduleFlags,
    AugmentFlags {}

export interface NetworkFlags {
  readonly hidden?: readonly number[];
  readonly activation: HiddenActivations;
  readonly init?: Initialisation;
}

/** The training options of `sweep`: lists of values, and flags without a value. */
export type TrainingLists = {
  readonly [Name in Exclude<keyof TrainingFlags, 'seed' | 'nesterov'>]: readonly NonNullable<TrainingFlags[Name]>[];
} & Pick<TrainingFlags, 'nesterov'>;

/** The flag of each field of `optimizer`, `schedule` and `augment`. The flag of `kind` has the option's name. */
const FIELD_FLAGS = {
  beta1: 'beta1',
  beta2: 'beta2',
  epsilon: 'epsilon',
  gamma: 'gamma',
  every: 'stepEpochs',
  shift: 'augmentShift',
  rotation: 'augmentRotation',
  scale: 'augmentScale',
  shear: 'augmentShear',
  alpha: 'elasticAlpha',
  sigma: 'elasticSigma',
} as const;
type Field = keyof typeof FIELD_FLAGS;
const FIELDS = Object.keys(FIELD_FLAGS) as readonly Field[];

/** The options that are objects, with the fields that are flags. */
const OPTION_FIELDS = { optimizer: ADAM_DEFAULTS, schedule: SCHEDULE_DEFAULTS, augment: AUGMENT_DEFAULTS } as const;
type ObjectOption = keyof typeof OPTION_FIELDS;
export const OBJECT_OPTIONS = Object.keys(OPTION_FIELDS) as readonly ObjectOption[];

const FIELD_DEFAULTS: Readonly<Record<Field, number>> = { ...ADAM_DEFAULTS, ...SCHEDULE_DEFAULTS, ...AUGMENT_DEFAULTS };

/** For flags in `ChosenFlags`, the defaults with SGD on pictures. */
export const FLAG_DEFAULTS = {
  ...TRAINING_DEFAULTS,
  ...Object.fromEntries(FIELDS.map((field) => [FIELD_FLAGS[field], FIELD_DEFAULTS[field]])),
  ...Object.fromEntries(OBJECT_OPTIONS.map((option) => [option, TRAINING_DEFAULTS[option].kind])),
} as unknown as Required<TrainingFlags>;

/** The object and field of recipes and checkpoints that hold the value of a flag. */
export function findField(flag: string): { option: ObjectOption; field: Field } | undefined {
  const field = FIELDS.find((key) => FIELD_FLAGS[key] === flag);
  const option = OBJECT_OPTIONS.find((name) => field !== undefined && field in OPTION_FIELDS[name]);
  return field === undefined || option === undefined ? undefined : { option, field };
}

/** The values of flags that make an option that is an object. */
export function flattenOption(option: ObjectOption, value: Optimizer | Schedule | Augment): Partial<TrainingFlags> {
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [FIELD_FLAGS[field as Field] ?? option, item]),
  );
}

export function assembleTrainingOptions(flags: TrainingFlags): TrainingOptionsInput {
  const { optimizer: _, ...others } = flags;
  const optimizer = assembleOptimizer(flags);
  return pickTrainingOptions({
    ...others,
    ...(optimizer === undefined ? {} : { optimizer }),
    schedule: assembleSchedule(flags),
    augment: assembleAugment(flags),
  });
}

/** Undefined without flags. The library refuses fields that the optimizer does not have. */
export function assembleOptimizer({ optimizer, beta1, beta2, epsilon }: OptimizerFlags): OptimizerInput | undefined {
  const fields = Object.entries({ beta1, beta2, epsilon }).filter(([, value]) => value !== undefined);
  if (optimizer === undefined && fields.length === 0) return undefined;
  return { kind: optimizer ?? TRAINING_DEFAULTS.optimizer.kind, ...Object.fromEntries(fields) };
}

function assembleSchedule({ schedule: kind, gamma, stepEpochs }: ScheduleFlags): Schedule {
  switch (kind) {
    case 'step':
      return { kind, gamma, every: stepEpochs };
    case 'exponential':
      return { kind, gamma };
    default:
      return { kind };
  }
}

export function assembleAugment(flags: AugmentFlags): Augment {
  const { augment: kind, augmentShift: shift, augmentRotation: rotation, augmentScale: scale } = flags;
  const affine = { shift, rotation, scale, shear: flags.augmentShear };
  switch (kind) {
    case 'none':
      return { kind };
    case 'shift':
      return { kind, shift };
    case 'affine':
      return { kind, ...affine };
    case 'elastic':
      return { kind, ...affine, alpha: flags.elasticAlpha, sigma: flags.elasticSigma };
  }
}

/** The grid of a sweep. Combinations of flags that make the same object count once. */
export function assembleGrid(lists: TrainingLists): TrainingGrid {
  const { schedule, gamma, stepEpochs, nesterov, ...others } = lists;
  const { augment, augmentShift, augmentRotation, augmentScale, augmentShear, elasticAlpha, elasticSigma } = lists;
  const affine = { augment, augmentShift, augmentRotation, augmentScale, augmentShear };
  const values: { readonly [name: string]: readonly unknown[] | undefined } = {
    ...others,
    optimizer: assembleOptimizers(lists),
    nesterov: [nesterov],
    schedule: distinct(expandGrid<ScheduleFlags>({ schedule, gamma, stepEpochs }).map(assembleSchedule)),
    augment: distinct(expandGrid<AugmentFlags>({ ...affine, elasticAlpha, elasticSigma }).map(assembleAugment)),
  };
  return buildGrid((name) => (values[name] ?? [undefined]) as TrainingGrid[typeof name]);
}

/** The fields of Adam do not apply to SGD, if the list has both. */
function assembleOptimizers(lists: Partial<TrainingLists>): (OptimizerInput | undefined)[] {
  const { optimizer = [undefined], beta1 = [undefined], beta2 = [undefined], epsilon = [undefined] } = lists;
  const isMixed = optimizer.some((kind) => kind === 'adam' || kind === 'adamw');
  const combinations = expandGrid<OptimizerFlags>({ optimizer, beta1, beta2, epsilon });
  return distinct(
    combinations.map((flags) => assembleOptimizer(isMixed && flags.optimizer === 'sgd' ? { optimizer: 'sgd' } : flags)),
  );
}

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
 * Checks that there is one activation, or one for each hidden layer; without --hidden there is one layer. Throws
 * EdgeMlpError "bad-spec".
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
