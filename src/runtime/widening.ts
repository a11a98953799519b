/**
 * Widening: V8 merges neighbouring 128-bit operations of the kernels into 256-bit ones. Lanes do not interact, so that
 * results keep their bits. docs/internals/performance.md has the gain.
 */
import { Kernels } from '../core/kernels.ts';
import { haveCompiled } from './compile-kernels.ts';
import { kernelsBytes } from './kernels-bytes.ts';
import { hashKernels, KERNELS_SHA256 } from './self-check.ts';

/** Whether V8 computes with 256-bit operations, or the reason why not. */
export type Widening =
  | { readonly on: true }
  | {
      readonly on: false;
      /**
       * `disabled` by EDGE_MLP_WIDEN=0; `unsupported` by V8 or the processor; `too-late`: kernels were compiled before;
       * `failed`: V8 refused its flag or computed other bits.
       */
      readonly code: 'disabled' | 'unsupported' | 'too-late' | 'failed';
      readonly reason: string;
    };

/** Versions of V8 with which the tests run with widening, and the versions of Node that contain them. */
const SUPPORTED: Readonly<Record<string, string>> = { '13.6': 'Node 24', '14.6': 'Node 26' };

const FLAG = 'experimental-wasm-revectorize';
/** Key of the decision among the data that threads inherit: flags of V8 hold for the whole process. */
const DECISION = 'edge-mlp.widening';

/**
 * Lets V8 compute with 256 bits instead of 128, with the same bits in all results: training in batches gets about 1.3
 * times faster. It changes an experimental flag of V8 that holds for all WebAssembly of this process, so that the library
 * never does this on its own. Call it once, before `loadKernels` and `loadTeam`. It takes 50 to 70 ms of CPU, most of which
 * V8 would need later to optimise the kernels.
 *
 * It is on if all of this holds: Node 24 or 26 on x64, a processor with AVX2, and a self-check of the kernels that gives
 * the expected bits. Otherwise the flag stays off, `reason` says why, and results are correct. The environment variable
 * EDGE_MLP_WIDEN=0 turns it off. Later calls, and those of threads that start later, return the first decision.
 *
 * @example
 * ```ts
 * import { enableWidening, loadKernels } from 'edge-mlp';
 *
 * const widening = enableWidening();
 * console.error(widening.on ? '256 bits' : widening.reason);
 * const kernels = await loadKernels();
 * ```
 */
export function enableWidening(): Widening {
  const { getEnvironmentData, setEnvironmentData } = process.getBuiltinModule('node:worker_threads');
  const decided = getEnvironmentData(DECISION) as unknown as Widening | undefined;
  const widening = decided ?? decideWidening(KERNELS_SHA256);
  if (decided === undefined) setEnvironmentData(DECISION, { ...widening });
  return widening;
}

/** The decision, for the hash that the self-check must give. */
export function decideWidening(expectedHash: string): Widening {
  const { v8, bun } = process.versions;
  const [, version = ''] = /^(\d+\.\d+)\.[\d.]+-node\./.exec(v8) ?? [];
  if (process.env.EDGE_MLP_WIDEN === '0') return off('disabled', 'EDGE_MLP_WIDEN=0');
  // Bun names a version of V8, but has another engine.
  if (!(version in SUPPORTED) || process.arch !== 'x64' || bun !== undefined) {
    const expected = Object.entries(SUPPORTED).map(([number, node]) => `V8 ${number} (${node})`);
    const got = `${bun === undefined ? `V8 ${v8}` : 'Bun'} on ${process.arch}`;
    return off('unsupported', `expected ${expected.join(' or ')} on x64, got ${got}`);
  }
  if (haveCompiled()) return off('too-late', 'kernels were compiled before: call enableWidening before loadKernels');
  // Not imported at the top, nor are threads: loading both takes 2 ms, and most programs do not call this function.
  const { cachedDataVersionTag } = process.getBuiltinModule('node:v8');
  const tag = cachedDataVersionTag();
  setFlags(FLAG);
  // The tag depends on all flags.
  const refused = tag === cachedDataVersionTag();
  const widening = mergesLoads() ? checkKernels(expectedHash) : refused ? REFUSED : NARROW;
  if (!widening.on) setFlags(`no-${FLAG}`);
  return widening;
}

function off(code: Exclude<Widening, { on: true }>['code'], reason: string): Widening {
  return { on: false, code, reason };
}

const REFUSED = off('failed', `V8 ${process.versions.v8} refuses --${FLAG}`);
const NARROW = off('unsupported', 'expected a processor with AVX2, and the trap handler of WebAssembly');

/** The kernels of the self-check. V8 uses their code again for the same bytes, as long as this module exists. */
const kept: WebAssembly.Module[] = [];

/** Runs the self-check in the code that `loadKernels` will use. */
function checkKernels(expectedHash: string): Widening {
  let problem: string;
  try {
    const [module, hash] = optimiseAtOnce(() => {
      const module = new WebAssembly.Module(kernelsBytes());
      const kernels = new Kernels(module);
      // The first pass compiles the code that the second pass checks.
      return [module, hashKernels(kernels) && hashKernels(kernels)] as const;
    });
    if (hash === expectedHash) {
      kept.push(module);
      return { on: true };
    }
    problem = `expected results with the hash ${expectedHash}, got ${hash}`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  // V8 must not use the code of the self-check again.
  setFlags('no-wasm-native-module-cache');
  return off('failed', `self-check of V8 ${process.versions.v8} with 256 bits: ${problem}`);
}

/**
 * Compiles functions of a module that `run` creates with the optimising compiler, the only one that merges operations,
 * at the end of their first call. By default, those that have run often are compiled with it, in the background.
 */
function optimiseAtOnce<Result>(run: () => Result): Result {
  setFlags('wasm-sync-tier-up', 'wasm-tiering-budget=0');
  try {
    return run();
  } finally {
    setFlags('no-wasm-sync-tier-up', `wasm-tiering-budget=${TIERING_BUDGET}`);
  }
}

/** The default of the supported versions of V8. */
const TIERING_BUDGET = 13_000_000;

function setFlags(...flags: readonly string[]): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of flags) setFlagsFromString(`--${flag}`);
}

/**
 * Whether V8 merges two loads of neighbouring vectors. It does not say so, but it shows where a load beyond the end of
 * the memory is trapped: the second load of two, or the merged load, which has the place of the first.
 */
export function mergesLoads(): boolean {
  try {
    return optimiseAtOnce(() => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(PROBE));
      const copy = exports.copy as (address: number) => void;
      copy(0);
      return trapPosition(() => copy(MEMORY_BYTES - VECTOR_BYTES)) === FIRST_LOAD;
    });
  } catch {
    // No WebAssembly, no vectors, or frozen objects: no widening.
    return false;
  }
}

const VECTOR_BYTES = 16;
const MEMORY_BYTES = 65_536;
/** Loads two vectors and stores them where they were. */
const PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic number and version
  ...[1, 5, 1, 0x60, 1, 0x7f, 0], // (type (func (param i32)))
  ...[3, 2, 1, 0], // (func (type 0)
  ...[5, 3, 1, 0, 1], // (memory 1)
  ...[7, 8, 1, 4, 0x63, 0x6f, 0x70, 0x79, 0, 0], // (export "copy" (func 0))
  ...[10, 38, 1, 36, 1, 2, 0x7b], // (local v128 v128)
  ...[0x20, 0, 0xfd, 0, 0, 0, 0x21, 1], // (local.set 1 (v128.load (local.get 0)))
  ...[0x20, 0, 0xfd, 0, 0, 16, 0x21, 2], // (local.set 2 (v128.load offset=16 (local.get 0)))
  ...[0x20, 0, 0x20, 1, 0xfd, 11, 0, 0], // (v128.store (local.get 0) (local.get 1))
  ...[0x20, 0, 0x20, 2, 0xfd, 11, 0, 16, 0x0b], // (v128.store offset=16 (local.get 0) (local.get 2))
);
/** Place of the first load in PROBE. */
const FIRST_LOAD = PROBE.indexOf(0xfd);

/** The place in its module of the instruction at which `run` traps; undefined if it does not trap. */
function trapPosition(run: () => void): number | undefined {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_, [frame]) => frame?.getPosition();
    run();
    return undefined;
  } catch (error) {
    return (error as { stack?: number }).stack;
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
