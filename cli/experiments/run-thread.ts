/** A worker thread: its own instance of the kernels, the experiment's data shared with all others. */
import { workerData } from 'node:worker_threads';
import { Kernels } from '../../src/core/kernels.ts';
import type { RunOutcome } from '../../src/format/run-file.ts';
import { performRun } from './run.ts';
import { PROGRESS_UNITS, type ThreadData, type ThreadTask } from './run-task.ts';

const { module, data, progress } = workerData as ThreadData;
const kernels = new Kernels(module);

export default function run({ index, spec }: ThreadTask): RunOutcome {
  const runData = data[spec.data];
  if (runData === undefined) throw new Error(`no data called ${spec.data}`);
  return performRun(kernels, spec, runData, {
    clock: () => performance.now() / 1000,
    onProgress: (share) => Atomics.store(progress, index, Math.floor(share * PROGRESS_UNITS)),
  });
}
