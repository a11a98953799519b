/** The values of an ONNX graph of a multilayer perceptron. */
import { describeValue, EdgeMlpError, shorten } from '../../core/errors.ts';
import { formatType, type OnnxNode } from './messages.ts';
import type { Constant } from './tensors.ts';

/** y = W x + b, in float64; rounded to float32 only at the end. */
export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  /** `[outputs][inputs]` */
  readonly weight: Float64Array;
  readonly bias: Float64Array;
  /** The integers from -127 to 127 and the scales of the weights, as long as no node changes the weights. */
  readonly int8?: { readonly weights: Int8Array; readonly scales: Float32Array };
}

/** An operation on each feature with constants: one number for all features, or one for each. */
export interface Elementwise {
  readonly type: 'Add' | 'Sub' | 'Mul' | 'Div';
  readonly by: Float64Array;
}

/** A function of the output of a linear layer. */
export interface Expression {
  /** The values at the numbers that `expressions.ts` tries. */
  readonly values: Float64Array;
  /** The node that computes it; undefined for the output itself. */
  readonly node: OnnxNode | undefined;
  /** The function before the last operations, if these only multiply and add numbers. */
  readonly before?: { readonly expression: Expression; readonly steps: readonly Elementwise[] };
}

/** The size of an axis; undefined if only a run defines it. */
export type Size = number | undefined;

/** Activations of samples at some point of the graph. */
export interface Activations {
  readonly kind: 'activations';
  /** ONNX's data type. */
  readonly type: number;
  /** `[samples, …]`. The features of a sample keep their order. */
  readonly shape: readonly Size[];
  readonly linears: readonly Linear[];
  /** The functions after the linear layers: activations, and at the end Softmax, LogSoftmax or a pair of sigmoids. */
  readonly functions: readonly string[];
  /** The function of each output of the last linear layer, while nodes still change it. */
  readonly expression: Expression | undefined;
  /** Operations before the next linear layer. */
  readonly waiting: readonly Elementwise[];
  /** Standardisation before the first layer: (x - mean) / deviation. */
  readonly front?: { readonly mean: Float64Array; readonly deviation: Float64Array };
  /** Class names of ZipMap or LinearClassifier. */
  readonly classes?: readonly string[];
  /** Whether ZipMap made a map for each sample. */
  readonly map?: true;
}

/** The class with the highest probability, or a text or number for it. */
export interface Label {
  readonly kind: 'label';
  /** ONNX's data type. */
  readonly type: number;
  readonly of: Activations;
  readonly classes?: readonly string[];
}

export type Value =
  | Activations
  | Label
  | { readonly kind: 'constant'; readonly constant: Constant }
  /** Sizes of the axes of activations, as Shape gives them: numbers, N for the samples, or only known in a run. */
  | { readonly kind: 'sizes'; readonly sizes: readonly (Size | 'N')[]; readonly scalar: boolean }
  /** A value that is not part of the network: an error if the graph outputs it. */
  | { readonly kind: 'aside'; readonly node: OnnxNode }
  /** An optional input that the node does not have. */
  | { readonly kind: 'absent' }
  /** A constant of a type that networks do not need. */
  | { readonly kind: 'unread'; readonly dataType: number };

export const ABSENT: Value = { kind: 'absent' };

/** Throws EdgeMlpError "bad-model" that names the node. */
export function refuse(node: OnnxNode, expected: string, got: string): never {
  const name = node.name === '' ? (node.outputs[0] ?? '') : node.name;
  const message = `node ${describeValue(name)} (${shorten(node.type)}): expected ${expected}, got ${got}`;
  throw new EdgeMlpError('bad-model', message);
}

export function badModel(what: string, expected: string, got: string): EdgeMlpError {
  return new EdgeMlpError('bad-model', `${what}: expected ${expected}, got ${got}`);
}

/** A value for a message. */
export function describeKind(value: Value): string {
  switch (value.kind) {
    case 'activations':
      return 'numbers computed from the input';
    case 'label':
      return 'labels';
    case 'sizes':
      return 'sizes of the input';
    case 'aside':
      return `an output of ${shorten(value.node.type)}`;
    case 'unread':
      return `numbers of type ${formatType(value.dataType)}`;
    case 'constant':
      return 'a constant';
    case 'absent':
      return 'no input';
  }
}

/** The number of features of a sample; undefined if only a run defines it. */
export function featureCount([, ...sizes]: readonly Size[]): Size {
  return sizes.reduce<Size>(
    (product, size) => (size === undefined || product === undefined ? undefined : product * size),
    1,
  );
}

/** A shape for a message. */
export function formatShape(shape: readonly (Size | 'N')[]): string {
  return `[${shape.map((size) => size ?? '?').join(', ')}]`;
}
