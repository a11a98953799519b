/** A worker thread of the pool, with its own instance of the kernels. */
import { parentPort, workerData } from 'node:worker_threads';
import { Kernels } from '../../src/core/kernels.ts';
import { performRun } from '../training/run-spec.ts';
import type { ThreadData, ThreadTask } from './run-pool.ts';

const { module, data, progress, progressUnits } = workerData as ThreadData;
const kernels = new Kernels(module);

parentPort?.on('message', ({ index, spec }: ThreadTask) => {
  const runData = data[spec.data];
  if (runData === undefined) throw new Error(`no data called ${spec.data}`);
  const outcome = performRun(kernels, spec, runData, {
    clock: () => performance.now() / 1000,
    onProgress: (share) => Atomics.store(progress, index, Math.floor(share * progressUnits)),
  });
  parentPort?.postMessage(outcome);
});
