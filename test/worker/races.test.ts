/** Requests that arrive while another one waits for the storage, and clean-up without a client. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import type { Sweep } from '../../src/api/sweeps.ts';
import { MB } from '../../worker/limits.ts';
import { Directory, openDirectory, reserveEntry } from '../../worker/storage/directory.ts';
import { ask, bearer, expectError, pixels, post, postJson, put } from './support.ts';

const TRAIN = bearer('train');
const SWEEP = { data: 'digits', grid: { hidden: [[64]], epochs: [50] }, seeds: [1, 2] };

afterEach(() => vi.restoreAllMocks());

async function create(path: string, body: object, headers: Record<string, string> = TRAIN): Promise<string> {
  const response = await postJson(path, body, headers);
  expect(response.status).toBeLessThan(300);
  return ((await response.json()) as { id: string }).id;
}

function remove(path: string): Promise<Response> {
  return ask(path, { method: 'DELETE', headers: TRAIN });
}

/** Names of the entries of the directory. */
function listNames(): Promise<string[]> {
  return runInDurableObject(openDirectory(env), (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>('SELECT name FROM entries')
      .toArray()
      .map(({ name }) => name),
  );
}

it('of two requests with one key and other options, one starts a job and the other is refused', async () => {
  const body = { data: 'ellipse', epochs: 1, final: false };
  const headers = { ...TRAIN, 'idempotency-key': 'two at once' };
  const answers = await Promise.all([1, 2].map((seed) => postJson('/jobs', { ...body, seed }, headers)));
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
});

it('a sweep ends although a job of it is cancelled and deleted', async () => {
  const id = await create('/sweeps', { ...SWEEP, seeds: [1] });
  const read = async () => (await (await ask(`/sweeps/${id}`)).json()) as Sweep;
  const job = (await read()).trials[0]?.runs[0]?.job ?? '';
  await vi.waitFor(async () => expect((await ask(`/jobs/${job}`)).status).toBe(200), 10_000);
  expect((await post(`/jobs/${job}/cancel`, null, TRAIN)).status).toBe(200);
  await remove(`/jobs/${job}`);
  await vi.waitFor(async () => expect((await read()).state.status).toBe('finished'), 15_000);
  expect((await read()).trials[0]?.runs[0]?.state).toMatchObject({ status: 'failed', code: 'cancelled' });
});

it('a job of a sweep is resumed by its sweep only', async () => {
  const id = await create('/sweeps', SWEEP);
  const { trials } = (await (await ask(`/sweeps/${id}`)).json()) as Sweep;
  const job = trials[0]?.runs[0]?.job ?? '';
  await vi.waitFor(async () => expect((await ask(`/jobs/${job}`)).status).toBe(200), 10_000);
  await post(`/sweeps/${id}/cancel`, null, TRAIN);
  await expectError(
    await post(`/jobs/${job}/resume`, null, TRAIN),
    409,
    `it belongs to sweep ${id}. Start a new sweep`,
  );
});

it('of a deletion and a resumption of a job, one succeeds', async () => {
  const id = await create('/jobs', { data: 'digits', hidden: [64], epochs: 50 });
  await post(`/jobs/${id}/cancel`, null, TRAIN);
  const [removed, resumed] = await Promise.all([remove(`/jobs/${id}`), post(`/jobs/${id}/resume`, null, TRAIN)]);
  const exists = (await ask(`/jobs/${id}`)).status === 200;
  expect([removed.status, resumed.status]).toEqual(exists ? [409, 200] : [204, 404]);
  expect((await listNames()).includes(id)).toBe(exists);
});

it('the clean-up of a refused start does not delete the next start', async () => {
  const key = { ...TRAIN, 'idempotency-key': 'twice' };
  const request = { data: 'digits', hidden: [64], epochs: 50 };
  const other = { name: 'train-of-tests', isAdmin: false };
  const giant = { kind: 'data set', name: 'giant', owner: other.name, bytes: 999.99 * MB } as const;
  await reserveEntry(env, giant, { ...other, isAdmin: true });
  const refused = await postJson('/jobs', request, key);
  await expectError(refused, 507, 'the storage of token train-of-tests');
  await openDirectory(env).remove('data set', 'giant');
  const stub = env.JOBS.get(env.JOBS.idFromName('job of train-of-tests by key twice'));
  const { promise: isReleased, resolve: release } = Promise.withResolvers<void>();
  const original = Directory.prototype.remove;
  vi.spyOn(Directory.prototype, 'remove').mockImplementation(async function (this: Directory, ...entry) {
    await isReleased;
    return original.apply(this, entry);
  });
  const cleaned = runDurableObjectAlarm(stub);
  const started = postJson('/jobs', request, key);
  await scheduler.wait(50);
  release();
  await cleaned;
  const response = await started;
  expect(response.status).toBe(202);
  const { id } = (await response.json()) as { id: string };
  // The alarm of the new job was not deleted.
  await vi.waitFor(async () => {
    expect(await (await ask(`/jobs/${id}`)).json()).toMatchObject({ slices: expect.toSatisfy((n) => n > 0) });
  }, 5000);
  await post(`/jobs/${id}/cancel`, null, TRAIN);
});

it('a learner that is deleted while it is taught leaves no entry', async () => {
  for (let n = 0; n < 3; n++) {
    const id = await create('/learners', { rehearsal: null });
    const example = { inputs: pixels(1), label: 3 };
    await Promise.all([postJson(`/learners/${id}/examples`, example, TRAIN), remove(`/learners/${id}`)]);
    expect((await ask(`/learners/${id}`)).status).toBe(404);
    expect(await listNames()).not.toContain(id);
  }
});

it('a reset frees the bytes of the examples', async () => {
  const id = await create('/learners', { rehearsal: null });
  const bytes = async () => ((await (await ask('/usage', { headers: TRAIN })).json()) as { bytes: number }).bytes;
  await postJson(`/learners/${id}/examples`, { inputs: pixels(1), label: 3 }, TRAIN);
  const taught = await bytes();
  await post(`/learners/${id}/reset`, null, TRAIN);
  expect(await bytes()).toBeLessThan(taught - 900_000);
});

it('a sweep whose workflow is gone ends at the next alarm, and frees its data set', async () => {
  await put('/datasets/held/training/0', 'a,k\n1,x\n2,y\n3,x\n4,y\n', { 'content-type': 'text/csv', ...TRAIN });
  expect((await put('/datasets/held', '{"training": 1}', TRAIN)).status).toBe(201);
  const id = await create('/sweeps', { ...SWEEP, data: 'held', validation: 1, grid: { hidden: [[2]], epochs: [1] } });
  const sweep = env.SWEEP_RECORDS.getByName(id);
  await vi.waitFor(async () => expect((await remove('/datasets/held')).status).toBe(409), 5000);
  const instance = await env.SWEEPS.get(id);
  await instance.terminate().catch(() => undefined);
  await runDurableObjectAlarm(sweep);
  const { state } = (await (await ask(`/sweeps/${id}`)).json()) as Sweep;
  expect(['cancelled', 'finished']).toContain(state.status);
  expect((await remove('/datasets/held')).status).toBe(204);
  expect((await remove(`/sweeps/${id}`)).status).toBe(204);
});

it('a sweep beyond the quota, or with too large a table, is refused at its start', async () => {
  const owner = { name: 'other-of-tests', isAdmin: false };
  await reserveEntry(env, { kind: 'data set', name: 'full', owner: owner.name, bytes: 999 * MB }, owner);
  const refused = await postJson('/sweeps', { ...SWEEP, seeds: [1, 2, 3, 4, 5, 6, 7, 8] }, bearer('other'));
  await expectError(refused, 507, 'the storage of token other-of-tests');
  const seeds = Array.from({ length: 100 }, (_, i) => i);
  const large = await postJson(
    '/sweeps',
    { data: 'ellipse', grid: { epochs: [1000], batchSize: [1000] }, seeds },
    TRAIN,
  );
  await expectError(large, 413, 'the table of the sweep: expected at most 16 MB');
});

it('a repeated start of a job needs neither the alias nor the data set of the first', async () => {
  await put('/datasets/once/training/0', 'a,k\n1,x\n2,y\n3,x\n4,y\n', { 'content-type': 'text/csv', ...TRAIN });
  await put('/datasets/once', '{"training": 1}', TRAIN);
  const start = () =>
    postJson(
      '/jobs',
      { data: 'once', validation: 1, hidden: [2], epochs: 1 },
      { ...TRAIN, 'idempotency-key': 'again' },
    );
  const { id } = (await (await start()).json()) as { id: string };
  await vi.waitFor(async () => expect((await remove('/datasets/once')).status).toBe(204), 10_000);
  const repeated = await start();
  expect([repeated.status, await repeated.json()]).toEqual([200, expect.objectContaining({ id })]);
});
