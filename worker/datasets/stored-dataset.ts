/** A data set in the storage: a Durable Object with its pieces and, when it is finished, its manifest. */
import { DurableObject } from 'cloudflare:workers';
import type { DatasetRequest, Part, PieceList } from '../../src/api/datasets.ts';
import { badRequest, HttpError, type Reply, reply } from '../errors.ts';
import { LIMITS, MS_PER_HOUR } from '../limits.ts';
import { type Caller, checkOwner, checkVisible, type Identity } from '../owners.ts';
import { drain } from '../storage/blobs.ts';
import { refuseWhileRead } from '../storage/directory.ts';
import { Files } from '../storage/files.ts';
import { checkCell, hasTable } from '../storage/sqlite.ts';
import { buildManifest, identifyPiece, type Manifest, type StoredPiece } from './pieces.ts';

export interface PieceUpload {
  readonly part: Part;
  readonly number: number;
  readonly piece: StoredPiece;
  readonly bytes: number;
}

export interface PieceFile {
  readonly bytes: number;
  readonly file: ReadableStream<Uint8Array>;
}

export class StoredDataset extends DurableObject<Env> {
  readonly #files: Files;
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    // Only finished data sets are listed.
    this.#files = new Files(ctx, env, 'data set', () => (this.#findManifest() === undefined ? undefined : null));
    this.#files.removeUnfinished();
  }

  /** Refuses with 404. */
  async manifest(caller: Caller): Promise<Reply<Manifest>> {
    return reply(() => {
      checkVisible(caller, this.#files.owner ?? '', unknownDataset(this.#files.name));
      return this.#readManifest();
    });
  }

  /** Stores or replaces a piece. Repeating an upload succeeds. Refuses with 403, 409 or 507. */
  async putPiece(by: Identity, upload: PieceUpload, stream: ReadableStream<Uint8Array>): Promise<Reply<null>> {
    return reply(async () => {
      try {
        this.#files.checkUploader(by);
        const stored = this.#findPiece(upload.part, upload.number);
        if (stored?.json === JSON.stringify(upload.piece)) return null;
        this.#refuseFinished();
        await this.#files.receive(by, upload.bytes, stream, (file) => {
          this.#refuseFinished();
          this.#replacePiece(upload, file);
        });
        return null;
      } finally {
        await drain(stream);
      }
    });
  }

  /** Refuses with 403 or 404. */
  async pieces(caller: Caller): Promise<Reply<PieceList['pieces']>> {
    return reply(() => {
      const { name, owner = '' } = this.#files;
      if (!this.#exists) throw unknownDataset(name);
      checkOwner(caller, owner, `data set ${name}`, unknownDataset(name));
      const rows = this.#sql
        .exec<{ part: Part; number: number; json: string }>(
          'SELECT part, number, json FROM pieces ORDER BY part DESC, number',
        )
        .toArray();
      return rows.map(({ part, number, json }) => ({ part, number, ...identifyPiece(JSON.parse(json)) }));
    });
  }

  /**
   * Repeating a request succeeds. Refuses with 400 for missing or different pieces, 403 for another token's pieces, 409
   * for a finished data set.
   */
  async finish(by: Identity, { training, test = 0, ...description }: DatasetRequest): Promise<Reply<Manifest>> {
    return reply(async () => {
      this.#files.checkUploader(by);
      const read = () => ({ training: this.#pieces('training', training), test: this.#pieces('test', test) });
      const pieces = read();
      const manifest = await buildManifest(this.#files.name, pieces, description);
      const finished = this.#findManifest();
      if (finished?.sha256 === manifest.sha256) {
        // The first request may have ended before this.
        await this.#files.announce();
        return finished;
      }
      await this.#files.watch();
      this.#files.transaction(() => {
        this.#refuseFinished();
        if (JSON.stringify(read()) !== JSON.stringify(pieces)) {
          throw new HttpError(409, `${this.#files.name}: another client replaced a piece: retry`);
        }
        this.#sql.exec('INSERT INTO manifest (one, json) VALUES (1, ?)', checkCell(JSON.stringify(manifest)));
      });
      await this.#files.announce();
      return manifest;
    });
  }

  /** A piece of the data set with this identity. Refuses with 404, or 409 if the data set was replaced. */
  async piece(sha256: string, part: Part, number: number): Promise<Reply<PieceFile>> {
    return reply(() => {
      const manifest = this.#readManifest();
      if (manifest.sha256 !== sha256) throw new HttpError(409, `data set ${manifest.name} was replaced`);
      const row = this.#findPiece(part, number);
      if (row === undefined) throw new Error(`${manifest.name}: ${part} ${number} is missing`);
      return { bytes: row.bytes, file: this.#files.stream(row.file) };
    });
  }

  /** Refuses with 403, 404, or 409 while a job or sweep reads the data set. */
  async remove(caller: Caller): Promise<Reply<null>> {
    return reply(async () => {
      const { name, owner = '' } = this.#files;
      if (!this.#exists) throw unknownDataset(name);
      checkOwner(caller, owner, `data set ${name}`, unknownDataset(name));
      await refuseWhileRead(this.env, `data set ${name}`);
      // Another deletion may have ended first.
      if (!this.#exists) throw unknownDataset(name);
      await this.#files.watch();
      this.#removeAll();
      await this.#files.announce();
      return null;
    });
  }

  /** Cleans up after an interrupted change, and deletes the pieces of a data set that is never finished. */
  override async alarm(): Promise<void> {
    if (this.#exists && this.#findManifest() === undefined) {
      const { updated } = this.#sql
        .exec<{ updated: number }>('SELECT COALESCE(MAX(updated), 0) AS updated FROM pieces')
        .one();
      const due = updated + LIMITS.unfinishedHours * MS_PER_HOUR;
      if (Date.now() >= due) this.#removeAll();
      else await this.ctx.storage.setAlarm(due);
    }
    await this.#files.cleanUp(() => !this.#exists);
  }

  get #exists(): boolean {
    return hasTable(this.#sql, 'pieces');
  }

  #findManifest(): Manifest | undefined {
    if (!this.#exists) return undefined;
    const [row] = this.#sql.exec<{ json: string }>('SELECT json FROM manifest').toArray();
    return row && JSON.parse(row.json);
  }

  /** Throws 404. */
  #readManifest(): Manifest {
    const manifest = this.#findManifest();
    if (manifest === undefined) throw unknownDataset(this.#files.name);
    return manifest;
  }

  /** Throws 409. */
  #refuseFinished(): void {
    if (this.#findManifest() === undefined) return;
    const message = `data set ${this.#files.name} is finished and cannot change: delete it, or choose another name`;
    throw new HttpError(409, message);
  }

  #findPiece(part: Part, number: number) {
    if (!this.#exists) return undefined;
    return this.#sql
      .exec<{ json: string; file: string; bytes: number }>(
        'SELECT json, file, bytes FROM pieces WHERE part = ? AND number = ?',
        ...[part, number],
      )
      .toArray()[0];
  }

  /** Throws 400 for a missing piece. */
  #pieces(part: Part, count: number): StoredPiece[] {
    return Array.from({ length: count }, (_, number) => {
      const row = this.#findPiece(part, number);
      if (row !== undefined) return JSON.parse(row.json);
      const name = this.#files.name;
      throw badRequest(`${name}: expected ${count} pieces of ${part}, piece ${number} is missing: upload it first`);
    });
  }

  #replacePiece({ part, number, piece, bytes }: PieceUpload, file: string): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS manifest (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS pieces (part TEXT NOT NULL, number INTEGER NOT NULL, json TEXT NOT NULL, file TEXT NOT NULL, bytes INTEGER NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (part, number));
    `);
    const replaced = this.#findPiece(part, number);
    if (replaced !== undefined) this.#files.remove(replaced.file);
    this.#sql.exec(
      'INSERT OR REPLACE INTO pieces (part, number, json, file, bytes, updated) VALUES (?, ?, ?, ?, ?, ?)',
      ...[part, number, checkCell(JSON.stringify(piece)), file, bytes, Date.now()],
    );
    this.#files.keep(file);
  }

  #removeAll(): void {
    this.#files.transaction(() => {
      for (const { file } of this.#sql.exec<{ file: string }>('SELECT file FROM pieces').toArray()) {
        this.#files.remove(file);
      }
      this.#sql.exec('DROP TABLE pieces; DROP TABLE manifest');
      this.#files.release();
    });
  }
}

export function unknownDataset(name: string): HttpError {
  return new HttpError(404, `data set ${name} not found`);
}
