import { readFile } from 'node:fs/promises';
import { Kernels } from '../core/kernels.ts';

/** Loads the kernels that this package ships. Every call makes an instance with a memory of its own. */
export async function loadKernels(
  file: URL | string = new URL('../../build/kernels.wasm', import.meta.url),
): Promise<Kernels> {
  return new Kernels(await WebAssembly.compile(await readFile(file)));
}
