/** Files of a Durable Object with a name: received within the quotas, and invisible until a transaction keeps them. */

import { LIMITS } from '../limits.ts';
import { createOwnerError, type Identity, owns } from '../owners.ts';
import { Blobs, drain } from './blobs.ts';
import { type Entry, type Kind, openDirectory, reserveEntry, storageFull } from './directory.ts';
import { readName } from './objects.ts';
import { hasTable } from './sqlite.ts';

export class Files {
  /** The name of the object. */
  readonly name: string;
  readonly #ctx: DurableObjectState;
  readonly #env: Env;
  readonly #kind: Kind;
  readonly #summarize: () => unknown;
  readonly #blobs: Blobs;
  /** Files of unfinished uploads in this process. All other files that are not kept belong to a killed upload. */
  readonly #receiving = new Set<string>();

  /** `summarize` returns what lists have of the name; undefined if it is not listed. */
  constructor(ctx: DurableObjectState, env: Env, kind: Kind, summarize: () => unknown) {
    this.name = readName(ctx);
    this.#ctx = ctx;
    this.#env = env;
    this.#kind = kind;
    this.#summarize = summarize;
    this.#blobs = new Blobs(ctx.storage.sql);
  }

  /** Bytes of all files. */
  get bytes(): number {
    if (!hasTable(this.#sql, 'files')) return 0;
    return this.#sql.exec<{ total: number }>('SELECT COALESCE(SUM(bytes), 0) AS total FROM files').one().total;
  }

  /** Creates the tables. An object without files stores nothing, not even tables. */
  #create(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, kept INTEGER NOT NULL)',
    );
    this.#sql.exec('CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL)');
    this.#blobs.create();
  }

  /** Two first uploads may arrive at a time. */
  #claim(by: Identity): void {
    this.checkUploader(by);
    this.#sql.exec('INSERT OR IGNORE INTO owner (one, name) VALUES (1, ?)', by.name);
  }

  #describe(owner: string): Entry {
    return { kind: this.#kind, name: this.name, owner, bytes: this.bytes };
  }

  /**
   * Receives a file, gives it to `keep`, and deletes it unless `keep` has kept it. The first token that uploads a file
   * owns the name. Throws 403 for any other token, 507 beyond a quota, 503, or what `keep` throws.
   */
  async receive<Result>(
    by: Identity,
    bytes: number,
    stream: ReadableStream<Uint8Array>,
    keep: (file: string) => Result,
  ): Promise<Result> {
    const file = crypto.randomUUID();
    this.#receiving.add(file);
    try {
      this.checkUploader(by);
      this.#create();
      const total = this.bytes + bytes;
      if (total > LIMITS.nameBytes) throw storageFull(`${this.#kind} ${this.name}`, LIMITS.nameBytes, total);
      this.#sql.exec('INSERT INTO files (name, bytes, kept) VALUES (?, ?, 0)', file, bytes);
      await this.watch();
      await reserveEntry(this.#env, this.#describe(this.owner ?? by.name), by);
      await this.#blobs.receive(file, bytes, stream);
      return this.transaction(() => {
        this.#claim(by);
        return keep(file);
      });
    } finally {
      this.#receiving.delete(file);
      await this.announce();
      await drain(stream);
    }
  }

  /** Name of the token that owns the name. */
  get owner(): string | undefined {
    if (!hasTable(this.#sql, 'owner')) return undefined;
    return this.#sql.exec<{ name: string }>('SELECT name FROM owner').toArray()[0]?.name;
  }

  /** Throws 403 if the name belongs to another token. */
  checkUploader(by: Identity): void {
    const { owner } = this;
    if (owner !== undefined && !owns(by, owner)) throw createOwnerError(`${this.#kind} ${this.name}`);
  }

  /** Leaves the name to the next token. */
  release(): void {
    this.#sql.exec('DELETE FROM owner');
  }

  /** Makes a received file permanent. Call it in the transaction that refers to the file. */
  keep(file: string): void {
    this.#sql.exec('UPDATE files SET kept = 1 WHERE name = ?', file);
  }

  remove(file: string): void {
    this.#blobs.delete(file);
    this.#sql.exec('DELETE FROM files WHERE name = ?', file);
  }

  /** Throws if a chunk is missing. */
  stream(file: string): ReadableStream<Uint8Array> {
    return this.#blobs.stream(file);
  }

  transaction<Result>(work: () => Result): Result {
    return this.#ctx.storage.transactionSync(work);
  }

  /** Deletes the files of failed and killed uploads. */
  removeUnfinished(): void {
    if (!hasTable(this.#sql, 'files')) return;
    const files = this.#sql.exec<{ name: string }>('SELECT name FROM files WHERE kept = 0').toArray();
    this.transaction(() => {
      for (const { name } of files) if (!this.#receiving.has(name)) this.remove(name);
    });
  }

  /** Repeats what an interrupted change left undone. Deletes the object if `isEmpty` and nothing is received. */
  async cleanUp(isEmpty: () => boolean): Promise<void> {
    this.removeUnfinished();
    if (this.#receiving.size > 0) return this.watch();
    const announced = await this.announce();
    // Deletes the alarm as well.
    if (announced && isEmpty() && this.#receiving.size === 0) await this.#ctx.storage.deleteAll();
  }

  /** Sets the alarm that cleans up after a change that is interrupted. */
  async watch(): Promise<void> {
    await this.#ctx.storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds);
  }

  /**
   * Deletes unfinished files, and writes the entry of the directory. If that fails, sets the alarm to try again and
   * returns false.
   */
  async announce(): Promise<boolean> {
    try {
      this.removeUnfinished();
      const summary = this.#summarize();
      const directory = openDirectory(this.#env);
      if (summary === undefined && this.bytes === 0) await directory.remove(this.#kind, this.name);
      else await directory.put({ ...this.#describe(this.owner ?? ''), summary });
      return true;
    } catch (error) {
      console.error(error);
      await this.watch();
      return false;
    }
  }

  get #sql(): SqlStorage {
    return this.#ctx.storage.sql;
  }
}
