/** Parsers of model files, checkpoints and finished runs. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UploadQuery } from '../../../src/api/models.ts';
import { describeModel, parseDescription } from '../../../src/format/description.ts';
import {
  formatModel,
  formatSafetensors,
  type ModelFile,
  parseModel,
  parseSafetensors,
  quantizeModel,
  type Tensor,
} from '../../../src/format/index.ts';
import { parseDescribed } from '../../../src/format/load-model.ts';
import { formatOnnx, parseOnnx } from '../../../src/format/onnx/index.ts';
import { formatRun, parseRun } from '../../../src/format/run-file.ts';
import { type Checkpoint, Mlp, TRAINING_DEFAULTS } from '../../../src/index.ts';
import { readUpload } from '../../../worker/models/upload.ts';
import { noisyDataset } from '../../support/datasets.ts';
import { loadBuild } from '../../support/kernels.ts';
import { longs, node, onnxFile, tensor, texts, value } from '../../support/onnx.ts';
import { checkpointAt } from '../../support/training.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { assertFinite, jsonBytes, MB, nearly, readText, utf8 } from '../values.ts';

const mlp = Mlp.create(loadBuild(), { layers: [3, 4, 2], seed: 2 });
const data = { ...noisyDataset({ samples: 20, columns: 3, classes: 2 }), name: 'noise' };
const info: ModelFile['info'] = {
  spec: mlp.spec,
  classes: ['no', 'yes'],
  scaling: { kind: 'standard', mean: [1, 2, 3], standardDeviation: [1, 1, 2] },
  features: ['a', 'b', 'c'],
  labelName: 'kind',
};
const model: ModelFile = { info, parameters: mlp.parameters() };

const plainModel: ModelFile = {
  info: { spec: mlp.spec, classes: ['0', '1'], scaling: { kind: 'identity' } },
  parameters: mlp.parameters(),
};

function takeCheckpoint(options: object): ModelFile {
  const checkpoint: Checkpoint = checkpointAt(mlp, data, { ...TRAINING_DEFAULTS, batchSize: 4, ...options }, 7);
  const run = { options: { data: 'noise' }, curve: [{ samples: 4, loss: 0.5 }], seconds: [0.1] };
  return { info, parameters: checkpoint.parameters, checkpoint, run };
}

const MODELS = [
  model,
  quantizeModel(model),
  takeCheckpoint({ momentum: 0.9 }),
  takeCheckpoint({ averageEpochs: 5 }),
].map(formatModel);

/** Files of other programs: float32 and float16, with biases and without. */
const STATE_DICTS = [
  formatSafetensors({ tensors: parseSafetensors(formatModel(plainModel), 'x').tensors, metadata: { format: 'pt' } }),
  joinFile(
    {
      'fc1.weight': { dtype: 'F16', shape: [3, 2], data_offsets: [0, 12] },
      'fc2.weight': { dtype: 'BF16', shape: [2, 3], data_offsets: [12, 24] },
    },
    Uint8Array.from({ length: 24 }, (_, i) => i),
  ),
];

/** Files whose header was changed as JSON, so that its length still fits. */
function changedHeaders(files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  return fc.constantFrom(...files).chain((file) => {
    const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(readText(file.subarray(8, 8 + length)));
    const tensors = file.subarray(8 + length);
    return fc.oneof(nearly(fc.constant(header)), changedTexts(header)).map((each) => joinFile(each, tensors));
  });
}

/** Changes a JSON text of the metadata. */
function changedTexts(header: unknown): fc.Arbitrary<unknown> {
  const metadata = Object((header as { __metadata__?: unknown } | null)?.__metadata__) as Record<string, unknown>;
  const keys = Object.keys(metadata).filter((key) => typeof metadata[key] === 'string' && /^[[{]/.test(metadata[key]));
  if (keys.length === 0) return fc.constant(header);
  return fc.constantFrom(...keys).chain((key) =>
    nearly(fc.constant(JSON.parse(String(metadata[key])))).map((changed) => ({
      ...(header as object),
      __metadata__: { ...metadata, [key]: JSON.stringify(changed) ?? 'null' },
    })),
  );
}

function joinFile(header: unknown, tensors: Uint8Array): Uint8Array {
  const json = jsonBytes(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  return Buffer.concat([length, json, tensors]);
}

const tensorMaps = fc
  .array(
    fc.tuple(
      fc.string({ maxLength: 6 }),
      fc.oneof(
        fc.float32Array({ maxLength: 6 }).map((values): Tensor => ({ shape: [values.length], data: values })),
        fc.int8Array({ maxLength: 6 }).map((values): Tensor => ({ shape: [1, values.length], data: values })),
      ),
    ),
    { maxLength: 4 },
  )
  .map((entries) => new Map(entries.filter(([name]) => name !== '__metadata__')));

const succeeded = formatRun(
  {
    status: 'succeeded',
    epochs: [],
    validation: null,
    test: null,
    steps: { steps: 2, stride: 1, loss: Float32Array.of(1, 0.5), accuracy: Float32Array.of(0, 1) },
    parameters: mlp.parameters(),
  },
  'the run',
  '0'.repeat(64),
);
const failed = formatRun({ status: 'failed', code: 'diverged', reason: 'x' }, 'the run', '0'.repeat(64));

function checkModel(bytes: Uint8Array): void {
  const read = parseModel(bytes, 'x');
  for (const values of [...read.parameters.weights, ...read.parameters.biases]) assertFinite(values);
  assert.deepEqual(parseModel(formatModel(read), 'x'), read);
}

/** One of the texts, or now and then another text. */
function mostly(texts: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...texts) }, { weight: 1, arbitrary: fc.string() });
}

type Operator = readonly [...Parameters<typeof node>] & { readonly 2: string };

/** A network of random operators on small weights, as exporters write them. */
const operators = fc.array(
  fc.constantFrom<Operator[]>(
    ['Gemm', ['x', 'w'], 'x'],
    ['Gemm', ['x', 'w', 'b'], 'x', { transB: { i: 1 } }],
    ['MatMul', ['x', 'w'], 'x'],
    ['Add', ['x', 'b'], 'x'],
    ['Mul', ['x', 's'], 'x'],
    ['Div', ['x', 'b'], 'x'],
    ['Sub', ['b', 'x'], 'x'],
    ['Relu', ['x'], 'x'],
    ['Sigmoid', ['x'], 'x'],
    ['Softmax', ['x'], 'x', { axis: { i: 1 } }],
    ['Reshape', ['x', 'r'], 'x'],
    ['Reshape', ['w', 'r'], 'w'],
    ['Transpose', ['w'], 'w', { perm: { ints: [1, 0] } }],
    ['Unsqueeze', ['b'], 'b', { axes: { ints: [0] } }],
    ['Squeeze', ['b'], 'b'],
    ['BatchNormalization', ['x', 'b', 'b', 'b', 'b'], 'x'],
    ['Scaler', ['x'], 'x', { offset: { floats: [1, 2] }, scale: { floats: [3] } }],
    ['Concat', ['b', 'b'], 'b', { axis: { i: 0 } }],
    ['Cast', ['x'], 'x', { to: { i: 1 } }],
    ['Identity', ['x'], 'x'],
    ['ZipMap', ['x'], 'x', { classlabels_strings: { strings: ['p', 'q'] } }],
  ),
  { maxLength: 6 },
);

/** Each value of a graph has its own name: an output gets a new one, which later inputs read. */
function createNodes(list: readonly Operator[]): { readonly nodes: ReturnType<typeof node>[]; readonly last: string } {
  const names = new Map<string, string>();
  const nodes = list.map(([type, inputs, output, attributes], i) => {
    const read = inputs.map((name) => names.get(name) ?? name);
    names.set(output, `${output}${i}`);
    return node(type, read, `${output}${i}`, attributes);
  });
  return { nodes, last: names.get('x') ?? 'x' };
}

const graphs = fc
  .record({
    before: operators,
    after: operators,
    dims: fc.array(fc.integer({ min: -1, max: 3 }), { maxLength: 4 }),
    values: fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), { minLength: 4, maxLength: 4 }),
    input: fc.array(fc.oneof(fc.integer({ min: -1, max: 4 }), fc.constant('N')), { maxLength: 4 }),
    plain: fc.boolean(),
  })
  .map(({ before, after, dims, values, input, plain }) => {
    const { nodes, last } = createNodes([
      ...(plain ? [] : before),
      ['Gemm', ['x', 'w', 'b'], 'x'],
      ...(plain ? ([['Softmax', ['x'], 'x']] as const) : after),
    ]);
    return onnxFile({
      nodes,
      initializers: [
        tensor('w', plain ? [2, 2] : [...dims, 2].slice(-2), values),
        tensor('b', [2], values.slice(2)),
        tensor('s', [1], values.slice(3)),
        longs('r', [0, -1]),
        texts('t', ['p', 'q']),
      ],
      inputs: [value('x', plain ? ['N', 2] : input)],
      outputs: [value(last, ['N', 2])],
    });
  });

export const MODEL_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'safetensors',
    seeds: MODELS,
    inputs: fc.oneof(
      changedHeaders(MODELS),
      tensorMaps.map((tensors) => formatSafetensors({ tensors, metadata: { a: 'b' } })),
    ),
    parse: (bytes) => {
      const read = parseSafetensors(bytes, 'x');
      const again = parseSafetensors(formatSafetensors(read), 'x');
      assert.deepEqual(again.metadata, read.metadata);
      // Converted tensors are written as float32.
      const numbers = ({ tensors }: typeof read) => [...tensors].map(([name, { shape, data }]) => [name, shape, data]);
      assert.deepEqual(numbers(again), numbers(read));
    },
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'model',
    seeds: MODELS.slice(0, 2),
    inputs: changedHeaders(MODELS.slice(0, 2)),
    parse: checkModel,
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'checkpoint',
    seeds: MODELS.slice(2),
    inputs: changedHeaders(MODELS.slice(2)),
    parse: checkModel,
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'state-dict',
    seeds: STATE_DICTS,
    inputs: changedHeaders(STATE_DICTS),
    parse: (bytes) => {
      const { model } = parseDescribed(bytes, 'x', { activation: 'relu' });
      for (const values of [...model.parameters.weights, ...model.parameters.biases]) assertFinite(values);
      assert.deepEqual(parseModel(formatModel(model), 'x').parameters, model.parameters);
    },
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'run',
    seeds: [succeeded, failed],
    inputs: changedHeaders([succeeded, failed]),
    parse: (bytes) => {
      const outcome = parseRun(bytes, 'x', 'the run');
      assert.deepEqual(parseRun(formatRun(outcome, 'the run', '0'), 'x', 'the run'), outcome);
    },
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'onnx',
    seeds: [formatOnnx(model), ...fc.sample(graphs, { numRuns: 40, seed: 1 })],
    inputs: graphs,
    parse: (bytes) => {
      const read = parseOnnx(bytes, 'x');
      for (const values of [...read.parameters.weights, ...read.parameters.biases]) assertFinite(values);
      assert.deepEqual(parseOnnx(formatOnnx(read), 'x').info.spec.layers, read.info.spec.layers);
    },
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'upload',
    seeds: [...MODELS.slice(0, 2), formatOnnx(model)],
    inputs: fc.oneof(changedHeaders(MODELS.slice(0, 2)), graphs),
    parse: (bytes) => {
      const upload = readUpload({ bytes }, {});
      assert.deepEqual(parseModel(upload.bytes, 'x').info.spec, upload.model.info.spec);
    },
    memory: { perByte: 200, base: MB },
  },
  {
    name: 'description',
    seeds: [utf8('classes=a,b&features=x,y,z&mean=0.1&std=1,2,3'), utf8('image=1x3&pictures=as-is&scaling=bytes')],
    inputs: fc
      .record(
        {
          classes: mostly(['a,b', 'no, yes', 'a,a']),
          features: mostly(['x,y,z', 'x']),
          image: mostly(['1x3', '3x1', '1x3', '28x28', '99999x99999']),
          scaling: mostly(['bytes', 'identity']),
          mean: mostly(['1', '1,2,3', '1e999']),
          std: mostly(['1', '1,2,3', '0', '1e-320']),
        },
        { requiredKeys: ['mean', 'std'] },
      )
      .map((query) => utf8(String(new URLSearchParams(query)))),
    parse: (bytes) => {
      const query = UploadQuery.parse(Object.fromEntries(new URLSearchParams(new TextDecoder().decode(bytes))));
      const { parameters } = describeModel(plainModel, parseDescription(query));
      assert.deepEqual(
        parameters.weights.map(({ length }) => length),
        [12, 8],
      );
    },
    memory: { perByte: 500, base: MB },
  },
];
