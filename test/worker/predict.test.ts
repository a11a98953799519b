/** POST /predict. */
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { digitInputs } from '../../src/data/picture/index.ts';
import { decodePng } from '../../src/data/png.ts';
import { createMlp, parseModel } from '../../src/format/model-file.ts';
import { LIMITS } from '../../worker/limits.ts';
import { JPEG, LYING_JPEG, PROGRESSIVE_JPEG, TRANSPARENT_WEBP, WEBP } from '../support/photographs.ts';
import {
  ask,
  bearer,
  bundledMlp,
  digit,
  digits,
  expectError,
  kernels,
  modelBytes,
  pixels,
  post,
  postJson,
  put,
  rows,
} from './support.ts';

interface Predicted {
  model: string;
  version: number;
  predictions: { label: number; class: string; digit?: number; confidence: number; probabilities: number[] }[];
}

async function readPrediction(response: Response): Promise<Predicted> {
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/json');
  return response.json();
}

const RAW = { 'content-type': 'application/octet-stream' };
const PNG = { 'content-type': 'image/png' };

describe('POST /predict', () => {
  const expected = bundledMlp.predict(digit(0));

  it('returns for raw bytes the probabilities of the library, bit for bit', async () => {
    const response = await post('/predict', digit(0), RAW);
    const timing = response.headers.get('server-timing');
    const { model, version, predictions } = await readPrediction(response);
    expect({ model, version }).toEqual({ model: 'mnist', version: 0 });
    const [prediction] = predictions;
    expect(prediction?.probabilities).toEqual([...expected.probabilities]);
    expect(prediction).toMatchObject({ label: expected.label, class: String(expected.label), digit: expected.label });
    expect(prediction?.confidence).toBe(expected.probabilities[expected.label]);
    expect(timing).toMatch(/^parse;desc="784 bytes";dur=[\d.]+, compute;desc="238200 multiply-adds";dur=[\d.]+$/);
  });

  it.each([
    ['flat', pixels(0)],
    ['in rows', rows(pixels(0))],
    ['with a scale of 255', { pixels: pixels(0), scale: 255 }],
    ['with a scale of 1', { pixels: pixels(0).map((value) => value / 255), scale: 1 }],
    ['as a list of one', [pixels(0)]],
    ['as a list of one in rows', { pixels: [rows(pixels(0))] }],
  ])('returns the same bits for JSON %s', async (_, body) => {
    const { predictions } = await readPrediction(await postJson('/predict', body));
    expect(predictions.map(({ probabilities }) => probabilities)).toEqual([[...expected.probabilities]]);
  });

  it('answers many samples in order, raw or JSON, at any offset of the bytes', async () => {
    const raw = await readPrediction(await post('/predict', Uint8Array.from(digits.inputs), RAW));
    const json = await readPrediction(
      await postJson(
        '/predict',
        Array.from({ length: 40 }, (_, n) => pixels(n)),
      ),
    );
    const { labels } = bundledMlp.predictBatch(digits.inputs);
    expect(raw.predictions.map(({ label }) => label)).toEqual([...labels]);
    expect(json).toEqual(raw);
  });

  it('accepts compressed bodies', async () => {
    for (const encoding of ['gzip', 'deflate'] as const) {
      const stream = new Blob([digit(3)]).stream().pipeThrough(new CompressionStream(encoding));
      const body = await new Response(stream).arrayBuffer();
      const { predictions } = await readPrediction(
        await post('/predict', body, { ...RAW, 'content-encoding': encoding }),
      );
      expect(predictions[0]?.probabilities).toEqual([...bundledMlp.predict(digit(3)).probabilities]);
    }
  });

  it('accepts a PNG of any size as the library prepares it', async () => {
    const grey = encode({ width: 28, height: 28, data: digit(5), channels: 1, depth: 8 });
    const { predictions } = await readPrediction(await post('/predict', grey, PNG));
    const centred = digitInputs(decodePng(grey, 'five'), 'five');
    expect(predictions[0]?.probabilities).toEqual([...bundledMlp.predict(centred).probabilities]);
    const data = new Uint8Array(120 * 90 * 3).fill(255);
    for (let y = 15; y < 75; y++) for (let x = 50; x < 58; x++) data.fill(10, 3 * (120 * y + x), 3 * (120 * y + x) + 3);
    const png = encode({ width: 120, height: 90, data, channels: 3, depth: 8 });
    const inputs = digitInputs(decodePng(png, 'one'), 'one');
    const drawn = await readPrediction(await post('/predict', png, PNG));
    expect(drawn.predictions[0]?.probabilities).toEqual([...bundledMlp.predict(inputs).probabilities]);
    expect(drawn.predictions[0]?.digit).toBe(1);
  });

  it.each([
    ['JPEG', JPEG, 'image/jpeg'],
    ['progressive JPEG', PROGRESSIVE_JPEG, 'image/jpeg'],
    ['JPEG that lies on its side', LYING_JPEG, 'image/jpeg'],
    ['WebP', WEBP, 'image/webp'],
    ['WebP with a transparent ground', TRANSPARENT_WEBP, 'image/webp'],
    ['JPEG that is called a PNG', JPEG, 'image/png'],
  ])('reads a %s', async (_, bytes, type) => {
    const { predictions } = await readPrediction(await post('/predict', bytes, { 'content-type': type }));
    expect(predictions[0]?.digit).toBe(7);
    expect(predictions[0]?.confidence).toBeGreaterThan(0.9);
  });

  it('answers for other models by name and version', async () => {
    const info = {
      classes: ['no', 'yes'],
      scaling: { kind: 'standard', mean: [1, 2], standardDeviation: [2, 4] } as const,
    };
    await put('/models/points/versions/3', modelBytes({ layers: [2, 5, 2], info }));
    const json = await readPrediction(
      await postJson('/predict?model=points&version=3', [
        [3, -6],
        [1, 2],
      ]),
    );
    expect(json).toMatchObject({ model: 'points', version: 3 });
    expect(json.predictions[0]).not.toHaveProperty('digit');
    expect(['no', 'yes']).toContain(json.predictions[0]?.class);
    const raw = await readPrediction(await post('/predict?model=points', Float32Array.of(3, -6, 1, 2), RAW));
    expect(raw.predictions).toEqual(json.predictions);
    await expectError(
      await post(
        '/predict?model=points',
        encode({ width: 28, height: 28, data: digit(0), channels: 1, depth: 8 }),
        PNG,
      ),
      415,
      'image/png: expected numbers, because the model takes no images',
    );
  });

  it('allows requests from any page', async () => {
    const response = await post('/predict', digit(0), { ...RAW, origin: 'https://example.org' });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const preflight = await ask('/predict', {
      method: 'OPTIONS',
      headers: { origin: 'https://example.org', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
  });
});

describe('POST /predict refuses', () => {
  const ragged = rows(pixels(0)).map((row, i) => (i === 4 ? row.slice(1) : row));
  it.each<[string, unknown, string]>([
    ['an object', {}, 'expected 784 numbers, flat or in rows of equal length, or a list of such samples, got nothing'],
    ['a wrong length', pixels(0).slice(1), 'got a list of 783 numbers'],
    ['ragged rows', ragged, 'expected 784 numbers'],
    [
      'ragged samples',
      [pixels(0), pixels(1).slice(2)],
      'got a list of 2 lists of 784 numbers and lists of 782 numbers',
    ],
    ['an empty batch', [], 'got an empty list'],
    ['strings for numbers', pixels(0).map(String), 'sample 0, number 0: expected a number from 0 to 255, got "0"'],
    [
      'null',
      [pixels(0), pixels(0).with(3, null as unknown as number)],
      'sample 1, number 3: expected a number from 0 to 255, got null',
    ],
    ['a negative value', pixels(0).with(9, -1), 'number 9: expected a number from 0 to 255, got -1'],
    ['a value above the scale', { pixels: pixels(0).with(9, 2), scale: 1 }, 'expected a number from 0 to 1'],
    ['a scale of 0', { pixels: pixels(0), scale: 0 }, 'scale: expected a number above 0'],
    ['a string', 'seven', 'got "seven"'],
    ['nothing', null, 'got null'],
  ])('%s', async (_, body, message) => {
    await expectError(await postJson('/predict', body), 400, message);
  });

  it.each<[string, number, BodyInit | null, Record<string, string>, string]>([
    ['malformed JSON', 400, '[1, 2', { 'content-type': 'application/json' }, 'body: expected JSON, got: '],
    ['NaN in JSON', 400, '[NaN]', { 'content-type': 'application/json' }, 'body: expected JSON'],
    [
      'an infinity in JSON',
      400,
      `[[${['1e999', ...pixels(0).slice(1)]}]]`,
      { 'content-type': 'application/json' },
      'number 0: expected a number from 0 to 255',
    ],
    ['no bytes', 400, null, RAW, 'body: expected samples, got nothing'],
    [
      'a wrong number of bytes',
      400,
      digit(0).subarray(1),
      RAW,
      'body: expected a multiple of 784 bytes, one sample each, got 783',
    ],
    [
      'no media type',
      415,
      digit(0),
      { 'content-type': '' },
      'Content-Type: expected application/json, application/octet-stream, image/png, image/jpeg, image/webp, text/csv, got none',
    ],
    ['another media type', 415, digit(0), { 'content-type': 'image/gif' }, 'got image/gif'],
    ['another encoding', 415, digit(0), { ...RAW, 'content-encoding': 'br' }, 'expected gzip, deflate or none, got br'],
    ['a body that is not gzip', 400, digit(0), { ...RAW, 'content-encoding': 'gzip' }, 'body: expected gzip data'],
    [
      'a file that is not an image',
      400,
      digit(0),
      PNG,
      'picture: expected a PNG, JPEG or WebP file, got another file of 784 bytes',
    ],
    [
      'too many samples',
      413,
      new Uint8Array(784 * (LIMITS.batch + 1)),
      RAW,
      'batch: expected at most 1,000 samples, got 1,001',
    ],
    [
      'a too large body',
      413,
      new Uint8Array(LIMITS.bodyBytes + 1),
      RAW,
      'body: expected at most 8,388,608 bytes, got 8,388,609',
    ],
  ])('%s: %i', async (_, status, body, headers, message) => {
    await expectError(await post('/predict', body, headers), status, message);
  });

  it('a body above the limit before reading it', async () => {
    let asked = 0;
    const endless = new ReadableStream({
      pull(controller) {
        asked++;
        controller.enqueue(new Uint8Array(2 ** 16));
      },
    });
    const response = await post('/predict', endless, RAW);
    await expectError(response, 413, 'body: expected at most 8,388,608 bytes, got more');
    expect(asked).toBeLessThan(2 * (LIMITS.bodyBytes / 2 ** 16));
  });

  it('a body above the limit after decompression', async () => {
    const zeros = new Blob([new Uint8Array(2 ** 26)]).stream().pipeThrough(new CompressionStream('gzip'));
    const bomb = await new Response(zeros).arrayBuffer();
    expect(bomb.byteLength).toBeLessThan(100_000);
    await expectError(await post('/predict', bomb, { ...RAW, 'content-encoding': 'gzip' }), 413, 'got more');
  });

  it('blank pictures, and too large ones before decoding them', async () => {
    const blank = encode({ width: 50, height: 50, data: new Uint8Array(2500).fill(255), channels: 1, depth: 8 });
    await expectError(await post('/predict', blank, PNG), 400, 'picture: expected a digit, got a blank image');
    const wide = encode({ width: 20_000, height: 1, data: new Uint8Array(20_000), channels: 1, depth: 8 });
    await expectError(await post('/predict', wide, PNG), 400, 'got 20,000 × 1');
    const large = encode({ width: 3000, height: 2000, data: new Uint8Array(6_000_000), channels: 1, depth: 8 });
    await expectError(await post('/predict', large, PNG), 400, '4,194,304 pixels, got 3,000 × 2,000');
    const cut = encode({ width: 50, height: 50, data: new Uint8Array(2500), channels: 1, depth: 8 }).slice(0, 60);
    await expectError(await post('/predict', cut, PNG), 400, 'picture: expected a readable PNG');
  });

  it('other formats by name, damaged photographs, and large ones before decoding them', async () => {
    const heic = new TextEncoder().encode('\0\0\0\x18ftypheic and more than sixteen bytes');
    await expectError(await post('/predict', heic, PNG), 400, 'WebP file, got HEIC: convert it to PNG');
    await expectError(await post('/predict', JPEG.slice(0, 300), PNG), 400, 'picture: expected a readable JPEG');
    await expectError(await post('/predict', WEBP.slice(0, 100), PNG), 400, 'picture: expected a readable WebP');
    const large = JPEG.slice();
    const frame = large.findIndex((byte, i) => byte === 0xff && large[i + 1] === 0xc0);
    large.set([0x1f, 0x40, 0x1f, 0x40], frame + 5);
    await expectError(await post('/predict', large, PNG), 400, '4,194,304 pixels, got 8,000 × 8,000');
  });

  it('two digits in one picture', async () => {
    const two = new Uint8Array(56 * 28);
    for (let y = 0; y < 28; y++) {
      two.set(digit(3).subarray(28 * y, 28 * (y + 1)), 56 * y);
      two.set(digit(5).subarray(28 * y, 28 * (y + 1)), 56 * y + 28);
    }
    const png = encode({ width: 56, height: 28, data: two, channels: 1, depth: 8 });
    await expectError(await post('/predict', png, PNG), 400, 'picture: expected one digit, got more than one digit');
  });

  it.each([
    ['in its pixels', 'IDAT'],
    ['in a colour profile', 'iCCP'],
    ['interlaced', 'Adam7'],
  ])('a PNG that inflates to hundreds of megabytes, %s, without inflating it', async (_, where) => {
    const before = Date.now();
    const bomb = await pngBomb(where);
    expect(bomb.length).toBeLessThan(500_000);
    const response = await post('/predict', bomb, PNG);
    // The decoder ignores the profile, so this picture is blank.
    await expectError(response, 400, where === 'iCCP' ? 'blank image' : 'bytes of pixels, got more');
    expect(Date.now() - before).toBeLessThan(20_000);
  });

  it('blank paper of any grey, but not ink on it', async () => {
    for (const grey of [0, 100, 128, 200]) {
      const flat = encode({ width: 60, height: 60, data: new Uint8Array(3600).fill(grey), channels: 1, depth: 8 });
      await expectError(await post('/predict', flat, PNG), 400, 'got a blank image');
    }
    for (const [paper, ink] of [
      [200, 40],
      [220, 60],
      [60, 255],
      [255, 0],
    ] as const) {
      const data = new Uint8Array(100 * 100).fill(paper);
      for (let y = 20; y < 80; y++) data.fill(ink, 100 * y + 46, 100 * y + 53);
      const png = encode({ width: 100, height: 100, data, channels: 1, depth: 8 });
      const { predictions } = await readPrediction(await post('/predict', png, PNG));
      expect(predictions[0]?.digit, `${ink} on ${paper}`).toBe(1);
    }
  });

  it('samples beyond float32 with 400', async () => {
    const relu = modelBytes({ layers: [4, 8, 3], activation: 'relu' });
    expect((await put('/models/overflow/versions/1', relu, RAW)).status).toBe(201);
    const huge = [3e38, 3e38, 3e38, 3e38];
    await expectError(
      await postJson('/predict?model=overflow', huge),
      400,
      'sample 0: expected finite outputs, got NaN: its inputs overflow inside the network',
    );
    const tensor = { name: 'input', datatype: 'FP32', shape: [1, 4], data: huge };
    await expectError(
      await postJson('/v2/models/overflow/infer', { inputs: [tensor] }),
      400,
      'sample 0: expected finite outputs, got NaN',
    );
  });

  it('requests with messages of bounded length', async () => {
    for (const body of [[['x'.repeat(1e6)]], { pixels: [[{ a: 'x'.repeat(1e6) }]] }, 'x'.repeat(1e6)]) {
      expect((await (await postJson('/predict', body)).text()).length).toBeLessThan(700);
    }
    const tensor = { name: 'n'.repeat(1e6), datatype: 'd'.repeat(1e6), shape: [1], data: [] };
    expect((await (await postJson('/v2/models/mnist/infer', { inputs: [tensor] })).text()).length).toBeLessThan(700);
  });

  it('unknown models, versions and aliases', async () => {
    await expectError(await post('/predict?model=unknown', digit(0), RAW), 404, 'model unknown not found');
    await expectError(await post('/predict?version=77', digit(0), RAW), 404, 'version 77 of mnist not found');
    await expectError(await post('/predict?version=canary', digit(0), RAW), 404, 'alias canary of mnist not found');
    await expectError(await post('/predict?versoin=2', digit(0), RAW), 400, 'versoin');
    await expectError(
      await post('/predict?version=-1', digit(0), RAW),
      400,
      'version: expected a version number or an alias',
    );
    await expectError(
      await post('/predict?model=../secret', digit(0), RAW),
      400,
      'model: expected the name of a model',
    );
  });

  it('other methods', async () => {
    const response = await ask('/predict', { headers: bearer('admin') });
    expect(response.headers.get('allow')).toBe('POST, OPTIONS');
    await expectError(response, 405, '/predict: expected POST, OPTIONS, got GET');
  });
});

/** A small PNG that contains 300 MB of zeros. */
async function pngBomb(where: string): Promise<Uint8Array<ArrayBuffer>> {
  const zeros = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let i = 0; i < 300; i++) controller.enqueue(new Uint8Array(2 ** 20));
      controller.close();
    },
  });
  const packed = new Uint8Array(await new Response(zeros.pipeThrough(new CompressionStream('deflate'))).arrayBuffer());
  const pixels = new Uint8Array(28 * 29);
  const small = new Uint8Array(
    await new Response(new Blob([pixels]).stream().pipeThrough(new CompressionStream('deflate'))).arrayBuffer(),
  );
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, 28);
  new DataView(header.buffer).setUint32(4, 28);
  header.set([8, 0, 0, 0, where === 'Adam7' ? 1 : 0], 8);
  const profile = new Uint8Array([...new TextEncoder().encode('p'), 0, 0, ...packed]);
  const chunks = [
    chunk('IHDR', header),
    ...(where === 'iCCP' ? [chunk('iCCP', profile)] : []),
    chunk('IDAT', where === 'iCCP' ? small : packed),
    chunk('IEND', new Uint8Array()),
  ];
  const blob = new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...chunks]);
  return new Uint8Array(await blob.arrayBuffer());
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** PNG specification, annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('models of other data', () => {
  const scaling = { kind: 'standard', mean: [1000, 0.5], standardDeviation: [200, 0.01] } as const;
  const info = { classes: ['a, "b"', 'c\nd'], scaling, features: ['height', 'width'], labelName: 'kind' };
  const samples = [
    [1200, 0.49],
    [700, 0.52],
  ];
  const scaled = Float32Array.from([1, -1, -1.5, 2]);

  it('standardise JSON and raw numbers as in training, and name the classes', async () => {
    const bytes = modelBytes({ layers: [2, 3, 2], info });
    await put('/models/table/versions/1', bytes);
    const mlp = createMlp(kernels, parseModel(bytes, 'table'));
    const expected = mlp.predictBatch(scaled);
    const raw = new Uint8Array(Float32Array.from(samples.flat()).buffer);
    const answers = [
      await readPrediction(await postJson('/predict?model=table', samples)),
      await readPrediction(await post('/predict?model=table', raw, RAW)),
    ];
    for (const { predictions } of answers) {
      const found = predictions.flatMap(({ probabilities }) => probabilities);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected.probabilities[i] ?? 0, 4);
      });
      expect(predictions.map((answer) => answer.class)).toEqual(
        [...expected.labels].map((label) => info.classes[label]),
      );
    }
    // Without scaling, the answer differs.
    expect(mlp.predict(Float32Array.from(samples[0] ?? [])).probabilities[0]).not.toBeCloseTo(
      expected.probabilities[0] ?? 0,
      2,
    );
    await expectError(
      await post('/predict?model=table', encode(grey(28, 28)), PNG),
      415,
      'image/png: expected numbers, because the model takes no images',
    );
  });

  it('standardise the examples and predictions of a learner', async () => {
    await put('/models/table-learner/versions/1', modelBytes({ layers: [2, 3, 2], info }));
    const train = bearer('train');
    const created = await postJson('/learners', { model: 'table-learner' }, train);
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    const ofLearner = await readPrediction(await postJson(`/learners/${id}/predict`, samples, train));
    const ofModel = await readPrediction(await postJson('/predict?model=table-learner', samples));
    expect(ofLearner.predictions).toEqual(ofModel.predictions);
    for (let n = 0; n < 8; n++) {
      const taught = await postJson(`/learners/${id}/examples`, { pixels: samples[0], label: 1 }, train);
      expect(taught.status).toBe(200);
    }
    const after = await readPrediction(await postJson(`/learners/${id}/predict`, samples, train));
    const sure = (answer: Predicted) => answer.predictions[0]?.probabilities[1] ?? 0;
    expect(sure(after)).toBeGreaterThan(sure(ofLearner));
  });

  it('take as-is pictures of the exact size, neither cropped nor inverted', async () => {
    const bytes = modelBytes({
      layers: [12, 4, 2],
      info: { classes: ['earth', 'sky'], scaling: { kind: 'bytes' }, imageShape: [3, 4], pictures: 'as-is' },
    });
    await put('/models/skies/versions/1', bytes);
    const picture = grey(4, 3);
    const { predictions } = await readPrediction(await post('/predict?model=skies', encode(picture), PNG));
    const expected = createMlp(kernels, parseModel(bytes, 'skies')).predict(picture.data);
    expect(predictions[0]?.probabilities).toEqual([...expected.probabilities]);
    await expectError(
      await post('/predict?model=skies', encode(grey(3, 4)), PNG),
      400,
      'picture: expected an image 4 wide and 3 high, as in training, got 3 × 4',
    );
  });

  function grey(width: number, height: number) {
    const data = Uint8Array.from({ length: width * height }, (_, i) => 255 - ((i * 17) % 200));
    return { width, height, channels: 1, depth: 8, data } as const;
  }
});
