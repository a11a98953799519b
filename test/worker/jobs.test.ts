/** Training jobs: evictions, failures, events and requests at the same time. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it, vi } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { JobRun } from '../../worker/jobs/run.ts';
import { JobStore } from '../../worker/jobs/store.ts';
import { LIMITS } from '../../worker/limits.ts';
import { SERVICE } from '../../worker/owners.ts';
import {
  countFailures,
  expectedHash,
  finishJob,
  getStub,
  readChunks,
  readEvents,
  rewrite,
  SMALL,
  start,
  status,
  TRAIN,
  withEnvironment,
} from './job-support.ts';
import { ask, bearer, brokenObjects, expectError, modelBytes, post, postJson, put, readRows } from './support.ts';

describe('a job', () => {
  it('trains in slices to the weights of edge-mlp train, and reports its progress', async () => {
    const job = await start();
    expect(job).toMatchObject({ spec: { ...SMALL, learningRate: 0.03 }, layers: [784, 8, 10], parameters: 6370 });
    const done = await finishJob(job.id);
    expect(done.state).toMatchObject({
      status: 'succeeded',
      result: { weightsSha256: await expectedHash(SMALL), published: null },
    });
    expect(done.slices).toBeGreaterThan(0);
    expect(done.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(done.history[1]?.validationAccuracy).toBeGreaterThan(0.8);
    const { jobs } = (await (await ask('/jobs')).json()) as { jobs: Job[] };
    expect(jobs.map(({ id }) => id)).toContain(job.id);
    const file = new Uint8Array(await (await ask(`/jobs/${job.id}/model`)).arrayBuffer());
    expect(parseModel(file, 'the model').info.provenance?.epochs).toHaveLength(2);
  });

  it.each([
    ['momentum and batches', { ...SMALL, momentum: 0.5, batchSize: 7, activation: 'relu' }],
    [
      'dropout and two activations',
      { ...SMALL, hidden: [9, 7], activation: ['gelu', 'tanh'], dropout: 0.2, batchSize: 7, learningRate: 0.1 },
    ],
    ['AdamW', { ...SMALL, optimizer: { kind: 'adamw', beta1: 0.8 }, clipNorm: 0.5, batchSize: 7 }],
    ['all samples and a test', { ...SMALL, final: true, epochs: 1 }],
    ['the ellipse', { data: 'ellipse', epochs: 30 }],
  ])('has the same weights with %s', async (_, options) => {
    const done = await finishJob((await start(options)).id);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: await expectedHash(options) } });
    if ('final' in options && done.state.status === 'succeeded') {
      const { test } = done.state.result;
      const accuracy = test !== null && 'accuracy' in test ? test.accuracy : 0;
      expect(accuracy).toBeGreaterThan(0.8);
      // The classes have 200 samples each.
      const near = { balancedAccuracy: expect.closeTo(accuracy, 2), macroF1: expect.closeTo(accuracy, 1) };
      expect(test).toMatchObject({ samples: 2000, ...near });
    }
  });

  it('has the same weights when evicted after every slice, without lost or repeated slices', async () => {
    const options = { ...SMALL, epochs: 3, optimizer: 'adam' };
    const { id } = await start(options);
    let last = -1;
    for (let i = 0; i < 60; i++) {
      await evictDurableObject(getStub(id));
      const { progress, state } = await status(id);
      expect(progress?.step ?? 0).toBeGreaterThanOrEqual(last);
      last = progress?.step ?? 0;
      if (state.status === 'succeeded') break;
      await runDurableObjectAlarm(getStub(id));
    }
    const done = await finishJob(id);
    expect(done.progress?.step).toBe(3 * 10_800);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: await expectedHash(options) } });
    expect(done.slices).toBeGreaterThan(2);
  });

  it('stops when cancelled, and has the same weights after a resume', async () => {
    const options = { ...SMALL, hidden: [64], epochs: 6 };
    const { id } = await start(options);
    while (((await status(id)).progress?.step ?? 0) === 0) await runDurableObjectAlarm(getStub(id));
    const cancelled = await post(`/jobs/${id}/cancel`, null, TRAIN);
    expect(((await cancelled.json()) as Job).state).toEqual({ status: 'cancelled' });
    const before = await status(id);
    await runDurableObjectAlarm(getStub(id));
    expect((await status(id)).progress).toEqual(before.progress);
    await expectError(await post(`/jobs/${id}/cancel`, null, TRAIN), 409, `job ${id} cannot be cancelled: it is over`);
    expect((await post(`/jobs/${id}/resume`, null, TRAIN)).status).toBe(200);
    const done = await finishJob(id);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: await expectedHash(options) } });
    for (const [action, refusal] of [
      ['cancel', 'cancelled: it is over'],
      ['resume', 'resumed: it has succeeded'],
    ]) {
      await expectError(await post(`/jobs/${id}/${action}`, null, TRAIN), 409, `job ${id} cannot be ${refusal}`);
    }
  });

  it('retries a slice that throws, fails after some tries, and always has an alarm', async () => {
    const { id } = await start({ ...SMALL, hidden: [32], epochs: 8 });
    while (((await status(id)).progress?.step ?? 0) === 0) await runDurableObjectAlarm(getStub(id));
    await runInDurableObject(getStub(id), async (_, { storage }) => {
      storage.sql.exec("UPDATE blobs SET data = x'00'");
    });
    await evictDurableObject(getStub(id));
    const failed = await finishJob(id);
    expect(failed.state).toMatchObject({
      status: 'failed',
      code: 'bad-model',
      reason: expect.stringContaining('the checkpoint'),
    });

    const other = await start({ ...SMALL, epochs: 9 });
    await runInDurableObject(getStub(other.id), async (_, { storage }) => {
      const [row] = storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
      const job = { ...JSON.parse(row?.json ?? ''), attempts: LIMITS.sliceBeginnings, state: { status: 'running' } };
      storage.sql.exec('UPDATE job SET json = ?', JSON.stringify(job));
    });
    await runDurableObjectAlarm(getStub(other.id));
    expect((await status(other.id)).state).toMatchObject({
      status: 'failed',
      code: 'interrupted',
      reason: expect.stringContaining('resume the job to try again'),
    });
    expect((await post(`/jobs/${other.id}/resume`, null, TRAIN)).status).toBe(200);
    expect((await finishJob(other.id)).state.status).toBe('succeeded');
  });

  it('sets a lost alarm when its object starts', async () => {
    const { id } = await start({ ...SMALL, epochs: 5 });
    await runInDurableObject(getStub(id), async (_, { storage }) => {
      await storage.deleteAlarm();
    });
    await evictDurableObject(getStub(id));
    await status(id);
    const alarm = await runInDurableObject(getStub(id), async (_, { storage }) => storage.getAlarm());
    const { state } = await status(id);
    expect(alarm !== null || state.status !== 'queued').toBe(true);
    expect((await finishJob(id)).state.status).toBe('succeeded');
  });

  it('fails with the step when it diverges, and keeps its last finite weights', async () => {
    // Each step multiplies the weights by 1.05, so the divergence takes some slices.
    const slowly = { learningRate: 1, weightDecay: 2.05, batchSize: 200, epochs: 30 };
    const { id } = await start({ ...SMALL, hidden: [64], ...slowly });
    const done = await finishJob(id);
    expect(done.slices).toBeGreaterThan(0);
    expect(done.state).toMatchObject({
      status: 'failed',
      code: 'diverged',
      reason: expect.stringMatching(/^diverged at step \d+/),
    });
    await expectError(
      await post(`/jobs/${id}/resume`, null, TRAIN),
      409,
      'it diverged. Start a new job with a smaller learning rate',
    );
    const file = new Uint8Array(await (await ask(`/jobs/${id}/model`)).arrayBuffer());
    const [weights] = parseModel(file, 'the model').parameters.weights;
    expect(weights?.every(Number.isFinite)).toBe(true);
  });

  it('publishes its model as the next version, once, with its provenance', async () => {
    const options = { ...SMALL, epochs: 1, publish: 'from-job' };
    for (const version of [1, 2]) {
      const { id } = await start({ ...options, seed: version });
      const done = await finishJob(id);
      expect(done.state).toMatchObject({ result: { published: { model: 'from-job', version } } });
    }
    const file = new Uint8Array(await (await ask('/models/from-job/versions/2')).arrayBuffer());
    expect(parseModel(file, 'published').info.provenance).toMatchObject({
      training: { seed: 2, epochs: 1 },
      dataset: { name: 'digits' },
    });
    const { digitsDataset } = await import('../../src/data/digits.ts');
    const sample = digitsDataset({ samples: 1, seed: 3 }).inputs as Uint8Array<ArrayBuffer>;
    // The scope train does not change what is served.
    expect(await (await ask('/models/from-job')).json()).toMatchObject({ served: 1 });
    const answer = await post('/predict?model=from-job&version=2', Uint8Array.from(sample), {
      'content-type': 'application/octet-stream',
    });
    expect(await answer.json()).toMatchObject({ model: 'from-job', version: 2 });
  });

  it('shares generated data with jobs that start at the same time', async () => {
    const options = { ...SMALL, epochs: 1, dataSeed: 77 };
    const jobs = await Promise.all([1, 2, 3].map((seed) => start({ ...options, seed })));
    // The first job is evicted while it generates data.
    await scheduler.wait(50);
    await evictDurableObject(getStub(jobs[0]?.id ?? ''));
    const done = await Promise.all(jobs.map(({ id }) => finishJob(id)));
    for (const [i, { state, slices }] of done.entries()) {
      const weightsSha256 = await expectedHash({ ...options, seed: i + 1 });
      expect(state).toMatchObject({ status: 'succeeded', result: { weightsSha256 } });
      expect(slices).toBeGreaterThan(0);
    }
  });

  it('returns the same job for the same idempotency key', async () => {
    const key = { 'idempotency-key': 'the same' };
    const first = await start(SMALL, key);
    const again = await postJson('/jobs', SMALL, { ...TRAIN, ...key });
    expect(again.status).toBe(200);
    expect(((await again.json()) as Job).id).toBe(first.id);
    await expectError(
      await postJson('/jobs', { ...SMALL, seed: 6 }, { ...TRAIN, ...key }),
      409,
      'this one started a job with other options',
    );
    // Keys belong to a token.
    const others = await postJson('/jobs', SMALL, { ...bearer('admin'), ...key });
    expect(others.status).toBe(202);
    expect(((await others.json()) as Job).id).not.toBe(first.id);
    await finishJob(first.id);
  });

  it('streams all events in order, without gaps or repetitions after a reconnection', async () => {
    const { id } = await start({ ...SMALL, epochs: 3 });
    const done = finishJob(id);
    const whole = await readEvents(await ask(`/jobs/${id}/events`));
    await done;
    const ids = whole.map((event) => event.id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(
      whole.filter(({ type }) => type === 'epoch').map(({ data }) => (data.metrics as { epoch: number }).epoch),
    ).toEqual([1, 2, 3]);
    expect(whole.at(-1)).toMatchObject({ type: 'state', data: { state: { status: 'succeeded' } } });
    const middle = ids[Math.floor(ids.length / 2)] ?? 0;
    const rest = await readEvents(await ask(`/jobs/${id}/events`, { headers: { 'last-event-id': String(middle) } }));
    expect(rest.map((event) => event.id)).toEqual(ids.filter((each) => each > middle));
  });

  it('serves 1,000 watchers, half of which disconnect', async () => {
    const { id } = await start({ ...SMALL, epochs: 4, hidden: [16] });
    const watchers = await Promise.all(Array.from({ length: 1000 }, () => ask(`/jobs/${id}/events`)));
    for (const watcher of watchers.slice(0, 500)) await watcher.body?.cancel();
    const done = finishJob(id);
    const told = await Promise.all(watchers.slice(500).map(readEvents));
    expect((await done).state.status).toBe('succeeded');
    for (const events of told) expect(events.at(-1)?.data).toMatchObject({ state: { status: 'succeeded' } });
  });

  it('retries while the storage is down, and continues afterwards', async () => {
    const { id } = await start({ ...SMALL, epochs: 1, publish: 'after-the-storm' });
    await withEnvironment(id, { MODELS: brokenObjects<Env['MODELS']>() });
    for (let i = 0; i < 50 && ((await status(id)).history.length === 0 || (await countFailures(id)) === 0); i++) {
      await runDurableObjectAlarm(getStub(id));
    }
    const waiting = await status(id);
    expect([waiting.state.status, waiting.progress?.step]).toEqual(['running', 10_800]);
    await withEnvironment(id, env);
    expect((await finishJob(id)).state).toMatchObject({ status: 'succeeded', result: { published: { version: 1 } } });
  });

  it('records its steps in rows below the limit of 2 MB', async () => {
    const loss = Float32Array.from({ length: 300_000 }, (_, step) => step);
    const accuracy = loss.map((step) => -step);
    const id = env.JOBS.idFromName('many steps');
    await runInDurableObject(env.JOBS.get(id), (_, { storage }) => {
      const store = new JobStore(storage);
      store.create();
      store.addSteps([
        { loss: loss.subarray(0, 7), accuracy: accuracy.subarray(0, 7) },
        { loss: loss.subarray(7), accuracy: accuracy.subarray(7) },
      ]);
      expect(store.steps()).toEqual({ loss, accuracy });
      const sizes = readRows(storage, 'steps').map((row) => (row.loss as ArrayBuffer).byteLength);
      expect(sizes).toEqual([2 ** 19, 2 ** 19, 4 * 300_000 - 2 ** 20]);
    });
  });

  it('fails with a full storage, keeps its last commit, and can be resumed', async () => {
    const options = { ...SMALL, epochs: 4, hidden: [32] };
    const { id } = await start(options);
    while (((await status(id)).progress?.step ?? 0) === 0) await runDurableObjectAlarm(getStub(id));
    const before = await runInDurableObject(getStub(id), async (_, { storage }) => {
      // Full for the next commit only: the failure fits after progress events are deleted.
      const transaction = storage.transactionSync.bind(storage);
      storage.transactionSync = () => {
        storage.transactionSync = transaction;
        throw new Error('database or disk is full: SQLITE_FULL');
      };
      return readChunks(storage);
    });
    const failed = await finishJob(id);
    expect(failed.state).toMatchObject({
      status: 'failed',
      code: 'storage-full',
      reason: expect.stringContaining('the storage is full'),
    });
    expect(await runInDurableObject(getStub(id), async (_, { storage }) => readChunks(storage))).toEqual(before);
    await post(`/jobs/${id}/resume`, null, TRAIN);
    const done = await finishJob(id);
    expect(done.state).toMatchObject({ status: 'succeeded', result: { weightsSha256: await expectedHash(options) } });
  });
});

describe('a job with concurrent requests', () => {
  it('keeps a resume that arrives while the sweep is notified', async () => {
    const { id } = await start({ ...SMALL, hidden: [64], epochs: 50 });
    while ((await status(id)).progress === null) await runDurableObjectAlarm(getStub(id));
    let resumed: Promise<unknown> = Promise.resolve();
    const sweeps = {
      get: async () => ({
        sendEvent: async () => {
          resumed = getStub(id).resume(SERVICE);
          await resumed;
        },
      }),
    } as unknown as Env['SWEEPS'];
    await withEnvironment(id, { SWEEPS: sweeps });
    await rewrite(id, (job) => ({ ...job, place: { sweep: '0'.repeat(32), run: 0 }, notified: false }));
    await post(`/jobs/${id}/cancel`, null, TRAIN);
    await runDurableObjectAlarm(getStub(id));
    await resumed;
    expect(['queued', 'running']).toContain((await status(id)).state.status);
    await withEnvironment(id, env);
    await rewrite(id, (job) => ({ ...job, place: null, notified: true }));
    await post(`/jobs/${id}/cancel`, null, TRAIN);
  });

  it('stays cancelled when a slice fails', async () => {
    await put('/models/start/versions/1', modelBytes());
    const { id } = await start({ from: 'start', epochs: 1 });
    let reached = () => {};
    const there = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const store = brokenObjects<Env['MODELS']>(async () => {
      reached();
      await scheduler.wait(20);
    });
    await withEnvironment(id, { MODELS: store });
    const running = (async () => {
      for (let i = 0; i < 100; i++) await runDurableObjectAlarm(getStub(id));
    })();
    await there;
    const cancelled = await post(`/jobs/${id}/cancel`, null, TRAIN);
    expect(cancelled.status).toBe(200);
    await running;
    expect((await status(id)).state).toEqual({ status: 'cancelled' });
  });

  it('publishes nothing if it is cancelled during its last evaluation', async () => {
    const { id } = await start({ ...SMALL, epochs: 1, final: true, publish: 'cancelled-late' });
    while ((await status(id)).history.length === 0) await runDurableObjectAlarm(getStub(id));
    const finishing = runDurableObjectAlarm(getStub(id));
    expect((await post(`/jobs/${id}/cancel`, null, TRAIN)).status).toBe(200);
    await finishing;
    expect((await status(id)).state).toEqual({ status: 'cancelled' });
    await expectError(await ask('/models/cancelled-late'), 404, 'model cancelled-late not found');
  });

  it('is finished for the token that resumes it during its last evaluation', async () => {
    const { id } = await start({ ...SMALL, epochs: 1, final: true });
    while ((await status(id)).history.length === 0) await runDurableObjectAlarm(getStub(id));
    const { evaluate } = JobRun.prototype;
    vi.spyOn(JobRun.prototype, 'evaluate').mockImplementationOnce(async function (this: JobRun, ...request) {
      expect((await post(`/jobs/${id}/cancel`, null, TRAIN)).status).toBe(200);
      expect((await post(`/jobs/${id}/resume`, null, bearer('admin'))).status).toBe(200);
      return evaluate.apply(this, request);
    });
    expect((await finishJob(id)).state.status).toBe('succeeded');
    vi.restoreAllMocks();
    const stored = await runInDurableObject(getStub(id), (_, { storage }) => new JobStore(storage).job());
    expect(stored?.owner).toEqual({ name: 'train-of-tests', isAdmin: true });
  });

  it('refuses to be cancelled while its model is published', async () => {
    const { id } = await start({ ...SMALL, epochs: 1, publish: 'too-late' });
    await rewrite(id, (job) => ({ ...job, publishing: true }));
    await expectError(await post(`/jobs/${id}/cancel`, null, TRAIN), 409, 'its model is being published');
    expect((await finishJob(id)).state).toMatchObject({ status: 'succeeded', result: { published: { version: 1 } } });
  });
});

describe('a job that is over', () => {
  it('is deleted after its retention time, and leaves no storage', async () => {
    const { id } = await start({ ...SMALL, epochs: 1 });
    await finishJob(id);
    await rewrite(id, (job) => ({ ...job, updated: '2020-01-01T00:00:00.000Z' }));
    await runDurableObjectAlarm(getStub(id));
    for (const path of [`/jobs/${id}`, `/jobs/${id}/events`, `/jobs/${id}/model`]) {
      await expectError(await ask(path), 404, 'not found');
    }
    const tables = await runInDurableObject(getStub(id), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name IN ('job', 'events', 'blobs', 'steps')").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it('answers 204 after its last event, and HEAD at once', async () => {
    const { id } = await start({ ...SMALL, epochs: 3, hidden: [64] });
    const knocked = await ask(`/jobs/${id}/events`, { method: 'HEAD' });
    expect([knocked.status, knocked.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    await finishJob(id);
    const last = (await readEvents(await ask(`/jobs/${id}/events`))).at(-1)?.id ?? 0;
    expect((await ask(`/jobs/${id}/events`, { headers: { 'last-event-id': String(last) } })).status).toBe(204);
    const odd = await readEvents(await ask(`/jobs/${id}/events`, { headers: { 'last-event-id': '0x10' } }));
    expect(odd.at(-1)?.id).toBe(last);
  });
});
