/** Single operators of ONNX files: the shapes, numbers and refusals that ONNX defines. */
import { describe, expect, it } from 'vitest';
import { Call } from '../../src/format/onnx/call.ts';
import { IDENTITY } from '../../src/format/onnx/expressions.ts';
import {
  ATTRIBUTE,
  type AttributeType,
  BOOL,
  FLOAT,
  INT64,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  UINT8,
} from '../../src/format/onnx/messages.ts';
import { ML_OPERATORS, OPERATORS } from '../../src/format/onnx/operators.ts';
import { chooseOutput } from '../../src/format/onnx/outputs.ts';
import { ABSENT, type Activations, refuse, type Size, type Value } from '../../src/format/onnx/values.ts';
import { Walk } from '../../src/format/onnx/walk.ts';
import { expectRefusal } from '../support/errors.ts';

const NO_VALUES = { type: 0, float: 0, int: 0, text: '', tensor: undefined, floats: [], ints: [], strings: [] };

type Given = Readonly<Record<string, Partial<OnnxAttribute>>>;

/** Attributes have the type of their only value. */
function node(type: string, attributes: Given = {}): OnnxNode {
  const list = Object.entries(attributes).map(([name, value]) => {
    const [key = 'int'] = Object.keys(value);
    return { ...NO_VALUES, name, type: ATTRIBUTE[key as AttributeType], ...value };
  });
  return { name: 'n', type, domain: '', inputs: [], outputs: ['out'], attributes: list };
}

/** The value of an operator. */
function call(type: string, inputs: readonly Value[], attributes: Given = {}, opset = 13): Value {
  const operator = OPERATORS.get(type) ?? ML_OPERATORS.get(type);
  const value = operator?.evaluate(new Call(node(type, attributes), inputs, opset));
  if (value === undefined) throw new Error(`no operator ${type}`);
  return 'kind' in value ? value : (value[0] ?? ABSENT);
}

/** A constant [shape] of the numbers 1, 2, 3 …, or of given numbers. */
function constant(shape: readonly number[], numbers?: readonly number[], type = FLOAT): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float64Array.from(numbers ?? Array.from({ length }, (_, i) => i + 1));
  return { kind: 'constant', constant: { type, shape, values, texts: [] } };
}

const row = (...numbers: number[]) => constant([numbers.length], numbers);
const list = (...numbers: number[]) => constant([numbers.length], numbers, INT64);
const sizes = (...given: (Size | 'N')[]): Value => ({ kind: 'sizes', sizes: given, scalar: false });
const readShape = (value: Value) => (value.kind === 'constant' ? value.constant.shape : value.kind);
const readValues = (value: Value) => (value.kind === 'constant' ? [...value.constant.values] : value.kind);
const readSizes = (value: Value) => (value.kind === 'activations' ? value.shape : value.kind);

const input = (...shape: Size[]): Activations => ({
  ...{ kind: 'activations', type: FLOAT, shape, linears: [], functions: [], expression: undefined, waiting: [] },
});
/** Features behind a linear layer of two inputs and three outputs. */
const LINEAR = { inputs: 2, outputs: 3, weight: Float64Array.of(1, 2, 3, 4, 5, 6), bias: Float64Array.of(7, 8, 9) };
const BEHIND: Activations = { ...input(undefined, 3), linears: [LINEAR], expression: IDENTITY };
const REFUSED = /^node "n" \(\w+\): expected /;

describe('a constant', () => {
  it.each<[string, Given, readonly number[], Value | undefined, readonly number[]]>([
    ['Squeeze', {}, [1, 3, 1], undefined, [3]],
    ['Squeeze', {}, [1, 3, 1], list(0), [3, 1]],
    ['Squeeze', {}, [1, 3, 1], list(-1), [1, 3]],
    ['Squeeze', { axes: { ints: [0, 2] } }, [1, 3, 1], undefined, [3]],
    ['Unsqueeze', {}, [2, 3], list(0), [1, 2, 3]],
    ['Unsqueeze', {}, [2, 3], list(1), [2, 1, 3]],
    ['Unsqueeze', {}, [2, 3], list(-1), [2, 3, 1]],
    ['Unsqueeze', { axes: { ints: [0, 3] } }, [2, 3], undefined, [1, 2, 3, 1]],
    ['Reshape', {}, [2, 6], list(3, 4), [3, 4]],
    ['Reshape', {}, [2, 6], list(-1, 4), [3, 4]],
    ['Reshape', {}, [2, 6], list(0, 3, -1), [2, 3, 2]],
    ['Reshape', {}, [2, 6], list(0, 0), [2, 6]],
    ['Reshape', {}, [2, 6], list(12), [12]],
    ['Flatten', {}, [2, 3, 2], undefined, [2, 6]],
    ['Flatten', { axis: { int: -1 } }, [2, 3, 2], undefined, [6, 2]],
  ])('%s %j of %j by %o', (type, attributes, shape, by, expected) => {
    const value = call(type, by === undefined ? [constant(shape)] : [constant(shape), by], attributes);
    expect(readShape(value)).toEqual(expected);
    expect(readValues(value)).toEqual(readValues(constant(shape)));
  });

  it.each<[string, Value[]]>([
    ['Reshape', [list(5, 2)]],
    ['Reshape', [row(12)]],
    ['Reshape', [list(-1, -1)]],
    ['Reshape', [list(-1, 24)]],
    ['Squeeze', [list(0)]],
    ['Squeeze', [list(9)]],
    ['Unsqueeze', []],
    ['Unsqueeze', [list(0, 0)]],
  ])('%s by %o is refused', (type, by) => {
    expect(() => call(type, [constant([2, 6]), ...by])).toThrow(REFUSED);
  });

  it('is joined with others', () => {
    const axis = (int: number) => ({ axis: { int } });
    expect(call('Concat', [row(1, 2), row(), row(5)], axis(0))).toEqual(row(1, 2, 5));
    const joined = call('Concat', [constant([2, 1]), constant([2, 2])], axis(-1));
    expect([readShape(joined), readValues(joined)]).toEqual([
      [2, 3],
      [1, 1, 2, 2, 3, 4],
    ]);
    const many = () => call('Concat', Array(17).fill(row(1)), axis(0));
    expect(many).toThrow('expected at most 16 constants, got 17');
    for (const other of [constant([1, 2]), list(1)]) {
      expect(() => call('Concat', [row(1), other], axis(0))).toThrow(REFUSED);
    }
    expect(() => call('Concat', [row(1), row(2)])).toThrow(REFUSED);
  });

  it('is transposed', () => {
    const perm = (...ints: number[]) => ({ perm: { ints } });
    expect(call('Transpose', [constant([2, 3])])).toEqual(constant([3, 2], [1, 4, 2, 5, 3, 6]));
    expect(call('Transpose', [constant([1, 2])], perm(1, 0))).toEqual(constant([2, 1]));
    expect(call('Transpose', [row(1, 2)])).toEqual(row(1, 2));
    expect(readValues(call('Transpose', [constant([1, 2, 3])], perm(2, 0, 1)))).toEqual([1, 4, 2, 5, 3, 6]);
    for (const wrong of [perm(0, 0), perm(0), perm(1, 2)]) {
      expect(() => call('Transpose', [constant([2, 3])], wrong)).toThrow(REFUSED);
    }
  });

  it('is computed, with broadcasting', () => {
    expect(readValues(call('Add', [constant([2, 1]), row(10, 20)]))).toEqual([11, 21, 12, 22]);
    expect(readValues(call('Sub', [row(1), row(10, 20)]))).toEqual([-9, -19]);
    expect(readValues(call('Mul', [row(2, 3), row(10, 20)]))).toEqual([20, 60]);
    expect(readValues(call('Div', [row(1), row(10, 20)]))).toEqual([0.1, 0.05]);
    expect(readValues(call('Div', [list(-7), list(2)]))).toEqual([-3]);
    expect(readValues(call('Pow', [row(3), row(2)]))).toEqual([9]);
    expect(readValues(call('Max', [row(3, 1), row(2)]))).toEqual([3, 2]);
    expect(readValues(call('Min', [row(3, 1), row(2)]))).toEqual([2, 1]);
    expect(readValues(call('Neg', [row(3)]))).toEqual([-3]);
    expect(readValues(call('Reciprocal', [row(4)]))).toEqual([0.25]);
    expect(readValues(call('Sqrt', [row(4)]))).toEqual([2]);
    expect(readValues(call('MatMul', [constant([2, 3]), constant([3, 1])]))).toEqual([14, 32]);
    for (const other of [row(1, 2), list(1, 2, 3), constant([3], [0, 1, 1], BOOL)]) {
      expect(() => call('Add', [row(1, 2, 3), other])).toThrow(REFUSED);
    }
    expect(() => call('Sqrt', [list(4)])).toThrow(REFUSED);
    expect(() => call('MatMul', [constant([2, 3]), constant([2, 3])])).toThrow(REFUSED);
  });

  it('loses its fraction as an integer; features stay what they are', () => {
    const to = (int: number) => ({ to: { int } });
    expect(call('Cast', [row(1.7, -1.7)], to(INT64))).toEqual(list(1, -1));
    expect(readValues(call('Cast', [constant([1], [0.1], 11)], to(FLOAT)))).toEqual([Math.fround(0.1)]);
    for (const type of [FLOAT, 10, 11]) expect(call('Cast', [BEHIND], to(type))).toEqual({ ...BEHIND, type });
    expect(() => call('Cast', [BEHIND], to(INT64))).toThrow(REFUSED);
    expect(() => call('Cast', [row(1)], to(BOOL))).toThrow(REFUSED);
    expect(call('Cast', [sizes('N')], to(INT64))).toEqual(sizes('N'));
    expect(() => call('Cast', [sizes('N')], to(FLOAT))).toThrow(REFUSED);
  });
});

describe('features', () => {
  const N = undefined;
  it.each<[string, Activations, Value | undefined, readonly Size[]]>([
    ['Flatten', input(N, 1, 2, 3), undefined, [N, 6]],
    ['Flatten', input(N, N, 3), undefined, [N, N]],
    ['Squeeze', input(N, 4, 1, 1), list(2, 3), [N, 4]],
    ['Squeeze', input(N, 1, 4), undefined, [N, 4]],
    ['Unsqueeze', input(N, 4), list(2), [N, 4, 1]],
    ['Unsqueeze', BEHIND, list(1), [N, 1, 3]],
    ['Unsqueeze', BEHIND, list(-1), [N, 3, 1]],
    ['Reshape', input(N, 28, 28), list(-1, 784), [N, 784]],
    ['Reshape', input(N, N), list(-1, 784), [N, 784]],
    ['Reshape', input(N, 784), list(0, 1, 28, 28), [N, 1, 28, 28]],
    ['Reshape', input(N, 784), list(0, 1, -1, 28), [N, 1, 28, 28]],
    ['Reshape', input(5, 784), list(5, -1), [5, 784]],
    ['Reshape', input(N, 28, 28), sizes('N', -1), [N, 784]],
    ['Reshape', input(N, 784), sizes('N', undefined), [N, 784]],
    ['Reshape', BEHIND, list(-1, 3), [N, 3]],
    ['Reshape', BEHIND, list(0, -1), [N, 3]],
    ['Reshape', BEHIND, list(-1, 3, 1), [N, 3, 1]],
    ['Transpose', input(N, 1, 2, 3), undefined, []],
  ])('%s of %o by %o', (type, value, by, expected) => {
    const inputs = by === undefined ? [value] : [value, by];
    const attributes: Given = type === 'Transpose' ? { perm: { ints: [0, 2, 3, 1] } } : {};
    expect(readSizes(call(type, inputs, attributes))).toEqual(expected.length === 0 ? [N, 2, 3, 1] : expected);
  });

  it.each<[string, Activations, Value[], Given]>([
    ['Flatten', input(N, 2, 3), [], { axis: { int: 2 } }],
    ['Flatten', input(N, 3), [], { axis: { int: 0 } }],
    ['Flatten', input(N, 3), [], { axis: { int: 3 } }],
    ['Squeeze', input(1, 3), [list(0)], {}],
    ['Squeeze', input(1, 1, 3), [], {}],
    ['Squeeze', input(N, 2, 3), [list(1)], {}],
    ['Unsqueeze', BEHIND, [list(0)], {}],
    ['Unsqueeze', BEHIND, [list(9)], {}],
    ['Reshape', input(N, 784), [list(5, 784)], {}],
    ['Reshape', input(4, 784), [list(5, 784)], {}],
    ['Reshape', input(N, 6), [list(-1, 3)], {}],
    ['Reshape', input(N, 6), [list(0, 4)], {}],
    ['Reshape', input(N, 6), [list(0, -1, 4)], {}],
    ['Reshape', input(N, 6), [list(0, 0, 0)], {}],
    ['Reshape', input(N, 6), [list(-1, 0)], { allowzero: { int: 1 } }],
    ['Reshape', BEHIND, [list(-1, -1)], {}],
    ['Reshape', BEHIND, [list(3)], {}],
    ['Reshape', BEHIND, [list(2, 3)], {}],
    ['Reshape', BEHIND, [sizes(undefined, 'N')], {}],
    ['Transpose', input(N, 2, 3), [], { perm: { ints: [0, 2, 1] } }],
    ['Transpose', input(1, 3), [], {}],
    ['Transpose', input(N, N, 3), [], { perm: { ints: [0, 2, 1] } }],
  ])('%s of %o by %o, %j, is refused', (type, value, by, attributes) => {
    expect(() => call(type, [value, ...by], attributes)).toThrow(REFUSED);
  });

  it('have sizes, of which the samples stay open', () => {
    const shape = call('Shape', [input(undefined, 1, 28)]);
    expect(shape).toEqual(sizes('N', 1, 28));
    expect(call('Shape', [input(undefined, 1, 28)], { start: { int: -2 } }, 15)).toEqual(list(1, 28));
    expect(call('Shape', [input(5, 3)])).toEqual(list(5, 3));
    expect(call('Gather', [shape, constant([], [0], INT64)])).toEqual({ kind: 'sizes', sizes: ['N'], scalar: true });
    expect(call('Gather', [shape, list(-1, 1)])).toEqual(list(28, 1));
    expect(call('Slice', [shape, list(0), list(1)])).toEqual(sizes('N'));
    expect(call('Slice', [shape], { starts: { ints: [1] }, ends: { ints: [9] } }, 9)).toEqual(list(1, 28));
    expect(call('Concat', [sizes('N'), list(-1)], { axis: { int: 0 } })).toEqual(sizes('N', -1));
    expect(call('Unsqueeze', [{ kind: 'sizes', sizes: ['N'], scalar: true }, list(0)])).toEqual(sizes('N'));
    expect(call('Mul', [sizes('N'), list(2)])).toEqual(sizes(undefined));
    for (const other of [constant([], [1], INT64), row(1)]) {
      expect(() => call('Concat', [sizes('N'), other], { axis: { int: 0 } })).toThrow(REFUSED);
    }
    expect(() => call('Concat', [sizes('N'), list(1)], { axis: { int: 1 } })).toThrow(REFUSED);
    expect(() => call('Gather', [shape, list(3)])).toThrow(REFUSED);
    expect(() => call('Gather', [shape, list(0)], { axis: { int: 1 } })).toThrow(REFUSED);
    expect(() => call('Slice', [shape, list(0), list(1), list(0), list(2)])).toThrow(REFUSED);
  });
});

describe('linear layers', () => {
  const last = (value: Value) => (value.kind === 'activations' ? value.linears.at(-1) : undefined);
  const front = (value: Value) => (value.kind === 'activations' ? value.front : undefined);
  const x = input(undefined, 2);

  it('Gemm is alpha · A B + beta · C', () => {
    const b = constant([2, 3]);
    expect(last(call('Gemm', [x, b, row(1, 2, 3)]))).toEqual({
      inputs: 2,
      outputs: 3,
      weight: Float64Array.of(1, 4, 2, 5, 3, 6),
      bias: Float64Array.of(1, 2, 3),
    });
    const scaled = { transB: { int: 1 }, alpha: { float: 2 }, beta: { float: 3 } };
    expect(last(call('Gemm', [input(undefined, 3), b, row(4)], scaled))).toEqual({
      inputs: 3,
      outputs: 2,
      weight: Float64Array.of(2, 4, 6, 8, 10, 12),
      bias: Float64Array.of(12, 12),
    });
    for (const inputs of [
      [x, b],
      [x, b, ABSENT],
    ])
      expect(last(call('Gemm', inputs))?.bias).toEqual(new Float64Array(3));
    expect(last(call('Gemm', [x, b, constant([1, 3])]))?.bias).toEqual(Float64Array.of(1, 2, 3));
    for (const c of [constant([3, 1]), constant([1, 1, 3]), row(1, 2), constant([3], [1, 2, 3], 11)]) {
      expect(() => call('Gemm', [x, b, c])).toThrow(REFUSED);
    }
    expect(() => call('Gemm', [x, b], { transA: { int: 1 } })).toThrow(REFUSED);
    for (const weights of [constant([2, 0]), constant([2, 3, 1]), row(1, 2), constant([2, 3], undefined, 11)]) {
      expect(() => call('Gemm', [x, weights])).toThrow(REFUSED);
    }
    // Gemm has matrices only; MatMul takes axes of size 1 between samples and features.
    expect(() => call('Gemm', [input(undefined, 1, 2), b])).toThrow(REFUSED);
    expect(readSizes(call('MatMul', [input(undefined, 1, 2), b]))).toEqual([undefined, 1, 3]);
    expect(() => call('MatMul', [input(undefined, 2, 2), b])).toThrow(REFUSED);
    expect(() => call('MatMul', [input(undefined, undefined, 2), b])).toThrow(REFUSED);
    expect(() => call('MatMul', [constant([3, 2]), x])).toThrow(REFUSED);
    expect(last(call('MatMul', [x, b]))?.weight).toEqual(Float64Array.of(1, 4, 2, 5, 3, 6));
  });

  it('have fitting sizes; at most 63', () => {
    const square = constant([3, 3]);
    const behind = (functions: string[]) => call('MatMul', [{ ...BEHIND, functions, expression: undefined }, square]);
    expect(behind(['relu'])).toMatchObject({ functions: ['relu'], linears: { length: 2 } });
    expect(call('MatMul', [BEHIND, square])).toMatchObject({ functions: ['identity'], linears: { length: 2 } });
    expect(() => behind(['Softmax'])).toThrow('expected no linear layer behind the outputs, got one after Softmax');
    expect(() => call('MatMul', [BEHIND, constant([2, 3])])).toThrow(
      'expected weights for 3 inputs, got weights for 2',
    );
    const layer = { inputs: 3, outputs: 3, weight: new Float64Array(9), bias: new Float64Array(3) };
    const deep = (layers: number): Activations => ({
      ...input(undefined, 3),
      linears: Array(layers).fill(layer),
      functions: Array(layers).fill('relu'),
    });
    expect(call('MatMul', [deep(62), square])).toMatchObject({ linears: { length: 63 } });
    expect(() => call('MatMul', [deep(63), square])).toThrow('at most 63 layers');
  });

  type Step = [type: 'Add' | 'Sub' | 'Mul' | 'Div', ...numbers: number[]];
  const apply = (start: Value, ...steps: Step[]) =>
    steps.reduce<Value>((value, [type, ...numbers]) => call(type, [value, row(...numbers)]), start);

  it('absorb operations on features after them', () => {
    const above = (...step: Step) => last(apply(BEHIND, step));
    expect(above('Add', 1, 2, 3)?.bias).toEqual(Float64Array.of(8, 10, 12));
    expect(above('Sub', 2)?.bias).toEqual(Float64Array.of(5, 6, 7));
    expect(above('Mul', 2, 3, 4)).toMatchObject({
      weight: Float64Array.of(2, 4, 9, 12, 20, 24),
      bias: Float64Array.of(14, 24, 36),
    });
    expect(above('Div', 2)).toMatchObject({
      weight: Float64Array.of(0.5, 1, 1.5, 2, 2.5, 3),
      bias: Float64Array.of(3.5, 4, 4.5),
    });
    expect(() => above('Add', 1, 2)).toThrow(REFUSED);
    expect(() => call('Add', [BEHIND, constant([1, 1, 1])])).toThrow('expected a constant of at most 2 axes');
    expect(() => call('Add', [BEHIND, constant([3, 1])])).toThrow(REFUSED);
    expect(() => call('Add', [BEHIND, list(1)])).toThrow('expected a constant of type float, got int64');
    expect(call('Add', [row(1, 2, 3), BEHIND])).toEqual(call('Add', [BEHIND, row(1, 2, 3)]));
    expect(last(call('Sub', [row(1, 2, 3), BEHIND]))?.bias).toEqual(Float64Array.of(-6, -6, -6));
  });

  it('keep operations on the input as a standardisation', () => {
    const below = (...steps: Step[]) => call('MatMul', [apply(x, ...steps), constant([2, 3])]);
    const plain = last(call('MatMul', [x, constant([2, 3])]));
    expect(front(below(['Sub', 1, 2], ['Sub', 3], ['Div', 4]))).toEqual({
      mean: Float64Array.of(4, 5),
      deviation: Float64Array.of(4, 4),
    });
    expect(front(below(['Sub', 1], ['Mul', 4, 2]))).toEqual({
      mean: Float64Array.of(1, 1),
      deviation: Float64Array.of(0.25, 0.5),
    });
    expect(front(below(['Div', 127.5], ['Sub', 1]))).toEqual({
      mean: Float64Array.of(127.5, 127.5),
      deviation: Float64Array.of(127.5, 127.5),
    });
    for (const steps of [[], [['Add', 0] as Step]]) expect(front(below(...steps))).toBeUndefined();
    // A factor of 0 or below is part of the weights.
    const negative = below(['Mul', -2, 0], ['Add', 1, 3]);
    expect(front(negative)).toEqual({ mean: Float64Array.of(0.5, 0), deviation: Float64Array.of(0.5, 1) });
    expect([...(last(negative)?.weight ?? [])]).toEqual([-1, 0, -2, 0, -3, 0]);
    expect([...(last(negative)?.bias ?? [])]).toEqual([12, 15, 18]);
    expect(last(below(['Sub', 1], ['Div', 2]))).toEqual(plain);
    expect(() => below(['Add', 1, 2, 3])).toThrow(REFUSED);
    expect(() => apply(x, ...Array<Step>(9).fill(['Sub', 1]))).toThrow('at most 8 operations');
    expect(() => call('Div', [row(1), x])).toThrow(
      'expected the outputs of a linear layer, got the input of the network',
    );
    expect(() => call('Relu', [x])).toThrow('expected the outputs of a linear layer, got the input of the network');
    expect(() => call('Add', [{ ...x, type: UINT8 }, constant([1], [1], UINT8)])).toThrow(
      'a Cast before it, got numbers of type uint8',
    );
  });

  it('batch normalisation and the scaler of ONNX-ML', () => {
    const moments = [row(1, 2, 3), row(4, 5, 6), row(1, 1, 2), row(3, 8, 15)];
    const got = last(call('BatchNormalization', [BEHIND, ...moments], { epsilon: { float: 1 } }));
    // Scales over √(variance + 1): 1/2, 2/3, 3/4.
    [0.5, 2 / 3, 0.75].forEach((factor, o) => {
      for (const i of [0, 1]) expect(got?.weight[2 * o + i]).toBeCloseTo(factor * (LINEAR.weight[2 * o + i] ?? 0), 12);
      expect(got?.bias[o]).toBeCloseTo(
        ((LINEAR.bias[o] ?? 0) - ([1, 1, 2][o] ?? 0)) * factor + ([4, 5, 6][o] ?? 0),
        12,
      );
    });
    const close = [row(1, 1, 1), row(0, 0, 0), row(0, 0, 0), row(1, 0, 0)];
    expect(last(call('BatchNormalization', [BEHIND, ...close]))?.bias[1]).toBeCloseTo(8 / Math.sqrt(1e-5), 6);
    expect(() => call('BatchNormalization', [BEHIND, ...moments.slice(0, 3), row(1, 2)])).toThrow(REFUSED);
    const four = [row(1, 1, 1, 1), row(1, 1, 1, 1), row(1, 1, 1, 1), row(1, 1, 1, 1)];
    expect(() => call('BatchNormalization', [BEHIND, ...four])).toThrow(REFUSED);
    expect(() => call('BatchNormalization', [BEHIND, ...moments], { training_mode: { int: 1 } }, 14)).toThrow(REFUSED);
    const training = { ...node('BatchNormalization'), outputs: ['y', 'mean', 'var'] };
    expect(() => OPERATORS.get('BatchNormalization')?.evaluate(new Call(training, [BEHIND, ...moments], 13))).toThrow(
      'expected the moments of the training',
    );
    const scaler = (offset: number[], scale: number[]) => {
      const value = call('Scaler', [x], { offset: { floats: offset }, scale: { floats: scale } });
      return value.kind === 'activations' ? value.waiting : undefined;
    };
    expect(scaler([1, 2], [3, 4])).toEqual([
      { type: 'Sub', by: Float64Array.of(1, 2) },
      { type: 'Mul', by: Float64Array.of(3, 4) },
    ]);
    expect(scaler([1], [])).toEqual([{ type: 'Sub', by: Float64Array.of(1) }]);
    expect(scaler([], [1])).toEqual([{ type: 'Mul', by: Float64Array.of(1) }]);
    expect(() => scaler([1, 2, 3], [])).toThrow(REFUSED);
  });

  it('Dropout and Identity change nothing; Dropout as in training is refused', () => {
    const mode = (value: number) => constant([], [value], BOOL);
    for (const inputs of [[BEHIND], [BEHIND, constant([], [0.5])], [BEHIND, ABSENT, mode(0)]]) {
      expect(call('Dropout', inputs)).toBe(BEHIND);
    }
    expect(call('Identity', [BEHIND])).toBe(BEHIND);
    expect(() => call('Dropout', [BEHIND, ABSENT, mode(1)])).toThrow('expected training_mode = false');
    for (const inputs of [[BEHIND, ABSENT, sizes('N')], [BEHIND, row(0.5)], [sizes('N')]]) {
      expect(() => call('Dropout', inputs)).toThrow(REFUSED);
    }
    expect(() => call('Dropout', [BEHIND, row(0.5)], {}, 11)).toThrow(REFUSED);
  });

  it('take softmax over all features of a sample only', () => {
    const softmax = (shape: Size[], axis: number | undefined, opset: number) => () =>
      call('Softmax', [{ ...BEHIND, shape }], axis === undefined ? {} : { axis: { int: axis } }, opset);
    const accepted: [Size[], number | undefined, number][] = [
      [[undefined, 3], undefined, 13],
      [[undefined, 3], 1, 13],
      [[undefined, 1, 3], 2, 13],
      [[undefined, 3, 1], 1, 13],
      // Before version 13, the axes from `axis` on are one.
      [[undefined, 3], undefined, 12],
      [[undefined, 1, 3], undefined, 12],
      [[undefined, 1, 3], 2, 12],
    ];
    for (const form of accepted) expect(softmax(...form)()).toMatchObject({ functions: ['Softmax'] });
    const refused: [Size[], number | undefined, number][] = [
      [[undefined, 3], 0, 13],
      [[undefined, 1, 3], 1, 13],
      [[undefined, 3, 1], undefined, 13],
      [[undefined, 3], 2, 13],
      [[undefined, 3], 0, 12],
      [[undefined, 3, 1], 2, 12],
    ];
    for (const form of refused) expect(softmax(...form)).toThrow(REFUSED);
  });
});

describe('a graph', () => {
  const weights = {
    ...{ name: 'w', dims: [2, 2], dataType: FLOAT, raw: undefined, numbers: [1, 2, 3, 4], strings: [] },
    external: undefined,
  };
  const build = (nodes: readonly OnnxNode[], outputs: readonly string[] = ['out']): OnnxModel => ({
    ...{ irVersion: 8, producer: '', opset: 13, mlOpset: 3, metadata: {} },
    graph: {
      name: 'g',
      nodes,
      initializers: [weights],
      inputs: [{ name: 'x', dataType: FLOAT, shape: ['N', 2] }],
      outputs: outputs.map((name) => ({ name, dataType: FLOAT, shape: ['N', 2] })),
    },
  });
  const change = (model: OnnxModel, graph: Partial<OnnxModel['graph']>): OnnxModel => ({
    ...model,
    graph: { ...model.graph, ...graph },
  });
  const answer = (model: OnnxModel) => chooseOutput(new Walk(model).outputs());
  const at = (type: string, inputs: string[], output: string, attributes: Given = {}, domain = ''): OnnxNode => ({
    ...node(type, attributes),
    ...{ name: `n ${output}`, inputs, outputs: [output], domain },
  });
  const matMul = (from: string, to: string): OnnxNode => at('MatMul', [from, 'w'], to);
  /** The bias that `x W + c` has, where c is a Constant node with one attribute. */
  const addConstant = (attributes: Given) => {
    const nodes = [at('Constant', [], 'c', attributes), matMul('x', 'z'), at('Add', ['z', 'c'], 'out')];
    return [...(answer(build(nodes)).network.linears[0]?.bias ?? [])];
  };

  it.each<[Given, number[]]>([
    [{ value_float: { float: 1.5 } }, [1.5, 1.5]],
    [{ value_floats: { floats: [1.5, 2] } }, [1.5, 2]],
    [{ value: { tensor: { ...weights, dims: [2], numbers: [5, 6] } } }, [5, 6]],
  ])('has constants: %j', (attributes, bias) => {
    expect(addConstant(attributes)).toEqual(bias);
  });

  it.each([{}, { value_string: {} }, { value: {} }, { value_strings: { strings: ['a'] } }])(
    'has no constants without numbers: %j',
    (attributes) => {
      expectRefusal(
        () => addConstant(attributes),
        'bad-model',
        'node "n c" (Constant): expected a value of numbers, got ',
      );
    },
  );

  // Six numbers in the file allow 96. The layer `z` has six, a copy of it six, its bias two, and the matrix four.
  it.each<[string, string[], number]>([
    ['Transpose', ['w'], 22],
    ['MatMul', ['x', 'w'], 15],
    ['Gemm', ['x', 'w'], 15],
    ['Add', ['z', 'row'], 45],
    ['Sub', ['z', 'row'], 45],
    ['Mul', ['z', 'row'], 15],
    ['Div', ['z', 'row'], 15],
    ['BatchNormalization', ['z', 'row', 'row', 'row', 'row'], 15],
  ])('computes at most 16 numbers for each number of the file: %s of %j', (type, inputs, most) => {
    const vector = { ...weights, name: 'row', dims: [2], numbers: [1, 2] };
    const copies = (count: number) => {
      const nodes = Array.from({ length: count }, (_, i) => at(type, inputs, `c${i}`));
      const model = change(build([matMul('x', 'z'), ...nodes], ['z']), { initializers: [weights, vector] });
      return () => answer(model).network.linears.length;
    };
    expect(copies(most)()).toBe(1);
    expectRefusal(copies(most + 1), 'bad-model', 'expected weights that are used at most 16 times, got more');
  });

  it('has operators of ONNX and ONNX-ML, in versions 7 to 26', () => {
    const last = (domain: string) =>
      answer(build([at('MatMul', ['x', 'w'], 'out', {}, domain)])).network.linears.length;
    expect(['', 'ai.onnx'].map(last)).toEqual([1, 1]);
    expectRefusal(() => last('ai'), 'bad-model', 'expected an operator of ONNX or ONNX-ML, got "ai"');
    expectRefusal(
      () => last('ai.onnx.ml'),
      'bad-model',
      'expected an operator of a multilayer perceptron, got "MatMul"',
    );
    const version = (opset: number) => () => answer({ ...build([matMul('x', 'out')]), opset });
    expect(version(7)().network.linears.length).toBe(1);
    for (const opset of [0, 6, 27]) {
      expectRefusal(
        version(opset),
        'bad-model',
        `operators: expected version 7 to 26 of ONNX's operators, got version ${opset}`,
      );
    }
    const erf = at('Erf', ['z'], 'out');
    expectRefusal(
      () => answer({ ...build([matMul('x', 'z'), erf]), opset: 8 }),
      'bad-model',
      'node "n out" (Erf): expected version 9 of the operators, got version 8',
    );
  });

  it('has the inputs and attributes that ONNX defines', () => {
    const end =
      (last: OnnxNode, opset = 13) =>
      () =>
        answer({ ...build([matMul('x', 'z'), last]), opset });
    const unknown = (name: string, type: number, opset = 13) =>
      `expected attributes that ONNX defines, got "${name}" of type ${type} in version ${opset}`;
    expectRefusal(end(at('Add', ['z', 'w'], 'out', { axis: { int: 1 } })), 'bad-model', unknown('axis', 2));
    expectRefusal(end(at('Softmax', ['z'], 'out', { axis: { float: 1 } })), 'bad-model', unknown('axis', 1));
    expectRefusal(end(at('Squeeze', ['z'], 'out', { axes: { ints: [1] } })), 'bad-model', unknown('axes', 7));
    expect(end(at('Unsqueeze', ['z'], 'out', { axes: { ints: [1] } }), 12)().network.shape).toEqual([undefined, 1, 2]);
    expectRefusal(end(at('MatMul', ['z'], 'out')), 'bad-model', 'node "n out" (MatMul): expected 2 inputs, got 1');
    expectRefusal(end(at('Relu', ['z', 'w'], 'out')), 'bad-model', 'node "n out" (Relu): expected 1 inputs, got 2');
    expectRefusal(end(at('Gemm', ['z', ''], 'out')), 'bad-model', 'expected at least 2 inputs, got 2');
    expectRefusal(
      end({ ...at('Relu', ['z'], 'out'), outputs: ['out', 'more'] }),
      'bad-model',
      'at most 1 outputs, got 2',
    );
    expectRefusal(
      end({ ...at('Relu', ['z'], 'out'), name: 'n z' }),
      'bad-model',
      'nodes with different names, got one name twice',
    );
    expectRefusal(
      end({ ...at('Relu', ['z'], 'z'), name: '' }),
      'bad-model',
      'expected outputs with new names, got "z"',
    );
    const twice = { ...at('Softmax', ['z'], 'out'), attributes: node('Softmax', { axis: { int: 1 } }).attributes };
    const attributes = [...twice.attributes, ...twice.attributes];
    expectRefusal(end({ ...twice, attributes }), 'bad-model', 'expected attributes with different names, got "axis"');
    const double = build([matMul('x', 'out')]);
    const outputs = [{ name: 'out', dataType: 11, shape: undefined }];
    expectRefusal(() => answer(change(double, { outputs })), 'bad-model', 'output "out": expected float, got double');
    const label = at('ArgMax', ['z'], 'out', { axis: { int: 1 } });
    expectRefusal(end(label), 'bad-model', 'output "out": expected int64, got float');
    const none = [{ name: 'nothing', dataType: 1, shape: undefined }];
    expectRefusal(
      () => answer(change(double, { outputs: none })),
      'bad-model',
      'output "nothing": expected a node that computes it',
    );
  });

  it('names a node without a name by its output', () => {
    const unnamed = (outputs: string[]) => new Walk(build([{ ...node('Conv'), name: '', inputs: ['x'], outputs }]));
    expectRefusal(
      () => unnamed(['y']),
      'bad-model',
      'node "y" (Conv): expected an operator of a multilayer perceptron',
    );
    expect(() => refuse({ ...node('Conv'), name: '', outputs: [] }, 'a', 'b')).toThrow(
      'node "" (Conv): expected a, got b',
    );
  });

  it('has one input of samples, and class names in the nodes for labels', () => {
    const zipMap = (attributes: Given) =>
      answer(build([matMul('x', 'z'), at('ZipMap', ['z'], 'out', attributes, 'ai.onnx.ml')])).classes;
    expect(zipMap({ classlabels_strings: { strings: ['a', 'b'] } })).toEqual(['a', 'b']);
    expect(zipMap({ classlabels_int64s: { ints: [3, 4] } })).toEqual(['3', '4']);
    expect(() => zipMap({})).toThrow('expected names of classes, got none');
    const extract = (tensor: OnnxTensor) => {
      const nodes = [
        matMul('x', 'z'),
        at('Constant', [], 'c', { value: { tensor } }),
        at('ArgMax', ['z'], 'best', { axis: { int: 1 } }),
        at('ArrayFeatureExtractor', ['c', 'best'], 'label', {}, 'ai.onnx.ml'),
      ];
      const outputs = [{ name: 'label', dataType: tensor.dataType, shape: ['N'] }];
      return answer(change(build(nodes), { outputs })).classes;
    };
    expect(extract({ ...weights, dims: [2], dataType: 8, strings: ['no', 'yes'] })).toEqual(['no', 'yes']);
    expect(extract({ ...weights, dims: [2], numbers: [3, 8] })).toEqual(['3', '8']);
    const inputs = (...names: string[]) => names.map((name) => ({ name, dataType: FLOAT, shape: ['N', 2] }));
    const model = build([matMul('x', 'out')]);
    expect(answer(change(model, { inputs: inputs('w', 'x') })).network.linears.length).toBe(1);
    expectRefusal(
      () => answer(change(model, { inputs: inputs('x', 'y') })),
      'bad-model',
      'inputs: expected one, got x, y',
    );
    expectRefusal(() => answer(change(model, { inputs: inputs('w') })), 'bad-model', 'inputs: expected one, got none');
    const flat = [{ name: 'x', dataType: FLOAT, shape: [2] }];
    expectRefusal(
      () => answer(change(model, { inputs: flat })),
      'bad-model',
      'input "x": expected samples as rows of features, got 1 axes',
    );
  });

  describe('of several outputs', () => {
    /** z = x W; h = relu z; y = h W; e = h V. */
    const nodes = [
      matMul('x', 'z'),
      at('Relu', ['z'], 'h'),
      matMul('h', 'y'),
      at('Softmax', ['y'], 'p'),
      at('ArgMax', ['y'], 'label', { axis: { int: 1 } }),
      at('MatMul', ['h', 'v'], 'e'),
      at('MatMul', ['y', 'v'], 'deeper'),
      at('ArgMax', ['y'], 'first', { axis: { int: 0 } }),
      at('Neg', ['p'], 'negative'),
      at('ArgMax', ['negative'], 'least', { axis: { int: 1 } }),
    ];
    const choose = (...outputs: string[]) => {
      const kept = nodes.filter(
        ({ outputs: [name = ''] }) => !['first', 'least'].includes(name) || outputs.includes(name),
      );
      const model = build(kept, outputs);
      const typed = model.graph.outputs.map((output) => ({
        ...output,
        dataType: output.name === 'label' ? INT64 : FLOAT,
      }));
      return answer(change(model, { outputs: typed, initializers: [weights, { ...weights, name: 'v' }] })).network;
    };

    it.each([
      [['label', 'z'], 2, 'identity'],
      [['label', 'e'], 2, 'identity'],
      [['e', 'label', 'p'], 2, 'Softmax'],
      [['p', 'y'], 2, 'Softmax'],
      [['y', 'p'], 2, 'Softmax'],
      [['h', 'y'], 2, 'identity'],
      [['h', 'z', 'p'], 2, 'Softmax'],
      [['label'], 2, 'identity'],
    ])('%j: the one that the label depends on, or the one with probabilities', (outputs, depth, end) => {
      const { linears, functions } = choose(...outputs);
      expect([linears.length, functions.at(-1)]).toEqual([depth, end]);
    });

    it.each([
      [['y', 'e'], 'one network, got more'],
      [['p', 'e'], 'one network, got more'],
      [['p', 'deeper'], 'one network, got more'],
      [['z', 'y'], 'one classifier: remove the other outputs, or add a softmax, got several that could be it'],
      [['y', 'deeper'], 'one classifier: remove the other outputs, or add a softmax, got several that could be it'],
      [['first'], 'the axis of the classes, got axis 0 of [?, 2]'],
      [['least', 'p'], 'the outputs of the network, got other numbers'],
      [['x'], 'a multilayer perceptron, got none'],
      [[], 'a multilayer perceptron, got none'],
    ])('%j is refused', (outputs, message) => {
      expectRefusal(() => choose(...outputs), 'bad-model', `expected ${message}`);
    });
  });
});
