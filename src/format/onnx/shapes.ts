/**
 * Operators that do not change numbers: axes, types and lists. Samples stay the first axis, and features keep their
 * order.
 */
import { formatNumber } from '../../core/errors.ts';
import { type Activations, ASIDE, refuse, type Value } from './flow.ts';
import { DOUBLE, FLOAT, FLOAT16, INT32, INT64, type OnnxNode } from './messages.ts';
import { attribute, isAside } from './nodes.ts';
import { type Constant, MAX_RANK } from './tensors.ts';

export function reshape(node: OnnxNode, value: Value, shape: Value, batch: number | undefined): Value {
  if (value.kind === 'complement') return refuse(node, 'features', value.kind);
  const axes = shape.kind === 'constant' ? shape.constant.values.length : (attribute(node, 'axes')?.ints.length ?? 0);
  if (axes > MAX_RANK) refuse(node, `at most ${MAX_RANK} axes`, formatNumber(axes));
  if (value.kind === 'constant') return reshapedConstant(node, value.constant, shape);
  if (value.kind !== 'activations') return value;
  if (node.type === 'Flatten') {
    if ((attribute(node, 'axis')?.int ?? 1) !== 1) refuse(node, 'samples as rows', 'another axis');
    return { ...value, rank: 2 };
  }
  if (node.type !== 'Reshape') return { ...value, rank: rankWithAxes(node, value, shape) };
  if (shape.kind !== 'constant') {
    // The shape is only known at run time. The next linear layer defines the number of features.
    return value.linears.length === 0
      ? { ...value, rank: undefined }
      : refuse(node, 'a shape that is a constant', shape.kind);
  }
  const sizes = [...shape.constant.values];
  const [rows = 1, columns = -1] = sizes;
  const width = value.linears.at(-1)?.outputs;
  const samples = rows === -1 || rows === 0 || rows === batch || (rows === 1 && columns === width);
  // After a linear layer, a sample is one row of its outputs.
  const row = sizes.length === 2 && (columns === width || (columns <= 0 && rows >= 0) || columns === 0);
  if (!samples || (width !== undefined && !row)) refuse(node, 'samples that stay rows', `[${sizes.join(', ')}]`);
  return { ...value, rank: sizes.length };
}

/** Adds or removes axes of size 1. A new last axis after a linear layer would be the axis of softmax. */
function rankWithAxes(node: OnnxNode, { rank, linears }: Activations, axes: Value): number | undefined {
  const given = axes.kind === 'constant' ? [...axes.constant.values] : attribute(node, 'axes')?.ints;
  if (given === undefined || rank === undefined) return undefined;
  if (node.type === 'Squeeze') return rank - given.length;
  const after = rank + given.length;
  const last = given.some((axis) => axis === -1 || axis === after - 1);
  return last && linears.length > 0 ? refuse(node, 'features as the last axis', 'another axis behind it') : after;
}

function reshapedConstant(node: OnnxNode, constant: Constant, by: Value): Value {
  const axes = by.kind === 'constant' ? [...by.constant.values] : attribute(node, 'axes')?.ints;
  const { shape, values } = constant;
  if (node.type === 'Squeeze') {
    const gone = axes?.map((axis) => (axis < 0 ? axis + shape.length : axis));
    const kept = shape.filter((size, axis) => !(gone === undefined ? size === 1 : gone.includes(axis)));
    return { kind: 'constant', constant: { ...constant, shape: kept } };
  }
  if (axes === undefined || node.type === 'Flatten') return refuse(node, 'a shape that is a constant', by.kind);
  if (node.type === 'Unsqueeze') {
    const rank = shape.length + axes.length;
    const set = axes.map((axis) => (axis < 0 ? axis + rank : axis));
    const rest = [...shape];
    const sizes = Array.from({ length: rank }, (_, axis) => (set.includes(axis) ? 1 : (rest.shift() ?? 1)));
    return { kind: 'constant', constant: { ...constant, shape: sizes } };
  }
  const known = axes.map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size));
  const others = known.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const sizes = known.map((size) => (size === -1 ? values.length / others : size));
  if (sizes.reduce((product, size) => product * size, 1) !== values.length) {
    refuse(node, `a shape for ${values.length} numbers`, `[${axes.join(', ')}]`);
  }
  return { kind: 'constant', constant: { ...constant, shape: sizes } };
}

/** The probabilities of both classes of a network with one output, or a shape. */
export function concat(node: OnnxNode, inputs: readonly Value[]): Value {
  const [first, second] = inputs;
  const axis = attribute(node, 'axis')?.int ?? 0;
  if (inputs.length === 2 && first?.kind === 'complement' && first.of === second && (axis === 1 || axis === -1)) {
    return first.of;
  }
  if (isAside(inputs)) return ASIDE;
  const rows = inputs.map((value) => (value.kind === 'constant' ? value.constant : undefined));
  if (!rows.every((row) => row?.shape.length === 1)) refuse(node, 'lists of constants', 'something else');
  const values = Float64Array.from(rows.flatMap((row) => [...(row?.values ?? [])]));
  return { kind: 'constant', constant: { shape: [values.length], values, texts: [] } };
}

/** Casts of features to integers are refused. */
export function cast(node: OnnxNode, value: Value): Value {
  const to = attribute(node, 'to')?.int ?? FLOAT;
  if (to === FLOAT || to === DOUBLE || to === FLOAT16 || value.kind === 'aside') return value;
  if (value.kind === 'constant' && (to === INT32 || to === INT64)) {
    return { kind: 'constant', constant: { ...value.constant, values: value.constant.values.map(Math.trunc) } };
  }
  // Only labels become integers, and they are not part of the network.
  return refuse(node, 'features that stay float, double or float16', `ONNX's data type ${to}`);
}
