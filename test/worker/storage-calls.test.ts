/** Calls of the storage by one request, pages of lists, and quotas of a token. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../worker/app.ts';
import { MB } from '../../worker/limits.ts';
import { openDirectory, reserveEntry } from '../../worker/storage/directory.ts';
import { TEST_TOKENS } from '../support/tokens.ts';
import { checkAnswer } from './contract.ts';
import { ask, bearer, digit, expectError, finishedJob, modelBytes, postJson, put } from './support.ts';

const TRAIN = bearer('train');
const RUNS = 12;
const app = createApp();
const ids: Record<string, string> = {};

async function start(path: string, body: object): Promise<string> {
  const response = await postJson(path, body, TRAIN);
  expect(response.status).toBeLessThan(300);
  return ((await response.json()) as { id: string }).id;
}

beforeAll(async () => {
  for (let n = 0; n < 5; n++) await put(`/models/model-${n}/versions/1`, modelBytes({ seed: n }));
  await put('/datasets/counted/training/0', 'a,k\n1,x\n2,y\n', { 'content-type': 'text/csv', ...TRAIN });
  await put('/datasets/counted', '{"training": 1}', TRAIN);
  for (let n = 0; n < 5; n++) ids.jobs = await start('/jobs', { data: 'ellipse', epochs: 1, seed: n });
  await finishedJob(ids.jobs ?? '');
  const seeds = Array.from({ length: RUNS }, (_, i) => i);
  ids.sweeps = await start('/sweeps', { data: 'digits', grid: { hidden: [[64]], epochs: [20] }, seeds });
  ids.learners = await start('/learners', { rehearsal: null });
});

/** Bindings that count the calls of methods of all objects. */
function countCalls() {
  const calls: string[] = [];
  const wrap = (binding: string, namespace: object): object =>
    new Proxy(namespace, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        if (name !== 'get' && name !== 'getByName') return value.bind(target);
        return (...args: unknown[]) =>
          new Proxy(Reflect.apply(value, target, args) as object, {
            get: (stub, method) => {
              const call = Reflect.get(stub, method);
              if (typeof call !== 'function') return call;
              return (...values: unknown[]) => {
                calls.push(`${binding}.${String(method)}`);
                return Reflect.apply(call, stub, values);
              };
            },
          });
      },
    });
  const names = ['MODELS', 'DATASETS', 'SWEEP_RECORDS', 'DIRECTORY', 'JOBS', 'LEARNERS'] as const;
  const counted = Object.fromEntries(names.map((name) => [name, wrap(name, env[name])]));
  return { calls, bindings: { ...env, ...counted, TOKENS: TEST_TOKENS } as unknown as Env };
}

async function count(method: string, path: string, body: BodyInit | null = null, headers = {}): Promise<string[]> {
  const { calls, bindings } = countCalls();
  const request = new Request(`https://edge-mlp.test${path}`, { method, body, headers });
  const response = await checkAnswer(request, await app.fetch(request, bindings));
  expect(response.status).toBeLessThan(500);
  await response.body?.cancel();
  return calls;
}

describe('a request', () => {
  it('to read asks the storage at most three times, whatever is stored', async () => {
    const document = (await (await ask('/openapi.json')).json()) as { paths: Record<string, object> };
    const paths = Object.entries(document.paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
    expect(paths.length).toBeGreaterThan(20);
    for (const template of paths) {
      const name = template.startsWith('/datasets') ? 'counted' : 'model-1';
      const path = template
        .replace('{id}', ids[template.split('/')[1] ?? ''] ?? '')
        .replace(/\{(name|model)\}/, name)
        .replace('{version}', '1')
        .replace('{alias}', 'stable');
      expect([template, (await count('GET', path, null, TRAIN)).length]).toEqual([
        template,
        expect.toSatisfy((n) => n <= 3),
      ]);
    }
  });

  it('for an unknown thing asks once', async () => {
    for (const path of ['/models/unknown', '/datasets/unknown', `/sweeps/${'0'.repeat(32)}`, '/v2/models/unknown']) {
      expect([path, (await count('GET', path)).length]).toEqual([path, 1]);
    }
  });

  it('to predict asks at most once', async () => {
    const raw = { 'content-type': 'application/octet-stream' };
    expect(await count('POST', '/predict?model=model-2', digit(0), raw)).toHaveLength(1);
    expect(await count('POST', '/predict?model=model-2', digit(0), raw)).toHaveLength(0);
    expect(await count('POST', `/learners/${ids.learners}/predict`, digit(0), raw)).toHaveLength(1);
    expect(await count('POST', '/v2/repository/index')).toEqual(['DIRECTORY.list']);
  });

  it('to change something asks a number of times that does not depend on what is stored', async () => {
    const json = { 'content-type': 'application/json', ...TRAIN };
    const job = { data: 'counted', validation: 0, epochs: 1, hidden: [2], publish: 'published' };
    expect(await count('POST', '/jobs', JSON.stringify(job), json)).toEqual([
      'DATASETS.manifest',
      'MODELS.checkUpload',
      'JOBS.start',
    ]);
    const cancel = await count('POST', `/sweeps/${ids.sweeps}/cancel`, null, TRAIN);
    // The runs at a time, and not all twelve.
    expect(cancel.filter((call) => call === 'JOBS.cancel').length).toBeLessThanOrEqual(4);
    expect(cancel.length).toBeLessThanOrEqual(5 + 2 * 4);
  });
});

describe('a list', () => {
  it.each([
    ['/models', 'models'],
    ['/datasets', 'datasets'],
    ['/jobs', 'jobs'],
    ['/sweeps', 'sweeps'],
    ['/learners', 'learners'],
  ])('%s has pages, which together are the whole list', async (path, field) => {
    interface List extends Readonly<Record<string, unknown>> {
      readonly next: string | null;
    }
    const read = async (query: string) => (await (await ask(`${path}?${query}`, { headers: TRAIN })).json()) as List;
    const whole = (await read('limit=1000'))[field] as unknown[];
    const pages: unknown[] = [];
    for (let query = 'limit=2'; ; ) {
      const list = await read(query);
      pages.push(...(list[field] as unknown[]));
      if (list.next === null) break;
      query = `limit=2&cursor=${encodeURIComponent(list.next)}`;
    }
    expect(pages).toEqual(whole);
    expect(whole.length).toBeGreaterThan(0);
  });

  it('refuses a malformed limit or cursor', async () => {
    await expectError(await ask('/jobs?limit=0'), 400, 'limit: expected at least 1');
    await expectError(await ask('/jobs?limit=1001'), 400, 'limit: expected at most 1000');
    await expectError(await ask('/jobs?cursor=first'), 400, 'cursor: expected the value of next in an earlier list');
  });

  it('has the state of a job soon after its end', async () => {
    await vi.waitFor(async () => {
      const { jobs } = (await (await ask('/jobs')).json()) as { jobs: { id: string; state: { status: string } }[] };
      expect(jobs.find(({ id }) => id === ids.jobs)?.state.status).toBe('succeeded');
    }, 5000);
  });
});

describe('the storage of a token', () => {
  it('is counted by kind', async () => {
    const read = async () => (await ask('/usage', { headers: TRAIN })).json();
    // A job above publishes a model.
    await vi.waitFor(async () => expect(await read()).toMatchObject({ models: 1 }), 10_000);
    const usage = await read();
    expect(usage).toMatchObject({ owner: 'train-of-tests', datasets: 1, learners: 1, sweeps: 1 });
    expect(usage).toMatchObject({ bytes: expect.any(Number), limit: 1000 * MB, total: { limit: 4000 * MB } });
    expect((usage as { bytes: number }).bytes).toBeGreaterThan(100_000);
    expect(await (await ask('/usage', { headers: bearer('admin') })).json()).toMatchObject({ models: 5, limit: null });
  });

  it('has a quota, which refuses data sets, jobs, sweeps and learners, and not the admin', async () => {
    const other = { name: 'other-of-tests', isAdmin: false };
    const giant = { kind: 'data set', name: 'giant', owner: other.name, bytes: 1000 * MB - 10 } as const;
    await reserveEntry(env, giant, other);
    const full =
      /^the storage of token other-of-tests: expected at most 1,000 MB, got 1,000.* delete what you do not need/;
    const OTHER = bearer('other');
    const requests: [string, object][] = [
      ['/jobs', { data: 'ellipse', epochs: 1 }],
      ['/sweeps', { data: 'ellipse', grid: { epochs: [1] }, seeds: [1] }],
      ['/learners', { rehearsal: null }],
    ];
    for (const [path, body] of requests) await expectError(await postJson(path, body, OTHER), 507, full);
    const piece = () =>
      put('/datasets/refused/training/0', 'a,k\n1,x\n2,y\n', { 'content-type': 'text/csv', ...OTHER });
    await expectError(await piece(), 507, full);
    // Nothing of the refused requests is left.
    expect(await (await ask('/usage', { headers: OTHER })).json()).toMatchObject({
      datasets: 1,
      jobs: 0,
      sweeps: 0,
      learners: 0,
    });
    await reserveEntry(env, { ...giant, bytes: 1001 * MB }, { ...other, isAdmin: true });
    await openDirectory(env).remove('data set', 'giant');
    expect((await piece()).status).toBe(200);
  });

  it('is freed by a deletion', async () => {
    const bytes = async () => ((await (await ask('/usage', { headers: TRAIN })).json()) as { bytes: number }).bytes;
    const before = await bytes();
    const id = await start('/learners', { rehearsal: null });
    expect(await bytes()).toBeGreaterThan(before + 100_000);
    expect((await ask(`/learners/${id}`, { method: 'DELETE', headers: TRAIN })).status).toBe(204);
    expect(await bytes()).toBe(before);
  });
});
