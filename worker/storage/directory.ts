/** One object that knows all stored names: for lists, for the quota, and for what jobs and sweeps read. */
import { DurableObject } from 'cloudflare:workers';
import type { JobState } from '../../src/api/jobs.ts';
import { isOver } from '../../src/api/states.ts';
import { formatNumber } from '../../src/core/errors.ts';
import type { Settings } from '../env.ts';
import { HttpError, type Reply, reply } from '../errors.ts';
import { LIMITS, MB } from '../limits.ts';
import { ask } from './objects.ts';
import { checkCell } from './sqlite.ts';

export type Kind = 'model' | 'data set' | 'job' | 'sweep';

export interface Entry {
  readonly kind: Kind;
  readonly name: string;
  /** Bytes that count against the quota. */
  readonly bytes?: number;
  /** JSON for lists. Without it, the entry is not listed. */
  readonly summary?: unknown;
  /** Stored things that must not be deleted while it runs: `data set NAME`, `model NAME` or `model NAME@VERSION`. */
  readonly reads?: readonly string[];
  /** Time from which it reads, ISO 8601: an end before it is an earlier end. */
  readonly since?: string;
}

type Reader = Readonly<Record<'kind' | 'name' | 'since', string>>;
type DirectoryBinding = Pick<Env, 'DIRECTORY'>;
export type ReaderBindings = Pick<Env, 'DIRECTORY' | 'JOBS' | 'SWEEP_RECORDS'>;

export interface Listed {
  readonly name: string;
  readonly summary: unknown;
}

export class Directory extends DurableObject<Env & Settings> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env & Settings) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, summary TEXT, UNIQUE (kind, name));
      CREATE TABLE IF NOT EXISTS readers (target TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (target, kind, name));
    `);
  }

  /** Counts bytes that a name will have. Refuses with 507 what exceeds the quota. */
  async reserve(kind: Kind, name: string, bytes: number): Promise<Reply<null>> {
    return reply(() => {
      const query = 'SELECT COALESCE(SUM(bytes), 0) AS others FROM entries WHERE NOT (kind = ? AND name = ?)';
      const { others } = this.#sql.exec<{ others: number }>(query, kind, name).one();
      const quota = readQuota(this.env);
      if (others + bytes > quota) throw storageFull('all models and data sets', quota, others + bytes);
      this.#sql.exec(
        'INSERT INTO entries (kind, name, bytes) VALUES (?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET bytes = excluded.bytes',
        ...[kind, name, bytes],
      );
      return null;
    });
  }

  /** Adds or replaces an entry. */
  async put({ kind, name, bytes = 0, summary, reads = [], since = '' }: Entry): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec(
        'INSERT INTO entries (kind, name, bytes, summary) VALUES (?, ?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET bytes = excluded.bytes, summary = excluded.summary',
        ...[kind, name, bytes, summary === undefined ? null : checkCell(JSON.stringify(summary))],
      );
      this.#sql.exec('DELETE FROM readers WHERE kind = ? AND name = ?', kind, name);
      for (const target of reads) {
        this.#sql.exec(
          'INSERT INTO readers (target, kind, name, since) VALUES (?, ?, ?, ?)',
          target,
          kind,
          name,
          since,
        );
      }
    });
  }

  /** Records that a job or sweep was over at a time, unless it was resumed after it. */
  async endReading(kind: string, name: string, time: string): Promise<void> {
    this.#sql.exec('DELETE FROM readers WHERE kind = ? AND name = ? AND since <= ?', kind, name, time);
  }

  async remove(kind: Kind, name: string): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM entries WHERE kind = ? AND name = ?', kind, name);
      this.#sql.exec('DELETE FROM readers WHERE kind = ? AND name = ?', kind, name);
    });
  }

  /** Newest first. */
  async list(kind: Kind, most: number): Promise<{ name: string; summary: string }[]> {
    return this.#sql
      .exec<{ name: string; summary: string }>(
        'SELECT name, summary FROM entries WHERE kind = ? AND summary IS NOT NULL ORDER BY number DESC LIMIT ?',
        ...[kind, most],
      )
      .toArray();
  }

  /** A job or sweep that reads `target`. */
  async findReader(target: string): Promise<Reader | null> {
    const query = 'SELECT kind, name, since FROM readers WHERE target = ? LIMIT 1';
    return this.#sql.exec<Reader>(query, target).toArray()[0] ?? null;
  }
}

export function openDirectory({ DIRECTORY }: DirectoryBinding): DurableObjectStub<Directory> {
  return DIRECTORY.getByName('directory');
}

/** Newest first. Throws 503. */
export async function listEntries(env: DirectoryBinding, kind: Kind, most: number): Promise<Listed[]> {
  const listed = await ask(() => openDirectory(env).list(kind, most));
  return listed.map(({ name, summary }) => ({ name, summary: JSON.parse(summary) }));
}

/** Throws 409 while a job or sweep reads `target`, or 503. */
export async function refuseWhileRead(env: ReaderBindings, target: string): Promise<void> {
  const directory = openDirectory(env);
  for (;;) {
    const reader = await ask<Reader | null>(() => directory.findReader(target));
    if (reader === null) return;
    const { kind, name, since } = reader;
    if (await isRunning(env, reader)) {
      throw new HttpError(409, `${target} is read by ${kind} ${name}: wait for its end, or cancel it`);
    }
    // Its own call of endReading has not arrived.
    await ask(() => directory.endReading(kind, name, since));
  }
}

async function isRunning({ JOBS, SWEEP_RECORDS }: ReaderBindings, { kind, name }: Reader): Promise<boolean> {
  if (kind === 'job') {
    const job = await ask<Reply<{ state: JobState }>>(() => JOBS.get(JOBS.idFromString(name)).status());
    return job.ok && !isOver(job.value.state);
  }
  const sweep = await ask<Reply<{ isOver: boolean }>>(() => SWEEP_RECORDS.getByName(name).read());
  return sweep.ok && !sweep.value.isOver;
}

/** Bytes of all models and data sets. Throws 503 for a setting that is not a number above 0. */
function readQuota({ STORAGE_MB }: Settings): number {
  const megabytes = STORAGE_MB === undefined ? LIMITS.storageMB : Number(STORAGE_MB);
  if (megabytes > 0) return MB * megabytes;
  throw new HttpError(503, `STORAGE_MB: expected a number above 0, got ${STORAGE_MB}`);
}

export function storageFull(subject: string, most: number, got: number): HttpError {
  const megabytes = (bytes: number) => `${formatNumber(Math.ceil((10 * bytes) / MB) / 10)} MB`;
  const message = `the storage of ${subject}: expected at most ${megabytes(most)}, got ${megabytes(got)}. Nothing was changed: delete what you do not need, then retry`;
  return new HttpError(507, message);
}
