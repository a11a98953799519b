import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNumber } from '../../src/core/errors.ts';
import { HIDDEN_ACTIVATIONS } from '../../src/core/spec.ts';
import {
  createMlp,
  formatCHeader,
  formatJson,
  formatModel,
  formatSafetensors,
  type ModelFile,
  type Provenance,
  parseModel,
  parseSafetensors,
  quantizeModel,
  type Tensor,
} from '../../src/format/index.ts';
import { formatOnnx, parseOnnx } from '../../src/format/onnx/index.ts';
import { type Checkpoint, EdgeMlpError, loadModel, Mlp, saveModel, TRAINING_DEFAULTS, train } from '../../src/index.ts';
import { noisyDataset } from '../support/datasets.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';

const kernels = loadBuild();
const mlp = Mlp.create(kernels, { layers: [3, 5, 2], seed: 2 });
const model: ModelFile = {
  info: {
    spec: mlp.spec,
    classes: ['no', 'yes'],
    scaling: { kind: 'standard', mean: [1, 2, 3], standardDeviation: [1, 1, 2] },
  },
  parameters: mlp.parameters(),
};
const bytes = formatModel(model);

/** A file with a given header and a number of data bytes. */
function buildFile(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const tensor = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('model files', () => {
  it('are read back unchanged', () => {
    expect(parseModel(bytes, 'm')).toEqual(model);
    expect(createMlp(kernels, parseModel(bytes, 'm')).parameters()).toEqual(mlp.parameters());
    expect(formatModel(parseModel(bytes, 'm'))).toEqual(bytes);
  });

  it('of a regression have targets and measures', () => {
    using regression = Mlp.create(kernels, { layers: [3, 5, 2], task: 'regression', seed: 2 });
    const targets = [
      { name: 'price', mean: 12.5, standardDeviation: 3 },
      { name: 'area', mean: -1, standardDeviation: 1 },
    ];
    const info = { ...model.info, spec: regression.spec, classes: [], targets };
    const file = formatModel({ info, parameters: regression.parameters() });
    expect(parseModel(file, 'm').info).toEqual(info);
    using again = loadModel(kernels, saveModel(regression, { targets }));
    expect(again.predictValues(Float32Array.of(1, 2, 3))).toEqual(regression.predictValues(Float32Array.of(1, 2, 3)));
    expect(parseModel(saveModel(regression), 'm').info.targets?.map(({ name, mean }) => [name, mean])).toEqual([
      ['0', 0],
      ['1', 0],
    ]);
    expect(JSON.parse(formatJson({ info, parameters: regression.parameters() }))).toMatchObject({
      task: 'regression',
      targets,
    });
    const write = (change: object) => () =>
      formatModel({ info: { ...info, ...change }, parameters: regression.parameters() });
    expectRefusal(write({ targets: targets.slice(1) }), 'bad-model', 'targets: expected a list of 2');
    expectRefusal(write({ targets: undefined }), 'bad-model', 'targets: expected a list of 2');
    expectRefusal(write({ classes: ['a', 'b'] }), 'bad-model', 'classes: expected a list of 0');
    const flat = targets.map((target) => ({ ...target, standardDeviation: 0 }));
    expectRefusal(write({ targets: flat }), 'bad-model', 'targets[0].standardDeviation: expected a number above 0');
    const classifier = () => formatModel({ ...model, info: { ...model.info, targets } });
    expectRefusal(classifier, 'bad-model', 'targets: expected nothing, as the network has classes');
  });

  it('are read by an independent reader of the format: names, (out, in), offsets, alignment', () => {
    const buffer = Buffer.from(bytes);
    const headerBytes = Number(buffer.readBigUInt64LE(0));
    expect(headerBytes % 8).toBe(0);
    const { __metadata__, ...tensors } = JSON.parse(buffer.toString('utf8', 8, 8 + headerBytes));
    expect(Object.keys(tensors)).toEqual(['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']);
    expect(tensors['layers.0.weight']).toEqual({ dtype: 'F32', shape: [5, 3], data_offsets: [0, 60] });
    expect(Object.values(__metadata__).every((value) => typeof value === 'string')).toBe(true);
    expect(JSON.parse(__metadata__.spec)).toEqual({ layers: [3, 5, 2], hiddenActivation: 'sigmoid' });
    // nn.Linear: logit = W h + b with W[out][in], by hand.
    const at = (name: string, index: number) =>
      buffer.readFloatLE(8 + headerBytes + tensors[name].data_offsets[0] + 4 * index);
    const x = [0.3, -0.7, 0.9];
    const hidden = [0, 1, 2, 3, 4].map((o) => {
      const z = x.reduce((sum, value, i) => sum + value * at('layers.0.weight', 3 * o + i), at('layers.0.bias', o));
      return 1 / (1 + Math.exp(-z));
    });
    const logits = [0, 1].map((o) =>
      hidden.reduce((sum, h, i) => sum + h * at('layers.1.weight', 5 * o + i), at('layers.1.bias', o)),
    );
    mlp.logits(Float32Array.from(x)).forEach((logit, o) => {
      expect(logit).toBeCloseTo(logits[o] ?? Number.NaN, 5);
    });
  });

  it('one activation for each layer is kept, in JSON too', () => {
    const hiddenActivation = ['gelu', 'leaky-relu'] as const;
    using mixed = Mlp.create(kernels, { layers: [3, 5, 4, 2], hiddenActivation });
    const file = { info: { ...model.info, spec: mixed.spec }, parameters: mixed.parameters() };
    expect(parseModel(formatModel(file), 'm')).toEqual(file);
    expect(JSON.parse(formatJson(file))).toMatchObject({ hiddenActivation: ['gelu', 'leaky-relu'] });
    const short = { ...mixed.spec, hiddenActivation: ['gelu'] as const };
    const message = 'hiddenActivation: expected one activation, or one for each of the 2 hidden layers, got 1: gelu';
    expectRefusal(() => formatModel({ ...file, info: { ...file.info, spec: short } }), 'bad-spec', message);
  });

  it('checkpoints are read back unchanged, and as a model without their place', () => {
    const dataset = noisyDataset({ samples: 20, columns: 3, classes: 2 });
    const network = Mlp.create(kernels, { layers: [3, 5, 2] });
    let checkpoint: Checkpoint | undefined;
    for (const progress of train(network, dataset, { epochs: 2, momentum: 0.9, stepsPerSlice: 7 })) {
      if (progress.step === 27) checkpoint = progress.checkpoint();
    }
    if (checkpoint === undefined) throw new Error('no checkpoint');
    expect(checkpoint.cursor).toBe(7);
    const file = formatModel({ ...model, parameters: checkpoint.parameters, checkpoint, run: { out: 'x' } });
    const back = parseModel(file, 'c');
    expect(back.checkpoint).toEqual(checkpoint);
    expect(back.run).toEqual({ out: 'x' });
  });
});

describe('a safetensors file', () => {
  it('may have its tensors in any order of the header, and empty ones', () => {
    const header = { b: tensor(8, 12), empty: tensor(8, 8, [0, 3]), a: tensor(0, 8), i: tensor(12, 14, [2], 'I8') };
    const file = buildFile({ ...header, __metadata__: { key: 'text' } }, 14);
    const data = file.subarray(file.length - 14);
    data.set(new Uint8Array(Float32Array.of(1, 2, 3).buffer));
    data.set([4, 255], 12);
    const { tensors, metadata } = parseSafetensors(file, 'm');
    expect([...tensors]).toEqual([
      ['a', { shape: [2], data: Float32Array.of(1, 2) }],
      ['empty', { shape: [0, 3], data: new Float32Array() }],
      ['b', { shape: [1], data: Float32Array.of(3) }],
      ['i', { shape: [2], data: Int8Array.of(4, -1) }],
    ]);
    expect(metadata).toEqual({ key: 'text' });
    expect(parseSafetensors(buildFile({}, 0), 'm')).toEqual({ tensors: new Map(), metadata: {} });
    expect(formatSafetensors({ tensors: new Map(), metadata: {} }).length).toBe(8 + 24);
  });
});

describe('model files of int8 weights', () => {
  const quantized = quantizeModel(model);
  const small = formatModel(quantized);

  it('are read back unchanged, and give the same network', () => {
    const back = parseModel(small, 'q');
    expect(back.quantized).toEqual(mlp.quantized());
    expect(back.parameters).toEqual(mlp.quantize().parameters());
    expect(back.info).toEqual(model.info);
    expect(formatModel(back)).toEqual(small);
    using network = createMlp(kernels, back);
    expect(network.precision).toBe('int8');
    expect(network.quantized()).toEqual(mlp.quantized());
    expect(quantizeModel(back).quantized).toBe(back.quantized);
  });

  it('are read by an independent reader of the format: q · scale is the weight, floats are aligned to four bytes', () => {
    const buffer = Buffer.from(small);
    const headerBytes = Number(buffer.readBigUInt64LE(0));
    const { __metadata__, ...tensors } = JSON.parse(buffer.toString('utf8', 8, 8 + headerBytes));
    expect(tensors['layers.0.weight']).toMatchObject({ dtype: 'I8', shape: [5, 3] });
    expect(tensors['layers.0.weight_scale']).toMatchObject({ dtype: 'F32', shape: [5] });
    const start = (name: string) => 8 + headerBytes + tensors[name].data_offsets[0];
    for (const name of Object.keys(tensors)) if (tensors[name].dtype === 'F32') expect(start(name) % 4).toBe(0);
    mlp.parameters().weights[0]?.forEach((weight, at) => {
      const scale = buffer.readFloatLE(start('layers.0.weight_scale') + 4 * Math.floor(at / 3));
      const q = buffer.readInt8(start('layers.0.weight') + at);
      expect(Math.abs(q * scale - weight)).toBeLessThanOrEqual(0.5001 * scale);
    });
  });

  it('have no test measures of the float32 weights', () => {
    const epoch = { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, validationLoss: null, validationAccuracy: null };
    const provenance: Provenance = {
      ...{ version: '1', initialisation: 'normal', training: { ...TRAINING_DEFAULTS } },
      dataset: { name: 'x', samples: 3, columns: 3, sha256: null },
      epochs: [epoch, { ...epoch, epoch: 2 }],
      test: { samples: 3, loss: 1, accuracy: 1 },
    };
    const { info } = parseModel(formatModel(quantizeModel({ ...model, info: { ...model.info, provenance } })), 'q');
    expect(info.provenance).toEqual({ ...provenance, test: null, epochs: [{ ...epoch, epoch: 2 }] });
  });

  const with8 = (change: (tensors: Map<string, Tensor>) => void) => {
    const { tensors, metadata } = parseSafetensors(small, 'q');
    const changed = new Map(tensors);
    change(changed);
    return () => parseModel(formatSafetensors({ tensors: changed, metadata }), 'q');
  };
  it.each<[string, (tensors: Map<string, Tensor>) => void, string]>([
    [
      'a scale of another length',
      (t) => t.set('layers.0.weight_scale', row(4)),
      'layers.0.weight_scale: expected shape 5, got 4',
    ],
    ['a scale too few', (t) => t.delete('layers.1.weight_scale'), 'expected 6 tensors, got'],
    [
      'weights of floats',
      (t) => t.set('layers.1.weight', floats(2, 5)),
      'layers.1.weight: expected dtype I8, as it has a scale',
    ],
    ['a bias of bytes', (t) => t.set('layers.0.bias', bytes8(5)), 'layers.0.bias: expected dtype F32, got I8'],
    [
      'a scale of NaN',
      (t) => t.set('layers.0.weight_scale', row(5, Number.NaN)),
      'q: scales[0]: expected finite numbers',
    ],
    [
      'a scale below zero',
      (t) => t.set('layers.0.weight_scale', row(5, -1)),
      'scales[0]: expected numbers of at least 0',
    ],
    ['weights of -128', (t) => t.set('layers.0.weight', bytes8(5, 3)), 'weights[0]: expected numbers from -127 to 127'],
    [
      'no scales',
      (t) => ['layers.0.weight_scale', 'layers.1.weight_scale'].map((key) => t.delete(key)),
      'expected dtype F32, got I8',
    ],
  ])('%s: refused', (_, change, message) => {
    expectRefusal(with8(change), message.includes('finite') ? 'not-finite' : 'bad-model', message);
  });

  const row = (length: number, value = 1): Tensor => ({ shape: [length], data: new Float32Array(length).fill(value) });
  const floats = (...shape: [number, number]): Tensor => ({ shape, data: new Float32Array(shape[0] * shape[1]) });
  const bytes8 = (...shape: number[]): Tensor => {
    return { shape, data: new Int8Array(shape.reduce((product, size) => product * size, 1)).fill(-128) };
  };
});

describe('model files refuse', () => {
  it('anything except a Uint8Array', () => {
    const buffer = bytes.slice().buffer as unknown as Uint8Array<ArrayBuffer>;
    for (const parse of [parseModel, parseOnnx]) {
      const message = 'm: expected a Uint8Array, got ArrayBuffer: new Uint8Array(buffer)';
      expectRefusal(() => parse(buffer, 'm'), 'bad-argument', message);
      expect(() => parse('m.safetensors' as never, 'm')).toThrow('m: expected a Uint8Array, got "m.safetensors"');
    }
    expect(parseModel(Buffer.from(bytes), 'm')).toEqual(model);
  });

  it.each<[string, object, string]>([
    ['too few classes', { classes: ['no'] }, 'classes: expected a list of 2, got ["no"]'],
    ['a class without a name', { classes: ['no', 2] }, 'classes[1]: expected a text, got 2'],
    ['a scaling of two columns', { scaling: { kind: 'standard', mean: [1, 2], standardDeviation: [1, 1] } }, 'mean: '],
    [
      'a deviation of 0',
      { scaling: { kind: 'standard', mean: [1, 2, 3], standardDeviation: [1, 0, 1] } },
      'scaling.standardDeviation[1]: expected a number above 0, got 0',
    ],
    [
      'a mean of NaN',
      { scaling: { kind: 'standard', mean: [1, Number.NaN, 3], standardDeviation: [1, 1, 1] } },
      'scaling.mean[1]: expected a finite number',
    ],
    ['a picture of four', { imageShape: [2, 2] }, 'imageShape: expected rows × columns = 3'],
    ['two features', { features: ['a', 'b'] }, 'features: expected a list of 3'],
    [
      'another activation',
      { spec: { ...mlp.spec, hiddenActivation: 'swish' } },
      'spec.hiddenActivation: expected one of',
    ],
  ])('%s is not written, in any form', (_, info, message) => {
    const wrong = { ...model, info: { ...model.info, ...info } } as ModelFile;
    const writers = [formatModel, formatOnnx, formatJson, (file: ModelFile) => formatCHeader(file, 'net')];
    for (const write of writers) expectRefusal(() => write(wrong), 'bad-model', message);
  });

  it.each([
    [[1e39, 2, 3], [1, 1, 1], 'got 1e+39 and 1 of input 0'],
    [[1, 2, 3], [1, 1e-60, 1], 'got 2 and 1e-60 of input 1'],
    [[1, 2, 3], [1, 1, 1e60], 'got 3 and 1e+60 of input 2'],
  ])('a standardisation outside float32 is refused by formats without float64: %j, %j', (mean, deviation, message) => {
    const scaling = { kind: 'standard' as const, mean, standardDeviation: deviation };
    const wide = { ...model, info: { ...model.info, scaling } };
    expect(parseModel(formatModel(wide), 'm')).toEqual(wide);
    for (const write of [formatOnnx, (file: ModelFile) => formatCHeader(file, 'net')]) {
      expectRefusal(() => write(wide), 'bad-model', `scaling: expected a mean and a deviation in float32, ${message}`);
    }
  });

  it.each([
    ['nothing', new Uint8Array(0), 'm: expected a safetensors file, got 0 bytes'],
    [
      'cut in the header',
      bytes.slice(0, 100),
      /m: expected a safetensors header of at most 92 bytes, got [\d,]+ bytes: the file is truncated/,
    ],
    [
      'cut in the data',
      bytes.slice(0, -1),
      /m: layers.1.bias: expected data up to byte [\d,]+, got a file of [\d,]+ bytes: the file is truncated/,
    ],
    [
      'more than it says',
      new Uint8Array([...bytes, 0]),
      `m: expected a file of ${formatNumber(bytes.length)} bytes, got ${formatNumber(bytes.length + 1)}: the header`,
    ],
    [
      'a header of 2 GB',
      Uint8Array.of(0, 0, 0, 0x80, 0, 0, 0, 0, 123),
      /expected a safetensors header of at most 1 bytes, got 2,147,483,648 bytes/,
    ],
    ['a header beyond all numbers', new Uint8Array(16).fill(255), /got 18,446,744,073,709,55/],
    ['no JSON', buildFile('{"a":', 0), 'm: header: expected JSON, got'],
    ['a list', buildFile([], 0), 'm: header: expected an object'],
    [
      'overlapping tensors',
      buildFile({ a: tensor(0, 8), b: tensor(4, 12) }, 12),
      'm: b: expected data at offset 8, got 4: it overlaps the tensor before it',
    ],
    [
      'a gap',
      buildFile({ a: tensor(0, 8), b: tensor(12, 16) }, 16),
      'm: b: expected data at offset 8, got 12: there is a gap',
    ],
    ['a wrong size', buildFile({ a: tensor(0, 8, [3]) }, 8), 'm: a: expected 12 bytes for shape 3, got 8'],
    [
      'whole numbers',
      buildFile({ a: tensor(0, 16, [4], 'I32') }, 16),
      'm: a: expected a dtype of F64, F32, F16, BF16, I8, got "I32"',
    ],
    ['negative offsets', buildFile({ a: tensor(-4, 4) }, 8), 'm: a: expected data_offsets [begin, end], got [-4,4]'],
    ...[[0], [0, 4, 8], [4, 0], ['0', 4], [0, 4.5], 'x'].map((offsets): [string, Uint8Array, string] => [
      `offsets of ${JSON.stringify(offsets)}`,
      buildFile({ a: { ...tensor(0, 4), data_offsets: offsets } }, 4),
      `m: a: expected data_offsets [begin, end], got ${JSON.stringify(offsets)}`,
    ]),
    [
      'a tensor that is a list',
      buildFile({ a: [] }, 0),
      'm: a: expected a dtype of F64, F32, F16, BF16, I8, got nothing',
    ],
    ['a dtype of every object', buildFile({ a: tensor(0, 4, [1], 'toString') }, 4), 'expected a dtype of F64'],
    ['a shape of halves', buildFile({ a: tensor(0, 4, [0.5, 2]) }, 4), 'm: a: expected a shape, got [0.5,2]'],
    ['a shape below zero', buildFile({ a: tensor(0, 4, [-1, -1]) }, 4), 'm: a: expected a shape, got [-1,-1]'],
    ['metadata that are a list', buildFile({ __metadata__: [] }, 0), 'm: expected metadata of texts, got a list of 0'],
    ['a shape of text', buildFile({ a: { ...tensor(0, 4), shape: 'x' } }, 4), 'm: a: expected a shape, got "x"'],
    [
      'a file of another program',
      buildFile({ a: tensor(0, 4) }, 4),
      'm: expected metadata format "edge-mlp", got nothing; edge-mlp import converts other files',
    ],
    ['metadata of numbers', buildFile({ __metadata__: { a: 1 } }, 0), 'm: metadata a: expected a text, got 1'],
  ])('%s', (_, file, message) => {
    expectRefusal(() => parseModel(file, 'm'), 'bad-model', message);
  });

  const changed = (
    change: (file: ReturnType<typeof parseSafetensors>) => {
      tensors?: ReturnType<typeof parseSafetensors>['tensors'];
      metadata?: Record<string, string>;
    },
  ) => {
    const file = parseSafetensors(bytes, 'm');
    return formatSafetensors({ ...file, ...change(file) });
  };

  it.each([
    [
      'wrong shapes',
      { spec: '{"layers":[3,6,2],"hiddenActivation":"sigmoid"}' },
      'm: layers.0.weight: expected shape 6 × 3, got 5 × 3',
    ],
    [
      'more layers than tensors',
      { spec: '{"layers":[3,5,2,2],"hiddenActivation":"sigmoid"}' },
      'm: layers.2.weight: expected shape 2 × 2, got no such tensor',
    ],
    [
      'an unknown activation',
      { spec: '{"layers":[3,5,2],"hiddenActivation":"swish"}' },
      `m: spec.hiddenActivation: expected one of ${HIDDEN_ACTIVATIONS.join(', ')}, got "swish"`,
    ],
    ['no network', { spec: 'null' }, 'm: spec: expected an object, got null'],
    [
      'a size of a billion',
      { spec: '{"layers":[3,1000000000,2],"hiddenActivation":"tanh"}' },
      'm: layers 3-1000000000-2: expected at most',
    ],
    ['too few classes', { classes: '["a"]' }, 'm: classes: expected a list of 2, got ["a"]'],
    [
      'an unknown scaling',
      { scaling: '{"kind":"log"}' },
      'm: scaling.kind: expected one of bytes, identity, standard, got "log"',
    ],
    ['invalid JSON as metadata', { classes: '[' }, 'm: metadata classes: expected JSON'],
    ['a provenance of nothing', { provenance: '{}' }, 'm: provenance.version: expected a text, got nothing'],
    ['a provenance of null', { provenance: 'null' }, 'm: provenance: expected an object, got null'],
    [
      'a picture of half a row',
      { imageShape: '[1.5,2]' },
      'm: imageShape[0]: expected a whole number of at least 0, got 1.5',
    ],
    ['features that are too few', { features: '["a"]' }, 'm: features: expected a list of 3, got ["a"]'],
    ['another format version', { formatVersion: '2' }, 'm: expected format version 1, got "2"'],
  ])('%s', (_, metadata, message) => {
    const file = changed((file) => ({ metadata: { ...file.metadata, ...metadata } as Record<string, string> }));
    expectRefusal(() => parseModel(file, 'm'), 'bad-model', message);
  });

  it('models of version 0.1 keep the names of their options, and their bytes', () => {
    const training = {
      epochs: 300,
      learningRate: 0.06,
      schedule: 'exponential',
      gamma: 0.983,
      augment: 'elastic',
      seed: 1,
    };
    const file = changed(({ metadata }) => {
      const provenance = JSON.stringify({
        version: '0.1.0',
        initialisation: 'normal',
        training,
        dataset: { name: 'mnist', samples: 60_000, columns: 3, sha256: null },
        epochs: [],
        test: null,
      });
      return { metadata: { ...metadata, provenance } as Record<string, string> };
    });
    const model = parseModel(file, 'm');
    expect(model.info.provenance?.training).toEqual(training);
    expect(parseModel(formatModel(model), 'm')).toEqual(model);
  });

  it('writes the bundled models with the bytes that it reads', () => {
    for (const name of ['mnist-784-300-10', 'mnist-784-300-10.int8']) {
      const file = readFileSync(new URL(`../../models/${name}.safetensors`, import.meta.url));
      const model = parseModel(file, name);
      expect(model.info.recognition?.score).toBe('entropy');
      expect(Buffer.compare(formatModel(model), file)).toBe(0);
    }
  });

  const place = {
    options: { epochs: 3, learningRate: 0.1, batchSize: 1, momentum: 0, weightDecay: 0, seed: 1 },
    dataset: { name: 'x', samples: 20, columns: 3, sha256: null },
    ...{ epoch: 0, step: 7, cursor: 7, lossSum: 3, correct: 4, history: [] },
  };

  it.each([
    [{ cursor: 21 }, 'm: cursor: expected a whole number from 0 to 20, got 21'],
    [{ cursor: 10.5 }, 'm: checkpoint.cursor: expected a whole number of at least 0, got 10.5'],
    [{ epoch: 4 }, 'm: epoch: expected a whole number from 0 to 3, got 4'],
    [{ epoch: 1 }, 'm: step: expected 27, by epoch and cursor, got 7'],
    [{ epoch: 1, step: 27 }, 'm: history: expected epochs 1 to 1, got '],
    [{ epoch: 1, history: [null] }, 'm: checkpoint.history[0]: expected an object, got null'],
    [{ correct: 8 }, 'm: correct: expected a whole number from 0 to 7, got 8'],
    [{ options: { ...place.options, learningRate: -1 } }, 'm: learningRate: expected a number above 0, got -1'],
    [{ dataset: 5 }, 'm: checkpoint.dataset: expected an object, got 5'],
    [
      { options: { ...place.options, schedule: 'exponential', gamma: 0.9, stepEpochs: 30 } },
      'm: schedule: expected an object such as {"kind": "exponential", "gamma": 0.1}, got "exponential"; version 0.1',
    ],
  ])('a checkpoint with %o', (change, message) => {
    const file = (checkpoint: unknown) =>
      changed(({ metadata }) => ({ metadata: { ...metadata, checkpoint: JSON.stringify(checkpoint) } }));
    expect(parseModel(file(place), 'm').checkpoint?.cursor).toBe(7);
    expectRefusal(() => parseModel(file({ ...place, ...change }), 'm'), 'bad-model', message);
  });

  it('NaN weights', () => {
    const file = changed(({ tensors }) => {
      const data = new Float32Array(15).fill(1);
      data[4] = Number.NaN;
      return { tensors: new Map(tensors).set('layers.0.weight', { shape: [5, 3], data }) };
    });
    const message = 'm: weights[0]: expected finite numbers, got NaN at index 4';
    expectRefusal(() => parseModel(file, 'm'), 'not-finite', message);
  });

  it('any damage is refused with an EdgeMlpError, or read: fuzz', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const damaged = bytes.slice();
          for (const { at, to } of changes) damaged[at] = to;
          try {
            parseModel(damaged, 'm');
          } catch (error) {
            expect(error).toBeInstanceOf(EdgeMlpError);
          }
        },
      ),
      { numRuns: 3000, seed: 3 },
    );
  });
});
