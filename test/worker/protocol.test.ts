/** The Open Inference Protocol V2. The requests of the first group were captured from tritonclient. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ask,
  bearer,
  bundledMlp,
  digit,
  digits,
  expectError,
  modelBytes,
  pixels,
  post,
  postJson,
  put,
  rows,
} from './support.ts';

const INFER = '/v2/models/mnist/infer';
const two = Float32Array.from(digits.inputs.subarray(0, 1568), (byte) => byte / 255);
const expected = bundledMlp.predictBatch(two);

function toBytes(values: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

/** A JSON header followed by binary tensors. */
function binaryBody(
  header: unknown,
  ...tensors: Uint8Array[]
): { body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const body = new Uint8Array(tensors.reduce((sum, { length }) => sum + length, json.length));
  body.set(json);
  let at = json.length;
  for (const tensor of tensors) {
    body.set(tensor, at);
    at += tensor.length;
  }
  return {
    body,
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(json.length) },
  };
}

const input = (datatype: string, shape: number[], more: object) => ({ name: 'input', datatype, shape, ...more });

interface Output {
  name: string;
  datatype: string;
  shape: number[];
  data?: (number | string)[];
  parameters?: { binary_data_size: number };
}

/** A response's JSON, and its binary outputs by name. */
async function read(response: Response) {
  expect(response.status).toBe(200);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const length = response.headers.get('inference-header-content-length');
  const head = JSON.parse(new TextDecoder().decode(length === null ? bytes : bytes.subarray(0, Number(length)))) as {
    model_name: string;
    model_version: string;
    id?: string;
    outputs: Output[];
  };
  const binary: Record<string, Uint8Array<ArrayBuffer>> = {};
  let at = Number(length ?? bytes.length);
  for (const { name, parameters } of head.outputs) {
    if (parameters === undefined) continue;
    binary[name] = bytes.slice(at, at + parameters.binary_data_size);
    at += parameters.binary_data_size;
  }
  expect(at).toBe(bytes.length);
  expect(response.headers.get('content-type')).toContain(
    length === null ? 'application/json' : 'application/octet-stream',
  );
  return { head, binary, data: (name: string) => head.outputs.find((output) => output.name === name)?.data };
}

describe('requests captured from tritonclient', () => {
  it.each([
    ['/v2/health/live', { live: true }],
    ['/v2/health/ready', { ready: true, live: true }],
    ['/v2/models/mnist/ready', { name: 'mnist', ready: true }],
    ['/v2', { name: 'edge-mlp', extensions: expect.arrayContaining(['binary_tensor_data', 'classification']) }],
    ['/v2/', { name: 'edge-mlp' }],
    ['/v2/models', { models: expect.arrayContaining(['mnist']) }],
    [
      '/v2/models/mnist/config',
      {
        name: 'mnist',
        max_batch_size: 1000,
        input: [{ name: 'input', data_type: 'TYPE_FP32', dims: [784] }],
        output: [
          { name: 'probabilities', data_type: 'TYPE_FP32', dims: [10] },
          { name: 'label', data_type: 'TYPE_INT32', dims: [] },
        ],
        model_transaction_policy: { decoupled: false },
      },
    ],
    [
      '/v2/models/mnist',
      {
        name: 'mnist',
        versions: expect.arrayContaining(['0']),
        platform: 'wasm_mlp',
        inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 784] }],
        outputs: [
          { name: 'probabilities', datatype: 'FP32', shape: [-1, 10] },
          { name: 'label', datatype: 'INT32', shape: [-1] },
        ],
      },
    ],
  ])('GET %s', async (path, body) => {
    const response = await ask(path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(body);
  });

  it('binary input, binary outputs', async () => {
    const header = {
      id: '42',
      inputs: [input('FP32', [2, 784], { parameters: { binary_data_size: 6272 } })],
      parameters: { binary_data_output: true },
    };
    const { body, headers } = binaryBody(header, toBytes(two));
    const { head, binary } = await read(await post(INFER, body, headers));
    expect(head).toMatchObject({ model_name: 'mnist', model_version: '0', id: '42' });
    expect(new Float32Array(binary.probabilities?.buffer ?? new ArrayBuffer())).toEqual(expected.probabilities);
    expect([...new Int32Array(binary.label?.buffer ?? new ArrayBuffer())]).toEqual([...expected.labels]);
  });

  it('binary input, JSON outputs', async () => {
    const header = {
      inputs: [input('FP32', [2, 784], { parameters: { binary_data_size: 6272 } })],
      outputs: [{ name: 'probabilities', parameters: { binary_data: false } }],
    };
    const { body, headers } = binaryBody(header, toBytes(two));
    const { head, data } = await read(await post(INFER, body, headers));
    expect(data('probabilities')).toEqual([...expected.probabilities]);
    expect(head).not.toHaveProperty('id');
    expect(head.outputs).toHaveLength(1);
  });

  it('JSON input with a binary media type, binary outputs, and the 3 most likely classes as texts', async () => {
    const inputs = [input('FP32', [2, 784], { data: [...two] })];
    const octets = { 'content-type': 'application/octet-stream' };
    const binaryOut = { inputs, outputs: [{ name: 'probabilities', parameters: { binary_data: true } }] };
    const { binary } = await read(await post(INFER, JSON.stringify(binaryOut), octets));
    expect(new Float32Array(binary.probabilities?.buffer ?? new ArrayBuffer())).toEqual(expected.probabilities);

    const wish = { inputs, outputs: [{ name: 'probabilities', parameters: { classification: 3, binary_data: true } }] };
    const classified = await read(await post(INFER, JSON.stringify(wish), octets));
    expect(classified.head.outputs[0]).toMatchObject({ datatype: 'BYTES', shape: [2, 3] });
    const texts = readTexts(classified.binary.probabilities ?? new Uint8Array());
    expect(texts).toHaveLength(6);
    const row = [...expected.probabilities.subarray(0, 10)];
    const [first = ''] = texts;
    expect(first).toBe(`${Math.max(...row).toFixed(6)}:${expected.labels[0]}:${expected.labels[0]}`);
    const inJson = { ...wish, outputs: [{ name: 'probabilities', parameters: { classification: 3 } }] };
    expect((await read(await postJson(INFER, inJson))).data('probabilities')).toEqual(texts);
  });

  it('parameters of clients that change no answer, and the name of the model from KServe', async () => {
    const parameters = {
      ...{ sequence_id: 7, sequence_start: true, sequence_end: false, priority: 1, timeout: 1_000_000 },
      ...{ binary_data_output: false, triton_enable_empty_final_response: false },
    };
    const inputs = [input('FP32', [2, 784], { data: [...two], parameters: {} })];
    const request = { id: null, model_name: 'mnist', parameters, inputs, outputs: null };
    const { data } = await read(await postJson(INFER, request));
    expect(data('probabilities')).toEqual([...expected.probabilities]);
    const named = { ...request, parameters: { sequence_id: 'a text' } };
    expect((await read(await postJson(INFER, named))).data('probabilities')).toEqual([...expected.probabilities]);
  });

  it('gzip: the header has the length after decompression', async () => {
    const header = {
      inputs: [input('FP32', [1, 784], { parameters: { binary_data_size: 3136 } })],
      parameters: { binary_data_output: true },
    };
    const { body, headers } = binaryBody(header, toBytes(two.subarray(0, 784)));
    const stream = new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'));
    const packed = await new Response(stream).arrayBuffer();
    const { binary } = await read(await post(INFER, packed, { ...headers, 'content-encoding': 'gzip' }));
    expect(new Float32Array(binary.probabilities?.buffer ?? new ArrayBuffer())).toEqual(
      expected.probabilities.slice(0, 10),
    );
  });

  it('unknown names, also percent-encoded, unknown versions, and the other endpoints', async () => {
    await expectError(await ask('/v2/models/nope'), 404, 'model nope not found');
    await expectError(await post('/v2/models/my%20model/versions/3/infer', '{}'), 404, 'my model');
    await expectError(await ask('/v2/models/mnist/versions/2/ready'), 404, 'version 2 of mnist not found');
    await expectError(await ask('/v2/models/mnist/versions/x'), 404, 'expected a version number, got x');
    await expectError(await ask('/v2/models/mnist/versions/1/config'), 404, 'version 1 of mnist not found');
    const index = (await (await post('/v2/repository/index', null)).json()) as unknown[];
    expect(index).toContainEqual({ name: 'mnist', version: '0', state: 'READY', reason: '' });
    expect((await post('/v2/repository/index', '{"ready":true}')).status).toBe(200);
    await expectError(await post('/v2/repository/models/mnist/load', '{}'), 401, 'expected Authorization');
    for (const [verb, body] of [
      ['load', '{}'],
      ['load', null],
      ['unload', '{}'],
      ['unload', '{"parameters":{"unload_dependents":false}}'],
    ] as const) {
      const response = await post(`/v2/repository/models/mnist/${verb}`, body, bearer('admin'));
      expect([response.status, await response.text()]).toEqual([200, '']);
    }
    await expectError(await post('/v2/repository/models/nope/load', '{}', bearer('admin')), 404, 'nope');
  });
});

describe('tensors', () => {
  const VIEWS = {
    BOOL: Uint8Array,
    UINT8: Uint8Array,
    UINT16: Uint16Array,
    UINT32: Uint32Array,
    INT8: Int8Array,
    INT16: Int16Array,
    INT32: Int32Array,
    FP32: Float32Array,
    FP64: Float64Array,
  } as const;

  async function infer(datatype: string, data: Uint8Array, shape = [1, 784]) {
    const header = { inputs: [input(datatype, shape, { parameters: { binary_data_size: data.length } })] };
    const { body, headers } = binaryBody(header, data);
    return (await read(await post(INFER, body, headers))).data('probabilities');
  }

  // Values of every datatype: black and the darkest grey, or black and white.
  const faint = pixels(0).map((value) => Number(value > 0));
  const asBytes = [...bundledMlp.predict(Uint8Array.from(faint)).probabilities];
  const asFloats = [...bundledMlp.predict(Float32Array.from(faint)).probabilities];

  it.each(Object.entries(VIEWS))('%s', async (datatype, View) => {
    expect(await infer(datatype, toBytes(View.from(faint)))).toEqual(datatype.startsWith('FP') ? asFloats : asBytes);
  });

  it.each(['UINT64', 'INT64'])('%s', async (datatype) => {
    expect(await infer(datatype, toBytes(BigInt64Array.from(faint, BigInt)))).toEqual(asBytes);
  });

  it('FP16 and BF16, which are binary only', async () => {
    const half = Uint16Array.from(faint, (value) => (value === 1 ? 0x3c00 : 0));
    const brain = Uint16Array.from(faint, (value) => (value === 1 ? 0x3f80 : 0));
    expect(await infer('FP16', toBytes(half))).toEqual(asFloats);
    expect(await infer('BF16', toBytes(brain))).toEqual(asFloats);
    await expectError(
      await postJson(INFER, { inputs: [input('FP16', [1, 784], { data: faint })] }),
      400,
      'expected FP16 as binary data',
    );
  });

  it('JSON: flat, nested, as pictures, with channels, and booleans', async () => {
    const bytes = pixels(2);
    const answer = [...bundledMlp.predict(digit(2)).probabilities];
    for (const [shape, data] of [
      [[1, 784], bytes],
      [[1, 784], [bytes]],
      [[1, 28, 28], bytes],
      [[1, 28, 28], [rows(bytes)]],
      [[1, 28, 28, 1], [rows(bytes).map((row) => row.map((value) => [value]))]],
      [[1, 1, 28, 28], [[rows(bytes)]]],
    ] as [number[], unknown][]) {
      const response = await read(await postJson(INFER, { inputs: [input('UINT8', shape, { data })] }));
      expect(response.data('probabilities')).toEqual(answer);
      expect(response.data('label')).toEqual([bundledMlp.predict(digit(2)).label]);
    }
    const booleans = {
      inputs: [input('BOOL', [1, 784], { data: faint.map((value, i) => (i % 2 ? value === 1 : value)) })],
    };
    expect((await read(await postJson(INFER, booleans))).data('probabilities')).toEqual(asBytes);
  });

  it('a raw request: one tensor, no JSON', async () => {
    const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': '0' };
    const { binary } = await read(await post(INFER, toBytes(two), headers));
    expect(new Float32Array(binary.probabilities?.buffer ?? new ArrayBuffer())).toEqual(expected.probabilities);
    await expectError(
      await post(INFER, toBytes(two).subarray(1), headers),
      400,
      'input: expected 3136 bytes for FP32 [1,784], got 6271',
    );
  });

  it('inputs of models of numbers are standardised', async () => {
    const info = {
      classes: ['a', 'b'],
      scaling: { kind: 'standard', mean: [1, 2], standardDeviation: [2, 4] } as const,
    };
    await put('/models/oip-points/versions/4', modelBytes({ layers: [2, 3, 2], info }));
    const byProtocol = await read(
      await postJson('/v2/models/oip-points/infer', { inputs: [input('FP64', [2, 2], { data: [3, -6, 1, 2] })] }),
    );
    const byPredict = (await (
      await postJson('/predict?model=oip-points', [
        [3, -6],
        [1, 2],
      ])
    ).json()) as {
      predictions: { probabilities: number[] }[];
    };
    expect(byProtocol.data('probabilities')).toEqual(
      byPredict.predictions.flatMap(({ probabilities }) => probabilities),
    );
    expect(byProtocol.head.model_version).toBe('4');
  });

  it('statistics count requests and samples', async () => {
    await put('/models/counted/versions/2', modelBytes());
    for (const batch of [1, 3, 3]) {
      await postJson('/v2/models/counted/infer', {
        inputs: [input('UINT8', [batch, 784], { data: new Array(784 * batch).fill(0) })],
      });
    }
    await postJson('/v2/models/counted/infer', { inputs: [] });
    const { model_stats } = (await (await ask('/v2/models/counted/stats')).json()) as {
      model_stats: Record<string, unknown>[];
    };
    expect(model_stats).toMatchObject([
      {
        ...{ name: 'counted', version: '2', inference_count: 7, execution_count: 3 },
        inference_stats: { success: { count: 3 }, fail: { count: 1 } },
        batch_stats: [
          { batch_size: 1, compute_infer: { count: 1 } },
          { batch_size: 3, compute_infer: { count: 2 } },
        ],
      },
    ]);
    expect(
      ((await (await ask('/v2/models/stats')).json()) as { model_stats: unknown[] }).model_stats.length,
    ).toBeGreaterThan(0);
  });
});

it('forbids compression, which some clients of the protocol cannot read, also of errors', async () => {
  for (const path of ['/v2', '/v2/models/mnist', '/v2/models/unknown']) {
    const { headers } = await ask(path);
    expect([headers.get('cache-control'), headers.get('content-encoding')]).toEqual(['no-transform', 'identity']);
  }
});

describe('the protocol refuses', () => {
  const good = () => ({ inputs: [input('UINT8', [1, 784], { data: pixels(0) })] as Record<string, unknown>[] });
  const first = (change: object) => ({ inputs: [{ ...good().inputs[0], ...change }] });

  it.each<[string, unknown, string]>([
    ['a list', [], 'body: expected an object, got a list of 0'],
    ['no inputs', {}, 'inputs: expected a list of at most 8, got nothing'],
    ['empty inputs', { inputs: [] }, 'inputs: expected at least one, got none'],
    [
      'two inputs',
      { inputs: [...good().inputs, ...good().inputs] },
      'expected one input called input, got input, input',
    ],
    ['another name', first({ name: 'image' }), 'expected one input called input, got image'],
    ['no datatype', first({ datatype: undefined }), 'inputs[0].datatype: expected a string, got nothing'],
    ['an unknown datatype', first({ datatype: 'FLOAT' }), 'datatype: expected BOOL, UINT8'],
    ['the datatype BYTES', first({ datatype: 'BYTES' }), 'got BYTES'],
    ['a datatype that is an object property', first({ datatype: 'constructor' }), 'got constructor'],
    ['a negative shape', first({ shape: [1, -784] }), 'shape: expected whole numbers'],
    ['a shape of strings', first({ shape: ['1', '784'] }), 'inputs[0].shape: expected whole numbers, got a list of 2'],
    ['a shape of objects', first({ shape: [{ toString: 1, valueOf: 1 }, 784] }), 'shape: expected whole numbers'],
    [
      'a deeply nested shape',
      first({ shape: JSON.parse(`${'['.repeat(9)}${']'.repeat(9)}`) }),
      'shape: expected whole numbers',
    ],
    [
      'an INT8 of 200',
      first({ datatype: 'INT8', data: pixels(0).with(3, 200) }),
      'expected numbers that INT8 can hold, got 200 at 3',
    ],
    ['no shape', first({ shape: undefined }), 'inputs[0].shape: expected a list'],
    [
      'an empty batch',
      first({ shape: [0, 784], data: [] }),
      'shape: expected [N,784], [N,28,28], [N,28,28,1], [N,1,28,28] with N of at least 1, got [0,784]',
    ],
    ['another shape', first({ shape: [1, 392, 2] }), 'shape: expected [N,784]'],
    [
      'too few numbers',
      first({ data: pixels(0).slice(1) }),
      "got 783: shape does not match true shape of 'data' field",
    ],
    ['too many numbers', first({ data: [...pixels(0), 1] }), 'got 785'],
    [
      'a string among the numbers',
      first({ data: pixels(0).with(5, '7' as never) }),
      'data: expected numbers that UINT8 can hold, got "7" at 5',
    ],
    [
      'null among the numbers',
      first({ data: pixels(0).with(5, null as never) }),
      'data: expected numbers that UINT8 can hold, got null at 5',
    ],
    ['an object', first({ data: { 0: 1 } }), 'expected a flat or nested list of numbers, got an object'],
    ['deeply nested data', first({ data: JSON.parse(`${'['.repeat(13)}${']'.repeat(13)}`) }), 'flat or nested'],
    [
      'pixels above 255',
      first({ datatype: 'INT32', data: pixels(0).with(3, 256) }),
      'expected INT32 pixels from 0 to 255, got 256 at 3',
    ],
    ['fractional pixels', first({ data: pixels(0).with(3, 1.5) }), 'can hold, got 1.5 at 3'],
    [
      'floats above 1',
      first({ datatype: 'FP32', data: pixels(0).with(3, 2) }),
      'expected FP32 pixels from 0 to 1, got',
    ],
    [
      'neither data nor a size',
      first({ data: undefined }),
      'expected either data or parameters.binary_data_size, got neither',
    ],
    ['both', first({ parameters: { binary_data_size: 1 } }), 'got both'],
    [
      'a size without bytes',
      first({ data: undefined, parameters: { binary_data_size: 784 } }),
      "unexpected size for input 'input', expecting 784 additional bytes",
    ],
    [
      'a negative size',
      first({ data: undefined, parameters: { binary_data_size: -1 } }),
      'binary_data_size: expected a whole number, got -1',
    ],
    ['an unknown field', { ...good(), output: [] }, 'body: unknown field "output": did you mean outputs?'],
    ['an unknown field of an input', first({ dtype: 'FP32' }), 'inputs[0]: unknown field "dtype", expected name'],
    [
      'shared memory for an input',
      first({ data: undefined, parameters: { shared_memory_region: 'in', shared_memory_byte_size: 784 } }),
      'inputs[0].parameters: unknown field "shared_memory_region", expected binary_data_size',
    ],
    [
      'shared memory for an output',
      { ...good(), outputs: [{ name: 'label', parameters: { shared_memory_region: 'out' } }] },
      'outputs[0].parameters: unknown field "shared_memory_region", expected binary_data, classification',
    ],
    [
      'a misspelt parameter of an output',
      { ...good(), outputs: [{ name: 'probabilities', parameters: { clasification: 3 } }] },
      'outputs[0].parameters: unknown field "clasification": did you mean classification?',
    ],
    [
      'a misspelt parameter',
      { ...good(), parameters: { binary_output: true } },
      'parameters: unknown field "binary_output"',
    ],
    ['a parameter of the prototype', { ...good(), parameters: { toString: 1 } }, 'unknown field "toString"'],
    ['a priority that is a text', { ...good(), parameters: { priority: 'high' } }, 'priority: expected a whole number'],
    ['the name of another model', { ...good(), model_name: 'fruit' }, 'model_name: expected mnist as in the path'],
    ['an id that is not a string', { ...good(), id: 7 }, 'id: expected a string, got 7'],
    [
      'an unknown output',
      { ...good(), outputs: [{ name: 'logits' }] },
      'outputs: expected probabilities or label, got logits',
    ],
    [
      'an output twice',
      { ...good(), outputs: [{ name: 'label' }, { name: 'probabilities' }, { name: 'label' }] },
      "outputs: expected distinct names, got 'label' twice",
    ],
    [
      'a flag that is not a boolean',
      { ...good(), parameters: { binary_data_output: 'yes' } },
      'binary_data_output: expected true or false, got "yes"',
    ],
    [
      'classification of labels',
      { ...good(), outputs: [{ name: 'label', parameters: { classification: 2 } }] },
      'classification: expected the output probabilities',
    ],
    [
      'half a class',
      { ...good(), outputs: [{ name: 'probabilities', parameters: { classification: 0.5 } }] },
      'classification: expected a whole number, got 0.5',
    ],
  ])('%s', async (_, body, message) => {
    await expectError(await postJson(INFER, body), 400, message);
  });

  it('too many samples, and names of any length', async () => {
    const many = first({ shape: [2 ** 40, 784] });
    await expectError(await postJson(INFER, many), 413, 'with a product of at most 784000');
    for (const name of ['x'.repeat(1100), '%00', 'a%2Fb', '..%2f']) {
      await expectError(await ask(`/v2/models/${name}/ready`), 404, /model .* not found|unknown path/);
    }
    await expectError(
      await put('/models/stats/versions/1', modelBytes()),
      400,
      'expected another name, got the reserved stats',
    );
  });

  it('neither null nor empty lists for absent fields', async () => {
    const body = { ...good(), id: null, parameters: null, outputs: null };
    expect((await read(await postJson(INFER, body))).head.outputs).toHaveLength(2);
    expect((await read(await postJson(INFER, { ...good(), outputs: [] }))).head.outputs).toHaveLength(2);
  });

  it('additional bytes, a header longer than the body, and NaN', async () => {
    const header = { inputs: [input('UINT8', [1, 784], { parameters: { binary_data_size: 784 } })] };
    const more = binaryBody(header, digit(0), new Uint8Array(3));
    await expectError(
      await post(INFER, more.body, more.headers),
      400,
      'unexpected additional input data: 3 bytes do not belong to an input',
    );
    for (const length of ['9999', '-1', '1e3', 'all']) {
      const headers = { 'inference-header-content-length': length };
      await expectError(await post(INFER, '{}', headers), 400, `expected a whole number from 0 to 2, got ${length}`);
    }
    const nan = binaryBody(
      { inputs: [input('FP32', [1, 784], { parameters: { binary_data_size: 3136 } })] },
      toBytes(new Float32Array(784).fill(Number.NaN)),
    );
    await expectError(await post(INFER, nan.body, nan.headers), 400, 'expected FP32 pixels from 0 to 1, got NaN at 0');
    for (const [datatype, bytes, message] of [
      ['BOOL', new Uint8Array(784).fill(5, 3, 4), 'input: expected BOOL from 0 to 1, got 5 at 3'],
      ['UINT64', toBytes(new BigUint64Array(784).fill(2n ** 63n)), 'input: expected UINT64 from 0 to 9007199254740991'],
    ] as const) {
      const head = input(datatype, [1, 784], { parameters: { binary_data_size: bytes.length } });
      const wrong = binaryBody({ inputs: [head] }, bytes);
      await expectError(await post(INFER, wrong.body, wrong.headers), 400, message);
    }
    await expectError(await post(INFER, '{"inputs": [', {}), 400, 'body: expected JSON');
    await expectError(await ask(INFER), 405, 'expected POST, OPTIONS, got GET');
  });

  it.each([
    ['index', { reddy: true }, 'body: unknown field "reddy": did you mean ready?'],
    ['index', { ready: 1 }, 'ready: expected true or false, got 1'],
    ['models/mnist/load', { parameters: { config: '{}' } }, 'parameters: unknown field "config", expected none'],
    ['models/mnist/load', { parameters: { 'file:1/model.onnx': '' } }, 'unknown field "file:1/model.onnx"'],
    ['models/mnist/unload', { parameters: { unload: true } }, 'parameters: unknown field "unload"'],
    ['models/mnist/unload', [], 'body: expected an object, got a list of 0'],
  ])('for /v2/repository/%s the body %j', async (path, body, message) => {
    await expectError(await postJson(`/v2/repository/${path}`, body, bearer('admin')), 400, message);
  });

  it('arbitrary JSON with an error of the client, unless it answers with a prediction', async () => {
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('any')),
        fc.dictionary(
          fc.constantFrom('name', 'shape', 'datatype', 'data', 'parameters', 'inputs', 'binary_data_size'),
          tie('any'),
        ),
      ),
    })).any;
    await fc.assert(
      fc.asyncProperty(value, fc.option(fc.string({ maxLength: 5 })), async (body, length) => {
        const printable = length?.replace(/[^!-~]/g, '');
        const response = await postJson(
          INFER,
          body ?? null,
          printable ? { 'inference-header-content-length': printable } : {},
        );
        expect([200, 400]).toContain(response.status);
        await response.arrayBuffer();
      }),
      { numRuns: 150 },
    );
  });
});

/** Elements of a BYTES tensor. */
function readTexts(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at, true);
    texts.push(new TextDecoder().decode(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
}
