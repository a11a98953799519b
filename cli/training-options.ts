/** Options of a network and its training, with one value each or with lists. */
import { type Command, Option } from 'commander';
import { buildGrid, expandGrid, type TrainingGrid } from '../src/core/grid.ts';
import { REGRESSION_LOSSES } from '../src/core/loss.ts';
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
} from '../src/core/training-options.ts';
import {
  activationReader,
  choice,
  classWeights,
  countOrZero,
  distinct,
  dropoutNumber,
  hiddenSizes,
  kebab,
  listReader,
  momentumNumber,
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

export interface TrainingFlags
  extends Omit<TrainingOptions, 'optimizer' | 'schedule' | 'augment'>,
    ScheduleFlags,
    AugmentFlags {}

export interface NetworkFlags {
  readonly hidden?: readonly number[];
  readonly activation: HiddenActivations;
  readonly init?: Initialisation;
}

/** The training options of `sweep`: lists of values, and flags without a value. */
export type TrainingLists = {
  readonly [Name in Exclude<keyof TrainingFlags, 'seed' | 'nesterov'>]: readonly TrainingFlags[Name][];
} & Pick<TrainingFlags, 'nesterov'>;

/** The flag of each field of `schedule` and `augment`. The flag of `kind` has the option's name. */
const FIELD_FLAGS = {
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
const FIELD_DEFAULTS: Readonly<Record<Field, number>> = { ...SCHEDULE_DEFAULTS, ...AUGMENT_DEFAULTS };
const FIELDS = Object.keys(FIELD_FLAGS) as readonly Field[];

const { optimizer: OPTIMIZER, ...OTHERS } = TRAINING_DEFAULTS;
export const FLAG_DEFAULTS = {
  ...OTHERS,
  ...Object.fromEntries(FIELDS.map((field) => [FIELD_FLAGS[field], FIELD_DEFAULTS[field]])),
  schedule: TRAINING_DEFAULTS.schedule.kind,
  augment: TRAINING_DEFAULTS.augment.kind,
} as TrainingFlags;

/** The object and field of recipes and checkpoints that hold the value of a flag. */
export function findField(flag: string): { option: 'schedule' | 'augment'; field: Field } | undefined {
  const field = FIELDS.find((key) => FIELD_FLAGS[key] === flag);
  return field === undefined ? undefined : { option: field in SCHEDULE_DEFAULTS ? 'schedule' : 'augment', field };
}

/** The values of flags that make a schedule or an augmentation. */
export function flattenOption(option: 'schedule' | 'augment', value: Schedule | Augment): Partial<TrainingFlags> {
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [FIELD_FLAGS[field as Field] ?? option, item]),
  );
}

export function assembleTrainingOptions(flags: TrainingFlags): TrainingOptions {
  return pickTrainingOptions({
    ...flags,
    optimizer: OPTIMIZER,
    schedule: assembleSchedule(flags),
    augment: assembleAugment(flags),
  });
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

/** The grid of a sweep. Combinations of flags that make the same schedule or augmentation count once. */
export function assembleGrid(lists: TrainingLists): TrainingGrid {
  const { schedule, gamma, stepEpochs, nesterov, ...others } = lists;
  const { augment, augmentShift, augmentRotation, augmentScale, augmentShear, elasticAlpha, elasticSigma } = lists;
  const affine = { augment, augmentShift, augmentRotation, augmentScale, augmentShear };
  const values = {
    ...others,
    optimizer: [OPTIMIZER],
    nesterov: [nesterov],
    schedule: distinct(expandGrid<ScheduleFlags>({ schedule, gamma, stepEpochs }).map(assembleSchedule)),
    augment: distinct(expandGrid<AugmentFlags>({ ...affine, elasticAlpha, elasticSigma }).map(assembleAugment)),
  };
  return buildGrid((name) => values[name] ?? [undefined]);
}

interface Flag {
  readonly name: Exclude<keyof TrainingFlags, 'seed' | 'nesterov'>;
  /** Placeholder of the value in the help. */
  readonly value: string;
  readonly text: string;
  readonly read: (text: string) => number | string | ClassWeight | undefined;
}

/** Options of local training and of jobs. */
const COMMON_FLAGS: readonly Flag[] = [
  { name: 'epochs', value: 'n', text: 'passes over the training set', read: positiveInteger },
  { name: 'batchSize', value: 'n', text: 'samples in one step', read: positiveInteger },
  { name: 'learningRate', value: 'rate', text: 'learning rate, above 0', read: positiveNumber },
  { name: 'momentum', value: 'm', text: 'momentum coefficient, 0 ≤ m < 1', read: momentumNumber },
  { name: 'weightDecay', value: 'factor', text: 'weight decay (L2 penalty) of weights and biases', read: numberOrZero },
  {
    name: 'dropout',
    value: 'p',
    text: 'probability of dropping each hidden unit in a training step, 0 ≤ p < 1; 0: off',
    read: dropoutNumber,
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
const HIDDEN_DEFAULT = '(default: 300; for ellipse: 3)';
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

function createOption({ name, value, text, read }: Flag): Option {
  return new Option(`--${kebab(name)} <${value}>`, text).argParser(read).default(FLAG_DEFAULTS[name]);
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
    for (const { name, text, read } of flags) {
      const option = createListOption(`--${kebab(name)}`, text, read, FLAG_DEFAULTS[name]);
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
