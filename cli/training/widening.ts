/** Computing with 256 bits in the command (src/runtime/widening.ts). */
import { disableWidening, enableWidening, type Widening as LibraryWidening } from '../../src/runtime/widening.ts';
import { note } from '../terminal.ts';

/** The decision for a command: `small-run` and `cached` spare the self-check. */
export type Widening =
  | LibraryWidening
  | { readonly on: false; readonly code: 'small-run' | 'cached'; readonly reason: string };

/** The decision for a command that performs no run. */
export const CACHED: Widening = { on: false, code: 'cached', reason: 'runs from the cache' };

/**
 * Least work for which widening pays: 784-300-10 with 10,800 digits takes 50 ms of CPU longer with it for 0.2e9
 * multiply-adds, the same for 2.5e9 to 5e9, and 120 ms less for 13e9.
 */
const LEAST_WORK = 4e9;

/**
 * Turns widening on for runs of `work` multiply-adds (`estimateWork`), before kernels are compiled. `wanted` is false
 * with --no-widen. Prints a line if V8 refuses its flag or computes other bits, but none if V8 or the processor does not
 * support it.
 */
export function widen(wanted: boolean | undefined, work: number): Widening {
  if (wanted === false) {
    disableWidening();
    return { on: false, code: 'disabled', reason: '--no-widen' };
  }
  if (work < LEAST_WORK) {
    disableWidening();
    return { on: false, code: 'small-run', reason: 'the run is too short for a gain' };
  }
  const widening = enableWidening();
  const isFault = !widening.on && (widening.code === 'failed' || widening.code === 'too-late');
  if (isFault) note(`widening off: ${widening.reason}`);
  return widening;
}

/** The vectors that the kernels compute with, for reports. */
export function describeVectors(widening: Widening): string {
  if (widening.on) return '256 bits (widening)';
  return widening.code === 'cached' ? widening.reason : `128 bits (no widening: ${widening.reason})`;
}
