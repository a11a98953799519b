/** Nodes whose inputs are constants are computed on import, in float64. */
import type { Call } from './call.ts';
import { BINARY, type BinaryType } from './expressions.ts';
import { BOOL, DOUBLE, FLOAT, FLOAT16, formatType, INT8, INT32, INT64, UINT8 } from './messages.ts';
import { type Constant, MAX_RANK } from './tensors.ts';
import { formatShape, type Value } from './values.ts';

export function isFloat(type: number): boolean {
  return type === FLOAT || type === DOUBLE || type === FLOAT16;
}

export function constantValue(type: number, shape: readonly number[], values: Float64Array): Value {
  return { kind: 'constant', constant: { type, shape, values, texts: [] } };
}

/** Applies a function to every number. */
export function foldUnary(call: Call, { type, shape, values }: Constant, f: (value: number) => number): Value {
  if (!isFloat(type)) call.refuse('float numbers', `numbers of type ${formatType(type)}`);
  return constantValue(type, shape, values.map(f));
}

/** Operators of two constants, with broadcasting as NumPy's. */
export function foldBinary(call: Call, type: BinaryType, a: Constant, b: Constant): Value {
  if (a.type !== b.type) call.refuse('constants of one type', `${formatType(a.type)} and ${formatType(b.type)}`);
  if (a.type === BOOL || a.texts.length + b.texts.length > 0) call.refuse('numbers', 'others');
  const rank = Math.max(a.shape.length, b.shape.length);
  const [left, right] = [padShape(a.shape, rank), padShape(b.shape, rank)];
  const shape = left.map((size, axis) => (size === 1 ? (right[axis] ?? 1) : size));
  const fits = shape.every((size, axis) => [1, size].includes(left[axis] ?? 0) && [1, size].includes(right[axis] ?? 0));
  if (!fits) call.refuse('shapes that fit each other', `${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  const [x, y] = [expand(call, a.values, left, shape), expand(call, b.values, right, shape)];
  // Quotients of integers are truncated.
  const round = isFloat(a.type) ? (value: number) => value : Math.trunc;
  return constantValue(
    a.type,
    shape,
    x.map((value, i) => round(BINARY[type](value, y[i] ?? Number.NaN))),
  );
}

/** A shape with axes of size 1 before it. */
export function padShape(shape: readonly number[], rank: number): number[] {
  return [...Array.from({ length: rank - shape.length }, () => 1), ...shape];
}

/** Most numbers of an expanded constant, as for a row of colours of a picture. Small files could request any number. */
const MOST_EXPANDED = 2 ** 18;

/** Repeats the numbers along axes of size 1. */
export function expand(call: Call, values: Float64Array, from: readonly number[], to: readonly number[]): Float64Array {
  const length = to.reduce((product, size) => product * size, 1);
  if (length === values.length) return values;
  if (length > MOST_EXPANDED) call.refuse('a smaller shape', formatShape(to));
  return Float64Array.from({ length }, (_, index) => {
    let [rest, offset, stride] = [index, 0, 1];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const size = to[axis] ?? 1;
      if (from[axis] !== 1) offset += (rest % size) * stride;
      stride *= from[axis] ?? 1;
      rest = Math.floor(rest / size);
    }
    return values[offset] ?? Number.NaN;
  });
}

/** The transposed constant; without `order` the axes are reversed. */
export function transposeConstant(call: Call, constant: Constant, order: readonly number[]): Value {
  const { type, shape, values, levels } = constant;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const sizes = order.map((axis) => shape[axis] ?? 0);
  const moved = order.map((axis) => strides[axis] ?? 0);
  const turn = (numbers: Float64Array) =>
    numbers.map((_, index) => {
      let [rest, offset] = [index, 0];
      for (let axis = sizes.length - 1; axis >= 0; axis--) {
        const size = sizes[axis] ?? 1;
        offset += (rest % size) * (moved[axis] ?? 0);
        rest = Math.floor(rest / size);
      }
      return numbers[offset] ?? Number.NaN;
    });
  if (shape.length > MAX_RANK) call.refuse(`at most ${MAX_RANK} axes`, String(shape.length));
  const turned = { type, shape: sizes, values: turn(values), texts: [] };
  if (levels === undefined) return { kind: 'constant', constant: turned };
  const axis = levels.axis === undefined ? undefined : order.indexOf(levels.axis);
  return { kind: 'constant', constant: { ...turned, levels: { ...levels, values: turn(levels.values), axis } } };
}

const CAST_TYPES = new Set([FLOAT, DOUBLE, FLOAT16, INT8, UINT8, INT32, INT64]);

export function castConstant(call: Call, { shape, values, texts }: Constant, to: number): Value {
  if (!CAST_TYPES.has(to) || texts.length > 0) call.refuse('numbers of a type of networks', formatType(to));
  if (to === FLOAT) return constantValue(to, shape, values.map(Math.fround));
  return constantValue(to, shape, isFloat(to) ? values : values.map(Math.trunc));
}

/** One long constant, named again and again, would make more numbers than memory holds. */
const MOST_JOINED = 16;

/** Joins constants along an axis. */
export function concatConstants(call: Call, constants: readonly Constant[]): Value {
  const [first] = constants;
  if (first === undefined) return call.refuse('constants', 'none');
  const rank = first.shape.length;
  const axis = resolveAxis(call, call.int('axis', Number.NaN), rank);
  const same = (other: Constant) =>
    other.type === first.type &&
    other.shape.length === rank &&
    other.shape.every((size, i) => i === axis || size === first.shape[i]);
  if (!constants.every(same)) call.refuse('constants of one type whose other axes are equal', 'others');
  if (constants.length > MOST_JOINED) call.refuse(`at most ${MOST_JOINED} constants`, String(constants.length));
  if (constants.some(({ texts }) => texts.length > 0)) call.refuse('numbers', 'texts');
  const after = (shape: readonly number[]) => shape.slice(axis).reduce((product, size) => product * size, 1);
  const before = first.shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const values = Array.from({ length: before }, (_, row) =>
    constants.flatMap(({ shape, values: numbers }) => [
      ...numbers.subarray(row * after(shape), (row + 1) * after(shape)),
    ]),
  ).flat();
  const total = constants.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  return constantValue(first.type, first.shape.with(axis, total), Float64Array.from(values));
}

/** An axis from 0; negative axes count from the end. */
export function resolveAxis(call: Call, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  return call.refuse(`an axis from ${-rank} to ${rank - 1}`, String(axis));
}
