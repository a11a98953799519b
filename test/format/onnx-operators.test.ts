/** Single operators of ONNX files: the shapes, numbers and refusals that ONNX defines. */
import { describe, expect, it } from 'vitest';
import {
  type Activations,
  ASIDE,
  INPUT,
  refuse,
  type Value,
  withElementwise,
  withLinear,
} from '../../src/format/onnx/flow.ts';
import { batchNormalization, elementwise, gemm, matMul, scaler, transpose } from '../../src/format/onnx/linear.ts';
import {
  FLOAT,
  INT64,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from '../../src/format/onnx/messages.ts';
import { cast, concat, reshape } from '../../src/format/onnx/shapes.ts';
import { Walk } from '../../src/format/onnx/walk.ts';
import { expectRefusal } from '../support/errors.ts';

const NO_VALUES = { float: 0, int: 0, tensor: undefined, floats: [], ints: [], strings: [] };

function node(type: string, attributes: Readonly<Record<string, Partial<OnnxAttribute>>> = {}): OnnxNode {
  const list = Object.entries(attributes).map(([name, value]) => ({ ...NO_VALUES, name, ...value }));
  return { name: 'n', type, domain: '', inputs: [], outputs: ['out'], attributes: list };
}

/** A constant [shape] of the numbers 1, 2, 3 …, or of given numbers. */
function constant(shape: readonly number[], numbers?: readonly number[]): Value {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float64Array.from(numbers ?? Array.from({ length }, (_, i) => i + 1));
  return { kind: 'constant', constant: { shape, values, texts: [] } };
}

const list = (...numbers: number[]) => constant([numbers.length], numbers);
const readShape = (value: Value) => (value.kind === 'constant' ? value.constant.shape : value.kind);
const readRank = (value: Value) => (value.kind === 'activations' ? value.rank : value.kind);

/** Features behind a linear layer of two inputs and three outputs. */
const LINEAR = { inputs: 2, outputs: 3, weight: Float64Array.of(1, 2, 3, 4, 5, 6), bias: Float64Array.of(7, 8, 9) };
const BEHIND: Activations = { ...INPUT, rank: 2, linears: [LINEAR] };
const REFUSED = /^node "n" \(\w+\): expected /;

describe('a constant', () => {
  it.each<[string, Readonly<Record<string, Partial<OnnxAttribute>>>, readonly number[], Value, readonly number[]]>([
    ['Squeeze', {}, [1, 3, 1], ASIDE, [3]],
    ['Squeeze', {}, [1, 3, 1], list(0), [3, 1]],
    ['Squeeze', {}, [1, 3, 1], list(-1), [1, 3]],
    ['Squeeze', { axes: { ints: [0, 2] } }, [1, 3, 1], ASIDE, [3]],
    ['Unsqueeze', {}, [2, 3], list(0), [1, 2, 3]],
    ['Unsqueeze', {}, [2, 3], list(1), [2, 1, 3]],
    ['Unsqueeze', {}, [2, 3], list(-1), [2, 3, 1]],
    ['Unsqueeze', { axes: { ints: [0, 3] } }, [2, 3], ASIDE, [1, 2, 3, 1]],
    ['Reshape', {}, [2, 6], list(3, 4), [3, 4]],
    ['Reshape', {}, [2, 6], list(-1, 4), [3, 4]],
    ['Reshape', {}, [2, 6], list(0, 3, -1), [2, 3, 2]],
    ['Reshape', {}, [2, 6], list(0, 0), [2, 6]],
    ['Reshape', {}, [2, 6], list(12), [12]],
  ])('%s %j of %j by %o', (type, attributes, shape, by, expected) => {
    const value = reshape(node(type, attributes), constant(shape), by, undefined);
    expect(readShape(value)).toEqual(expected);
    expect(value).toMatchObject({
      constant: {
        values: Float64Array.from({ length: 12 }, (_, i) => i + 1).slice(
          0,
          shape.reduce((a, b) => a * b, 1),
        ),
      },
    });
  });

  it.each<[string, Value]>([
    ['Reshape', list(5, 2)],
    ['Reshape', ASIDE],
    ['Unsqueeze', ASIDE],
    ['Flatten', list(1)],
  ])('%s by %o is refused', (type, by) => {
    expect(() => reshape(node(type), constant([2, 6]), by, undefined)).toThrow(REFUSED);
  });

  it('is joined with others of one axis', () => {
    expect(concat(node('Concat'), [list(1, 2), list(), list(5)])).toEqual(list(1, 2, 5));
    expect(() => concat(node('Concat'), [list(1), constant([1, 2])])).toThrow(REFUSED);
    expect(concat(node('Concat'), [list(1), ASIDE])).toBe(ASIDE);
  });

  it('is transposed', () => {
    expect(transpose(node('Transpose'), constant([2, 3]))).toEqual(constant([3, 2], [1, 4, 2, 5, 3, 6]));
    expect(transpose(node('Transpose', { perm: { ints: [1, 0] } }), constant([1, 2]))).toEqual(constant([2, 1]));
    expect(transpose(node('Transpose'), list(1, 2))).toEqual(list(1, 2));
    expect(() => transpose(node('Transpose', { perm: { ints: [0, 1] } }), constant([2, 3]))).toThrow(REFUSED);
    expect(() => transpose(node('Transpose'), constant([1, 2, 3]))).toThrow(REFUSED);
    expect(() => transpose(node('Transpose'), INPUT)).toThrow(REFUSED);
  });

  it('loses its fraction as an integer; features stay what they are', () => {
    const to = (int: number) => node('Cast', { to: { int } });
    expect(cast(to(INT64), list(1.7, -1.7))).toEqual(list(1, -1));
    expect(cast(to(6), list(2.5))).toEqual(list(2));
    expect(cast(to(FLOAT), list(1.5))).toEqual(list(1.5));
    for (const type of [FLOAT, 10, 11]) expect(cast(to(type), BEHIND)).toBe(BEHIND);
    expect(cast(node('Cast'), BEHIND)).toBe(BEHIND);
    expect(cast(to(INT64), ASIDE)).toBe(ASIDE);
    expect(() => cast(to(INT64), BEHIND)).toThrow(REFUSED);
    expect(() => cast(to(9), list(1))).toThrow(REFUSED);
  });
});

describe('features', () => {
  it.each<[string, Activations, Value, number | undefined, number | undefined]>([
    ['Flatten', { ...INPUT, rank: 4 }, ASIDE, undefined, 2],
    ['Squeeze', { ...INPUT, rank: 4 }, list(2, 3), undefined, 2],
    ['Unsqueeze', { ...INPUT, rank: 2 }, list(2), undefined, 3],
    ['Unsqueeze', { ...INPUT, rank: 2 }, list(-1), undefined, 3],
    ['Unsqueeze', BEHIND, list(1), undefined, 3],
    ['Squeeze', { ...INPUT, rank: undefined }, list(1), undefined, undefined],
    ['Squeeze', { ...INPUT, rank: 3 }, ASIDE, undefined, undefined],
    ['Reshape', INPUT, ASIDE, undefined, undefined],
    ['Reshape', INPUT, list(-1, 784), undefined, 2],
    ['Reshape', INPUT, list(0, 1, 28, 28), undefined, 4],
    ['Reshape', INPUT, list(5, 784), 5, 2],
    ['Reshape', BEHIND, list(-1, 3), undefined, 2],
    ['Reshape', BEHIND, list(0, -1), undefined, 2],
    ['Reshape', BEHIND, list(1, 3), undefined, 2],
    ['Reshape', BEHIND, list(0, 0), undefined, 2],
    ['Reshape', BEHIND, list(-1, 0), undefined, 2],
    ['Reshape', BEHIND, list(7, 3), 7, 2],
  ])('%s of %o by %o, batch %s', (type, value, by, batch, rank) => {
    expect(readRank(reshape(node(type), value, by, batch))).toBe(rank);
  });

  it.each<[string, Activations, Value, number | undefined]>([
    ['Unsqueeze', BEHIND, list(2), undefined],
    ['Unsqueeze', BEHIND, list(-1), undefined],
    ['Reshape', BEHIND, ASIDE, undefined],
    ['Reshape', INPUT, list(5, 784), undefined],
    ['Reshape', INPUT, list(5, 784), 4],
    ['Reshape', BEHIND, list(-1, -1), undefined],
    ['Reshape', BEHIND, list(-1, 2), undefined],
    ['Reshape', BEHIND, list(-1, 3, 1), undefined],
    ['Reshape', BEHIND, list(3), undefined],
    ['Reshape', BEHIND, list(2, 3), undefined],
  ])('%s of %o by %o, batch %s, is refused', (type, value, by, batch) => {
    expect(() => reshape(node(type), value, by, batch)).toThrow(REFUSED);
  });

  it('are flattened from the first axis only', () => {
    expect(() => reshape(node('Flatten', { axis: { int: 2 } }), INPUT, ASIDE, undefined)).toThrow(REFUSED);
    expect(readRank(reshape(node('Flatten', { axis: { int: 1 } }), INPUT, ASIDE, undefined))).toBe(2);
    expect(reshape(node('Reshape'), ASIDE, list(1), undefined)).toBe(ASIDE);
    expect(() => reshape(node('Reshape'), { kind: 'complement', of: BEHIND }, list(1), undefined)).toThrow(REFUSED);
  });
});

describe('linear layers', () => {
  const last = (value: Activations) => value.linears.at(-1);

  it('Gemm is alpha · A B + beta · C', () => {
    const x: Activations = { ...INPUT, rank: 2 };
    const b = constant([2, 3]);
    expect(last(gemm(node('Gemm'), [x, b, list(1, 2, 3)]))).toEqual({
      inputs: 2,
      outputs: 3,
      weight: Float64Array.of(1, 4, 2, 5, 3, 6),
      bias: Float64Array.of(1, 2, 3),
    });
    const scaled = node('Gemm', { transB: { int: 1 }, alpha: { float: 2 }, beta: { float: 3 } });
    expect(last(gemm(scaled, [x, b, list(4)]))).toEqual({
      inputs: 3,
      outputs: 2,
      weight: Float64Array.of(2, 4, 6, 8, 10, 12),
      bias: Float64Array.of(12, 12),
    });
    for (const without of [undefined, { kind: 'absent' } as const]) {
      expect(last(gemm(node('Gemm'), without === undefined ? [x, b] : [x, b, without]))?.bias).toEqual(
        new Float64Array(3),
      );
    }
    expect(last(gemm(node('Gemm'), [x, b, constant([1, 3])]))?.bias).toEqual(Float64Array.of(1, 2, 3));
    expect(() => gemm(node('Gemm'), [x, b, constant([3, 1])])).toThrow(REFUSED);
    expect(() => gemm(node('Gemm'), [x, b, list(1, 2)])).toThrow(REFUSED);
    expect(() => gemm(node('Gemm', { transA: { int: 1 } }), [x, b])).toThrow(REFUSED);
    expect(() => gemm(node('Gemm'), [x, constant([2, 0])])).toThrow(REFUSED);
    expect(() => gemm(node('Gemm'), [x, constant([2, 3, 1])])).toThrow(REFUSED);
    expect(last(matMul(node('MatMul'), x, b))).toEqual({
      inputs: 2,
      outputs: 3,
      weight: Float64Array.of(1, 4, 2, 5, 3, 6),
      bias: new Float64Array(3),
    });
  });

  it('need an activation between them, and fitting sizes; at most 63', () => {
    expect(() => withLinear(BEHIND, { ...LINEAR, inputs: 3 }, node('Gemm'))).toThrow('an activation between');
    const active: Activations = { ...BEHIND, functions: ['Relu'] };
    const square = { inputs: 3, outputs: 3, weight: new Float64Array(9), bias: new Float64Array(3) };
    expect(withLinear(active, square, node('Gemm')).linears.length).toBe(2);
    expect(() => withLinear(active, LINEAR, node('Gemm'))).toThrow('expected weights for 3 inputs, got weights for 2');
    const deep = (layers: number): Activations => ({
      ...INPUT,
      linears: Array(layers).fill(square),
      functions: Array(layers).fill('Relu'),
    });
    expect(withLinear(deep(62), square, node('Gemm')).linears.length).toBe(63);
    expect(() => withLinear(deep(63), square, node('Gemm'))).toThrow('at most 63 layers');
  });

  it('absorb operations on features before and after them', () => {
    const step = (type: 'Add' | 'Sub' | 'Mul' | 'Div', ...numbers: number[]) => ({
      type,
      by: Float64Array.from(numbers),
    });
    const applyAbove = (type: 'Add' | 'Sub' | 'Mul' | 'Div', ...numbers: number[]) =>
      last(withElementwise(BEHIND, step(type, ...numbers), node(type)));
    expect(applyAbove('Add', 1, 2, 3)?.bias).toEqual(Float64Array.of(8, 10, 12));
    expect(applyAbove('Sub', 2)?.bias).toEqual(Float64Array.of(5, 6, 7));
    expect(applyAbove('Mul', 2, 3, 4)).toMatchObject({
      weight: Float64Array.of(2, 4, 9, 12, 20, 24),
      bias: Float64Array.of(14, 24, 36),
    });
    expect(applyAbove('Div', 2)).toMatchObject({
      weight: Float64Array.of(0.5, 1, 1.5, 2, 2.5, 3),
      bias: Float64Array.of(3.5, 4, 4.5),
    });
    expect(() => applyAbove('Add', 1, 2)).toThrow(REFUSED);
    const applyBelow = (...steps: ReturnType<typeof step>[]) => {
      const start = steps.reduce((value, each) => withElementwise(value, each, node(each.type)), INPUT);
      return withLinear(start, LINEAR, node('Gemm'));
    };
    // W (2 x + 1) + b, and W ((x + 1) / [2, 4]) + b.
    expect(last(applyBelow(step('Mul', 2), step('Add', 1)))).toMatchObject({
      weight: Float64Array.of(2, 4, 6, 8, 10, 12),
      bias: Float64Array.of(10, 15, 20),
    });
    expect(last(applyBelow(step('Add', 1), step('Div', 2, 4)))).toMatchObject({
      weight: Float64Array.of(0.5, 0.5, 1.5, 1, 2.5, 1.5),
      bias: Float64Array.of(8, 10.5, 13),
    });
    expect(applyBelow(step('Sub', 1, 2), step('Sub', 3), step('Div', 4)).front).toEqual({
      mean: Float64Array.of(4, 5),
      deviation: Float64Array.of(4, 4),
    });
    expect(applyBelow(step('Sub', 1), step('Mul', 4, 2)).front).toEqual({
      mean: Float64Array.of(1, 1),
      deviation: Float64Array.of(0.25, 0.5),
    });
    for (const other of [
      [step('Div', 4)],
      [step('Sub', 1), step('Add', 4)],
      [step('Add', 1), step('Div', 4)],
      [step('Sub', 1), step('Div', -4)],
    ]) {
      expect(applyBelow(...other).front).toBeUndefined();
    }
    expect(() => applyBelow(step('Add', 1, 2, 3))).toThrow(REFUSED);
    expect(() => applyBelow(step('Sub', 1, 2, 3), step('Div', 1))).toThrow(REFUSED);
  });

  it('bytes are divided by 255 first, and at most 8 operations wait', () => {
    const run = (...steps: [type: 'Div' | 'Mul' | 'Sub', ...numbers: number[]][]) =>
      steps.reduce(
        (value, [type, ...by]) => withElementwise(value, { type, by: Float64Array.from(by) }, node(type)),
        INPUT,
      );
    expect(run(['Div', 255]).dividesBytes).toBe(true);
    expect(run(['Div', 255, 255]).dividesBytes).toBe(true);
    expect(run(['Mul', Math.fround(1 / 255)]).dividesBytes).toBe(true);
    expect(run(['Div', 255], ['Sub', 1]).dividesBytes).toBe(true);
    for (const other of [
      run(['Div', 254.9]),
      run(['Div', 255, 254]),
      run(['Sub', 255]),
      run(['Sub', 1], ['Div', 255]),
      run(['Mul', 255]),
    ]) {
      expect(other.dividesBytes).toBe(false);
    }
    expect(run(...Array(8).fill(['Sub', 1])).waiting.length).toBe(8);
    expect(() => run(...Array(9).fill(['Sub', 1]))).toThrow('at most 8 operations');
  });

  it('operators on features: in both orders, constants last for Sub and Div', () => {
    expect(elementwise(node('Add'), 'Add', list(1, 2, 3), BEHIND)).toEqual(
      elementwise(node('Add'), 'Add', BEHIND, list(1, 2, 3)),
    );
    expect(elementwise(node('Mul'), 'Mul', list(2), BEHIND)).toEqual(elementwise(node('Mul'), 'Mul', BEHIND, list(2)));
    for (const type of ['Sub', 'Div'] as const)
      expect(() => elementwise(node(type), type, list(1), BEHIND)).toThrow(REFUSED);
    expect(() => elementwise(node('Add'), 'Add', BEHIND, constant([3, 1]))).toThrow(REFUSED);
    expect(elementwise(node('Add'), 'Add', ASIDE, list(1))).toBe(ASIDE);
    const one: Activations = { ...BEHIND, linears: [{ ...LINEAR, inputs: 6, outputs: 1 }], functions: ['Sigmoid'] };
    expect(elementwise(node('Sub'), 'Sub', list(1), one)).toEqual({ kind: 'complement', of: one });
    for (const [number, value] of [
      [2, one],
      [1, { ...one, functions: ['Tanh'] }],
      [1, { ...one, functions: [] }],
      [1, { ...BEHIND, functions: ['Sigmoid'] }],
    ] as const) {
      expect(() => elementwise(node('Sub'), 'Sub', list(number), value)).toThrow(REFUSED);
    }
    const both: Value = { kind: 'complement', of: one };
    for (const axis of [1, -1]) expect(concat(node('Concat', { axis: { int: axis } }), [both, one])).toBe(one);
    for (const [inputs, axis] of [
      [[both, one], 0],
      [[one, both], 1],
      [[both, one, one], 1],
      [[both, BEHIND], 1],
    ] as const) {
      expect(() => concat(node('Concat', { axis: { int: axis } }), inputs)).toThrow(REFUSED);
    }
  });

  it('batch normalisation and the scaler of ONNX-ML', () => {
    const moments = [list(1, 2, 3), list(4, 5, 6), list(1, 1, 2), list(3, 8, 15)];
    const got = last(batchNormalization(node('BatchNormalization', { epsilon: { float: 1 } }), [BEHIND, ...moments]));
    // Scales over √(variance + 1): 1/2, 2/3, 3/4.
    [0.5, 2 / 3, 0.75].forEach((factor, o) => {
      for (const i of [0, 1]) expect(got?.weight[2 * o + i]).toBeCloseTo(factor * (LINEAR.weight[2 * o + i] ?? 0), 12);
      expect(got?.bias[o]).toBeCloseTo(
        ((LINEAR.bias[o] ?? 0) - ([1, 1, 2][o] ?? 0)) * factor + ([4, 5, 6][o] ?? 0),
        12,
      );
    });
    const close = last(
      batchNormalization(node('BatchNormalization'), [
        BEHIND,
        list(1, 1, 1),
        list(0, 0, 0),
        list(0, 0, 0),
        list(1, 0, 0),
      ]),
    );
    expect(close?.bias[1]).toBeCloseTo(8 / Math.sqrt(1e-5), 6);
    expect(() => batchNormalization(node('BatchNormalization'), [BEHIND, ...moments.slice(0, 3), list(1, 2)])).toThrow(
      REFUSED,
    );
    expect(() =>
      batchNormalization(node('BatchNormalization', { training_mode: { int: 1 } }), [BEHIND, ...moments]),
    ).toThrow(REFUSED);
    expect(scaler(node('Scaler', { offset: { floats: [1, 2] }, scale: { floats: [3, 4] } }), INPUT).waiting).toEqual([
      { type: 'Sub', by: Float64Array.of(1, 2) },
      { type: 'Mul', by: Float64Array.of(3, 4) },
    ]);
    expect(scaler(node('Scaler', { offset: { floats: [1] } }), INPUT).waiting).toEqual([
      { type: 'Sub', by: Float64Array.of(1) },
    ]);
    expect(scaler(node('Scaler', { scale: { floats: [1] } }), INPUT).waiting).toEqual([
      { type: 'Mul', by: Float64Array.of(1) },
    ]);
    expect(scaler(node('Scaler'), INPUT)).toBe(INPUT);
  });
});

describe('a graph', () => {
  const weights = {
    name: 'w',
    dims: [2, 2],
    dataType: FLOAT,
    raw: undefined,
    numbers: [1, 2, 3, 4],
    strings: [],
    external: false,
  };
  const build = (nodes: readonly OnnxNode[], outputs: readonly string[] = ['out']): OnnxGraph => ({
    name: 'g',
    nodes,
    initializers: [weights],
    inputs: [{ name: 'x', dataType: FLOAT, shape: ['N', 2] }],
    outputs: outputs.map((name) => ({ name, dataType: FLOAT, shape: ['N', 2] })),
  });
  const matMul = (from: string, to: string): OnnxNode => ({ ...node('MatMul'), inputs: [from, 'w'], outputs: [to] });
  /** The bias that `x W + c` has, where c is a Constant node with one attribute. */
  const addConstant = (attributes: Readonly<Record<string, Partial<OnnxAttribute>>>) => {
    const constantNode = { ...node('Constant', attributes), outputs: ['c'] };
    const add = { ...node('Add'), inputs: ['z', 'c'], outputs: ['out'] };
    return [...(new Walk(build([constantNode, matMul('x', 'z'), add])).answer().linears[0]?.bias ?? [])];
  };

  it.each<[Readonly<Record<string, Partial<OnnxAttribute>>>, number[]]>([
    [{ value_float: { float: 1.5 } }, [1.5, 1.5]],
    [{ value_int: { int: 2 } }, [2, 2]],
    [{ value_floats: { floats: [1.5, 2] } }, [1.5, 2]],
    [{ value_ints: { ints: [3, 4] } }, [3, 4]],
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
        'node "n" (Constant): expected a value of numbers, got ',
      );
    },
  );

  it.each([
    ['Transpose', ['w']],
    ['MatMul', ['x', 'w']],
    ['Gemm', ['x', 'w']],
    ['Add', ['z', 'row']],
    ['Sub', ['z', 'row']],
    ['Mul', ['z', 'row']],
    ['Div', ['z', 'row']],
    ['BatchNormalization', ['z', 'row', 'row', 'row', 'row']],
  ])('computes at most 16 weights for each number of the file: %s', (type, inputs) => {
    const row = { ...weights, name: 'row', dims: [2], numbers: [1, 2] };
    const copies = (count: number) => {
      const nodes = Array.from({ length: count }, (_, i) => ({ ...node(type), inputs, outputs: [`c${i}`] }));
      const graph = build([matMul('x', 'z'), ...nodes], ['z']);
      return () => new Walk({ ...graph, initializers: [weights, row] }).answer().linears.length;
    };
    // Six numbers allow 96 weights: 24 layers of four, of which `z` is one.
    expect(copies(23)()).toBe(1);
    expectRefusal(copies(24), 'bad-model', 'expected weights that are used at most 16 times, got more');
  });

  it('has operators of ONNX and ONNX-ML', () => {
    const last = (domain: string) => new Walk(build([{ ...matMul('x', 'out'), domain }])).answer().linears.length;
    expect(['', 'ai.onnx', 'ai.onnx.ml'].map(last)).toEqual([1, 1, 1]);
    expectRefusal(() => last('ai'), 'bad-model', 'expected an operator of ONNX or ONNX-ML, got "ai"');
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

  it('has one output: the deepest, behind the most functions', () => {
    const deep = build(
      [matMul('x', 'z'), { ...node('Relu'), inputs: ['z'], outputs: ['h'] }, matMul('h', 'out')],
      ['z', 'h', 'out'],
    );
    const { linears, functions } = new Walk(deep).answer();
    expect([linears.length, functions]).toEqual([2, ['Relu']]);
    expect(new Walk({ ...deep, outputs: deep.outputs.slice(0, 2) }).answer().functions).toEqual(['Relu']);
    const other = build([matMul('x', 'z'), matMul('x', 'q')], ['z', 'q']);
    expectRefusal(() => new Walk(other).answer(), 'bad-model', 'outputs: expected one network, got more');
    expectRefusal(
      () => new Walk(build([], [])).answer(),
      'bad-model',
      'outputs: expected a multilayer perceptron, got none',
    );
  });

  it('takes softmax over the last axis only', () => {
    const end = (axis: number | undefined, shape: (string | number)[] | undefined) => {
      const softmax = {
        ...node('Softmax', axis === undefined ? {} : { axis: { int: axis } }),
        inputs: ['z'],
        outputs: ['out'],
      };
      const graph = build([matMul('x', 'z'), softmax]);
      const inputs = [{ name: 'x', dataType: FLOAT, shape }];
      return () => new Walk({ ...graph, inputs }).answer().functions;
    };
    for (const axis of [undefined, -1, 1]) expect(end(axis, ['N', 2])()).toEqual(['Softmax']);
    expect(end(1, undefined)()).toEqual(['Softmax']);
    expect(end(2, ['N', 1, 2])()).toEqual(['Softmax']);
    expectRefusal(end(0, ['N', 2]), 'bad-model', 'expected the axis of the classes, 1 or -1, got 0');
    expectRefusal(end(1, ['N', 1, 2]), 'bad-model', 'expected the axis of the classes, 2 or -1, got 1');
  });

  it('has one input, and class names in the nodes for labels', () => {
    const zipMap = (attributes: Readonly<Record<string, Partial<OnnxAttribute>>>) => {
      const last = { ...node('ZipMap', attributes), inputs: ['z'], outputs: ['out'] };
      return new Walk(build([matMul('x', 'z'), last])).classes;
    };
    expect(zipMap({ classlabels_strings: { strings: ['a', 'b'] } })).toEqual(['a', 'b']);
    expect(zipMap({ classlabels_int64s: { ints: [3, 4] } })).toEqual(['3', '4']);
    expect(zipMap({})).toBeUndefined();
    const extract = (tensor: OnnxTensor) => {
      const last = { ...node('ArrayFeatureExtractor'), inputs: ['c', 'z'], outputs: ['label'] };
      const names = { ...node('Constant', { value: { tensor } }), outputs: ['c'] };
      return new Walk(build([matMul('x', 'z'), names, last], ['z'])).classes;
    };
    expect(extract({ ...weights, dims: [2], dataType: 8, strings: ['no', 'yes'] })).toEqual(['no', 'yes']);
    expect(extract({ ...weights, dims: [2], numbers: [3, 8] })).toEqual(['3', '8']);
    const graph = build([matMul('x', 'out')]);
    const [x] = graph.inputs;
    const inputs = (...names: string[]) => names.map((name) => ({ name, dataType: FLOAT, shape: x?.shape }));
    expect(new Walk({ ...graph, inputs: inputs('w', 'x') }).answer().linears.length).toBe(1);
    expectRefusal(
      () => new Walk({ ...graph, inputs: inputs('x', 'y') }),
      'bad-model',
      'inputs: expected one, got x, y',
    );
    expectRefusal(() => new Walk({ ...graph, inputs: inputs('w') }), 'bad-model', 'inputs: expected one, got none');
  });
});
