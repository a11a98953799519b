/**
 * The library for Cloudflare Workers, which cannot compile WebAssembly: the bundler imports the compiled module.
 *
 * @module edge-mlp
 */
import module from '../../build/kernels.wasm';
import { Kernels } from '../core/kernels.ts';

export * from '../index.ts';

/**
 * Loads the kernels. Every call creates an instance with its own memory.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 *
 * let mlp: Mlp | undefined;
 * export default {
 *   async fetch(): Promise<Response> {
 *     mlp ??= Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 *     return Response.json(mlp.predict(Float32Array.of(0.5, -0.5)));
 *   },
 * };
 * ```
 */
export async function loadKernels(): Promise<Kernels> {
  return new Kernels(module);
}
