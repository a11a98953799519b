/**
 * How a run goes through the kernels. Every path has the same result to the last bit, so this is a matter of speed alone, and it is
 * decided here, from shapes and density. docs/performance.md has the measurements.
 */
import { type AnyDataset, density, inputKind, sampleCount } from './dataset.ts';
import { sizeAt } from './spec.ts';

export interface Work {
  readonly layers: readonly number[];
  readonly dataset: AnyDataset;
  /** Samples of one step. */
  readonly batchSize: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** Threads that could work together; the caller's is one. */
  readonly threads: number;
}

export interface Paths {
  /** The first layer works on lists of the inputs that are not zero. */
  readonly sparse: boolean;
  /** Bytes are kept in memory without their zeros. */
  readonly packed: boolean;
  /** Updates of the first layer wait until its weights are read next. */
  readonly deferral: boolean;
  /** Threads that take a step together. */
  readonly threads: number;
}

/** Listing the entries of a row of 784 costs about a tenth of what the first layer does with all of them. */
const SPARSE_BELOW_DENSITY = 0.7;

/** Narrower rows are listed as fast from their bytes. */
const PACKED_FROM_COLUMNS = 64;

/** Weights of a first layer that stay in the cache between two steps are updated at once as fast. */
const DEFERRED_FROM_WEIGHTS = 16_384;

/** A member has to have some tiles of 32 columns of the first layer, and some rows, to be worth the meetings. */
const COLUMNS_OF_A_MEMBER = 128;
const ROWS_OF_A_MEMBER = 8;

/** MAX_MEMBERS of assembly/team.ts: a network's memory has room for the notes of so many. */
export const MAX_THREADS = 16;

export function choosePaths({ layers, dataset, batchSize, momentum, weightDecay, threads }: Work): Paths {
  const [inputs, hidden] = [sizeAt(layers, 0), sizeAt(layers, 1)];
  const kind = inputKind(dataset.inputs);
  // What is packed is a list already.
  const sparse = kind === 'packed' || isSparse(dataset);
  const rows = Math.min(batchSize, sampleCount(dataset));
  const plain = momentum === 0 && weightDecay === 0;
  const members = Math.floor(Math.min(hidden / COLUMNS_OF_A_MEMBER, rows / ROWS_OF_A_MEMBER, threads));
  return {
    sparse,
    packed: sparse && kind === 'bytes' && inputs >= PACKED_FROM_COLUMNS,
    deferral: sparse && rows === 1 && plain && inputs * hidden >= DEFERRED_FROM_WEIGHTS,
    threads: Math.max(1, members),
  };
}

export function isSparse(dataset: AnyDataset): boolean {
  return density(dataset) < SPARSE_BELOW_DENSITY;
}
