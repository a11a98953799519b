/** The hyperparameters of a training run: names, defaults and limits. */
import { describeValue, EdgeMlpError, formatValue } from './errors.ts';
import { checkSeed } from './spec.ts';

/** How the learning rate changes from epoch to epoch (schedule.ts). */
export type Schedule =
  | { readonly kind: 'constant' }
  | { readonly kind: 'step'; readonly gamma: number; readonly every: number }
  | { readonly kind: 'cosine' }
  | { readonly kind: 'exponential'; readonly gamma: number };

/**
 * How training images are distorted in every epoch (augmentation.ts). Each kind includes the distortions of the kinds
 * before it.
 */
export type Augment =
  | { readonly kind: 'none' }
  | { readonly kind: 'shift'; readonly shift: number }
  | ({ readonly kind: 'affine' } & AffineStrengths)
  | ({ readonly kind: 'elastic'; readonly alpha: number; readonly sigma: number } & AffineStrengths);

/** Maximum strengths of random affine distortions. */
export interface AffineStrengths {
  /** Shift in each direction, in pixels. */
  readonly shift: number;
  /** Rotation, in degrees. */
  readonly rotation: number;
  /** Change of width and height, as a fraction. */
  readonly scale: number;
  /** Slant, as a fraction of the height. */
  readonly shear: number;
}

/** `gamma`: factor of the learning rate, after every epoch (exponential) or every `every` epochs (step). */
export const SCHEDULE_DEFAULTS = { gamma: 0.1, every: 30 };
/**
 * The best strengths of runs of 40 epochs (docs/internals/model-search.md); alpha and sigma as in Simard et al. (2003),
 * in pixels.
 */
export const AUGMENT_DEFAULTS = { shift: 1.2, rotation: 7, scale: 0.09, shear: 0.1, alpha: 24, sigma: 5 };

const AFFINE_FIELDS = ['shift', 'rotation', 'scale', 'shear'] as const;
/** The fields of each kind, besides `kind`. */
const SCHEDULE_FIELDS: Readonly<Record<Schedule['kind'], readonly (keyof typeof SCHEDULE_DEFAULTS)[]>> = {
  constant: [],
  step: ['gamma', 'every'],
  cosine: [],
  exponential: ['gamma'],
};
const AUGMENT_FIELDS: Readonly<Record<Augment['kind'], readonly (keyof typeof AUGMENT_DEFAULTS)[]>> = {
  none: [],
  shift: ['shift'],
  affine: AFFINE_FIELDS,
  elastic: [...AFFINE_FIELDS, 'alpha', 'sigma'],
};
export const SCHEDULE_KINDS = /* @__PURE__ */ Object.keys(SCHEDULE_FIELDS) as readonly Schedule['kind'][];
export const AUGMENT_KINDS = /* @__PURE__ */ Object.keys(AUGMENT_FIELDS) as readonly Augment['kind'][];

/** Hyperparameters. Names and meaning follow PyTorch and scikit-learn. */
export interface TrainingOptions {
  /** Passes over the training set. */
  readonly epochs: number;
  /** Learning rate of the first epoch after the warm-up. */
  readonly learningRate: number;
  /** Samples whose mean gradient makes one step. */
  readonly batchSize: number;
  /** Momentum coefficient, 0 ≤ m < 1, as in torch.optim.SGD: v = momentum · v + g, w = w - learningRate · v. */
  readonly momentum: number;
  /** Nesterov's momentum, as in torch.optim.SGD: w = w - learningRate · (g + momentum · v). */
  readonly nesterov: boolean;
  /** Weight decay (L2 penalty), as in torch.optim.SGD: g = gradient + weightDecay · w, biases included. */
  readonly weightDecay: number;
  /** Learning-rate schedule. It starts after the warm-up. */
  readonly schedule: Schedule;
  /** Epochs in which the learning rate rises in equal steps to `learningRate`. */
  readonly warmupEpochs: number;
  /**
   * The run ends with the mean of the weights at the end of each of the last `averageEpochs` epochs; 0: the last
   * weights.
   */
  readonly averageEpochs: number;
  /**
   * Early stopping: epochs without a better validation accuracy. The run ends with the best weights; 0: no early
   * stopping.
   */
  readonly patience: number;
  /** Distortion of the training images. */
  readonly augment: Augment;
  /** Seed of the order of the samples (stream `shuffle`) and of their distortions (stream `augmentation`). */
  readonly seed: number;
}

type OptionalFields<T extends { readonly kind: string }> = T extends unknown ? Partial<T> & Pick<T, 'kind'> : never;

/**
 * Training options as a caller gives them: absent ones, and absent fields of `schedule` and `augment`, take their
 * defaults.
 */
export interface TrainingOptionsInput extends Partial<Omit<TrainingOptions, 'schedule' | 'augment'>> {
  /** Default: constant. */
  readonly schedule?: OptionalFields<Schedule>;
  /** Default: none. */
  readonly augment?: OptionalFields<Augment>;
}

/** The defaults of the epochs, learning rate and batch size are those of the course assignment. */
export const TRAINING_DEFAULTS: TrainingOptions = {
  epochs: 5,
  learningRate: 0.03,
  batchSize: 1,
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  schedule: { kind: 'constant' },
  warmupEpochs: 0,
  averageEpochs: 0,
  patience: 0,
  augment: { kind: 'none' },
  seed: 1,
};

export const TRAINING_OPTION_NAMES = /* @__PURE__ */ Object.keys(
  TRAINING_DEFAULTS,
) as readonly (keyof TrainingOptions)[];

/** The training options of an object that has other properties; absent options stay absent. */
export function pickTrainingOptions(source: TrainingOptions): TrainingOptions;
export function pickTrainingOptions(source: TrainingOptionsInput): TrainingOptionsInput;
export function pickTrainingOptions(source: TrainingOptionsInput): TrainingOptionsInput {
  const given = TRAINING_OPTION_NAMES.filter((name) => source[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, source[name]]));
}

/** Checks hyperparameters and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkTrainingOptions(options: TrainingOptionsInput): TrainingOptions {
  const { schedule, augment, ...given } = pickTrainingOptions(options);
  const all: TrainingOptions = {
    ...TRAINING_DEFAULTS,
    ...given,
    schedule: checkSchedule(schedule ?? TRAINING_DEFAULTS.schedule),
    augment: checkAugment(augment ?? TRAINING_DEFAULTS.augment),
  };
  checkNumber('epochs', all.epochs, POSITIVE_INTEGER);
  checkNumber('batchSize', all.batchSize, POSITIVE_INTEGER);
  checkNumber('learningRate', all.learningRate, ['a number above 0', (value) => value > 0]);
  checkNumber('momentum', all.momentum, BELOW_ONE);
  checkNumber('weightDecay', all.weightDecay, NOT_NEGATIVE);
  for (const name of ['warmupEpochs', 'averageEpochs', 'patience'] as const) {
    checkNumber(name, all[name], [
      'a whole number of at least 0',
      (value) => Number.isSafeInteger(value) && value >= 0,
    ]);
  }
  if (typeof all.nesterov !== 'boolean') throw badOption('nesterov', 'true or false', all.nesterov);
  checkSeed(all.seed);
  checkCombination(all);
  return all;
}

/** Checks a learning-rate schedule and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkSchedule(given: unknown): Schedule {
  return checkUnion('schedule', given, SCHEDULE_FIELDS, SCHEDULE_DEFAULTS) as unknown as Schedule;
}

/** Checks an augmentation and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkAugment(given: unknown): Augment {
  return checkUnion('augment', given, AUGMENT_FIELDS, AUGMENT_DEFAULTS) as unknown as Augment;
}

/** A limit in words and as a test. */
type Limit = readonly [expected: string, accept: (value: number) => boolean];

const POSITIVE_INTEGER: Limit = ['a whole number of at least 1', (value) => Number.isSafeInteger(value) && value >= 1];
const NOT_NEGATIVE: Limit = ['a number of at least 0', (value) => value >= 0];
const BELOW_ONE: Limit = ['a number from 0 up to, but not including, 1', (value) => value >= 0 && value < 1];

const FIELD_LIMITS: Readonly<Record<keyof typeof SCHEDULE_DEFAULTS | keyof typeof AUGMENT_DEFAULTS, Limit>> = {
  gamma: ['a number above 0, of at most 1', (value) => value > 0 && value <= 1],
  every: POSITIVE_INTEGER,
  shift: NOT_NEGATIVE,
  rotation: ['degrees from 0 to 45', (value) => value >= 0 && value <= 45],
  scale: BELOW_ONE,
  shear: NOT_NEGATIVE,
  alpha: NOT_NEGATIVE,
  sigma: ['a number of at least 1', (value) => value >= 1],
};

function checkUnion<Field extends keyof typeof FIELD_LIMITS>(
  name: string,
  given: unknown,
  fieldsOfKinds: Readonly<Record<string, readonly Field[]>>,
  defaults: Readonly<Record<Field, number>>,
): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const kinds = Object.keys(fieldsOfKinds);
    const kind = kinds.find((name) => name === given) ?? kinds.at(-1) ?? '';
    const fields = fieldsOfKinds[kind]?.map((field) => `, "${field}": ${defaults[field]}`) ?? [];
    const got = `${describeValue(given)}; version 0.1 had a name and separate options here`;
    throw badOption(name, `an object such as {"kind": "${kind}"${fields.join('')}}`, got);
  }
  const values = given as Readonly<Record<string, unknown>>;
  const { kind } = values;
  const fields = typeof kind === 'string' && Object.hasOwn(fieldsOfKinds, kind) ? fieldsOfKinds[kind] : undefined;
  if (fields === undefined) {
    throw badOption(`${name}.kind`, `one of ${Object.keys(fieldsOfKinds).join(', ')}`, kind ?? 'no kind');
  }
  const unknown = Object.keys(values).find((key) => key !== 'kind' && !fields.includes(key as Field));
  if (unknown !== undefined) {
    throw badOption(name, `the fields ${['kind', ...fields].join(', ')} for the kind "${kind}"`, unknown);
  }
  const checked = fields.map((field): [string, unknown] => {
    const value = values[field] ?? defaults[field];
    checkNumber(`${name}.${field}`, value, FIELD_LIMITS[field]);
    return [field, value];
  });
  return { kind, ...Object.fromEntries(checked) };
}

function checkCombination({ nesterov, momentum, averageEpochs, patience, epochs }: TrainingOptions): void {
  if (nesterov && momentum === 0) throw badOption('nesterov', 'a momentum above 0', momentum);
  if (averageEpochs > epochs)
    throw badOption('averageEpochs', `at most the ${epochs} epochs of the run`, averageEpochs);
  if (averageEpochs > 0 && patience > 0) {
    throw new EdgeMlpError(
      'bad-argument',
      'averageEpochs cannot be combined with patience: a run ends with its mean weights or with its best weights.',
    );
  }
}

/** Values are checked as the kernels see them: in float32, 1e-50 is 0 and 1e39 is infinite. */
function checkNumber(name: string, value: unknown, [expected, accept]: Limit): void {
  const number = typeof value === 'number' ? value : Number.NaN;
  const rounded = Number.isInteger(number) ? number : Math.fround(number);
  if (!Number.isFinite(Math.fround(number)) || !accept(rounded)) throw badOption(name, expected, value);
}

function badOption(name: string, expected: string, got: unknown): EdgeMlpError {
  return new EdgeMlpError('bad-argument', `${name}: expected ${expected}, got ${formatValue(got)}`);
}

/**
 * The options that changed a run, for people to read: without those that were off. Accepts the options of model files
 * of version 0.1, in which schedule and augment were names.
 */
export function effectiveOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isOff = ([name, value]: [string, unknown]): boolean => {
    if (name === 'schedule' || name === 'augment') {
      const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : value;
      return kind === 'constant' || kind === 'none';
    }
    if (name === 'nesterov') return options.momentum === 0;
    return ['warmupEpochs', 'averageEpochs', 'patience'].includes(name) && value === 0;
  };
  return Object.fromEntries(Object.entries(options).filter((entry) => !isOff(entry)));
}
