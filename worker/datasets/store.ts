/**
 * Data sets on R2: pieces of a bounded size, as they were uploaded, `datasets/NAME/pieces/SHA256`; a record of what is in each,
 * `datasets/NAME/PART/PIECE`; and a manifest that makes a set of them, by their hashes: whatever is uploaded beside it or after
 * it, a set is what it was. A piece holds pictures, as IDX, or rows of a table, as CSV.
 */
import { HttpError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { listPages, r2 } from '../r2.ts';
import {
  buildManifest,
  type Described,
  type Manifest,
  type PieceRecord,
  picturesRecord,
  type StoredRecord,
  tableRecord,
} from './pieces.ts';

export const PARTS = ['training', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** Of a piece that is a table; any other media type is taken for IDX. */
export const TABLE_TYPE = 'text/csv';

export interface UploadedPiece {
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Header of a table's labels. Default: the last column's. */
  readonly labelColumn?: string | undefined;
}

/** Every method throws 503 where the store fails. */
export class DatasetStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { objects } of listPages(this.#bucket, { prefix: 'manifests/' })) {
      for (const { key } of objects) names.push(key.slice('manifests/'.length));
    }
    return names;
  }

  async manifest(name: string): Promise<Manifest | undefined> {
    const object = await r2(() => this.#bucket.get(`manifests/${name}`));
    return object === null ? undefined : ((await r2(() => object.json())) as Manifest);
  }

  /** Checks a piece and keeps it. A set that is complete takes none any more. Throws 400, 409 or 413. */
  async putPiece(name: string, part: Part, piece: number, uploaded: UploadedPiece): Promise<PieceRecord> {
    const { mediaType, bytes, labelColumn } = uploaded;
    if (mediaType === TABLE_TYPE && part === 'test') {
      throw new HttpError(400, `test: expected pictures, as a table has no test part, got ${TABLE_TYPE}`);
    }
    const record = mediaType === TABLE_TYPE ? tableRecord(bytes, labelColumn) : picturesRecord(bytes);
    if ((await this.manifest(name)) !== undefined) throw complete(name);
    const hash = await sha256(bytes);
    await r2(() => this.#bucket.put(pieceKey(name, hash), bytes));
    // Last: a piece without a record is not there. Its metadata would be too small for many classes.
    const stored: StoredRecord = { ...record, sha256: hash };
    await r2(() => this.#bucket.put(recordKey(name, part, piece), JSON.stringify(stored)));
    return record;
  }

  /** Makes a set of the pieces that were put there, once. Throws 400 for pieces that are missing or unlike, 409. */
  async finish(
    name: string,
    { classNames, pictures, ...pieces }: { training: number; test: number } & Described,
  ): Promise<Manifest> {
    const manifest = await buildManifest(name, {
      ...{ classNames, pictures },
      training: await this.#records(name, 'training', pieces.training),
      test: await this.#records(name, 'test', pieces.test),
    });
    const onlyIf = new Headers({ 'if-none-match': '*' });
    const object = await r2(() => this.#bucket.put(`manifests/${name}`, JSON.stringify(manifest), { onlyIf }));
    if (object === null) throw complete(name);
    return manifest;
  }

  /** Throws 404 where the set has been deleted. */
  async piece({ name, hashes }: Manifest, part: Part, piece: number): Promise<Uint8Array<ArrayBuffer>> {
    const object = await r2(() => this.#bucket.get(pieceKey(name, hashes[part][piece] ?? '')));
    if (object === null) throw new HttpError(404, `the data set ${name} is not there any more`);
    return new Uint8Array(await r2(() => object.arrayBuffer()));
  }

  /** Returns whether there was one. */
  async delete(name: string): Promise<boolean> {
    const manifest = await this.manifest(name);
    await r2(() => this.#bucket.delete(`manifests/${name}`));
    for (;;) {
      const { objects, truncated } = await r2(() => this.#bucket.list({ prefix: `datasets/${name}/` }));
      if (objects.length > 0) await r2(() => this.#bucket.delete(objects.map(({ key }) => key)));
      if (!truncated) return manifest !== undefined || objects.length > 0;
    }
  }

  async #records(name: string, part: Part, pieces: number): Promise<StoredRecord[]> {
    const records = Array.from({ length: pieces }, async (_, piece) => {
      const object = await r2(() => this.#bucket.get(recordKey(name, part, piece)));
      if (object === null)
        throw new HttpError(400, `${name}: expected ${pieces} pieces for ${part}, piece ${piece} is missing`);
      return (await r2(() => object.json())) as StoredRecord;
    });
    return Promise.all(records);
  }
}

function pieceKey(name: string, hash: string): string {
  return `datasets/${name}/pieces/${hash}`;
}

function recordKey(name: string, part: Part, piece: number): string {
  return `datasets/${name}/${part}/${String(piece).padStart(4, '0')}.json`;
}

function complete(name: string): HttpError {
  return new HttpError(409, `the data set ${name} is complete, and does not change: delete it, or take another name`);
}
