/** The options of a network and its training, as one value each or as lists. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { buildGrid, expandGrid, type TrainingGrid } from '../src/core/grid.ts';
import { HIDDEN_ACTIVATIONS, type HiddenActivation, INITIALISATIONS, type Initialisation } from '../src/core/spec.ts';
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
  countOrZero,
  distinct,
  hiddenSizes,
  kebab,
  listReader,
  momentumNumber,
  numberOrZero,
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

/** The training options as flags, each with one value. */
export interface TrainingFlags extends Omit<TrainingOptions, 'schedule' | 'augment'>, ScheduleFlags, AugmentFlags {}

export interface NetworkFlags {
  readonly hidden?: readonly number[];
  readonly activation: HiddenActivation;
  readonly init?: Initialisation;
}

/** The training options of `sweep`: lists of values, but for flags without a value. */
export type TrainingLists = {
  readonly [Name in Exclude<keyof TrainingFlags, 'seed' | 'nesterov'>]: readonly TrainingFlags[Name][];
} & Pick<TrainingFlags, 'nesterov'>;

export const FLAG_DEFAULTS: TrainingFlags = {
  ...TRAINING_DEFAULTS,
  schedule: TRAINING_DEFAULTS.schedule.kind,
  gamma: SCHEDULE_DEFAULTS.gamma,
  stepEpochs: SCHEDULE_DEFAULTS.every,
  augment: TRAINING_DEFAULTS.augment.kind,
  augmentShift: AUGMENT_DEFAULTS.shift,
  augmentRotation: AUGMENT_DEFAULTS.rotation,
  augmentScale: AUGMENT_DEFAULTS.scale,
  augmentShear: AUGMENT_DEFAULTS.shear,
  elasticAlpha: AUGMENT_DEFAULTS.alpha,
  elasticSigma: AUGMENT_DEFAULTS.sigma,
};

/** The flag of each field of `schedule` and `augment`; the flag of `kind` has the option's name. */
const FIELD_FLAGS: Readonly<Record<string, keyof TrainingFlags>> = {
  gamma: 'gamma',
  every: 'stepEpochs',
  shift: 'augmentShift',
  rotation: 'augmentRotation',
  scale: 'augmentScale',
  shear: 'augmentShear',
  alpha: 'elasticAlpha',
  sigma: 'elasticSigma',
};

/** The option of the library, in files, that has the value of a flag. */
export function optionOfFlag(
  flag: string,
): { readonly option: 'schedule' | 'augment'; readonly field: string } | undefined {
  const field = Object.keys(FIELD_FLAGS).find((key) => FIELD_FLAGS[key] === flag);
  return field === undefined ? undefined : { option: field in SCHEDULE_DEFAULTS ? 'schedule' : 'augment', field };
}

/** A schedule or an augmentation as values of flags. */
export function flattenOption(option: 'schedule' | 'augment', value: Schedule | Augment): Partial<TrainingFlags> {
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [FIELD_FLAGS[field] ?? option, item]));
}

export function assembleTrainingOptions(flags: TrainingFlags): TrainingOptions {
  return pickTrainingOptions({ ...flags, schedule: assembleSchedule(flags), augment: assembleAugment(flags) });
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

/** The grid of a sweep. Combinations of flags that make the same schedule or augmentation are taken once. */
export function assembleGrid(lists: TrainingLists): TrainingGrid {
  const { schedule, gamma, stepEpochs, augment, augmentShift, augmentRotation, augmentScale, augmentShear } = lists;
  const { elasticAlpha, elasticSigma, nesterov, ...others } = lists;
  const augmentations = {
    augment,
    augmentShift,
    augmentRotation,
    augmentScale,
    augmentShear,
    elasticAlpha,
    elasticSigma,
  };
  const values = {
    ...others,
    nesterov: [nesterov],
    schedule: distinct(expandGrid<ScheduleFlags>({ schedule, gamma, stepEpochs }).map(assembleSchedule)),
    augment: distinct(expandGrid<AugmentFlags>(augmentations).map(assembleAugment)),
  };
  return buildGrid((name) => values[name]);
}

interface Flag {
  readonly name: Exclude<keyof TrainingFlags, 'seed' | 'nesterov'>;
  /** What stands for its value in a help text. */
  readonly value: string;
  readonly text: string;
  readonly read: (text: string) => number | string;
}

/** Options whose values a service trains with, too. */
const COMMON_FLAGS: readonly Flag[] = [
  { name: 'epochs', value: 'n', text: 'passes over the training set', read: positiveInteger },
  { name: 'batchSize', value: 'n', text: 'samples in one step', read: positiveInteger },
  { name: 'learningRate', value: 'rate', text: 'size of a step', read: positiveNumber },
  { name: 'momentum', value: 'share', text: 'share of the last step that goes on, below 1', read: momentumNumber },
  { name: 'weightDecay', value: 'factor', text: 'pull of the parameters to zero', read: numberOrZero },
];

const SCHEDULE_FLAGS: readonly Flag[] = [
  {
    name: 'schedule',
    value: 'name',
    text: `of the learning rate: ${SCHEDULE_KINDS.join(', ')}`,
    read: choice(SCHEDULE_KINDS),
  },
  {
    name: 'gamma',
    value: 'factor',
    text: 'exponential: the learning rate times this after every epoch; step: after every --step-epochs',
    read: positiveNumber,
  },
  { name: 'stepEpochs', value: 'n', text: 'epochs between two steps of the schedule step', read: positiveInteger },
  { name: 'warmupEpochs', value: 'n', text: 'epochs in which the learning rate rises first', read: countOrZero },
  { name: 'averageEpochs', value: 'n', text: 'end with the mean weights of so many last epochs', read: countOrZero },
  {
    name: 'patience',
    value: 'n',
    text: 'stop after so many epochs without a better validation accuracy, and end with the best weights; 0: do not',
    read: countOrZero,
  },
];

const AUGMENT_FLAGS: readonly Flag[] = [
  {
    name: 'augment',
    value: 'kind',
    text: `distort pictures at every sight of them: ${AUGMENT_KINDS.join(', ')}, each with those before it`,
    read: choice(AUGMENT_KINDS),
  },
  { name: 'augmentShift', value: 'pixels', text: 'greatest shift', read: numberOrZero },
  { name: 'augmentRotation', value: 'degrees', text: 'greatest turn', read: numberOrZero },
  { name: 'augmentScale', value: 'share', text: 'greatest change of width and height', read: numberOrZero },
  { name: 'augmentShear', value: 'share', text: 'greatest slant', read: numberOrZero },
  { name: 'elasticAlpha', value: 'pixels', text: 'strength of the elastic field', read: numberOrZero },
  { name: 'elasticSigma', value: 'pixels', text: 'its smoothness', read: positiveNumber },
];

const NESTEROV = "Nesterov's momentum";

/** One value each: what every command that trains takes. */
export function addTrainingOptions(command: Command): Command {
  command
    .option('--hidden <sizes>', 'hidden layers: 300, or 512,256, or none (default: 300, for ellipse 3)', hiddenSizes)
    .addOption(new Option('--activation <name>', 'of hidden layers').choices(HIDDEN_ACTIVATIONS).default('sigmoid'))
    .addOption(
      new Option('--init <name>', 'initial weights (default: normal; for tanh glorot, for relu he)').choices(
        INITIALISATIONS,
      ),
    );
  for (const flag of COMMON_FLAGS) command.addOption(single(flag));
  return command;
}

/** What `train` and `repeat` take besides: schedules, and distortions of pictures. */
export function addFurtherOptions(command: Command): Command {
  command.option('--nesterov', NESTEROV, TRAINING_DEFAULTS.nesterov);
  for (const flag of SCHEDULE_FLAGS) command.addOption(single(flag).helpGroup(SCHEDULE_GROUP));
  return addAugmentOptions(command);
}

/** How pictures are distorted. */
export function addAugmentOptions(command: Command): Command {
  for (const flag of AUGMENT_FLAGS) command.addOption(single(flag).helpGroup(AUGMENT_GROUP));
  return command;
}

const SCHEDULE_GROUP = 'Schedule and end of training:';
const AUGMENT_GROUP = 'Augmentation:';

function single({ name, value, text, read }: Flag): Option {
  return new Option(`--${kebab(name)} <${value}>`, text).argParser(read).default(FLAG_DEFAULTS[name]);
}

/** Lists with commas between: what `sweep` takes. Layers of one network are joined by -, as in 512-256. */
export function addGridOptions(command: Command): Command {
  const layers = (text: string) => hiddenSizes(text.replaceAll('-', ','));
  command
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
    .option('--nesterov', NESTEROV, TRAINING_DEFAULTS.nesterov);
  for (const flag of COMMON_FLAGS) command.addOption(several(flag));
  for (const flag of SCHEDULE_FLAGS) command.addOption(several(flag).helpGroup(SCHEDULE_GROUP));
  for (const flag of AUGMENT_FLAGS) command.addOption(several(flag).helpGroup(AUGMENT_GROUP));
  return command;
}

function several({ name, text, read }: Flag): Option {
  return listOption(`--${kebab(name)}`, text, read, FLAG_DEFAULTS[name]);
}

function listOption<Value>(
  name: string,
  description: string,
  read: (text: string) => Value,
  defaultValue?: Value,
): Option {
  const option = new Option(`${name} <list>`, description).argParser(listReader(read));
  return defaultValue === undefined ? option : option.default([defaultValue], String(defaultValue));
}

function choice<const Name extends string>(choices: readonly Name[]): (text: string) => Name {
  return (text) => {
    const found = choices.find((name) => name === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`expected ${choices.join(', ')}, got ${text || 'nothing'}.`);
  };
}
