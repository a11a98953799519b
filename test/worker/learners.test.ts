/** Learners: examples, undo, rehearsal and refusals, with bit-identical weights after evictions. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { encode } from 'fast-png';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ExampleResponse, Learner } from '../../src/api/learners.ts';
import { type Dataset, pick } from '../../src/core/dataset.ts';
import { learn } from '../../src/core/learner.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import type { Provenance } from '../../src/format/metadata.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { readReply } from '../../worker/errors.ts';
import { sha256 } from '../../worker/hash.ts';
import { LearnerSession } from '../../worker/learners/session.ts';
import { LearnerStore, SNAPSHOT_EVERY } from '../../worker/learners/store.ts';
import { LIMITS } from '../../worker/limits.ts';
import { bundledBytes } from '../../worker/models/bundled.ts';
import { SERVICE } from '../../worker/owners.ts';
import { Blobs } from '../../worker/storage/blobs.ts';
import { openDirectory } from '../../worker/storage/directory.ts';
import {
  ask,
  bearer,
  bundled,
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

const TRAIN = bearer('train');
/** Options for some milliseconds per example. */
const QUICK = { steps: 2, seed: 7 };
const UNKNOWN_LEARNER = env.LEARNERS.idFromName('unknown').toString();

afterEach(() => void vi.restoreAllMocks());

async function begin(options: object = QUICK, headers: Record<string, string> = {}): Promise<Learner> {
  const response = await postJson('/learners', options, { ...TRAIN, ...headers });
  expect(response.status).toBe(201);
  const learner: Learner = await response.json();
  expect(response.headers.get('location')).toBe(`/learners/${learner.id}`);
  return learner;
}

function getStub(id: string) {
  return env.LEARNERS.get(env.LEARNERS.idFromString(id));
}

async function status(id: string): Promise<Learner> {
  return (await ask(`/learners/${id}`)).json();
}

function storedBytes(id: string): Promise<number> {
  return runInDurableObject(getStub(id), (_, { storage }) => new LearnerStore(storage).bytes);
}

/** As the directory has them. */
function countedBytes(id: string): Promise<number> {
  return runInDurableObject(
    openDirectory(env),
    (_, { storage }) => storage.sql.exec<{ bytes: number }>('SELECT bytes FROM entries WHERE name = ?', id).one().bytes,
  );
}

const example = (n: number, label = digits.labels[n] ?? 0) => ({ pixels: pixels(n), label });
const bytesOfJson = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** Calls the object directly, because the rate limit would refuse that number of requests. */
async function teach(id: string, n: number, label?: number): Promise<ExampleResponse> {
  return readReply<ExampleResponse>(await getStub(id).learn(SERVICE, bytesOfJson(example(n, label)), null));
}

async function undo(id: string): Promise<Learner> {
  return readReply<Learner>(await getStub(id).undo(SERVICE, null));
}

/** Hash of the weights that the library has after the same examples. */
async function expectedHash(count: number, options: { steps: number; seed: number }, kept: Dataset | undefined) {
  const mlp = Mlp.fromParameters(kernels, { ...bundled.info.spec, ...bundled.parameters });
  for (let n = 1; n <= count; n++) {
    learn(
      mlp,
      pick(
        digits,
        Uint32Array.from({ length: n }, (_, i) => i),
      ),
      kept,
      options,
    );
  }
  const hash = await sha256(parameterBytes(mlp.parameters()));
  mlp.dispose();
  return hash;
}

/** Generated digits that the bundled model classifies correctly. */
function pickKnown(seed: number): Dataset {
  const all = digitsDataset({ samples: 2000, seed });
  const mlp = Mlp.fromParameters(kernels, { ...bundled.info.spec, ...bundled.parameters });
  const { labels } = mlp.predictBatch(all.inputs);
  mlp.dispose();
  return pick(
    all,
    [...labels.keys()].filter((n) => labels[n] === all.labels[n]),
  );
}

describe('a learner', () => {
  it('starts as its model, and has the weights of the library after each example', async () => {
    const learner = await begin();
    const kept = pickKnown(QUICK.seed);
    expect(learner).toMatchObject({
      ...{ model: 'mnist', version: 0, examples: 0, ...QUICK },
      ...{ rehearsal: { data: 'digits', samples: kept.labels.length }, layers: [784, 300, 10] },
      weightsSha256: await sha256(parameterBytes(bundled.parameters)),
    });
    for (let n = 0; n < 3; n++) {
      const response = await postJson(`/learners/${learner.id}/examples`, example(n), TRAIN);
      expect(response.status).toBe(200);
      const taught: ExampleResponse = await response.json();
      expect(taught.examples).toBe(n + 1);
      expect(taught.learner).toMatchObject({ id: learner.id, examples: n + 1 });
      expect(taught.learner.weightsSha256).toBe(await expectedHash(n + 1, QUICK, kept));
    }
    expect((await status(learner.id)).examples).toBe(3);
  });

  it('returns the predictions before and after an example', async () => {
    const { id } = await begin({ steps: 30, rehearsal: null });
    const [said] = (
      (await (await post('/predict', digit(5), RAW)).json()) as { predictions: ExampleResponse['before'][] }
    ).predictions;
    const wrong = ((digits.labels[5] ?? 0) + 1) % 10;
    const { before, after } = await teach(id, 5, wrong);
    // The model predicts with int8 weights, the learner with their float32 values.
    expect(before.label).toBe(said?.label);
    for (const [k, p] of before.probabilities.entries()) expect(p).toBeCloseTo(said?.probabilities[k] ?? 2, 3);
    expect(after.probabilities[wrong]).toBeGreaterThan(before.probabilities[wrong] ?? 1);
    expect(after.digit).toBe(wrong);
  });

  it('predicts from the bodies of /predict, and returns its number of examples', async () => {
    const { id } = await begin();
    const { after } = await teach(id, 0);
    const png = encode({ width: 28, height: 28, data: digit(0), channels: 1, depth: 8 }) as Uint8Array<ArrayBuffer>;
    const path = `/learners/${id}/predict`;
    const about = { learner: id, model: 'mnist', version: 0, examples: 1 };
    for (const answer of [
      await post(path, digit(0), RAW),
      await postJson(path, pixels(0)),
      await postJson(path, { pixels: rows(pixels(0).map((pixel) => pixel / 255)), scale: 1 }),
    ]) {
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ ...about, predictions: [{ label: after.label }] });
    }
    expect(await (await post(path, png, { 'content-type': 'image/png' })).json()).toMatchObject(about);
    expect(await (await postJson(path, [pixels(0), pixels(1)])).json()).toHaveProperty('predictions.1');
    await expectError(await post(path, digit(0), { 'content-type': 'text/plain' }), 415, 'Content-Type: expected');
    await expectError(await post(path, digit(0).slice(1), RAW), 400, 'body: expected a multiple of 784 bytes');
  });

  it('undoes exactly, across evictions and snapshots, and continues from there', async () => {
    const { id } = await begin();
    const count = SNAPSHOT_EVERY + 2;
    const hashes = [(await status(id)).weightsSha256];
    for (let n = 0; n < count; n++) hashes.push((await teach(id, n % 40)).learner.weightsSha256);
    expect(new Set(hashes).size).toBe(count + 1);
    // 34 → 31 crosses the snapshot at 32, so the replays start at different snapshots.
    for (let left = count - 1; left >= SNAPSHOT_EVERY - 1; left--) {
      if (left % 2 === 0) await evictDurableObject(getStub(id));
      expect(await undo(id)).toMatchObject({ examples: left, weightsSha256: hashes[left] });
      if (left === SNAPSHOT_EVERY) expect(await countedBytes(id)).toBe(await storedBytes(id));
    }
    await evictDurableObject(getStub(id));
    expect(await status(id)).toMatchObject({ examples: SNAPSHOT_EVERY - 1, weightsSha256: hashes[SNAPSHOT_EVERY - 1] });
    for (let n = SNAPSHOT_EVERY - 1; n < count; n++) {
      const { learner } = await teach(id, n % 40);
      expect(learner.weightsSha256).toBe(hashes[n + 1]);
    }
    // Weights are stored for snapshots and for the last example.
    const names = await runInDurableObject(getStub(id), async (_, { storage }) =>
      storage.sql.exec<{ name: string }>("SELECT DISTINCT name FROM blobs WHERE name LIKE 'weights %'").toArray(),
    );
    expect(names.map(({ name }) => name).sort()).toEqual([`weights ${SNAPSHOT_EVERY}`, `weights ${count}`]);
  });

  it('is the file of its model, byte for byte, after undoing all examples or a reset', async () => {
    const { id, weightsSha256 } = await begin();
    await teach(id, 0);
    const undone = await post(`/learners/${id}/undo`, null, TRAIN);
    expect(await undone.json()).toMatchObject({ examples: 0, weightsSha256 });
    const first = (await teach(id, 1)).learner.weightsSha256;
    await teach(id, 2);
    const reset = await post(`/learners/${id}/reset`, null, TRAIN);
    expect(await reset.json()).toMatchObject({ examples: 0, weightsSha256 });
    const file = await ask(`/learners/${id}/model`);
    expect(file.headers.get('learner-examples')).toBe('0');
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bundledBytes());
    expect((await teach(id, 1)).learner.weightsSha256).toBe(first);
  });

  it('downloads with its provenance and its examples', async () => {
    const learner = await begin();
    const { learner: taught } = await teach(learner.id, 0);
    const response = await ask(`/learners/${learner.id}/model`);
    expect(response.headers.get('learner-examples')).toBe('1');
    const { info, parameters } = parseModel(new Uint8Array(await response.arrayBuffer()), 'the learner');
    expect(await sha256(parameterBytes(parameters))).toBe(taught.weightsSha256);
    // The test result and the threshold are those of the forked model.
    const { provenance, recognition: _, ...rest } = bundled.info;
    expect(info).toEqual({
      ...rest,
      provenance: { ...provenance, test: null },
      corrections: { examples: 1, learningRate: learner.learningRate, ...QUICK, rehearsal: learner.rehearsal },
    });
  });

  it('is promoted to the next version, once per state', async () => {
    const { id } = await begin();
    await teach(id, 0);
    const promote = () => postJson(`/learners/${id}/promote`, { name: 'of-a-learner' }, TRAIN);
    const both = await Promise.all([promote(), promote()]);
    expect(both.map((response) => response.status).sort()).toEqual([200, 201]);
    for (const response of [...both, await promote()]) {
      expect(response.headers.get('location')).toBe('/models/of-a-learner/versions/1');
      expect(await response.json()).toEqual({ model: 'of-a-learner', version: 1, examples: 1 });
    }
    await teach(id, 1);
    expect(await (await promote()).json()).toMatchObject({ version: 2, examples: 2 });
    const [answer, own] = [
      await post('/predict?model=of-a-learner&version=2', digit(3), RAW),
      await post(`/learners/${id}/predict`, digit(3), RAW),
    ];
    const { predictions } = (await own.json()) as { predictions: unknown };
    expect(await answer.json()).toEqual({ model: 'of-a-learner', version: 2, predictions });
    // A model with other inputs refuses it.
    await put('/models/narrow/versions/1', modelBytes({ layers: [4, 3, 2] }));
    await expectError(
      await postJson(`/learners/${id}/promote`, { name: 'narrow' }, bearer('admin')),
      400,
      'narrow: expected 4 inputs and 2 classes',
    );
    await expectError(await postJson(`/learners/${id}/promote`, { name: 'a b' }, TRAIN), 400, 'name: expected a name');
  });

  it('continues when its model is deleted', async () => {
    await put('/models/short-lived/versions/1', modelBytes({ seed: 3 }));
    const { id } = await begin({ ...QUICK, model: 'short-lived', version: 1 });
    const { learner } = await teach(id, 0);
    expect((await ask('/models/short-lived', { method: 'DELETE', headers: bearer('admin') })).status).toBe(204);
    await evictDurableObject(getStub(id));
    expect(await status(id)).toEqual(learner);
    const hash = (await teach(id, 1)).learner.weightsSha256;
    expect((await undo(id)).weightsSha256).toBe(learner.weightsSha256);
    expect((await teach(id, 1)).learner.weightsSha256).toBe(hash);
    await expectError(
      await postJson('/learners', { model: 'short-lived', version: 1 }, TRAIN),
      404,
      'version 1 of short-lived not found',
    );
  });

  it('is independent of other learners', async () => {
    const [one, other] = [await begin(), await begin()];
    await teach(one.id, 0);
    expect(await status(other.id)).toEqual(other);
    expect((await teach(other.id, 0)).learner.weightsSha256).toBe((await status(one.id)).weightsSha256);
  });

  it('is evicted for another learner, and continues from its store', async () => {
    const [one, other] = [await begin(), await begin()];
    vi.spyOn(LearnerSession.prototype, 'bytes', 'get').mockReturnValue(LIMITS.learnerBytes);
    const read = vi.spyOn(LearnerStore.prototype, 'examples');
    for (let n = 0; n < 3; n++) {
      const { learner } = await teach(one.id, n);
      expect((await teach(other.id, n)).learner.weightsSha256).toBe(learner.weightsSha256);
    }
    // In the first round the other learner is still in memory.
    expect(read.mock.calls.length).toBeGreaterThanOrEqual(5);
  });

  it('counts two concurrent examples', async () => {
    const { id } = await begin();
    const taught = await Promise.all([0, 1, 2].map((n) => teach(id, n)));
    expect(taught.map(({ examples }) => examples).sort()).toEqual([1, 2, 3]);
    // Each response has the state after its own example.
    for (const { examples, learner } of taught) {
      expect(learner.weightsSha256).toBe(await expectedHash(examples, QUICK, pickKnown(QUICK.seed)));
    }
    expect((await status(id)).examples).toBe(3);
  });

  it('of a table model learns from numbers and class names', async () => {
    const scaling = { kind: 'standard', mean: [10, -5], standardDeviation: [2, 0.5] } as const;
    await put(
      '/models/flowers/versions/1',
      modelBytes({ layers: [2, 5, 2], info: { classes: ['rose', 'thorn'], scaling } }),
    );
    const { id, rehearsal, classes } = await begin({ model: 'flowers', steps: 40 });
    expect([rehearsal, classes]).toEqual([null, ['rose', 'thorn']]);
    for (const [pixels, label] of [
      [[12, -4], 'thorn'],
      [[8, -6], 'rose'],
    ] as const) {
      const response = await postJson(`/learners/${id}/examples`, { pixels, label }, TRAIN);
      expect(((await response.json()) as ExampleResponse).after.class).toBe(label);
    }
    const answer = await postJson(`/learners/${id}/predict`, [
      [12, -4],
      [8, -6],
    ]);
    const { predictions } = (await answer.json()) as { predictions: { class: string }[] };
    expect(predictions.map((prediction) => prediction.class)).toEqual(['thorn', 'rose']);
    await expectError(
      await postJson(`/learners/${id}/examples`, { pixels: [1, 2], label: 'leaf' }, TRAIN),
      400,
      'label: expected a whole number from 0 to 1, or the name of a class (rose, thorn), got "leaf"',
    );
  });

  it('rehearses the requested data set, or the one that its model was trained on', async () => {
    await put('/models/points/versions/1', modelBytes({ layers: [2, 5, 2], info: { classes: ['outside', 'inside'] } }));
    const points = await begin({ ...QUICK, model: 'points', rehearsal: 'ellipse' });
    expect(points.rehearsal).toMatchObject({ data: 'ellipse' });
    // A model that was trained on a set called mnist. This is a small set with the same name.
    const { dataset } = bundled.info.provenance ?? {};
    const provenance = { ...bundled.info.provenance, dataset: { ...dataset, name: 'mnist' } } as Provenance;
    const trained = formatModel({ info: { ...bundled.info, provenance }, parameters: bundled.parameters });
    await put('/models/of-mnist/versions/1', trained);
    const { inputs, labels } = digitsDataset({ samples: 60, seed: 2 });
    for (const [piece, from] of [
      [0, 0],
      [1, 30],
    ] as const) {
      const bytes = idxPiece(
        inputs.slice(from * 784, (from + 30) * 784),
        Uint16Array.from(labels.subarray(from, from + 30)),
      );
      expect((await put(`/datasets/mnist/training/${piece}`, bytes, TRAIN)).status).toBe(200);
    }
    await put('/datasets/mnist', JSON.stringify({ training: 2, test: 0 }), TRAIN);
    const { rehearsal, id } = await begin({ ...QUICK, model: 'of-mnist' });
    expect(rehearsal?.data).toBe('mnist');
    expect(rehearsal?.samples).toBeGreaterThan(30);
    const hash = (await teach(id, 0)).learner.weightsSha256;
    await ask('/datasets/mnist', { method: 'DELETE', headers: TRAIN });
    await evictDurableObject(getStub(id));
    await undo(id);
    expect((await teach(id, 0)).learner.weightsSha256).toBe(hash);
    expect((await begin({ ...QUICK, rehearsal: null })).rehearsal).toBeNull();
    await expectError(
      await postJson('/learners', { rehearsal: 'ellipse' }, TRAIN),
      400,
      'rehearsal: expected a data set with 784 inputs and at most 10 classes, ellipse has 2 and 2',
    );
    await expectError(await postJson('/learners', { rehearsal: 'nothing' }, TRAIN), 404, 'data set nothing not found');
  });

  it('is the same learner for the same idempotency key', async () => {
    const key = { 'idempotency-key': 'the same' };
    const learner = await begin(QUICK, key);
    const { learner: taught } = await teach(learner.id, 0);
    const again = await postJson('/learners', QUICK, { ...TRAIN, ...key });
    expect([again.status, await again.json()]).toEqual([200, taught]);
    await expectError(
      await postJson('/learners', { ...QUICK, seed: 8 }, { ...TRAIN, ...key }),
      409,
      'this one started a learner with other options',
    );
    const other = { ...TRAIN, 'idempotency-key': 'at once' };
    const both = await Promise.all([postJson('/learners', QUICK, other), postJson('/learners', QUICK, other)]);
    expect(both.map((response) => response.status).sort()).toEqual([200, 201]);
  });

  it('is deleted on request, or after its time without use', async () => {
    const { id, expires, created } = await begin();
    expect(Date.parse(expires) - Date.parse(created)).toBe(LIMITS.learnerDays * 86_400_000);
    const alarm = () => runInDurableObject(getStub(id), async (_, { storage }) => storage.getAlarm());
    const usedAt = (used: string) =>
      runInDurableObject(getStub(id), async (_, { storage }) => {
        storage.sql.exec("UPDATE learner SET json = json_set(json, '$.used', ?)", used);
      });
    const longAgo = new Date(Date.now() - LIMITS.learnerDays * 86_400_000 - 1000).toISOString();
    // Use postpones the deletion.
    await usedAt(longAgo);
    const full = vi.spyOn(LearnerStore.prototype, 'write').mockImplementation(() => {
      throw new Error('database or disk is full: SQLITE_FULL');
    });
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    expect((await post(`/learners/${id}/predict`, digit(0), RAW)).status).toBe(200);
    expect(log).toHaveBeenCalledTimes(1);
    full.mockRestore();
    expect((await post(`/learners/${id}/predict`, digit(0), RAW)).status).toBe(200);
    await runDurableObjectAlarm(getStub(id));
    expect((await status(id)).id).toBe(id);
    expect(await alarm()).toBeGreaterThan(Date.now() + (LIMITS.learnerDays - 1) * 86_400_000);
    await usedAt(longAgo);
    await runDurableObjectAlarm(getStub(id));
    await expectError(await ask(`/learners/${id}`), 404, `learner ${id} not found`);
    // The alarm of an empty object checks that its entry is gone, and sets no other.
    await runDurableObjectAlarm(getStub(id));
    expect(await alarm()).toBeNull();

    const key = { 'idempotency-key': 'deleted' };
    const other = await begin(QUICK, key);
    await teach(other.id, 0);
    const deleted = await ask(`/learners/${other.id}`, { method: 'DELETE', headers: TRAIN });
    expect(deleted.status).toBe(204);
    await expectError(await ask(`/learners/${other.id}`), 404, 'not found');
    expect((await begin(QUICK, key)).examples).toBe(0);
  });
});

describe('a learner refuses', () => {
  it.each([
    [
      'a label that is not a class',
      { ...example(0), label: 10 },
      'label: expected a whole number from 0 to 9, or the name',
    ],
    ['half a label', { ...example(0), label: 1.5 }, 'label: expected a whole number from 0 to 9'],
    ['no label', { pixels: pixels(0) }, 'label: expected a whole number from 0 to 9.*got nothing'],
    ['too few pixels', { pixels: pixels(0).slice(1), label: 1 }, 'pixels: expected 784 numbers, flat or in rows'],
    ['two samples', { pixels: [pixels(0), pixels(1)], label: 1 }, 'pixels: expected one sample, got 2'],
    [
      'a pixel above white',
      { pixels: [256, ...pixels(0).slice(1)], label: 1 },
      'number 0: expected a number from 0 to 255, got 256',
    ],
    ['no pixels', { label: 1 }, 'pixels: expected 784 numbers'],
    ['no object', 5, 'pixels: expected 784 numbers'],
  ])('%s with 400, and learns nothing', async (_, body, message) => {
    const learner = await beginShared();
    const admin = bearer('admin');
    await expectError(await postJson(`/learners/${learner.id}/examples`, body, admin), 400, new RegExp(message));
    expect(await status(learner.id)).toEqual(learner);
  });

  it('an undo without examples: 409', async () => {
    const { id } = await beginShared();
    await expectError(
      await post(`/learners/${id}/undo`, null, TRAIN),
      409,
      'nothing to undo: the learner has no examples',
    );
  });

  it('malformed options: 400', async () => {
    for (const [options, message] of [
      [{ steps: 0 }, 'steps: '],
      [{ learningRate: 0 }, 'learningRate: '],
      [{ model: 'a b' }, 'model: expected the name of a model'],
      [{ step: 1 }, 'unknown field "step": did you mean steps?'],
    ] as const) {
      await expectError(await postJson('/learners', options, bearer('admin')), 400, message);
    }
  });

  it('unknown models, versions and learners: 404', async () => {
    const admin = bearer('admin');
    await expectError(await postJson('/learners', { model: 'none' }, admin), 404, 'model none not found');
    await expectError(await postJson('/learners', { version: 9 }, admin), 404, 'version 9 of mnist not found');
    await expectError(
      await postJson('/learners', { version: 'canary' }, admin),
      404,
      'alias canary of mnist not found',
    );
    const missing = 'not found';
    for (const path of ['', '/model'])
      await expectError(await ask(`/learners/${UNKNOWN_LEARNER}${path}`), 404, missing);
    for (const verb of ['undo', 'reset']) {
      await expectError(await post(`/learners/${UNKNOWN_LEARNER}/${verb}`, null, admin), 404, missing);
    }
    await expectError(await postJson(`/learners/${UNKNOWN_LEARNER}/examples`, example(0), admin), 404, missing);
    await expectError(await post(`/learners/${UNKNOWN_LEARNER}/predict`, digit(0), RAW), 404, missing);
    await expectError(await postJson(`/learners/${UNKNOWN_LEARNER}/promote`, { name: 'x' }, admin), 404, missing);
    await expectError(await ask(`/learners/${UNKNOWN_LEARNER}`, { method: 'DELETE', headers: admin }), 404, missing);
    await expectError(await ask(`/learners/${'0'.repeat(64)}`), 404, missing);
    await expectError(await ask('/learners/17'), 400, 'id: expected the 64 hexadecimal digits of a learner');
    // Requests for an unknown learner store nothing.
    const tables = await runInDurableObject(getStub(UNKNOWN_LEARNER), async (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('learner', 'blobs')").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('requests without the scope: 401 and 403', async () => {
    const learner = await beginShared();
    const { id } = learner;
    const requests: [string, string, BodyInit | null][] = [
      ['POST', '/learners', '{}'],
      ['POST', `/learners/${id}/examples`, JSON.stringify(example(0))],
      ['POST', `/learners/${id}/undo`, null],
      ['POST', `/learners/${id}/reset`, null],
      ['POST', `/learners/${id}/promote`, '{"name": "x"}'],
      ['DELETE', `/learners/${id}`, null],
    ];
    for (const [method, path, body] of requests) {
      await expectError(await ask(path, { method, body }), 401, 'expected Authorization: Bearer TOKEN, got none');
      const small = await ask(path, { method, body, headers: bearer('predict') });
      await expectError(small, 403, 'expected a token with the scope train');
    }
    expect(await status(id)).toEqual(learner);
  });

  it('more examples than the limit: 409', async () => {
    const { id } = await begin();
    await runInDurableObject(getStub(id), async (_, { storage }) => {
      storage.sql.exec("UPDATE learner SET json = json_set(json, '$.examples', ?)", LIMITS.learnerExamples);
    });
    await expectError(
      await postJson(`/learners/${id}/examples`, example(0), bearer('admin')),
      409,
      'expected a learner with less than 1,000 examples, got 1,000',
    );
  });

  it('an example with a full storage: 507, and stores nothing', async () => {
    const { id } = await begin();
    const { learner } = await teach(id, 0);
    const write = Blobs.prototype.write;
    const full = vi.spyOn(Blobs.prototype, 'write').mockImplementation(function (this: Blobs, name, bytes) {
      // The example fits, the weights after it do not.
      if (name.startsWith('weights')) throw new Error('database or disk is full: SQLITE_FULL');
      write.call(this, name, bytes);
    });
    const admin = bearer('admin');
    for (const again of [1, 2]) {
      expect(full).toHaveBeenCalledTimes(2 * (again - 1));
      await expectError(
        await postJson(`/learners/${id}/examples`, example(1), admin),
        507,
        'the storage is full, and nothing was changed',
      );
      expect(await status(id)).toEqual(learner);
    }
    full.mockImplementation(() => {
      throw new Error('database or disk is full: SQLITE_FULL');
    });
    await expectError(
      await postJson('/learners', QUICK, { ...admin, 'idempotency-key': 'full' }),
      507,
      'the storage is full',
    );
    full.mockRestore();
    expect((await begin(QUICK, { 'idempotency-key': 'full' })).examples).toBe(0);
    await evictDurableObject(getStub(id));
    expect(await status(id)).toEqual(learner);
    expect((await teach(id, 1)).learner.weightsSha256).toBe(await expectedHash(2, QUICK, pickKnown(QUICK.seed)));
  });

  it('steps that diverge: 400 with the step, and keeps the earlier examples', async () => {
    await put('/models/steep/versions/1', modelBytes({ layers: [2, 2] }));
    const { id } = await begin({ model: 'steep', steps: 1, rehearsal: null });
    const admin = bearer('admin');
    const small = await postJson(`/learners/${id}/examples`, { pixels: [0.1, 0.1], label: 0 }, admin);
    const { learner } = (await small.json()) as ExampleResponse;
    // With inputs this large, the loss of a wrong answer is millions of nats.
    const pixels = [1e9, -1e9];
    const said = (await (await postJson(`/learners/${id}/predict`, pixels)).json()) as {
      predictions: [{ label: number }];
    };
    const label = 1 - said.predictions[0].label;
    await expectError(await postJson(`/learners/${id}/examples`, { pixels, label }, admin), 400, 'diverged at step 1');
    expect(await status(id)).toEqual(learner);
    await evictDurableObject(getStub(id));
    expect(await status(id)).toEqual(learner);
  });

  it('an example on which the kernels trap: 500, and continues from its last commit', async () => {
    const { id } = await begin();
    const { learner } = await teach(id, 0);
    const trap = vi.spyOn(LearnerSession.prototype, 'learn').mockImplementation(function (this: LearnerSession) {
      this.network.mlp.setParameters(Mlp.create(kernels, { layers: [784, 300, 10] }).parameters());
      throw new WebAssembly.RuntimeError('unreachable');
    });
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const answer = await postJson(`/learners/${id}/examples`, example(1), bearer('admin'));
    await expectError(answer, 500, 'internal error');
    trap.mockRestore();
    expect(await status(id)).toEqual(learner);
    expect((await teach(id, 1)).learner.weightsSha256).toBe(await expectedHash(2, QUICK, pickKnown(QUICK.seed)));
  });
});

const RAW = { 'content-type': 'application/octet-stream' };
let sharedLearner: Promise<Learner> | undefined;

/** A learner that no test changes. */
function beginShared(): Promise<Learner> {
  sharedLearner ??= begin();
  return sharedLearner;
}

/** IDX labels, directly followed by IDX images. */
function idxPiece(inputs: Uint8Array | Float32Array, labels: Uint16Array): Uint8Array<ArrayBuffer> {
  const head = (type: number, ...shape: number[]) => [0, 0, 8, type, ...shape.flatMap((n) => [0, 0, n >> 8, n & 255])];
  return Uint8Array.from([...head(1, labels.length), ...labels, ...head(3, labels.length, 28, 28), ...inputs]);
}
