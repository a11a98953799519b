/**
 * The library for Node.js: training, evaluation, prediction, and teams of threads.
 *
 * @module edge-mlp
 */
export * from '../index.ts';

import { readFile } from 'node:fs/promises';
import { Kernels } from '../core/kernels.ts';

export { loadTeam } from './team.ts';

/** The kernels of this package. */
export const KERNELS_FILE = new URL('../../build/kernels.wasm', import.meta.url);

/**
 * Loads the kernels. Every call creates an instance with its own memory.
 *
 * @example
 * ```ts
 * import { loadKernels } from 'edge-mlp';
 *
 * const kernels = await loadKernels();
 * console.log(kernels.threads, kernels.allocatedBytes); // 1 0
 * ```
 */
export async function loadKernels(file: URL | string = KERNELS_FILE): Promise<Kernels> {
  return new Kernels(await WebAssembly.compile(await readFile(file)));
}
