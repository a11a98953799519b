/** One object that knows all that is stored: for lists, for quotas, and for what jobs and sweeps read. */
import { DurableObject } from 'cloudflare:workers';
import type { JobState } from '../../src/api/jobs.ts';
import { isOver } from '../../src/api/states.ts';
import { formatNumber } from '../../src/core/errors.ts';
import type { Settings } from '../env.ts';
import { badRequest, HttpError, type Reply, reply } from '../errors.ts';
import { LIMITS, MB, MS_PER_HOUR } from '../limits.ts';
import { type Caller, type Identity, SERVICE } from '../owners.ts';
import { ask, askReply } from './objects.ts';
import { checkCell } from './sqlite.ts';

/** Kinds of stored things. The list of models is ordered by name, all others begin with the newest. */
export const KINDS = ['model', 'data set', 'job', 'sweep', 'learner'] as const;
export type Kind = (typeof KINDS)[number];

export interface Entry {
  readonly kind: Kind;
  readonly name: string;
  /** Name of the token that owns it. */
  readonly owner: string;
  /** Bytes that count against the quotas. */
  readonly bytes: number;
  /** JSON for lists. Without it, the entry is not listed. */
  readonly summary?: unknown;
  /** Stored things that must not be deleted while it runs: `data set NAME`, `model NAME` or `model NAME@VERSION`. */
  readonly reads?: readonly string[];
  /** Time of the last start, ISO 8601: an end before it is an earlier end. */
  readonly since?: string;
}

/** The end of a job or sweep. */
export type End = Pick<Entry, 'kind' | 'name' | 'summary'> & {
  /** ISO 8601. */
  readonly time: string;
  /** Default: as before. */
  readonly bytes?: number;
};

export interface Page {
  /** `next` of the page before; undefined for the first page. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface Listed {
  readonly items: readonly { readonly name: string; readonly summary: unknown }[];
  /** Cursor of the next page; null after the last. */
  readonly next: string | null;
}

/** Storage of a token and of all tokens. */
export interface StorageUsage {
  readonly counts: Readonly<Record<Kind, number>>;
  readonly bytes: number;
  /** Null for `admin`, which only the quota of all tokens limits. */
  readonly limit: number | null;
  readonly total: { readonly bytes: number; readonly limit: number };
}

type Reader = Readonly<Record<'name' | 'since', string>> & { readonly kind: Kind };
type DirectoryBinding = Pick<Env, 'DIRECTORY'>;
export type ReaderBindings = Pick<Env, 'DIRECTORY' | 'JOBS' | 'SWEEP_RECORDS'>;

export class Directory extends DurableObject<Env & Settings> {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env & Settings) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL, owner TEXT NOT NULL, bytes INTEGER NOT NULL, summary TEXT, since TEXT NOT NULL, UNIQUE (kind, name));
      CREATE INDEX IF NOT EXISTS newest ON entries (kind, number) WHERE summary IS NOT NULL;
      CREATE INDEX IF NOT EXISTS owned ON entries (kind, owner, number) WHERE summary IS NOT NULL;
      CREATE TABLE IF NOT EXISTS totals (owner TEXT NOT NULL, kind TEXT NOT NULL, entries INTEGER NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (owner, kind)) WITHOUT ROWID;
      CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON entries BEGIN
        INSERT INTO totals VALUES (NEW.owner, NEW.kind, 1, NEW.bytes)
        ON CONFLICT DO UPDATE SET entries = entries + 1, bytes = bytes + NEW.bytes;
      END;
      CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON entries BEGIN
        UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.bytes WHERE owner = OLD.owner AND kind = OLD.kind;
        DELETE FROM totals WHERE owner = OLD.owner AND kind = OLD.kind AND entries = 0;
      END;
      CREATE TRIGGER IF NOT EXISTS resized AFTER UPDATE ON entries WHEN NEW.bytes <> OLD.bytes AND NEW.owner = OLD.owner BEGIN
        UPDATE totals SET bytes = bytes + NEW.bytes - OLD.bytes WHERE owner = OLD.owner AND kind = OLD.kind;
      END;
      CREATE TRIGGER IF NOT EXISTS moved AFTER UPDATE ON entries WHEN NEW.owner <> OLD.owner BEGIN
        UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.bytes WHERE owner = OLD.owner AND kind = OLD.kind;
        INSERT INTO totals VALUES (NEW.owner, NEW.kind, 1, NEW.bytes)
        ON CONFLICT DO UPDATE SET entries = entries + 1, bytes = bytes + NEW.bytes;
        DELETE FROM totals WHERE owner = OLD.owner AND kind = OLD.kind AND entries = 0;
      END;
      CREATE TABLE IF NOT EXISTS readers (target TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, since TEXT NOT NULL, PRIMARY KEY (target, kind, name)) WITHOUT ROWID;
    `);
  }

  /** Adds an entry, or replaces it and keeps its summary unless a new one is given. Refuses with 507 beyond a quota. */
  async reserve(entry: Entry, by: Identity): Promise<Reply<null>> {
    return reply(() => {
      this.#checkQuotas(entry, by);
      this.#write(entry, 'COALESCE(excluded.summary, summary)');
      return null;
    });
  }

  /** Adds or replaces an entry. */
  async put(entry: Entry): Promise<void> {
    this.#write(entry, 'excluded.summary');
  }

  /** Records that a job or sweep was over at a time, unless it was resumed after it. */
  async end({ kind, name, time, summary, bytes }: End): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM readers WHERE kind = ? AND name = ? AND since <= ?', kind, name, time);
      this.#sql.exec(
        'UPDATE entries SET summary = COALESCE(?, summary), bytes = COALESCE(?, bytes) WHERE kind = ? AND name = ? AND since <= ?',
        ...[formatSummary(summary), bytes ?? null, kind, name, time],
      );
    });
  }

  async remove(kind: Kind, name: string): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec('DELETE FROM entries WHERE kind = ? AND name = ?', kind, name);
      this.#sql.exec('DELETE FROM readers WHERE kind = ? AND name = ?', kind, name);
    });
  }

  /** A page of what the caller may see. */
  async list(kind: Kind, { identity, isClosed }: Caller, { cursor, limit }: Page): Promise<Listed> {
    const byName = isListedByName(kind);
    const owner = isClosed && identity?.isAdmin !== true ? [identity?.name ?? ''] : [];
    const rows = this.#sql
      .exec<{ number: number; name: string; summary: string }>(
        `SELECT number, name, summary FROM entries WHERE kind = ? ${owner.length > 0 ? 'AND owner = ?' : ''} AND summary IS NOT NULL
         AND ${byName ? 'name > ?' : 'number < ?'} ORDER BY ${byName ? 'name' : 'number DESC'} LIMIT ?`,
        ...[kind, ...owner, byName ? (cursor ?? '') : Number(cursor ?? Number.MAX_SAFE_INTEGER), limit + 1],
      )
      .toArray();
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      items: rows.slice(0, limit).map(({ name, summary }) => ({ name, summary: JSON.parse(summary) })),
      next: last === undefined ? null : byName ? last.name : String(last.number),
    };
  }

  /** Throws 503 for a malformed quota. */
  async usage(by: Identity): Promise<Reply<StorageUsage>> {
    return reply(() => {
      const rows = this.#sql
        .exec<{ kind: Kind; entries: number; bytes: number }>(
          'SELECT kind, entries, bytes FROM totals WHERE owner = ?',
          by.name,
        )
        .toArray();
      const count = (kind: Kind) => [kind, rows.find((row) => row.kind === kind)?.entries ?? 0];
      const { token, all } = readQuotas(this.env);
      return {
        counts: Object.fromEntries(KINDS.map(count)) as Record<Kind, number>,
        bytes: rows.reduce((sum, { bytes }) => sum + bytes, 0),
        limit: by.isAdmin ? null : token,
        total: { bytes: this.#sumBytes(), limit: all },
      };
    });
  }

  /** A job or sweep that reads `target`. */
  async findReader(target: string): Promise<Reader | null> {
    const query = 'SELECT kind, name, since FROM readers WHERE target = ? LIMIT 1';
    return this.#sql.exec<Reader>(query, target).toArray()[0] ?? null;
  }

  /** Throws 507 or 503. */
  #checkQuotas({ kind, name, owner, bytes }: Entry, by: Identity): void {
    const { token, all } = readQuotas(this.env);
    const query = 'SELECT bytes FROM entries WHERE kind = ? AND name = ?';
    const growth = bytes - (this.#sql.exec<{ bytes: number }>(query, kind, name).toArray()[0]?.bytes ?? 0);
    const total = this.#sumBytes() + growth;
    if (growth > 0 && total > all) throw storageFull('all tokens', all, total);
    if (by.isAdmin) return;
    const owned = this.#sumBytes(owner) + growth;
    if (growth > 0 && owned > token) throw storageFull(`token ${owner}`, token, owned);
  }

  /** Bytes of an owner, or of all. */
  #sumBytes(owner?: string): number {
    const [condition, values] = owner === undefined ? ['TRUE', []] : ['owner = ?', [owner]];
    const query = `SELECT COALESCE(SUM(bytes), 0) AS total FROM totals WHERE ${condition}`;
    return this.#sql.exec<{ total: number }>(query, ...values).one().total;
  }

  /** `summary` is an SQL expression for an entry that exists. */
  #write({ kind, name, owner, bytes, summary: given, reads = [], since = '' }: Entry, summary: string): void {
    this.ctx.storage.transactionSync(() => {
      this.#sql.exec(
        `INSERT INTO entries (kind, name, owner, bytes, summary, since) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, name)
         DO UPDATE SET owner = COALESCE(NULLIF(excluded.owner, ''), owner), bytes = excluded.bytes, summary = ${summary}, since = excluded.since`,
        ...[kind, name, owner, bytes, formatSummary(given), since],
      );
      const others = `target NOT IN (${reads.map(() => '?').join()})`;
      this.#sql.exec(`DELETE FROM readers WHERE kind = ? AND name = ? AND ${others}`, kind, name, ...reads);
      for (const target of reads) {
        const query = `INSERT INTO readers (target, kind, name, since) VALUES (?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET since = excluded.since WHERE since <> excluded.since`;
        this.#sql.exec(query, target, kind, name, since);
      }
    });
  }
}

function formatSummary(summary: unknown): string | null {
  return summary === undefined ? null : checkCell(JSON.stringify(summary));
}

/** Whether a list is ordered by name. All others begin with the newest, and their cursor is a number. */
function isListedByName(kind: Kind): boolean {
  return kind === 'model';
}

export function openDirectory({ DIRECTORY }: DirectoryBinding): DurableObjectStub<Directory> {
  return DIRECTORY.getByName('directory');
}

/** A page of what the caller may see. Throws 400 for a malformed cursor, or 503. */
export async function listEntries(env: DirectoryBinding, kind: Kind, caller: Caller, page: Page): Promise<Listed> {
  if (page.cursor !== undefined && !isListedByName(kind) && !/^\d{1,15}$/.test(page.cursor)) {
    throw badRequest(`cursor: expected the value of next in an earlier list, got ${page.cursor}`);
  }
  return ask<Listed>(() => openDirectory(env).list(kind, caller, page));
}

/** Deletes all of an object, and then its entry. The alarm of an empty object calls `removeEntry`. */
export async function deleteObject(
  { storage }: DurableObjectState,
  env: DirectoryBinding,
  { kind, name }: Pick<Entry, 'kind' | 'name'>,
): Promise<void> {
  // Without an await in between, both are one commit.
  await Promise.all([storage.deleteAll(), storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds)]);
  await removeEntry(storage, env, { kind, name });
}

/** Removes the entry of an empty object. If that fails, the alarm repeats it. */
export async function removeEntry(
  storage: DurableObjectStorage,
  env: DirectoryBinding,
  { kind, name }: Pick<Entry, 'kind' | 'name'>,
): Promise<void> {
  try {
    await openDirectory(env).remove(kind, name);
  } catch (error) {
    console.error(error);
    // Unless something was created meanwhile.
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + MS_PER_HOUR);
  }
}

/** Adds an entry within the quotas. Throws 507 or 503. */
export async function reserveEntry(env: DirectoryBinding, entry: Entry, by: Identity): Promise<void> {
  await askReply<null>(() => openDirectory(env).reserve(entry, by));
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
    // The end of the reader has not arrived.
    await ask(() => directory.end({ kind, name, time: since }));
  }
}

async function isRunning({ JOBS, SWEEP_RECORDS }: ReaderBindings, { kind, name }: Reader): Promise<boolean> {
  if (kind === 'job') {
    const job = await ask<Reply<{ state: JobState }>>(() => JOBS.get(JOBS.idFromString(name)).status(SERVICE));
    return job.ok && !isOver(job.value.state);
  }
  const sweep = await ask<Reply<{ isOver: boolean }>>(() => SWEEP_RECORDS.getByName(name).progress());
  return sweep.ok && !sweep.value.isOver;
}

/** Quotas in bytes: of a token without the scope admin, and of all tokens. Throws 503. */
function readQuotas(settings: Settings): { token: number; all: number } {
  const read = (name: 'STORAGE_MB' | 'TOKEN_STORAGE_MB', usual: number): number => {
    const text = settings[name];
    const megabytes = text === undefined ? usual : Number(text);
    if (megabytes > 0) return MB * megabytes;
    throw new HttpError(503, `${name}: expected a number above 0, got ${text}`);
  };
  return { token: read('TOKEN_STORAGE_MB', LIMITS.tokenStorageMB), all: read('STORAGE_MB', LIMITS.storageMB) };
}

export function storageFull(subject: string, most: number, got: number): HttpError {
  const megabytes = (bytes: number) => `${formatNumber(Math.ceil((10 * bytes) / MB) / 10)} MB`;
  const message = `the storage of ${subject}: expected at most ${megabytes(most)}, got ${megabytes(got)}. Nothing was changed: delete what you do not need, then retry`;
  return new HttpError(507, message);
}
