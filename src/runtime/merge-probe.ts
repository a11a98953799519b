/** Finds out whether V8 merges operations of WebAssembly in this process. */
import { optimiseAtOnce } from './v8-flags.ts';

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
    // No vectors, or frozen objects: no widening.
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
