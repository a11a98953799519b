/**
 * Data sets in R2. `datasets/NAME/pieces/SHA256` is a piece as uploaded: pictures (IDX) or rows (CSV).
 * `datasets/NAME/PART/NUMBER.json` describes it. `manifests/NAME` lists the hashes of the pieces of a finished data
 * set, which later uploads therefore cannot change.
 */
import type { DatasetRequest, Part, Piece } from '../../src/api/datasets.ts';
import { badRequest, HttpError } from '../errors.ts';
import { createObject, listObjects, r2, readJsonObject, readObject, sha256 } from '../storage.ts';
import { buildManifest, describePictures, describeTable, type Manifest, type StoredPiece } from './pieces.ts';

/** Media type of a table piece. Any other type means IDX. */
export const TABLE_TYPE = 'text/csv';

export interface UploadedPiece {
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Header of the label column. Default: the last column. */
  readonly labelColumn?: string | undefined;
}

/** All methods throw 503 if R2 fails. */
export class DatasetStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async names(): Promise<string[]> {
    const manifests = await listObjects(this.#bucket, 'manifests/');
    return manifests.map(({ key }) => key.slice('manifests/'.length));
  }

  async find(name: string): Promise<Manifest | undefined> {
    return readJsonObject(this.#bucket, `manifests/${name}`);
  }

  /** Throws 404. */
  async manifest(name: string): Promise<Manifest> {
    const manifest = await this.find(name);
    if (manifest === undefined) throw unknownDataset(name);
    return manifest;
  }

  /** Checks and stores a piece. Throws 400, 409 or 413. */
  async putPiece(name: string, part: Part, number: number, uploaded: UploadedPiece): Promise<Piece> {
    const { mediaType, bytes, labelColumn } = uploaded;
    if (mediaType === TABLE_TYPE && part === 'test') {
      throw badRequest(`test: expected pictures, got ${TABLE_TYPE}: tables have training pieces only`);
    }
    const piece = mediaType === TABLE_TYPE ? describeTable(bytes, labelColumn) : describePictures(bytes);
    if ((await this.find(name)) !== undefined) throw createFinishedError(name);
    const stored: StoredPiece = { ...piece, sha256: await sha256(bytes) };
    await r2(() => this.#bucket.put(pieceKey(name, stored.sha256), bytes));
    // The description is written last: without it, the piece does not exist. Metadata would be too small for many
    // classes.
    await r2(() => this.#bucket.put(descriptionKey(name, part, number), JSON.stringify(stored)));
    return piece;
  }

  /** Creates a data set from its pieces. Throws 400 for missing or different pieces, 409 for a finished data set. */
  async finish(name: string, request: DatasetRequest): Promise<Manifest> {
    const { training, test = 0, ...description } = request;
    const pieces = {
      training: await this.#pieces(name, 'training', training),
      test: await this.#pieces(name, 'test', test),
    };
    const manifest = await buildManifest(name, pieces, description);
    if (!(await createObject(this.#bucket, `manifests/${name}`, JSON.stringify(manifest))))
      throw createFinishedError(name);
    return manifest;
  }

  /** Bytes of a piece. Throws 404 if the data set was deleted. */
  async piece({ name, hashes }: Manifest, part: Part, number: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await readObject(this.#bucket, pieceKey(name, hashes[part][number] ?? ''));
    if (bytes === undefined) throw unknownDataset(name);
    return bytes;
  }

  /** Returns false if there was nothing to delete. */
  async delete(name: string): Promise<boolean> {
    const manifest = await this.find(name);
    await r2(() => this.#bucket.delete(`manifests/${name}`));
    for (;;) {
      const { objects, truncated } = await r2(() => this.#bucket.list({ prefix: `datasets/${name}/` }));
      if (objects.length > 0) await r2(() => this.#bucket.delete(objects.map(({ key }) => key)));
      if (!truncated) return manifest !== undefined || objects.length > 0;
    }
  }

  async #pieces(name: string, part: Part, count: number): Promise<StoredPiece[]> {
    const pieces = Array.from({ length: count }, async (_, number) => {
      const piece = await readJsonObject<StoredPiece>(this.#bucket, descriptionKey(name, part, number));
      if (piece !== undefined) return piece;
      throw badRequest(`${name}: expected ${count} pieces of ${part}, piece ${number} is missing: upload it first`);
    });
    return Promise.all(pieces);
  }
}

function pieceKey(name: string, hash: string): string {
  return `datasets/${name}/pieces/${hash}`;
}

function descriptionKey(name: string, part: Part, number: number): string {
  return `datasets/${name}/${part}/${String(number).padStart(4, '0')}.json`;
}

export function unknownDataset(name: string): HttpError {
  return new HttpError(404, `data set ${name} not found`);
}

function createFinishedError(name: string): HttpError {
  return new HttpError(409, `data set ${name} is finished and cannot change: delete it, or choose another name`);
}
