/** Concurrent runs on worker threads. Runs that are in the store are not repeated. */
import { once, setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { compileKernels } from '../../src/runtime/compile-kernels.ts';
import { kernelsBytes } from '../../src/runtime/kernels-bytes.ts';
import { sha256, weightsSha256 } from '../hash.ts';
import type { Run } from '../report/summary.ts';
import { estimateWork, type RunData, type RunMeasures, type RunSpec } from '../training/run-spec.ts';
import { type RunStore, runIdentity, type StoredRun } from './run-store.ts';

export interface PoolOptions<Outcome extends RunMeasures = RunMeasures> {
  /** Number of threads (default: one for each processor). */
  readonly threads?: number | undefined;
  /** Store of finished runs (default: none). */
  readonly store?: RunStore | undefined;
  /** Repeat runs that are in the store. */
  readonly fresh?: boolean | undefined;
  /** Stops the threads. Finished runs stay in the store. */
  readonly signal?: AbortSignal | undefined;
  /** Called before kernels are compiled, with the multiply-adds of the missing runs, if there are any. */
  readonly onStart?: ((work: number) => void) | undefined;
  readonly onFinished?: ((finished: FinishedRun<Outcome>) => void) | undefined;
  /** Called about five times a second. */
  readonly onProgress?: ((progress: PoolProgress) => void) | undefined;
  /** Called with a reason if a run cannot be read from or written to the store. The runs continue. */
  readonly onStoreTrouble?: ((reason: string) => void) | undefined;
}

export interface FinishedRun<Outcome extends RunMeasures> {
  readonly index: number;
  readonly run: Run<Outcome>;
  readonly stored: boolean;
}

/** In multiply-adds of the runs that were not in the store. */
export interface PoolProgress {
  readonly done: number;
  readonly total: number;
}

/** Data that every thread gets when it starts. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly data: Readonly<Record<string, RunData>>;
  /** Progress of each run, 0 to `progressUnits`, in shared memory. */
  readonly progress: Int32Array<SharedArrayBuffer>;
  readonly progressUnits: number;
}

export interface ThreadTask {
  /** Index of the run in `progress`. */
  readonly index: number;
  readonly spec: RunSpec;
}

const THREAD_FILE = new URL(`./run-thread${extname(import.meta.url)}`, import.meta.url);
const PROGRESS_UNITS = 1_000_000;
const PROGRESS_INTERVAL_MS = 200;

/**
 * Performs runs on a pool of threads. Results have the order of the specs and, except for durations, do not depend on
 * the number of threads. `keep` chooses the part of an outcome that stays in memory: weights and steps take megabytes
 * each. Data should be in shared memory (`shareDataset`), because every thread gets it. Throws the signal's reason.
 */
export async function performRuns<Outcome extends RunMeasures>(
  specs: readonly RunSpec[],
  data: Readonly<Record<string, RunData>>,
  keep: (outcome: RunOutcome, stored: boolean) => Outcome,
  options: PoolOptions<Outcome> = {},
): Promise<Run<Outcome>[]> {
  const bytes = kernelsBytes();
  const identities = specs.map((spec) => runIdentity(spec, findData(data, spec), sha256(bytes)));
  const runs: (Run<Outcome> | undefined)[] = [];
  const finish = (
    index: number,
    spec: RunSpec,
    outcome: RunOutcome,
    { kept, stored }: { kept: boolean; stored: boolean },
  ) => {
    const hash = outcome.status === 'succeeded' ? weightsSha256(outcome.parameters) : null;
    const run = { spec, outcome: keep(outcome, stored), weightsSha256: hash, kept };
    runs[index] = run;
    options.onFinished?.({ index, run, stored });
  };
  const missing: ThreadTask[] = [];
  for (const [index, spec] of specs.entries()) {
    const stored = await readStored(identities[index] ?? '', options);
    if (stored.kind === 'damaged') options.onStoreTrouble?.(`${stored.reason}: repeating the run`);
    if (stored.kind === 'found') finish(index, spec, stored.outcome, { kept: true, stored: true });
    else missing.push({ index, spec });
  }
  if (missing.length > 0) {
    options.onStart?.(missing.reduce((sum, { spec }) => sum + runWork(spec, findData(data, spec)), 0));
    const shared = { module: await compileKernels(bytes), data };
    await runMissing(missing, shared, options, async ({ index, spec }, outcome) => {
      const stored = await storeRun(identities[index] ?? '', outcome, options);
      finish(index, spec, outcome, { kept: false, stored });
    });
  }
  return runs.map((run, index) => {
    if (run === undefined) throw new Error(`run ${index} has no outcome`);
    return run;
  });
}

type StoreOptions = Pick<PoolOptions, 'store' | 'fresh' | 'onStoreTrouble'>;

async function readStored(identity: string, { store, fresh }: StoreOptions): Promise<StoredRun> {
  if (store === undefined || fresh) return { kind: 'none' };
  try {
    return await store.read(identity);
  } catch (error) {
    if (error instanceof EdgeMlpError) return { kind: 'damaged', reason: error.message };
    throw error;
  }
}

/** Returns whether the run is in the store. An error of the disk does not stop the runs. */
async function storeRun(identity: string, outcome: RunOutcome, options: StoreOptions): Promise<boolean> {
  // Divergence is reproducible. Other failures, such as lack of memory, are not.
  if (outcome.status === 'failed' && outcome.code !== 'diverged') return false;
  try {
    await options.store?.write(identity, outcome);
    return options.store !== undefined;
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    options.onStoreTrouble?.(`${error.message}: the run is not cached`);
    return false;
  }
}

async function runMissing(
  tasks: readonly ThreadTask[],
  shared: Pick<ThreadData, 'module' | 'data'>,
  { threads = availableParallelism(), signal, onProgress }: Pick<PoolOptions, 'threads' | 'signal' | 'onProgress'>,
  onOutcome: (task: ThreadTask, outcome: RunOutcome) => Promise<void>,
): Promise<void> {
  const work = tasks.map(({ spec }) => runWork(spec, findData(shared.data, spec)));
  const last = tasks.reduce((most, { index }) => Math.max(most, index), 0);
  const progress = new Int32Array(new SharedArrayBuffer((last + 1) * Int32Array.BYTES_PER_ELEMENT));
  const workerData: ThreadData = { ...shared, progress, progressUnits: PROGRESS_UNITS };
  const pool = Array.from({ length: Math.min(threads, tasks.length) }, () => new Worker(THREAD_FILE, { workerData }));
  // Longest runs first, so that all threads finish at about the same time.
  const queue = tasks.map((task, i) => ({ task, work: work[i] ?? 0 })).sort((a, b) => b.work - a.work);
  const serve = async (thread: Worker) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      thread.postMessage(next.task);
      // Rejects with the error of the thread, or when the signal is aborted.
      const [outcome] = await once(thread, 'message', signal === undefined ? {} : { signal });
      Atomics.store(progress, next.task.index, PROGRESS_UNITS);
      await onOutcome(next.task, outcome);
    }
  };
  const report = () => onProgress?.(sumProgress(tasks, work, progress));
  // Every thread adds a listener.
  if (signal !== undefined) setMaxListeners(0, signal);
  const timer = setInterval(report, PROGRESS_INTERVAL_MS);
  try {
    await Promise.all(pool.map(serve));
    report();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
    await Promise.all(pool.map((thread) => thread.terminate()));
  }
}

function runWork({ layers, training }: RunSpec, data: RunData): number {
  return estimateWork(layers, sampleCount(data.training), training.epochs);
}

function sumProgress(tasks: readonly ThreadTask[], work: readonly number[], progress: Int32Array): PoolProgress {
  const total = work.reduce((sum, value) => sum + value, 0);
  const done = tasks.reduce((sum, { index }, i) => sum + ((work[i] ?? 0) * (progress[index] ?? 0)) / PROGRESS_UNITS, 0);
  return { done, total };
}

function findData(data: Readonly<Record<string, RunData>>, { data: name }: RunSpec): RunData {
  const part = data[name];
  if (part === undefined) throw new Error(`no data called ${name}`);
  return part;
}
