/** What a tensor of an ONNX graph is to us, and what the operators of a multilayer perceptron make of it. */
import { describeValue, EdgeMlpError } from '../../core/errors.ts';
import { MAX_LAYERS } from '../../core/spec.ts';
import type { OnnxNode } from './messages.ts';
import type { Constant } from './tensors.ts';

/** y = W x + b, in float64, as the graph's numbers may be; rounded to float32 once, at the end. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  /** Row-major (out, in). */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/** An operation on every feature by itself that waits for the next linear layer: x · factor + offset. */
export interface Elementwise {
  readonly type: 'Add' | 'Sub' | 'Mul' | 'Div';
  readonly by: Float64Array;
}

/** Activations of a sample, as far as the graph has come. */
export interface Activations {
  readonly kind: 'activations';
  readonly linears: readonly Linear[];
  /** What follows each of the linear layers: one more than there are, where none has followed the last. */
  readonly functions: readonly string[];
  readonly waiting: readonly Elementwise[];
  /** Axes, with that of the samples; undefined where only the running graph would know. */
  readonly rank: number | undefined;
  /** Whether the first that the graph does is to divide by 255. */
  readonly dividesBytes: boolean;
  /** (x - mean) / deviation before the first layer: how the features are standardised. */
  readonly front?: { readonly mean: Float64Array; readonly deviation: Float64Array };
}

export type Value =
  | Activations
  | { readonly kind: 'constant'; readonly constant: Constant }
  /** 1 - p of a network with one output. */
  | { readonly kind: 'complement'; readonly of: Activations }
  /** Shapes, labels and what is made of them: no part of the network. */
  | { readonly kind: 'aside' }
  /** An optional input that the node does not have. */
  | { readonly kind: 'absent' }
  /** Neither numbers nor texts, as whether Dropout drops: no part of the network, either. */
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

/** More would be a small file that asks for much work: each is one more pass over all weights. */
const MOST_WAITING = 8;

/** Refusal of a node, by its name. */
export function refuse(node: OnnxNode, expected: string, got: string): never {
  const name = node.name === '' ? (node.outputs[0] ?? '') : node.name;
  throw new EdgeMlpError(
    'bad-model',
    `node ${describeValue(name)} (${node.type.slice(0, 60)}): expected ${expected}, got ${got}`,
  );
}

/** A value, for a refusal. */
export function told(value: Value): string {
  return value.kind === 'unread' ? `numbers of ONNX's data type ${value.dataType}` : value.kind;
}

/** Refusal of the whole. */
export function wrong(what: string, expected: string, got: string): EdgeMlpError {
  return new EdgeMlpError('bad-model', `${what}: expected ${expected}, got ${got}`);
}

/** Whether the last thing that happened was a linear layer. */
export function isLinear({ linears, functions }: Activations): boolean {
  return linears.length > functions.length;
}

/** Adds a linear layer; what waits for it becomes part of it. */
export function withLinear(value: Activations, linear: Linear, node: OnnxNode): Activations {
  if (isLinear(value)) refuse(node, 'an activation between two linear layers', 'none');
  if (value.linears.length === MAX_LAYERS - 1) refuse(node, `at most ${MAX_LAYERS - 1} layers of weights`, 'more');
  const before = value.linears.at(-1)?.outputs ?? linear.inputs;
  if (before !== linear.inputs) refuse(node, `weights for ${before} inputs`, `weights for ${linear.inputs}`);
  const front = value.linears.length === 0 ? standardisation(value.waiting, linear.inputs) : undefined;
  if (front !== undefined) return { ...value, linears: [linear], waiting: [], front };
  // The last that happened to the features is the first to be taken in.
  const whole = [...value.waiting].reverse().reduce((next, step) => beneath(next, step, node), linear);
  return { ...value, linears: [...value.linears, whole], waiting: [] };
}

/**
 * (x - mean) / deviation, whichever way the graph writes it: a division, or a product with 1 / deviation (skl2onnx's Scaler); a mean
 * in one number or as the sum of two (our own files). Within the weights a large mean would take the figures of a small deviation.
 */
function standardisation(waiting: readonly Elementwise[], inputs: number): Activations['front'] {
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
function beneath({ inputs, outputs, weight, bias }: Linear, { type, by }: Elementwise, node: OnnxNode): Linear {
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

/** An operation on every feature: part of the linear layer before it, or kept for the one after it. */
export function withElementwise(value: Activations, step: Elementwise, node: OnnxNode): Activations {
  if (!isLinear(value)) {
    if (value.waiting.length === MOST_WAITING)
      refuse(node, `at most ${MOST_WAITING} such before a linear layer`, 'more');
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

/** An activation, or softmax. */
export function withFunction(value: Activations, name: string, node: OnnxNode): Activations {
  if (!isLinear(value)) refuse(node, 'a linear layer before it', 'none');
  return { ...value, functions: [...value.functions, name] };
}
