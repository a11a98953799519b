/**
 * Data sets on R2: pieces of a bounded size, `datasets/NAME/PART/PIECE`, and a manifest that makes a set of them. A piece is an
 * IDX file of labels [n] and, right behind it, one of images [n][rows][columns], as they were uploaded.
 */
import { count } from '../../src/core/errors.ts';
import { maskBytes } from '../../src/core/packed.ts';
import { parseIdx } from '../../src/data/idx.ts';
import { HttpError } from '../errors.ts';
import { r2 } from '../r2.ts';

export const PARTS = ['training', 'test'] as const;
export type Part = (typeof PARTS)[number];

export interface PieceRecord {
  readonly samples: number;
  readonly rows: number;
  readonly columns: number;
  /** The greatest label and one. */
  readonly classes: number;
  /** Pixels that are not zero: what is kept of them in memory. */
  readonly nonZero: number;
}

export interface PartRecord {
  readonly pieces: number;
  readonly samples: number;
  readonly nonZero: number;
}

export interface Manifest {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
  readonly training: PartRecord;
  readonly test: PartRecord | null;
  /** ISO 8601. */
  readonly created: string;
}

export interface Piece {
  readonly labels: Uint8Array;
  /** [samples][rows][columns] */
  readonly pixels: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

/** Every method throws 503 where the store fails. */
export class DatasetStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async names(): Promise<string[]> {
    const { objects } = await r2(() => this.#bucket.list({ prefix: 'manifests/' }));
    return objects.map(({ key }) => key.slice('manifests/'.length));
  }

  async manifest(name: string): Promise<Manifest | undefined> {
    const object = await r2(() => this.#bucket.get(`manifests/${name}`));
    return object === null ? undefined : ((await r2(() => object.json())) as Manifest);
  }

  /** Checks a piece and keeps it. A set that is complete takes none any more. Throws 400 or 409. */
  async putPiece(name: string, part: Part, piece: number, bytes: Uint8Array<ArrayBuffer>): Promise<PieceRecord> {
    const record = recordOf(parsePiece(bytes, 'the piece'));
    if ((await this.manifest(name)) !== undefined) throw complete(name);
    const customMetadata = Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));
    await r2(() => this.#bucket.put(pieceKey(name, part, piece), bytes, { customMetadata }));
    return record;
  }

  /** Makes a set of the pieces that were put there, once. Throws 400 for pieces that are missing or unlike, 409. */
  async finish(name: string, pieces: { training: number; test: number }): Promise<Manifest> {
    const training = await this.#records(name, 'training', pieces.training);
    const test = await this.#records(name, 'test', pieces.test);
    const [first] = training;
    if (first === undefined) throw new HttpError(400, 'training: expected at least one piece, got none');
    const { rows, columns } = first;
    const all = [...training, ...test];
    if (!all.every((record) => record.rows === rows && record.columns === columns)) {
      throw new HttpError(400, `${name}: expected pieces of ${rows} × ${columns} pixels, got others among them`);
    }
    const manifest: Manifest = {
      ...{ name, rows, columns },
      classes: Math.max(...all.map(({ classes }) => classes)),
      training: together(training),
      test: test.length === 0 ? null : together(test),
      created: new Date().toISOString(),
    };
    const onlyIf = new Headers({ 'if-none-match': '*' });
    const object = await r2(() => this.#bucket.put(`manifests/${name}`, JSON.stringify(manifest), { onlyIf }));
    if (object === null) throw complete(name);
    return manifest;
  }

  /** Throws 404 where the set has been deleted. */
  async piece(name: string, part: Part, piece: number): Promise<Piece> {
    const object = await r2(() => this.#bucket.get(pieceKey(name, part, piece)));
    if (object === null) throw new HttpError(404, `the data set ${name} is not there any more`);
    return parsePiece(new Uint8Array(await r2(() => object.arrayBuffer())), `${name}, ${part} ${piece}`);
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

  async #records(name: string, part: Part, pieces: number): Promise<PieceRecord[]> {
    const heads = Array.from({ length: pieces }, async (_, piece) => {
      const object = await r2(() => this.#bucket.head(pieceKey(name, part, piece)));
      if (object === null)
        throw new HttpError(400, `${name}: expected ${pieces} pieces for ${part}, piece ${piece} is missing`);
      const { samples, rows, columns, classes, nonZero } = object.customMetadata ?? {};
      return {
        ...{ samples: Number(samples), rows: Number(rows), columns: Number(columns) },
        ...{ classes: Number(classes), nonZero: Number(nonZero) },
      };
    });
    return Promise.all(heads);
  }
}

/** Bytes that a part takes packed. */
export function packedBytes({ samples, nonZero }: PartRecord, columns: number): number {
  return samples * (maskBytes(columns) + Uint32Array.BYTES_PER_ELEMENT + Uint16Array.BYTES_PER_ELEMENT) + nonZero;
}

/** Throws `bad-data`. */
export function parsePiece(bytes: Uint8Array<ArrayBuffer>, name: string): Piece {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = bytes.length < 8 ? 0 : view.getUint32(4);
  const labels = parseIdx(bytes.subarray(0, 8 + samples), `${name}: labels`, [1]);
  const images = parseIdx(bytes.subarray(8 + samples), `${name}: images`, [3]);
  const [pictures = 0, rows = 0, columns = 0] = images.shape;
  if (pictures !== samples || samples === 0 || rows * columns === 0) {
    const got = images.shape.join(' × ');
    throw new HttpError(400, `${name}: expected as many images as labels, ${count(samples)}, at least one, got ${got}`);
  }
  return { labels: labels.data, pixels: images.data, rows, columns };
}

function recordOf({ labels, pixels, rows, columns }: Piece): PieceRecord {
  let nonZero = 0;
  for (const byte of pixels) if (byte !== 0) nonZero++;
  const classes = 1 + labels.reduce((most, label) => Math.max(most, label), 0);
  return { samples: labels.length, rows, columns, classes, nonZero };
}

function together(records: readonly PieceRecord[]): PartRecord {
  const sum = (of: (record: PieceRecord) => number) => records.reduce((total, record) => total + of(record), 0);
  return { pieces: records.length, samples: sum(({ samples }) => samples), nonZero: sum(({ nonZero }) => nonZero) };
}

function pieceKey(name: string, part: Part, piece: number): string {
  return `datasets/${name}/${part}/${String(piece).padStart(4, '0')}`;
}

function complete(name: string): HttpError {
  return new HttpError(409, `the data set ${name} is complete, and does not change: delete it, or take another name`);
}
