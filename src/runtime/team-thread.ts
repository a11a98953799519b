/** A thread of a team: it takes its part in every step until the team is dismissed. */
import { parentPort, workerData } from 'node:worker_threads';
import { instantiate, type TeamExports } from '../core/kernels.ts';

export interface TeamThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the team's record, and which member this is. */
  readonly team: number;
  readonly member: number;
}

const { module, memory, team, member }: TeamThreadData = workerData;
const exports = instantiate(module, memory) as TeamExports;
// Sent before the thread is lost to its caller for good.
parentPort?.postMessage('ready');
exports.serve(team, member);
