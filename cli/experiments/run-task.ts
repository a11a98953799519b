/** What passes between a pool and its threads. */
import type { RunData, RunSpec } from './run.ts';

/** What every thread of a pool is given when it starts. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  readonly data: Readonly<Record<string, RunData>>;
  /** Int32 on shared memory: how far each run has come, in PROGRESS_UNITS. */
  readonly progress: Int32Array<SharedArrayBuffer>;
}

export interface ThreadTask {
  /** Of the run, in `progress`. */
  readonly index: number;
  readonly spec: RunSpec;
}

export const PROGRESS_UNITS = 1_000_000;
