/** The matrix multiplication below NumPy, scikit-learn and PyTorch, and whether it suits this processor. */
import { fileURLToPath } from 'node:url';
import type { Rates } from './bound.ts';
import type { Contender } from './contenders.ts';
import { readOutput } from './process.ts';

/** Printed by contenders/blas.py. */
interface Product {
  readonly library: string;
  /** Name that the library gives its kernels. */
  readonly kernels: string;
  /** Floating-point operations per second of one core, for matrices of 1024 × 1024. */
  readonly rate: number;
}

export interface Blas extends Product {
  readonly contender: string;
  /** The rate, divided by that of the core in registers, with its widest vectors and fused multiply-add. */
  readonly share: number;
  /** Whether the share is at least BEST_SHARE: kernels for narrower vectors do not reach it. */
  readonly best: boolean;
}

/** OpenBLAS reaches 80 to 95 % with kernels for the processor, and less than half with kernels for narrower vectors. */
const BEST_SHARE = 0.7;
const SCRIPT = fileURLToPath(new URL('contenders/blas.py', import.meta.url));

/** scikit-learn multiplies with NumPy. Modules that are not installed are left out. */
export function describeBlas(contenders: readonly Contender[], native: Rates): Blas[] {
  return contenders.flatMap(({ name, python }) => {
    if (python === undefined) return [];
    const { command, module } = python;
    const output = readOutput(command, [SCRIPT, module === 'torch' ? module : 'numpy']);
    if (output === undefined) return [];
    const product: Product = JSON.parse(output);
    const share = product.rate / (2 * native.multiplyAdds);
    return [{ contender: name, ...product, share, best: share >= BEST_SHARE }];
  });
}
