/** The values of an ONNX graph, and the effect of operators of a multilayer perceptron on them. */
import { describeValue, EdgeMlpError } from '../../core/errors.ts';
import { MAX_LAYERS } from '../../core/spec.ts';
import type { OnnxNode } from './messages.ts';
import type { Constant } from './tensors.ts';

/** y = W x + b, in float64; rounded to float32 only at the end. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  /** `[outputs][inputs]` */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** An operation on each feature before the next linear layer. */
export interface Elementwise {
  readonly type: 'Add' | 'Sub' | 'Mul' | 'Div';
  readonly by: Float64Array;
}

/** Activations of a sample at some point of the graph. */
export interface Activations {
  readonly kind: 'activations';
  readonly linears: readonly Linear[];
  /** The functions after the linear layers; the last linear layer may have none yet. */
  readonly functions: readonly string[];
  /** Operations before the next linear layer. */
  readonly waiting: readonly Elementwise[];
  /** Number of axes, including the axis of the samples; undefined if it is only known at run time. */
  readonly rank: number | undefined;
  /** Whether the graph first divides by 255. */
  readonly dividesBytes: boolean;
  /** Standardisation before the first layer: (x - mean) / deviation. */
  readonly front?: { readonly mean: Float64Array; readonly deviation: Float64Array };
}

export type Value =
  | Activations
  | { readonly kind: 'constant'; readonly constant: Constant }
  /** 1 - p of a network with one output. */
  | { readonly kind: 'complement'; readonly of: Activations }
  /** Shapes, labels and values computed from them: not part of the network. */
  | { readonly kind: 'aside' }
  /** An optional input that the node does not have. */
  | { readonly kind: 'absent' }
  /** Neither numbers nor texts, for instance the mode of Dropout: not part of the network. */
  | { readonly kind: 'unread'; readonly dataType: number };

export const INPUT: Activations = {
  kind: 'activations',
  linears: [],
  functions: [],
  waiting: [],
  rank: undefined,
  dividesBytes: false,
};
export const ASIDE: Value = { kind: 'aside' };
export const ABSENT: Value = { kind: 'absent' };

/** Limits the work for a small file: each operation is a pass over all weights. */
const MOST_WAITING = 8;

/** Throws EdgeMlpError "bad-model" that names the node. */
export function refuse(node: OnnxNode, expected: string, got: string): never {
  const name = node.name === '' ? (node.outputs[0] ?? '') : node.name;
  const message = `node ${describeValue(name)} (${node.type.slice(0, 60)}): expected ${expected}, got ${got}`;
  throw new EdgeMlpError('bad-model', message);
}

/** A value for a message. */
export function describeKind(value: Value): string {
  return value.kind === 'unread' ? `numbers of ONNX's data type ${value.dataType}` : value.kind;
}

export function badModel(what: string, expected: string, got: string): EdgeMlpError {
  return new EdgeMlpError('bad-model', `${what}: expected ${expected}, got ${got}`);
}

/** Whether the last operation was a linear layer. */
export function isLinear({ linears, functions }: Activations): boolean {
  return linears.length > functions.length;
}

/** Adds a linear layer, which absorbs the operations that wait for it. */
export function withLinear(value: Activations, linear: Linear, node: OnnxNode): Activations {
  if (isLinear(value)) refuse(node, 'an activation between two linear layers', 'none');
  if (value.linears.length === MAX_LAYERS - 1) refuse(node, `at most ${MAX_LAYERS - 1} layers of weights`, 'more');
  const before = value.linears.at(-1)?.outputs ?? linear.inputs;
  if (before !== linear.inputs) refuse(node, `weights for ${before} inputs`, `weights for ${linear.inputs}`);
  const front = value.linears.length === 0 ? findStandardisation(value.waiting, linear.inputs) : undefined;
  if (front !== undefined) return { ...value, linears: [linear], waiting: [], front };
  // The last operation on the features is absorbed first.
  const whole = [...value.waiting].reverse().reduce((next, step) => absorbBefore(next, step, node), linear);
  return { ...value, linears: [...value.linears, whole], waiting: [] };
}

/**
 * Finds (x - mean) / deviation. The graph may divide, or multiply by 1 / deviation (skl2onnx's Scaler), and subtract
 * the mean in two steps (our files). It is not absorbed into weights, where a large mean would lose the digits of a
 * small deviation.
 */
function findStandardisation(waiting: readonly Elementwise[], inputs: number): Activations['front'] {
  const last = waiting.at(-1);
  const steps = waiting.slice(0, -1);
  if (last === undefined || steps.length === 0 || steps.some(({ type }) => type !== 'Sub')) return undefined;
  if (last.type !== 'Div' && last.type !== 'Mul') return undefined;
  if (waiting.some(({ by }) => by.length !== 1 && by.length !== inputs)) return undefined;
  const of = ({ by }: Elementwise, i: number) => by[by.length === 1 ? 0 : i] ?? Number.NaN;
  const mean = Float64Array.from({ length: inputs }, (_, i) => steps.reduce((sum, step) => sum + of(step, i), 0));
  const deviation = Float64Array.from({ length: inputs }, (_, i) =>
    last.type === 'Div' ? of(last, i) : 1 / of(last, i),
  );
  return deviation.every((each) => each > 0) ? { mean, deviation } : undefined;
}

/** W (x · f + d) + b = (W · f) x + (b + W d). */
function absorbBefore({ inputs, outputs, weight, bias }: Linear, { type, by }: Elementwise, node: OnnxNode): Linear {
  if (by.length !== 1 && by.length !== inputs) refuse(node, `1 or ${inputs} numbers before it`, String(by.length));
  const at = (i: number) => by[by.length === 1 ? 0 : i] ?? Number.NaN;
  const factor = (i: number) => (type === 'Mul' ? at(i) : type === 'Div' ? 1 / at(i) : 1);
  const offset = (i: number) => (type === 'Add' ? at(i) : type === 'Sub' ? -at(i) : 0);
  const shifted = bias.map((b, o) => {
    let sum = b;
    for (let i = 0; i < inputs; i++) sum += (weight[o * inputs + i] ?? 0) * offset(i);
    return sum;
  });
  return { inputs, outputs, weight: weight.map((w, k) => w * factor(k % inputs)), bias: shifted };
}

/** Adds an operation on each feature: the linear layer before it absorbs it, or it waits for the next one. */
export function withElementwise(value: Activations, step: Elementwise, node: OnnxNode): Activations {
  if (!isLinear(value)) {
    if (value.waiting.length === MOST_WAITING)
      refuse(node, `at most ${MOST_WAITING} operations before a linear layer`, 'more');
    const first = value.linears.length === 0 && value.waiting.length === 0;
    return {
      ...value,
      waiting: [...value.waiting, step],
      dividesBytes: first ? dividesBytes(step) : value.dividesBytes,
    };
  }
  const last = value.linears.at(-1);
  if (last === undefined) return value;
  const { by, type } = step;
  if (by.length !== 1 && by.length !== last.outputs) refuse(node, `1 or ${last.outputs} numbers`, String(by.length));
  const at = (o: number) => by[by.length === 1 ? 0 : o] ?? Number.NaN;
  const factor = (o: number) => (type === 'Mul' ? at(o) : type === 'Div' ? 1 / at(o) : 1);
  const offset = (o: number) => (type === 'Add' ? at(o) : type === 'Sub' ? -at(o) : 0);
  const above = {
    ...last,
    weight: last.weight.map((w, k) => w * factor(Math.floor(k / last.inputs))),
    bias: last.bias.map((b, o) => b * factor(o) + offset(o)),
  };
  return { ...value, linears: [...value.linears.slice(0, -1), above] };
}

function dividesBytes({ type, by }: Elementwise): boolean {
  const [number = Number.NaN] = by;
  const divisor = type === 'Div' ? number : type === 'Mul' ? 1 / number : Number.NaN;
  return by.every((each) => each === number) && Math.abs(divisor - 255) < 1e-3;
}

/** Adds an activation or softmax. */
export function withFunction(value: Activations, name: string, node: OnnxNode): Activations {
  if (!isLinear(value)) refuse(node, 'a linear layer before it', 'none');
  return { ...value, functions: [...value.functions, name] };
}
