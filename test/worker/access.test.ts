/** Access: every operation of the OpenAPI document × token × owner, in an open and in a closed service. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../worker/app.ts';
import type { Settings } from '../../worker/env.ts';
import { TEST_TOKENS } from '../support/tokens.ts';
import { checkAnswer } from './contract.ts';
import { ask, bearer, digit, postJson } from './support.ts';

const CALLERS = {
  none: {},
  unknown: { authorization: 'Bearer guess' },
  predict: bearer('predict'),
  owner: bearer('train'),
  other: bearer('other'),
  admin: bearer('admin'),
};
type Caller = keyof typeof CALLERS;
type Mode = 'open' | 'token';

const TABLE = 'a,k\n1,x\n2,y\n';

/**
 * Expected status for none, unknown, predict, owner, other and admin, in an open and in a closed service. `ok` is
 * every status that is not about access. The operations of a row follow it.
 */
const EXPECTED = `
  ok ok ok ok ok ok         ok ok ok ok ok ok
    GET /openapi.json, GET /v2, GET /v2/health/live, GET /v2/health/ready
  ok ok ok ok ok ok         401 401 ok 403 403 ok
    POST /predict, POST /v2/models/{model}/infer, POST /v2/models/{model}/versions/{version}/infer
  ok ok ok ok ok ok         401 401 ok ok ok ok
    GET /models, GET /models/{name}, GET /models/{name}/aliases/{alias}
    GET /v2/models, GET /v2/models/stats, POST /v2/repository/index
    GET /v2/models/{model}, GET /v2/models/{model}/versions/{version}
    GET /v2/models/{model}/ready, GET /v2/models/{model}/versions/{version}/ready
    GET /v2/models/{model}/stats, GET /v2/models/{model}/versions/{version}/stats
    GET /v2/models/{model}/config, GET /v2/models/{model}/versions/{version}/config
  ok ok ok ok ok ok         401 401 403 ok ok ok
    GET /models/{name}/versions/{version}, GET /datasets, GET /jobs, GET /sweeps
  ok ok ok ok ok ok         401 401 403 ok 404 ok
    GET /datasets/{name}, GET /jobs/{id}, GET /jobs/{id}/events, GET /jobs/{id}/model, GET /jobs/{id}/run
    GET /sweeps/{id}, GET /learners/{id}, GET /learners/{id}/model, POST /learners/{id}/predict
  401 401 403 ok 403 ok     401 401 403 ok 404 ok
    GET /datasets/{name}/pieces
  401 401 403 ok ok ok      401 401 403 ok ok ok
    GET /usage, GET /learners, POST /jobs, POST /sweeps, POST /learners
  401 401 403 ok 403 ok     401 401 403 ok 403 ok
    PUT /datasets/{name}, PUT /datasets/{name}/{part}/{piece}
  401 401 403 ok 403 ok     401 401 403 ok 404 ok
    DELETE /datasets/{name}, POST /jobs/{id}/cancel, POST /jobs/{id}/resume, DELETE /jobs/{id}
    POST /sweeps/{id}/cancel, DELETE /sweeps/{id}
    POST /learners/{id}/examples, POST /learners/{id}/undo, POST /learners/{id}/reset, POST /learners/{id}/promote
    DELETE /learners/{id}
  401 401 403 403 403 ok    401 401 403 403 403 ok
    POST /models/{name}/versions, PUT /models/{name}/versions/{version}, PUT /models/{name}/aliases/{alias}
    DELETE /models/{name}, DELETE /models/{name}/versions/{version}, DELETE /models/{name}/aliases/{alias}
    POST /v2/repository/models/{model}/load, POST /v2/repository/models/{model}/unload
`;

const ROWS = readRows();
const app = createApp();
let owned: Readonly<Record<string, string>>;

/** Creates one of each kind for the caller `owner`. */
async function createOwned(): Promise<void> {
  const create = async (path: string, body: object) => {
    const response = await postJson(path, body, bearer('train'));
    expect(response.status).toBeLessThan(300);
    return ((await response.json()) as { id: string }).id;
  };
  const put = (path: string, body: string, type: string) =>
    ask(path, { method: 'PUT', body, headers: { 'content-type': type, ...bearer('train') } });
  await put('/datasets/owned/training/0', TABLE, 'text/csv');
  expect((await put('/datasets/owned', '{"training": 1}', 'application/json')).status).toBe(201);
  owned = {
    datasets: 'owned',
    jobs: await create('/jobs', { data: 'ellipse', epochs: 1 }),
    sweeps: await create('/sweeps', { data: 'ellipse', grid: { epochs: [1] }, seeds: [1] }),
    learners: await create('/learners', { rehearsal: null }),
    models: 'mnist',
    v2: 'mnist',
  };
}

function readRows(): Map<string, Record<Mode, Readonly<Record<Caller, string>>>> {
  const rows = new Map();
  let columns: string[] = [];
  for (const line of EXPECTED.trim().split('\n')) {
    if (/^\s*(ok|\d)/.test(line)) columns = line.trim().split(/\s+/);
    else {
      const read = (start: number) =>
        Object.fromEntries(Object.keys(CALLERS).map((name, i) => [name, columns[start + i]]));
      for (const operation of line.trim().split(', ')) rows.set(operation, { open: read(0), token: read(6) });
    }
  }
  return rows;
}

/** A request that would succeed, or be refused for another reason than its token. */
async function send(operation: string, caller: Caller, mode: Mode): Promise<Response> {
  const [method = '', template = ''] = operation.split(' ');
  const kind = template.split('/')[1] ?? '';
  const isRead = method === 'GET' || method === 'HEAD';
  const path = template
    .replace(/\{(id|name|model)\}/, owned[kind] ?? '')
    .replace('{version}', isRead || method === 'POST' ? '0' : '7')
    .replace('{alias}', isRead ? 'stable' : 'canary')
    .replace('{part}/{piece}', 'training/0');
  const raw = /predict$|infer$|versions/.test(path) && !isRead;
  const type = raw ? 'application/octet-stream' : path.includes('training') ? 'text/csv' : 'application/json';
  const headers = { 'content-type': type, ...CALLERS[caller] };
  // Without rate limits: there are more requests than a token may send in a minute.
  const settings: Settings = { TOKENS: TEST_TOKENS, PREDICT_ACCESS: mode };
  const bindings = { ...env, ...settings, REQUEST_LIMIT: undefined, CHANGE_LIMIT: undefined };
  const body = isRead || method === 'DELETE' ? null : raw ? digit(0) : createBody(template);
  const init = { method, headers, body };
  const request = new Request(`https://edge-mlp.test${path}`, init);
  return checkAnswer(request, await app.fetch(request, bindings));
}

function createBody(template: string): string {
  if (template === '/sweeps') return '{"data": "ellipse", "grid": {"epochs": [1]}, "seeds": [1]}';
  if (template === '/jobs') return '{"data": "ellipse", "epochs": 1}';
  if (template === '/learners') return '{"rehearsal": null}';
  if (template.endsWith('/promote')) return '{"name": "promoted"}';
  if (template === '/datasets/{name}') return '{"training": 1}';
  if (template.endsWith('/{piece}')) return TABLE;
  return '{}';
}

/** `ok`, or the status of a refusal because of the token or the owner. */
async function readOutcome(response: Response): Promise<string> {
  const text = response.headers.get('content-type') === 'text/event-stream' ? '' : await response.text();
  await response.body?.cancel().catch(() => undefined);
  const { status } = response;
  if (status === 404) return /^\{"error":"(job|sweep|learner|data set) \S+ not found"\}$/.test(text) ? '404' : 'ok';
  return status === 401 || status === 403 ? String(status) : 'ok';
}

it('the table has every operation of the document', async () => {
  const document = (await (await ask('/openapi.json')).json()) as { paths: Record<string, object> };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect([...ROWS.keys()].toSorted()).toEqual(operations.toSorted());
});

/** Deletions last. */
const OPERATIONS = [...ROWS.keys()].toSorted((a, b) => Number(a.startsWith('DELETE')) - Number(b.startsWith('DELETE')));

describe.each<[string, Mode]>([
  ['an open', 'open'],
  ['a closed', 'token'],
])('%s service', (_, mode) => {
  beforeAll(createOwned);

  it.each(OPERATIONS)('%s', async (operation) => {
    const outcomes: Record<string, string> = {};
    for (const caller of listCallers(operation, mode)) {
      const response = await send(operation, caller, mode);
      outcomes[caller] = await readOutcome(response);
      if (!operation.startsWith('GET ')) continue;
      const head = await send(operation.replace('GET', 'HEAD'), caller, mode);
      expect([caller, head.status]).toEqual([caller, response.status]);
    }
    expect(ROWS.get(operation)?.[mode]).toMatchObject(outcomes);
  });
});

/** The owner deletes in an open service, the admin in a closed one. */
function listCallers(operation: string, mode: Mode): Caller[] {
  const callers = Object.keys(CALLERS) as Caller[];
  if (!operation.startsWith('DELETE')) return callers;
  return ['none', 'unknown', 'predict', 'other', mode === 'open' ? 'owner' : 'admin'];
}

describe('a closed service', () => {
  it.each(['datasets', 'jobs', 'sweeps'] as const)(
    'lists only its own %s to a token, and all to admin',
    async (kind) => {
      await createOwned();
      const names: Partial<Record<Caller, string>> = {};
      for (const caller of ['owner', 'other', 'admin'] as const) {
        names[caller] = await (await send(`GET /${kind}`, caller, 'token')).text();
      }
      expect(names.owner).toContain(owned[kind]);
      expect(names.admin).toContain(owned[kind]);
      expect(names.other).not.toContain(owned[kind]);
    },
  );

  it('refuses the data set of another token to jobs, sweeps and learners', async () => {
    await createOwned();
    const bindings = { ...env, TOKENS: TEST_TOKENS, PREDICT_ACCESS: 'token' };
    const start = async (path: string, body: object, caller: Caller) => {
      const headers = { 'content-type': 'application/json', ...CALLERS[caller] };
      const init = { method: 'POST', headers, body: JSON.stringify(body) };
      return (await app.fetch(new Request(`https://edge-mlp.test${path}`, init), bindings)).status;
    };
    const grid = { hidden: [[2]], epochs: [1] };
    const requests: [string, object][] = [
      ['/jobs', { data: 'owned', validation: 0, hidden: [2], epochs: 1 }],
      ['/sweeps', { data: 'owned', validation: 0, grid, seeds: [1] }],
      ['/learners', { rehearsal: 'owned' }],
    ];
    for (const [path, body] of requests) {
      expect([path, await start(path, body, 'other')]).toEqual([path, 404]);
      // The learner is refused because the data set does not fit its model.
      expect([path, await start(path, body, 'owner')]).toEqual([path, path === '/learners' ? 400 : 202]);
    }
  });

  it('keeps weights out of shared caches', async () => {
    const caching = async (mode: Mode) => {
      const response = await send('GET /models/{name}/versions/{version}', 'owner', mode);
      return response.headers.get('cache-control');
    };
    expect(await caching('token')).toMatch(/^private/);
    expect(await caching('open')).toMatch(/^public/);
  });

  it('does not start with a typo', async () => {
    const response = await send('POST /predict', 'admin', 'tokens' as Mode);
    expect([response.status, await response.text()]).toEqual([
      503,
      '{"error":"PREDICT_ACCESS: expected open or token, got tokens"}',
    ]);
  });
});

describe('a model name', () => {
  it('belongs to the token that publishes first; others are refused, admin is not', async () => {
    await createOwned();
    const path = `/learners/${owned.learners}/promote`;
    expect((await postJson(path, { name: 'claimed' }, bearer('train'))).status).toBe(201);
    const other = await postJson('/learners', { rehearsal: null }, bearer('other'));
    const { id } = (await other.json()) as { id: string };
    const promote = (name: string, headers: Record<string, string>) =>
      postJson(`/learners/${id}/promote`, { name }, headers);
    const refused = await promote('claimed', bearer('other'));
    expect([refused.status, await refused.text()]).toEqual([
      403,
      '{"error":"model claimed belongs to another token: expected the token that created it, or the scope admin"}',
    ]);
    const job = await postJson('/jobs', { data: 'digits', epochs: 1, publish: 'claimed' }, bearer('other'));
    expect(job.status).toBe(403);
    expect((await promote('claimed', bearer('admin'))).status).toBe(200);
    expect((await promote('free', bearer('other'))).status).toBe(201);
    expect((await ask('/models/claimed', { method: 'DELETE', headers: bearer('admin') })).status).toBe(204);
    expect((await promote('claimed', bearer('other'))).status).toBe(201);
  });
});
