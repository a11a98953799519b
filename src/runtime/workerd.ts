/**
 * The library for Cloudflare Workers, which cannot compile WebAssembly: the bundler imports the compiled module.
 *
 * @module edge-mlp
 */
import kernels from '../../build/kernels.wasm';
import { Kernels } from '../core/kernels.ts';

export * from '../index.ts';

/** Loads the kernels. Every call creates an instance with its own memory. */
export async function loadKernels(module: WebAssembly.Module = kernels): Promise<Kernels> {
  return new Kernels(module);
}
