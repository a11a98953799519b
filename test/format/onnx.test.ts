import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { HIDDEN_ACTIVATIONS } from '../../src/core/spec.ts';
import { digitsDataset, scaleInputs } from '../../src/data/index.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../../src/format/index.ts';
import { formatOnnx, parseOnnx } from '../../src/format/onnx/index.ts';
import { EdgeMlpError, Mlp } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { noise } from '../support/numbers.ts';
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

const kernels = loadBuild();
// The WebAssembly build of ONNX Runtime: the native package downloads binaries when it is installed.
env.wasm.numThreads = 1;
/** Multiples of 1/8, which float16 represents exactly. */
const eighths = (length: number, seed: number) => noise(length, seed).map((each) => Math.round(8 * each) / 8);
/** (out, in) */
const W1 = eighths(12, 1);
const B1 = eighths(4, 2);
const W2 = eighths(8, 3);
const B2 = eighths(2, 4);
const turned = (values: readonly number[], outputs: number) =>
  Array.from(
    values,
    (_, k) => values[(k % outputs) * (values.length / outputs) + Math.floor(k / outputs)] ?? Number.NaN,
  );
const expected = {
  weights: [W1, W2].map((each) => Float32Array.from(each)),
  biases: [B1, B2].map((each) => Float32Array.from(each)),
};
const X = value('x', ['N', 3]);
const OUT = value('out', ['N', 2]);
const INITIALIZERS = [tensor('w1', [4, 3], W1), tensor('b1', [4], B1), tensor('w2', [2, 4], W2), tensor('b2', [2], B2)];
const MEAN = [1, 2, 3];
const TRANS_B = { transB: { i: 1 } };
/** As torch.onnx.export writes Linear, ReLU, Linear, Softmax. */
const PYTORCH: Graph = {
  nodes: [
    node('Gemm', ['x', 'w1', 'b1'], 'z1', { alpha: { f: 1 }, beta: { f: 1 }, ...TRANS_B }),
    node('Relu', ['z1'], 'h1'),
    node('Gemm', ['h1', 'w2', 'b2'], 'z2', TRANS_B),
    node('Softmax', ['z2'], 'out', { axis: { i: 1 } }),
  ],
  initializers: INITIALIZERS,
  inputs: [X],
  outputs: [OUT],
};
const changed = (change: Partial<Graph>) => onnxFile({ ...PYTORCH, ...change });
/** The graph with other nodes in front, the last of which outputs `features`. */
const behind = (nodes: readonly Bytes[], change: Partial<Graph> = {}): Graph => ({
  ...PYTORCH,
  nodes: [...nodes, node('Gemm', ['features', 'w1', 'b1'], 'z1', TRANS_B), ...PYTORCH.nodes.slice(1)],
  ...change,
});

async function runtimeAnswers(bytes: Uint8Array, inputs: Float32Array, columns: number, output: string) {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' });
  const shape = [inputs.length / columns, columns];
  const answers = await session.run({ [session.inputNames[0] ?? '']: new Tensor('float32', inputs, shape) });
  return answers[output]?.data as Float32Array;
}

/** Compares the probabilities with those of ONNX Runtime. */
async function expectSame(
  bytes: Uint8Array,
  model: ModelFile,
  output = 'out',
  scaled = (x: Float32Array) => x,
  inputs = Float32Array.from(noise(20 * (model.info.spec.layers[0] ?? 0), 9)),
  tolerance = 1e-6,
) {
  const [columns = 0] = model.info.spec.layers;
  using mlp = createMlp(kernels, model);
  const { probabilities } = mlp.predictBatch(scaled(inputs));
  const theirs = await runtimeAnswers(bytes, inputs, columns, output);
  expect(theirs).toHaveLength(probabilities.length);
  probabilities.forEach((p, i) => {
    expect(Math.abs(p - (theirs[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}

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
    expect(model.parameters).toEqual(expected);
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
    expect(parseOnnx(changed({ initializers }), 'm').parameters).toEqual(expected);
  });

  it('float16, from the smallest to the largest', () => {
    const halves = [0, -0, 2 ** -24, -(2 ** -24), 1023 * 2 ** -24, 2 ** -14, 1, -2, 65_504, -65_504, 1 / 3];
    const rounded = halves.map((each) => (Math.abs(each) < 1 && each > 0.3 ? 1365 / 4096 : each));
    for (const form of ['raw float16', 'float16'] as const) {
      const w = [...rounded, 0].slice(0, 12);
      const { parameters } = parseOnnx(
        changed({ initializers: [tensor('w1', [4, 3], w, form), ...INITIALIZERS.slice(1)] }),
        'm',
      );
      expect([...(parameters.weights[0] ?? [])]).toEqual(w);
    }
  });

  it('logits without softmax, and LogSoftmax', () => {
    for (const last of [node('Identity', ['z2'], 'out'), node('LogSoftmax', ['z2'], 'out')]) {
      expect(parseOnnx(changed({ nodes: [...PYTORCH.nodes.slice(0, 3), last] }), 'm').parameters).toEqual(expected);
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
    const initializers = [...INITIALIZERS, texts('classes', ['no', 'yes'])];
    const model = parseOnnx(changed({ nodes, initializers, outputs: [value('label', ['N']), OUT] }), 'm');
    expect(model.info.classes).toEqual(names);
    expect(model.parameters).toEqual(expected);
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
    expect(model.parameters).toEqual(expected);
    const scaled = (x: Float32Array) => x.map((each, i) => (each - (mean[i % 3] ?? 0)) / (deviation[i % 3] ?? 0));
    await expectSame(bytes, model, 'out', scaled);
  });

  it.each([
    ['Div by one number', [node('Div', ['x', 'number'], 'features')]],
    [
      'Mul, Add, Sub',
      [node('Mul', ['x', 'number'], 'a'), node('Add', ['row', 'a'], 'b'), node('Sub', ['b', 'number'], 'features')],
    ],
  ])('%s before the first layer becomes part of it', async (_, front) => {
    const initializers = [...INITIALIZERS, tensor('number', [], [4]), tensor('row', [3], [1, 0.5, -2])];
    const graph = behind(front, { initializers });
    const model = parseOnnx(onnxFile(graph), 'm');
    expect(model.info.scaling).toEqual({ kind: 'identity' });
    await expectSame(onnxFile(graph), model);
    const [w = new Float32Array()] = model.parameters.weights;
    const factors = _ === 'Div by one number' ? [0.25, 0.25, 0.25] : [4, 4, 4];
    expect([...w]).toEqual(W1.map((each, k) => each * (factors[k % 3] ?? 0)));
  });

  // skl2onnx's StandardScaler and other forms: a large mean keeps all digits only as a scaling.
  it.each([
    ['Scaler', [node('Scaler', ['x'], 'features', { offset: { floats: MEAN }, scale: { floats: [0.5, 2, 4] } })]],
    ['Sub, Mul', [node('Sub', ['x', 'mean'], 'c'), node('Mul', ['c', 'factor'], 'features')]],
  ])('a standardisation as %s becomes the scaling too', (_, front) => {
    const initializers = [...INITIALIZERS, tensor('mean', [3], MEAN), tensor('factor', [3], [0.5, 2, 4])];
    const model = parseOnnx(onnxFile(behind(front, { initializers })), 'm');
    expect(model.info.scaling).toEqual({ kind: 'standard', mean: MEAN, standardDeviation: [2, 0.5, 0.25] });
    expect(model.parameters).toEqual(expected);
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

  it('an image as input: its shape, and bytes as in PyTorch', () => {
    const graph = behind([node('Flatten', ['x'], 'features')], { inputs: [value('x', ['N', 1, 3, 1])] });
    expect(parseOnnx(onnxFile(graph), 'm').info.imageShape).toBeUndefined();
    const weights = tensor('w1', [4, 6], eighths(24, 5));
    const picture = behind([node('Flatten', ['x'], 'features')], {
      inputs: [value('x', ['N', 1, 2, 3])],
      initializers: [weights, ...INITIALIZERS.slice(1)],
    });
    expect(parseOnnx(onnxFile(picture), 'm').info).toMatchObject({ imageShape: [2, 3], scaling: { kind: 'bytes' } });
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
    expect(model.parameters).toEqual(expected);
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
      expect(parseOnnx(changed({ outputs }), 'm').parameters).toEqual(expected);
    }
  });

  // If the graph divides bytes by 255, its first layer is for pixels from 0 to 1, as in our networks.
  it.each<[string, Graph]>([
    [
      'Div by 255',
      behind([node('Div', ['x', 'number'], 'd'), node('Flatten', ['d'], 'features')], {
        initializers: [...INITIALIZERS, tensor('number', [], [255])],
      }),
    ],
    [
      'Mul by 1/255',
      behind([node('Mul', ['x', 'number'], 'd'), node('Flatten', ['d'], 'features')], {
        initializers: [...INITIALIZERS, tensor('number', [], [1 / 255])],
      }),
    ],
  ])('%s of pictures is done once', async (_, graph) => {
    const square = { ...graph, initializers: graph.initializers, inputs: [value('x', ['N', 1, 2, 2])] };
    const w = eighths(16, 5);
    const bytes = onnxFile({
      ...square,
      initializers: [tensor('w1', [4, 4], w), ...(graph.initializers ?? []).slice(1)],
    });
    const { info, parameters } = parseOnnx(bytes, 'm');
    expect(info).toMatchObject({ scaling: { kind: 'bytes' }, imageShape: [2, 2] });
    expect([...(parameters.weights[0] ?? [])].map((each) => each.toFixed(5))).toEqual(w.map((each) => each.toFixed(5)));
  });

  it.each<[string, Graph, string]>([
    [
      'softmax over the samples',
      endingIn([node('Softmax', ['z2'], 'out', { axis: { i: 0 } })]),
      'expected the axis of the classes, 1 or -1, got 0',
    ],
    [
      'softmax over one number each',
      endingIn([constant('last', [-1]), node('Unsqueeze', ['z2', 'last'], 'u'), node('Softmax', ['u'], 'out')]),
      'expected features as the last axis, got another axis behind it',
    ],
    [
      'samples from features',
      endingIn([constant('shape', [-1, 1]), node('Reshape', ['z2', 'shape'], 'r'), node('Softmax', ['r'], 'out')]),
      'expected samples that stay rows, got [-1, 1]',
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
      'expected lists of constants',
    ],
    [
      'a standardisation that is not finite',
      behind([node('Sub', ['x', 'mean'], 'c'), node('Div', ['c', 'deviation'], 'features')], {
        initializers: [
          ...INITIALIZERS,
          tensor('mean', [3], [1, 2, 3]),
          tensor('deviation', [3], [1e39, 1e39, 1e39], 'raw double'),
        ],
      }),
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
      "expected features that stay float, double or float16, got ONNX's data type 7",
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

describe('files of PyTorch (test/fixtures/onnx/torch_onnx.py)', () => {
  const fixture = (name: string) => readFileSync(new URL(`../fixtures/onnx/${name}`, import.meta.url));

  it.each(HIDDEN_ACTIVATIONS)('%s: its probabilities', async (hiddenActivation) => {
    const bytes = fixture(`torch-${hiddenActivation}.onnx`);
    const model = parseOnnx(bytes, 'm');
    expect(model.info).toMatchObject({ spec: { layers: [16, 12, 8, 3], hiddenActivation }, imageShape: [4, 4] });
    const { x, p } = JSON.parse(fixture(`torch-${hiddenActivation}.json`).toString()) as {
      x: number[][];
      p: number[][];
    };
    using mlp = createMlp(kernels, model);
    const { probabilities } = mlp.predictBatch(Float32Array.from(x.flat()));
    p.flat().forEach((each, i) => {
      expect(Math.abs(each - (probabilities[i] ?? 2))).toBeLessThan(1e-6);
    });
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
      'expected the moments of the training, got training_mode',
    ],
    [
      'batch normalisation of another width',
      changed({
        nodes: [...PYTORCH.nodes.slice(0, 1), node('BatchNormalization', ['z1', 'b1', 'b1', 'b2', 'b1'], 'n1')],
      }),
      'expected rows of 4 numbers, got 2',
    ],
    [
      'transA',
      first(node('Gemm', ['x', 'w1', 'b1'], 'z1', { transA: { i: 1 } })),
      'expected samples as rows, got transA',
    ],
    [
      'weights that do not fit',
      first(node('Gemm', ['x', 'w2', 'b2'], 'z1', TRANS_B)),
      '(Gemm): expected weights for 2 inputs, got weights for 4',
    ],
    [
      'a bias that does not fit',
      first(node('Gemm', ['x', 'w1', 'b2'], 'z1', TRANS_B)),
      'expected a bias of 4, got [2]',
    ],
    [
      'weights that are not a matrix',
      first(node('MatMul', ['x', 'b1'], 'z1')),
      'expected weights of two dimensions, got [4]',
    ],
    [
      'weights that are computed',
      first(node('MatMul', ['x', 'x'], 'z1')),
      'expected weights that are constants, got activations',
    ],
    [
      'an input that never comes',
      first(node('Gemm', ['y', 'w1', 'b1'], 'z1')),
      'expected inputs that come before it, got "y"',
    ],
    [
      'two layers in a row',
      changed({ nodes: [PYTORCH.nodes[0] ?? [], node('Identity', ['z1'], 'h1'), ...PYTORCH.nodes.slice(2)] }),
      'expected an activation between two linear layers, got none',
    ],
    [
      'softmax over samples',
      changed({ nodes: [...PYTORCH.nodes.slice(0, 3), node('Softmax', ['z2'], 'out', { axis: { i: 0 } })] }),
      'expected the axis of the classes, 1 or -1, got 0',
    ],
    [
      'a sigmoid for each class',
      changed({ nodes: [...PYTORCH.nodes.slice(0, 3), node('Sigmoid', ['z2'], 'out')] }),
      'outputs: expected softmax or its inputs, got Sigmoid of 2 outputs',
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
      'the input: expected 3 features, as the first layer has, got 6',
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
      'expected samples that stay rows, got [-1, 2]',
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
      '(Add): expected numbers that are constants, got activations',
    ],
    [
      'one minus features',
      onnxFile(
        behind([node('Sub', ['one', 'x'], 'features')], { initializers: [...INITIALIZERS, tensor('one', [], [1])] }),
      ),
      '(Sub): expected numbers that are constants, got activations',
    ],
    [
      'a Relu before the softmax',
      changed({ nodes: [...PYTORCH.nodes.slice(0, 3), node('Relu', ['z2'], 'r'), node('Softmax', ['r'], 'out')] }),
      '(Softmax): expected a linear layer before it, got none',
    ],
    [
      'one output without a sigmoid',
      changed({
        nodes: [...PYTORCH.nodes.slice(0, 2), node('Gemm', ['h1', 'w', 'b'], 'out', TRANS_B)],
        initializers: [...INITIALIZERS, tensor('w', [1, 4], W2.slice(0, 4)), tensor('b', [1], [0.5])],
      }),
      'outputs: expected two classes or more, or one output with a sigmoid, got one number',
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
      "got numbers of ONNX's data type 14",
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

describe('our files', () => {
  it.each(HIDDEN_ACTIVATIONS)(
    '%s: there and back the same weights, and the same probabilities elsewhere',
    async (hiddenActivation) => {
      using mlp = Mlp.create(kernels, { layers: [7, 20, 9, 3], hiddenActivation, seed: 4 });
      const model: ModelFile = {
        info: {
          spec: mlp.spec,
          classes: ['rot', 'grün', 'blau'],
          scaling: { kind: 'standard', mean: noise(7, 1), standardDeviation: noise(7, 2).map((each) => 1.1 + each) },
          features: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
          labelName: 'Farbe',
        },
        parameters: mlp.parameters(),
      };
      const bytes = formatOnnx(model);
      const back = parseOnnx(bytes, 'm');
      expect(back).toEqual(model);
      expect(formatOnnx(back)).toEqual(bytes);
      expect(formatModel(parseModel(formatModel(back), 's'))).toEqual(formatModel(model));
      await expectSame(bytes, model, 'probabilities', (x) => scaleInputs(x, model.info.scaling));
    },
  );

  it('a time in seconds, whose mean float32 cannot represent, is standardised as in the kernels', async () => {
    using mlp = Mlp.create(kernels, { layers: [2, 8, 3], hiddenActivation: 'tanh', seed: 2 });
    const scaling = { kind: 'standard', mean: [1700000061.3, 101325.07], standardDeviation: [60, 0.05] } as const;
    const model: ModelFile = {
      info: { spec: mlp.spec, classes: ['a', 'b', 'c'], scaling },
      parameters: mlp.parameters(),
    };
    const bytes = formatOnnx(model);
    expect(parseOnnx(bytes, 'm')).toEqual(model);
    const x = Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1.7e9 + 16 * i : 101325 + i / 128));
    await expectSame(bytes, model, 'probabilities', (raw) => scaleInputs(raw, scaling), x);
  });

  it('the bundled model, and its int8 form', async () => {
    for (const name of ['mnist-784-300-10', 'mnist-784-300-10.int8']) {
      const file = readFileSync(new URL(`../../models/${name}.safetensors`, import.meta.url));
      const { info, parameters } = parseModel(file, name);
      const bytes = formatOnnx({ info, parameters });
      const back = parseOnnx(bytes, name);
      expect(back.parameters).toEqual(parameters);
      expect(back.info).toMatchObject({ imageShape: [28, 28], scaling: { kind: 'bytes' }, classes: info.classes });
      const digits = Float32Array.from(digitsDataset({ samples: 20, seed: 3 }).inputs, (byte) => byte / 255);
      // Sums of 784 float32 products: both runtimes are within 1e-6 of float64.
      await expectSame(bytes, back, 'probabilities', (x) => x, digits, 3e-6);
    }
  });
});
