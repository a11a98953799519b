/** Operators of linear layers, and operations on each feature, which linear layers absorb. */
import {
  type Activations,
  ASIDE,
  isLinear,
  type Linear,
  refuse,
  type Value,
  withElementwise,
  withLinear,
} from './flow.ts';
import type { OnnxNode } from './messages.ts';
import { attribute, isAside, requireActivations, requireConstant } from './nodes.ts';
import type { Constant } from './tensors.ts';

/** alpha · A' B' + beta · C. */
export function gemm(node: OnnxNode, [a = ASIDE, b = ASIDE, c]: readonly Value[]): Activations {
  const x = requireActivations(node, a);
  if ((attribute(node, 'transA')?.int ?? 0) !== 0) refuse(node, 'samples as rows', 'transA');
  const { shape, values } = readMatrix(node, b);
  const transposed = (attribute(node, 'transB')?.int ?? 0) !== 0;
  const [outputs = 0, inputs = 0] = transposed ? shape : [...shape].reverse();
  const [alpha, beta] = ['alpha', 'beta'].map((name) => attribute(node, name)?.float ?? 1);
  const turnedOnce = transposed ? values : transposeMatrix(values, inputs, outputs);
  // The factor is nearly always 1: no copy is needed.
  const weight = alpha === 1 ? turnedOnce : turnedOnce.map((w) => w * (alpha ?? 1));
  const bias = c === undefined || c.kind === 'absent' ? new Float64Array(outputs) : readBias(node, c, outputs);
  return withLinear(x, { inputs, outputs, weight, bias: bias.map((each) => each * (beta ?? 1)) }, node);
}

export function matMul(node: OnnxNode, a: Value, b: Value): Activations {
  const x = requireActivations(node, a);
  const { shape, values } = readMatrix(node, b);
  const [inputs = 0, outputs = 0] = shape;
  const linear: Linear = {
    inputs,
    outputs,
    weight: transposeMatrix(values, inputs, outputs),
    bias: new Float64Array(outputs),
  };
  return withLinear(x, linear, node);
}

function readMatrix(node: OnnxNode, value: Value): Constant {
  const constant = requireConstant(node, value, 'weights');
  // A matrix without rows takes no bytes in the file, and could have any number of columns.
  return constant.shape.length === 2 && constant.shape.every((size) => size > 0)
    ? constant
    : refuse(node, 'weights of two dimensions', `[${constant.shape.join(', ')}]`);
}

function readBias(node: OnnxNode, value: Value, outputs: number): Float64Array {
  const { shape, values } = requireConstant(node, value, 'biases');
  if (values.length === 1) return new Float64Array(outputs).fill(values[0] ?? 0);
  const row = values.length === outputs && shape.at(-1) === outputs;
  return row ? values : refuse(node, `a bias of ${outputs}`, `[${shape.join(', ')}]`);
}

/** Transposes (in, out) to (out, in). */
function transposeMatrix(values: Float64Array, inputs: number, outputs: number): Float64Array {
  return Float64Array.from(values, (_, k) => values[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0);
}

export function elementwise(node: OnnxNode, type: 'Add' | 'Sub' | 'Mul' | 'Div', a: Value, b: Value): Value {
  if (isAside([a, b])) return ASIDE;
  if (a.kind === 'constant' && b.kind === 'activations') {
    const one = a.constant.values.length === 1 && a.constant.values[0] === 1 && b.linears.at(-1)?.outputs === 1;
    if (type === 'Sub' && one && b.functions.at(-1) === 'Sigmoid' && !isLinear(b)) {
      return { kind: 'complement', of: b };
    }
    if (type === 'Add' || type === 'Mul') return elementwise(node, type, b, a);
  }
  const { shape, values } = requireConstant(node, b, 'numbers');
  if (values.length !== 1 && shape.at(-1) !== values.length) {
    refuse(node, 'one number for each feature', `[${shape.join(', ')}]`);
  }
  return withElementwise(requireActivations(node, a), { type, by: values }, node);
}

/** ai.onnx.ml: (x - offset) · scale. */
export function scaler(node: OnnxNode, value: Value): Activations {
  const [offset, scale] = ['offset', 'scale'].map((name) => Float64Array.from(attribute(node, name)?.floats ?? []));
  const x = requireActivations(node, value);
  const centred =
    offset === undefined || offset.length === 0 ? x : withElementwise(x, { type: 'Sub', by: offset }, node);
  return scale === undefined || scale.length === 0
    ? centred
    : withElementwise(centred, { type: 'Mul', by: scale }, node);
}

/**
 * (x - mean) / √(variance + epsilon) · scale + bias, with the moments of training (Ioffe and Szegedy, "Batch
 * normalization", 2015, algorithm 2, line 11).
 */
export function batchNormalization(node: OnnxNode, [value = ASIDE, ...moments]: readonly Value[]): Activations {
  if ((attribute(node, 'training_mode')?.int ?? 0) !== 0) refuse(node, 'the moments of the training', 'training_mode');
  const rows = ['scale', 'bias', 'mean', 'variance'].map(
    (name, i) => requireConstant(node, moments[i] ?? ASIDE, `rows of ${name}`).values,
  );
  const [scale, bias, mean, variance] = rows;
  const length = scale?.length ?? 0;
  const other = rows.find((row) => row.length !== length);
  if (other !== undefined) refuse(node, `rows of ${length} numbers`, String(other.length));
  const epsilon = attribute(node, 'epsilon')?.float ?? 1e-5;
  const factor = Float64Array.from(variance ?? [], (each, i) => (scale?.[i] ?? 0) / Math.sqrt(each + epsilon));
  const offset = Float64Array.from(factor, (each, i) => (bias?.[i] ?? 0) - (mean?.[i] ?? 0) * each);
  const scaled = withElementwise(requireActivations(node, value), { type: 'Mul', by: factor }, node);
  return withElementwise(scaled, { type: 'Add', by: offset }, node);
}

export function transpose(node: OnnxNode, value: Value): Value {
  const { constant } = value.kind === 'constant' ? value : refuse(node, 'a constant', 'the features of a sample');
  const [rows = 0, columns = 0, ...more] = constant.shape;
  // Fewer than two axes cannot be transposed.
  if (constant.shape.length < 2) return value;
  const order = attribute(node, 'perm')?.ints ?? [1, 0];
  if (more.length > 0 || order.join() !== '1,0') refuse(node, 'a transposed matrix', `[${constant.shape.join(', ')}]`);
  const values = transposeMatrix(constant.values, rows, columns);
  return { kind: 'constant', constant: { shape: [columns, rows], values, texts: [] } };
}
