/** The model registry: versions and aliases. */
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../worker/app.ts';
import { LIMITS } from '../../worker/limits.ts';
import { bundledBytes } from '../../worker/models/bundled.ts';
import { networkCache } from '../../worker/models/networks.ts';
import { checkAnswer } from './contract.ts';
import { ask, bearer, brokenObjects, digit, expectError, modelBytes, post, put } from './support.ts';

const RAW = { 'content-type': 'application/octet-stream' };

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function move(path: string, version: number, headers: Record<string, string> = {}): Promise<Response> {
  return put(path, JSON.stringify({ version }), { 'content-type': 'application/json', ...headers });
}

/** Version that answers. */
async function readServedVersion(query: string): Promise<number> {
  const response = await post(`/predict?${query}`, digit(0), RAW);
  expect(response.status).toBe(200);
  return ((await response.json()) as { version: number }).version;
}

describe('the registry', () => {
  it('has the bundled model before any upload', async () => {
    const model = await (await ask('/models/mnist')).json();
    expect(model).toMatchObject({
      name: 'mnist',
      served: 0,
      versions: [{ version: 0, layers: [784, 300, 10], sha256: await sha256(bundledBytes()), testAccuracy: 0.9923 }],
    });
    const file = await ask('/models/mnist/versions/0');
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bundledBytes());
  });

  it('stores uploads byte for byte with number and hash, and marks downloads as immutable', async () => {
    const bytes = modelBytes({ seed: 5 });
    const uploaded = await put('/models/kept/versions/1', bytes, RAW);
    expect(uploaded.status).toBe(201);
    expect(uploaded.headers.get('location')).toBe('/models/kept/versions/1');
    const record = (await uploaded.json()) as { sha256: string; bytes: number };
    expect(record).toMatchObject({
      version: 1,
      sha256: await sha256(bytes),
      bytes: bytes.length,
      layers: [784, 8, 10],
    });

    const downloaded = await ask('/models/kept/versions/1');
    expect(new Uint8Array(await downloaded.arrayBuffer())).toEqual(bytes);
    expect(downloaded.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    const etag = downloaded.headers.get('etag') ?? '';
    expect(etag).toBe(`"${record.sha256}"`);
    const again = await ask('/models/kept/versions/1', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
    expect(await (await ask('/models')).json()).toMatchObject({ models: expect.arrayContaining(['kept', 'mnist']) });
  });

  it('writes a version once', async () => {
    await put('/models/once/versions/1', modelBytes({ seed: 1 }), RAW);
    await expectError(
      await put('/models/once/versions/1', modelBytes({ seed: 2 }), RAW),
      409,
      'version 1 of once exists with another file: choose another number',
    );
    await expectError(await put('/models/mnist/versions/0', modelBytes(), RAW), 409, 'version 0 of mnist exists');
    const both = await Promise.all([3, 4].map((seed) => put('/models/once/versions/2', modelBytes({ seed }), RAW)));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('serves stable, which one call promotes or rolls back', async () => {
    for (const version of [1, 2]) await put(`/models/rolled/versions/${version}`, modelBytes({ seed: version }), RAW);
    // Publishing does not change what is served.
    expect(await readServedVersion('model=rolled')).toBe(1);
    const promoted = await move('/models/rolled/aliases/stable', 2);
    expect(await promoted.json()).toEqual({
      name: 'rolled',
      alias: 'stable',
      version: 2,
      effectiveWithinSeconds: LIMITS.aliasSeconds,
    });
    expect(await readServedVersion('model=rolled')).toBe(2);
    await move('/models/rolled/aliases/stable', 1);
    expect(await readServedVersion('model=rolled')).toBe(1);
    await move('/models/rolled/aliases/canary', 2);
    expect(await readServedVersion('model=rolled&version=canary')).toBe(2);
    expect(await readServedVersion('model=rolled&version=1')).toBe(1);
    const { aliases, served: stable } = (await (await ask('/models/rolled')).json()) as {
      aliases: Record<string, number>;
      served: number;
    };
    expect({ aliases, stable }).toEqual({ aliases: { stable: 1, canary: 2 }, stable: 1 });
  });

  it('replaces the bundled model and rolls back to it', async () => {
    await put('/models/mnist/versions/1', modelBytes({ seed: 9 }), RAW);
    expect(await readServedVersion('')).toBe(0);
    await move('/models/mnist/aliases/stable', 1);
    expect(await readServedVersion('')).toBe(1);
    await move('/models/mnist/aliases/stable', 0);
    expect(await readServedVersion('')).toBe(0);
  });

  it('lets one of two concurrent moves of an alias succeed, and refuses the other with 412', async () => {
    for (const version of [1, 2, 3]) await put(`/models/raced/versions/${version}`, modelBytes({ seed: version }), RAW);
    await move('/models/raced/aliases/stable', 1);
    const etag = (await ask('/models/raced/aliases/stable')).headers.get('etag') ?? '';
    const both = await Promise.all([2, 3].map((v) => move('/models/raced/aliases/stable', v, { 'if-match': etag })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    const loser = both.find(({ status }) => status === 412);
    if (loser !== undefined) await expectError(loser, 412, 'alias stable of raced was moved by another client');
    // A move there and back changes the entity tag.
    const seen = (await ask('/models/raced/aliases/stable')).headers.get('etag') ?? '';
    await move('/models/raced/aliases/stable', 1);
    await move('/models/raced/aliases/stable', both[0]?.status === 200 ? 2 : 3);
    await expectError(
      await move('/models/raced/aliases/stable', 1, { 'if-match': seen }),
      412,
      'moved by another client',
    );
    await expectError(
      await move('/models/raced/aliases/stable', 1, { 'if-match': 'W/x' }),
      400,
      'If-Match: expected one entity tag',
    );
  });
});

describe('the registry refuses', () => {
  it('other files, truncated models, and weights that are not finite', async () => {
    await expectError(await put('/models/bad/versions/1', new Uint8Array(100), RAW), 400, 'the upload: ');
    await expectError(
      await put('/models/bad/versions/1', modelBytes().slice(0, -4), RAW),
      400,
      'the file is truncated',
    );
    const bytes = modelBytes();
    new DataView(bytes.buffer).setFloat32(bytes.length - 4, Number.NaN, true);
    await expectError(await put('/models/bad/versions/1', bytes, RAW), 400, 'expected finite numbers');
    await expectError(await post('/predict?model=bad', digit(0), RAW), 404, 'model bad not found');
  });

  it('models with other inputs or classes than earlier versions', async () => {
    await put('/models/shaped/versions/1', modelBytes({ layers: [4, 3, 2] }), RAW);
    await expectError(
      await put('/models/shaped/versions/2', modelBytes({ layers: [5, 3, 2] }), RAW),
      400,
      'shaped: expected 4 inputs and 2 classes, as in its versions, got 5 inputs and 2 classes: choose another name',
    );
    await expectError(
      await put('/models/mnist/versions/9', modelBytes({ layers: [4, 3, 2] }), RAW),
      400,
      'expected 784 inputs and 10 classes',
    );
  });

  it('uploads above the limit, before reading them', async () => {
    const large = new Uint8Array(LIMITS.modelBytes + 1);
    await expectError(await put('/models/large/versions/1', large, RAW), 413, 'expected at most 16,777,216 bytes');
  });

  it('malformed names, versions and aliases, and unknown versions', async () => {
    await expectError(
      await put('/models/a%20b/versions/1', modelBytes(), RAW),
      400,
      'name: expected a name of up to 64 letters',
    );
    await expectError(await put('/models/a/versions/one', modelBytes(), RAW), 400, 'version: expected a whole number');
    await expectError(
      await move('/models/mnist/aliases/7', 0),
      400,
      'alias: expected a name of up to 32 lower-case letters',
    );
    await expectError(await move('/models/mnist/aliases/stable', 99), 404, 'version 99 of mnist not found');
    await expectError(await put('/models/mnist/aliases/stable', '{"version":"1"}'), 400, 'version: ');
    await expectError(await put('/models/mnist/aliases/stable', 'one'), 400, 'body: expected JSON');
    await expectError(await ask('/models/unknown'), 404, 'model unknown not found');
    await expectError(await ask('/models/mnist/versions/99'), 404, 'version 99 of mnist not found');
    await expectError(await ask('/models/mnist/aliases/nothing'), 404, 'alias nothing of mnist not found');
  });

  it('requests without a token, with an unknown one, or without the scope', async () => {
    const upload = (headers: Record<string, string>) =>
      ask('/models/closed/versions/1', { method: 'PUT', body: modelBytes(), headers: { ...RAW, ...headers } });
    const missing = await upload({});
    expect(missing.headers.get('www-authenticate')).toBe('Bearer');
    await expectError(missing, 401, 'expected Authorization: Bearer TOKEN, got none');
    await expectError(await upload({ authorization: 'Basic abc' }), 401, 'got none');
    await expectError(await upload({ authorization: 'Bearer guess' }), 401, 'unknown token');
    await expectError(
      await upload(bearer('train')),
      403,
      'expected a token with the scope admin, got train-of-tests with train',
    );
    expect((await ask('/models/closed')).status).toBe(404);
  });
});

describe('an isolate', () => {
  const app = createApp();
  const request = async (path: string, init: RequestInit, other: Readonly<Record<string, unknown>>) => {
    const bindings = { ...env, REQUEST_LIMIT: undefined, CHANGE_LIMIT: undefined, ...other } as unknown as Env;
    const sent = new Request(`https://edge-mlp.test${path}`, init);
    return checkAnswer(sent, await app.fetch(sent, bindings));
  };

  it('without tokens refuses changes, and explains how to create a token', async () => {
    for (const TOKENS of ['', ' \n']) {
      const response = await request('/models/x/versions/1', { method: 'PUT', body: modelBytes() }, { TOKENS });
      await expectError(
        response,
        503,
        /this service has no tokens: create one with `edge-mlp token`.* On your machine, .*`npm run dev`/,
      );
    }
    const malformed = await request(
      '/models/x/versions/1',
      { method: 'PUT', body: modelBytes() },
      { TOKENS: 'admin:root:00' },
    );
    await expectError(malformed, 503, 'the secret TOKENS is malformed');
  });

  it('says where the token is, if the service runs on the machine of its developer', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      const refuse = (EDGE_MLP_TOKEN: string | undefined) =>
        request('/jobs', { method: 'POST', headers }, { EDGE_MLP_TOKEN });
      await expectError(await refuse(undefined), 401, /(got none|unknown token)$/);
      await expectError(
        await refuse('emlp_local'),
        401,
        'open the link that `npm run dev` prints, or run `source .dev.vars`',
      );
    }
  });

  it('can require a token for predictions', async () => {
    const closed = { PREDICT_ACCESS: 'token' };
    const init = { method: 'POST', body: digit(0) };
    await expectError(await request('/predict', { ...init, headers: RAW }, closed), 401, 'got none');
    await expectError(
      await request('/predict', { ...init, headers: { ...RAW, ...bearer('train') } }, closed),
      403,
      'scope predict',
    );
    const typo = { PREDICT_ACCESS: 'tokens' };
    await expectError(
      await request('/predict', { ...init, headers: RAW }, typo),
      503,
      'PREDICT_ACCESS: expected open or token, got tokens',
    );
    for (const scope of ['predict', 'admin'] as const) {
      expect((await request('/predict', { ...init, headers: { ...RAW, ...bearer(scope) } }, closed)).status).toBe(200);
    }
  });

  it('serves the bundled model when the storage fails, and answers 503 for everything else', async () => {
    const store = { MODELS: brokenObjects<Env['MODELS']>(), DIRECTORY: brokenObjects<Env['DIRECTORY']>() };
    const fresh = 'version=0';
    const response = await request(`/predict?${fresh}`, { method: 'POST', body: digit(0), headers: RAW }, store);
    expect(await response.json()).toMatchObject({ model: 'mnist', version: 0 });
    expect((await request('/v2/models/mnist', {}, store)).status).toBe(200);
    const failures = [
      await request('/predict?model=unheard', { method: 'POST', body: digit(0), headers: RAW }, store),
      await request('/models', {}, store),
      // A request for a version number never gets another version.
      await request('/predict?version=7', { method: 'POST', body: digit(0), headers: RAW }, store),
      await request('/v2/models/mnist/versions/7/ready', {}, store),
      await request('/models/mnist/versions/4', {}, store),
      await request('/models/x/versions/1', { method: 'PUT', body: modelBytes(), headers: bearer('admin') }, store),
      await request('/v2/repository/index', { method: 'POST' }, store),
    ];
    for (const failure of failures) {
      expect(failure.headers.get('retry-after')).toBe('10');
      await expectError(failure, 503, 'the storage is unavailable: retry later');
    }
  });

  it('evicts networks above its limit, and answers correctly after evictions', async () => {
    const layers = [784, 1500, 10];
    const inMemory = new Map<number, string>();
    for (let version = 1; version <= 9; version++) {
      expect((await put(`/models/many/versions/${version}`, modelBytes({ layers, seed: version }), RAW)).status).toBe(
        201,
      );
    }
    for (let round = 0; round < 3; round++) {
      for (let version = 1; version <= 9; version++) {
        const response = await post(`/predict?model=many&version=${version}`, digit(1), RAW);
        const { predictions } = (await response.json()) as { predictions: unknown };
        const text = JSON.stringify(predictions);
        expect(inMemory.get(version) ?? text).toBe(text);
        inMemory.set(version, text);
      }
    }
    expect(new Set(inMemory.values()).size).toBe(9);
    // Nine networks take 43 MB, more than the limit. The tests run in the isolate of the Worker, so this is its cache.
    expect(networkCache.networks.some(({ name }) => name === 'many')).toBe(true);
    expect(9 * 4 * 1500 * 795).toBeGreaterThan(LIMITS.networkBytes);
    expect(networkCache.bytes).toBeLessThanOrEqual(LIMITS.networkBytes);
    expect(networkCache.kernels.memoryBytes).toBeLessThanOrEqual(LIMITS.linearMemoryBytes);
  });
});
