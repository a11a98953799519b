/** The operators that multilayer perceptrons need, with the attributes and versions that ONNX defines. */
import type { Call } from './call.ts';
import { argMax, linearClassifier, nameLabel, normalizer, softmax, zipMap } from './classifiers.ts';
import { binary, clip, compare, concat, fold, requireFloats, unary, where } from './elementwise.ts';
import { PARAMETRIC } from './expressions.ts';
import { batchNormalization, gemm, matMul, scaler } from './linear.ts';
import type { AttributeType } from './messages.ts';
import { dequantizeLinear, quantizeLinear } from './quantization.ts';
import { cast, gather, readSizes, reshape, slice } from './shapes.ts';
import { formatShape, type Value } from './values.ts';

export interface Operator {
  /** Least and greatest number of inputs. */
  readonly inputs: readonly [least: number, greatest: number];
  /** Greatest number of outputs; default 1. */
  readonly outputs?: number;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** The first version. */
  readonly since?: number;
  /** One value for each output; of a single value, further outputs are not part of the network. */
  readonly evaluate: (call: Call) => Value | readonly Value[];
}

/** A type, and the versions of the operators that have the attribute. */
export type AttributeSpec =
  | AttributeType
  | { readonly type: AttributeType; readonly since?: number; readonly until?: number };

const ONE: Operator = { inputs: [1, 1], evaluate: (call) => unary(call) };
const arithmetic = (type: Parameters<typeof binary>[1]): Operator => ({
  inputs: [2, 2],
  evaluate: (call) => binary(call, type),
});
const parametric = (type: 'Elu' | 'LeakyRelu', alpha: number): Operator => ({
  ...{ inputs: [1, 1], attributes: { alpha: 'float' } },
  evaluate: (call) => unary(call, PARAMETRIC[type](call.float('alpha', alpha))),
});
const QUANTIZATION = {
  inputs: [2, 3],
  since: 10,
  attributes: {
    axis: { type: 'int', since: 13 },
    block_size: { type: 'int', since: 21 },
    saturate: { type: 'int', since: 19 },
  },
} as const satisfies Omit<Operator, 'evaluate'>;
const comparison = (type: Parameters<typeof compare>[1], since: number): Operator => ({
  ...{ inputs: [2, 2], since },
  evaluate: (call) => compare(call, type),
});
const same = (call: Call): Value => call.input(0);
const SOFTMAX: Operator = { inputs: [1, 1], attributes: { axis: 'int' }, evaluate: softmax };
const AXES: Operator = {
  inputs: [1, 2],
  attributes: { axes: { type: 'ints', until: 12 } },
  evaluate: (call) => {
    if (call.opset < 13 && call.inputs.length > 1) call.refuse('one input', String(call.inputs.length));
    return reshape(call);
  },
};

/** Operators of ONNX. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    Abs: ONE,
    Add: arithmetic('Add'),
    ArgMax: {
      inputs: [1, 1],
      attributes: { axis: 'int', keepdims: 'int', select_last_index: { type: 'int', since: 12 } },
      evaluate: argMax,
    },
    BatchNormalization: {
      inputs: [5, 5],
      outputs: 5,
      attributes: {
        epsilon: 'float',
        momentum: 'float',
        spatial: { type: 'int', until: 8 },
        training_mode: { type: 'int', since: 14 },
      },
      evaluate: batchNormalization,
    },
    Cast: {
      inputs: [1, 1],
      attributes: { to: 'int', saturate: { type: 'int', since: 19 }, round_mode: { type: 'text', since: 24 } },
      evaluate: cast,
    },
    Clip: {
      inputs: [1, 3],
      attributes: { min: { type: 'float', until: 10 }, max: { type: 'float', until: 10 } },
      evaluate: clip,
    },
    Concat: { inputs: [1, Infinity], attributes: { axis: 'int' }, evaluate: concat },
    DequantizeLinear: { ...QUANTIZATION, evaluate: dequantizeLinear },
    Div: arithmetic('Div'),
    Dropout: {
      inputs: [1, 3],
      outputs: 2,
      attributes: { ratio: { type: 'float', until: 11 }, seed: { type: 'int', since: 12 } },
      evaluate: dropout,
    },
    Elu: parametric('Elu', 1),
    Erf: { ...ONE, since: 9 },
    Exp: ONE,
    Flatten: { inputs: [1, 1], attributes: { axis: 'int' }, evaluate: reshape },
    Gather: {
      inputs: [2, 2],
      attributes: { axis: 'int' },
      evaluate: (call) => (call.input(1).kind === 'label' ? nameLabel(call) : gather(call)),
    },
    Gelu: {
      ...{ inputs: [1, 1], since: 20, attributes: { approximate: 'text' } },
      evaluate: (call) => unary(call, PARAMETRIC.Gelu(call.text('approximate', 'none'))),
    },
    Gemm: {
      inputs: [2, 3],
      attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
      evaluate: gemm,
    },
    Greater: comparison('Greater', 7),
    GreaterOrEqual: comparison('GreaterOrEqual', 12),
    Identity: { inputs: [1, 1], evaluate: same },
    LeakyRelu: parametric('LeakyRelu', 0.01),
    Less: comparison('Less', 7),
    LessOrEqual: comparison('LessOrEqual', 12),
    Log: ONE,
    LogSoftmax: SOFTMAX,
    MatMul: { inputs: [2, 2], evaluate: matMul },
    // Before version 8, all inputs had one shape.
    Max: { inputs: [1, Infinity], since: 8, evaluate: (call) => fold(call, 'Max') },
    Min: { inputs: [1, Infinity], since: 8, evaluate: (call) => fold(call, 'Min') },
    Mul: arithmetic('Mul'),
    Neg: ONE,
    Pow: arithmetic('Pow'),
    QuantizeLinear: { ...QUANTIZATION, evaluate: quantizeLinear },
    Reciprocal: ONE,
    Relu: ONE,
    Reshape: { inputs: [2, 2], attributes: { allowzero: { type: 'int', since: 14 } }, evaluate: reshape },
    Shape: {
      inputs: [1, 1],
      attributes: { start: { type: 'int', since: 15 }, end: { type: 'int', since: 15 } },
      evaluate: readSizes,
    },
    Sigmoid: ONE,
    Slice: {
      inputs: [1, 5],
      attributes: {
        starts: { type: 'ints', until: 9 },
        ends: { type: 'ints', until: 9 },
        axes: { type: 'ints', until: 9 },
      },
      evaluate: slice,
    },
    Softmax: SOFTMAX,
    Softplus: ONE,
    Sqrt: ONE,
    Squeeze: AXES,
    Sub: arithmetic('Sub'),
    Tanh: ONE,
    Transpose: { inputs: [1, 1], attributes: { perm: 'ints' }, evaluate: reshape },
    Unsqueeze: AXES,
    Where: { inputs: [3, 3], since: 9, evaluate: where },
  } satisfies Record<string, Operator>),
);

/** Operators of ONNX-ML. */
export const ML_OPERATORS: ReadonlyMap<string, Operator> = new Map(
  Object.entries({
    ArrayFeatureExtractor: { inputs: [2, 2], evaluate: nameLabel },
    LinearClassifier: {
      inputs: [1, 1],
      outputs: 2,
      attributes: {
        classlabels_ints: 'ints',
        classlabels_strings: 'strings',
        coefficients: 'floats',
        intercepts: 'floats',
        multi_class: 'int',
        post_transform: 'text',
      },
      evaluate: linearClassifier,
    },
    Normalizer: { inputs: [1, 1], attributes: { norm: 'text' }, evaluate: normalizer },
    Scaler: { inputs: [1, 1], attributes: { offset: 'floats', scale: 'floats' }, evaluate: scaler },
    ZipMap: {
      inputs: [1, 1],
      attributes: { classlabels_int64s: 'ints', classlabels_strings: 'strings' },
      evaluate: zipMap,
    },
  } satisfies Record<string, Operator>),
);

/** Since version 12, an input says whether units are dropped. */
function dropout(call: Call): Value {
  if (call.opset < 12 && call.inputs.length > 1) call.refuse('one input', String(call.inputs.length));
  const read = (index: number, name: string) => {
    if (call.input(index).kind === 'absent') return 0;
    const { values, shape } = call.constant(index, name);
    return shape.length === 0 ? (values[0] ?? Number.NaN) : call.refuse(`${name} as one number`, formatShape(shape));
  };
  const ratio = read(1, 'ratio');
  if (!(ratio >= 0 && ratio < 1)) call.refuse('a ratio from 0 to 1', String(ratio));
  if (read(2, 'training_mode') !== 0) call.refuse('training_mode = false', 'dropout as in training');
  return requireFloats(call, call.activations(0));
}
