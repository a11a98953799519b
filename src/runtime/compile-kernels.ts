import { EdgeMlpError } from '../core/errors.ts';

let compiled = false;

/** Whether this thread has compiled kernels, or loaded kernels that the caller compiled. */
export function haveCompiled(): boolean {
  return compiled;
}

/** Records that the caller compiled kernels. */
export function markCompiled(): void {
  compiled = true;
}

/**
 * Compiles kernels. Throws EdgeMlpError "unsupported" if the runtime has no WebAssembly, no SIMD, or a policy against
 * compiling. Throws other errors of the runtime, for instance of a lack of memory, unchanged.
 */
export async function compileKernels(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') throw new EdgeMlpError('unsupported', NO_WEBASSEMBLY);
  markCompiled();
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    // Engines word the refusal of a policy differently, but all of them still validate.
    throw new EdgeMlpError('unsupported', WebAssembly.validate(bytes) ? FORBIDDEN : NO_SIMD, { cause });
  }
}

const NO_WEBASSEMBLY =
  'kernels: expected a runtime with WebAssembly, got one without: the lockdown mode of iOS and `node --jitless` disable it';
const NO_SIMD =
  'kernels: expected WebAssembly with SIMD, which this runtime or processor lacks: Chrome 91, Firefox 89, Safari 16.4 and Node 16.4 have it';
const FORBIDDEN =
  "kernels: expected permission to compile WebAssembly: add 'wasm-unsafe-eval' to script-src of the page's Content-Security-Policy; on platforms that never compile, import edge-mlp/kernels.wasm as a module and pass it to loadKernels";
