/**
 * Choice of the kernels for a run, by shapes and density. All paths give bit-identical results: the choice only affects
 * speed. docs/internals/performance.md has the measurements.
 */
import { type AnyDataset, density, inputKind, sampleCount } from './dataset.ts';
import { listOptimizerState, type OptimizerOptions } from './optimizers.ts';
import { sizeAt } from './spec.ts';

export interface Work extends OptimizerOptions {
  readonly layers: readonly number[];
  readonly dataset: AnyDataset;
  /** Samples per step. */
  readonly batchSize: number;
  /** Available threads, including the caller's. */
  readonly threads: number;
}

export interface Paths {
  /** The first layer works on lists of the non-zero inputs. */
  readonly sparse: boolean;
  /** Bytes are stored without their zeros. */
  readonly packed: boolean;
  /** Updates of the first layer stay pending until its weights are read. */
  readonly pending: boolean;
  /** Threads that take a step together. */
  readonly threads: number;
}

/** Listing the entries of a row of 784 takes about 10 % of the time of the dense first layer. */
const SPARSE_BELOW_DENSITY = 0.7;

/** Narrower rows are listed as fast from bytes. */
const PACKED_FROM_COLUMNS = 64;

/** The weights of a smaller first layer stay in the cache between two steps: immediate updates are as fast. */
const PENDING_FROM_WEIGHTS = 16_384;

/** A member needs this many columns of the first layer, and rows, to be worth the barriers. */
const MIN_COLUMNS_PER_MEMBER = 128;
const MIN_ROWS_PER_MEMBER = 8;

/** MAX_MEMBERS of assembly/team.ts: the members for which a network has memory. */
export const MAX_THREADS = 16;

export function choosePaths(work: Work): Paths {
  const { layers, dataset, batchSize, threads } = work;
  const [inputs, hidden] = [sizeAt(layers, 0), sizeAt(layers, 1)];
  const kind = inputKind(dataset.inputs);
  // Packed inputs are lists already.
  const sparse = kind === 'packed' || isSparse(dataset);
  const rows = Math.min(batchSize, sampleCount(dataset));
  const plain = !listOptimizerState(work).velocity;
  const members = Math.floor(Math.min(hidden / MIN_COLUMNS_PER_MEMBER, rows / MIN_ROWS_PER_MEMBER, threads));
  return {
    sparse,
    packed: sparse && kind === 'bytes' && inputs >= PACKED_FROM_COLUMNS,
    pending: sparse && rows === 1 && plain && inputs * hidden >= PENDING_FROM_WEIGHTS,
    threads: Math.max(1, members),
  };
}

export function isSparse(dataset: AnyDataset): boolean {
  return density(dataset) < SPARSE_BELOW_DENSITY;
}
