/** Teams of threads that train one network. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgeMlpError } from '../core/errors.ts';
import { Kernels } from '../core/kernels.ts';
import { MAX_THREADS } from '../core/paths.ts';
import { compileKernels } from './compile-kernels.ts';
import type { TeamThreadData } from './team-thread.ts';
import { checkTeamKernels } from './widening.ts';

/** 4 GiB of addresses; memory is committed when it is needed. */
const MAX_PAGES = 65_536;
const FIRST_PAGES = 2;

/**
 * First major version of Node that runs teams. The compiler of Node 20 clears a local variable of a function that waits,
 * so members wait without end or train wrong weights (docs/internals/runtimes.md).
 */
const FIRST_NODE = 22;

/**
 * Loads kernels that train batches with `threads` threads, including the calling thread. Results are bit-identical to
 * one thread. The other threads sleep between the slices of a run. They end with the process or on `dismiss`. More than
 * one thread needs Node 22. Throws EdgeMlpError "bad-argument", "file", "unsupported" or "out-of-memory", or the error
 * of a thread that could not start.
 *
 * @example
 * ```ts
 * import { loadKernels, loadTeam, Mlp, train } from 'edge-mlp';
 * import { digitsDataset } from 'edge-mlp/data';
 *
 * const [team, single] = [await loadTeam(2), await loadKernels()].map((kernels) => {
 *   const mlp = Mlp.create(kernels, { layers: [784, 64, 10], seed: 1 });
 *   for (const _ of train(mlp, digitsDataset({ samples: 300, seed: 1 }), { epochs: 1, batchSize: 64 }));
 *   return mlp.parameters().weights.map((layer) => layer.join());
 * });
 * console.log(team!.join() === single!.join()); // true
 * ```
 */
export async function loadTeam(threads: number): Promise<Kernels> {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new EdgeMlpError('bad-argument', `threads: expected a whole number from 1 to ${MAX_THREADS}, got ${threads}`);
  }
  if (threads > 1) checkNode(process.versions.node);
  const bytes = await readTeamKernels();
  checkTeamKernels(bytes, sharedMemory);
  const module = await compileKernels(bytes);
  const memory = sharedMemory();
  const kernels = new Kernels(module, { memory, members: threads });
  const others = Array.from({ length: threads - 1 }, (_, k) => k + 1);
  await Promise.all(others.map((member) => startThread({ module, memory, team: kernels.teamAddress, member })));
  return kernels;
}

function checkNode(version: string): void {
  if (Number.parseInt(version, 10) >= FIRST_NODE) return;
  const expected = `expected Node ${FIRST_NODE} or later for more than one thread`;
  const reason = 'Node 20 breaks threads that wait';
  throw new EdgeMlpError('unsupported', `threads: ${expected}, got ${version}: ${reason}; use one thread or upgrade`);
}

/** The kernels for threads with a shared memory. Throws EdgeMlpError "file" in a bundle without them. */
async function readTeamKernels(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(new URL('../../build/kernels.threads.wasm', import.meta.url)));
  } catch (cause) {
    const hint = 'do not bundle edge-mlp for the server (serverExternalPackages of Next.js, --external of esbuild)';
    throw new EdgeMlpError('file', `threads: cannot read kernels.threads.wasm of the package: ${hint}`, { cause });
  }
}

function sharedMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES, shared: true });
  } catch (cause) {
    const message = 'threads: cannot reserve 4 GiB of addresses for a shared memory';
    throw new EdgeMlpError('out-of-memory', message, { cause });
  }
}

/** Resolves when the thread serves the team. The thread does not keep the process alive. */
async function startThread(workerData: TeamThreadData): Promise<void> {
  const file = new URL(`./team-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  // Not imported at the top: loading it takes 1 ms, and most programs have one thread.
  const { Worker } = await import('node:worker_threads');
  // Without the options of this process, one of which could prevent the module from loading.
  const thread = new Worker(file, { workerData, execArgv: [], name: `edge-mlp ${workerData.member}` });
  // Rejects with the error of the thread.
  await once(thread, 'message');
  thread.unref();
}
