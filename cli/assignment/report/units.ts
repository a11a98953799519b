/** Hidden units, by what they see and what they say. */
import type { SucceededRun } from '../../../src/format/run-file.ts';
import type { Run } from '../../experiments/summary.ts';

export interface Pictured {
  readonly inputs: number;
  readonly hidden: number;
  readonly classes: number;
  /** (hidden, inputs) and (classes, hidden). */
  readonly incoming: Float32Array;
  readonly outgoing: Float32Array;
}

export interface Unit {
  readonly unit: number;
  /** From the inputs, [inputs]. */
  readonly weights: Float32Array;
  /** Classes of its greatest and its least outgoing weight. */
  readonly favours: number;
  readonly opposes: number;
}

const UNITS_SHOWN = 21;

/** The first and the last layer of a network with one hidden layer. */
export function parameterShapes({ spec, outcome }: Run<SucceededRun>): Pictured {
  const [inputs = 0, hidden = 0, classes = 0] = spec.layers;
  const [incoming = new Float32Array(), outgoing = new Float32Array()] = outcome.parameters.weights;
  return { inputs, hidden, classes, incoming, outgoing };
}

/** Those of the greatest sum of squared outgoing weights. */
export function strongestUnits({ inputs, hidden, classes, incoming, outgoing }: Pictured): Unit[] {
  const sliceOutgoing = (unit: number) => Array.from({ length: classes }, (_, c) => outgoing[c * hidden + unit] ?? 0);
  return Array.from({ length: hidden }, (_, unit) => ({ unit, out: sliceOutgoing(unit) }))
    .map(({ unit, out }) => ({ unit, out, strength: out.reduce((sum, weight) => sum + weight * weight, 0) }))
    .sort((a, b) => b.strength - a.strength)
    .slice(0, UNITS_SHOWN)
    .map(({ unit, out }) => ({
      unit,
      weights: incoming.subarray(unit * inputs, (unit + 1) * inputs),
      favours: out.indexOf(Math.max(...out)),
      opposes: out.indexOf(Math.min(...out)),
    }));
}
