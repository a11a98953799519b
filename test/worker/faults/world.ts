/** A service whose storage can be emptied, copied and restarted. */
import {
  abortAllDurableObjects,
  listDurableObjectIds,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Job } from '../../../src/api/jobs.ts';
import { createApp } from '../../../worker/app.ts';
import { sha256 } from '../../../worker/hash.ts';
import { unloadModel } from '../../../worker/models/serving.ts';
import { TEST_TOKENS } from '../../support/tokens.ts';
import { bearer } from '../support.ts';
import { HOUR_MS, LIMITERS, workflows } from './injection.ts';

/** Names of the models and the data set of all rows. */
export const MODEL = 'model';
export const OTHER = 'other';
export const DATASET = 'dataset';

/** Runs of an alarm that cleans up, and may find more to do. */
const CLEAN_UPS = 3;
const MAX_SLICES = 100;
/** Alarms of clean-ups are an hour late, as all are. */
const SOON_MS = 2 * HOUR_MS;

/** The sweep that a row starts. */
const SWEEP_ID = (await sha256('sweep of admin-of-tests by key POST /sweeps')).slice(0, 32);

export interface Sent {
  readonly path: string;
  readonly method?: string;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
  /** Idempotency key. Default: method and path. */
  readonly key?: string;
}

export interface Answered {
  readonly status: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Whether the body ended with an error. */
  readonly isCut: boolean;
}

type Snapshot = Record<string, readonly string[]>;

export class World {
  readonly #app = createApp();

  /** Deletes everything that is stored or cached. */
  async empty(): Promise<void> {
    await reset();
    workflows.clear();
    this.forget();
  }

  /** Removes models from the memory of the service. */
  forget(): void {
    for (const name of [MODEL, OTHER, 'mnist']) unloadModel(name);
  }

  async send({ path, method = 'GET', body, headers = {}, key = `${method} ${path}` }: Sent): Promise<Answered> {
    const init = { method, headers: { ...bearer('admin'), 'idempotency-key': key, ...headers } };
    const request = new Request(`https://edge-mlp.test${path}`, body === undefined ? init : { ...init, body });
    const bindings = { ...env, TOKENS: TEST_TOKENS, ...LIMITERS };
    const response = await this.#app.fetch(request, bindings);
    const { status } = response;
    try {
      return { status, body: new Uint8Array(await response.arrayBuffer()), isCut: false };
    } catch {
      return { status, body: new Uint8Array(), isCut: true };
    }
  }

  /** Sends a request of a preparation. Throws unless it succeeds. */
  async do(sent: Sent): Promise<Answered> {
    const answered = await this.send(sent);
    if (answered.status < 300) return answered;
    throw new Error(`${sent.method} ${sent.path}: ${answered.status} ${new TextDecoder().decode(answered.body)}`);
  }

  async doJson<Body>(sent: Sent): Promise<Body> {
    return JSON.parse(new TextDecoder().decode((await this.do(sent)).body));
  }

  /** Runs the alarms of a job until it has succeeded. */
  async finishJob(id: string): Promise<void> {
    const stub = env.JOBS.get(env.JOBS.idFromString(id));
    for (let i = 0; i < MAX_SLICES; i++) {
      const { state } = await this.doJson<Job>({ path: `/jobs/${id}` });
      if (state.status === 'succeeded') return;
      await runDurableObjectAlarm(stub);
    }
    throw new Error(`job ${id} does not end`);
  }

  /** Ends the objects in memory, as a crash or an update does. */
  async restart(): Promise<void> {
    await abortAllDurableObjects();
  }

  /** Runs the alarms that clean up. Later ones delete what is old, and those of jobs train. */
  async cleanUp(): Promise<void> {
    for (const { kind, stub } of await this.#objects()) {
      const isDue = () =>
        runInDurableObject(stub, async (_, { storage }) => {
          const time = await storage.getAlarm();
          const trains = kind === 'JOBS' && readAllRows(storage.sql).length > 0;
          return !trains && time !== null && time < Date.now() + SOON_MS;
        });
      for (let i = 0; i < CLEAN_UPS && (await isDue()); i++) await runDurableObjectAlarm(stub);
    }
  }

  /** Everything that is stored, without times and random names. Objects without rows store nothing. */
  async snapshot(): Promise<Snapshot> {
    const stored: Snapshot = { workflows: [...workflows].map((entry) => JSON.stringify(entry)) };
    for (const { kind, id, stub } of await this.#objects()) {
      const rows = await runInDurableObject(stub, (_, { storage }) => readAllRows(storage.sql));
      if (rows.length > 0) stored[`${kind} ${id}`] = rows;
    }
    return stored;
  }

  async #objects() {
    const names: Partial<Record<string, string[]>> = {
      MODELS: [MODEL, OTHER, 'mnist'],
      DATASETS: [DATASET],
      DIRECTORY: ['directory'],
      SWEEP_RECORDS: [SWEEP_ID],
    };
    const found: { kind: string; id: string; stub: DurableObjectStub<undefined> }[] = [];
    for (const kind of ['MODELS', 'DATASETS', 'DIRECTORY', 'SWEEP_RECORDS', 'JOBS', 'LEARNERS'] as const) {
      const namespace = env[kind] as unknown as DurableObjectNamespace<undefined>;
      const ids = (await listDurableObjectIds(namespace)).map(String);
      // Objects with a name can be opened by it only.
      const stubs =
        names[kind]?.map((name) => namespace.getByName(name)) ??
        ids.map((id) => namespace.get(namespace.idFromString(id)));
      const known = stubs.map((stub) => ({ kind, id: String(stub.id), stub })).filter(({ id }) => ids.includes(id));
      if (known.length < ids.length) throw new Error(`${kind}: ${ids} has an object with an unexpected name`);
      found.push(...known);
    }
    return found;
  }
}

function readAllRows(sql: SqlStorage): string[] {
  const tables = sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
  return tables
    .filter(({ name }) => !/^(sqlite|_cf)_/.test(name))
    .flatMap(({ name }) =>
      sql
        .exec(`SELECT * FROM ${name}`)
        .toArray()
        // The number of an entry grows with every attempt.
        .map(
          ({ number, ...row }) => `${name} ${JSON.stringify(name === 'entries' ? row : { number, ...row }, simplify)}`,
        ),
    )
    .sort();
}

/** Without what differs between two attempts: times and random names. */
function simplify(_key: string, value: unknown): unknown {
  if (value instanceof ArrayBuffer) return describeBytes(new Uint8Array(value));
  if (typeof value === 'number') return value > 1e12 ? 'time' : value;
  if (typeof value !== 'string') return value;
  return removeRandom(value);
}

function removeRandom(text: string): string {
  return text
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
    .replace(/"(computeMs|epochMs|slices|seconds)":[\d.e+-]+/g, '"$1":0');
}

/** JSON as text, and a hash (FNV-1a) of other bytes. */
function describeBytes(bytes: Uint8Array): string {
  if (bytes[0] === '{'.charCodeAt(0)) return removeRandom(new TextDecoder().decode(bytes));
  const hash = bytes.reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5);
  return `${bytes.length} bytes, ${hash >>> 0}`;
}
