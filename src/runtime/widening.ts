/**
 * Widening: V8 merges neighbouring 128-bit operations of the kernels into 256-bit ones. Lanes do not interact, so that
 * results keep their bits. docs/internals/performance.md has the gain.
 */
import { EdgeMlpError, errorMessage } from '../core/errors.ts';
import { Kernels, type TeamOptions } from '../core/kernels.ts';
import { haveCompiled } from './compile-kernels.ts';
import { kernelsBytes } from './kernels-bytes.ts';
import { mergesLoads } from './merge-probe.ts';
import { hashKernels, KERNELS_SHA256 } from './self-check.ts';
import { optimiseAtOnce, setFlags } from './v8-flags.ts';

/** Whether V8 computes with 256-bit operations, or the reason why not. */
export type Widening =
  | { readonly on: true }
  | {
      readonly on: false;
      /**
       * `disabled` by EDGE_MLP_WIDEN=0; `unsupported` by V8, its options or the processor; `too-late`: this thread
       * compiled kernels before; `failed`: V8 refused its flag or computed other bits.
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
 * Lets V8 compute with 256 bits instead of 128, with the same bits in all results. One epoch of 784-300-10 on 3,000
 * generated digits in batches of 64 takes 21 ms of CPU instead of 27, on AMD EPYC. The call takes 60 to 80 ms, most
 * of which V8 would need later to optimise the kernels, so it pays for training of half a second or more. The first
 * `loadTeam` takes as long again: it checks its own file of kernels, and throws "unsupported" if the check fails.
 *
 * It changes an experimental flag of V8 that holds for all WebAssembly of this process, so that the library never does
 * this on its own. V8 can end the process with "unreachable code" while it compiles WebAssembly of other packages with
 * this flag. The kernels do not have this fault. Call it once, in the main thread, before `loadKernels` and `loadTeam`.
 *
 * It is on if all of this holds: Node 24 or 26 on x64, a processor with AVX2, and a self-check of the kernels that gives
 * the expected bits. Otherwise it leaves V8 without the flag, `reason` says why, and results are correct. The environment
 * variable EDGE_MLP_WIDEN=0 turns it off. Later calls, and those of threads that start later, return the first decision.
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
  const { setEnvironmentData } = process.getBuiltinModule('node:worker_threads');
  const decided = readDecision();
  const widening = decided ?? decideWidening(KERNELS_SHA256);
  if (decided === undefined) setEnvironmentData(DECISION, { ...widening });
  return widening;
}

/** Threads and flags of V8 load on use: both take 2 ms, and most programs do not need them. */
function readDecision(): Widening | undefined {
  const { getEnvironmentData } = process.getBuiltinModule('node:worker_threads');
  return getEnvironmentData(DECISION) as unknown as Widening | undefined;
}

/** The decision, for the hash that the self-check must give. */
export function decideWidening(expectedHash: string): Widening {
  const obstacle = findObstacle();
  if (obstacle !== undefined) return off('unsupported', obstacle);
  if (process.env.EDGE_MLP_WIDEN === '0') {
    disableWidening();
    return off('disabled', 'EDGE_MLP_WIDEN=0');
  }
  // Another thread, or an option of the process, may have set the flag.
  if (haveCompiled() && !mergesLoads()) {
    return off('too-late', 'kernels were compiled before: call enableWidening before loadKernels');
  }
  disableWidening();
  const { cachedDataVersionTag } = process.getBuiltinModule('node:v8');
  const tag = cachedDataVersionTag();
  setFlags(FLAG);
  // The tag depends on all flags.
  const refused = tag === cachedDataVersionTag();
  const widening = mergesLoads() ? checkKernels(expectedHash) : refused ? REFUSED : NARROW;
  if (!widening.on) disableWidening();
  return widening;
}

/** Clears the flag of V8, which an option of the process may have set. */
export function disableWidening(): void {
  if (findObstacle() === undefined) setFlags(`no-${FLAG}`);
}

/** The reason why this process cannot have the flag. */
function findObstacle(): string | undefined {
  const { v8, bun } = process.versions;
  const [, version = ''] = /^(\d+\.\d+)\.[\d.]+-node\./.exec(v8) ?? [];
  // Bun names a version of V8, but has another engine.
  if (!(version in SUPPORTED) || process.arch !== 'x64' || bun !== undefined) {
    const expected = Object.entries(SUPPORTED).map(([number, node]) => `V8 ${number} (${node})`);
    const got = `${bun === undefined ? `V8 ${v8}` : 'Bun'} on ${process.arch}`;
    return `expected ${expected.join(' or ')} on x64, got ${got}`;
  }
  if (typeof WebAssembly === 'undefined') return 'expected WebAssembly, which --jitless disables';
  // V8 ends the process if a frozen flag is set. NODE_OPTIONS refuses this option.
  const frozen = process.execArgv.some((option) => /^--freeze[-_]flags[-_]after[-_]init$/.test(option));
  return frozen ? 'expected flags of V8 that can change, got --freeze-flags-after-init' : undefined;
}

function off(code: Exclude<Widening, { on: true }>['code'], reason: string): Widening {
  return { on: false, code, reason };
}

const REFUSED = off('failed', `V8 ${process.versions.v8} refuses --${FLAG}`);
const NARROW = off('unsupported', 'expected a processor with AVX2, and the trap handler of WebAssembly');

function checkKernels(expectedHash: string): Widening {
  const problem = runSelfCheck(kernelsBytes(), expectedHash);
  if (problem === undefined) return { on: true };
  // V8 must not use the code of the self-check again.
  setFlags('no-wasm-native-module-cache');
  return off('failed', problem);
}

/**
 * Runs the self-check of a team's kernels if widening is on, once in a thread. Call it before they are compiled. Throws
 * EdgeMlpError "unsupported".
 */
export function checkTeamKernels(bytes: Uint8Array<ArrayBuffer>, createMemory: () => WebAssembly.Memory): void {
  if (teamChecked || !readDecision()?.on) return;
  const problem = runSelfCheck(bytes, KERNELS_SHA256, { memory: createMemory(), members: 1 });
  if (problem !== undefined) {
    throw new EdgeMlpError('unsupported', `threads: ${problem}; turn widening off with EDGE_MLP_WIDEN=0`);
  }
  teamChecked = true;
}

let teamChecked = false;

/** The modules of the self-checks. V8 uses their code again for the same bytes, as long as they exist. */
const kept: WebAssembly.Module[] = [];

/** Runs the self-check in the code that V8 will use for the same bytes. Returns what is wrong. */
function runSelfCheck(bytes: Uint8Array<ArrayBuffer>, expectedHash: string, team?: TeamOptions): string | undefined {
  let problem: string;
  try {
    const [module, hash] = optimiseAtOnce(() => {
      const module = new WebAssembly.Module(bytes);
      const kernels = new Kernels(module, team);
      // The first pass compiles the code that the second pass checks.
      return [module, hashKernels(kernels) && hashKernels(kernels)] as const;
    });
    if (hash === expectedHash) {
      kept.push(module);
      return undefined;
    }
    problem = `expected results with the hash ${expectedHash}, got ${hash}`;
  } catch (error) {
    problem = errorMessage(error);
  }
  return `self-check of V8 ${process.versions.v8} with 256 bits: ${problem}`;
}
