/** Computing with 256 bits in the command (src/runtime/widening.ts). */
import { enableWidening, type Widening } from '../../src/runtime/node.ts';
import type { WideningOptions } from '../shared-options.ts';
import { note } from '../terminal.ts';

export type { Widening };

/**
 * Turns widening on, before kernels are compiled. Prints a line if V8 refuses its flag or computes other bits, but none
 * if V8 or the processor does not support it.
 */
export function widen(options: WideningOptions): Widening {
  if (options.widen === false) return { on: false, code: 'disabled', reason: '--no-widen' };
  const widening = enableWidening();
  const isFault = !widening.on && (widening.code === 'failed' || widening.code === 'too-late');
  if (isFault) note(`widening off: ${widening.reason}`);
  return widening;
}

/** The vectors that the kernels compute with, for reports. */
export function describeVectors(widening: Widening): string {
  return widening.on ? '256 bits (widening)' : `128 bits (no widening: ${widening.reason})`;
}
