/** Operators on single numbers: of constants, and of the outputs of a layer. */

import type { Call } from './call.ts';
import { arePair, BINARY, type BinaryType, COMPARISONS, UNARY } from './expressions.ts';
import { concatConstants, expand, foldBinary, foldUnary, isFloat, padShape, resolveAxis } from './folding.ts';
import { isAffine, withElementwise } from './layers.ts';
import { BOOL, formatType } from './messages.ts';
import { concatSizes } from './shapes.ts';
import type { Constant } from './tensors.ts';
import {
  type Activations,
  describeKind,
  type Elementwise,
  type Expression,
  featureCount,
  formatShape,
  type Size,
  type Value,
} from './values.ts';

/** An operator of one number. */
export function unary(call: Call, f = UNARY[call.node.type]): Value {
  const value = call.input(0);
  if (f === undefined) throw new TypeError(`${call.node.type} is not an operator of one number`);
  if (value.kind === 'constant') return foldUnary(call, value.constant, f);
  const x = requireFloats(call, call.activations(0));
  if (call.node.type === 'Neg') return scale(call, x, [{ type: 'Mul', by: Float64Array.of(-1) }]);
  return withExpression(call, x, requireExpression(call, x).values.map(f));
}

/** An operator of two numbers. */
export function binary(call: Call, type: BinaryType): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind === 'sizes' || b.kind === 'sizes') return { kind: 'sizes', sizes: [undefined], scalar: false };
  if (a.kind === 'constant' && b.kind === 'constant') return foldBinary(call, type, a.constant, b.constant);
  if (a.kind === 'activations' && b.kind === 'activations') return combine(call, type, a, b);
  if (a.kind === 'activations') return withConstant(call, type, a, call.constant(1, 'numbers'), false);
  return withConstant(call, type, call.activations(1), call.constant(0, 'numbers'), true);
}

/** A comparison of functions of a layer with each other or with numbers, as PyTorch's softplus has. */
export function compare(call: Call, type: keyof typeof COMPARISONS): Activations {
  const [x, [a, b]] = readFunctions(call, [0, 1]);
  const values = a.map((value, i) => COMPARISONS[type](value, b[i] ?? Number.NaN));
  return { ...withExpression(call, x, values), type: BOOL };
}

/** One of two functions of a layer, by a comparison. */
export function where(call: Call): Activations {
  const condition = call.activations(0);
  const [x, [a, b]] = readFunctions(call, [1, 2]);
  if (condition.type !== BOOL || !haveSameLayer(condition, x))
    call.refuse('a comparison of the same layer', 'another condition');
  const chosen = requireExpression(call, condition).values;
  return withExpression(
    call,
    x,
    a.map((value, i) => (chosen[i] === 1 ? value : (b[i] ?? Number.NaN))),
  );
}

/** The values of two inputs, of which at least one is a function of a layer and the other may be a number. */
function readFunctions(call: Call, indices: readonly [number, number]): [Activations, [Float64Array, Float64Array]] {
  const [first, second] = indices.map((index) => call.input(index));
  const x = requireFloats(call, call.activations(first?.kind === 'activations' ? indices[0] : indices[1]));
  const { values } = requireExpression(call, x);
  const read = (value: Value | undefined, index: number): Float64Array => {
    if (value?.kind !== 'activations') {
      const { values: numbers, type } = call.constant(index, 'a number');
      const single = numbers.length === 1 && type === x.type;
      return single ? values.map(() => numbers[0] ?? Number.NaN) : call.refuse('one number', 'others');
    }
    const same = haveSameLayer(value, x) && value.type === x.type && value.shape.join() === x.shape.join();
    return same ? requireExpression(call, value).values : call.refuse('functions of one layer', 'values of two layers');
  };
  return [x, [read(first, indices[0]), read(second, indices[1])]];
}

/** Max and Min of any number of inputs. */
export function fold(call: Call, type: 'Max' | 'Min'): Value {
  if (call.inputs.length === 1) return call.input(0);
  if (call.inputs.length > 2) call.refuse('at most two inputs', String(call.inputs.length));
  return binary(call, type);
}

/** Limits numbers to an interval; attributes before version 11, inputs since. */
export function clip(call: Call): Value {
  if (call.opset < 11 && call.inputs.length > 1) call.refuse('one input', String(call.inputs.length));
  const limit = (index: number, name: string, otherwise: number) => {
    if (call.opset < 11) return call.float(name, otherwise);
    if (call.input(index).kind === 'absent') return otherwise;
    const { values, shape, type } = call.constant(index, 'a limit');
    const x = call.input(0);
    const own = x.kind === 'constant' ? x.constant.type : call.activations(0).type;
    const sound = shape.length === 0 && type === own;
    return sound ? (values[0] ?? otherwise) : call.refuse(`one ${formatType(own)} number as limit`, formatShape(shape));
  };
  const [low, high] = [limit(1, 'min', Number.NEGATIVE_INFINITY), limit(2, 'max', Number.POSITIVE_INFINITY)];
  return unary(call, (value) => Math.min(Math.max(value, low), high));
}

/** An activation of a layer and a constant: one number, or one for each feature. */
function withConstant(call: Call, type: BinaryType, x: Activations, constant: Constant, first: boolean): Value {
  requireFloats(call, x);
  if (constant.type !== x.type) {
    call.refuse(`a constant of type ${formatType(x.type)}`, formatType(constant.type));
  }
  const by = readRow(call, x.shape, constant);
  const shape = x.shape.length === 2 && by.length > 1 ? [x.shape[0], by.length] : x.shape;
  const steps = affineSteps(type, by, first);
  if (steps !== undefined) return scale(call, { ...x, shape }, steps);
  const [number = Number.NaN] = by;
  if (by.some((each) => each !== number)) call.refuse('one number for all features', 'different numbers');
  const apply = (value: number) => (first ? BINARY[type](number, value) : BINARY[type](value, number));
  return withExpression(call, x, requireExpression(call, x).values.map(apply));
}

/** Operations that only multiply and add. */
function affineSteps(type: BinaryType, by: Float64Array, first: boolean): readonly Elementwise[] | undefined {
  if (type === 'Add' || type === 'Mul') return [{ type, by }];
  if (type !== 'Sub' && type !== 'Div') return undefined;
  if (!first) return [{ type, by }];
  const negative: Elementwise = { type: 'Mul', by: Float64Array.of(-1) };
  return type === 'Sub' ? [negative, { type: 'Add', by }] : undefined;
}

/**
 * Multiplies and adds. One number may be part of an activation, as in 1 / (1 + exp(-x)) and x · σ(1.702 · x): it stays in
 * the function if it is negative, or if other nodes use the value before it.
 */
function scale(call: Call, x: Activations, steps: readonly Elementwise[]): Activations {
  const { expression } = x;
  const used = call.inputs.some((value, i) => value.kind === 'activations' && call.uses(i) > 1);
  const negative = steps.some(({ type, by: [number = 0] }) => (type === 'Mul' || type === 'Div') && number < 0);
  const inFunction = expression !== undefined && steps.every(({ by }) => by.length === 1);
  if (!inFunction || (isAffine(expression) && !used && !negative)) return withElementwise(call, x, steps);
  const values = steps.reduce(
    (numbers, { type, by: [number = Number.NaN] }) => numbers.map((value) => BINARY[type](value, number)),
    expression.values,
  );
  return { ...x, expression: { values, node: call.node, before: { expression, steps } } };
}

/** Two functions of the same outputs of a layer. */
function combine(call: Call, type: BinaryType, a: Activations, b: Activations): Activations {
  if (!haveSameLayer(a, b) || a.shape.join() !== b.shape.join() || a.type !== b.type) {
    const got = 'values of two layers, as in skip connections, gates and attention';
    call.refuse('a constant, or two functions of the outputs of one layer', got);
  }
  requireFloats(call, a);
  const [left, right] = [requireExpression(call, a).values, requireExpression(call, b).values];
  return withExpression(
    call,
    a,
    left.map((value, i) => BINARY[type](value, right[i] ?? Number.NaN)),
  );
}

/** Whether two values are functions of the outputs of the same layer. */
function haveSameLayer(a: Activations, b: Activations): boolean {
  const same = a.linears.length === b.linears.length && a.linears.every((linear, l) => linear === b.linears[l]);
  return same && a.functions.join() === b.functions.join() && a.linears.length > a.functions.length;
}

function withExpression(call: Call, x: Activations, values: Float64Array): Activations {
  return { ...x, expression: { values, node: call.node } };
}

function requireExpression(call: Call, { expression, linears }: Activations): Expression {
  if (expression !== undefined) return expression;
  const got = linears.length === 0 ? 'the input of the network' : 'the outputs of an activation';
  return call.refuse('the outputs of a linear layer', got);
}

/** Integers are divided and rounded in another way. */
export function requireFloats(call: Call, x: Activations): Activations {
  return isFloat(x.type) ? x : call.refuse('float numbers: a Cast before it', `numbers of type ${formatType(x.type)}`);
}

/** A constant as a row of numbers: one for all features, or one for each. */
export function readRow(call: Call, shape: readonly Size[], constant: Constant): Float64Array {
  const { values } = constant;
  const got = formatShape(constant.shape);
  if (constant.shape.length > shape.length) call.refuse(`a constant of at most ${shape.length} axes`, got);
  if (values.length === 1) return values;
  const [samples, ...sizes] = padShape(constant.shape, shape.length);
  // The constant defines the number of features that the input leaves open.
  if (samples === 1 && sizes.length === 1 && shape[1] === undefined && values.length > 0) return values;
  const known = shape.slice(1).map((size) => size ?? Number.NaN);
  const fits = samples === 1 && sizes.every((size, axis) => size === 1 || size === known[axis]);
  if (!fits || known.some(Number.isNaN)) call.refuse(`one number for each feature of ${formatShape(shape)}`, got);
  return expand(call, values, sizes, known);
}

/** The probabilities of both classes of a network with one output, sizes, or constants. */
export function concat(call: Call): Value {
  const [first, second] = call.inputs;
  if (call.inputs.some(({ kind }) => kind === 'sizes')) return concatSizes(call);
  const constants = call.inputs.map((value) => (value.kind === 'constant' ? value.constant : undefined));
  if (constants.every((constant) => constant !== undefined)) return concatConstants(call, constants);
  const both = first?.kind === 'activations' && second?.kind === 'activations' && call.inputs.length === 2;
  if (!both)
    return call.refuse('constants, or the probabilities of two classes', call.inputs.map(describeKind).join(' and '));
  const pair = haveSameLayer(first, second) ? readPair(first, second) : undefined;
  const last = resolveAxis(call, call.int('axis', Number.NaN), first.shape.length) === first.shape.length - 1;
  if (pair === undefined || !last) return call.refuse('the probabilities 1 - p and p as columns', 'other values');
  return { ...first, shape: first.shape.with(-1, 2), functions: [...first.functions, pair], expression: undefined };
}

function readPair(a: Activations, b: Activations): string | undefined {
  if (a.expression === undefined || b.expression === undefined) return undefined;
  if (featureCount(a.shape) !== 1 || a.shape.join() !== b.shape.join()) return undefined;
  if (arePair(a.expression, b.expression)) return 'pair';
  return arePair(b.expression, a.expression) ? 'reversed pair' : undefined;
}
