/** Storage: bytes in the SQLite of a Durable Object, objects in R2, and the hashes that identify them. */
import { concatBytes } from '../src/core/bytes.ts';
import { HttpError } from './errors.ts';

/** A cell of a Durable Object holds 2 MB. The local runtime does not enforce this limit, so `checkCell` does. */
export const CELL_LIMIT_BYTES = 2_000_000;
const CHUNK_BYTES = 2 ** 20;

/** Throws for a cell that a deployed object would refuse. */
export function checkCell<Cell extends string | Uint8Array>(cell: Cell): Cell {
  const bytes = typeof cell === 'string' ? new TextEncoder().encode(cell).length : cell.length;
  if (bytes <= CELL_LIMIT_BYTES) return cell;
  throw new Error(`cell: expected at most ${CELL_LIMIT_BYTES} bytes, got ${bytes}`);
}

export function hasTable(sql: SqlStorage, name: string): boolean {
  return sql.exec('SELECT name FROM sqlite_master WHERE name = ?', name).toArray().length > 0;
}

/** Named bytes of any length, in chunks below the cell limit. */
export class Blobs {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS blobs (name TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, part))',
    );
  }

  read(name: string): Uint8Array<ArrayBuffer> | undefined {
    const rows = this.#sql
      .exec<{ data: ArrayBuffer }>('SELECT data FROM blobs WHERE name = ? ORDER BY part', name)
      .toArray();
    if (rows.length === 0) return undefined;
    return concatBytes(rows.map(({ data }) => new Uint8Array(data)));
  }

  write(name: string, bytes: Uint8Array): void {
    const parts = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    for (let part = 0; part < parts; part++) {
      const data = checkCell(bytes.slice(part * CHUNK_BYTES, (part + 1) * CHUNK_BYTES));
      this.#sql.exec('INSERT OR REPLACE INTO blobs (name, part, data) VALUES (?, ?, ?)', name, part, data);
    }
    this.#sql.exec('DELETE FROM blobs WHERE name = ? AND part >= ?', name, parts);
  }

  delete(name: string): void {
    this.#sql.exec('DELETE FROM blobs WHERE name = ?', name);
  }
}

/** Runs an operation on R2. Throws 503 if it fails. */
export async function r2<Result>(operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (error) {
    const message = 'the storage is unavailable: retry later. The bundled model is still served.';
    throw new HttpError(503, message, { 'retry-after': '10' }, error);
  }
}

/** Bytes of an object. Throws 503. */
export async function readObject(bucket: R2Bucket, key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const object = await r2(() => bucket.get(key));
  return object === null ? undefined : new Uint8Array(await r2(() => object.arrayBuffer()));
}

/** JSON that this service wrote. Throws 503. */
export async function readJsonObject<Value>(bucket: R2Bucket, key: string): Promise<Value | undefined> {
  const bytes = await readObject(bucket, key);
  return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as Value);
}

/** Writes an object if the key is free. Returns false if it is taken. Throws 503. */
export async function createObject(
  bucket: R2Bucket,
  key: string,
  content: string | Uint8Array,
  options: Omit<R2PutOptions, 'onlyIf'> = {},
): Promise<boolean> {
  const onlyIf = new Headers({ 'if-none-match': '*' });
  return (await r2(() => bucket.put(key, content, { ...options, onlyIf }))) !== null;
}

/** All pages of a listing, with custom metadata. Throws 503. */
export async function* listPages(bucket: R2Bucket, options: R2ListOptions): AsyncGenerator<R2Objects> {
  let cursor: string | undefined;
  do {
    const place = cursor === undefined ? {} : { cursor };
    const page = await r2(() => bucket.list({ include: ['customMetadata'], ...options, ...place }));
    yield page;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** All objects whose keys start with `prefix`, with custom metadata. Throws 503. */
export async function listObjects(bucket: R2Bucket, prefix: string): Promise<R2Object[]> {
  const objects: R2Object[] = [];
  for await (const page of listPages(bucket, { prefix })) objects.push(...page.objects);
  return objects;
}

/** SHA-256 in hexadecimal; of a text, in UTF-8. */
export async function sha256(content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof content === 'string' ? Uint8Array.from(new TextEncoder().encode(content)) : content;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
