/**
 * A sweep in the storage: a Durable Object with its plan, the states that its runs have reported, and the table that is
 * written at the end.
 */
import { DurableObject } from 'cloudflare:workers';
import type { RunState, SweepState } from '../../src/api/sweeps.ts';
import { HttpError, type Reply, reply } from '../errors.ts';
import { countRunBytes, countStoredBytes } from '../jobs/spec.ts';
import { LIMITS, MS_PER_DAY } from '../limits.ts';
import { type Caller, checkOwner, checkVisible } from '../owners.ts';
import type { RequestKey } from '../requests.ts';
import { Answers } from '../storage/answers.ts';
import { Blobs, streamBytes } from '../storage/blobs.ts';
import { deleteObject, type Entry, openDirectory, removeEntry, reserveEntry } from '../storage/directory.ts';
import { ask, readName } from '../storage/objects.ts';
import { checkCell, hasTable } from '../storage/sqlite.ts';
import type { SweepPlan } from './plan.ts';
import { readWorkflow } from './state.ts';

/** Name of a blob without contents, which marks a deleted sweep: its id is never used again. */
const DELETED = 'deleted';
const MS_PER_HOUR = 3_600_000;
/** Bytes of a run in the plan. */
const PLAN_BYTES = 1024;

export interface StoredPlan {
  readonly plan: SweepPlan;
  /** ISO 8601. */
  readonly created: string;
  /** Whether its final table is stored. */
  readonly isOver: boolean;
}

export interface SweepTable {
  /** Running until the final table is stored. */
  readonly state: SweepState;
  /** Null for runs that have not reported. */
  readonly runs: readonly (RunState | null)[];
}

/** A stored sweep with its table as a stream of JSON: 200 runs with long records exceed the 32 MiB of a call. */
export interface OpenedSweep extends StoredPlan {
  readonly table: ReadableStream<Uint8Array>;
}

export class StoredSweep extends DurableObject<Env> {
  readonly #id: string;
  readonly #sql: SqlStorage;
  readonly #blobs: Blobs;
  readonly #answers: Answers;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#id = readName(ctx);
    this.#sql = ctx.storage.sql;
    this.#blobs = new Blobs(this.#sql);
    this.#answers = new Answers(this.#sql);
    // Deletes the pieces of a killed request.
    this.#blobs.deleteAll(['plan', 'table', DELETED]);
  }

  /** Refuses with 404. */
  async open(caller: Caller): Promise<Reply<OpenedSweep>> {
    return reply(() => {
      const stored = this.#read(caller);
      const table = stored.isOver
        ? this.#blobs.stream('table')
        : streamBytes(this.#buildTable(stored.plan, { status: 'running' }));
      return { ...stored, table };
    });
  }

  /** Whether the sweep is over. Refuses with 404. */
  async progress(): Promise<Reply<Pick<StoredPlan, 'isOver'>>> {
    return reply(() => ({ isOver: this.#find()?.isOver ?? true }));
  }

  /**
   * Stores the plan of a new sweep. Returns the stored one, which may be an earlier request's. Refuses with 409 or
   * 507.
   */
  async createPlan(plan: SweepPlan): Promise<Reply<StoredPlan & { isNew: boolean }>> {
    return reply(async () => {
      if (this.#blobs.has(DELETED)) {
        throw new HttpError(409, 'Idempotency-Key: expected a new key, as the sweep of this one was deleted');
      }
      const isNew = this.#find() === undefined && (await this.#create(plan));
      const stored = this.#find();
      if (stored === undefined) throw new Error(`sweep ${this.#id}: the plan is missing`);
      return { ...stored, isNew };
    });
  }

  /** Stores the state of a run. Returns false if the sweep is over, and its runs are not wanted any more. */
  async report(run: number, state: RunState): Promise<boolean> {
    if (this.#find()?.isOver !== false) return false;
    const json = checkCell(JSON.stringify(state));
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY, isOver INTEGER NOT NULL, json TEXT NOT NULL)',
    );
    // A late report does not replace the end of the run.
    this.#sql.exec(
      'INSERT INTO runs VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET isOver = excluded.isOver, json = excluded.json WHERE excluded.isOver >= isOver',
      ...[run, Number(state.status !== 'running'), json],
    );
    return true;
  }

  /** Checks a cancellation. Returns whether it repeats an earlier request. Refuses with 403, 404 or 409. */
  async checkCancellation(caller: Caller, key: RequestKey | null): Promise<Reply<boolean>> {
    return reply(() => {
      const { plan, isOver } = this.#read(caller);
      this.#checkOwner(caller, plan);
      if (this.#answers.find<true>(key) !== undefined) return true;
      if (isOver) throw new HttpError(409, `sweep ${this.#id} cannot be cancelled: it is over`);
      return false;
    });
  }

  /**
   * Stores the final table, JSON of `bytes` bytes. If a sweep ends and is cancelled at the same time, the first table
   * counts.
   */
  async end(bytes: number, json: ReadableStream<Uint8Array>, key: RequestKey | null): Promise<Reply<null>> {
    return reply(async () => {
      const received = crypto.randomUUID();
      try {
        await this.#blobs.receive(received, bytes, json);
        await this.#end((name) => this.#blobs.rename(received, name), key);
      } finally {
        this.#blobs.delete(received);
      }
      return null;
    });
  }

  /** Refuses with 403, 404, or 409 while the sweep runs. */
  async remove(caller: Caller): Promise<Reply<null>> {
    return reply(async () => {
      const { plan, isOver } = this.#read(caller);
      this.#checkOwner(caller, plan);
      if (!isOver) throw new HttpError(409, `sweep ${this.#id} cannot be deleted: it is running. Cancel it`);
      const jobsEnd = this.#ended + LIMITS.jobDays * MS_PER_DAY;
      const hasJobs = Date.now() < jobsEnd;
      // Its jobs exist longer than the sweep, and count until then.
      if (hasJobs) await ask(() => openDirectory(this.env).put({ ...this.#describe(plan), summary: undefined }));
      this.ctx.storage.transactionSync(() => {
        this.#sql.exec('DROP TABLE ended');
        this.#blobs.deleteAll([]);
        this.#blobs.write(DELETED, new Uint8Array());
      });
      await this.ctx.storage.setAlarm(hasJobs ? jobsEnd : Date.now() + 1000 * LIMITS.cleanUpSeconds);
      if (!hasJobs) await this.#removeEntry();
      return null;
    });
  }

  /** Ends a sweep whose workflow has failed, and deletes a sweep after its time. */
  override async alarm(): Promise<void> {
    const stored = this.#find();
    // Its start was interrupted, or it was deleted.
    if (stored === undefined) return this.#removeEntry();
    if (stored.isOver) return this.#expire();
    await this.ctx.storage.setAlarm(Date.now() + MS_PER_HOUR);
    const { instance, state } = await readWorkflow(this.env, this.#id);
    if (state.status === 'running' || this.#find()?.isOver !== false) return;
    // Then the client got an error instead of the sweep.
    const neverStarted = instance === undefined && !hasTable(this.#sql, 'runs');
    if (neverStarted) return deleteObject(this.ctx, this.env, this.#entry);
    await this.#end((name) => this.#blobs.write(name, this.#buildTable(stored.plan, state)), null);
  }

  /** Counts the bytes without the jobs after their time, and deletes the sweep after its own. */
  async #expire(): Promise<void> {
    const jobsEnd = this.#ended + LIMITS.jobDays * MS_PER_DAY;
    const end = this.#ended + LIMITS.sweepDays * MS_PER_DAY;
    if (Date.now() >= end) return deleteObject(this.ctx, this.env, this.#entry);
    if (Date.now() < jobsEnd) return this.ctx.storage.setAlarm(jobsEnd);
    await this.ctx.storage.setAlarm(end);
    const time = new Date().toISOString();
    await openDirectory(this.env).end({ ...this.#entry, time, bytes: this.#blobs.bytes });
  }

  /** Writes the table, unless the sweep is over. Throws 503. */
  async #end(writeTable: (name: string) => void, key: RequestKey | null): Promise<void> {
    if (this.#find()?.isOver !== false) return;
    const time = new Date().toISOString();
    // Before the commit, after which a repeated request does nothing.
    await ask(() => openDirectory(this.env).end({ ...this.#entry, time }));
    await this.ctx.storage.setAlarm(Date.now() + LIMITS.jobDays * MS_PER_DAY);
    this.ctx.storage.transactionSync(() => {
      if (this.#find()?.isOver !== false) return;
      writeTable('table');
      this.#sql.exec('DROP TABLE IF EXISTS runs; CREATE TABLE ended (time TEXT NOT NULL)');
      this.#sql.exec('INSERT INTO ended VALUES (?)', time);
      this.#answers.add(key, true);
    });
  }

  /** Time of the end, in milliseconds. */
  get #ended(): number {
    return Date.parse(this.#sql.exec<{ time: string }>('SELECT time FROM ended').one().time);
  }

  get #entry() {
    return { kind: 'sweep', name: this.#id } as const;
  }

  async #removeEntry(): Promise<void> {
    await removeEntry(this.ctx.storage, this.env, this.#entry);
  }

  #find(): StoredPlan | undefined {
    const bytes = this.#blobs.read('plan');
    return bytes && { ...JSON.parse(new TextDecoder().decode(bytes)), isOver: this.#blobs.has('table') };
  }

  /** Throws 404. */
  #read(caller: Caller): StoredPlan {
    const stored = this.#find();
    const unknown = unknownSweep(this.#id);
    if (stored === undefined) throw unknown;
    checkVisible(caller, stored.plan.owner.name, unknown);
    return stored;
  }

  /** Throws 403. */
  #checkOwner(caller: Caller, { owner }: SweepPlan): void {
    checkOwner(caller, owner.name, `sweep ${this.#id}`, unknownSweep(this.#id));
  }

  /** Returns false if another request created the plan first. Throws 507. */
  async #create(plan: SweepPlan): Promise<boolean> {
    const { spec, owner, runs } = plan;
    const created = new Date().toISOString();
    const bytes = new TextEncoder().encode(JSON.stringify({ plan, created }));
    // If the start is interrupted, the alarm removes the entry.
    await this.ctx.storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds);
    const summary = { created, data: spec.data, runs: runs.length };
    const reading = { reads: [`data set ${spec.data}`], since: created };
    await reserveEntry(this.env, { ...this.#describe(plan), ...reading, summary }, owner);
    if (this.#find() !== undefined) return false;
    this.#blobs.create();
    this.ctx.storage.transactionSync(() => this.#blobs.write('plan', bytes));
    return true;
  }

  /** The entry with the bytes of the plan, the jobs and the table, at most. */
  #describe({ owner, shape, runs }: SweepPlan): Entry {
    const jobs = runs.reduce((sum, run) => sum + countStoredBytes(run, shape) + countRunBytes(run, shape), 0);
    return { ...this.#entry, owner: owner.name, bytes: PLAN_BYTES * runs.length + jobs };
  }

  /** JSON of the table with the reported runs. */
  #buildTable({ runs }: SweepPlan, state: SweepState): Uint8Array<ArrayBuffer> {
    const rows = hasTable(this.#sql, 'runs')
      ? this.#sql.exec<{ run: number; json: string }>('SELECT run, json FROM runs').toArray()
      : [];
    const reports = new Map(rows.map(({ run, json }) => [run, json]));
    const list = runs.map((_, run) => reports.get(run) ?? 'null').join();
    return Uint8Array.from(new TextEncoder().encode(`{"state":${JSON.stringify(state)},"runs":[${list}]}`));
  }
}

function unknownSweep(id: string): HttpError {
  return new HttpError(404, `sweep ${id} not found`);
}
