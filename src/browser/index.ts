import { Kernels } from '../core/kernels.ts';

/** Fetches and compiles the kernels. Every call makes an instance with a memory of its own. */
export async function loadKernels(
  url: URL | string = new URL('../../build/kernels.wasm', import.meta.url),
): Promise<Kernels> {
  return new Kernels(await WebAssembly.compileStreaming(fetch(url)));
}
