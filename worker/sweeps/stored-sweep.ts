/**
 * A sweep in the storage: a Durable Object with its plan, the states that its runs have reported, and the table that is
 * written at the end.
 */
import { DurableObject } from 'cloudflare:workers';
import type { RunState } from '../../src/api/sweeps.ts';
import { HttpError, type Reply, reply } from '../errors.ts';
import { countRunBytes, countStoredBytes } from '../jobs/spec.ts';
import { LIMITS, MS_PER_DAY, MS_PER_HOUR } from '../limits.ts';
import { type Caller, checkOwner, checkVisible } from '../owners.ts';
import type { RequestKey } from '../requests.ts';
import { Answers } from '../storage/answers.ts';
import { Blobs, streamBytes } from '../storage/blobs.ts';
import { deleteObject, type Entry, openDirectory, removeEntry, reserveEntry } from '../storage/directory.ts';
import { ask, readName } from '../storage/objects.ts';
import { checkCell, hasTable } from '../storage/sqlite.ts';
import type { SweepPlan } from './plan.ts';
import { cancelRuns } from './runs.ts';
import { readWorkflow } from './state.ts';
import { encodeTable, type SweepTable } from './table.ts';

/** Name of the blob that marks a deleted sweep: its id is never used again. */
const DELETED = 'deleted';
/** Bytes of a run in the plan. */
const PLAN_BYTES = 1024;

export interface StoredPlan {
  readonly plan: SweepPlan;
  /** ISO 8601. */
  readonly created: string;
  /** Whether its final table is stored. */
  readonly isOver: boolean;
}

/** The rest of a deleted sweep, in the blob that marks it. */
interface Rest {
  readonly entry: Entry;
  /** Time when its last job is deleted, ISO 8601. */
  readonly until: string;
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
        : streamBytes(encodeTable({ state: { status: 'running' }, runs: this.#listReports(stored.plan) }));
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

  /** Begins a cancellation. Returns whether an earlier request has done it. Refuses with 403, 404 or 409. */
  async beginCancellation(caller: Caller, key: RequestKey | null): Promise<Reply<boolean>> {
    return reply(() => {
      const { plan, isOver } = this.#read(caller);
      this.#checkOwner(caller, plan);
      // If the first request failed, its repetition continues.
      if (this.#answers.has(key)) return isOver;
      if (isOver) throw new HttpError(409, `sweep ${this.#id} cannot be cancelled: it is over`);
      this.#answers.add(key, true);
      return false;
    });
  }

  /**
   * Stores the final table, JSON of `bytes` bytes. If a sweep ends and is cancelled at the same time, the first table
   * counts.
   */
  async end(bytes: number, json: ReadableStream<Uint8Array>): Promise<Reply<null>> {
    return reply(async () => {
      const received = crypto.randomUUID();
      try {
        await this.#blobs.receive(received, bytes, json);
        await this.#end((name) => this.#blobs.rename(received, name));
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
      // Its jobs exist longer than the sweep, and count until then.
      const until = new Date(this.#ended + LIMITS.jobDays * MS_PER_DAY).toISOString();
      const rest: Rest = { entry: this.#describe(plan), until };
      this.ctx.storage.transactionSync(() => {
        this.#sql.exec('DROP TABLE ended');
        this.#blobs.deleteAll([]);
        this.#blobs.write(DELETED, new TextEncoder().encode(JSON.stringify(rest)));
      });
      // If the entry cannot be changed, the alarm repeats it.
      await this.ctx.storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds);
      await this.#reduceEntry().catch(console.error);
      return null;
    });
  }

  /** Ends a sweep whose workflow has failed, and deletes a sweep after its time. */
  override async alarm(): Promise<void> {
    const stored = this.#find();
    // Its start was interrupted, or it was deleted.
    if (stored === undefined) return this.#reduceEntry();
    if (stored.isOver) return this.#expire();
    await this.ctx.storage.setAlarm(Date.now() + MS_PER_HOUR);
    const { instance, state } = await readWorkflow(this.env, this.#id);
    if (state.status === 'running' || this.#find()?.isOver !== false) return;
    // Then the client got an error instead of the sweep.
    const neverStarted = instance === undefined && !hasTable(this.#sql, 'runs');
    if (neverStarted) return deleteObject(this.ctx, this.env, this.#entry);
    const table: SweepTable = { state, runs: await cancelRuns(this.env, this.#id, this.#listReports(stored.plan)) };
    await this.#end((name) => this.#blobs.write(name, encodeTable(table)));
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
  async #end(writeTable: (name: string) => void): Promise<void> {
    if (this.#find()?.isOver !== false) return;
    const time = new Date().toISOString();
    // Before the commit, after which a repeated request does nothing.
    await ask(() => openDirectory(this.env).end({ ...this.#entry, time }));
    await this.ctx.storage.setAlarm(Date.now() + LIMITS.jobDays * MS_PER_DAY);
    this.ctx.storage.transactionSync(() => {
      if (this.#find()?.isOver !== false) return;
      writeTable('table');
      this.#sql.exec('DROP TABLE IF EXISTS runs; DROP TABLE IF EXISTS ended; CREATE TABLE ended (time TEXT NOT NULL)');
      this.#sql.exec('INSERT INTO ended VALUES (?)', time);
    });
  }

  /** Time of the end, in milliseconds. */
  get #ended(): number {
    return Date.parse(this.#sql.exec<{ time: string }>('SELECT time FROM ended').one().time);
  }

  get #entry() {
    return { kind: 'sweep', name: this.#id } as const;
  }

  /** Counts the jobs of a deleted sweep, without listing it, and removes the entry after their time. */
  async #reduceEntry(): Promise<void> {
    const bytes = this.#blobs.read(DELETED);
    const rest: Rest | undefined = bytes && JSON.parse(new TextDecoder().decode(bytes));
    if (rest === undefined || Date.now() >= Date.parse(rest.until)) {
      return removeEntry(this.ctx.storage, this.env, this.#entry);
    }
    await openDirectory(this.env).put(rest.entry);
    await this.ctx.storage.setAlarm(Date.parse(rest.until));
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

  /** The reported runs. */
  #listReports({ runs }: SweepPlan): (RunState | null)[] {
    const rows = hasTable(this.#sql, 'runs')
      ? this.#sql.exec<{ run: number; json: string }>('SELECT run, json FROM runs').toArray()
      : [];
    const reports = new Map(rows.map(({ run, json }) => [run, JSON.parse(json) as RunState]));
    return runs.map((_, run) => reports.get(run) ?? null);
  }
}

function unknownSweep(id: string): HttpError {
  return new HttpError(404, `sweep ${id} not found`);
}
