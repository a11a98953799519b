/** Bytes of any length in the SQLite of a Durable Object, in chunks below the limit of a cell. */
import { concatBytes } from '../../src/core/bytes.ts';
import { checkCell, hasTable } from './sqlite.ts';

/** Half the limit of a cell. */
export const CHUNK_BYTES = 2 ** 20;

type Chunk = { readonly data: ArrayBuffer };

export class Blobs {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Creates the table. Until then there are no blobs. */
  create(): void {
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS blobs (name TEXT NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (name, part))',
    );
  }

  /** Bytes of all blobs. */
  get bytes(): number {
    if (!hasTable(this.#sql, 'blobs')) return 0;
    return this.#sql.exec<{ total: number }>('SELECT COALESCE(SUM(LENGTH(data)), 0) AS total FROM blobs').one().total;
  }

  has(name: string): boolean {
    return this.#countParts(name) > 0;
  }

  /** Undefined for an unknown name. Throws if a chunk is missing. */
  read(name: string): Uint8Array<ArrayBuffer> | undefined {
    if (this.#countParts(name) === 0) return undefined;
    const rows = this.#sql.exec<Chunk>('SELECT data FROM blobs WHERE name = ? ORDER BY part', name).toArray();
    return concatBytes(rows.map(({ data }) => new Uint8Array(data)));
  }

  /** Replaces the blob of this name. */
  write(name: string, bytes: Uint8Array): void {
    const parts = Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES));
    for (let part = 0; part < parts; part++) {
      this.#writePart(name, part, parts, bytes.slice(part * CHUNK_BYTES, (part + 1) * CHUNK_BYTES));
    }
    this.#sql.exec('DELETE FROM blobs WHERE name = ? AND part >= ?', name, parts);
  }

  delete(name: string): void {
    this.#sql.exec('DELETE FROM blobs WHERE name = ?', name);
  }

  /** Deletes all blobs with other names. */
  deleteAll(kept: readonly string[]): void {
    if (!hasTable(this.#sql, 'blobs')) return;
    this.#sql.exec(`DELETE FROM blobs WHERE name NOT IN (${kept.map(() => '?').join()})`, ...kept);
  }

  rename(name: string, other: string): void {
    this.#sql.exec('UPDATE blobs SET name = ? WHERE name = ?', other, name);
  }

  /** Writes `bytes` bytes of a stream chunk by chunk, with one commit for each chunk. Throws if the stream fails. */
  async receive(name: string, bytes: number, stream: ReadableStream<Uint8Array>): Promise<void> {
    const parts = Math.max(1, Math.ceil(bytes / CHUNK_BYTES));
    let received = 0;
    let part = 0;
    for await (const chunk of splitChunks(stream)) {
      received += chunk.length;
      if (received > bytes) break;
      this.#writePart(name, part++, parts, chunk);
    }
    if (received !== bytes) throw new Error(`blob ${name}: expected ${bytes} bytes, received ${received}`);
  }

  /** Reads one chunk at a time. Throws before the first chunk if any chunk is missing. */
  stream(name: string): ReadableStream<Uint8Array> {
    const parts = this.#countParts(name);
    if (parts === 0) throw new Error(`blob ${name} is missing`);
    let part = 0;
    return new ReadableStream({
      type: 'bytes',
      pull: (controller) => {
        const query = 'SELECT data FROM blobs WHERE name = ? AND part = ?';
        const [row] = this.#sql.exec<Chunk>(query, name, part).toArray();
        // Deleted while it was read.
        if (row === undefined) return controller.error(new Error(`blob ${name}: chunk ${part} is missing`));
        controller.enqueue(new Uint8Array(row.data));
        part++;
        if (part === parts) controller.close();
      },
    });
  }

  /** Number of chunks; 0 for an unknown name. Throws if one is missing: a shorter file would be a wrong one. */
  #countParts(name: string): number {
    if (!hasTable(this.#sql, 'blobs')) return 0;
    const rows = this.#sql
      .exec<{ part: number; parts: number }>('SELECT part, parts FROM blobs WHERE name = ? ORDER BY part', name)
      .toArray();
    const parts = rows[0]?.parts ?? 0;
    const missing = Array.from({ length: parts }).findIndex((_, part) => rows[part]?.part !== part);
    if (missing >= 0) throw new Error(`blob ${name}: chunk ${missing} of ${parts} is missing`);
    return parts;
  }

  #writePart(name: string, part: number, parts: number, data: Uint8Array): void {
    const query = 'INSERT OR REPLACE INTO blobs (name, part, parts, data) VALUES (?, ?, ?, ?)';
    this.#sql.exec(query, name, part, parts, checkCell(data));
  }
}

/** A stream of bytes, so that the receiver holds one chunk and not the whole. */
export function streamBytes(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream();
}

/** All bytes of a stream. Throws if there are not `bytes` of them. */
export async function collect(stream: ReadableStream<Uint8Array>, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const collected = new Uint8Array(await new Response(stream).arrayBuffer());
  if (collected.length === bytes) return collected;
  throw new Error(`stream: expected ${bytes} bytes, received ${collected.length}`);
}

/** Reads the rest of a stream. The runtime logs an exception for a stream that is not read to its end. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  // A stream that broke off stays locked.
  if (stream.locked) return;
  for await (const _ of stream);
}

/** Chunks of CHUNK_BYTES, except for the last. */
async function* splitChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for await (const piece of stream) {
    for (let start = 0; start < piece.length; ) {
      const taken = piece.subarray(start, start + CHUNK_BYTES - filled);
      chunk.set(taken, filled);
      filled += taken.length;
      start += taken.length;
      if (filled < CHUNK_BYTES) continue;
      yield chunk;
      chunk = new Uint8Array(CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
