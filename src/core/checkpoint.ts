/** The state of a training run between two steps: all that it takes to go on as if it had never stopped. */
import { type AnyDataset, sampleCount } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { EpochMetrics } from './metrics.ts';
import { checkParameters, type Parameters } from './parameters.ts';
import { dependsOnEpochs } from './schedule.ts';
import type { MlpSpec } from './spec.ts';
import { countSteps } from './step-series.ts';
import { TRAINING_OPTION_NAMES, type TrainingOptions } from './training-options.ts';

/** What tells one training set from another. */
export interface DatasetIdentity {
  /** As it is called. */
  readonly name: string;
  /** How many it has. */
  readonly samples: number;
  /** Inputs of a sample. */
  readonly columns: number;
  /** Its fingerprint; null where it has none. */
  readonly sha256: string | null;
}

/**
 * A moment of a run, from which it can go on to the same bits.
 *
 * The generator's state is not here because there is none: an epoch's order comes from the seed and the epoch's number.
 */
export interface Checkpoint {
  /** Of the network. */
  readonly spec: MlpSpec;
  /** Of the run. */
  readonly options: TrainingOptions;
  /** That it trains on. */
  readonly dataset: DatasetIdentity;
  /** Epochs that have ended. */
  readonly epoch: number;
  /** Steps since the beginning of the run. */
  readonly step: number;
  /** Samples of the running epoch that have been used. */
  readonly cursor: number;
  /** Of these samples’ losses, in formatNats. */
  readonly lossSum: number;
  /** Of these samples, those that were right. */
  readonly correct: number;
  /** What each epoch came to. */
  readonly history: readonly EpochMetrics[];
  /** As they were at that moment. */
  readonly parameters: Parameters;
  /** With momentum or weight decay. */
  readonly velocity?: Parameters;
  /** The mean of the weights so far, once a run with `averageEpochs` has come to the epochs that count. */
  readonly average?: Parameters;
  /** The weights of the best epoch so far, of a run with `patience`. */
  readonly best?: Parameters;
}

export function identifyDataset(dataset: AnyDataset): DatasetIdentity {
  const { name, columns, sha256 } = dataset;
  return { name, samples: sampleCount(dataset), columns, sha256: sha256 ?? null };
}

/**
 * Checks that a checkpoint's numbers can be those of one moment of one run. Throws `checkpoint-mismatch`.
 */
export function checkPlace(place: Omit<Checkpoint, 'spec' | 'parameters' | 'velocity' | 'average' | 'best'>): void {
  const { options, dataset, epoch, step, cursor, correct, history } = place;
  const expect = (name: string, ok: boolean, expected: string, got: unknown) => {
    if (!ok) throw new EdgeMlpError('checkpoint-mismatch', `${name}: expected ${expected}, got ${String(got)}`);
  };
  const within = (value: number, most: number) => Number.isSafeInteger(value) && value >= 0 && value <= most;
  expect('epoch', within(epoch, options.epochs), `a whole number from 0 to ${options.epochs}`, epoch);
  expect('cursor', within(cursor, dataset.samples), `a whole number from 0 to ${dataset.samples}`, cursor);
  expect('correct', within(correct, cursor), `a whole number from 0 to ${cursor}`, correct);
  const rows = Math.min(options.batchSize, dataset.samples);
  const steps = epoch * countSteps(dataset.samples, rows) + countSteps(cursor, rows);
  expect('step', step === steps, `${steps}, by epoch and cursor`, step);
  const epochs = history.map((metrics) => metrics.epoch).join(', ');
  expect(
    'history',
    epochs === Array.from({ length: epoch }, (_, i) => i + 1).join(', '),
    `epochs 1 to ${epoch}`,
    epochs,
  );
}

/** A run must go on with its own network, data and options; only more epochs may be asked for. Throws `checkpoint-mismatch`. */
export function checkResumable(
  checkpoint: Checkpoint,
  spec: MlpSpec,
  dataset: DatasetIdentity,
  options: TrainingOptions,
): void {
  checkPlace(checkpoint);
  for (const name of ['layers', 'hiddenActivation'] as const) expectSame(name, checkpoint.spec[name], spec[name]);
  // Where there are fingerprints the name does not matter: the same data may lie elsewhere by now.
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
    throw new EdgeMlpError(
      'checkpoint-mismatch',
      `epochs: expected at least ${begun}, which the checkpoint has begun, got ${epochs}`,
    );
  }
  const needsVelocity = checkpoint.options.momentum > 0 || checkpoint.options.weightDecay > 0;
  if (needsVelocity !== (checkpoint.velocity !== undefined)) {
    const expected = needsVelocity ? 'the velocity of its momentum' : 'no velocity, as it has no momentum';
    throw new EdgeMlpError('checkpoint-mismatch', `the checkpoint: expected ${expected}`);
  }
  checkParameters(spec, checkpoint.parameters);
}

/** How many epochs the run shall have. What it did so far may have been done for their number. */
function checkMoreEpochs(options: TrainingOptions, epochs: number): number {
  if (epochs === options.epochs) return epochs;
  const fixed = dependsOnEpochs(options) ? `schedule ${options.schedule.kind}` : 'averageEpochs';
  if (dependsOnEpochs(options) || options.averageEpochs > 0) {
    throw new EdgeMlpError(
      'checkpoint-mismatch',
      `epochs: expected the ${options.epochs} that ${fixed} counts on, got ${epochs}`,
    );
  }
  return epochs;
}

function expectSame(name: string, expected: unknown, got: unknown): void {
  if (JSON.stringify(expected) === JSON.stringify(got)) return;
  throw new EdgeMlpError(
    'checkpoint-mismatch',
    `${name}: the checkpoint was made with ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`,
  );
}
