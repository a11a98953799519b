/** Many runs at once: worker threads, and the store of what was run before. */
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { EdgeMlpError } from '../../src/core/errors.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { KERNELS_FILE } from '../../src/runtime/node.ts';
import { sha256, weightsSha256 } from '../hash.ts';
import type { RunData, RunMeasures, RunSpec } from './run.ts';
import { estimateWork, runIdentity } from './run-identity.ts';
import type { RunStore, Stored } from './run-store.ts';
import { PROGRESS_UNITS, type ThreadData, type ThreadTask } from './run-task.ts';
import type { Run } from './summary.ts';

export interface PoolOptions<Outcome extends RunMeasures = RunMeasures> {
  /** Default: one for each processor. */
  readonly threads?: number | undefined;
  /** Where finished runs are kept; without one nothing is. */
  readonly store?: RunStore | undefined;
  /** Runs everything again, and keeps the new results. */
  readonly fresh?: boolean | undefined;
  /** Stops the threads; what is finished by then is kept. */
  readonly signal?: AbortSignal | undefined;
  readonly onFinished?: ((finished: FinishedRun<Outcome>) => void) | undefined;
  /** Some times a second while runs are under way. */
  readonly onProgress?: ((progress: PoolProgress) => void) | undefined;
  /** A kept run that cannot be used, or one that cannot be kept, and why. The runs go on. */
  readonly onStoreTrouble?: ((reason: string) => void) | undefined;
}

export interface FinishedRun<Outcome extends RunMeasures> {
  readonly index: number;
  readonly run: Run<Outcome>;
  /** The store has it. */
  readonly stored: boolean;
}

/** In multiply-adds of what was not found in the store. */
export interface PoolProgress {
  readonly done: number;
  readonly total: number;
}

/** Milliseconds between two looks at the threads' progress. */
const PROGRESS_INTERVAL_MS = 200;

/**
 * Performs runs on a pool of threads. The result is in the order of the specs and, but for the seconds in it, the same for
 * every number of threads. Of every outcome `keep` tells what is held, by whether the store has all of it: weights and steps
 * take megabytes each. Data are given
 * to all threads at once: `shareDataset` keeps that from taking memory. Throws the signal's reason.
 */
export async function performRuns<Outcome extends RunMeasures>(
  specs: readonly RunSpec[],
  data: Readonly<Record<string, RunData>>,
  keep: (outcome: RunOutcome, stored: boolean) => Outcome,
  options: PoolOptions<Outcome> = {},
): Promise<Run<Outcome>[]> {
  const bytes = await readFile(KERNELS_FILE);
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
    const stored = await read(identities[index] ?? '', options);
    if (stored.kind === 'damaged') options.onStoreTrouble?.(`${stored.reason}: it is run again`);
    if (stored.kind === 'found') finish(index, spec, stored.outcome, { kept: true, stored: true });
    else missing.push({ index, spec });
  }
  if (missing.length > 0) {
    const shared = { module: await WebAssembly.compile(bytes), data };
    await runMissing(missing, shared, options, async ({ index, spec }, outcome) => {
      const stored = await store(identities[index] ?? '', outcome, options);
      finish(index, spec, outcome, { kept: false, stored });
    });
  }
  return runs.map((run, index) => {
    if (run === undefined) throw new Error(`run ${index} has no outcome`);
    return run;
  });
}

type StoreOptions = Pick<PoolOptions, 'store' | 'fresh' | 'onStoreTrouble'>;

async function read(identity: string, { store, fresh }: StoreOptions): Promise<Stored> {
  if (store === undefined || fresh) return { kind: 'none' };
  try {
    return await store.read(identity);
  } catch (error) {
    if (error instanceof EdgeMlpError) return { kind: 'damaged', reason: error.message };
    throw error;
  }
}

/** A full or read-only disk is no reason to lose the runs. Returns whether the run is in the store. */
async function store(identity: string, outcome: RunOutcome, options: StoreOptions): Promise<boolean> {
  // A run that failed for want of memory may succeed another time; divergence is what the run comes to.
  if (outcome.status === 'failed' && outcome.code !== 'diverged') return false;
  try {
    await options.store?.write(identity, outcome);
    return options.store !== undefined;
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    options.onStoreTrouble?.(`${error.message}: the run is not kept`);
    return false;
  }
}

async function runMissing(
  tasks: readonly ThreadTask[],
  shared: Pick<ThreadData, 'module' | 'data'>,
  { threads = availableParallelism(), signal, onProgress }: Pick<PoolOptions, 'threads' | 'signal' | 'onProgress'>,
  onOutcome: (task: ThreadTask, outcome: RunOutcome) => Promise<void>,
): Promise<void> {
  const work = tasks.map(({ spec }) => estimateWork(spec, findData(shared.data, spec)));
  const last = tasks.reduce((most, { index }) => Math.max(most, index), 0);
  const progress = new Int32Array(new SharedArrayBuffer((last + 1) * Int32Array.BYTES_PER_ELEMENT));
  const pool = new Piscina<ThreadTask, RunOutcome>({
    filename: fileURLToPath(new URL(`./run-thread${extname(import.meta.url)}`, import.meta.url)),
    minThreads: Math.min(threads, tasks.length),
    maxThreads: Math.min(threads, tasks.length),
    workerData: { ...shared, progress } satisfies ThreadData,
  });
  const report = () => onProgress?.(sumProgress(tasks, work, progress));
  // Each run that waits for a thread listens to it.
  if (signal !== undefined) setMaxListeners(0, signal);
  const timer = setInterval(report, PROGRESS_INTERVAL_MS);
  try {
    // The longest first, so that no thread is left with a long one when the others are done.
    const order = tasks.map((task, i) => ({ task, work: work[i] ?? 0 })).sort((a, b) => b.work - a.work);
    await Promise.all(
      order.map(async ({ task }) => {
        const outcome = await pool.run(task, signal === undefined ? {} : { signal });
        Atomics.store(progress, task.index, PROGRESS_UNITS);
        await onOutcome(task, outcome);
      }),
    );
    report();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    clearInterval(timer);
    await pool.destroy();
  }
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
