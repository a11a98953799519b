/** The storage: streamed files, quotas, deletion, interrupted changes, and how often the objects are called. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { createApp } from '../../worker/app.ts';
import type { Settings } from '../../worker/env.ts';
import { readReply } from '../../worker/errors.ts';
import { LIMITS, MB } from '../../worker/limits.ts';
import { readContract } from '../../worker/models/contract.ts';
import { networkCache } from '../../worker/models/networks.ts';
import { forgetModel } from '../../worker/models/serving.ts';
import type { ModelUpload, StoredModel } from '../../worker/models/stored-model.ts';
import { describeVersion } from '../../worker/models/version.ts';
import { CHUNK_BYTES } from '../../worker/storage/blobs.ts';
import { Directory, openDirectory } from '../../worker/storage/directory.ts';
import { CELL_LIMIT_BYTES, checkCell } from '../../worker/storage/sqlite.ts';
import { TEST_TOKENS } from '../support/tokens.ts';
import { checkAnswer } from './contract.ts';
import {
  ask,
  bearer,
  brokenObjects,
  digit,
  expectError,
  finishedJob,
  modelBytes,
  OWNER,
  post,
  postJson,
  put,
  readRows,
} from './support.ts';

const RAW = { 'content-type': 'application/octet-stream' };
const LARGE = { layers: [784, 900, 10] };

afterEach(() => vi.restoreAllMocks());

const app = createApp();

/** A request with other bindings or settings than those of the tests. */
async function request(path: string, init: RequestInit, other: Partial<Env> & Settings): Promise<Response> {
  const sent = new Request(`https://edge-mlp.test${path}`, init);
  return checkAnswer(sent, await app.fetch(sent, { ...env, TOKENS: TEST_TOKENS, ...other }));
}

function upload(name: string, version: number, bytes: Uint8Array<ArrayBuffer> = modelBytes({ seed: version })) {
  const init = { method: 'PUT', body: bytes, headers: { ...RAW, ...bearer('admin') } };
  // Without the limit on changes: this file has more than a token may send in a minute.
  return request(`/models/${name}/versions/${version}`, init, { CHANGE_LIMIT: undefined as unknown as RateLimit });
}

function remove(path: string): Promise<Response> {
  return ask(path, { method: 'DELETE', headers: bearer('admin') });
}

function move(path: string, version: number): Promise<Response> {
  return put(path, JSON.stringify({ version }), { 'content-type': 'application/json' });
}

function readModelRows(name: string, table: string) {
  return runInDurableObject(env.MODELS.getByName(name), (_, { storage }) => readRows(storage, table));
}

async function readStoredBytes(name: string): Promise<number> {
  const rows = await runInDurableObject(openDirectory(env), (_, { storage }) => readRows(storage, 'entries'));
  return Number(rows.find((row) => row.name === name)?.bytes ?? 0);
}

/** A namespace that counts the calls of its objects' methods. */
function countCalls<Namespace extends { getByName(name: string): object }>(namespace: Namespace) {
  const calls: string[] = [];
  const getByName = (name: string) =>
    new Proxy(namespace.getByName(name), {
      get: (stub, method) => {
        const value = Reflect.get(stub, method);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls.push(String(method));
          return Reflect.apply(value, stub, args);
        };
      },
    });
  return { calls, namespace: { ...namespace, getByName } as unknown as Namespace };
}

describe('a file', () => {
  it('never has a cell that a deployed object would refuse', () => {
    expect(() => checkCell(new Uint8Array(CELL_LIMIT_BYTES + 1))).toThrow(
      'cell: expected at most 2000000 bytes, got 2000001',
    );
    expect(checkCell('short')).toBe('short');
  });

  it('larger than a chunk is stored in chunks below the limit of a cell, and read byte for byte', async () => {
    const bytes = modelBytes(LARGE);
    expect(bytes.length).toBeGreaterThan(2 * CHUNK_BYTES);
    expect((await upload('large', 1, bytes)).status).toBe(201);
    const chunks = (await readModelRows('large', 'blobs')).map(({ data }) => (data as ArrayBuffer).byteLength);
    expect(chunks).toEqual([CHUNK_BYTES, CHUNK_BYTES, bytes.length - 2 * CHUNK_BYTES]);
    const downloaded = await ask('/models/large/versions/1');
    expect(new Uint8Array(await downloaded.arrayBuffer())).toEqual(bytes);
    const head = await ask('/models/large/versions/1', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    expect((await post('/predict?model=large', digit(0), RAW)).status).toBe(200);
  });

  it('with a missing chunk is an internal error with a log line, and never a shorter file', async () => {
    await upload('holed', 1, modelBytes(LARGE));
    await runInDurableObject(env.MODELS.getByName('holed'), (_, { storage }) => {
      storage.sql.exec('DELETE FROM blobs WHERE part = 2');
    });
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    await expectError(await ask('/models/holed/versions/1'), 500, 'internal error');
    await expectError(await post('/predict?model=holed', digit(0), RAW), 500, 'internal error');
    expect(log).toHaveBeenCalledTimes(2);
    expect(log.mock.calls[0]?.[0]).toMatch(/^GET \/models\/holed\/versions\/1: 500 internal error/);
    expect(log.mock.calls[0]?.[1]).toMatch(/blob [0-9a-f-]{36}: chunk 2 of 3 is missing/);
  });

  it('that another client deletes while it is read breaks off with an error', async () => {
    await upload('vanishing', 1, modelBytes(LARGE));
    const failure = runInDurableObject(env.MODELS.getByName('vanishing'), async (model: StoredModel, { storage }) => {
      const opened = readReply(await model.open('1', []));
      if (opened.kind !== 'file') throw new Error('no file');
      for await (const _ of opened.file) storage.sql.exec('DELETE FROM blobs WHERE part > 0');
    });
    await expect(failure).rejects.toThrow(/chunk [12] is missing/);
  });
});

describe('an upload', () => {
  /** A stream that waits before its only piece. */
  function waitingStream(bytes: Uint8Array<ArrayBuffer>, wait: () => Promise<unknown>): ReadableStream<Uint8Array> {
    return new ReadableStream({
      type: 'bytes',
      pull: async (controller) => {
        await wait();
        controller.enqueue(bytes.slice());
        controller.close();
      },
    });
  }

  async function describeUpload(number: number | null, bytes: Uint8Array<ArrayBuffer>): Promise<ModelUpload> {
    const model = parseModel(bytes, 'the upload');
    return { number, version: await describeVersion(bytes, model), contract: readContract(model.info), key: null };
  }

  it('survives the alarm, and a deletion of its model meanwhile', async () => {
    await upload('crossed', 1);
    const bytes = modelBytes({ seed: 2 });
    const description = await describeUpload(2, bytes);
    const crossed = await runInDurableObject(env.MODELS.getByName('crossed'), async (model: StoredModel) => {
      const stream = waitingStream(bytes, async () => {
        await model.alarm();
        readReply(await model.removeAll());
        await model.alarm();
      });
      return readReply(await model.upload(OWNER, description, stream));
    });
    expect(crossed).toMatchObject({ created: true, version: { version: 2 } });
    expect(await (await ask('/models/crossed')).json()).toMatchObject({ served: 2, versions: [{ version: 2 }] });
    expect(new Uint8Array(await (await ask('/models/crossed/versions/2')).arrayBuffer())).toEqual(bytes);
  });

  it.each([1, null])('of two at once with number %s is stored whole, without a file of the other', async (number) => {
    const name = `twice-${number}`;
    const files = [1, 2].map((seed) => modelBytes({ seed }));
    const uploads = await Promise.all(files.map((bytes) => describeUpload(number, bytes)));
    const replies = await runInDurableObject(env.MODELS.getByName(name), (model: StoredModel) =>
      Promise.all(
        files.map((bytes, i) =>
          model.upload(
            OWNER,
            uploads[i] as ModelUpload,
            waitingStream(bytes, () => scheduler.wait(5 * i)),
          ),
        ),
      ),
    );
    expect(replies.map(({ ok }) => ok)).toEqual([true, number === null]);
    expect(await readModelRows(name, 'files')).toHaveLength(number === null ? 2 : 1);
    expect(await readModelRows(name, 'blobs')).toHaveLength(number === null ? 2 : 1);
    expect(new Uint8Array(await (await ask(`/models/${name}/versions/1`)).arrayBuffer())).toEqual(files[0]);
  });

  it('under a lower number does not change what is served', async () => {
    await upload('lower', 5);
    await upload('lower', 3);
    expect(await (await ask('/models/lower')).json()).toMatchObject({ served: 5 });
    await expectError(await remove('/models/lower/versions/5'), 409, 'the alias stable points at it');
  });
});

describe('an interrupted upload', () => {
  it('is invisible, and its bytes are deleted by the next start or alarm', async () => {
    await upload('cut', 1);
    const object = env.MODELS.getByName('cut');
    const orphan = () =>
      runInDurableObject(object, (_, { storage }) => {
        storage.sql.exec("INSERT INTO files (name, bytes, kept) VALUES ('orphan', 9, 0)");
        storage.sql.exec("INSERT INTO blobs (name, part, parts, data) VALUES ('orphan', 0, 2, x'00')");
      });
    await orphan();
    expect(await (await ask('/models/cut')).json()).toMatchObject({ versions: [{ version: 1 }] });
    await runDurableObjectAlarm(object);
    expect(await readModelRows('cut', 'files')).toHaveLength(1);
    await orphan();
    await evictDurableObject(object);
    expect(await readModelRows('cut', 'files')).toHaveLength(1);
    expect(await readModelRows('cut', 'blobs')).toHaveLength(1);
  });

  it('that ended before its announcement is listed by its repetition', async () => {
    const finish = async () => {
      await put('/datasets/unlisted/training/0', 'a,k\n1,x\n2,y\n', { 'content-type': 'text/csv' });
      return put('/datasets/unlisted', '{"training": 1}');
    };
    for (const [kind, repeat, path] of [
      ['model', () => upload('unlisted', 1), '/models'],
      ['data set', finish, '/datasets'],
    ] as const) {
      await repeat();
      await openDirectory(env).remove(kind, 'unlisted');
      expect((await repeat()).status).toBeLessThan(300);
      expect(await (await ask(path)).text()).toContain('"unlisted"');
    }
  });

  it('of a new name leaves nothing, not even tables', async () => {
    const object = env.MODELS.getByName('never');
    const failed = await runInDurableObject(object, (model: StoredModel) => {
      const broken = new ReadableStream({ type: 'bytes', pull: (controller) => controller.error(new Error('cut')) });
      const version = {
        sha256: '',
        bytes: 100,
        layers: [],
        hiddenActivation: 'sigmoid' as const,
        testAccuracy: null,
        created: '',
      };
      const contract = { inputs: 1, classes: [], imageShape: null, pixels: false };
      return model.upload(OWNER, { number: 1, version, contract, key: null }, broken);
    });
    expect(failed).toMatchObject({ ok: false, status: 500 });
    await expectError(await ask('/models/never'), 404, 'model never not found');
    expect(await readStoredBytes('never')).toBe(0);
    await runDurableObjectAlarm(object);
    expect(await readModelRows('never', 'sqlite_master')).toEqual([]);
  });

  it('deletes the pieces of a data set that is never finished', async () => {
    const pieces = await put('/datasets/pieces/training/0', 'a,k\n1,x\n2,y\n', { 'content-type': 'text/csv' });
    expect(pieces.status).toBe(200);
    const object = env.DATASETS.getByName('pieces');
    await runDurableObjectAlarm(object);
    const count = () => runInDurableObject(object, (_, { storage }) => readRows(storage, 'sqlite_master').length);
    expect(await count()).toBeGreaterThan(0);
    await runInDurableObject(object, (_, { storage }) => {
      storage.sql.exec('UPDATE pieces SET updated = updated - ?', (LIMITS.unfinishedHours + 1) * 3_600_000);
    });
    await runDurableObjectAlarm(object);
    expect(await count()).toBe(0);
  });
});

describe('the quota', () => {
  it('of a name refuses an upload with 507, changes nothing, and accepts it after a deletion', async () => {
    for (const version of [1, 2]) await upload('full', version);
    const [first] = await readModelRows('full', 'files');
    await runInDurableObject(env.MODELS.getByName('full'), (_, { storage }) => {
      storage.sql.exec('UPDATE files SET bytes = ? WHERE name = ?', LIMITS.nameBytes - 50_000, String(first?.name));
    });
    const before = await (await ask('/models/full')).json();
    await expectError(
      await upload('full', 3),
      507,
      /^the storage of model full: expected at most 512 MB, got 512.1 MB. Nothing was changed: delete/,
    );
    expect(await (await ask('/models/full')).json()).toEqual(before);
    expect(await readModelRows('full', 'files')).toHaveLength(2);
    await move('/models/full/aliases/stable', 2);
    expect((await remove('/models/full/versions/1')).status).toBe(204);
    expect((await upload('full', 3)).status).toBe(201);
  });

  it('of all names refuses an upload with 507, and does not list it', async () => {
    const put = (name: string) =>
      request(
        `/models/${name}/versions/1`,
        { method: 'PUT', body: modelBytes(), headers: { ...RAW, ...bearer('admin') } },
        {},
      );
    await runInDurableObject(openDirectory(env), (_, { storage }) => {
      const query =
        "INSERT INTO entries (kind, name, owner, bytes, summary, since) VALUES ('model', 'giant', '', ?, '[1]', '')";
      storage.sql.exec(query, LIMITS.storageMB * MB);
    });
    await expectError(await put('one-too-many'), 507, /^the storage of all tokens: expected at most 4,000 MB/);
    expect(await (await ask('/models')).json()).not.toMatchObject({ models: expect.arrayContaining(['one-too-many']) });
    await openDirectory(env).remove('model', 'giant');
    expect((await put('one-too-many')).status).toBe(201);
  });
});

describe('the setting STORAGE_MB', () => {
  async function reserve(STORAGE_MB: string, bytes: number) {
    return runInDurableObject(openDirectory(env), async (directory: Directory) => {
      const settings = (directory as unknown as { env: Settings }).env as { STORAGE_MB?: string };
      settings.STORAGE_MB = STORAGE_MB;
      const entry = { kind: 'model', name: 'reserved', owner: OWNER.name, bytes } as const;
      const reserved = await directory.reserve(entry, OWNER);
      delete settings.STORAGE_MB;
      return reserved;
    });
  }

  it('is the quota of all names; all other texts than a number above 0 are errors', async () => {
    expect(await reserve('100', 200 * MB)).toMatchObject({ ok: false, status: 507 });
    expect(await reserve('300', 200 * MB)).toMatchObject({ ok: true });
    for (const text of ['4 GB', '', '0']) {
      const message = `STORAGE_MB: expected a number above 0, got ${text}`;
      expect(await reserve(text, 1)).toEqual({ ok: false, status: 503, message, headers: {} });
    }
    await openDirectory(env).remove('model', 'reserved');
  });
});

describe('a deletion', () => {
  it('frees the space of a version, and never uses its number again', async () => {
    for (const version of [1, 2, 3]) await upload('thinned', version);
    const bytes = await readStoredBytes('thinned');
    await expectError(
      await remove('/models/thinned/versions/1'),
      409,
      'version 1 of thinned cannot be deleted, because the alias stable points at it: move the alias first',
    );
    expect((await remove('/models/thinned/versions/3')).status).toBe(204);
    expect(await readStoredBytes('thinned')).toBeLessThan(bytes);
    expect(await readModelRows('thinned', 'blobs')).toHaveLength(2);
    await expectError(await ask('/models/thinned/versions/3'), 404, 'version 3 of thinned not found');
    await expectError(await remove('/models/thinned/versions/3'), 404, 'version 3 of thinned not found');
    await expectError(
      await upload('thinned', 3),
      409,
      'version 3 of thinned was deleted, and its number is not used again',
    );
    const next = await post('/models/thinned/versions', modelBytes({ seed: 3 }), { ...RAW, ...bearer('admin') });
    expect(await next.json()).toMatchObject({ version: 4 });
  });

  it('refuses a version with an alias; an alias other than stable can be deleted', async () => {
    for (const version of [1, 2]) await upload('named', version);
    await move('/models/named/aliases/canary', 2);
    await expectError(await remove('/models/named/versions/2'), 409, 'the alias canary points at it');
    await expectError(await remove('/models/named/aliases/stable'), 409, 'alias stable cannot be deleted: move it');
    expect((await remove('/models/named/aliases/canary')).status).toBe(204);
    await expectError(await remove('/models/named/aliases/canary'), 404, 'alias canary of named not found');
    expect((await remove('/models/named/versions/2')).status).toBe(204);
    expect(await (await ask('/models/named')).json()).toMatchObject({ versions: [{ version: 1 }], aliases: {} });
  });

  it('of a model removes its versions and aliases, and leaves the name free for another form', async () => {
    await upload('renewed', 1);
    await move('/models/renewed/aliases/stable', 1);
    expect((await post('/predict?model=renewed', digit(0), RAW)).status).toBe(200);
    expect((await remove('/models/renewed')).status).toBe(204);
    await expectError(await ask('/models/renewed'), 404, 'model renewed not found');
    await expectError(await post('/predict?model=renewed', digit(0), RAW), 404, 'model renewed not found');
    expect(await readModelRows('renewed', 'blobs')).toEqual([]);
    expect(await (await ask('/models')).json()).not.toMatchObject({ models: expect.arrayContaining(['renewed']) });
    await expectError(await remove('/models/renewed'), 404, 'model renewed not found');
    const other = await post('/models/renewed/versions', modelBytes({ layers: [4, 3, 2] }), {
      ...RAW,
      ...bearer('admin'),
    });
    expect(await other.json()).toMatchObject({ version: 2, layers: [4, 3, 2] });
  });

  it('keeps the bundled model', async () => {
    await expectError(await remove('/models/mnist/versions/0'), 409, 'it is part of the service');
    await upload('mnist', 1);
    await move('/models/mnist/aliases/stable', 1);
    expect((await remove('/models/mnist')).status).toBe(204);
    expect(await (await ask('/models/mnist')).json()).toMatchObject({ served: 0, versions: [{ version: 0 }] });
    expect(await (await post('/predict', digit(0), RAW)).json()).toMatchObject({ version: 0 });
  });

  it('with an unreachable directory is announced by a later alarm', async () => {
    await put('/datasets/late/training/0', 'a,k\n1,x\n2,y\n', { 'content-type': 'text/csv' });
    await put('/datasets/late', '{"training": 1}');
    const object = env.DATASETS.getByName('late');
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const down = vi.spyOn(Directory.prototype, 'remove').mockRejectedValue(new Error('the directory is down'));
    expect((await remove('/datasets/late')).status).toBe(204);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await readStoredBytes('late')).toBeGreaterThan(0);
    down.mockRestore();
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await readStoredBytes('late')).toBe(0);
    expect(await (await ask('/datasets')).json()).not.toMatchObject({ datasets: expect.arrayContaining(['late']) });
  });

  it('needs the scope admin', async () => {
    for (const path of ['/models/mnist', '/models/mnist/versions/1', '/models/mnist/aliases/canary']) {
      await expectError(await ask(path, { method: 'DELETE', headers: bearer('train') }), 403, 'scope admin');
    }
  });

  it('refuses a version that a job starts from, until the job is over', async () => {
    for (const version of [1, 2]) await upload('read', version);
    const started = await postJson('/jobs', { from: 'read@2', epochs: 1 }, bearer('train'));
    const { id } = (await started.json()) as Job;
    const reader = `is read by job ${id}: wait for its end, or cancel it`;
    await expectError(await remove('/models/read/versions/2'), 409, `model read@2 ${reader}`);
    await expectError(await remove('/models/read'), 409, `model read ${reader}`);
    expect((await finishedJob(id)).state.status).toBe('succeeded');
    expect((await remove('/models/read/versions/2')).status).toBe(204);
  });
});

describe('an isolate', () => {
  async function predict(reference: string, other: Partial<Env>): Promise<number> {
    const init = { method: 'POST', body: digit(0), headers: RAW };
    const response = await request(`/predict?${reference}`, init, other);
    return response.status;
  }

  it('asks an object once in 30 seconds for the predictions of a model, by alias or number', async () => {
    await upload('busy', 1);
    const { calls, namespace: MODELS } = countCalls(env.MODELS);
    const directory = countCalls(env.DIRECTORY);
    const other = { MODELS, DIRECTORY: directory.namespace };
    const clock = vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
    for (let i = 0; i < 50; i++) expect(await predict('model=busy', other)).toBe(200);
    expect(calls).toEqual(['open']);
    clock.mockReturnValue(1_000_000 + 1000 * LIMITS.aliasSeconds - 1);
    expect(await predict('model=busy', other)).toBe(200);
    expect(calls).toEqual(['open']);
    clock.mockReturnValue(1_000_000 + 1000 * LIMITS.aliasSeconds);
    await Promise.all(Array.from({ length: 20 }, () => predict('model=busy', other)));
    expect(calls).toEqual(['open', 'open']);
    // A clock that jumps back does not keep an old answer.
    clock.mockReturnValue(500_000);
    await predict('model=busy', other);
    expect(calls).toHaveLength(3);
    for (let i = 0; i < 5; i++) await predict('model=busy&version=1', other);
    expect(calls).toHaveLength(4);
    for (let i = 0; i < 5; i++) await predict('version=0', other);
    for (let i = 0; i < 5; i++) expect(await predict('model=unknown', other)).toBe(404);
    expect(calls).toHaveLength(5);
    expect(directory.calls).toEqual([]);
  });

  it('reads the file of a version only if it does not hold it', async () => {
    await upload('held', 1);
    const { calls, namespace: MODELS } = countCalls(env.MODELS);
    expect(await predict('model=held', { MODELS })).toBe(200);
    const network = networkCache.find('held', 1);
    forgetModel('held');
    expect(await predict('model=held', { MODELS })).toBe(200);
    expect(networkCache.find('held', 1)).toBe(network);
    expect(calls).toEqual(['open', 'open']);
  });

  it('serves what it holds while the storage cannot be reached, and a deleted version for 30 seconds at most', async () => {
    for (const version of [1, 2]) await upload('lasting', version);
    const clock = vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
    expect(await predict('model=lasting&version=2', {})).toBe(200);
    clock.mockReturnValue(2_000_000);
    vi.spyOn(console, 'error').mockImplementation(() => {});
    expect(await predict('model=lasting&version=2', { MODELS: brokenObjects<Env['MODELS']>() })).toBe(200);
    // As another isolate does it, which this one does not notice.
    await env.MODELS.getByName('lasting').removeVersion(2);
    expect(await predict('model=lasting&version=2', {})).toBe(200);
    clock.mockReturnValue(2_000_000 + 1000 * LIMITS.aliasSeconds);
    expect(await predict('model=lasting&version=2', {})).toBe(404);
  });

  it('asks an object that fails, or has no such model, once in some seconds', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    let calls = 0;
    const MODELS = brokenObjects<Env['MODELS']>(() => void calls++);
    for (let i = 0; i < 10; i++) expect(await predict('model=broken', { MODELS })).toBe(503);
    expect(calls).toBe(1);
  });

  it('lists all models and versions with one call', async () => {
    for (const name of ['x', 'y', 'z']) await upload(name, 1);
    const models = countCalls(env.MODELS);
    const directory = countCalls(env.DIRECTORY);
    const other = { MODELS: models.namespace, DIRECTORY: directory.namespace };
    const index = await request('/v2/repository/index', { method: 'POST' }, other);
    expect(await index.json()).toEqual(
      expect.arrayContaining(['x', 'y', 'z'].map((name) => ({ name, version: '1', state: 'READY', reason: '' }))),
    );
    expect([models.calls, directory.calls]).toEqual([[], ['list']]);
  });
});

it('the directory has the bytes of every object', async () => {
  const entries = await runInDurableObject(openDirectory(env), (_, { storage }) => readRows(storage, 'entries'));
  const models = entries.filter(({ kind, summary }) => kind === 'model' && summary !== null);
  expect(models.length).toBeGreaterThan(10);
  for (const { name, bytes } of models) {
    const files = await readModelRows(String(name), 'files');
    expect([name, files.reduce((sum, file) => sum + Number(file.bytes), 0)]).toEqual([name, bytes]);
  }
});
