/** The hyperparameters of a training run: names, defaults and limits. */
import { EdgeMlpError } from './errors.ts';
import { REGRESSION_LOSSES, type RegressionLoss } from './loss.ts';
import { checkOptimizer, OPTIMIZER_DEFAULTS, type Optimizer, type OptimizerInput } from './optimizers.ts';
import {
  BELOW_ONE,
  badOption,
  checkNumber,
  checkUnion,
  type Limit,
  NOT_NEGATIVE,
  POSITIVE_INTEGER,
} from './option-checks.ts';
import { type ClassWeight, checkClassWeight } from './sample-weights.ts';
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
  /** Loss of a regression. Default: squared-error. Absent for classification, which has cross-entropy. */
  readonly loss?: RegressionLoss | undefined;
  /**
   * Weights of the classes in loss and gradient. They do not change measures on a validation set. Default: every class
   * has 1.
   */
  readonly classWeight?: ClassWeight | undefined;
  /** Passes over the training set. */
  readonly epochs: number;
  /** Learning rate of the first epoch after the warm-up. */
  readonly learningRate: number;
  /** Samples whose mean gradient makes one step. */
  readonly batchSize: number;
  /** How a step changes the parameters. Default: sgd. */
  readonly optimizer: Optimizer;
  /** SGD: momentum coefficient, 0 ≤ m < 1, as in torch.optim.SGD: v = momentum · v + g, w = w - learningRate · v. */
  readonly momentum: number;
  /** SGD: Nesterov's momentum, as in torch.optim.SGD: w = w - learningRate · (g + momentum · v). */
  readonly nesterov: boolean;
  /**
   * Weight decay, biases included, as in PyTorch. SGD and Adam: L2 penalty, g = gradient + weightDecay · w. AdamW:
   * w = w - learningRate · weightDecay · w.
   */
  readonly weightDecay: number;
  /** Greatest global norm of a step's gradient, as in torch.nn.utils.clip_grad_norm_; 0: no limit. */
  readonly clipNorm: number;
  /**
   * Probability with which each hidden unit is 0 in a training step; others are scaled by 1 / (1 - dropout) (inverted
   * dropout, as torch.nn.Dropout after every hidden activation). Losses of steps are measured with it.
   */
  readonly dropout: number;
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
   * Early stopping: epochs without a better validation accuracy (regression: loss). The run ends with the best weights;
   * 0: no early stopping.
   */
  readonly patience: number;
  /** Distortion of the training images. */
  readonly augment: Augment;
  /**
   * Seed of the order of the samples (stream `shuffle`), of their distortions (stream `augmentation`) and of dropped
   * units (stream `dropout`).
   */
  readonly seed: number;
}

type OptionalFields<T extends { readonly kind: string }> = T extends unknown ? Partial<T> & Pick<T, 'kind'> : never;

/**
 * Training options as a caller gives them: absent ones, and absent fields of `optimizer`, `schedule` and `augment`, take
 * their defaults.
 */
export interface TrainingOptionsInput extends Partial<Omit<TrainingOptions, 'optimizer' | 'schedule' | 'augment'>> {
  /** The name of a kind means its defaults. Default: sgd. */
  readonly optimizer?: OptimizerInput;
  /** Default: constant. */
  readonly schedule?: OptionalFields<Schedule>;
  /** Default: none. */
  readonly augment?: OptionalFields<Augment>;
}

/**
 * Defaults with the optimizer sgd; OPTIMIZER_DEFAULTS has those that differ. Epochs, learning rate and batch size are
 * those of the course assignment.
 */
export const TRAINING_DEFAULTS: TrainingOptions = {
  epochs: 5,
  learningRate: OPTIMIZER_DEFAULTS.sgd.learningRate,
  batchSize: 1,
  optimizer: { kind: 'sgd' },
  momentum: 0,
  nesterov: false,
  weightDecay: OPTIMIZER_DEFAULTS.sgd.weightDecay,
  clipNorm: 0,
  dropout: 0,
  schedule: { kind: 'constant' },
  warmupEpochs: 0,
  averageEpochs: 0,
  patience: 0,
  augment: { kind: 'none' },
  seed: 1,
};

export const TRAINING_OPTION_NAMES = /* @__PURE__ */ Object.keys({
  ...TRAINING_DEFAULTS,
  loss: undefined,
  classWeight: undefined,
}) as readonly (keyof TrainingOptions)[];

/** Training options in which an absent option may also be undefined. */
type UndefinedOptions = { readonly [Name in keyof TrainingOptionsInput]: TrainingOptionsInput[Name] | undefined };

/** The training options of an object that has other properties; absent options stay absent. */
export function pickTrainingOptions(source: TrainingOptions): TrainingOptions;
export function pickTrainingOptions(source: UndefinedOptions): TrainingOptionsInput;
export function pickTrainingOptions(source: UndefinedOptions): TrainingOptionsInput {
  const given = TRAINING_OPTION_NAMES.filter((name) => source[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, source[name]]));
}

/** Checks hyperparameters and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkTrainingOptions(options: TrainingOptionsInput): TrainingOptions {
  const { schedule, augment, classWeight, ...given } = pickTrainingOptions(options);
  const optimizer = checkOptimizer(given.optimizer ?? TRAINING_DEFAULTS.optimizer);
  const all: TrainingOptions = {
    ...TRAINING_DEFAULTS,
    ...OPTIMIZER_DEFAULTS[optimizer.kind],
    ...given,
    optimizer,
    ...(classWeight === undefined ? {} : { classWeight: checkClassWeight(classWeight) }),
    schedule: checkSchedule(schedule ?? TRAINING_DEFAULTS.schedule),
    augment: checkAugment(augment ?? TRAINING_DEFAULTS.augment),
  };
  checkNumber('epochs', all.epochs, POSITIVE_INTEGER);
  checkNumber('batchSize', all.batchSize, POSITIVE_INTEGER);
  checkNumber('learningRate', all.learningRate, ['a number above 0', (value) => value > 0]);
  checkNumber('momentum', all.momentum, BELOW_ONE);
  checkNumber('weightDecay', all.weightDecay, NOT_NEGATIVE);
  checkNumber('clipNorm', all.clipNorm, NOT_NEGATIVE);
  checkNumber('dropout', all.dropout, BELOW_ONE);
  for (const name of ['warmupEpochs', 'averageEpochs', 'patience'] as const) {
    checkNumber(name, all[name], [
      'a whole number of at least 0',
      (value) => Number.isSafeInteger(value) && value >= 0,
    ]);
  }
  if (all.loss !== undefined && !REGRESSION_LOSSES.includes(all.loss)) {
    throw badOption('loss', `one of ${REGRESSION_LOSSES.join(', ')}`, all.loss);
  }
  if (typeof all.nesterov !== 'boolean') throw badOption('nesterov', 'true or false', all.nesterov);
  checkSeed(all.seed);
  checkCombination(all);
  return all;
}

/** Checks a learning-rate schedule and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkSchedule(given: unknown): Schedule {
  return checkUnion('schedule', given, {
    kinds: SCHEDULE_FIELDS,
    defaults: SCHEDULE_DEFAULTS,
    limits: SCHEDULE_LIMITS,
  }) as unknown as Schedule;
}

/** Checks an augmentation and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkAugment(given: unknown): Augment {
  return checkUnion('augment', given, {
    kinds: AUGMENT_FIELDS,
    defaults: AUGMENT_DEFAULTS,
    limits: AUGMENT_LIMITS,
  }) as unknown as Augment;
}

const SCHEDULE_LIMITS: Readonly<Record<keyof typeof SCHEDULE_DEFAULTS, Limit>> = {
  gamma: ['a number above 0, of at most 1', (value) => value > 0 && value <= 1],
  every: POSITIVE_INTEGER,
};
const AUGMENT_LIMITS: Readonly<Record<keyof typeof AUGMENT_DEFAULTS, Limit>> = {
  shift: NOT_NEGATIVE,
  rotation: ['degrees from 0 to 45', (value) => value >= 0 && value <= 45],
  scale: BELOW_ONE,
  shear: NOT_NEGATIVE,
  alpha: NOT_NEGATIVE,
  sigma: ['a number of at least 1', (value) => value >= 1],
};

function checkCombination({ optimizer, nesterov, momentum, averageEpochs, patience, epochs }: TrainingOptions): void {
  if (optimizer.kind !== 'sgd' && (nesterov || momentum > 0)) {
    const name = momentum > 0 ? 'momentum' : 'nesterov';
    const message = `${name} cannot be combined with optimizer ${optimizer.kind}, whose momentum is beta1: remove ${name}`;
    throw new EdgeMlpError('bad-argument', message);
  }
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

/**
 * The options that changed a run, for people to read: without those that were off. Accepts the options of model files
 * of version 0.1, in which schedule and augment were names.
 */
export function effectiveOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { optimizer } = options;
  const isSgd = readKind(optimizer ?? 'sgd') === 'sgd';
  const isOff = ([name, value]: [string, unknown]): boolean => {
    if (name === 'schedule' || name === 'augment') {
      return ['constant', 'none'].includes(String(readKind(value)));
    }
    if (name === 'optimizer') return isSgd;
    if (name === 'momentum') return !isSgd;
    if (name === 'nesterov') return options.momentum === 0;
    return ['clipNorm', 'dropout', 'warmupEpochs', 'averageEpochs', 'patience'].includes(name) && value === 0;
  };
  return Object.fromEntries(Object.entries(options).filter((entry) => !isOff(entry)));
}

function readKind(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : value;
}
