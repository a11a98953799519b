/** Jobs of tests: start, state, end, and the weights that they must have. */
import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { type Job, JobRequest } from '../../src/api/jobs.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { train } from '../../src/core/train.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import { DatasetRegistry } from '../../worker/datasets/registry.ts';
import { sha256 } from '../../worker/hash.ts';
import { loadJobData } from '../../worker/jobs/data.ts';
import { describeData } from '../../worker/jobs/shape.ts';
import { chooseInitialisation, completeSpec, networkSpec } from '../../worker/jobs/spec.ts';
import type { StoredJob } from '../../worker/jobs/state.ts';
import { SERVICE } from '../../worker/owners.ts';
import { ask, bearer, kernels, postJson } from './support.ts';

export const SMALL = { data: 'digits', hidden: [8], epochs: 2, seed: 5 };
export const TRAIN = bearer('train');

export async function start(options: object = SMALL, headers: Record<string, string> = {}): Promise<Job> {
  const response = await postJson('/jobs', options, { ...TRAIN, ...headers });
  expect(response.status).toBe(202);
  return response.json();
}

export async function status(id: string): Promise<Job> {
  return (await ask(`/jobs/${id}`)).json();
}

export function getStub(id: string) {
  return env.JOBS.get(env.JOBS.idFromString(id));
}

/** Replaces parts of the environment of a job's object. */
export async function withEnvironment(id: string, changes: Partial<Env>): Promise<void> {
  await runInDurableObject(getStub(id), (instance) => {
    const object = instance as unknown as { env: Env };
    object.env = { ...object.env, ...changes };
  });
}

/** Changes the stored record of a job. */
export async function rewrite(id: string, change: (job: StoredJob) => StoredJob): Promise<void> {
  await runInDurableObject(getStub(id), (_, { storage }) => {
    const [row] = storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    storage.sql.exec('UPDATE job SET json = ?', JSON.stringify(change(JSON.parse(row?.json ?? ''))));
  });
}

/** Attempts of the current slice. */
export async function countFailures(id: string): Promise<number> {
  return runInDurableObject(getStub(id), async (_, { storage }) => {
    const [row] = storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    return (JSON.parse(row?.json ?? '') as { failures: number }).failures;
  });
}

export function readChunks({ sql }: DurableObjectStorage) {
  return sql.exec<{ data: ArrayBuffer }>('SELECT data FROM blobs ORDER BY name, part').toArray();
}

/** Runs the alarm unless the runtime has run it. */
export async function finishJob(id: string): Promise<Job> {
  for (let i = 0; i < 4000; i++) {
    if (i > 200) await scheduler.wait(5);
    const job = await status(id);
    if (['succeeded', 'failed', 'cancelled'].includes(job.state.status)) return job;
    await runDurableObjectAlarm(getStub(id));
  }
  throw new Error('the job does not end');
}

/** Hash of the weights after uninterrupted training with the library. */
export async function expectedHash(options: object): Promise<string> {
  const requested = JobRequest.parse(options);
  const store = new DatasetRegistry(env, SERVICE);
  const { shape } = await describeData(store, requested.data);
  const spec = completeSpec(requested, shape);
  const { training } = await loadJobData(store, spec, { shape });
  const mlp = Mlp.create(kernels, {
    ...networkSpec(spec, shape),
    initialisation: chooseInitialisation(spec),
    seed: spec.seed,
  });
  for (const _ of train(mlp, training, pickTrainingOptions(spec)));
  const { weights, biases } = mlp.parameters();
  mlp.dispose();
  const parts = weights.flatMap((weight, l) => [weight, biases[l] ?? new Float32Array()]);
  const bytes = parts.map((part) => Uint8Array.from(new Uint8Array(part.buffer, part.byteOffset, part.byteLength)));
  return sha256(new Uint8Array(await new Blob(bytes).arrayBuffer()));
}

interface ReceivedEvent {
  readonly id: number;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** All events of a stream that ends. */
export async function readEvents(response: Response): Promise<ReceivedEvent[]> {
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      return { id: Number(field('id')), type: field('event'), data: JSON.parse(field('data')) };
    });
}
