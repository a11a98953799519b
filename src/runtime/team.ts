/** Several threads that train one network together. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EdgeMlpError } from '../core/errors.ts';
import { Kernels } from '../core/kernels.ts';
import { MAX_THREADS } from '../core/paths.ts';
import type { TeamThreadData } from './team-thread.ts';

/** The kernels for several threads, in a memory that they share. */
const TEAM_KERNELS_FILE = new URL('../../build/kernels.threads.wasm', import.meta.url);

/** 4 GiB of addresses; memory is taken as it is needed. */
const MAX_PAGES = 65_536;
const FIRST_PAGES = 2;

/**
 * Loads kernels that train with `threads` threads in all, of which the caller's is one: `train` steps through batches with all of
 * them, to the bits of one thread. The others sleep between the slices of a run, and end with the process or on `dismiss`.
 * Throws `bad-argument`, `out-of-memory`, or what kept a thread from starting.
 *
 * @example
 * ```ts
 * import { Mlp, train } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 * import { loadKernels, loadTeam, weightsSha256 } from 'edge-mlp';
 *
 * const hashes = [];
 * for (const kernels of [await loadTeam(2), await loadKernels()]) {
 *   const mlp = Mlp.create(kernels, { layers: [784, 64, 10], seed: 1 });
 *   for (const _ of train(mlp, digitsDataset({ samples: 300, seed: 1 }), { epochs: 1, batchSize: 64 }));
 *   hashes.push(weightsSha256(mlp.parameters()));
 * }
 * console.log(hashes[0] === hashes[1]); // true
 * ```
 */
export async function loadTeam(threads: number): Promise<Kernels> {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new EdgeMlpError('bad-argument', `threads: expected a whole number from 1 to ${MAX_THREADS}, got ${threads}`);
  }
  const module = await WebAssembly.compile(await readFile(TEAM_KERNELS_FILE));
  const memory = sharedMemory();
  const kernels = new Kernels(module, { memory, members: threads });
  const others = Array.from({ length: threads - 1 }, (_, k) => k + 1);
  await Promise.all(others.map((member) => startThread({ module, memory, team: kernels.teamAddress, member })));
  return kernels;
}

function sharedMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES, shared: true });
  } catch (cause) {
    const message = 'threads: expected 4 GiB of addresses for a memory that threads share, got none';
    throw new EdgeMlpError('out-of-memory', message, { cause });
  }
}

/** Until it serves: a thread that never comes would let the others wait for ever. It does not keep the process alive. */
async function startThread(workerData: TeamThreadData): Promise<void> {
  const file = new URL(`./team-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  // Without the options of this process: one of them could keep a module from being loaded.
  const thread = new Worker(file, { workerData, execArgv: [], name: `edge-mlp ${workerData.member}` });
  // Rejects with what the thread threw.
  await once(thread, 'message');
  thread.unref();
}
