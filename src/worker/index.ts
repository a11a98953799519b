/** Workers compile no bytes: the bundler brings the module, compiled. */
import module from '../../build/kernels.wasm';
import { Kernels } from '../core/kernels.ts';

/** Every call makes an instance with a memory of its own. */
export async function loadKernels(): Promise<Kernels> {
  return new Kernels(module);
}
