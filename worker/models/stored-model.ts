/**
 * A model in the storage: a Durable Object with its versions and aliases. Every change is one transaction. The number
 * of a deleted version is never used again, because clients and caches keep a version for a year.
 */
import { DurableObject } from 'cloudflare:workers';
import { STABLE } from '../../src/api/fields.ts';
import type { Version } from '../../src/api/models.ts';
import { badRequest, HttpError, type Reply, reply } from '../errors.ts';
import { checkCell, hasTable } from '../storage/cells.ts';
import { Files } from '../storage/files.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, isBundled } from './bundled.ts';
import { type Contract, checkContract } from './contract.ts';
import type { UnnumberedVersion } from './version.ts';

/** Version numbers have up to nine digits. */
const MAX_VERSION = 999_999_999;

export interface ModelUpload {
  /** Null for the next free number, unless a version already has this file. */
  readonly number: number | null;
  readonly version: UnnumberedVersion;
  readonly contract: Contract;
}

export interface Published {
  readonly version: Version;
  /** False if a version with this file existed before. */
  readonly created: boolean;
}

/** Versions in ascending order, without the bundled one. */
export interface StoredVersions {
  readonly versions: readonly Version[];
  readonly aliases: Readonly<Record<string, number>>;
}

export interface AliasTarget {
  readonly version: number;
  /** Undefined for `stable` before its first move. */
  readonly etag?: string;
}

export interface Opened {
  readonly number: number;
  /** Null for the bundled version. */
  readonly version: Version | null;
  /** The file; null if the caller has it. */
  readonly file: ReadableStream<Uint8Array> | null;
}

/** What the list of models has of a model. */
export type ModelSummary = readonly number[];

export class StoredModel extends DurableObject<Env> {
  readonly #files: Files;
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#files = new Files(ctx, env, 'model');
    this.#files.removeUnfinished();
  }

  async describe(): Promise<Reply<StoredVersions>> {
    return reply(() => ({ versions: this.#versions(), aliases: this.#aliases() }));
  }

  /** Refuses with 400 what differs from the versions. */
  async check(contract: Contract): Promise<Reply<null>> {
    return reply(() => {
      this.#checkContract(contract);
      return null;
    });
  }

  /**
   * The version that a number or alias means, and its file unless the caller holds that version. Refuses with 404.
   */
  async open(reference: string, held: readonly number[]): Promise<Reply<Opened>> {
    return reply(() => {
      const number = /^\d+$/.test(reference) ? Number(reference) : this.#target(reference).version;
      if (isBundled(this.#name, number)) return { number, version: null, file: null };
      const { file, version } = this.#read(number);
      return { number, version, file: held.includes(number) ? null : this.#files.stream(file) };
    });
  }

  /** The version that an upload would repeat; null for a new one. Refuses with 400 or 409. */
  async find(upload: ModelUpload): Promise<Reply<Version | null>> {
    return reply(() => this.#findUploaded(upload) ?? null);
  }

  /** Stores a version. Repeating an upload succeeds. Refuses with 400, 409 or 507. */
  async upload(upload: ModelUpload, stream: ReadableStream<Uint8Array>): Promise<Reply<Published>> {
    return reply(async () => {
      this.#create();
      const known = this.#findUploaded(upload);
      if (known !== undefined) {
        await stream.cancel();
        return { version: known, created: false };
      }
      const published = await this.#files.receive(upload.version.bytes, stream, (file): Published => {
        // Another upload may have ended first.
        const other = this.#findUploaded(upload);
        return other === undefined
          ? { version: this.#addVersion(upload, file), created: true }
          : { version: other, created: false };
      });
      await this.#announce();
      return published;
    });
  }

  /** Refuses with 404. */
  async alias(alias: string): Promise<Reply<AliasTarget>> {
    return reply(() => this.#target(alias));
  }

  /** Refuses with 404 for an unknown version, 412 if the alias has moved since the client read `etag`. */
  async moveAlias(alias: string, version: number, etag: string | undefined): Promise<Reply<AliasTarget>> {
    return reply(() =>
      this.#files.transaction(() => {
        if (!isBundled(this.#name, version)) this.#read(version);
        this.#create();
        if (etag !== undefined && this.#findAlias(alias)?.etag !== etag) {
          const message = `alias ${alias} of ${this.#name} was moved by another client: read it again, then retry`;
          throw new HttpError(412, message);
        }
        // A new tag for every move, also for a move there and back.
        const moved = { version, etag: `"${crypto.randomUUID()}"` };
        this.#sql.exec(
          'INSERT OR REPLACE INTO aliases (alias, version, etag) VALUES (?, ?, ?)',
          alias,
          version,
          moved.etag,
        );
        return moved;
      }),
    );
  }

  /** Refuses with 404, and with 409 for `stable`. */
  async removeAlias(alias: string): Promise<Reply<null>> {
    return reply(() => {
      if (alias === STABLE) throw new HttpError(409, `alias ${STABLE} cannot be deleted: move it to another version`);
      if (this.#findAlias(alias) === undefined) throw unknownAlias(this.#name, alias);
      this.#sql.exec('DELETE FROM aliases WHERE alias = ?', alias);
      return null;
    });
  }

  /** Refuses with 404, and with 409 for a version that is served or has an alias. */
  async removeVersion(number: number): Promise<Reply<null>> {
    return reply(async () => {
      await this.#files.watch();
      this.#files.transaction(() => {
        const { file } = this.#read(number);
        const alias = Object.entries(this.#aliases()).find(([, version]) => version === number)?.[0];
        const holder = this.#target(STABLE).version === number ? STABLE : alias;
        if (holder !== undefined) {
          const message = `version ${number} of ${this.#name} cannot be deleted, because the alias ${holder} points at it: move the alias first`;
          throw new HttpError(409, message);
        }
        this.#removeFile(number, file);
      });
      await this.#announce();
      return null;
    });
  }

  /** Deletes all versions and aliases. Refuses with 404. */
  async removeAll(): Promise<Reply<null>> {
    return reply(async () => {
      const versions = this.#versions();
      if (versions.length === 0) throw unknownModel(this.#name);
      await this.#files.watch();
      this.#files.transaction(() => {
        for (const { version } of versions) this.#removeFile(version, this.#read(version).file);
        this.#sql.exec('DELETE FROM aliases');
        this.#sql.exec('DELETE FROM contract');
      });
      await this.#announce();
      return null;
    });
  }

  /** Cleans up after an interrupted change. */
  override async alarm(): Promise<void> {
    this.#files.removeUnfinished();
    if (this.#files.busy) return this.#files.watch();
    await this.#announce();
    const rows = 'SELECT number FROM versions UNION SELECT version FROM aliases LIMIT 1';
    const empty = !this.#exists || this.#sql.exec(rows).toArray().length === 0;
    if (empty && !this.#files.busy) await this.ctx.storage.deleteAll();
  }

  get #name(): string {
    return this.#files.name;
  }

  #create(): void {
    // A deleted version has no file.
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS contract (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS versions (number INTEGER PRIMARY KEY, json TEXT NOT NULL, file TEXT);
      CREATE TABLE IF NOT EXISTS aliases (alias TEXT PRIMARY KEY, version INTEGER NOT NULL, etag TEXT NOT NULL);
    `);
  }

  get #exists(): boolean {
    return hasTable(this.#sql, 'versions');
  }

  #versions(): Version[] {
    if (!this.#exists) return [];
    return this.#sql
      .exec<{ json: string }>('SELECT json FROM versions WHERE file IS NOT NULL ORDER BY number')
      .toArray()
      .map(({ json }) => JSON.parse(json));
  }

  #aliases(): Record<string, number> {
    if (!this.#exists) return {};
    const rows = this.#sql.exec<{ alias: string; version: number }>(
      'SELECT alias, version FROM aliases ORDER BY alias',
    );
    return Object.fromEntries(rows.toArray().map(({ alias, version }) => [alias, version]));
  }

  /** Throws 400. */
  #checkContract(contract: Contract): void {
    if (!this.#exists) return;
    const [row] = this.#sql.exec<{ json: string }>('SELECT json FROM contract').toArray();
    if (row !== undefined) checkContract(this.#name, contract, JSON.parse(row.json));
  }

  #find(number: number): { readonly json: string; readonly file: string | null } | undefined {
    if (!this.#exists) return undefined;
    return this.#sql
      .exec<{ json: string; file: string | null }>('SELECT json, file FROM versions WHERE number = ?', number)
      .toArray()[0];
  }

  /** Throws 404. */
  #read(number: number): { readonly version: Version; readonly file: string } {
    const { json, file = null } = this.#find(number) ?? {};
    if (json === undefined || file === null) {
      throw new HttpError(404, `version ${number} of ${this.#name} not found`);
    }
    return { version: JSON.parse(json), file };
  }

  #findAlias(alias: string): AliasTarget | undefined {
    if (!this.#exists) return undefined;
    return this.#sql
      .exec<{ version: number; etag: string }>('SELECT version, etag FROM aliases WHERE alias = ?', alias)
      .toArray()[0];
  }

  /** Publishing does not change what is served: `stable` is the first version until it moves. Throws 404. */
  #target(alias: string): AliasTarget {
    const found = this.#findAlias(alias);
    if (found !== undefined) return found;
    if (alias !== STABLE) throw unknownAlias(this.#name, alias);
    if (this.#name === BUNDLED_NAME) return { version: BUNDLED_VERSION };
    const [first] = this.#versions();
    if (first === undefined) throw unknownModel(this.#name);
    return { version: first.version };
  }

  /** The version that has this file already, if the upload may mean it. Throws 400 or 409. */
  #findUploaded({ number, version, contract }: ModelUpload): Version | undefined {
    this.#checkContract(contract);
    if (number === null) return this.#versions().find(({ sha256 }) => sha256 === version.sha256);
    const found = this.#find(number);
    if (found === undefined) return undefined;
    const subject = `version ${number} of ${this.#name}`;
    if (found.file === null) {
      throw new HttpError(409, `${subject} was deleted, and its number is not used again: choose another number`);
    }
    const known: Version = JSON.parse(found.json);
    if (known.sha256 === version.sha256) return known;
    throw new HttpError(409, `${subject} exists with another file: choose another number`);
  }

  #addVersion({ number, version, contract }: ModelUpload, file: string): Version {
    const added = { version: number ?? this.#nextNumber(), ...version };
    this.#sql.exec('INSERT OR IGNORE INTO contract (one, json) VALUES (1, ?)', checkCell(JSON.stringify(contract)));
    this.#sql.exec(
      'INSERT INTO versions (number, json, file) VALUES (?, ?, ?)',
      ...[added.version, checkCell(JSON.stringify(added)), file],
    );
    this.#files.keep(file);
    return added;
  }

  /** Throws 409 after the greatest number. */
  #nextNumber(): number {
    const { last } = this.#sql.exec<{ last: number }>('SELECT COALESCE(MAX(number), 0) AS last FROM versions').one();
    if (last < MAX_VERSION) return last + 1;
    const expected = `expected a last version below ${MAX_VERSION}, got ${last}`;
    throw new HttpError(409, `${this.#name}: ${expected}: choose another name`);
  }

  #removeFile(number: number, file: string): void {
    this.#files.remove(file);
    this.#sql.exec('UPDATE versions SET file = NULL WHERE number = ?', number);
  }

  async #announce(): Promise<void> {
    const numbers: ModelSummary = this.#versions().map(({ version }) => version);
    await this.#files.announce(numbers.length === 0 ? undefined : numbers);
  }
}

/** Throws 400 unless it is one entity tag in quotes. */
export function readEntityTag(ifMatch: string): string {
  if (/^"[^"]+"$/.test(ifMatch)) return ifMatch;
  throw badRequest(`If-Match: expected one entity tag in quotes, got ${ifMatch}`);
}

export function unknownModel(name: string): HttpError {
  return new HttpError(404, `model ${name} not found`);
}

function unknownAlias(name: string, alias: string): HttpError {
  return new HttpError(404, `alias ${alias} of ${name} not found`);
}
