/** Several threads that train one network together. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { EdgeMlpError } from '../core/errors.ts';
import { Kernels } from '../core/kernels.ts';
import type { TeamThreadData } from './team-thread.ts';

/** The kernels for several threads, in a memory that they share. */
const TEAM_KERNELS_FILE = new URL('../../build/kernels.threads.wasm', import.meta.url);

/** 4 GiB of addresses; memory is taken as it is needed. */
const MAX_PAGES = 65_536;
const FIRST_PAGES = 2;

/** MAX_MEMBERS of assembly/team.ts: a network's memory has room for the notes of so many. */
export const MAX_THREADS = 16;

/**
 * Loads kernels that train with `threads` threads in all, of which the caller's is one: `train` steps through batches with all of
 * them, to the bits of one thread. The others sleep between the steps of a run, and end with the process or on `dismiss`.
 * Throws `bad-argument`.
 */
export async function loadTeam(threads: number): Promise<Kernels> {
  if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
    throw new EdgeMlpError('bad-argument', `threads: expected a whole number from 1 to ${MAX_THREADS}, got ${threads}`);
  }
  const module = await WebAssembly.compile(await readFile(TEAM_KERNELS_FILE));
  const memory = new WebAssembly.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES, shared: true });
  const kernels = new Kernels(module, { memory, members: threads });
  for (let member = 1; member < threads; member++) {
    startThread({ module, memory, team: kernels.teamAddress, member });
  }
  return kernels;
}

/** It does not keep the process alive. */
function startThread(workerData: TeamThreadData): void {
  const file = new URL(`./team-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
  new Worker(file, { workerData, name: `edge-mlp ${workerData.member}` }).unref();
}
