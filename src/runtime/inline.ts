/**
 * The library for browsers and every other runtime that compiles WebAssembly. The kernels are part of the JavaScript,
 * so that no bundler or server has to find a file.
 *
 * @module edge-mlp
 */
import { Kernels } from '../core/kernels.ts';
import { compileKernels, markCompiled } from './compile-kernels.ts';
import { kernelsBytes } from './kernels-bytes.ts';

export * from '../index.ts';

/**
 * Loads the kernels. Every call creates an instance with its own memory. Pass `module`, compiled from
 * `edge-mlp/kernels.wasm`, on platforms that forbid compiling. Throws EdgeMlpError "unsupported".
 *
 * @example
 * ```ts
 * import { loadKernels } from 'edge-mlp';
 *
 * const kernels = await loadKernels();
 * console.log(kernels.threads, kernels.allocatedBytes); // 1 0
 * ```
 */
export async function loadKernels(module?: WebAssembly.Module): Promise<Kernels> {
  if (module === undefined) return new Kernels(await compileKernels(kernelsBytes()));
  markCompiled();
  return new Kernels(module);
}
