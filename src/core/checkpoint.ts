/** The state of a training run between two steps. A resumed run ends with the same bytes as a run without a stop. */
import { type AnyDataset, sampleCount } from './dataset.ts';
import { EdgeMlpError, formatValue } from './errors.ts';
import type { EpochMetrics } from './metrics.ts';
import { listOptimizerState } from './optimizers.ts';
import { checkParameters, type Parameters } from './parameters.ts';
import { dependsOnEpochs } from './schedule.ts';
import type { MlpSpec } from './spec.ts';
import { countSteps } from './step-series.ts';
import { TRAINING_OPTION_NAMES, type TrainingOptions } from './training-options.ts';

/** The identity of a training set. */
export interface DatasetIdentity {
  /** Name of the data set. */
  readonly name: string;
  /** Number of samples. */
  readonly samples: number;
  /** Inputs per sample. */
  readonly columns: number;
  /** SHA-256 of the data; null if it is not known. */
  readonly sha256: string | null;
}

/**
 * A moment of a run, from which the run can continue. It has no state of a random generator: the order of an epoch
 * depends only on the seed and the number of the epoch.
 */
export interface Checkpoint {
  /** Layers and activation of the network. */
  readonly spec: MlpSpec;
  /** Options of the run. */
  readonly options: TrainingOptions;
  /** The training set. */
  readonly dataset: DatasetIdentity;
  /** Completed epochs. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Samples of the running epoch that have been used. */
  readonly cursor: number;
  /** Sum of the losses of these samples, in nats. */
  readonly lossSum: number;
  /** How many of these samples were classified correctly. */
  readonly correct: number;
  /** Measures of each completed epoch. */
  readonly history: readonly EpochMetrics[];
  /** Weights and biases at that moment. */
  readonly parameters: Parameters;
  /** The velocity of momentum; in runs with Adam, the first moment. Absent with plain SGD (listOptimizerState). */
  readonly velocity?: Parameters;
  /** In runs with Adam or AdamW. */
  readonly secondMoment?: Parameters;
  /** In runs with `averageEpochs`: the mean of the weights so far. */
  readonly average?: Parameters;
  /** In runs with `patience`: the weights of the best epoch so far. */
  readonly best?: Parameters;
}

/** Tensors of a checkpoint in the shapes of the parameters, besides these. */
export const COMPANIONS = ['velocity', 'secondMoment', 'average', 'best'] as const;

/** Options and place in the data: a checkpoint without its tensors. */
export type CheckpointPlace = Omit<Checkpoint, 'spec' | 'parameters' | (typeof COMPANIONS)[number]>;

export function identifyDataset(dataset: AnyDataset): DatasetIdentity {
  const { name, columns, sha256 } = dataset;
  return { name, samples: sampleCount(dataset), columns, sha256: sha256 ?? null };
}

/** Checks that the numbers of a checkpoint are consistent. Throws EdgeMlpError "checkpoint-mismatch". */
export function checkPlace(place: CheckpointPlace): void {
  const { options, dataset, epoch, step, cursor, correct, history } = place;
  const expect = (name: string, ok: boolean, expected: string, got: unknown) => {
    if (!ok) throw new EdgeMlpError('checkpoint-mismatch', `${name}: expected ${expected}, got ${formatValue(got)}`);
  };
  const within = (value: number, most: number) => Number.isSafeInteger(value) && value >= 0 && value <= most;
  expect('epoch', within(epoch, options.epochs), `a whole number from 0 to ${options.epochs}`, epoch);
  expect('cursor', within(cursor, dataset.samples), `a whole number from 0 to ${dataset.samples}`, cursor);
  expect('correct', within(correct, cursor), `a whole number from 0 to ${cursor}`, correct);
  const rows = Math.min(options.batchSize, dataset.samples);
  const steps = epoch * countSteps(dataset.samples, rows) + countSteps(cursor, rows);
  expect('step', step === steps, `${steps}, by epoch and cursor`, step);
  const epochs = history.map((metrics) => metrics.epoch);
  const complete = epochs.length === epoch && epochs.every((number, i) => number === i + 1);
  expect('history', complete, `epochs 1 to ${epoch}`, epochs.join(', '));
}

/**
 * Checks that a run continues with the network, data and options of its checkpoint. Only the number of epochs may
 * differ. Throws EdgeMlpError "checkpoint-mismatch".
 */
export function checkResumable(
  checkpoint: Checkpoint,
  spec: MlpSpec,
  dataset: DatasetIdentity,
  options: TrainingOptions,
): void {
  checkPlace(checkpoint);
  for (const name of ['layers', 'hiddenActivation', 'task'] as const)
    expectSame(name, checkpoint.spec[name], spec[name]);
  // With fingerprints the name does not matter: the same data may have moved.
  const known = checkpoint.dataset.sha256 !== null && dataset.sha256 !== null;
  for (const name of ['samples', 'columns', known ? 'sha256' : 'name'] as const) {
    expectSame(`data set ${name}`, checkpoint.dataset[name], dataset[name]);
  }
  for (const name of TRAINING_OPTION_NAMES) {
    if (name !== 'epochs') expectSame(name, checkpoint.options[name], options[name]);
  }
  const epochs = checkMoreEpochs(checkpoint.options, options.epochs);
  const begun = checkpoint.epoch + Number(checkpoint.cursor > 0);
  if (epochs < begun) {
    const message = `epochs: expected at least ${begun}, which the checkpoint has started, got ${epochs}`;
    throw new EdgeMlpError('checkpoint-mismatch', message);
  }
  for (const [name, needed] of Object.entries(listOptimizerState(checkpoint.options))) {
    const held = checkpoint[name as 'velocity' | 'secondMoment'] !== undefined;
    if (held === needed) continue;
    const expected = `${needed ? 'a' : 'no'} ${name}, by its training options`;
    throw new EdgeMlpError('checkpoint-mismatch', `the checkpoint: expected ${expected}, got ${held ? 'one' : 'none'}`);
  }
  checkParameters(spec, checkpoint.parameters);
}

/** The number of epochs cannot change if completed epochs depended on it. */
function checkMoreEpochs(options: TrainingOptions, epochs: number): number {
  if (epochs === options.epochs) return epochs;
  const fixed = dependsOnEpochs(options) ? `schedule ${options.schedule.kind}` : 'averageEpochs';
  if (dependsOnEpochs(options) || options.averageEpochs > 0) {
    const message = `epochs: expected ${options.epochs}, as the run has ${fixed}, got ${epochs}`;
    throw new EdgeMlpError('checkpoint-mismatch', message);
  }
  return epochs;
}

function expectSame(name: string, expected: unknown, got: unknown): void {
  if (JSON.stringify(expected) === JSON.stringify(got)) return;
  const message = `${name}: the checkpoint was made with ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`;
  throw new EdgeMlpError('checkpoint-mismatch', message);
}
