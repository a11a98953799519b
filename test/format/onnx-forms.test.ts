/** Forms of weights, activations and outputs in ONNX files, compared with ONNX Runtime. */
import { describe, expect, it } from 'vitest';
import type { HiddenActivation } from '../../src/core/spec.ts';
import { unscaleTargets } from '../../src/core/targets.ts';
import { scaleInputs } from '../../src/data/index.ts';
import { createMlp, describeModel, formatModel, type ModelFile, parseModel } from '../../src/format/index.ts';
import { formatOnnx, listExternalFiles, parseOnnx } from '../../src/format/onnx/index.ts';
import { Mlp } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { noise } from '../support/numbers.ts';
import {
  type Attribute,
  type Bytes,
  external,
  field,
  type Graph,
  node,
  onnxFile,
  tensor,
  value,
  whole,
} from '../support/onnx.ts';
import {
  behind,
  changed,
  EXPECTED,
  eighths,
  expectSame,
  INITIALIZERS,
  kernels,
  PYTORCH,
  runtimeAnswers,
  TRANS_B,
  W1,
  W2,
  X,
} from '../support/onnx-network.ts';

/** The operator: as a text, the word would open a sentence (test/texts.test.ts). */
const [WHERE = ''] = Object.keys({ Where: true });

describe('activations', () => {
  const numbers = Object.entries({
    ...{
      zero: 0,
      half: 0.5,
      one: 1,
      two: 2,
      root: Math.SQRT2,
      cubic: 0.044715,
      slope: 0.01,
      three: 3,
      six: 6,
      limit: 20,
    },
    ...{ bent: Math.sqrt(2 / Math.PI), large: 1.702, negative: -1 },
  }).map(([name, number]) => tensor(name, [], [number]));
  /** The network with other nodes from `z1` to `h1`. */
  const between = (nodes: readonly Bytes[], opset = 13): Graph => ({
    ...PYTORCH,
    nodes: [...PYTORCH.nodes.slice(0, 1), ...nodes, ...PYTORCH.nodes.slice(2)],
    initializers: [...INITIALIZERS, ...numbers],
    opset,
  });
  const gelu = [
    node('Div', ['z1', 'root'], 'd'),
    node('Erf', ['d'], 'e'),
    node('Add', ['e', 'one'], 'a'),
    node('Mul', ['z1', 'a'], 'm'),
    node('Mul', ['m', 'half'], 'h1'),
  ];
  const geluTanh = [
    node('Pow', ['z1', 'three'], 'p'),
    node('Mul', ['p', 'cubic'], 'c'),
    node('Add', ['z1', 'c'], 's'),
    node('Mul', ['bent', 's'], 'b'),
    node('Tanh', ['b'], 't'),
    node('Add', ['one', 't'], 'a'),
    node('Mul', ['z1', 'half'], 'g'),
    node('Mul', ['g', 'a'], 'h1'),
  ];
  const forms: [HiddenActivation, string, Bytes[], number?][] = [
    ['leaky-relu', 'LeakyRelu', [node('LeakyRelu', ['z1'], 'h1')]],
    ['leaky-relu', 'Max', [node('Mul', ['z1', 'slope'], 's'), node('Max', ['z1', 's'], 'h1')]],
    ['elu', 'Elu', [node('Elu', ['z1'], 'h1', { alpha: { f: 1 } })]],
    ['softplus', 'Softplus', [node('Softplus', ['z1'], 'h1')]],
    [
      'softplus',
      'Softplus and a choice, as PyTorch writes it',
      [node('Softplus', ['z1'], 's'), node('Greater', ['z1', 'limit'], 'c'), node(WHERE, ['c', 'z1', 's'], 'h1')],
    ],
    [
      'leaky-relu',
      'a choice',
      [
        node('LessOrEqual', ['z1', 'zero'], 'c'),
        node('Mul', ['z1', 'slope'], 's'),
        node(WHERE, ['c', 's', 'z1'], 'h1'),
      ],
    ],
    ['silu', 'Sigmoid and Mul', [node('Sigmoid', ['z1'], 's'), node('Mul', ['s', 'z1'], 'h1')]],
    ['gelu', 'Erf', gelu],
    [
      'gelu',
      'Erf, with the half first',
      [node('Mul', ['z1', 'half'], 'm'), ...gelu.slice(0, 3), node('Mul', ['m', 'a'], 'h1')],
    ],
    ['gelu-tanh', 'Tanh', geluTanh],
    ['relu', 'Max', [node('Max', ['zero', 'z1'], 'h1')]],
    ['relu', 'Clip', [node('Clip', ['z1', 'zero'], 'h1')]],
    ['relu', 'Clip of version 10', [node('Clip', ['z1'], 'h1', { min: { f: 0 } })], 10],
    [
      'sigmoid',
      '1 / (1 + Exp(-z))',
      [
        node('Neg', ['z1'], 'n'),
        node('Exp', ['n'], 'e'),
        node('Add', ['e', 'one'], 'a'),
        node('Reciprocal', ['a'], 'h1'),
      ],
    ],
    [
      'tanh',
      '2 σ(2 z) - 1',
      [
        node('Mul', ['z1', 'two'], 'd'),
        node('Sigmoid', ['d'], 's'),
        node('Mul', ['s', 'two'], 'm'),
        node('Sub', ['m', 'one'], 'h1'),
      ],
    ],
  ];
  it.each(forms)('%s as %s', async (hiddenActivation, _, nodes, opset) => {
    const bytes = onnxFile(between(nodes, opset));
    const model = parseOnnx(bytes, 'm');
    expect(model.info.spec.layers).toEqual([3, 4, 2]);
    // 2 σ(2 z) - 1 is a sigmoid between layers that absorb the factors.
    expect(model.info.spec.hiddenActivation).toBe(_.startsWith('2 σ') ? 'sigmoid' : hiddenActivation);
    await expectSame(bytes, model);
  });

  it('Gelu is an operator since version 20', () => {
    const read = (approximate: string, opset: number) => () =>
      parseOnnx(onnxFile(between([node('Gelu', ['z1'], 'h1', { approximate: { s: approximate } })], opset)), 'm').info
        .spec;
    expect(read('none', 20)().hiddenActivation).toBe('gelu');
    expect(read('tanh', 20)().hiddenActivation).toBe('gelu-tanh');
    expectRefusal(
      read('none', 19),
      'bad-model',
      'node "/Gelu/h1" (Gelu): expected version 20 of the operators, got version 19',
    );
  });

  it.each<[string, Bytes[], string]>([
    [
      'a slope of 0.2',
      [node('LeakyRelu', ['z1'], 'h1', { alpha: { f: 0.2 } })],
      '(LeakyRelu): expected one of the activations',
    ],
    ['alpha 2', [node('Elu', ['z1'], 'h1', { alpha: { f: 2 } })], '(Elu): expected one of the activations'],
    ['ReLU6', [node('Clip', ['z1', 'zero', 'six'], 'h1')], '(Clip): expected one of the activations'],
    [
      'x · σ(1.702 x)',
      [node('Mul', ['z1', 'large'], 'l'), node('Sigmoid', ['l'], 's'), node('Mul', ['z1', 's'], 'h1')],
      '(Mul): expected one of the activations',
    ],
    ['|z|', [node('Abs', ['z1'], 'h1')], '(Abs): expected one of the activations'],
    [
      'HardSigmoid',
      [node('HardSigmoid', ['z1'], 'h1')],
      '(HardSigmoid): expected an operator of a multilayer perceptron',
    ],
    [
      'an activation of an activation',
      [node('Relu', ['z1'], 'r'), node('Tanh', ['r'], 'h1')],
      '(Tanh): expected one of the activations',
    ],
    [
      'a skip connection',
      [node('Relu', ['z1'], 'r'), node('Gemm', ['r', 'square'], 'q'), node('Add', ['q', 'r'], 'h1')],
      '(Add): expected a constant, or two functions of the outputs of one layer, got values of two layers',
    ],
  ])('%s is refused', (_, nodes, message) => {
    const graph = between(nodes);
    const bytes = onnxFile({
      ...graph,
      initializers: [...(graph.initializers ?? []), tensor('square', [4, 4], eighths(16, 6))],
    });
    expectRefusal(() => parseOnnx(bytes, 'm'), 'bad-model', message);
  });

  it('each hidden layer may have its own; two layers without one are multiplied', async () => {
    const square = tensor('square', [4, 4], eighths(16, 6));
    const after = tensor('after', [4], eighths(4, 8));
    const layers = (middle: readonly Bytes[]) =>
      changed({
        nodes: [
          ...PYTORCH.nodes.slice(0, 2),
          node('Gemm', ['h1', 'square', 'after'], 'z3', TRANS_B),
          ...middle,
          node('Gemm', ['h3', 'w2', 'b2'], 'z2', TRANS_B),
          ...PYTORCH.nodes.slice(3),
        ],
        initializers: [...INITIALIZERS, square, after],
      });
    const mixed = layers([node('Tanh', ['z3'], 'h3')]);
    const model = parseOnnx(mixed, 'm');
    expect(model.info.spec).toEqual({ layers: [3, 4, 4, 2], hiddenActivation: ['relu', 'tanh'] });
    await expectSame(mixed, model);
    const linear = layers([node('Identity', ['z3'], 'h3')]);
    const product = parseOnnx(linear, 'm');
    expect(product.info.spec).toEqual({ layers: [3, 4, 2], hiddenActivation: 'relu' });
    await expectSame(linear, product);
  });

  it('two layers whose product is much larger than they are are refused', () => {
    const bytes = onnxFile({
      nodes: [node('MatMul', ['x', 'narrow'], 'z'), node('MatMul', ['z', 'wide'], 'out')],
      initializers: [tensor('narrow', [40, 1], eighths(40, 1)), tensor('wide', [1, 40], eighths(40, 2))],
      inputs: [value('x', ['N', 40])],
      outputs: [value('out', ['N', 40])],
    });
    expectRefusal(
      () => parseOnnx(bytes, 'm'),
      'bad-model',
      'expected a product of at most 16 times their numbers, got 40 × 40',
    );
  });
});

describe('classifiers of scikit-learn', () => {
  const coefficients = eighths(9, 1);
  const linear = (change: Record<string, Attribute>, after: Bytes[] = [], output = 'scores') =>
    onnxFile({
      nodes: [
        node('LinearClassifier', ['x'], ['label', 'scores'], {
          classlabels_strings: { strings: ['a', 'b', 'c'] },
          coefficients: { floats: coefficients },
          intercepts: { floats: [0.5, 0, -0.5] },
          post_transform: { s: 'SOFTMAX' },
          ...change,
        }),
        ...after,
      ],
      inputs: [X],
      outputs: [value('label', ['N'], 8), value(output, ['N', change.intercepts?.floats?.length ?? 3])],
    });
  const binary = {
    classlabels_strings: { strings: ['no', 'yes'] },
    coefficients: { floats: [...coefficients.slice(0, 3).map((w) => -w), ...coefficients.slice(0, 3)] },
    intercepts: { floats: [-0.5, 0.5] },
    post_transform: { s: 'LOGISTIC' },
  };

  it.each<[string, Record<string, Attribute>, string[]]>([
    ['softmax', {}, ['a', 'b', 'c']],
    ['sigmoids of -z and z', binary, ['no', 'yes']],
  ])('LinearClassifier with %s', async (_, change, classes) => {
    const bytes = linear(change);
    const model = parseOnnx(bytes, 'm');
    expect(model.info.classes).toEqual(classes);
    expect(model.info.spec.layers).toEqual([3, classes.length]);
    await expectSame(bytes, model, 'scores');
  });

  it('probabilities that a Normalizer divides by their sum', async () => {
    const bytes = linear({}, [node('Normalizer', ['scores'], 'p', { norm: { s: 'L1' } })], 'p');
    await expectSame(bytes, parseOnnx(bytes, 'm'), 'p');
  });

  it.each<[string, Uint8Array, string]>([
    ['independent sigmoids', linear({ post_transform: { s: 'LOGISTIC' } }), 'got LOGISTIC of 3 scores'],
    ['sigmoids of other scores', linear({ ...binary, intercepts: { floats: [0.5, 0.5] } }), 'got LOGISTIC of 2 scores'],
    ['too few names', linear({ classlabels_strings: { strings: ['a'] } }), 'an intercept and a name for each class'],
    [
      'half a row of weights',
      linear({ coefficients: { floats: coefficients.slice(1) } }),
      'an intercept and a name for each class',
    ],
    ['L2', linear({}, [node('Normalizer', ['scores'], 'p', { norm: { s: 'L2' } })], 'p'), 'got L2 of other numbers'],
    [
      'normalised scores',
      linear({ post_transform: { s: 'NONE' } }, [node('Normalizer', ['scores'], 'p', { norm: { s: 'L1' } })], 'p'),
      'got L1 of other numbers',
    ],
    [
      'another norm of features',
      onnxFile(behind([node('Normalizer', ['x'], 'features', { norm: { s: 'L1' } })])),
      '(Normalizer): expected',
    ],
  ])('%s are refused', (_, bytes, message) => {
    expectRefusal(() => parseOnnx(bytes, 'm'), 'bad-model', message);
  });

  it('probabilities of both classes in either order', async () => {
    const pair = (inputs: string[], last: string) =>
      changed({
        nodes: [
          ...PYTORCH.nodes.slice(0, 2),
          node('Gemm', ['h1', 'w', 'b'], 'z', TRANS_B),
          node('Sigmoid', ['z'], 'p'),
          node('Sub', ['one', 'p'], 'q'),
          node('Concat', inputs, 'both', { axis: { i: -1 } }),
          node(last, ['both'], 'out'),
        ],
        initializers: [
          ...[...INITIALIZERS, tensor('w', [1, 4], W2.slice(0, 4)), tensor('b', [1], [0.5])],
          tensor('one', [1], [1]),
        ],
      });
    for (const inputs of [
      ['q', 'p'],
      ['p', 'q'],
    ]) {
      const bytes = pair(inputs, 'Identity');
      await expectSame(bytes, parseOnnx(bytes, 'm'));
    }
    for (const inputs of [
      ['p', 'p'],
      ['z', 'p'],
      ['q', 'p', 'p'],
    ]) {
      expect(() => parseOnnx(pair(inputs, 'Identity'), 'm')).toThrow('(Concat): expected ');
    }
    expect(() => parseOnnx(pair(['q', 'p'], 'Exp'), 'm')).toThrow('(Exp): expected the outputs of a linear layer');
  });
});

describe('quantized weights', () => {
  const bytes = (name: string, dims: readonly number[], type: number, values: readonly number[]): Bytes => [
    ...[...dims.flatMap((size) => whole(1, size)), ...whole(2, type), ...field(8, name)],
    ...field(
      9,
      values.map((each) => each & 255),
    ),
  ];
  const q1 = [127, -3, 5, 64, -127, 1, 0, 2, 127, -5, 127, 8];
  const q2 = [127, 1, -2, 3, 0, -127, 90, 4];
  const build = (axis: number | undefined, z1 = [0, 0, 0, 0], s1 = [0.5, 0.25, 0.125, 1]) =>
    changed({
      nodes: [
        node('DequantizeLinear', ['q1', 's1', 'zero1'], 'w1', axis === undefined ? {} : { axis: { i: axis } }),
        node('DequantizeLinear', ['q2', 's2'], 'w2'),
        ...PYTORCH.nodes,
      ],
      initializers: [
        ...[bytes('q1', [4, 3], 3, q1), tensor('s1', [s1.length], s1), bytes('zero1', [z1.length], 3, z1)],
        ...[bytes('q2', [2, 4], 3, q2), tensor('s2', [], [0.5])],
        ...INITIALIZERS.filter((_, i) => i % 2 === 1),
      ],
    });

  it('of int8 with a scale for each output stay int8', async () => {
    const file = build(0);
    const model = parseOnnx(file, 'm');
    expect(model.quantized).toMatchObject({
      weights: [Int8Array.from(q1), Int8Array.from(q2)],
      scales: [Float32Array.of(0.5, 0.25, 0.125, 1), Float32Array.of(0.5, 0.5)],
    });
    expect([...(model.parameters.weights[0] ?? [])]).toEqual(
      q1.map((q, k) => q * ([0.5, 0.25, 0.125, 1][Math.floor(k / 3)] ?? 0)),
    );
    await expectSame(file, { info: model.info, parameters: model.parameters });
    expect(parseModel(formatModel(model), 's').quantized?.weights).toEqual(model.quantized?.weights);
  });

  it.each<[string, Uint8Array]>([
    ['a level of -128', build(0, [1, 1, 1, 1])],
    ['a scale for each input', build(1, [0, 0, 0], [0.5, 0.25, 0.125])],
  ])('with %s become float32', async (_, file) => {
    const model = parseOnnx(file, 'm');
    expect(model.quantized).toBeUndefined();
    await expectSame(file, model);
  });

  it('are rounded as ONNX defines; rounded activations are refused', async () => {
    const nodes = [
      node('QuantizeLinear', ['w', 's', 'z'], 'q'),
      node('DequantizeLinear', ['q', 's', 'z'], 'w1'),
      ...PYTORCH.nodes,
    ];
    const values = [0.25, 0.75, -0.25, -0.75, 100, -100, 0.5, 0.1, -0.1, 3.25, 3.75, 0];
    const file = changed({
      nodes,
      initializers: [
        ...INITIALIZERS.slice(1),
        tensor('w', [4, 3], values),
        tensor('s', [], [0.5]),
        bytes('z', [], 3, [3]),
      ],
    });
    const model = parseOnnx(file, 'm');
    expect([...(model.parameters.weights[0] ?? [])]).toEqual([0, 1, 0, -1, 62, -65.5, 0.5, 0, 0, 3, 4, 0]);
    await expectSame(file, { info: model.info, parameters: model.parameters });
    const activations = behind(
      [node('QuantizeLinear', ['x', 's'], 'q'), node('DequantizeLinear', ['q', 's'], 'features')],
      {
        initializers: [...INITIALIZERS, tensor('s', [], [0.5])],
      },
    );
    expectRefusal(() => parseOnnx(onnxFile(activations), 'm'), 'bad-model', 'rounded activations are not supported');
  });
});

describe('external data', () => {
  const data = new Uint8Array([0, 0, ...new Uint8Array(Float32Array.from(W1).buffer)]);
  const file = (entries: Record<string, string>, dims = [4, 3]) =>
    changed({ initializers: [external('w1', dims, entries), ...INITIALIZERS.slice(1)] });
  const nearby = { location: 'm.onnx.data', offset: '2', length: '48' };

  it('are read from the file next to it, up to its end without a length', () => {
    for (const entries of [nearby, { location: 'm.onnx.data', offset: '2' }]) {
      const externalData = { 'm.onnx.data': data };
      expect(parseOnnx(file(entries), 'm', { externalData }).parameters).toEqual(EXPECTED);
    }
    const nested = file({ location: 'weights/w1.bin' });
    const bytes = data.subarray(2);
    expect(parseOnnx(nested, 'm', { externalData: { 'weights/w1.bin': bytes } }).parameters).toEqual(EXPECTED);
    expect(listExternalFiles(nested, 'm')).toEqual(['weights/w1.bin']);
    expect(listExternalFiles(onnxFile(PYTORCH), 'm')).toEqual([]);
    const constant = node('Constant', [], 'w1', { value: { t: external('', [4, 3], nearby) } });
    const bytesOfConstant = changed({ nodes: [constant, ...PYTORCH.nodes], initializers: INITIALIZERS.slice(1) });
    expect(listExternalFiles(bytesOfConstant, 'm')).toEqual(['m.onnx.data']);
    expect(parseOnnx(bytesOfConstant, 'm', { externalData: { 'm.onnx.data': data } }).parameters).toEqual(EXPECTED);
  });

  it.each([
    [{}, 'its data in the file, or the file "" next to it, got neither'],
    [{ location: 'toString' }, 'its data in the file, or the file "toString" next to it, got neither'],
    [{ ...nearby, offset: '4' }, 'a range of the 50 bytes of "m.onnx.data", got 4 to 52'],
    [{ ...nearby, offset: '-2' }, 'a range of the 50 bytes'],
    [{ ...nearby, length: '-1' }, 'a range of the 50 bytes'],
    [{ ...nearby, offset: 'x' }, 'a range of the 50 bytes'],
    [{ ...nearby, length: '44' }, '48 bytes for its shape, got 44'],
  ])('%j is refused', (entries, message) => {
    const read = () => parseOnnx(file(entries), 'm', { externalData: { 'm.onnx.data': data } });
    expectRefusal(read, 'bad-model', `m: initializer "w1": expected ${message}`);
  });

  it.each([
    '/etc/passwd',
    '../m.data',
    'a/../../m.data',
    'a//b',
    '',
    '.',
    'C:\\m.data',
    'a\\..\\b',
    'C:m.data',
    'a\0b',
  ])('outside of the folder is refused: %j', (location) => {
    expectRefusal(
      () => listExternalFiles(file({ location }), 'm'),
      'bad-model',
      'm: external data: expected a file in the folder of the ONNX file, got ',
    );
  });
});

describe('regression', () => {
  const values: Graph = { ...PYTORCH, nodes: [...PYTORCH.nodes.slice(0, 3), node('Identity', ['z2'], 'out')] };
  const regression = { task: 'regression' } as const;

  async function expectValues(bytes: Uint8Array, model: ModelFile, output = 'out') {
    const [columns = 0] = model.info.spec.layers;
    const inputs = Float32Array.from(noise(20 * columns, 9));
    using mlp = createMlp(kernels, model);
    const { targets = [] } = model.info;
    const ours = unscaleTargets(mlp.predictValues(scaleInputs(inputs, model.info.scaling)), targets);
    const theirs = await runtimeAnswers(bytes, inputs, [columns], output);
    expect(theirs).toHaveLength(ours.length);
    for (const [i, value] of ours.entries()) {
      expect(Math.abs(value - (theirs[i] ?? Number.NaN))).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(value)));
    }
  }

  it('of other programs has numbers as outputs, one or several, also scaled in the graph', async () => {
    const several = onnxFile(values);
    const model = parseOnnx(several, 'm', regression);
    expect(model.info).toMatchObject({ spec: { layers: [3, 4, 2], task: 'regression' }, classes: [] });
    expect(model.info.targets).toEqual(['0', '1'].map((name) => ({ name, mean: 0, standardDeviation: 1 })));
    await expectValues(several, model);
    const scaled = onnxFile({
      ...PYTORCH,
      outputs: [value('out', ['N', 1])],
      nodes: [
        ...PYTORCH.nodes.slice(0, 2),
        node('Gemm', ['h1', 'w', 'b'], 'z', TRANS_B),
        node('Mul', ['z', 'factor'], 's'),
        node('Add', ['s', 'offset'], 'out'),
      ],
      initializers: [
        ...[...INITIALIZERS, tensor('w', [1, 4], W2.slice(0, 4)), tensor('b', [1], [0.5])],
        ...[tensor('factor', [], [250]), tensor('offset', [1], [1000])],
      ],
    });
    const one = describeModel(parseOnnx(scaled, 'm', regression), { targets: ['price'] });
    expect(one.info.targets).toEqual([{ name: 'price', mean: 0, standardDeviation: 1 }]);
    await expectValues(scaled, one);
    expectRefusal(() => parseOnnx(scaled, 'm'), 'bad-model', 'or the task regression, got one number');
  });

  it.each<[string, Graph]>([
    ['softmax', PYTORCH],
    ['an activation', { ...PYTORCH, nodes: [...PYTORCH.nodes.slice(0, 3), node('Relu', ['z2'], 'out')] }],
    [
      'a label',
      {
        ...PYTORCH,
        nodes: [...PYTORCH.nodes.slice(0, 3), node('ArgMax', ['z2'], 'out', { axis: { i: 1 } })],
        outputs: [value('out', ['N', 1], 7)],
      },
    ],
  ])('with %s at the end is refused', (_, graph) => {
    expectRefusal(
      () => parseOnnx(onnxFile(graph), 'm', regression),
      'bad-model',
      'outputs: expected numbers of a regression',
    );
  });

  it('of this program comes back with its targets, and has values in their units elsewhere', async () => {
    using mlp = Mlp.create(kernels, { layers: [3, 5, 2], hiddenActivation: 'gelu', seed: 3, task: 'regression' });
    const model: ModelFile = {
      info: {
        ...{ spec: mlp.spec, classes: [] },
        targets: [
          { name: 'price', mean: 206.1, standardDeviation: 115.3 },
          { name: 'area', mean: -0.1, standardDeviation: 0.01 },
        ],
        scaling: { kind: 'standard', mean: [1, 2, 3], standardDeviation: [1, 0.5, 2] },
        features: ['a', 'b', 'c'],
      },
      parameters: mlp.parameters(),
    };
    const bytes = formatOnnx(model);
    expect(parseOnnx(bytes, 'm')).toEqual(model);
    await expectValues(bytes, model, 'values');
    // Without the nodes that scale, the metadata do not apply.
    const { targets } = parseOnnx(changedTargets(model), 'm').info;
    expect(targets).toEqual(['price', 'area'].map((name) => ({ name, mean: 0, standardDeviation: 1 })));
  });

  /** The scaling of the targets is not that of the metadata. */
  function changedTargets(model: ModelFile): Uint8Array {
    const metadata = { 'edge-mlp.task': '"regression"', 'edge-mlp.targets': JSON.stringify(model.info.targets) };
    return onnxFile({ ...values, metadata });
  }
});
