/** Hidden units of a network with one hidden layer. */
import type { SucceededRun } from '../../../src/format/run-file.ts';
import type { Run } from '../../report/summary.ts';

export interface Unit {
  readonly unit: number;
  /** Incoming weights, [inputs]. */
  readonly weights: Float32Array;
  /** Classes of its greatest and its least outgoing weight. */
  readonly favours: number;
  readonly opposes: number;
}

const UNITS_SHOWN = 21;

/** The units with the greatest sum of squared outgoing weights, the greatest first. */
export function strongestUnits({ spec, outcome }: Run<SucceededRun>): Unit[] {
  const [inputs = 0, hidden = 0, classes = 0] = spec.layers;
  const [incoming = new Float32Array(), outgoing = new Float32Array()] = outcome.parameters.weights;
  const units = Array.from({ length: hidden }, (_, unit) => {
    const out = Array.from({ length: classes }, (_, c) => outgoing[c * hidden + unit] ?? 0);
    return { unit, out, strength: out.reduce((sum, weight) => sum + weight * weight, 0) };
  });
  units.sort((a, b) => b.strength - a.strength);
  return units.slice(0, UNITS_SHOWN).map(({ unit, out }) => ({
    unit,
    weights: incoming.subarray(unit * inputs, (unit + 1) * inputs),
    favours: out.indexOf(Math.max(...out)),
    opposes: out.indexOf(Math.min(...out)),
  }));
}
