/** Idempotency-Key: a repeated POST changes nothing and gets the answer of the first. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { ExampleResponse, Learner } from '../../src/api/learners.ts';
import { ask, bearer, expectError, finishedJob, modelBytes, pixels, post, postJson } from './support.ts';

const TRAIN = bearer('train');
const KEY = { 'idempotency-key': 'repeated' };
const EXAMPLE = { inputs: pixels(1), label: 3 };

async function create(path: string, body: object): Promise<string> {
  const response = await postJson(path, body, TRAIN);
  expect(response.status).toBeLessThan(300);
  return ((await response.json()) as { id: string }).id;
}

async function teach(id: string, body: object, key: Record<string, string> = KEY): Promise<ExampleResponse> {
  const response = await postJson(`/learners/${id}/examples`, body, { ...TRAIN, ...key });
  expect(response.status).toBe(200);
  return (await response.json()) as ExampleResponse;
}

it('every POST that changes something stored has the header in the document', async () => {
  interface Operation {
    readonly parameters?: readonly { readonly name: string }[];
  }
  const document = (await (await ask('/openapi.json')).json()) as { paths: Record<string, { post?: Operation }> };
  const changes = Object.entries(document.paths).flatMap(([path, { post: operation }]) => {
    const reads = /predict$|^\/v2\//.test(path);
    return operation === undefined || reads
      ? []
      : [[path, operation.parameters?.some(({ name }) => /^idempotency-key$/i.test(name))]];
  });
  expect(changes.length).toBeGreaterThan(8);
  expect(changes.filter(([, hasHeader]) => hasHeader !== true)).toEqual([]);
});

it('an example is taught once, also after an eviction and later examples', async () => {
  const id = await create('/learners', { rehearsal: null });
  const first = await teach(id, EXAMPLE);
  expect(await teach(id, EXAMPLE)).toEqual(first);
  await teach(id, { ...EXAMPLE, label: 4 }, { 'idempotency-key': 'another' });
  await evictDurableObject(env.LEARNERS.get(env.LEARNERS.idFromString(id)));
  const repeated = await teach(id, EXAMPLE);
  expect(repeated).toMatchObject({ examples: 1, before: first.before, after: first.after, learner: { examples: 2 } });
  // Without a key, every request teaches.
  expect(await teach(id, EXAMPLE, {})).toMatchObject({ examples: 3 });
});

it('two concurrent requests with a key teach once', async () => {
  const id = await create('/learners', { rehearsal: null });
  const answers = await Promise.all(Array.from({ length: 4 }, () => teach(id, EXAMPLE)));
  expect(answers.map(({ examples }) => examples)).toEqual([1, 1, 1, 1]);
  expect(await (await ask(`/learners/${id}`)).json()).toMatchObject({ examples: 1 });
});

it('a key belongs to one request of one token', async () => {
  const id = await create('/learners', { rehearsal: null });
  await teach(id, EXAMPLE);
  const refused = await postJson(`/learners/${id}/examples`, { ...EXAMPLE, label: 5 }, { ...TRAIN, ...KEY });
  await expectError(refused, 409, 'Idempotency-Key: expected a new key, as this one belongs to another request');
  const undone = await post(`/learners/${id}/undo`, null, { ...TRAIN, ...KEY });
  await expectError(undone, 409, 'Idempotency-Key: expected a new key');
  const admin = await postJson(`/learners/${id}/examples`, EXAMPLE, { ...bearer('admin'), ...KEY });
  expect(await admin.json()).toMatchObject({ examples: 2 });
});

it.each(['undo', 'reset'])('%s of a learner happens once', async (action) => {
  const id = await create('/learners', { rehearsal: null });
  for (let n = 0; n < 2; n++) await teach(id, EXAMPLE, {});
  const change = async () =>
    (await (await post(`/learners/${id}/${action}`, null, { ...TRAIN, ...KEY })).json()) as Learner;
  const first = await change();
  expect(first.examples).toBe(action === 'undo' ? 1 : 0);
  await teach(id, EXAMPLE, {});
  expect((await change()).examples).toBe(first.examples + 1);
});

it('a promotion and an upload publish once, also if the model changed meanwhile', async () => {
  const id = await create('/learners', { rehearsal: null });
  const promote = () => postJson(`/learners/${id}/promote`, { name: 'kept' }, { ...TRAIN, ...KEY });
  expect((await promote()).status).toBe(201);
  await teach(id, EXAMPLE, {});
  const repeated = await promote();
  expect(repeated.status).toBe(200);
  expect(await repeated.json()).toMatchObject({ model: 'kept', version: 1 });

  const headers = { 'content-type': 'application/octet-stream', ...bearer('admin'), ...KEY };
  const publish = (seed: number) => post('/models/uploaded/versions', modelBytes({ seed }), headers);
  expect((await publish(1)).status).toBe(201);
  expect(await (await publish(1)).json()).toMatchObject({ version: 1 });
  await expectError(await publish(2), 409, 'Idempotency-Key: expected a new key');
});

it('a job is cancelled and resumed once', async () => {
  const id = await create('/jobs', { data: 'digits', hidden: [64], epochs: 50 });
  const change = (action: string, key: string) =>
    post(`/jobs/${id}/${action}`, null, { ...TRAIN, 'idempotency-key': key });
  for (let n = 0; n < 2; n++)
    expect(await (await change('cancel', 'c')).json()).toMatchObject({ state: { status: 'cancelled' } });
  await expectError(await post(`/jobs/${id}/cancel`, null, TRAIN), 409, 'it is over');
  expect((await change('resume', 'r')).status).toBe(200);
  // The retry of the resumption and of the cancellation do not change the running job.
  expect((await change('resume', 'r')).status).toBe(200);
  expect((await change('cancel', 'c')).status).toBe(200);
  const { state } = (await (await ask(`/jobs/${id}`)).json()) as { state: { status: string } };
  expect(['queued', 'running', 'succeeded']).toContain(state.status);
  await change('cancel', 'last');
});

it('a sweep is cancelled once', async () => {
  const id = await create('/sweeps', { data: 'digits', grid: { hidden: [[64]], epochs: [50] }, seeds: [1, 2] });
  const cancel = (headers: object) => post(`/sweeps/${id}/cancel`, null, { ...TRAIN, ...headers });
  const first = await (await cancel(KEY)).json();
  expect(first).toMatchObject({ state: { status: 'cancelled' } });
  expect(await (await cancel(KEY)).json()).toEqual(first);
  await expectError(await cancel({}), 409, 'it is over');
});

it('a job that is over can be deleted; its id is free of data', async () => {
  const id = await create('/jobs', { data: 'ellipse', epochs: 1 });
  await finishedJob(id);
  const remove = () => ask(`/jobs/${id}`, { method: 'DELETE', headers: TRAIN });
  expect((await remove()).status).toBe(204);
  await expectError(await remove(), 404, `job ${id} not found`);
  expect(await (await ask('/jobs')).text()).not.toContain(id);
});
