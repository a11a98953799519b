/**
 * For Cloudflare Workers, which compile no bytes: the bundler brings the module, compiled.
 *
 * @module edge-mlp
 */
import module from '../../build/kernels.wasm';
import { Kernels } from '../core/kernels.ts';

export * from '../index.ts';

/**
 * Every call makes an instance with a memory of its own.
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 *  *
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
