/** Requests to the Worker, and models for it. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect } from 'vitest';
import type { Job } from '../../src/api/jobs.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { createMlp, formatModel, type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { loadKernels } from '../../src/runtime/workerd.ts';
import { bundledBytes } from '../../worker/models/bundled.ts';
import { TOKENS } from '../support/tokens.ts';
import { checkAccepted, checkAnswer } from './contract.ts';

export const digits = digitsDataset({ samples: 40, seed: 11 });
export const kernels = await loadKernels();
export const bundled = parseModel(bundledBytes(), 'bundled');
export const bundledMlp = createMlp(kernels, bundled);

let address = 0;

/**
 * Each call has a different address, so that tests do not share a rate limit. Throws if the OpenAPI document does not
 * describe the answer, or the request that was accepted.
 */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has('cf-connecting-ip')) headers.set('cf-connecting-ip', `10.0.${address >> 8}.${address++ & 255}`);
  const request = new Request(`https://edge-mlp.test${path}`, { ...init, headers });
  const response = await checkAnswer(request, await exports.default.fetch(request));
  if (response.ok) await checkAccepted(request, typeof init.body === 'string' ? init.body : undefined);
  return response;
}

export function post(path: string, body: BodyInit | null, headers: Record<string, string> = {}): Promise<Response> {
  return ask(path, { method: 'POST', body, headers });
}

export function postJson(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return post(path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function put(path: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return ask(path, { method: 'PUT', body, headers: { ...bearer('admin'), ...headers } });
}

export function bearer(name: keyof typeof TOKENS): { authorization: string } {
  return { authorization: `Bearer ${TOKENS[name]}` };
}

/** The owner of what `bearer('admin')` creates. */
export const OWNER = { name: 'admin-of-tests', isAdmin: true };

/** Waits for the end of a job. */
export async function finishedJob(id: string): Promise<Job> {
  for (let i = 0; i < 500; i++) {
    const job = (await (await ask(`/jobs/${id}`)).json()) as Job;
    if (['succeeded', 'failed'].includes(job.state.status)) return job;
    await runDurableObjectAlarm(env.JOBS.get(env.JOBS.idFromString(id)));
  }
  throw new Error('the job does not end');
}

/** Expects this status and the body {"error": text}, where the text contains `message`. */
export async function expectError(response: Response, status: number, message: string | RegExp): Promise<void> {
  const text = await response.text();
  expect({ status: response.status, text }).toEqual({ status, text: expect.any(String) });
  const body = JSON.parse(text);
  expect(Object.keys(body)).toEqual(['error']);
  expect(body.error).toMatch(message);
  // Responses never contain stack traces.
  expect(text).not.toMatch(/\bat .*\.(ts|js):\d/);
}

/** The file of a new network with random weights. */
export function modelBytes(
  options: {
    layers?: number[];
    seed?: number;
    activation?: 'sigmoid' | 'relu';
    info?: Partial<ModelFile['info']>;
  } = {},
): Uint8Array<ArrayBuffer> {
  const { layers = [784, 8, 10], seed = 1, activation = 'sigmoid', info = {} } = options;
  const mlp = Mlp.create(kernels, { layers, seed, hiddenActivation: activation });
  const pixels = layers[0] === 784;
  const file = formatModel({
    info: {
      spec: mlp.spec,
      classes: Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => String(label)),
      scaling: pixels ? { kind: 'bytes' } : { kind: 'identity' },
      ...(pixels ? { imageShape: [28, 28] as const } : {}),
      ...info,
    },
    parameters: mlp.parameters(),
  });
  mlp.dispose();
  return file;
}

/** A namespace whose objects cannot be reached. `fail` runs at each call. */
export function brokenObjects<Namespace>(fail: () => Promise<void> | void = () => {}): Namespace {
  const call = async () => {
    await fail();
    throw new Error('the object is down: secret detail');
  };
  return { getByName: () => new Proxy({}, { get: () => call }) } as Namespace;
}

/** Rows of a table in the SQLite of a Durable Object. */
export function readRows({ sql }: DurableObjectStorage, table: string): Record<string, SqlStorageValue>[] {
  return sql.exec(`SELECT * FROM ${table}`).toArray();
}

export function digit(n: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.inputs.subarray(n * 784, (n + 1) * 784));
}

export function pixels(n: number): number[] {
  return [...digit(n)];
}

export function rows(flat: readonly number[], columns = 28): number[][] {
  return Array.from({ length: flat.length / columns }, (_, i) => flat.slice(i * columns, (i + 1) * columns));
}
