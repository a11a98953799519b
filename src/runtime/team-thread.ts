/** A thread of a team: takes part in every step until the team is dismissed. */
import { parentPort, workerData } from 'node:worker_threads';
import { instantiate, type TeamExports } from '../core/kernels.ts';

export interface TeamThreadData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the record of the team. */
  readonly team: number;
  readonly member: number;
}

const { module, memory, team, member }: TeamThreadData = workerData;
const exports = instantiate(module, memory) as TeamExports;
// `serve` blocks this thread until the team is dismissed.
parentPort?.postMessage('ready');
exports.serve(team, member);
