/**
 * Operators that do not change numbers: axes, types and lists. Samples stay the first axis, and features keep their
 * order.
 */
import { formatNumber } from '../../core/errors.ts';
import type { Call } from './call.ts';
import { castConstant, constantValue, isFloat, resolveAxis, transposeConstant } from './folding.ts';
import { formatType, INT64 } from './messages.ts';
import { type Constant, MAX_RANK } from './tensors.ts';
import { type Activations, describeKind, featureCount, formatShape, type Size, type Value } from './values.ts';

type Sizes = Extract<Value, { kind: 'sizes' }>;

/** Flatten, Reshape, Squeeze, Unsqueeze and Transpose. */
export function reshape(call: Call): Value {
  const value = call.input(0);
  if (value.kind === 'sizes') return reshapeSizes(call, value);
  if (value.kind === 'label') return value;
  if (value.kind === 'constant') return reshapeConstant(call, value.constant);
  const x = call.activations(0);
  const shape = reshapeActivations(call, x);
  return shape.length <= MAX_RANK
    ? { ...x, shape }
    : call.refuse(`at most ${MAX_RANK} axes`, formatNumber(shape.length));
}

function reshapeActivations(call: Call, x: Activations): readonly Size[] {
  const { shape } = x;
  switch (call.node.type) {
    case 'Reshape':
      return targetShape(call, x);
    case 'Flatten':
      return flattenedShape(call, shape);
    case 'Transpose':
      return transposedShape(call, shape);
    case 'Squeeze': {
      const axes = readAxes(call, shape.length);
      // Without axes, a batch of one sample would lose the axis of samples.
      if (axes === undefined && shape[0] === 1) call.refuse('axes', 'none');
      const gone = axes ?? shape.flatMap((size, axis) => (size === 1 && axis > 0 ? [axis] : []));
      if (axes === undefined && shape.slice(1).includes(undefined)) call.refuse('axes', 'none');
      return shape.filter(
        (size, axis) => !(gone.includes(axis) && (axis > 0 && size === 1 ? true : notOne(call, shape))),
      );
    }
    default: {
      const sizes = unsqueezedShape(call, shape);
      return sizes[0] === shape[0] && !(readAxes(call, sizes.length) ?? []).includes(0)
        ? sizes
        : call.refuse('samples as the first axis', 'another axis before it');
    }
  }
}

function notOne(call: Call, shape: readonly Size[]): never {
  return call.refuse('axes of size 1 of a sample', `axes of ${formatShape(shape)}`);
}

/** Axes: an attribute before version 13, an input since. */
function readAxes(call: Call, rank: number): readonly number[] | undefined {
  const given = call.input(1).kind === 'absent' ? call.ints('axes') : [...call.constant(1, 'axes').values];
  if (given === undefined) return undefined;
  if (given.length > MAX_RANK) call.refuse(`at most ${MAX_RANK} axes`, formatNumber(given.length));
  const axes = given.map((axis) => resolveAxis(call, axis, rank));
  return new Set(axes).size === axes.length ? axes : call.refuse('different axes', `[${given.join(', ')}]`);
}

function unsqueezedShape<S extends Size>(call: Call, shape: readonly S[]): (S | 1)[] {
  const count =
    (call.ints('axes') ?? []).length ||
    (call.input(1).kind === 'constant' ? call.constant(1, 'axes').values.length : 0);
  if (count > MAX_RANK) call.refuse(`at most ${MAX_RANK} axes`, formatNumber(count));
  const axes = readAxes(call, shape.length + count) ?? call.refuse('axes', 'none');
  const rest = [...shape];
  return Array.from({ length: shape.length + count }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() as S)));
}

/** The axes before `axis` become rows, the others columns. Rows have to be samples. */
function flattenedShape(call: Call, shape: readonly Size[]): readonly Size[] {
  const given = call.int('axis', 1);
  const axis = given === shape.length ? given : resolveAxis(call, given, shape.length);
  const samples = axis >= 1 && shape.slice(1, axis).every((size) => size === 1);
  if (!samples) call.refuse('samples as rows', `axis ${given} of ${formatShape(shape)}`);
  return [shape[0], featureCount([undefined, ...shape.slice(axis)])];
}

/** Axes of size 1 may move, for instance the one channel of pictures; others would change the order of the features. */
function transposedShape(call: Call, shape: readonly Size[]): readonly Size[] {
  const order = readOrder(call, shape.length);
  const kept = order.filter((axis) => axis === 0 || shape[axis] !== 1);
  if (order[0] !== 0 || kept.some((axis, i) => axis < (kept[i - 1] ?? 0))) {
    call.refuse('features that keep their order', `axes [${order.join(', ')}] of ${formatShape(shape)}`);
  }
  return order.map((axis) => shape[axis]);
}

function readOrder(call: Call, rank: number): readonly number[] {
  const order = call.ints('perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const sorted = order.toSorted((a, b) => a - b);
  const sound = order.length === rank && sorted.every((axis, i) => axis === i);
  return sound ? order : call.refuse(`an order of ${rank} axes`, `[${order.join(', ')}]`);
}

function targetShape(call: Call, { shape }: Activations): readonly Size[] {
  const target = readTarget(call);
  const [rows, ...sizes] = target.map((size, axis) => (size === 0 ? copySize(call, shape, axis) : size));
  const got = `${formatShape(target)} of ${formatShape(shape)}`;
  const features = featureCount(shape);
  const known = sizes.filter((size) => typeof size === 'number');
  const open = known.filter((size) => size === -1).length + sizes.length - known.length;
  const product = known.reduce((all, size) => (size === -1 ? all : all * size), 1);
  const first = target[0] === 0 || rows === 'N' || (typeof rows === 'number' && rows === shape[0]);
  // -1 becomes the number of samples if the other axes have all features of a sample.
  const samples = first || (rows === -1 && open === 0 && (features === undefined || features === product));
  if (!samples || open > 1 || sizes.includes('N')) call.refuse('samples that stay rows', got);
  const rest = features === undefined ? undefined : features / product;
  const fits =
    open === 0 ? features === undefined || features === product : rest === undefined || Number.isInteger(rest);
  if (!fits) call.refuse('samples that stay rows', got);
  return [shape[0], ...sizes.map((size) => (size === -1 || typeof size !== 'number' ? rest : size))];
}

/** 0 copies the size of an axis. */
function copySize(call: Call, shape: readonly Size[], axis: number): Size {
  if (axis >= shape.length) call.refuse(`axes of ${formatShape(shape)}`, `axis ${axis}`);
  return shape[axis];
}

function readTarget(call: Call): readonly (Size | 'N')[] {
  const value = call.input(1);
  const sizes = value.kind === 'sizes' ? value.sizes : [...call.constant(1, 'a shape').values];
  if (value.kind === 'constant' && (value.constant.type !== INT64 || value.constant.shape.length !== 1)) {
    call.refuse('a list of int64', `${formatShape(value.constant.shape)} of type ${formatType(value.constant.type)}`);
  }
  if (sizes.length > MAX_RANK) call.refuse(`at most ${MAX_RANK} axes`, formatNumber(sizes.length));
  if (call.int('allowzero', 0) !== 0 && sizes.includes(0)) call.refuse('axes that are not empty', formatShape(sizes));
  if (sizes.some((size) => typeof size === 'number' && size < -1)) call.refuse('sizes', formatShape(sizes));
  return sizes.length > 0 ? sizes : call.refuse('a shape with axes', 'none');
}

function reshapeConstant(call: Call, constant: Constant): Value {
  const { shape, values } = constant;
  const reshaped = (sizes: readonly number[]): Value => ({ kind: 'constant', constant: { ...constant, shape: sizes } });
  switch (call.node.type) {
    case 'Transpose':
      return transposeConstant(call, constant, readOrder(call, shape.length));
    case 'Squeeze': {
      const gone = readAxes(call, shape.length) ?? shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
      return gone.every((axis) => shape[axis] === 1)
        ? reshaped(shape.filter((_, axis) => !gone.includes(axis)))
        : notOne(call, shape);
    }
    case 'Unsqueeze':
      return reshaped(unsqueezedShape(call, shape));
    case 'Flatten': {
      const given = call.int('axis', 1);
      const axis = given === shape.length ? given : resolveAxis(call, given, shape.length);
      const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);
      return reshaped([product(shape.slice(0, axis)), product(shape.slice(axis))]);
    }
    default: {
      const axes = readTarget(call);
      const known = axes.map((size, axis) => (size === 0 ? (copySize(call, shape, axis) ?? 0) : Number(size)));
      const others = known.reduce((product, size) => (size === -1 ? product : product * size), 1);
      const sizes = known.map((size) => (size === -1 ? values.length / others : size));
      const whole = known.filter((size) => size === -1).length < 2 && sizes.every(Number.isInteger);
      const fits = whole && sizes.reduce((a, b) => a * b, 1) === values.length;
      return fits ? reshaped(sizes) : call.refuse(`a shape for ${values.length} numbers`, `[${axes.join(', ')}]`);
    }
  }
}

/** Casts of features to integers are refused. */
export function cast(call: Call): Value {
  const value = call.input(0);
  const to = call.int('to', 0);
  if (value.kind === 'sizes') return to === INT64 ? value : call.refuse('sizes that stay int64', formatType(to));
  if (value.kind === 'label') return { ...value, type: to };
  if (value.kind === 'constant') return castConstant(call, value.constant, to);
  const x = call.activations(0);
  return isFloat(to) ? { ...x, type: to } : call.refuse('features that stay float, double or float16', formatType(to));
}

/** The sizes of the axes of a value. */
export function readSizes(call: Call): Value {
  const value = call.input(0);
  if (value.kind === 'label') return { kind: 'sizes', sizes: [undefined], scalar: false };
  const shape = value.kind === 'constant' ? value.constant.shape : call.activations(0).shape;
  const isSample = value.kind !== 'constant';
  const sizes = shape.map((size, axis) => (isSample && axis === 0 ? (size ?? 'N') : size));
  const bound = (at: number) => Math.min(Math.max(at < 0 ? at + shape.length : at, 0), shape.length);
  return asSizes(sizes.slice(bound(call.int('start', 0)), bound(call.int('end', shape.length))), false);
}

/** Sizes of known numbers are constants. */
function asSizes(sizes: readonly (Size | 'N')[], scalar: boolean): Value {
  const numbers = sizes.filter((size) => typeof size === 'number');
  if (numbers.length < sizes.length) return { kind: 'sizes', sizes, scalar };
  return constantValue(INT64, scalar ? [] : [numbers.length], Float64Array.from(numbers));
}

/** Elements of a list of sizes or constants. */
export function gather(call: Call): Value {
  const [data, indices] = [call.input(0), call.constant(1, 'indices')];
  if (call.int('axis', 0) !== 0) call.refuse('axis 0', String(call.int('axis', 0)));
  const list = readList(call, data);
  const picked = [...indices.values].map((index) => {
    const at = index < 0 ? index + list.length : index;
    return at >= 0 && at < list.length ? list[at] : call.refuse(`indices of ${list.length} numbers`, String(index));
  });
  return restoreList(call, data, picked, indices.shape);
}

/** A part of a list of sizes or constants: attributes before version 10, inputs since. */
export function slice(call: Call): Value {
  const data = call.input(0);
  const read = (index: number, name: string) =>
    call.opset < 10
      ? call.ints(name)
      : call.input(index).kind === 'absent'
        ? undefined
        : [...call.constant(index, name).values];
  const [starts, ends, axes, steps] = [read(1, 'starts'), read(2, 'ends'), read(3, 'axes'), read(4, 'steps')];
  const one =
    starts?.length === 1 && ends?.length === 1 && (axes ?? [0]).join() === '0' && (steps ?? [1]).join() === '1';
  if (!one) call.refuse('a slice of axis 0 in steps of 1', 'another slice');
  const list = readList(call, data);
  const picked = list.slice(starts?.[0], ends?.[0]);
  return restoreList(call, data, picked, [picked.length]);
}

function readList(call: Call, value: Value): readonly (Size | 'N')[] {
  if (value.kind === 'sizes') return value.sizes;
  const constant = call.constant(0, 'a list');
  const list = constant.shape.length === 1 && constant.texts.length === 0;
  return list ? [...constant.values] : call.refuse('a list of numbers', formatShape(constant.shape));
}

function restoreList(call: Call, from: Value, list: readonly (Size | 'N')[], shape: readonly number[]): Value {
  if (shape.length > 1) call.refuse('a list of indices', formatShape(shape));
  if (from.kind !== 'constant') return asSizes(list, shape.length === 0);
  return constantValue(from.constant.type, shape, Float64Array.from(list, Number));
}

export function concatSizes(call: Call): Value {
  if (resolveAxis(call, call.int('axis', Number.NaN), 1) !== 0) call.refuse('axis 0', 'another axis');
  const lists = call.inputs.map((value) => {
    if (value.kind === 'sizes' && !value.scalar) return value.sizes;
    const list = value.kind === 'constant' && value.constant.type === INT64 && value.constant.shape.length === 1;
    return list ? [...value.constant.values] : call.refuse('lists of sizes', describeKind(value));
  });
  return asSizes(lists.flat(), false);
}

/** A list of sizes stays a list, and a size becomes a list of one. */
function reshapeSizes(call: Call, value: Sizes): Value {
  const { type } = call.node;
  const list = value.sizes.length === 1;
  if (type === 'Unsqueeze' && value.scalar) return { ...value, scalar: false };
  if (type === 'Squeeze' && list) return { ...value, scalar: true };
  const target = call.input(1);
  const flat = target.kind === 'constant' && target.constant.values.join() === '-1';
  if (type === 'Reshape' && flat) return { ...value, scalar: false };
  return call.refuse('a list of sizes', 'a change of its axes');
}
