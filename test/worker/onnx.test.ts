/** ONNX uploads, which are converted to safetensors with the description in the query. */
import { exports } from 'cloudflare:workers';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { formatSafetensors } from '../../src/format/index.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { formatOnnx } from '../../src/format/onnx/index.ts';
import { LIMITS } from '../../worker/limits.ts';
import { type Bytes, external, node, onnxFile, tensor, value } from '../support/onnx.ts';
import { TOKENS } from '../support/tokens.ts';
import { checkAnswer } from './contract.ts';
import { ask, bundled, bundledMlp, digit, expectError, kernels, modelBytes, post, postJson, put } from './support.ts';

const RAW = { 'content-type': 'application/octet-stream' };
const numbers = (length: number, seed: number) =>
  Array.from({ length }, (_, i) => ((((i + 1) * (7 + seed)) % 17) - 8) / 8);

/** Linear, ReLU, Linear, as torch.onnx.export writes them: without names and scaling. */
function torchFile(
  [inputs, hidden, outputs]: readonly [number, number, number],
  shape: readonly (number | string)[] = ['N', inputs],
  last?: Bytes,
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    onnxFile({
      nodes: [
        node('Flatten', ['x'], 'f', { axis: { i: 1 } }),
        node('Gemm', ['f', 'w1', 'b1'], 'z1', { transB: { i: 1 } }),
        node('Relu', ['z1'], 'h'),
        last ?? node('Gemm', ['h', 'w2', 'b2'], 'z2', { transB: { i: 1 } }),
      ],
      initializers: [
        tensor('w1', [hidden, inputs], numbers(hidden * inputs, 1)),
        tensor('b1', [hidden], numbers(hidden, 2)),
        tensor('w2', [outputs, hidden], numbers(outputs * hidden, 3)),
        tensor('b2', [outputs], numbers(outputs, 4)),
      ],
      inputs: [value('x', shape)],
      outputs: [value('z2', ['N', outputs])],
    }),
  );
}

const upload = (path: string, bytes: Uint8Array<ArrayBuffer>) => put(`/models/${path}`, bytes, RAW);

async function downloadModel(name: string, version = 1): Promise<ModelFile> {
  const file = await ask(`/models/${name}/versions/${version}`);
  return parseModel(new Uint8Array(await file.arrayBuffer()), name);
}

async function probabilities(query: string, body: unknown): Promise<number[]> {
  const response = await postJson(`/predict?${query}`, body);
  expect(response.status, await response.clone().text()).toBe(200);
  return (
    ((await response.json()) as { predictions: { probabilities: number[] }[] }).predictions[0]?.probabilities ?? []
  );
}

describe('an upload of ONNX', () => {
  it('becomes safetensors with their own hash; repeating the upload returns the same version', async () => {
    const file = torchFile([4, 5, 3]);
    const first = await upload('torch/versions/1?classes=setosa,versicolor,virginica&features=a,b,c,d', file);
    expect([first.status, first.headers.get('location')]).toEqual([201, '/models/torch/versions/1']);
    const record = (await first.json()) as { sha256: string; bytes: number };
    expect(record).toMatchObject({
      ...{ version: 1, layers: [4, 5, 3], hiddenActivation: 'relu', testAccuracy: null },
      ...{ classes: ['setosa', 'versicolor', 'virginica'], scaling: 'identity', features: ['a', 'b', 'c', 'd'] },
    });
    const { info, parameters } = await downloadModel('torch');
    expect([...(parameters.weights[0] ?? [])]).toEqual(numbers(20, 1));
    expect(info.classes).toEqual(['setosa', 'versicolor', 'virginica']);
    const expected = createMlp(kernels, { info, parameters }).predict(Float32Array.of(5.1, 3.5, 1.4, 0.2));
    expect(await probabilities('model=torch', [5.1, 3.5, 1.4, 0.2])).toEqual([...expected.probabilities]);

    const again = await upload('torch/versions/1?classes=setosa,versicolor,virginica&features=a,b,c,d', file);
    expect([again.status, ((await again.json()) as { sha256: string }).sha256]).toEqual([200, record.sha256]);
    const classes = 'classes=setosa,versicolor,virginica';
    await expectError(await upload(`torch/versions/1?${classes}`, file), 409, 'version 1 of torch exists');
    await expectError(
      await upload('torch/versions/2', file),
      400,
      'torch: expected class 0 "setosa", as in its versions, got "0": choose another name',
    );
    // The same for safetensors.
    const ours = modelBytes({ seed: 5 });
    const statuses = [await upload('again/versions/1', ours), await upload('again/versions/1', ours)];
    expect(statuses.map(({ status }) => status)).toEqual([201, 200]);
  });

  it('that edge-mlp exported needs no description, and answers bit-identically', async () => {
    const scaling = { kind: 'standard' as const, mean: [5.8, 3.1], standardDeviation: [0.8, 0.4] };
    const model = parseModel(modelBytes({ layers: [2, 6, 3], info: { scaling, classes: ['a', 'b', 'c'] } }), 'ours');
    expect((await upload('ours/versions/1', formatOnnx(model))).status).toBe(201);
    const back = await downloadModel('ours');
    expect([back.info, back.parameters]).toEqual([model.info, model.parameters]);
    const pixels = await upload('mnist/versions/7', formatOnnx(bundled));
    expect(await pixels.json()).toMatchObject({ scaling: 'bytes', imageShape: [28, 28] });
    const [response, own] = [await post('/predict?version=7', digit(0), RAW), bundledMlp.predict(digit(0))];
    const { predictions } = (await response.json()) as { predictions: { label: number; digit: number }[] };
    expect(predictions[0]).toMatchObject({ label: own.label, digit: own.label });
  });

  it('with 784 inputs needs a description, and answers correctly with each', async () => {
    const file = torchFile([784, 3, 10]);
    await expectError(
      await upload('flat/versions/1', file),
      400,
      'the upload: expected a description of its 784 inputs, got none: add ?image=28x28 for pixels',
    );
    const white = Array.from({ length: 784 }, (_, i) => (i % 5 === 0 ? 255 : 0));
    const shares = white.map((pixel) => pixel / 255);
    expect((await upload('shares/versions/1?scaling=identity', file)).status).toBe(201);
    const expected = await probabilities('model=shares', shares);
    expect((await upload('flat/versions/1?image=28x28', file)).status).toBe(201);
    expect(await probabilities('model=flat', white)).toEqual(expected);
    // Rows and columns in the file do not say that they are pixels: they could be a window of a sensor.
    const window = torchFile([784, 3, 10], ['N', 1, 28, 28]);
    await expectError(await upload('flat/versions/2', window), 400, 'expected a description of its 784 inputs');
    expect((await upload('flat/versions/2?image=28x28', window)).status).toBe(201);
    expect(await probabilities('model=flat&version=2', white)).toEqual(expected);
    // Trained after transforms.Normalize: clients still send pixels, PNG files and raw bytes.
    const normalized = shares.map((share) => (share - 0.1307) / 0.3081);
    expect((await upload('flat/versions/3?image=28x28&mean=0.1307&std=0.3081', file)).status).toBe(201);
    const whole = await probabilities('model=shares', normalized);
    const folded = await probabilities('model=flat&version=3', white);
    for (const [label, probability] of folded.entries()) expect(probability).toBeCloseTo(whole[label] ?? 9, 5);
    expect(whole).not.toEqual(expected);
    expect((await downloadModel('flat', 3)).info).toMatchObject({ scaling: { kind: 'bytes' }, imageShape: [28, 28] });
  });

  it('of a state_dict in safetensors needs an activation', async () => {
    const weights = new Map([
      ['0.weight', { shape: [3, 2], data: Float32Array.from(numbers(6, 1)) }],
      ['0.bias', { shape: [3], data: Float32Array.from(numbers(3, 2)) }],
      ['2.weight', { shape: [2, 3], data: Float32Array.from(numbers(6, 3)) }],
      ['2.bias', { shape: [2], data: Float32Array.from(numbers(2, 4)) }],
    ]);
    const file = formatSafetensors({ tensors: weights, metadata: { format: 'pt' } });
    const missing = 'the upload: activation: expected the activation of the hidden layer, which the file does not have';
    await expectError(await upload('dict/versions/1', file), 400, missing);
    await expectError(await upload('dict/versions/1?activation=swish', file), 400, 'activation: expected sigmoid or ');
    const uploaded = await upload('dict/versions/1?activation=gelu&classes=no,yes', file);
    expect(await uploaded.json()).toMatchObject({
      layers: [2, 3, 2],
      hiddenActivation: 'gelu',
      classes: ['no', 'yes'],
    });
    expect((await downloadModel('dict')).parameters.weights[0]).toEqual(weights.get('0.weight')?.data);
    const onnx = torchFile([4, 3, 2]);
    const surplus = 'activation: expected nothing for ONNX, which has the activation';
    await expectError(await upload('dict/versions/2?activation=relu', onnx), 400, surplus);
  });

  it('of other pictures takes a PNG unchanged with pictures=as-is', async () => {
    const file = torchFile([64, 3, 2], ['N', 1, 8, 8]);
    const uploaded = await upload('tiles/versions/1?image=8x8&pictures=as-is&classes=wall,floor', file);
    expect(await uploaded.json()).toMatchObject({ scaling: 'bytes', imageShape: [8, 8], pictures: 'as-is' });
    const data = Uint8Array.from({ length: 64 }, (_, i) => (i * 9) % 256);
    const png = encode({ width: 8, height: 8, data, channels: 1, depth: 8 }) as Uint8Array<ArrayBuffer>;
    const response = await post('/predict?model=tiles', png, { 'content-type': 'image/png' });
    const { predictions } = (await response.json()) as { predictions: { probabilities: number[] }[] };
    expect(predictions[0]?.probabilities).toEqual(await probabilities('model=tiles', [...data]));
    expect(await (await ask('/v2/models/tiles')).json()).toMatchObject({
      properties: { image: '8x8', pictures: 'as-is' },
    });
    await upload('tiles/versions/2?image=8x8&classes=wall,floor', file);
    const other = await post('/predict?model=tiles&version=2', png, { 'content-type': 'image/png' });
    await expectError(other, 415, 'image/png: expected numbers, because the model takes no images, got an image');
  });

  it('of standardised features keeps their mean and standard deviation', async () => {
    const file = torchFile([3, 4, 2]);
    const query = 'mean=10,20,30&std=1,2,4';
    expect(await (await upload(`outside/versions/1?${query}`, file)).json()).toMatchObject({ scaling: 'standard' });
    await upload('outside/versions/2', file);
    const { info } = await downloadModel('outside');
    const scaling = { kind: 'standard' as const, mean: [10, 20, 30], standardDeviation: [1, 2, 4] };
    expect(info.scaling).toEqual(scaling);
    const raw = [11.5, 17, 33];
    const scaled = [...scaleInputs(Float32Array.from(raw), scaling)];
    expect(await probabilities('model=outside&version=1', raw)).toEqual(
      await probabilities('model=outside&version=2', scaled),
    );
  });

  it('accepts the same options through the client', async () => {
    const fetch = async (request: Request) => checkAnswer(request, await exports.default.fetch(request));
    const client = new Client('https://edge-mlp.test', { token: TOKENS.admin, fetch });
    const options = { image: [28, 28], classes: [...'abcdefghij'], mean: [0.5], std: [0.25] } as const;
    expect(await client.models.upload('by-client', 1, torchFile([784, 3, 10]), options)).toMatchObject({
      ...{ scaling: 'bytes', imageShape: [28, 28], classes: [...'abcdefghij'] },
    });
  });

  it.each([
    ['classes=a,b', 'classes: expected 3 different names, got ["a","b"]'],
    ['classes=a,b,b', 'classes: expected 3 different names, got ["a","b","b"]'],
    ['classes=a,b,', 'classes: expected 3 different names, got ["a","b",""]'],
    ['features=a', 'features: expected 4 different names'],
    ['image=28x28', 'image: expected rows and columns of 4 pixels, got 28x28'],
    ['image=2', 'image: expected rows and columns, as 28x28, got 2'],
    ['pictures=as-is', 'pictures: expected rows and columns of an image'],
    ['image=2x2&pictures=round', 'pictures: expected '],
    ['scaling=pixels', 'scaling: expected bytes or identity, got pixels'],
    ['mean=1', 'mean and std: expected both, got one'],
    ['mean=1,2&std=1', 'mean: expected 1 or 4 numbers, got 2'],
    ['mean=1&std=0', 'std: expected numbers above 0, got 0'],
    ['mean=one&std=1', 'mean: expected comma-separated numbers, got one'],
    ['class=a,b,c', 'class'],
  ])('is refused with ?%s', async (query, message) => {
    await expectError(await upload(`refused/versions/1?${query}`, torchFile([4, 5, 3])), 400, message);
    expect((await ask('/models/refused')).status).toBe(404);
  });

  it('takes external data as a form, also through the client', async () => {
    const weights = numbers(20, 1);
    const data = new Uint8Array(Float32Array.from(weights).buffer);
    const file = Uint8Array.from(
      onnxFile({
        nodes: [
          node('Gemm', ['x', 'w1'], 'z1', { transB: { i: 1 } }),
          node('Relu', ['z1'], 'h'),
          node('Gemm', ['h', 'w2'], 'z2', { transB: { i: 1 } }),
        ],
        initializers: [external('w1', [5, 4], { location: 'm.onnx.data' }), tensor('w2', [3, 5], numbers(15, 3))],
        inputs: [value('x', ['N', 4])],
        outputs: [value('z2', ['N', 3])],
        opset: 13,
      }),
    );
    const form = new FormData();
    form.set('model', new Blob([file]), 'm.onnx');
    form.set('data', new Blob([data]), 'm.onnx.data');
    const send = (body: FormData) =>
      exports.default.fetch(
        new Request('https://edge-mlp.test/models/pair/versions/1?classes=a,b,c', {
          method: 'PUT',
          body,
          headers: { authorization: `Bearer ${TOKENS.admin}` },
        }),
      );
    const sent = await send(form);
    expect([sent.status, await sent.json()]).toMatchObject([201, { layers: [4, 5, 3], classes: ['a', 'b', 'c'] }]);
    expect([...((await downloadModel('pair')).parameters.weights[0] ?? [])]).toEqual(weights);
    const fetch = async (request: Request) => checkAnswer(request, await exports.default.fetch(request));
    const client = new Client('https://edge-mlp.test', { token: TOKENS.admin, fetch });
    const again = await client.models.publish('pair', file, {
      classes: ['a', 'b', 'c'],
      externalData: { 'm.onnx.data': data },
    });
    expect(again.version).toBe(1);

    await expectError(
      await upload('pair/versions/2', file),
      400,
      'initializer "w1": expected its data in the file, or the file "m.onnx.data" next to it',
    );
    const only = new FormData();
    only.set('data', new Blob([data]), 'm.onnx.data');
    await expectError(await send(only), 400, 'body: expected one field "model" and at most 16 files, got 1 fields');
    form.set('note', 'a text');
    await expectError(await send(form), 400, 'note: expected a file, got a text');
    form.delete('note');
    form.append('more', new Blob([data]), 'm.onnx.data');
    await expectError(await send(form), 400, 'body: expected different file names, got m.onnx.data twice');
    form.delete('more');
    form.set('model', new Blob([formatModel(await downloadModel('pair'))]), 'm.safetensors');
    await expectError(
      await send(form),
      400,
      'the upload: expected safetensors without other files, got the file m.onnx.data',
    );
    form.set('model', new Blob([file]), 'm.onnx');
    form.set('data', new Blob([new Uint8Array(LIMITS.onnxBytes)]), 'm.onnx.data');
    await expectError(await send(form), 413, 'expected at most 8,388,608 bytes of ONNX');
    const broken = await put('/models/pair/versions/3', file, { 'content-type': 'multipart/form-data; boundary=none' });
    await expectError(broken, 400, 'body: expected multipart/form-data, got: ');
  });

  it('is refused for an unsupported node, its size, or another format', async () => {
    const conv = torchFile([4, 5, 3], ['N', 4], node('Conv', ['h', 'w2'], 'z2'));
    await expectError(
      await upload('bad/versions/1', conv),
      400,
      'the upload: node "/Conv/z2" (Conv): expected an operator of a multilayer perceptron, got "Conv"',
    );
    const large = new Uint8Array(LIMITS.onnxBytes + 1);
    large[0] = 8;
    await expectError(await upload('bad/versions/1', large), 413, 'expected at most 8,388,608 bytes of ONNX');
    await expectError(
      await upload('bad/versions/1', torchFile([4, 5, 3]).slice(0, -40)),
      400,
      'the upload: expected an',
    );
    await expectError(
      await upload('bad/versions/1', Uint8Array.of(0x50, 0x4b, 3, 4)),
      400,
      'expected safetensors or ONNX',
    );
    await expectError(await upload('bad/versions/1', new Uint8Array()), 400, 'expected safetensors or ONNX');
    await expectError(
      await upload('bad/versions/1?classes=a', modelBytes()),
      400,
      'classes: expected no description, as the upload is a model file',
    );
    // Zero rows take no bytes in the file, but the columns would exceed the memory.
    const hollow = Uint8Array.from(
      onnxFile({
        nodes: [node('Gemm', ['x', 'w'], 'z', { transB: { i: 1 } })],
        initializers: [tensor('w', [2 ** 31, 0], [])],
        inputs: [value('x', ['N', 'M'])],
        outputs: [value('z', ['N', 'K'])],
      }),
    );
    await expectError(
      await upload('bad/versions/1', hollow),
      400,
      'expected weights of two dimensions, got [2147483648, 0]',
    );
    // One matrix in 60 layers takes 60 times its memory.
    const layers = Array.from({ length: 60 }, (_, l) => [
      node('MatMul', [l === 0 ? 'x' : `h${l - 1}`, 'w'], `z${l}`),
      node('Relu', [`z${l}`], `h${l}`),
    ]).flat();
    const deep = Uint8Array.from(
      onnxFile({
        nodes: layers,
        initializers: [tensor('w', [20, 20], numbers(400, 1))],
        inputs: [value('x', ['N', 20])],
        outputs: [value('h59', ['N', 20])],
      }),
    );
    await expectError(
      await upload('bad/versions/1', deep),
      400,
      'node "/MatMul/z15" (MatMul): expected weights that are used',
    );
    expect((await ask('/models/bad')).status).toBe(404);
  });

  // A partial description of pixels is refused as well, and names must fit into responses.
  it.each([
    ['mean=0.5&std=0.5', [784, 3, 10], 'expected a description of its 784 inputs'],
    ['classes=a,b,a', [4, 5, 3], 'classes: expected 3 different names'],
    [`classes=a,b,${'c'.repeat(257)}`, [4, 5, 3], 'expected names of at most 256 characters, got one of 257'],
    [`features=a,b,c,${'d'.repeat(300)}`, [4, 5, 3], 'expected names of at most 256 characters, got one of 300'],
  ] as const)('is refused with %s', async (query, layers, message) => {
    await expectError(await upload(`refused-too/versions/1?${query}`, torchFile(layers)), 400, message);
  });

  it('can have 2 million parameters', async () => {
    const model = parseModel(modelBytes({ layers: [784, 2600, 10], activation: 'relu' }), 'great');
    const file = formatOnnx(model);
    expect(file.length).toBeGreaterThan(LIMITS.onnxBytes - 2 ** 17);
    const response = await upload('great/versions/1', file);
    expect(await response.json()).toMatchObject({ layers: [784, 2600, 10], scaling: 'bytes' });
  });
});
