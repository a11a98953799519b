/** Sweeps: a workflow that starts jobs, waits for them, and stores the results of a local sweep. */
import { introspectWorkflowInstance, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { performRun } from '../../cli/training/run-spec.ts';
import { JobRequest, type JobSpec } from '../../src/api/jobs.ts';
import { SweepRequest } from '../../src/api/sweeps.ts';
import type { Sweep } from '../../src/client/index.ts';
import type { Evaluation } from '../../src/core/evaluate.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { splitTail } from '../../src/core/split.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { generatedSets } from '../../src/data/generated.ts';
import { parseRun, type RunOutcome } from '../../src/format/run-file.ts';
import { DatasetRegistry } from '../../worker/datasets/registry.ts';
import { readReply } from '../../worker/errors.ts';
import { sha256 } from '../../worker/hash.ts';
import { describeData } from '../../worker/jobs/shape.ts';
import { countRunBytes } from '../../worker/jobs/spec.ts';
import type { StoredJob as Job } from '../../worker/jobs/state.ts';
import { LIMITS } from '../../worker/limits.ts';
import { SERVICE } from '../../worker/owners.ts';
import { buildPlan } from '../../worker/sweeps/plan.ts';
import type { OpenedSweep, StoredSweep } from '../../worker/sweeps/stored-sweep.ts';
import { ask, bearer, expectError, kernels, OWNER, post, postJson, put } from './support.ts';

const TRAIN = bearer('train');
const ADMIN = bearer('admin');
const SMALL = { data: 'digits', grid: { learningRate: [0.01, 0.1], hidden: [[8]], epochs: [2] }, seeds: [5, 6] };

async function start(options: object = SMALL, headers: Record<string, string> = {}): Promise<Sweep> {
  const response = await postJson('/sweeps', options, { ...TRAIN, ...headers });
  expect(response.status).toBe(202);
  return response.json();
}

async function finishSweep(id: string): Promise<Sweep> {
  for (let i = 0; i < 1000; i++) {
    const sweep: Sweep = await (await ask(`/sweeps/${id}`)).json();
    if (sweep.state.status !== 'running') return sweep;
    await scheduler.wait(20);
  }
  throw new Error('the sweep does not end');
}

/** Id of the sweep that the test's token starts with this key. */
async function findId(key: string): Promise<string> {
  return (await sha256(`sweep of train-of-tests by key ${key}`)).slice(0, 32);
}

function getStub(job: string) {
  return env.JOBS.get(env.JOBS.idFromString(job));
}

function listRuns({ trials }: Sweep) {
  return trials.flatMap(({ runs }) => runs);
}

/** Changes the stored record of a job. */
async function rewrite(job: string, changes: Partial<Job>): Promise<void> {
  await runInDurableObject(getStub(job), async (_, { storage }) => {
    const [row] = storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    storage.sql.exec('UPDATE job SET json = ?', JSON.stringify({ ...JSON.parse(row?.json ?? ''), ...changes }));
  });
}

/** The same run, performed locally. */
function trainLocally(learningRate: number, seed: number): RunOutcome & { status: 'succeeded' } {
  const { training, validation } = splitTail(generatedSets('digits', 5).training, 1200);
  const outcome = performRun(
    kernels,
    {
      ...{ data: 'digits', layers: [784, 8, 10], hiddenActivation: 'sigmoid', initialisation: 'normal' },
      training: { ...TRAINING_DEFAULTS, epochs: 2, learningRate, seed },
    },
    { training, validation },
    { clock: () => 0 },
  );
  if (outcome.status === 'failed') throw new Error(outcome.reason);
  return outcome;
}

describe('a sweep', () => {
  it('has the results of a local sweep, bit for bit', { timeout: 120_000 }, async () => {
    const started = await start();
    expect(started).toMatchObject({ state: { status: 'running' }, samples: { training: 10_800, validation: 1200 } });
    const { state, trials } = await finishSweep(started.id);
    expect(state).toEqual({ status: 'finished' });
    expect(trials.map(({ options, layers }) => [options.learningRate, layers])).toEqual([
      [0.01, [784, 8, 10]],
      [0.1, [784, 8, 10]],
    ]);
    for (const { options, runs } of trials) {
      expect(runs.map(({ seed }) => seed)).toEqual([5, 6]);
      for (const { seed, state: run } of runs) {
        const alone = trainLocally(options.learningRate, seed);
        const { classes: _, ...validation } = alone.validation as Evaluation;
        expect(run).toEqual({
          status: 'succeeded',
          epochs: alone.epochs.map((epoch) => ({ ...epoch, seconds: expect.any(Number) })),
          validation,
          weightsSha256: await sha256(parameterBytes(alone.parameters)),
        });
      }
    }
  });

  it('has the defaults of each optimizer', async () => {
    const grid = { optimizer: ['sgd', { kind: 'adamw', beta1: 0.8 }], clipNorm: [0.5], hidden: [[2]], epochs: [1] };
    const { id, trials } = await start({ data: 'ellipse', grid, seeds: [1] });
    const adamw = { kind: 'adamw', beta1: 0.8, beta2: 0.999, epsilon: 1e-8 };
    expect(trials.map(({ options }) => options)).toMatchObject([
      { optimizer: { kind: 'sgd' }, learningRate: 0.03, weightDecay: 0, clipNorm: 0.5, batchSize: 1 },
      { optimizer: adamw, learningRate: 0.001, weightDecay: 0.01, clipNorm: 0.5, batchSize: 1 },
    ]);
    expect((await finishSweep(id)).state).toEqual({ status: 'finished' });
  });

  it('counts at least the bytes of a run in its table', async () => {
    const shape = (await describeData(new DatasetRegistry(env, SERVICE), 'digits')).shape;
    const [classes, epochs] = [100, 3];
    const confusion = Array.from({ length: classes }, () => Array(classes).fill(12_345));
    const epoch = {
      epoch: 1,
      trainLoss: 1 / 3,
      trainAccuracy: 2 / 3,
      validationLoss: 1 / 7,
      validationAccuracy: 1 / 9,
    };
    const run = { epochs: Array(epochs).fill({ ...epoch, seconds: 1 / 3 }), validation: { confusion } };
    const counted = countRunBytes(JobRequest.parse({ data: 'digits', epochs }) as JobSpec, { ...shape, classes });
    const bytes = JSON.stringify(run).length;
    expect(counted).toBeGreaterThan(bytes);
    expect(counted).toBeLessThan(1.1 * bytes);
  });

  it('records each run as a file', async () => {
    const { id } = await start({ ...SMALL, grid: { ...SMALL.grid, learningRate: [0.05] }, seeds: [5] });
    const [run] = listRuns(await finishSweep(id));
    const job = run?.job ?? '';
    const file = new Uint8Array(await (await ask(`/jobs/${job}/run`)).arrayBuffer());
    const { epochs, validation, ...recorded } = parseRun(file, 'the file', job) as ReturnType<typeof trainLocally>;
    const { epochs: _, validation: expected, ...alone } = trainLocally(0.05, 5);
    expect({ ...recorded, test: null }).toEqual({ ...alone, test: null });
    expect(validation).toEqual(expected);
    expect(epochs.map(({ seconds }) => seconds > 0)).toEqual([true, true]);
  });

  it('keeps its results when its jobs are deleted', async () => {
    const started = await start({ ...SMALL, grid: { ...SMALL.grid, epochs: [1] } });
    const done = await finishSweep(started.id);
    for (const { job } of listRuns(done)) {
      await runInDurableObject(getStub(job), async (_, { storage }) => storage.deleteAll());
    }
    expect(await (await ask(`/sweeps/${started.id}`)).json()).toEqual(done);
    const { sweeps } = (await (await ask('/sweeps')).json()) as { sweeps: { id: string }[] };
    expect(sweeps.map(({ id }) => id)).toContain(started.id);
  });

  it('resumes an interrupted run, and continues without a diverged one', async () => {
    const { id, trials } = await start({ ...SMALL, grid: { ...SMALL.grid, learningRate: [0.1, 1e7] }, seeds: [5] });
    const job = trials[0]?.runs[0]?.job ?? '';
    while (((await (await ask(`/jobs/${job}`)).json()) as Job).progress === null) await scheduler.wait(5);
    await rewrite(job, { attempts: LIMITS.sliceBeginnings });
    await runDurableObjectAlarm(getStub(job));
    const [good, bad] = listRuns(await finishSweep(id));
    const expected = await sha256(parameterBytes(trainLocally(0.1, 5).parameters));
    expect(good?.state).toMatchObject({ status: 'succeeded', weightsSha256: expected });
    expect(bad?.state).toMatchObject({
      status: 'failed',
      code: 'diverged',
      reason: expect.stringMatching(/at step \d+/),
    });
  });

  it('polls if no event arrives', async () => {
    const key = 'no event';
    const id = await findId(key);
    await using instance = await introspectWorkflowInstance(env.SWEEPS, id);
    await instance.modify(async (modifier) => {
      for (const look of [1, 2]) await modifier.forceEventTimeout({ name: `end of run 0, ${look}` });
    });
    await start({ ...SMALL, grid: { learningRate: [0.1], hidden: [[8]] }, seeds: [5] }, { 'idempotency-key': key });
    const [run] = listRuns(await finishSweep(id));
    expect(run?.state.status).toBe('succeeded');
    expect(await instance.waitForStepResult({ name: 'poll run 0, 1' })).toEqual({ kind: 'running' });
  });

  it('stops its jobs and keeps finished runs when it is cancelled', async () => {
    const slow = { ...SMALL, grid: { hidden: [[128]], epochs: [100] }, seeds: [1, 2, 3, 4, 5, 6] };
    const { id, concurrency } = await start(slow);
    const running = async () => {
      const sweep: Sweep = await (await ask(`/sweeps/${id}`)).json();
      return listRuns(sweep).filter(({ state }) => state.status === 'running').length;
    };
    while ((await running()) < concurrency) await scheduler.wait(10);
    const cancelled: Sweep = await (await post(`/sweeps/${id}/cancel`, null, TRAIN)).json();
    expect(cancelled.state).toEqual({ status: 'cancelled' });
    const states = listRuns(cancelled).map(({ state }) => (state.status === 'failed' ? state.code : state.status));
    expect(concurrency).toBe(2);
    expect(states).toEqual(['cancelled', 'cancelled', 'waiting', 'waiting', 'waiting', 'waiting']);
    await expectError(await post(`/sweeps/${id}/cancel`, null, TRAIN), 409, 'cannot be cancelled: it is over');
    // Two concurrent requests repeat an interrupted cancellation, without a table and with a running job.
    await runInDurableObject(env.SWEEP_RECORDS.getByName(id), (_, { storage }) => {
      storage.sql.exec("DELETE FROM blobs WHERE name = 'table'");
    });
    const [again] = listRuns(cancelled);
    await post(`/jobs/${again?.job}/resume`, null, TRAIN);
    const both = await Promise.all([1, 2].map(() => post(`/sweeps/${id}/cancel`, null, TRAIN)));
    expect(both.map(({ status }) => status)).toContain(200);
    expect(both.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect(listRuns(await (await ask(`/sweeps/${id}`)).json()).map(({ state }) => state.status)).not.toContain(
      'running',
    );
    const [run] = listRuns(cancelled);
    await expectError(await ask(`/jobs/${run?.job}/run`), 409, 'expected a job with "record" that has succeeded');
  });

  it('is the same sweep for the same idempotency key', async () => {
    const key = { 'idempotency-key': 'the same sweep' };
    const options = { ...SMALL, grid: { hidden: [[8]], epochs: [1] }, seeds: [1] };
    const { id } = await start(options, key);
    const again = await postJson('/sweeps', options, { ...TRAIN, ...key });
    expect([again.status, ((await again.json()) as Sweep).id]).toEqual([200, id]);
    const other = await postJson('/sweeps', { ...options, seeds: [2] }, { ...TRAIN, ...key });
    await expectError(other, 409, 'this one started a sweep with other options');
    await finishSweep(id);
    expect((await postJson('/sweeps', options, { ...TRAIN, ...key })).status).toBe(200);
  });
});

describe('sweeps refuse', () => {
  it('to run without a workflow, which a request with the same key creates', async () => {
    const key = 'cut short';
    const options = { ...SMALL, grid: { hidden: [[8]], epochs: [1] }, seeds: [1] };
    const id = await findId(key);
    const { id: other } = await start(options);
    const { plan, table } = readReply<OpenedSweep>(await env.SWEEP_RECORDS.getByName(other).open(SERVICE));
    await table.cancel();
    await runInDurableObject(env.SWEEP_RECORDS.getByName(id), (sweep: StoredSweep) => sweep.createPlan(plan));
    const cut: Sweep = await (await ask(`/sweeps/${id}`)).json();
    expect(cut.state).toEqual({ status: 'failed', reason: 'its workflow does not exist' });
    expect((await postJson('/sweeps', options, { ...TRAIN, 'idempotency-key': key })).status).toBe(200);
    expect((await finishSweep(id)).state).toEqual({ status: 'finished' });
  });

  it('to use the key of a deleted sweep again; one without a workflow can be cancelled, and frees its data', async () => {
    const key = 'lost';
    const id = await findId(key);
    await put('/datasets/read-by-sweep/training/0', 'a,k\n1,x\n2,y\n3,x\n4,y\n', { 'content-type': 'text/csv' });
    await put('/datasets/read-by-sweep', '{"training": 1}');
    const options = {
      ...SMALL,
      data: 'read-by-sweep',
      validation: 1,
      grid: { hidden: [[8]], epochs: [1] },
      seeds: [1],
    };
    const { shape } = await describeData(new DatasetRegistry(env, SERVICE), options.data);
    const plan = buildPlan(OWNER, SweepRequest.parse(options), shape);
    await runInDurableObject(env.SWEEP_RECORDS.getByName(id), (sweep: StoredSweep) => sweep.createPlan(plan));
    const remove = (path: string) => ask(path, { method: 'DELETE', headers: ADMIN });
    await expectError(
      await remove('/datasets/read-by-sweep'),
      409,
      `data set read-by-sweep is read by sweep ${id}: wait for its end, or cancel it`,
    );
    const cancelled = await post(`/sweeps/${id}/cancel`, null, ADMIN);
    expect(await cancelled.json()).toMatchObject({
      state: { status: 'failed', reason: 'its workflow does not exist' },
    });
    expect((await remove('/datasets/read-by-sweep')).status).toBe(204);
    expect((await remove(`/sweeps/${id}`)).status).toBe(204);
    await expectError(await ask(`/sweeps/${id}`), 404, `sweep ${id} not found`);
    const sweeps: { sweeps: { id: string }[] } = await (await ask('/sweeps')).json();
    expect(sweeps.sweeps.map((sweep) => sweep.id)).not.toContain(id);
    const again = await postJson('/sweeps', SMALL, { ...TRAIN, 'idempotency-key': key });
    await expectError(again, 409, 'expected a new key, as the sweep of this one was deleted');
  });

  it.each<[string, object, number, string]>([
    ['unknown data', { data: 'mnist' }, 404, 'data set mnist not found'],
    ['unknown options', { grid: { rate: [1] } }, 400, 'grid: unknown field "rate"'],
    ['an empty list', { grid: { epochs: [] } }, 400, 'grid.epochs: '],
    ['a learning rate of 0', { grid: { learningRate: [0.1, 0] } }, 400, 'grid.learningRate.1: '],
    ['no seeds', { seeds: [] }, 400, 'seeds: expected a length of at least 1, got []'],
    ['a seed twice', { seeds: [1, 2, 1] }, 400, 'seeds: expected distinct values, got [1,2,1]'],
    [
      'too many runs',
      { grid: { learningRate: Array.from({ length: 67 }, (_, i) => 1 + i) }, seeds: [1, 2, 3] },
      413,
      'the sweep: expected at most 200 runs, got 201: 67 combinations with 3 seeds each',
    ],
    [
      'too many validation samples',
      { validation: 12_000 },
      400,
      'validation: expected less than the 12000 training samples of digits',
    ],
    ['one run that does not fit', { grid: { hidden: [[8], [4096, 4096]] } }, 413, 'MB for the network'],
    ['a record that does not fit', { grid: { epochs: [1000] } }, 413, 'MB for the record of its steps'],
    ['too many jobs at once', { concurrency: 17 }, 400, 'concurrency: '],
  ])('%s', async (_, options, code, message) => {
    await expectError(await postJson('/sweeps', options, TRAIN), code, message);
  });

  it('requests without the scope, and unknown sweeps', async () => {
    await expectError(await postJson('/sweeps', SMALL), 401, 'expected Authorization');
    await expectError(await postJson('/sweeps', SMALL, bearer('predict')), 403, 'scope train');
    const unknown = '0'.repeat(32);
    await expectError(await ask(`/sweeps/${unknown}`), 404, 'not found');
    await expectError(await ask('/sweeps/17'), 400, 'id: expected the 32 hexadecimal digits of a sweep');
    await expectError(await post(`/sweeps/${unknown}/cancel`, null, TRAIN), 404, 'not found');
    await expectError(await post(`/sweeps/${unknown}/cancel`, null), 401, 'expected Authorization');
  });

  it('to run jobs concurrently that exceed the memory together', async () => {
    const wide = { grid: { hidden: [[2000]], epochs: [1], batchSize: [300] }, seeds: [1] };
    const { id, concurrency } = await start(wide);
    expect(concurrency).toBe(1);
    await post(`/sweeps/${id}/cancel`, null, TRAIN);
  });
});
