/** Data sets: their pieces are checked here, and stored in an object for each name. */
import type { DatasetRequest, Part, Piece, PieceList } from '../../src/api/datasets.ts';
import type { TableOptions } from '../../src/data/csv-table.ts';
import { badRequest, type Reply, readReplyUnless } from '../errors.ts';
import { sha256 } from '../hash.ts';
import type { Caller, Identity } from '../owners.ts';
import { collect, streamBytes } from '../storage/blobs.ts';
import { listEntries, type Page, type ReaderBindings } from '../storage/directory.ts';
import { ask, askReply } from '../storage/objects.ts';
import { describePictures, describeTable, type Manifest } from './pieces.ts';
import { type PieceFile, type PieceUpload, type StoredDataset, unknownDataset } from './stored-dataset.ts';

/** Media type of a table piece. Any other type means IDX. */
export const TABLE_TYPE = 'text/csv';

interface UploadedPiece {
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How a table is read. */
  readonly table: TableOptions;
}

type DatasetBindings = Pick<Env, 'DATASETS'> & ReaderBindings;

/** All methods throw 503 if the storage cannot be reached. */
export class DatasetRegistry {
  readonly #env: DatasetBindings;
  readonly #caller: Caller;

  constructor(env: DatasetBindings, caller: Caller) {
    this.#env = env;
    this.#caller = caller;
  }

  /** Names of the finished data sets that the caller may see, sorted. Throws 400. */
  async list(page: Page): Promise<{ names: string[]; next: string | null }> {
    const { items, next } = await listEntries(this.#env, 'data set', this.#caller, page);
    return { names: items.map(({ name }) => name), next };
  }

  /** Throws 404. */
  async manifest(name: string): Promise<Manifest> {
    const manifest = await this.find(name);
    if (manifest === undefined) throw unknownDataset(name);
    return manifest;
  }

  async find(name: string): Promise<Manifest | undefined> {
    return readReplyUnless(404, await ask<Reply<Manifest>>(() => this.#stored(name).manifest(this.#caller)));
  }

  /** Checks and stores a piece. Throws 400, 403, 409, 413 or 507. */
  async putPiece(by: Identity, name: string, part: Part, number: number, uploaded: UploadedPiece): Promise<Piece> {
    const { mediaType, bytes, table } = uploaded;
    if (mediaType === TABLE_TYPE && part === 'test') {
      throw badRequest(`test: expected pictures, got ${TABLE_TYPE}: tables have training pieces only`);
    }
    const piece = mediaType === TABLE_TYPE ? describeTable(bytes, table) : describePictures(bytes);
    const stored = { ...piece, sha256: await sha256(bytes) };
    const upload: PieceUpload = { part, number, piece: stored, bytes: bytes.length };
    await askReply<null>(() => this.#stored(name).putPiece(by, upload, streamBytes(bytes)));
    return piece;
  }

  /** The uploaded pieces, by part and number. Throws 403 or 404. */
  async pieces(name: string): Promise<PieceList['pieces']> {
    return askReply<PieceList['pieces']>(() => this.#stored(name).pieces(this.#caller));
  }

  /**
   * Creates a data set from its pieces. Throws 400 for missing or different pieces, 403 for another token's pieces, 409
   * for a finished data set.
   */
  async finish(by: Identity, name: string, request: DatasetRequest): Promise<Manifest> {
    return askReply<Manifest>(() => this.#stored(name).finish(by, request));
  }

  /** Bytes of a piece. Throws 404 if the data set was deleted, 409 if it was replaced. */
  async piece({ name, sha256 }: Manifest, part: Part, number: number): Promise<Uint8Array<ArrayBuffer>> {
    const { bytes, file } = await askReply<PieceFile>(() => this.#stored(name).piece(sha256, part, number));
    return ask(() => collect(file, bytes));
  }

  /** Throws 403, 404, or 409 while a job or sweep reads the data set. */
  async delete(name: string): Promise<void> {
    await askReply<null>(() => this.#stored(name).remove(this.#caller));
  }

  #stored(name: string): DurableObjectStub<StoredDataset> {
    return this.#env.DATASETS.getByName(name);
  }
}
