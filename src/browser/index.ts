/**
 * For browsers: the kernels, fetched.
 *
 * @module browser
 */
import { Kernels } from '../core/kernels.ts';

/**
 * Fetches and compiles the kernels. Every call makes an instance with a memory of its own.
 * `url` is needed where a bundler or a server has put the file elsewhere.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { loadKernels } from 'edge-mlp/browser';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * console.log(mlp.predict(Float32Array.of(0.5, -0.5)).label);
 * ```
 */
export async function loadKernels(
  url: URL | string = new URL('../../build/kernels.wasm', import.meta.url),
): Promise<Kernels> {
  return new Kernels(await WebAssembly.compileStreaming(fetch(url)));
}
