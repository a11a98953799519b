/** One request of each route, and what must be stored before it. */
import type { Job } from '../../../src/api/jobs.ts';
import type { Learner } from '../../../src/api/learners.ts';
import type { Sweep } from '../../../src/api/sweeps.ts';
import { modelBytes } from '../support.ts';
import { DATASET, MODEL, OTHER, type Sent, type World } from './world.ts';

interface Row {
  /** Stores what the request needs, and returns the request. */
  prepare(world: World): Promise<Sent> | Sent;
  /** Changes several objects in turn: a fault may leave a part done, and the retry does the rest. */
  readonly isGradual?: boolean;
  /** Status of a request that repeats one which has succeeded. Default: a status of success. */
  readonly repeated?: number;
}

const SMALL = [1, 2, 3].map((seed) => modelBytes({ layers: [2, 3, 2], seed, info: { classes: ['x', 'y'] } }));
/** Two chunks. */
const LARGE = modelBytes({ layers: [784, 400, 10] });
const RAW = { 'content-type': 'application/octet-stream' };
const SAMPLE = { inputs: [1, 2] };
const JOB = { data: DATASET, hidden: [3], epochs: 1, batchSize: 4, seed: 1 };
const LEARNER = { model: MODEL, rehearsal: null, steps: 1, seed: 1 };

function send(method: string, path: string, body?: object | string | Uint8Array<ArrayBuffer>): Sent {
  if (body === undefined) return { method, path };
  if (body instanceof Uint8Array) return { method, path, body, headers: RAW };
  if (typeof body === 'string') return { method, path, body, headers: { 'content-type': 'text/csv' } };
  return { method, path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
}

/** A piece of a table. */
function createRows(number: number): string {
  return `a,b,kind\n${Array.from({ length: 12 }, (_, n) => `${n % 5},${(n * number) % 7},${n % 2 ? 'x' : 'y'}\n`).join('')}`;
}

const putPiece = (number: number) => send('PUT', `/datasets/${DATASET}/training/${number}`, createRows(number + 1));

async function putModel(world: World, versions = 1): Promise<void> {
  for (let number = 1; number <= versions; number++) {
    await world.do(send('PUT', `/models/${MODEL}/versions/${number}`, SMALL[number - 1]));
  }
}

async function putDataset(world: World): Promise<void> {
  await world.do(putPiece(0));
  await world.do(send('PUT', `/datasets/${DATASET}`, { training: 1 }));
}

async function startJob(world: World, options: object = {}): Promise<string> {
  await putDataset(world);
  return (await world.doJson<Job>(send('POST', '/jobs', { ...JOB, ...options }))).id;
}

async function finishJob(world: World, options: object = {}): Promise<string> {
  const id = await startJob(world, options);
  await world.finishJob(id);
  return id;
}

async function startSweep(world: World): Promise<string> {
  await putDataset(world);
  return (await world.doJson<Sweep>(send('POST', '/sweeps', SWEEP))).id;
}

const SWEEP = { data: DATASET, grid: { learningRate: [0.1, 0.2], hidden: [[3]] }, seeds: [1] };

async function createLearner(world: World, examples = 0): Promise<string> {
  await putModel(world);
  const { id } = await world.doJson<Learner>(send('POST', '/learners', LEARNER));
  for (let n = 0; n < examples; n++) await world.do(teach(id, n));
  return id;
}

const teach = (id: string, n = 0): Sent => ({
  ...send('POST', `/learners/${id}/examples`, { inputs: [n, 1], label: 'x' }),
  key: `example ${n}`,
});

const stored =
  (create: (world: World) => Promise<unknown>, ...sent: Parameters<typeof send>) =>
  async (world: World) => {
    await create(world);
    return send(...sent);
  };

const withId =
  (create: (world: World) => Promise<string>, method: string, path: (id: string) => string, body?: object) =>
  async (world: World) =>
    send(method, path(await create(world)), body);

const infer = { inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

const protocol = (method: string, path: string, body?: object): Row => ({
  prepare: stored(putModel, method, path, body),
});

/** By method and path in the OpenAPI document. */
export const ROWS: Readonly<Record<string, Row>> = {
  'POST /predict': { prepare: stored(putModel, 'POST', `/predict?model=${MODEL}`, SAMPLE) },

  'GET /usage': { prepare: stored(putModel, 'GET', '/usage') },

  'GET /models': { prepare: stored(putModel, 'GET', '/models') },
  'GET /models/{name}': { prepare: stored(putModel, 'GET', `/models/${MODEL}`) },
  'GET /models/{name}/aliases/{alias}': { prepare: stored(putModel, 'GET', `/models/${MODEL}/aliases/stable`) },
  'GET /models/{name}/versions/{version}': { prepare: stored(putModel, 'GET', `/models/${MODEL}/versions/1`) },
  'PUT /models/{name}/versions/{version}': { prepare: () => send('PUT', `/models/${MODEL}/versions/7`, LARGE) },
  'POST /models/{name}/versions': { prepare: stored(putModel, 'POST', `/models/${MODEL}/versions`, SMALL[1]) },
  'PUT /models/{name}/aliases/{alias}': {
    prepare: stored((world) => putModel(world, 2), 'PUT', `/models/${MODEL}/aliases/stable`, { version: 2 }),
  },
  'DELETE /models/{name}': {
    prepare: stored((world) => putModel(world, 2), 'DELETE', `/models/${MODEL}`),
    repeated: 404,
  },
  'DELETE /models/{name}/versions/{version}': {
    prepare: stored((world) => putModel(world, 2), 'DELETE', `/models/${MODEL}/versions/2`),
    repeated: 404,
  },
  'DELETE /models/{name}/aliases/{alias}': {
    prepare: async (world) => {
      await putModel(world);
      await world.do(send('PUT', `/models/${MODEL}/aliases/canary`, { version: 1 }));
      return send('DELETE', `/models/${MODEL}/aliases/canary`);
    },
    repeated: 404,
  },

  'GET /datasets': { prepare: stored(putDataset, 'GET', '/datasets') },
  'GET /datasets/{name}': { prepare: stored(putDataset, 'GET', `/datasets/${DATASET}`) },
  'GET /datasets/{name}/pieces': { prepare: stored(putDataset, 'GET', `/datasets/${DATASET}/pieces`) },
  'PUT /datasets/{name}/{part}/{piece}': {
    prepare: async (world) => {
      await world.do(putPiece(0));
      return putPiece(1);
    },
  },
  'PUT /datasets/{name}': {
    prepare: stored((world) => world.do(putPiece(0)), 'PUT', `/datasets/${DATASET}`, { training: 1 }),
  },
  'DELETE /datasets/{name}': { prepare: stored(putDataset, 'DELETE', `/datasets/${DATASET}`), repeated: 404 },

  'POST /jobs': {
    prepare: stored(putDataset, 'POST', '/jobs', { ...JOB, publish: OTHER }),
  },
  'GET /jobs': { prepare: stored(startJob, 'GET', '/jobs') },
  'GET /jobs/{id}': { prepare: withId(startJob, 'GET', (id) => `/jobs/${id}`) },
  'GET /jobs/{id}/events': { prepare: withId(finishJob, 'GET', (id) => `/jobs/${id}/events`) },
  'GET /jobs/{id}/model': { prepare: withId(finishJob, 'GET', (id) => `/jobs/${id}/model`) },
  'GET /jobs/{id}/run': {
    prepare: withId(
      (world) => finishJob(world, { record: true }),
      'GET',
      (id) => `/jobs/${id}/run`,
    ),
  },
  'POST /jobs/{id}/cancel': { prepare: withId(startJob, 'POST', (id) => `/jobs/${id}/cancel`), repeated: 409 },
  'POST /jobs/{id}/resume': {
    prepare: async (world) => {
      const id = await startJob(world);
      await world.do(send('POST', `/jobs/${id}/cancel`));
      return send('POST', `/jobs/${id}/resume`);
    },
    repeated: 409,
  },

  'DELETE /jobs/{id}': {
    prepare: async (world) => {
      const id = await startJob(world);
      await world.do(send('POST', `/jobs/${id}/cancel`));
      return send('DELETE', `/jobs/${id}`);
    },
    repeated: 404,
  },

  'POST /sweeps': { prepare: stored(putDataset, 'POST', '/sweeps', SWEEP) },
  'GET /sweeps': { prepare: stored(startSweep, 'GET', '/sweeps') },
  'GET /sweeps/{id}': { prepare: withId(startSweep, 'GET', (id) => `/sweeps/${id}`) },
  'POST /sweeps/{id}/cancel': {
    prepare: withId(startSweep, 'POST', (id) => `/sweeps/${id}/cancel`),
    isGradual: true,
    repeated: 409,
  },
  'DELETE /sweeps/{id}': {
    prepare: async (world) => {
      const id = await startSweep(world);
      await world.do(send('POST', `/sweeps/${id}/cancel`));
      return send('DELETE', `/sweeps/${id}`);
    },
    repeated: 404,
  },

  'POST /learners': { prepare: stored(putModel, 'POST', '/learners', LEARNER) },
  'GET /learners': { prepare: stored(createLearner, 'GET', '/learners') },
  'GET /learners/{id}': { prepare: withId(createLearner, 'GET', (id) => `/learners/${id}`) },
  'GET /learners/{id}/model': { prepare: withId(createLearner, 'GET', (id) => `/learners/${id}/model`) },
  'POST /learners/{id}/examples': { prepare: async (world) => teach(await createLearner(world, 1), 1) },
  'POST /learners/{id}/predict': { prepare: withId(createLearner, 'POST', (id) => `/learners/${id}/predict`, SAMPLE) },
  'POST /learners/{id}/undo': {
    prepare: withId(
      (world) => createLearner(world, 2),
      'POST',
      (id) => `/learners/${id}/undo`,
    ),
  },
  'POST /learners/{id}/reset': {
    prepare: withId(
      (world) => createLearner(world, 2),
      'POST',
      (id) => `/learners/${id}/reset`,
    ),
  },
  'POST /learners/{id}/promote': {
    prepare: withId(
      (world) => createLearner(world, 1),
      'POST',
      (id) => `/learners/${id}/promote`,
      { name: OTHER },
    ),
    // The version may be published without its answer. The repetition finds it.
    isGradual: true,
  },
  'DELETE /learners/{id}': { prepare: withId(createLearner, 'DELETE', (id) => `/learners/${id}`), repeated: 404 },

  'GET /v2': protocol('GET', '/v2'),
  'GET /v2/health/live': protocol('GET', '/v2/health/live'),
  'GET /v2/health/ready': protocol('GET', '/v2/health/ready'),
  'GET /v2/models': protocol('GET', '/v2/models'),
  'GET /v2/models/stats': protocol('GET', '/v2/models/stats'),
  'GET /v2/models/{model}': protocol('GET', `/v2/models/${MODEL}`),
  'GET /v2/models/{model}/ready': protocol('GET', `/v2/models/${MODEL}/ready`),
  'GET /v2/models/{model}/stats': protocol('GET', `/v2/models/${MODEL}/stats`),
  'GET /v2/models/{model}/config': protocol('GET', `/v2/models/${MODEL}/config`),
  'POST /v2/models/{model}/infer': protocol('POST', `/v2/models/${MODEL}/infer`, infer),
  'GET /v2/models/{model}/versions/{version}': protocol('GET', `/v2/models/${MODEL}/versions/1`),
  'GET /v2/models/{model}/versions/{version}/ready': protocol('GET', `/v2/models/${MODEL}/versions/1/ready`),
  'GET /v2/models/{model}/versions/{version}/stats': protocol('GET', `/v2/models/${MODEL}/versions/1/stats`),
  'GET /v2/models/{model}/versions/{version}/config': protocol('GET', `/v2/models/${MODEL}/versions/1/config`),
  'POST /v2/models/{model}/versions/{version}/infer': protocol('POST', `/v2/models/${MODEL}/versions/1/infer`, infer),
  'POST /v2/repository/index': protocol('POST', '/v2/repository/index'),
  'POST /v2/repository/models/{model}/load': protocol('POST', `/v2/repository/models/${MODEL}/load`),
  'POST /v2/repository/models/{model}/unload': protocol('POST', `/v2/repository/models/${MODEL}/unload`),
};
