/** Networks of other programs as ONNX files, compared with ONNX Runtime, and files that are refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMlp, type Description, describeModel } from '../../src/format/index.ts';
import { parseOnnx } from '../../src/format/onnx/index.ts';
import { EdgeMlpError } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import {
  type Bytes,
  FORMS,
  field,
  type Graph,
  longs,
  node,
  onnxFile,
  tensor,
  texts,
  value,
  whole,
} from '../support/onnx.ts';
import {
  B1,
  B2,
  behind,
  changed,
  EXPECTED,
  eighths,
  expectSame,
  INITIALIZERS,
  kernels,
  OUT,
  PYTORCH,
  runtimeAnswers,
  TRANS_B,
  turned,
  W1,
  W2,
  X,
} from '../support/onnx-network.ts';

const MEAN = [1, 2, 3];

describe('files of other programs', () => {
  const forms: [string, Graph][] = [
    ['PyTorch: Gemm with transB', PYTORCH],
    [
      'MatMul and Add, weights as (in, out)',
      {
        ...PYTORCH,
        nodes: [
          node('MatMul', ['x', 'm1'], 'p1'),
          node('Add', ['p1', 'b1'], 'z1'),
          node('Relu', ['z1'], 'h1'),
          node('MatMul', ['h1', 'm2'], 'p2'),
          node('Add', ['b2', 'p2'], 'z2'),
          node('Softmax', ['z2'], 'out'),
        ],
        initializers: [
          ...INITIALIZERS.filter((_, i) => i % 2 === 1),
          tensor('m1', [3, 4], turned(W1, 4)),
          tensor('m2', [4, 2], turned(W2, 2)),
        ],
      },
    ],
    [
      'Gemm without transB, with alpha and beta, bias of one row',
      {
        ...PYTORCH,
        nodes: [
          node('Gemm', ['x', 'm1', 'c1'], 'z1', { alpha: { f: 0.5 }, beta: { f: 0.25 } }),
          ...PYTORCH.nodes.slice(1),
        ],
        initializers: [
          ...INITIALIZERS,
          tensor(
            'm1',
            [3, 4],
            turned(W1, 4).map((w) => 2 * w),
          ),
          tensor(
            'c1',
            [1, 4],
            B1.map((b) => 4 * b),
          ),
        ],
      },
    ],
    [
      'weights as constants among the nodes, and turned there',
      {
        ...PYTORCH,
        nodes: [
          node('Constant', [], 'w', { value: { t: tensor('', [4, 3], W1) } }),
          node('Transpose', ['w'], 'm', { perm: { ints: [1, 0] } }),
          node('MatMul', ['x', 'm'], 'p'),
          node('Add', ['p', 'b1'], 'z1'),
          ...PYTORCH.nodes.slice(1),
        ],
      },
    ],
    [
      'weights that are named among the inputs, as before IR 4',
      { ...PYTORCH, inputs: [X, value('w1', [4, 3]), value('b1', [4])] },
    ],
    [
      'Identity, Dropout and Cast',
      behind([
        node('Identity', ['x'], 'i'),
        node('Dropout', ['i'], ['d', 'mask']),
        node('Cast', ['d'], 'features', { to: { i: 1 } }),
      ]),
    ],
    ['Flatten', behind([node('Flatten', ['x'], 'features', { axis: { i: 1 } })])],
    [
      'Reshape to a constant',
      behind([node('Reshape', ['x', 'shape'], 'features')], {
        initializers: [...INITIALIZERS, longs('shape', [-1, 3])],
      }),
    ],
    [
      'Reshape to what the batch is',
      behind(
        [
          node('Shape', ['x'], 's'),
          node('Gather', ['s', 'zero'], 'n', { axis: { i: 0 } }),
          node('Concat', ['n', 'rest'], 'shape', { axis: { i: 0 } }),
          node('Reshape', ['x', 'shape'], 'features'),
        ],
        { initializers: [...INITIALIZERS, longs('zero', [0]), longs('rest', [-1])] },
      ),
    ],
  ];
  it.each(forms)('%s', async (_, graph) => {
    const bytes = onnxFile(graph);
    const model = parseOnnx(bytes, 'm');
    expect(model.info.spec).toEqual({ layers: [3, 4, 2], hiddenActivation: 'relu' });
    expect(model.parameters).toEqual(EXPECTED);
    expect(model.info).toMatchObject({ classes: ['0', '1'], scaling: { kind: 'identity' } });
    await expectSame(bytes, model);
  });

  it.each(FORMS)('numbers as %s', (form) => {
    const initializers = [
      tensor('w1', [4, 3], W1, form),
      tensor('b1', [4], B1, form),
      tensor('w2', [2, 4], W2, form),
      tensor('b2', [2], B2, form),
    ];
    const type = { float16: 10, double: 11 }[form.replace('raw ', '')] ?? 1;
    const change = { initializers, inputs: [value('x', ['N', 3], type)], outputs: [value('out', ['N', 2], type)] };
    expect(parseOnnx(changed(change), 'm').parameters).toEqual(EXPECTED);
  });

  it('float16, from the smallest to the largest', () => {
    const halves = [0, -0, 2 ** -24, -(2 ** -24), 1023 * 2 ** -24, 2 ** -14, 1, -2, 65_504, -65_504, 1 / 3];
    const rounded = halves.map((each) => (Math.abs(each) < 1 && each > 0.3 ? 1365 / 4096 : each));
    for (const form of ['raw float16', 'float16'] as const) {
      const w = [...rounded, 0].slice(0, 12);
      const { parameters } = parseOnnx(
        changed({
          nodes: [node('Cast', ['h'], 'w1', { to: { i: 1 } }), ...PYTORCH.nodes],
          initializers: [tensor('h', [4, 3], w, form), ...INITIALIZERS.slice(1)],
        }),
        'm',
      );
      expect([...(parameters.weights[0] ?? [])]).toEqual(w);
    }
  });

  it('logits without softmax, and LogSoftmax', () => {
    for (const last of [node('Identity', ['z2'], 'out'), node('LogSoftmax', ['z2'], 'out')]) {
      expect(parseOnnx(changed({ nodes: [...PYTORCH.nodes.slice(0, 3), last] }), 'm').parameters).toEqual(EXPECTED);
    }
  });

  it.each([
    [{ classlabels_strings: { strings: ['no', 'yes'] } }, ['no', 'yes']],
    [{ classlabels_int64s: { ints: [3, 8] } }, ['3', '8']],
  ])('scikit-learn: labels, a map of probabilities, names %j', (labels, names) => {
    const nodes = [
      ...PYTORCH.nodes.slice(0, 3),
      node('Softmax', ['z2'], 'p'),
      node('ArgMax', ['p'], 'best', { axis: { i: 1 } }),
      node('ArrayFeatureExtractor', ['classes', 'best'], 'label'),
      node('ZipMap', ['p'], 'out', labels),
    ];
    const initializers = [...INITIALIZERS, texts('classes', names)];
    const model = parseOnnx(changed({ nodes, initializers, outputs: [value('label', ['N'], 8), OUT] }), 'm');
    expect(model.info.classes).toEqual(names);
    expect(model.parameters).toEqual(EXPECTED);
  });

  it('one output with a sigmoid: two classes', async () => {
    const nodes = [
      node('Gemm', ['x', 'w1', 'b1'], 'z1', TRANS_B),
      node('Tanh', ['z1'], 'h1'),
      node('Gemm', ['h1', 'w', 'b'], 'z2', TRANS_B),
      node('Sigmoid', ['z2'], 'p'),
      node('Sub', ['one', 'p'], 'q'),
      node('Concat', ['q', 'p'], 'out', { axis: { i: 1 } }),
    ];
    const initializers = [
      ...INITIALIZERS,
      tensor('w', [1, 4], W2.slice(0, 4)),
      tensor('b', [1], [0.5]),
      tensor('one', [], [1]),
    ];
    const bytes = changed({ nodes, initializers });
    const model = parseOnnx(bytes, 'm');
    expect(model.info.spec).toEqual({ layers: [3, 4, 2], hiddenActivation: 'tanh' });
    await expectSame(bytes, model);
    // The sigmoid is the network, not its input z2.
    const [logit, probability] = [value('z2', ['N', 1]), value('p', ['N', 1])];
    for (const outputs of [
      [logit, probability],
      [probability, logit],
    ]) {
      expect(parseOnnx(changed({ nodes, initializers, outputs }), 'm').parameters).toEqual(model.parameters);
    }
  });

  it('a standardisation before the first layer becomes the scaling', async () => {
    const [mean, deviation] = [
      [0.5, -1, 2],
      [2, 0.25, 4],
    ];
    const front = [node('Sub', ['x', 'mean'], 'c'), node('Div', ['c', 'deviation'], 'features')];
    const bytes = onnxFile(
      behind(front, {
        initializers: [...INITIALIZERS, tensor('mean', [3], mean), tensor('deviation', [3], deviation)],
      }),
    );
    const model = parseOnnx(bytes, 'm');
    expect(model.info.scaling).toEqual({ kind: 'standard', mean, standardDeviation: deviation });
    expect(model.parameters).toEqual(EXPECTED);
    const scaled = (x: Float32Array) => x.map((each, i) => (each - (mean[i % 3] ?? 0)) / (deviation[i % 3] ?? 0));
    await expectSame(bytes, model, 'out', scaled);
  });

  const affine: [string, Bytes[], number[], number[]][] = [
    ['Div by one number', [node('Div', ['x', 'number'], 'features')], [0, 0, 0], [4, 4, 4]],
    [
      'Mul, Add, Sub',
      [node('Mul', ['x', 'number'], 'a'), node('Add', ['row', 'a'], 'b'), node('Sub', ['b', 'number'], 'features')],
      [0.75, 0.875, 1.5],
      [0.25, 0.25, 0.25],
    ],
    [
      'one minus features, divided by 4',
      [node('Sub', ['one', 'x'], 'a'), node('Div', ['a', 'number'], 'features')],
      [1, 1, 1],
      [4, 4, 4],
    ],
    [
      'factors of which one is 0 and one is negative',
      [node('Mul', ['x', 'factors'], 'a'), node('Add', ['a', 'row'], 'features')],
      [-0.5, 0, -1],
      [0.5, 1, 0.5],
    ],
  ];
  it.each(affine)('%s before the first layer becomes a scaling', async (_, front, mean, standardDeviation) => {
    const initializers = [
      ...INITIALIZERS,
      tensor('one', [], [1]),
      tensor('number', [], [4]),
      tensor('row', [3], [1, 0.5, -2]),
      tensor('factors', [1, 3], [2, 0, -2]),
    ];
    const graph = behind(front, { initializers });
    const model = parseOnnx(onnxFile(graph), 'm');
    expect(model.info.scaling).toEqual({ kind: 'standard', mean, standardDeviation });
    await expectSame(onnxFile(graph), model);
  });

  // skl2onnx's StandardScaler and other forms: a large mean keeps all digits only as a scaling.
  it.each([
    ['Scaler', [node('Scaler', ['x'], 'features', { offset: { floats: MEAN }, scale: { floats: [0.5, 2, 4] } })]],
    ['Sub, Mul', [node('Sub', ['x', 'mean'], 'c'), node('Mul', ['c', 'factor'], 'features')]],
  ])('a standardisation as %s becomes the scaling too', (_, front) => {
    const initializers = [...INITIALIZERS, tensor('mean', [3], MEAN), tensor('factor', [3], [0.5, 2, 4])];
    const model = parseOnnx(onnxFile(behind(front, { initializers })), 'm');
    expect(model.info.scaling).toEqual({ kind: 'standard', mean: MEAN, standardDeviation: [2, 0.5, 0.25] });
    expect(model.parameters).toEqual(EXPECTED);
  });

  const rows = (columns: number) => [
    tensor('scale', [columns], eighths(columns, 11)),
    tensor('shift', [columns], eighths(columns, 12)),
    tensor('mean', [columns], eighths(columns, 13)),
    tensor(
      'variance',
      [columns],
      eighths(columns, 14).map((each) => 0.25 + each * each),
    ),
  ];
  const MOMENTS = ['scale', 'shift', 'mean', 'variance'];
  const [gemm1 = [], , ...others] = PYTORCH.nodes;
  const normalised: [string, Graph][] = [
    [
      'the features',
      behind([node('BatchNormalization', ['x', ...MOMENTS], 'features')], {
        initializers: [...INITIALIZERS, ...rows(3)],
      }),
    ],
    [
      'before the activation',
      {
        ...PYTORCH,
        nodes: [
          gemm1,
          node('BatchNormalization', ['z1', ...MOMENTS], 'n1', { epsilon: { f: 0.5 } }),
          node('Relu', ['n1'], 'h1'),
          ...others,
        ],
        initializers: [...INITIALIZERS, ...rows(4)],
      },
    ],
    [
      'after the activation',
      {
        ...PYTORCH,
        nodes: [gemm1, node('Relu', ['z1'], 'a1'), node('BatchNormalization', ['a1', ...MOMENTS], 'h1'), ...others],
        initializers: [...INITIALIZERS, ...rows(4)],
      },
    ],
  ];
  it.each(normalised)('batch normalisation of %s becomes part of a layer', async (_, graph) => {
    const bytes = onnxFile(graph);
    const model = parseOnnx(bytes, 'm');
    expect(model.info.spec.layers).toEqual([3, 4, 2]);
    await expectSame(bytes, model);
  });

  it('an input of float numbers is not a picture: it could be a window of a sensor', () => {
    const picture = behind([node('Flatten', ['x'], 'features')], {
      inputs: [value('x', ['N', 1, 2, 3])],
      initializers: [tensor('w1', [4, 6], eighths(24, 5)), ...INITIALIZERS.slice(1)],
    });
    const { info } = parseOnnx(onnxFile(picture), 'm');
    expect(info.scaling).toEqual({ kind: 'identity' });
    expect(info.imageShape).toBeUndefined();
  });
});

describe('operators around the network', () => {
  const batch = (names: readonly string[], shape: readonly (number | string)[] = ['N', 3]) => ({
    inputs: names.map((name) => value(name, shape)),
  });
  const constant = (name: string, numbers: readonly number[]) =>
    node('Constant', [], name, { value: { t: longs('', numbers) } });
  const endingIn = (nodes: readonly Bytes[], change: Partial<Graph> = {}): Graph => ({
    ...PYTORCH,
    nodes: [...PYTORCH.nodes.slice(0, 3), ...nodes],
    ...change,
  });

  it.each<[string, Graph]>([
    [
      'biases that Concat makes',
      {
        ...PYTORCH,
        nodes: [
          node('Concat', ['b1', 'none'], 'c1', { axis: { i: 0 } }),
          node('Gemm', ['x', 'w1', 'c1'], 'z1', TRANS_B),
          ...PYTORCH.nodes.slice(1),
        ],
        initializers: [...INITIALIZERS, tensor('none', [0], [])],
      },
    ],
    [
      'a bias that is turned, which turns nothing',
      {
        ...PYTORCH,
        nodes: [
          node('Transpose', ['b1'], 't1'),
          node('Gemm', ['x', 'w1', 't1'], 'z1', TRANS_B),
          ...PYTORCH.nodes.slice(1),
        ],
      },
    ],
    [
      'a batch of fixed size, reshaped by it',
      {
        ...PYTORCH,
        nodes: [
          constant('shape', [20, 3]),
          node('Reshape', ['x', 'shape'], 'f'),
          node('Gemm', ['f', 'w1', 'b1'], 'z1', TRANS_B),
          ...PYTORCH.nodes.slice(1),
        ],
        ...batch(['x'], [20, 3]),
      },
    ],
    [
      'a shape that is reckoned in the graph',
      {
        ...PYTORCH,
        nodes: [
          node('Shape', ['x'], 's'),
          constant('zero', [0]),
          node('Gather', ['s', 'zero'], 'n', { axis: { i: 0 } }),
          constant('rest', [-1]),
          node('Concat', ['n', 'rest'], 'shape', { axis: { i: 0 } }),
          node('Reshape', ['x', 'shape'], 'f'),
          node('Gemm', ['f', 'w1', 'b1'], 'z1', TRANS_B),
          ...PYTORCH.nodes.slice(1),
        ],
      },
    ],
    [
      'Dropout with a switch of another type, and unused constants',
      {
        ...PYTORCH,
        nodes: [
          ...PYTORCH.nodes.slice(0, 2),
          node('Dropout', ['h1', '', 'training'], 'd1'),
          node('Gemm', ['d1', 'w2', 'b2'], 'z2', TRANS_B),
          ...PYTORCH.nodes.slice(3),
        ],
        initializers: [
          ...INITIALIZERS,
          [...whole(2, 9), ...field(8, 'training'), ...field(9, [0])],
          [...whole(1, 2), ...whole(2, 2), ...field(8, 'pixels'), ...field(9, [1, 2])],
        ],
      },
    ],
    ['softmax over axis 1 of a matrix', endingIn([node('Softmax', ['z2'], 'out', { axis: { i: 1 } })])],
    [
      'an axis before the features, and back',
      endingIn([
        constant('one', [1]),
        node('Unsqueeze', ['z2', 'one'], 'u'),
        node('Squeeze', ['u', 'one'], 's'),
        node('Softmax', ['s'], 'out', { axis: { i: -1 } }),
      ]),
    ],
  ])('%s', async (_, graph) => {
    const bytes = onnxFile(graph);
    const model = parseOnnx(bytes, 'm');
    expect(model.parameters).toEqual(EXPECTED);
    await expectSame(bytes, model);
  });

  it('a standardisation is that of the nodes, not that of the metadata', () => {
    const scaling = { kind: 'standard', mean: [1, 2, 3], standardDeviation: [1, 1, 1] };
    const metadata = { 'edge-mlp.scaling': JSON.stringify(scaling) };
    expect(parseOnnx(changed({ metadata }), 'm').info.scaling).toEqual({ kind: 'identity' });
    const bytes = { 'edge-mlp.scaling': '{"kind":"bytes"}' };
    expect(parseOnnx(changed({ metadata: bytes }), 'm').info.scaling).toEqual({ kind: 'bytes' });
  });

  it('the deepest output is the network, in any order', () => {
    const hidden = value('h1', ['N', 4]);
    for (const outputs of [
      [hidden, OUT],
      [OUT, hidden],
    ]) {
      expect(parseOnnx(changed({ outputs }), 'm').parameters).toEqual(EXPECTED);
    }
  });

  describe('pictures that the graph scales', () => {
    const w = eighths(16, 5);
    const [n127, one, mean, deviation] = [127.5, 1, 0.1307, 0.3081];
    const scaled = (front: readonly Bytes[], inputType = 1) =>
      onnxFile(
        behind([...front, node('Flatten', ['d'], 'features')], {
          inputs: [value('x', ['N', 1, 2, 2], inputType)],
          initializers: [
            ...[tensor('w1', [4, 4], w), ...INITIALIZERS.slice(1)],
            ...Object.entries({ n255: 255, n256: 256, n16: 16, n127, one, mean, deviation, share: 1 / 255 }).map(
              ([name, number]) => tensor(name, [], [number]),
            ),
          ],
        }),
      );
    const rescaling = [node('Div', ['x', 'n127'], 'q'), node('Sub', ['q', 'one'], 'd')];
    const normalize = [node('Sub', ['x', 'mean'], 'q'), node('Div', ['q', 'deviation'], 'd')];
    const pixels = Uint8Array.from({ length: 40 }, (_, i) => (i * 53) % 256);
    const forms: [string, Bytes[], 255 | 1, Description][] = [
      ['x / 255', [node('Div', ['x', 'n255'], 'd')], 255, {}],
      ['x · (1 / 255)', [node('Mul', ['x', 'share'], 'd')], 255, {}],
      ['x / 256', [node('Div', ['x', 'n256'], 'd')], 255, {}],
      ['x / 127.5 - 1, as Keras Rescaling', rescaling, 255, {}],
      ['x / 127.5 - 1, with scaling=bytes', rescaling, 255, { scaling: 'bytes' }],
      ['(x - m) / s of 0 to 1, as Normalize', normalize, 1, {}],
      ['x / 16 of bytes', [node('Div', ['x', 'n16'], 'd')], 255, { scaling: 'identity' }],
      ['x / 16 of 0 to 1', [node('Div', ['x', 'n16'], 'd')], 1, { scaling: 'bytes' }],
    ];
    it.each(forms)('%s', async (_, front, range, description) => {
      const bytes = scaled(front);
      const model = describeModel(parseOnnx(bytes, 'm'), { image: [2, 2], ...description });
      expect(model.info).toMatchObject({ scaling: { kind: 'bytes' }, imageShape: [2, 2] });
      using mlp = createMlp(kernels, model);
      const { probabilities } = mlp.predictBatch(pixels);
      const theirs = await runtimeAnswers(
        bytes,
        Float32Array.from(pixels, (p) => (p / 255) * range),
        [1, 2, 2],
        'out',
      );
      for (const [i, p] of probabilities.entries()) expect(Math.abs(p - (theirs[i] ?? 9))).toBeLessThan(2e-6);
    });

    it('as bytes of the type uint8 are pictures', async () => {
      const bytes = scaled([node('Cast', ['x'], 'f', { to: { i: 1 } }), node('Div', ['f', 'n255'], 'd')], 2);
      const model = parseOnnx(bytes, 'm');
      expect(model.info).toMatchObject({ scaling: { kind: 'bytes' }, imageShape: [2, 2] });
      expect([...(model.parameters.weights[0] ?? [])].map((each) => each.toFixed(5))).toEqual(
        w.map((each) => each.toFixed(5)),
      );
    });

    it('in an unclear range are refused with both options', () => {
      const model = parseOnnx(scaled([node('Div', ['x', 'n16'], 'd')]), 'm');
      expectRefusal(
        () => describeModel(model, { image: [2, 2] }),
        'bad-argument',
        'scaling: expected bytes, if the file scales pixels from 0 to 1, or identity, if it scales pixels from 0 to 255, got none, and the file divides by 16, 16, 16',
      );
    });
  });

  it.each<[string, Graph, string]>([
    [
      'softmax over the samples',
      endingIn([node('Softmax', ['z2'], 'out', { axis: { i: 0 } })]),
      'expected the axis of the classes, got axis 0 of [?, 2]',
    ],
    [
      'softmax over one number each',
      endingIn([constant('last', [-1]), node('Unsqueeze', ['z2', 'last'], 'u'), node('Softmax', ['u'], 'out')]),
      'expected the axis of the classes, got axis 2 of [?, 2, 1]',
    ],
    [
      'samples from features',
      endingIn([constant('shape', [-1, 1]), node('Reshape', ['z2', 'shape'], 'r'), node('Softmax', ['r'], 'out')]),
      'expected samples that stay rows, got [-1, 1] of [?, 2]',
    ],
    [
      'both probabilities under each other',
      endingIn(
        [
          node('Sigmoid', ['z2'], 'p'),
          node('Sub', ['one', 'p'], 'q'),
          node('Concat', ['q', 'p'], 'out', { axis: { i: 0 } }),
        ],
        {
          initializers: [
            ...INITIALIZERS.slice(0, 2),
            tensor('w2', [1, 4], W2.slice(0, 4)),
            tensor('b2', [1], [0]),
            tensor('one', [], [1]),
          ],
        },
      ),
      'expected the probabilities 1 - p and p as columns',
    ],
    [
      'a standardisation that is not finite',
      behind(
        [
          node('Sub', ['x', 'mean'], 'c'),
          node('Div', ['c', 'deviation'], 'd'),
          node('Mul', ['d', 'factor'], 'features'),
        ],
        {
          initializers: [
            ...INITIALIZERS,
            tensor('mean', [3], [1, 2, 3]),
            tensor('deviation', [3], [1e38, 1e38, 1e38]),
            tensor('factor', [], [1e-38]),
          ],
        },
      ),
      'standardisation: expected finite float32 numbers, got others',
    ],
    [
      'too many operations before a layer',
      behind(
        Array.from({ length: 9 }, (_, i) =>
          node('Add', [i === 0 ? 'x' : `a${i - 1}`, 'b'], i === 8 ? 'features' : `a${i}`),
        ),
        {
          initializers: [...INITIALIZERS, tensor('b', [3], [1, 2, 3])],
        },
      ),
      'expected at most 8 operations before a linear layer, got more',
    ],
    [
      'an operator of another domain',
      endingIn([[...node('Softmax', ['z2'], 'out'), ...field(7, 'com.microsoft')]]),
      'expected an operator of ONNX or ONNX-ML, got "com.microsoft"',
    ],
    [
      'features that become whole numbers',
      behind([node('Cast', ['x'], 'features', { to: { i: 7 } })]),
      'expected features that stay float, double or float16, got int64',
    ],
  ])('%s is refused', (_, graph, message) => {
    const code = message.includes('finite') ? 'not-finite' : 'bad-model';
    expectRefusal(() => parseOnnx(onnxFile(graph), 'm'), code, message);
  });

  it('small files that need much work or memory are refused early', () => {
    const deep = Array.from({ length: 70 }, (_, l) => [
      node('MatMul', [l === 0 ? 'x' : `h${l - 1}`, `m${l}`], `z${l}`),
      node('Tanh', [`z${l}`], `h${l}`),
    ]).flat();
    const initializers = Array.from({ length: 70 }, (_, l) => tensor(`m${l}`, [3, 3], eighths(9, l)));
    expect(() =>
      parseOnnx(onnxFile({ nodes: deep, initializers, inputs: [X], outputs: [value('h69', ['N', 3])] }), 'm'),
    ).toThrow('expected at most 63 layers of weights, got more');
    const parts = Array.from({ length: 5000 }, (_, n) => node('Identity', ['x'], `i${n}`));
    expect(() => parseOnnx(changed({ nodes: [...parts, ...PYTORCH.nodes] }), 'm')).toThrow(/m: .*4,?096/);
  });
});

describe('refused files', () => {
  const first = (bytes: Bytes) => changed({ nodes: [bytes, ...PYTORCH.nodes.slice(1)] });
  it.each([
    [
      'a convolution',
      first(node('Conv', ['x', 'w1'], 'z1')),
      'm: node "/Conv/z1" (Conv): expected an operator of a multilayer perceptron, got "Conv"',
    ],
    [
      'batch normalisation as in training',
      changed({
        nodes: [
          ...PYTORCH.nodes.slice(0, 1),
          node('BatchNormalization', ['z1', 'b1', 'b1', 'b1', 'b1'], 'n1', { training_mode: { i: 1 } }),
        ],
      }),
      'expected attributes that ONNX defines, got "training_mode" of type 2 in version 13',
    ],
    [
      'batch normalisation of another width',
      changed({
        nodes: [...PYTORCH.nodes.slice(0, 1), node('BatchNormalization', ['z1', 'b1', 'b1', 'b2', 'b1'], 'n1')],
      }),
      'expected rows of 4 numbers, got [2]',
    ],
    [
      'transA',
      first(node('Gemm', ['x', 'w1', 'b1'], 'z1', { transA: { i: 1 } })),
      'expected samples as rows, got transA',
    ],
    [
      'weights that do not fit',
      first(node('Gemm', ['x', 'w2', 'b2'], 'z1', TRANS_B)),
      '(Gemm): expected weights for 3 inputs, got weights for 4',
    ],
    [
      'a bias that does not fit',
      first(node('Gemm', ['x', 'w1', 'b2'], 'z1', TRANS_B)),
      'expected one number for each feature of [?, 4], got [2]',
    ],
    [
      'weights that are not a matrix',
      first(node('MatMul', ['x', 'b1'], 'z1')),
      'expected weights of two dimensions, got [4]',
    ],
    [
      'weights that are computed',
      first(node('MatMul', ['x', 'x'], 'z1')),
      'expected weights as a constant, got numbers computed from the input',
    ],
    [
      'an input that never comes',
      first(node('Gemm', ['y', 'w1', 'b1'], 'z1')),
      'expected inputs that come before it, got "y"',
    ],
    [
      'softmax over samples',
      changed({ nodes: [...PYTORCH.nodes.slice(0, 3), node('Softmax', ['z2'], 'out', { axis: { i: 0 } })] }),
      'expected the axis of the classes, got axis 0 of [?, 2]',
    ],
    [
      'a sigmoid for each class',
      changed({ nodes: [...PYTORCH.nodes.slice(0, 3), node('Sigmoid', ['z2'], 'out')] }),
      'outputs: expected softmax or its inputs, got sigmoid of 2 outputs',
    ],
    [
      'features cut to whole numbers',
      onnxFile(behind([node('Cast', ['x'], 'features', { to: { i: 7 } })])),
      'expected features that stay float, double or float16',
    ],
    [
      'a sample made two',
      onnxFile(
        behind([node('Reshape', ['x', 's'], 'features')], {
          initializers: [...INITIALIZERS, longs('s', [-1, 3])],
          inputs: [value('x', ['N', 6])],
        }),
      ),
      'expected samples that stay rows, got [-1, 3] of [?, 6]',
    ],
    [
      'open sizes that do not fit',
      onnxFile(behind([node('Flatten', ['x'], 'features')], { inputs: [value('x', ['N', 'M', 2])] })),
      'the input: expected sizes for 3 features, as the first layer has, got [N, M, 2]',
    ],
    [
      'hidden units made samples',
      changed({
        nodes: [
          ...PYTORCH.nodes.slice(0, 2),
          node('Reshape', ['h1', 's'], 'r'),
          node('Gemm', ['r', 'w', 'b2'], 'z2', TRANS_B),
          PYTORCH.nodes[3] ?? [],
        ],
        initializers: [...INITIALIZERS, longs('s', [-1, 2]), tensor('w', [2, 2], W2.slice(0, 4))],
      }),
      'expected samples that stay rows, got [-1, 2] of [?, 4]',
    ],
    [
      'two networks',
      changed({
        nodes: [...PYTORCH.nodes, node('Gemm', ['x', 'w', 'b2'], 'q', TRANS_B)],
        initializers: [...INITIALIZERS, tensor('w', [2, 3], W1.slice(0, 6))],
        outputs: [OUT, value('q', ['N', 2])],
      }),
      'outputs: expected one network, got more',
    ],
    [
      'features added to themselves',
      changed({
        nodes: [
          ...PYTORCH.nodes.slice(0, 2),
          node('Add', ['h1', 'z1'], 'h'),
          node('Gemm', ['h', 'w2', 'b2'], 'out', TRANS_B),
        ],
      }),
      '(Add): expected one of the activations sigmoid, tanh, relu, leaky-relu, elu, gelu, gelu-tanh, silu, softplus, identity, got another function of the outputs of a layer',
    ],
    [
      'a Relu before the softmax',
      changed({ nodes: [...PYTORCH.nodes.slice(0, 3), node('Relu', ['z2'], 'r'), node('Softmax', ['r'], 'out')] }),
      '(Softmax): expected a linear layer before it, got relu',
    ],
    [
      'one output without a sigmoid',
      changed({
        nodes: [...PYTORCH.nodes.slice(0, 2), node('Gemm', ['h1', 'w', 'b'], 'out', TRANS_B)],
        initializers: [...INITIALIZERS, tensor('w', [1, 4], W2.slice(0, 4)), tensor('b', [1], [0.5])],
      }),
      'outputs: expected two classes or more, one output with a sigmoid, or the task regression, got one number',
    ],
    ['two inputs', changed({ inputs: [X, value('y', ['N', 3])] }), 'inputs: expected one, got x, y'],
    [
      'no network',
      changed({ nodes: [node('Identity', ['x'], 'out')] }),
      'outputs: expected a multilayer perceptron, got none',
    ],
    [
      'data elsewhere',
      changed({ initializers: [[...tensor('w1', [4, 3], W1), ...whole(14, 1)], ...INITIALIZERS.slice(1)] }),
      'initializer "w1": expected its data in the file',
    ],
    [
      'too few numbers',
      changed({ initializers: [tensor('w1', [4, 4], W1), ...INITIALIZERS.slice(1)] }),
      'initializer "w1": expected 64 bytes for its shape, got 48',
    ],
    [
      'complex numbers',
      changed({ initializers: [[...whole(1, 1), ...whole(2, 14), ...field(8, 'w1')], ...INITIALIZERS.slice(1)] }),
      "expected weights as a constant, got numbers of type ONNX's data type 14",
    ],
    ['names for other classes', changed({ metadata: { 'edge-mlp.classes': '["a"]' } }), 'expected a list of 2'],
    [
      'a NaN',
      changed({
        initializers: [
          tensor(
            'w1',
            [4, 3],
            W1.map(() => Number.NaN),
          ),
          ...INITIALIZERS.slice(1),
        ],
      }),
      'expected finite numbers, got NaN',
    ],
    ['nothing', new Uint8Array(), 'm: expected an ONNX file, got: no graph'],
    ['text', new TextEncoder().encode('not a model at all'), 'm: expected an ONNX file, got: '],
  ])('%s', (_, bytes, message) => {
    expectRefusal(() => parseOnnx(bytes, 'm'), message.includes('finite') ? 'not-finite' : 'bad-model', message);
  });

  it('a truncated or changed file is read, or refused with an EdgeMlpError', () => {
    const bytes = onnxFile(PYTORCH);
    const attempt = (file: Uint8Array) => {
      try {
        parseOnnx(file, 'm');
      } catch (error) {
        expect(error).toBeInstanceOf(EdgeMlpError);
      }
    };
    for (let length = 0; length < bytes.length; length++) attempt(bytes.subarray(0, length));
    const place = fc.integer({ min: 0, max: bytes.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 0, max: 255 }), (at, byte) => attempt(bytes.with(at, byte))),
      { numRuns: 3000 },
    );
  });
});
