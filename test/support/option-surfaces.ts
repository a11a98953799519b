/**
 * The table of options and surfaces: for each option of a training or a network, a value that changes the result, and
 * how each surface takes it.
 */
import type { Initialisation, MlpSpec, TrainingOptionsInput } from '../../src/index.ts';

/** Options of the network, besides those of its training. */
export const NETWORK_OPTIONS = ['hidden', 'activation', 'init'] as const;
export type OptionName = keyof TrainingOptionsInput | (typeof NETWORK_OPTIONS)[number];

/** Options that are tried in one run. Some exclude each other. */
export type Group = 'sgd' | 'adam' | 'regression';

export interface OptionRow {
  readonly groups: readonly Group[];
  /** The option of the library. */
  readonly value: unknown;
  /** Words of `train`, and of `sweep` if they differ. */
  readonly words: string;
  readonly sweepWords?: string;
  /** Words with another value, which a checkpoint refuses; absent if it does not. */
  readonly otherWords?: string;
  /** Text in the form of the page, if the form has the option. */
  readonly pageText?: string;
}

const ALL: readonly Group[] = ['sgd', 'adam', 'regression'];
const SGD: readonly Group[] = ['sgd'];
const ADAM: readonly Group[] = ['adam'];
const ADAM_VALUE = { kind: 'adam', beta1: 0.8, beta2: 0.99, epsilon: 1e-6 };
const STEP = { kind: 'step', gamma: 0.5, every: 2 };
const ELASTIC = { kind: 'elastic', shift: 2, rotation: 3, scale: 0.05, shear: 0.02, alpha: 10, sigma: 4 };
const AFFINE_WORDS = '--augment-shift 2 --augment-rotation 3 --augment-scale 0.05 --augment-shear 0.02';
const ELASTIC_WORDS = `--augment elastic ${AFFINE_WORDS} --elastic-alpha 10 --elastic-sigma 4`;

type Surfaces = Partial<Pick<OptionRow, 'sweepWords' | 'otherWords' | 'pageText'>>;
const row = (groups: readonly Group[], value: unknown, words: string, surfaces: Surfaces = {}): OptionRow => {
  return { groups, value, words, ...surfaces };
};

export const OPTION_ROWS: Readonly<Record<OptionName, OptionRow>> = {
  hidden: row(ALL, [6, 5], '--hidden 6,5', {
    sweepWords: '--hidden 6-5',
    otherWords: '--hidden 6,4',
    pageText: '6, 5',
  }),
  activation: row(ALL, ['relu', 'tanh'], '--activation relu,tanh', {
    sweepWords: '--activation relu+tanh',
    otherWords: '--activation tanh,tanh',
    pageText: 'relu, tanh',
  }),
  init: row(ALL, 'glorot', '--init glorot', { otherWords: '--init he' }),
  epochs: row(['sgd', 'regression'], 6, '--epochs 6', { pageText: '6' }),
  learningRate: row(ALL, 0.06, '--learning-rate 0.06', { otherWords: '--learning-rate 0.05', pageText: '0.06' }),
  batchSize: row(ALL, 4, '--batch-size 4', { otherWords: '--batch-size 5', pageText: '4' }),
  seed: row(ALL, 3, '--seed 3', { otherWords: '--seed 4', pageText: '3' }),
  optimizer: row(ADAM, ADAM_VALUE, '--optimizer adam --beta1 0.8 --beta2 0.99 --epsilon 1e-6', {
    otherWords: '--beta1 0.7',
    pageText: 'adam beta1=0.8 beta2=0.99 epsilon=1e-6',
  }),
  momentum: row(SGD, 0.5, '--momentum 0.5', { otherWords: '--momentum 0.4', pageText: '0.5' }),
  // A flag without a value cannot be turned off.
  nesterov: row(SGD, true, '--nesterov'),
  weightDecay: row(SGD, 0.01, '--weight-decay 0.01', { otherWords: '--weight-decay 0.02', pageText: '0.01' }),
  clipNorm: row(SGD, 0.4, '--clip-norm 0.4', { otherWords: '--clip-norm 0.3', pageText: '0.4' }),
  dropout: row(SGD, 0.2, '--dropout 0.2', { otherWords: '--dropout 0.3', pageText: '0.2' }),
  schedule: row(SGD, STEP, '--schedule step --gamma 0.5 --step-epochs 2', { otherWords: '--step-epochs 3' }),
  warmupEpochs: row(SGD, 1, '--warmup-epochs 1', { otherWords: '--warmup-epochs 2' }),
  averageEpochs: row(SGD, 2, '--average-epochs 2', { otherWords: '--average-epochs 1' }),
  patience: row(ADAM, 1, '--patience 1', { otherWords: '--patience 2' }),
  augment: row(SGD, ELASTIC, ELASTIC_WORDS, { otherWords: '--elastic-alpha 11' }),
  loss: row(['regression'], 'huber', '--loss huber', { otherWords: '--loss absolute-error', pageText: 'huber' }),
  classWeight: row(SGD, { 3: 4 }, '--class-weight 3=4', { otherWords: '--class-weight 3=5' }),
};

export const OPTION_NAMES = Object.keys(OPTION_ROWS) as readonly OptionName[];

/** The rows of a group that `accept` accepts. */
export function selectRows(
  group: Group,
  accept: (row: OptionRow, name: OptionName) => boolean = () => true,
): (readonly [OptionName, OptionRow])[] {
  return OPTION_NAMES.map((name) => [name, OPTION_ROWS[name]] as const).filter(
    ([name, row]) => row.groups.includes(group) && accept(row, name),
  );
}

/** The values of rows: those of the network, and those of `train`. */
export function splitValues(rows: readonly (readonly [OptionName, OptionRow])[]): {
  readonly network: { hidden?: number[]; activation?: MlpSpec['hiddenActivation']; init?: Initialisation };
  readonly training: TrainingOptionsInput;
} {
  const isNetwork = (name: string) => NETWORK_OPTIONS.some((option) => option === name);
  const pick = (wanted: boolean) =>
    Object.fromEntries(rows.filter(([name]) => isNetwork(name) === wanted).map(([name, { value }]) => [name, value]));
  return { network: pick(true), training: pick(false) };
}
