/** The table of docs/limits-and-costs.md: what each action uses of an account's daily quotas for Durable Objects. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import document from '../../docs/limits-and-costs.md?raw';
import type { Job } from '../../src/api/jobs.ts';
import type { Sweep } from '../../src/api/sweeps.ts';
import { StoredDataset } from '../../worker/datasets/stored-dataset.ts';
import { TrainingJob } from '../../worker/jobs/job.ts';
import { JobRun } from '../../worker/jobs/run.ts';
import { Learner } from '../../worker/learners/learner.ts';
import { MS_PER_DAY } from '../../worker/limits.ts';
import { forgetModel } from '../../worker/models/serving.ts';
import { StoredModel } from '../../worker/models/stored-model.ts';
import { Directory, openDirectory } from '../../worker/storage/directory.ts';
import { StoredSweep } from '../../worker/sweeps/stored-sweep.ts';
import { ask, bearer, digit, modelBytes, pixels, post, postJson, put, readRows } from './support.ts';

const RAW = { 'content-type': 'application/octet-stream' };
const CSV = { 'content-type': 'text/csv' };
const CLASSES = [Directory, Learner, StoredDataset, StoredModel, StoredSweep, TrainingJob];

interface Usage {
  /** Calls of methods of objects, and alarms. */
  readonly requests: number;
  /** Rows written to SQLite; each `setAlarm` counts as one. */
  readonly rows: number;
}

const calls: string[] = [];
let rows = 0;

beforeAll(async () => {
  for (const { name: Class, prototype } of CLASSES as { name: string; prototype: object }[]) {
    for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (method === 'constructor' || typeof value !== 'function') continue;
      Object.assign(prototype, {
        [method](...args: unknown[]) {
          calls.push(`${Class}.${method}`);
          return Reflect.apply(value, this, args);
        },
      });
    }
  }
  await runInDurableObject(openDirectory(env), (_, { storage }) => {
    vi.spyOn(Object.getPrototypeOf(storage), 'setAlarm');
    const exec: SqlStorage['exec'] = Object.getPrototypeOf(storage.sql).exec;
    vi.spyOn(Object.getPrototypeOf(storage.sql), 'exec').mockImplementation(function (this: unknown, ...args) {
      const cursor = Reflect.apply(exec, this, args);
      const results = cursor.toArray();
      rows += cursor.rowsWritten;
      return { toArray: () => results, one: () => results[0] };
    });
  });
});

afterAll(() => vi.restoreAllMocks());

async function measure(action: () => Promise<unknown>): Promise<Usage> {
  calls.length = 0;
  rows = 0;
  await runInDurableObject(openDirectory(env), (_, { storage }) => vi.mocked(storage.setAlarm).mockClear());
  await action();
  const alarms = await runInDurableObject(openDirectory(env), (_, { storage }) => {
    return vi.mocked(storage.setAlarm).mock.calls.length;
  });
  return { requests: calls.length, rows: rows + alarms };
}

/** The row `action` of the document. */
function readUsage(action: string): Usage {
  const row = document.split('\n').find((line) => line.startsWith(`| ${action} |`));
  const [requests, rows] = (row ?? '').split('|').slice(2, 4).map(Number);
  if (requests === undefined) throw new Error(`docs/limits-and-costs.md has no row "${action}"`);
  return { requests, rows } as Usage;
}

/** With the alarm a minute later, which checks that the directory lists the upload. */
async function upload(version: number): Promise<void> {
  const response = await put(
    `/models/used/versions/${version}`,
    modelBytes({ layers: [784, 300, 10], seed: version }),
    RAW,
  );
  expect(response.status).toBe(201);
  await runDurableObjectAlarm(env.MODELS.getByName('used'));
}

async function predict(query: string): Promise<void> {
  expect((await post(`/predict${query}`, digit(0), RAW)).status).toBe(200);
}

/** Waits for the alarm that will delete a job: it is the last thing that a job sets. */
async function waitForEnd(id: string): Promise<void> {
  const job = env.JOBS.get(env.JOBS.idFromString(id));
  await vi.waitFor(async () => {
    const alarm = await runInDurableObject(job, (_, { storage }) => storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now() + MS_PER_DAY);
  }, 20_000);
}

async function countSlices(ids: readonly string[]): Promise<number> {
  const jobs = await Promise.all(ids.map(async (id) => (await (await ask(`/jobs/${id}`)).json()) as Job));
  return jobs.reduce((sum, { slices }) => sum + slices, 0);
}

/** Rows with the measures of a job's steps. */
function countRecords(id: string): Promise<number> {
  const job = env.JOBS.get(env.JOBS.idFromString(id));
  return runInDurableObject(job, (_, { storage }) => readRows(storage, 'steps').length);
}

/** The sum of documented actions, by their numbers. */
function addUsage(actions: Readonly<Record<string, number>>): Usage {
  const used = Object.entries(actions).map(([action, count]) => ({ ...readUsage(action), count }));
  const sum = (key: keyof Usage) => used.reduce((total, action) => total + action.count * action[key], 0);
  return { requests: sum('requests'), rows: sum('rows') };
}

it('models', async () => {
  expect(await measure(() => upload(1))).toEqual(readUsage('first version of a model'));
  expect(await measure(() => upload(2))).toEqual(readUsage('further version of a model'));
  const promote = () => put('/models/used/aliases/stable', '{"version": 2}', { 'content-type': 'application/json' });
  expect(await measure(promote)).toEqual(readUsage('move of an alias'));
  expect(await measure(() => predict('?model=used'))).toEqual(readUsage('prediction, if the last answer is 30 s old'));
  expect(await measure(() => predict('?model=used'))).toEqual(readUsage('any other prediction'));
  forgetModel('mnist');
  expect(await measure(() => predict(''))).toEqual(readUsage('prediction, if the last answer is 30 s old'));
  expect(await measure(() => ask('/models'))).toEqual(readUsage('list of models, data sets, jobs, sweeps or learners'));
  const remove = async () => {
    const response = await ask('/models/used/versions/1', { method: 'DELETE', headers: bearer('admin') });
    expect(response.status).toBe(204);
    await runDurableObjectAlarm(env.MODELS.getByName('used'));
  };
  expect(await measure(remove)).toEqual(readUsage('deletion of a version'));
});

it('data sets', async () => {
  const putPiece = (number: number) => put(`/datasets/used/training/${number}`, 'a,k\n1,x\n2,y\n', CSV);
  await putPiece(0);
  expect(await measure(() => putPiece(1))).toEqual(readUsage('piece of a data set, up to 1 MB'));
  const finish = async () => {
    await put('/datasets/used', '{"training": 2}', { 'content-type': 'application/json' });
    await runDurableObjectAlarm(env.DATASETS.getByName('used'));
  };
  expect(await measure(finish)).toEqual(readUsage('end of the upload of a data set'));
});

it('jobs, by their slices and epochs', async () => {
  for (const epochs of [1, 4]) {
    let id = '';
    const used = await measure(async () => {
      const started = await postJson('/jobs', { data: 'digits', hidden: [64], epochs }, bearer('train'));
      ({ id } = (await started.json()) as Job);
      await waitForEnd(id);
    });
    // A fast machine trains an epoch in one slice.
    const slices = await countSlices([id]);
    expect(slices).toBeGreaterThan(0);
    expect(used).toEqual(addUsage({ job: 1, 'slice of a job': slices, 'epoch of a job': epochs }));
  }
});

it('sweeps, by their runs, slices and epochs', async () => {
  const [training, evaluation] = [vi.spyOn(JobRun.prototype, 'advance'), vi.spyOn(JobRun.prototype, 'measure')];
  for (const { seeds, epochs } of [
    { seeds: [1], epochs: 1 },
    { seeds: [1, 2, 3], epochs: 2 },
  ]) {
    for (const spy of [training, evaluation]) spy.mockClear();
    let ids: string[] = [];
    const used = await measure(async () => {
      const grid = { learningRate: [0.1], hidden: [[64]], epochs: [epochs] };
      const started = await postJson('/sweeps', { data: 'digits', grid, seeds }, bearer('train'));
      const { trials } = (await started.json()) as Sweep;
      ids = trials.flatMap(({ runs }) => runs.map(({ job }) => job));
      await vi.waitFor(() => expect(calls).toContain('StoredSweep.end'), 20_000);
      for (const id of ids) await waitForEnd(id);
    });
    const recorded = (await Promise.all(ids.map(countRecords))).reduce((sum, count) => sum + count);
    // A slice of a recorded run also ends with each epoch.
    expect(recorded).toBeGreaterThanOrEqual(epochs * ids.length);
    const expected = addUsage({
      sweep: 1,
      'run of a sweep': ids.length,
      'slice of training of a run': recorded,
      // If the steps of an epoch fill their slices exactly, one more slice ends the epoch.
      'slice of a job': training.mock.calls.length - recorded,
      'slice of evaluation of a run': evaluation.mock.calls.length,
      'epoch of a job': epochs * ids.length,
      // A slow machine reports more often.
      'report of a run': calls.filter((call) => call === 'StoredSweep.report').length - 2 * ids.length,
    });
    expect(used).toEqual(expected);
  }
});

it('learners', async () => {
  const started = await postJson('/learners', { model: 'mnist' }, bearer('train'));
  const { id } = (await started.json()) as { id: string };
  const teach = () => postJson(`/learners/${id}/examples`, { pixels: pixels(1), label: 3 }, bearer('train'));
  await teach();
  expect(await measure(teach)).toEqual(readUsage('example of a learner'));
  const ask = () => post(`/learners/${id}/predict`, digit(0), RAW);
  expect(await measure(ask)).toEqual(readUsage('prediction of a learner'));
});
