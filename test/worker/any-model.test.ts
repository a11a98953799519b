/** Models of any size, scaling and classes: prediction, the Open Inference Protocol, learners and jobs. */
import { encode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ExampleResponse, Learner } from '../../src/api/learners.ts';
import type { Inputs } from '../../src/core/dataset.ts';
import { classCount, inputSize } from '../../src/core/spec.ts';
import { digitInputs } from '../../src/data/picture/index.ts';
import { scaleInputs } from '../../src/data/scaling.ts';
import { createMlp, type ModelFile, parseModel } from '../../src/format/model-file.ts';
import {
  ask,
  bearer,
  digit,
  expectError,
  finishedJob,
  kernels,
  modelBytes,
  post,
  postJson,
  put,
  rows,
} from './support.ts';

const RAW = { 'content-type': 'application/octet-stream' };
// Two tokens, because each may make 60 changes per minute.
const TRAIN = bearer('train');
const ADMIN = bearer('admin');
const letters = Array.from({ length: 26 }, (_, n) => String.fromCharCode(97 + n));
const IRIS: Partial<ModelFile['info']> = {
  classes: ['setosa', 'versicolor', 'virginica'],
  features: ['sepal length', 'sepal width', 'petal length', 'petal width'],
  labelName: 'species',
  scaling: { kind: 'standard', mean: [5.8, 3.1, 3.8, 1.2], standardDeviation: [0.8, 0.4, 1.8, 0.8] },
};
const BYTES = { kind: 'bytes' } as const;

/** Layers and other contents of the file, by name. */
const MODELS: Readonly<Record<string, { layers: number[]; info?: Partial<ModelFile['info']> }>> = {
  'points-2-3-2': { layers: [2, 3, 2] },
  'iris-4-8-3': { layers: [4, 8, 3], info: IRIS },
  'iris-4-3': { layers: [4, 3], info: IRIS },
  'squares-64-16-10': { layers: [64, 16, 10], info: { imageShape: [8, 8] } },
  'pixels-64-16-10': { layers: [64, 16, 10], info: { imageShape: [8, 8], scaling: BYTES } },
  'letters-784-16-26': { layers: [784, 16, 26], info: { classes: letters } },
  'numbers-784-16-10': { layers: [784, 16, 10], info: { scaling: { kind: 'identity' }, imageShape: [28, 28] } },
  'one-1-4-2': { layers: [1, 4, 2], info: { classes: ['cold', 'warm'] } },
  'many-3000-5-4': { layers: [3000, 5, 4], info: { classes: ['a', 'b', 'c', 'd'] } },
};

interface Answer {
  label: number;
  class: string;
  digit?: number;
  confidence: number;
  probabilities: number[];
}

function readKind(name: string) {
  const bytes = modelBytes({ seed: 3, ...MODELS[name] });
  const { info, parameters } = parseModel(bytes, name);
  const mlp = createMlp(kernels, { info, parameters });
  const columns = inputSize(info.spec);
  const pixels = info.scaling.kind === 'bytes';
  /** Numbers as clients send them. */
  const sample = (n: number) =>
    Array.from({ length: columns }, (_, i) => (pixels ? (i * 7 + n * 50) % 256 : ((i * 5 + n * 3) % 11) / 2));
  /** The same as inputs of the network. */
  const scaleNumbers = (numbers: readonly number[]): Inputs =>
    pixels ? Uint8Array.from(numbers) : scaleInputs(Float32Array.from(numbers), info.scaling);
  const expected = (numbers: readonly number[]) => [...mlp.predict(scaleNumbers(numbers)).probabilities];
  return { bytes, info, mlp, columns, pixels, sample, expected };
}

async function predictions(response: Response): Promise<Answer[]> {
  expect(response.status, await response.clone().text()).toBe(200);
  return ((await response.json()) as { predictions: Answer[] }).predictions;
}

describe.each(Object.keys(MODELS))('%s', (name) => {
  const { bytes, info, columns, pixels, sample, expected } = readKind(name);
  const samples = [0, 1, 2].map(sample);
  const asRaw = (numbers: readonly number[]) =>
    pixels ? Uint8Array.from(numbers) : new Uint8Array(Float32Array.from(numbers).buffer);
  const digits = info.classes.join('') === '0123456789';

  beforeAll(async () => {
    const uploaded = await put(`/models/${name}/versions/1`, bytes, RAW);
    expect(uploaded.status).toBe(201);
    const { scaling, imageShape, features } = info;
    const told = JSON.parse(JSON.stringify({ classes: info.classes, scaling: scaling.kind, imageShape, features }));
    expect(await uploaded.json()).toMatchObject(told);
  });

  it('answers /predict with flat numbers, rows, lists, named fields and raw bytes', async () => {
    const path = `/predict?model=${name}`;
    const [first = [], second = [], third = []] = samples;
    const sides = columns % 2 === 0 ? columns / 2 : columns;
    for (const body of [first, rows(first, sides), { inputs: first }, { pixels: first }, [first]]) {
      const [answer] = await predictions(await postJson(path, body));
      expect(answer?.probabilities).toEqual(expected(first));
      const label = answer?.probabilities.indexOf(Math.max(...answer.probabilities)) ?? -1;
      expect(answer).toMatchObject({ label, class: info.classes[label], confidence: answer?.probabilities[label] });
      expect(answer?.digit).toBe(digits ? label : undefined);
    }
    const all = samples.map(expected);
    const lists = [samples, samples.map((each) => rows(each, sides)), { inputs: samples }];
    for (const body of lists) {
      expect((await predictions(await postJson(path, body))).map((each) => each.probabilities)).toEqual(all);
    }
    const raw = await predictions(await post(path, asRaw([...first, ...second, ...third]), RAW));
    expect(raw.map((each) => each.probabilities)).toEqual(all);
    const size = columns * (pixels ? 1 : 4);
    await expectError(await post(path, new Uint8Array(size + 1), RAW), 400, `expected a multiple of ${size} bytes`);
    await expectError(await postJson(path, [...first, 1]), 400, `expected ${columns} numbers, flat or in rows`);
    await expectError(await postJson(path, { inputs: first, pixels: second }), 400, 'inputs or pixels, got both');
  });

  it('accepts a PNG only if it takes pictures of 28 × 28 bytes', async () => {
    const png = encode({ width: 28, height: 28, data: digit(0), channels: 1, depth: 8 }) as Uint8Array<ArrayBuffer>;
    const response = await post(`/predict?model=${name}`, png, { 'content-type': 'image/png' });
    if (columns === 784 && pixels) {
      const centred = digitInputs({ width: 28, height: 28, pixels: digit(0) }, 'a digit');
      expect((await predictions(response))[0]?.probabilities).toEqual(expected([...centred]));
    } else
      await expectError(response, 415, 'image/png: expected numbers, because the model takes no images, got an image');
  });

  it('answers the Open Inference Protocol: metadata, JSON and binary', async () => {
    const classes = classCount(info.spec);
    expect(await (await ask(`/v2/models/${name}`)).json()).toMatchObject({
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, columns] }],
      outputs: [
        { name: 'probabilities', datatype: 'FP32', shape: [-1, classes] },
        { name: 'label', datatype: 'INT32', shape: [-1] },
      ],
      properties: { classes: JSON.stringify(info.classes), scaling: info.scaling.kind },
    });
    const flat = samples.flat();
    const floats = pixels ? flat.map((pixel) => pixel / 255) : flat;
    const head = { name: 'input', datatype: 'FP32', shape: [3, columns] };
    const all = samples.flatMap(expected);
    const infer = `/v2/models/${name}/versions/1/infer`;
    const { outputs } = (await (await postJson(infer, { inputs: [{ ...head, data: floats }] })).json()) as {
      outputs: { shape: number[]; data: number[] }[];
    };
    expect(outputs[0]).toMatchObject({ shape: [3, classes], data: all });
    const values = new Uint8Array(Float32Array.from(floats).buffer);
    const parameters = { binary_data_size: values.length };
    const json = new TextEncoder().encode(
      JSON.stringify({ inputs: [{ ...head, parameters }], parameters: { binary_data_output: true } }),
    );
    const binary = await post(infer, new Blob([json, values]), {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    });
    const answered = new Uint8Array(await binary.arrayBuffer());
    const at = Number(binary.headers.get('inference-header-content-length'));
    expect([...new Float32Array(answered.slice(at, at + 4 * all.length).buffer)]).toEqual(all);
    const top = { name: 'probabilities', parameters: { classification: 1 } };
    const best = (await (
      await postJson(infer, { inputs: [{ ...head, data: floats }], outputs: [top] })
    ).json()) as typeof outputs & { outputs: { data: string[] }[] };
    for (const [n, text] of (best.outputs[0]?.data ?? []).entries()) {
      const row = expected(samples[n] ?? []);
      expect(text).toMatch(new RegExp(`:${info.classes[row.indexOf(Math.max(...row))]}$`));
    }
    const wrong = { ...head, shape: [3, columns + 1], data: [...floats, 0, 0, 0] };
    await expectError(await postJson(infer, { inputs: [wrong] }), 400, /shape: expected \[N,/);
  });

  it('forks into a learner that learns by class name and index, undoes, and is published', async () => {
    const begun = await postJson('/learners', { model: name, steps: 5 }, TRAIN);
    expect(begun.status, await begun.clone().text()).toBe(201);
    const learner: Learner = await begun.json();
    expect(learner).toMatchObject({ classes: info.classes, layers: info.spec.layers, examples: 0 });
    const path = `/learners/${learner.id}`;
    const teach = async (body: object): Promise<ExampleResponse> => {
      const response = await postJson(`${path}/examples`, body, TRAIN);
      expect(response.status, await response.clone().text()).toBe(200);
      return response.json();
    };
    const [inputs = []] = samples;
    const last = classCount(info.spec) - 1;
    const byName = await teach({ inputs, label: info.classes[last] });
    expect(byName.before.probabilities).toEqual(expected(inputs));
    expect(byName.after.probabilities[last]).toBeGreaterThan(byName.before.probabilities[last] ?? 1);
    await postJson(`${path}/undo`, {}, TRAIN);
    const byNumber = await teach({ [pixels ? 'pixels' : 'inputs']: inputs, label: last });
    expect(byNumber.after).toEqual(byName.after);
    expect((await predictions(await postJson(`${path}/predict`, inputs)))[0]).toEqual(byName.after);
    const wrong = await postJson(`${path}/examples`, { inputs, label: 'unknown' }, TRAIN);
    await expectError(wrong, 400, `the name of a class (${info.classes.slice(0, 10).join(', ')}`.slice(0, 40));
    const two = await postJson(`${path}/examples`, { inputs: samples, label: 0 }, TRAIN);
    await expectError(two, 400, 'inputs: expected one sample, got 3');
    const promoted = await postJson(`${path}/promote`, { name }, ADMIN);
    const { version } = (await promoted.json()) as { version: number };
    const [published] = await predictions(await postJson(`/predict?model=${name}&version=${version}`, inputs));
    expect(published).toEqual(byName.after);
    await postJson(`${path}/undo`, {}, ADMIN);
    expect((await predictions(await postJson(`${path}/predict`, inputs)))[0]?.probabilities).toEqual(expected(inputs));
  });
});

describe('a model with many classes', () => {
  it('limits the samples of a request by the size of the response', async () => {
    expect((await put('/models/classes/versions/1', modelBytes({ layers: [2, 3, 4000] }), RAW)).status).toBe(201);
    const samples = (count: number) => Array.from({ length: count }, (_, n) => [n, 1]);
    const most = await predictions(await postJson('/predict?model=classes', samples(50)));
    expect(most).toHaveLength(50);
    const message = 'batch: expected at most 50 samples for a model with 4,000 classes, got 51';
    await expectError(await postJson('/predict?model=classes', samples(51)), 413, message);
    const raw = Uint8Array.from(new Uint8Array(Float32Array.from(samples(51).flat()).buffer));
    await expectError(await post('/predict?model=classes', raw, RAW), 413, message);
    const tensor = { name: 'input', datatype: 'FP32', shape: [51, 2], data: samples(51).flat() };
    await expectError(await postJson('/v2/models/classes/infer', { inputs: [tensor] }), 413, message);
  });
});

describe('an uploaded table', () => {
  it('trains a model that is published, predicts raw rows and learns by class name', async () => {
    const kinds = ['setosa', 'versicolor', 'virginica'];
    const table = Array.from({ length: 90 }, (_, n) => {
      const kind = n % 3;
      return `${4.5 + kind + (n % 7) / 20},${3.5 - kind / 4 + (n % 5) / 20},${1 + 2 * kind},${kinds[kind]}`;
    });
    const csv = ['sepal length,sepal width,petal length,species', ...table].join('\n');
    const piece = await put('/datasets/iris/training/0?label=species', csv, { 'content-type': 'text/csv' });
    expect(piece.status).toBe(200);
    expect((await put('/datasets/iris', '{"training": 1}')).status).toBe(201);
    const options = { data: 'iris', hidden: [8], epochs: 60, learningRate: 0.1, publish: 'grown' };
    const started = (await (await postJson('/jobs', options, TRAIN)).json()) as { id: string };
    const done = await finishedJob(started.id);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { published: { model: 'grown', version: 1 } } });
    const flowers = [
      [4.7, 3.6, 1],
      [5.7, 3.3, 3],
      [6.7, 3.1, 5],
    ];
    const answers = await predictions(await postJson('/predict?model=grown', flowers));
    expect(answers.map((answer) => answer.class)).toEqual(kinds);
    expect(answers[0]).not.toHaveProperty('digit');
    expect(await (await ask('/v2/models/grown')).json()).toMatchObject({
      properties: { scaling: 'standard', features: '["sepal length","sepal width","petal length"]' },
    });
    const begun = await postJson('/learners', { model: 'grown' }, TRAIN);
    const learner: Learner = await begun.json();
    // It rehearses its training data.
    expect(learner).toMatchObject({ classes: kinds, rehearsal: { data: 'iris', samples: 90 } });
    const odd = { inputs: [4.7, 3.6, 5], label: 'setosa' };
    const taught: ExampleResponse = await (await postJson(`/learners/${learner.id}/examples`, odd, TRAIN)).json();
    expect(taught.after.class).toBe('setosa');
    const still = await predictions(await postJson(`/learners/${learner.id}/predict`, flowers));
    expect(still.map((answer) => answer.class)).toEqual(kinds);
  });
});
