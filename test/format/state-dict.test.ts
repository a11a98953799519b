/** Safetensors of other programs: layers by their sizes, float16, bfloat16 and float64, and what is refused. */
import { describe, expect, it } from 'vitest';
import { formatSafetensors, parseSafetensors } from '../../src/format/index.ts';
import { type LoadOptions, loadModel, Mlp } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';
import { noise } from '../support/numbers.ts';

const kernels = loadBuild();
const LAYERS = [4, 16, 5, 3];
const network = Mlp.create(kernels, { layers: LAYERS, hiddenActivation: 'relu', seed: 3 });
const { weights, biases } = network.parameters();
const x = Float32Array.from(noise(8, 1));

type Named = readonly [name: string, shape: readonly number[], data: ArrayLike<number>];

function file(tensors: readonly Named[], metadata: Record<string, string> = {}): Uint8Array<ArrayBuffer> {
  const entries = tensors.map(([name, shape, data]) => [name, { shape, data: Float32Array.from(data) }] as const);
  return formatSafetensors({ tensors: new Map(entries), metadata });
}

/** The tensors of the network, layer by layer, under given names. */
function nameTensors(weightNames: readonly string[], biasNames: readonly string[]): Named[] {
  return weightNames.flatMap((name, l): Named[] => [
    [name, [LAYERS[l + 1] ?? 0, LAYERS[l] ?? 0], weights[l] ?? []],
    [biasNames[l] ?? '', [LAYERS[l + 1] ?? 0], biases[l] ?? []],
  ]);
}

const PYTORCH = nameTensors(['0.weight', '2.weight', '4.weight'], ['0.bias', '2.bias', '4.bias']);

describe('the network of a state_dict', () => {
  it.each<[string, readonly Named[]]>([
    ['nn.Sequential', PYTORCH],
    ['another order in the file', [...PYTORCH].reverse()],
    [
      'names without numbers',
      nameTensors(['in.weight', 'mid.weight', 'out.weight'], ['in.bias', 'mid.bias', 'out.bias']),
    ],
    ['biases by their length', nameTensors(['a', 'b', 'c'], ['x', 'y', 'z'])],
    ['numbers above 9', nameTensors(['l8.w', 'l9.w', 'l10.w'], ['l8.b', 'l9.b', 'l10.b'])],
  ])('%s', (_, tensors) => {
    using mlp = loadModel(kernels, file(tensors, { format: 'pt' }), { activation: 'relu' });
    expect(mlp.spec).toEqual({ layers: LAYERS, hiddenActivation: 'relu' });
    expect(mlp.logits(x)).toEqual(network.logits(x));
  });

  it('has no biases', () => {
    const tensors = PYTORCH.filter(([name]) => name.endsWith('weight'));
    using mlp = loadModel(kernels, file(tensors), { activation: ['relu', 'relu'] });
    using expected = Mlp.fromParameters(kernels, {
      ...network.spec,
      weights,
      biases: biases.map((bias) => new Float32Array(bias.length)),
    });
    expect(mlp.logits(x)).toEqual(expected.logits(x));
  });

  it('needs no activation without hidden layers', () => {
    using mlp = loadModel(kernels, file([['w', [2, 3], noise(6, 1)]]));
    expect(mlp.spec.layers).toEqual([3, 2]);
  });

  it('has hidden layers of one size in the order of their numbers', () => {
    const square = (name: string, seed: number): Named => [name, [4, 4], noise(16, seed)];
    const tensors = [square('h.2.weight', 2), square('h.0.weight', 0), square('h.1.weight', 1)];
    using mlp = loadModel(kernels, file(tensors), { activation: 'tanh' });
    expect(mlp.parameters().weights.map(([first]) => first)).toEqual([0, 1, 2].map((seed) => noise(16, seed)[0]));
    const plain = [square('a', 2), square('b', 0), square('c', 1)];
    expectRefusal(
      () => loadModel(kernels, file(plain), { activation: 'tanh' }),
      'bad-model',
      'pass layers with the names',
    );
    using given = loadModel(kernels, file(plain), { activation: 'tanh', layers: ['b', 'c', 'a'] });
    expect(given.logits(x)).toEqual(mlp.logits(x));
  });

  it('of pixels has the standardisation in its first layer', () => {
    const options = { activation: 'relu', scaling: 'bytes', mean: [0.5], std: [0.25] } as const;
    using mlp = loadModel(kernels, file(PYTORCH), options);
    const scaled = x.map((value) => (value - 0.5) / 0.25);
    mlp.logits(x).forEach((value, i) => {
      expect(value).toBeCloseTo(network.logits(scaled)[i] ?? Number.NaN, 4);
    });
  });
});

describe('refused', () => {
  const swapped: Named[] = [
    ['0.kernel', [4, 16], weights[0] ?? []],
    ['0.bias', [16], biases[0] ?? []],
    ['1.kernel', [16, 3], noise(48, 1)],
    ['1.bias', [3], noise(3, 1)],
  ];
  it.each<[string, readonly Named[], LoadOptions, 'bad-model' | 'bad-argument', string]>([
    ['no activation', PYTORCH, {}, 'bad-argument', 'model: activation: expected the activation of the 2 hidden layers'],
    [
      'activations of other layers',
      PYTORCH,
      { activation: ['relu'] },
      'bad-model',
      'hiddenActivation: expected one activation, or one for each of the 2 hidden layers, got 1: relu',
    ],
    ['weights (in, out)', swapped, { activation: 'relu' }, 'bad-model', 'whose sizes or numbers give their order'],
    [
      'two orders',
      [
        ['encoder', [2, 4], noise(8, 1)],
        ['decoder', [4, 2], noise(8, 2)],
      ],
      { activation: 'relu' },
      'bad-model',
      'got encoder 2 × 4, decoder 4 × 2; pass layers',
    ],
    [
      'an order that does not fit',
      PYTORCH,
      { activation: 'relu', layers: ['2.weight', '0.weight', '4.weight'] },
      'bad-argument',
      'layers: expected the 3 weights 0.weight, 2.weight, 4.weight in an order that fits their sizes, got 2.weight',
    ],
    [
      'a layer that is left out',
      PYTORCH,
      { activation: 'relu', layers: ['0.weight', '2.weight'] },
      'bad-argument',
      'layers: expected the 3 weights',
    ],
    [
      'batch normalisation',
      [...PYTORCH, ['1.running_mean', [16], noise(16, 1)]],
      { activation: 'relu' },
      'bad-model',
      '1.running_mean: expected weights (out, in) and one bias (out) for each, got a tensor of no linear layer',
    ],
    [
      'a convolution',
      [...PYTORCH, ['conv.weight', [1, 1, 2, 2], noise(4, 1)]],
      { activation: 'relu' },
      'bad-model',
      'conv.weight: expected weights (out, in) and biases (out) of linear layers, got shape 1 × 1 × 2 × 2',
    ],
    [
      'a bias of the inputs',
      [
        ['a.weight', [2, 3], noise(6, 1)],
        ['a.bias', [3], noise(3, 1)],
      ],
      {},
      'bad-model',
      'a.bias: expected 2 numbers, as a.weight has outputs, got 3: weights have the shape (out, in)',
    ],
    ['one output', [['w', [1, 3], noise(3, 1)]], {}, 'bad-model', 'outputs: expected two classes or more, got 1'],
    ['no weights', [['b', [3], noise(3, 1)]], {}, 'bad-model', 'expected weights (out, in), got b'],
    [
      'an unknown option',
      PYTORCH,
      { activations: 'relu' } as LoadOptions,
      'bad-argument',
      'loadModel: expected options',
    ],
  ])('%s', (_, tensors, options, code, message) => {
    expectRefusal(() => loadModel(kernels, file(tensors), options), code, message);
  });

  it('a description of a model file', async () => {
    const { saveModel } = await import('../../src/index.ts');
    const message = 'activation: expected no description, as model is a model file';
    expectRefusal(() => loadModel(kernels, saveModel(network), { activation: 'relu' }), 'bad-argument', message);
  });

  it('messages stay short, whatever the file has', () => {
    const name = 'n'.repeat(5000);
    const refusals = [
      () => loadModel(kernels, file([[name, [2, 2, 2], noise(8, 1)]])),
      () =>
        loadModel(
          kernels,
          file([
            [name, [1, 3], noise(3, 1)],
            [`${name}b`, [7], noise(7, 1)],
          ]),
        ),
      () => loadModel(kernels, raw({ [name]: { dtype: name, shape: [1], data_offsets: [0, 4] } }, new Uint8Array(4))),
      () => loadModel(kernels, raw({ __metadata__: { [name]: { [name]: name } } }, new Uint8Array())),
      () => loadModel(kernels, raw({ __metadata__: name }, new Uint8Array())),
      () => loadModel(kernels, raw({ w: { dtype: 'F32', shape: name, data_offsets: name } }, new Uint8Array())),
    ];
    for (const refuse of refusals) {
      expect(refuse).toThrow(/expected/);
      expect(refuse).not.toThrow(/n{200}/);
    }
  });
});

/** A file with a given header. */
function raw(header: object, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** The elements of a file of one tensor. */
function readType(dtype: string, data: { readonly buffer: ArrayBuffer; readonly length: number }): Float32Array {
  const bytes = new Uint8Array(data.buffer);
  const header = { w: { dtype, shape: [data.length], data_offsets: [0, bytes.length] } };
  const tensor = parseSafetensors(raw(header, bytes), 'm').tensors.get('w');
  expect(tensor?.converted).toBe(dtype);
  return tensor?.data as Float32Array;
}

describe('element types', () => {
  it('every float16 keeps its value', () => {
    const got = readType(
      'F16',
      Uint16Array.from({ length: 2 ** 16 }, (_, i) => i),
    );
    got.forEach((value, i) => {
      const [exponent, fraction] = [(i >> 10) & 31, i & 1023];
      const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
      const truth = exponent < 31 ? size : fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
      if (!Object.is(value, i < 2 ** 15 ? truth : -truth) && !(Number.isNaN(value) && Number.isNaN(truth)))
        expect.fail(`float16 ${i}: expected ${truth}, got ${value}`);
    });
  });

  it('bfloat16 is the upper half of a float32', () => {
    const got = readType('BF16', Uint16Array.of(0x3f80, 0xc049, 0x0001, 0x8000, 0x7f80, 0x7f7f));
    expect([...got]).toEqual([1, -3.140625, 2 ** -133, -0, Infinity, Math.fround(3.3895313892515355e38)]);
  });

  it('float64 is rounded to the nearest float32, ties to even', () => {
    const values = [1 + 2 ** -24, 1 + 3 * 2 ** -24, 0.1, -1e-50, 1e39];
    expect([...readType('F64', Float64Array.from(values))]).toEqual([1, 1 + 2 ** -22, Math.fround(0.1), -0, Infinity]);
  });

  it('a float64 network predicts, and numbers beyond float32 are refused', () => {
    const load = (values: number[]) => {
      const data = new Uint8Array(Float64Array.from(values).buffer);
      return loadModel(kernels, raw({ w: { dtype: 'F64', shape: [2, 2], data_offsets: [0, data.length] } }, data));
    };
    using mlp = load([1, 2, 3, 4]);
    expect(mlp.logits(Float32Array.of(1, 1))).toEqual(Float32Array.of(3, 7));
    expectRefusal(() => load([1, 2, 1e39, 4]), 'not-finite', 'model: weights[0]: expected finite numbers');
  });
});
