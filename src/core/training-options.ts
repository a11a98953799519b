/** The hyperparameters of a run: their names, defaults and limits, which every reader of options goes by. */
import { EdgeMlpError } from './errors.ts';
import { checkSeed } from './spec.ts';

/** How the learning rate changes from epoch to epoch (schedule.ts). */
export const SCHEDULES = ['constant', 'step', 'cosine', 'exponential'] as const;
/** One of SCHEDULES. */
export type Schedule = (typeof SCHEDULES)[number];

/** How pictures are distorted in training; each adds to the one before it (augmentation.ts). */
export const AUGMENTATIONS = ['none', 'shift', 'affine', 'elastic'] as const;
/** One of AUGMENTATIONS. */
export type AugmentationKind = (typeof AUGMENTATIONS)[number];

/** Names and meaning are those of PyTorch and scikit-learn, where they have one. */
export interface TrainingOptions {
  /** Passes over the training set. */
  readonly epochs: number;
  /** Of the first epoch; `schedule` says what becomes of it. */
  readonly learningRate: number;
  /** Samples whose mean gradient makes one step. */
  readonly batchSize: number;
  /** As in torch.optim.SGD: v = momentum · v + g, w = w - learningRate · v. */
  readonly momentum: number;
  /** As in torch.optim.SGD: w = w - learningRate · (g + momentum · v). */
  readonly nesterov: boolean;
  /** As in torch.optim.SGD: g = gradient + weightDecay · w, biases included. */
  readonly weightDecay: number;
  /** How the learning rate changes from epoch to epoch. */
  readonly schedule: Schedule;
  /** What the learning rate is multiplied with: by `exponential` after every epoch, by `step` after every `stepEpochs`. */
  readonly gamma: number;
  /** Of `step`: epochs after which the learning rate is multiplied by `gamma`. */
  readonly stepEpochs: number;
  /** Epochs in which the learning rate rises in equal steps to `learningRate`; the schedule begins after them. */
  readonly warmupEpochs: number;
  /** The mean of the weights at the end of each of the last epochs is what training ends with; 0: the last weights are. */
  readonly averageEpochs: number;
  /** Epochs without a better validation accuracy after which the run stops, with the best weights; 0: it does not. */
  readonly patience: number;
  /** How pictures are distorted. */
  readonly augment: AugmentationKind;
  /** Greatest shift in each direction, in pixels. */
  readonly augmentShift: number;
  /** Greatest turn, in degrees. */
  readonly augmentRotation: number;
  /** Greatest change of width and height, as a share of them. */
  readonly augmentScale: number;
  /** Greatest slant, as a share of the height. */
  readonly augmentShear: number;
  /** Strength of the elastic field, in pixels: alpha of Simard et al. (2003). */
  readonly elasticAlpha: number;
  /** Smoothness of the elastic field, in pixels: sigma of Simard et al. (2003). */
  readonly elasticSigma: number;
  /** Drives the order of the samples (stream `shuffle`), and their distortions (stream `augmentation`). */
  readonly seed: number;
}

/** The first ones are the assignment's; the strengths are the best of runs of forty epochs (docs/model.md). */
export const TRAINING_DEFAULTS: TrainingOptions = {
  epochs: 5,
  learningRate: 0.03,
  batchSize: 1,
  momentum: 0,
  nesterov: false,
  weightDecay: 0,
  schedule: 'constant',
  gamma: 0.1,
  stepEpochs: 30,
  warmupEpochs: 0,
  averageEpochs: 0,
  patience: 0,
  augment: 'none',
  augmentShift: 1.2,
  augmentRotation: 7,
  augmentScale: 0.09,
  augmentShear: 0.1,
  elasticAlpha: 24,
  elasticSigma: 5,
  seed: 1,
};

export const TRAINING_OPTION_NAMES = Object.keys(TRAINING_DEFAULTS) as readonly (keyof TrainingOptions)[];

/** These options of an object that has others beside; what is absent stays absent. */
export function pickTrainingOptions(source: TrainingOptions): TrainingOptions;
export function pickTrainingOptions(source: Partial<TrainingOptions>): Partial<TrainingOptions>;
export function pickTrainingOptions(source: Partial<TrainingOptions>): Partial<TrainingOptions> {
  const given = TRAINING_OPTION_NAMES.filter((name) => source[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, source[name]]));
}

/** Checks hyperparameters and fills in the defaults. Throws `bad-argument`. */
export function checkTrainingOptions(options: Partial<TrainingOptions>): TrainingOptions {
  const all: TrainingOptions = { ...TRAINING_DEFAULTS, ...pickTrainingOptions(options) };
  for (const name of ['epochs', 'batchSize', 'stepEpochs'] as const) checkWhole(name, all[name]);
  checkNumber('learningRate', all.learningRate, 'a number above 0', (value) => value > 0);
  const below = 'a number from 0 up to, but not including, 1';
  checkNumber('momentum', all.momentum, below, (value) => value >= 0 && value < 1);
  for (const name of ['weightDecay', 'augmentShift', 'augmentShear', 'elasticAlpha'] as const) {
    checkNumber(name, all[name], 'a number of at least 0', (value) => value >= 0);
  }
  checkNumber('gamma', all.gamma, 'a number above 0, of at most 1', (value) => value > 0 && value <= 1);
  checkNumber('augmentRotation', all.augmentRotation, 'degrees from 0 to 45', (value) => value >= 0 && value <= 45);
  checkNumber('augmentScale', all.augmentScale, below, (value) => value >= 0 && value < 1);
  checkNumber('elasticSigma', all.elasticSigma, 'a number of at least 1', (value) => value >= 1);
  for (const name of ['warmupEpochs', 'averageEpochs', 'patience'] as const) {
    checkNumber(name, all[name], 'a whole number of at least 0', (value) => Number.isSafeInteger(value) && value >= 0);
  }
  checkChoice('schedule', all.schedule, SCHEDULES);
  checkChoice('augment', all.augment, AUGMENTATIONS);
  if (typeof all.nesterov !== 'boolean') throw wrong('nesterov', 'true or false', all.nesterov);
  checkSeed(all.seed);
  checkTogether(all);
  return all;
}

/** What one option asks of another. */
function checkTogether({ nesterov, momentum, averageEpochs, patience, epochs }: TrainingOptions): void {
  if (nesterov && momentum === 0) throw wrong('nesterov', 'a momentum above 0 beside it', momentum);
  if (averageEpochs > epochs) throw wrong('averageEpochs', `at most the ${epochs} epochs of the run`, averageEpochs);
  if (averageEpochs > 0 && patience > 0) {
    throw wrong(
      'averageEpochs',
      'no patience beside it: a run ends with its mean weights or with its best ones',
      patience,
    );
  }
}

function checkWhole(name: string, value: number): void {
  checkNumber(name, value, 'a whole number of at least 1', (number) => Number.isSafeInteger(number) && number >= 1);
}

/** Values are checked as the kernels will see them: 1e-50 is 0 in float32, and 1e39 infinite. */
function checkNumber(name: string, value: number, expected: string, accept: (value: number) => boolean): void {
  const seen = Number.isInteger(value) ? value : Math.fround(value);
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value)) || !accept(seen)) {
    throw wrong(name, expected, value);
  }
}

function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw wrong(name, `one of ${choices.join(', ')}`, value);
}

function wrong(name: string, expected: string, got: unknown): EdgeMlpError {
  return new EdgeMlpError('bad-argument', `${name}: expected ${expected}, got ${String(got)}`);
}

/** The options that had a say in a run: without strengths of distortions that there were none of, and the like. */
export function effectiveOptions(options: TrainingOptions): Partial<TrainingOptions> {
  const { schedule, augment } = options;
  const kinds = AUGMENTATIONS.indexOf(augment);
  const without: (keyof TrainingOptions | false)[] = [
    options.momentum === 0 && 'nesterov',
    schedule === 'constant' && 'schedule',
    (schedule === 'constant' || schedule === 'cosine') && 'gamma',
    schedule !== 'step' && 'stepEpochs',
    options.warmupEpochs === 0 && 'warmupEpochs',
    options.averageEpochs === 0 && 'averageEpochs',
    options.patience === 0 && 'patience',
    kinds < 1 && 'augment',
    kinds < 1 && 'augmentShift',
    ...(['augmentRotation', 'augmentScale', 'augmentShear'] as const).map((name) => kinds < 2 && name),
    ...(['elasticAlpha', 'elasticSigma'] as const).map((name) => kinds < 3 && name),
  ];
  const names = TRAINING_OPTION_NAMES.filter((name) => !without.includes(name));
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
