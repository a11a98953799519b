/**
 * For Cloudflare Workers, which compile no bytes: the bundler brings the module, compiled.
 *
 * @module worker
 */
import module from '../../build/kernels.wasm';
import { Kernels } from '../core/kernels.ts';

/**
 * Every call makes an instance with a memory of its own.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { loadKernels } from 'edge-mlp/worker';
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
