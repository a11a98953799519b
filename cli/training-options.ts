/** From the flags of a network and its training, with one value or with lists, to the options of the library. */
import { buildGrid, expandGrid, type TrainingGrid } from '../src/core/grid.ts';
import { ADAM_DEFAULTS, type Optimizer, type OptimizerInput } from '../src/core/optimizers.ts';
import type { HiddenActivations, Initialisation } from '../src/core/spec.ts';
import {
  AUGMENT_DEFAULTS,
  type Augment,
  pickTrainingOptions,
  SCHEDULE_DEFAULTS,
  type Schedule,
  TRAINING_DEFAULTS,
  type TrainingOptions,
  type TrainingOptionsInput,
} from '../src/core/training-options.ts';
import { distinct } from './options.ts';

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
