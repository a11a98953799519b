/**
 * Defaults that depend on the data. Pictures and the generated sets have those of the course assignment
 * (TRAINING_DEFAULTS). With these, a table of a hundred rows would be trained in 500 steps, too few to learn it. Tables
 * have a number of steps instead of epochs, and, unless the caller chooses SGD, Adam. docs/internals/table-defaults.md
 * compares the results with those of scikit-learn.
 */
import { type AnyDataset, sampleCount } from './dataset.ts';
import { checkOptimizer, type OptimizerInput } from './optimizers.ts';
import { countSteps } from './step-series.ts';
import { checkTrainingOptions, type TrainingOptions, type TrainingOptionsInput } from './training-options.ts';

/** The data of a run, as far as defaults depend on them. */
export interface DataKind {
  /** Samples of the training set. */
  readonly samples: number;
  /** Rows of a table, pictures, or points of the generated set ellipse. */
  readonly kind: 'table' | 'pictures' | 'ellipse';
}

/** Units of each hidden layer: for tables as in scikit-learn, for pictures and the ellipse as in the assignment. */
const HIDDEN: Readonly<Record<DataKind['kind'], readonly number[]>> = {
  table: [100],
  pictures: [300],
  ellipse: [3],
};

/** Steps of a run on a table. SGD takes more of them, each with one sample. */
export const TABLE_STEPS = { adam: 4000, sgd: 20_000 };
/** Large tables have at least this many epochs, small ones at most (JOB_LIMITS of the service has 1,000). */
const [FEWEST_EPOCHS, MOST_EPOCHS] = [20, 1000];
/** Batches per epoch, about, so that the batches of a small table are small. */
const BATCHES = 16;
const LARGEST_BATCH = 32;

/** The properties of a data set that choose the defaults of `completeOptions`. */
export function readDataKind(dataset: AnyDataset): DataKind {
  const { name, imageShape } = dataset;
  const kind = imageShape !== undefined ? 'pictures' : name === 'ellipse' ? 'ellipse' : 'table';
  return { samples: sampleCount(dataset), kind };
}

/** Units of each hidden layer. */
export function defaultHidden({ kind }: Pick<DataKind, 'kind'>): readonly number[] {
  return HIDDEN[kind];
}

/**
 * Checks the options of a run and fills in the defaults, which depend on the data and on the other options. Throws
 * EdgeMlpError "bad-argument".
 *
 * @example
 * ```ts
 * import { completeOptions } from 'edge-mlp';
 *
 * const { optimizer, epochs, batchSize } = completeOptions({}, { kind: 'table', samples: 150 });
 * console.log(optimizer.kind, epochs, batchSize); // adam 211 8
 * ```
 */
export function completeOptions(given: TrainingOptionsInput, { kind, samples }: DataKind): TrainingOptions {
  if (kind !== 'table') return checkTrainingOptions(given);
  const optimizer = checkOptimizer(given.optimizer ?? chooseOptimizer(given));
  const isSgd = optimizer.kind === 'sgd';
  const batchSize = given.batchSize ?? (isSgd ? 1 : chooseBatchSize(samples));
  const epochs =
    given.epochs ?? chooseEpochs(isSgd ? TABLE_STEPS.sgd : TABLE_STEPS.adam, countSteps(samples, batchSize));
  return checkTrainingOptions({ ...given, optimizer, batchSize, epochs });
}

/** Checks options before the data are known. Throws EdgeMlpError "bad-argument". */
export function checkGivenOptions(given: TrainingOptionsInput): void {
  const optimizer = given.optimizer ?? chooseOptimizer(given);
  checkTrainingOptions({ ...given, optimizer, epochs: given.epochs ?? MOST_EPOCHS });
}

/** Momentum and Nesterov's momentum are options of SGD. */
function chooseOptimizer({ momentum = 0, nesterov = false }: TrainingOptionsInput): OptimizerInput {
  return momentum > 0 || nesterov ? 'sgd' : 'adam';
}

/** A power of two up to LARGEST_BATCH. */
function chooseBatchSize(samples: number): number {
  let size = 1;
  while (size < LARGEST_BATCH && 2 * size * BATCHES <= samples) size *= 2;
  return size;
}

function chooseEpochs(steps: number, stepsPerEpoch: number): number {
  return Math.min(Math.max(Math.ceil(steps / stepsPerEpoch), FEWEST_EPOCHS), MOST_EPOCHS);
}
