/** What every Durable Object of ours keeps to with its SQLite. */
import { concatBytes } from '../src/core/bytes.ts';

/** Cells may have 2 MB; the local runtime does not hold us to it, so we do. */
export const CELL_LIMIT_BYTES = 2_000_000;
const CHUNK_BYTES = 2 ** 20;

/** Throws for what a deployed object would refuse. */
export function checkCell<Cell extends string | Uint8Array>(cell: Cell): Cell {
  const bytes = typeof cell === 'string' ? new TextEncoder().encode(cell).length : cell.length;
  if (bytes <= CELL_LIMIT_BYTES) return cell;
  throw new Error(`a cell of ${bytes} bytes: expected at most ${CELL_LIMIT_BYTES}`);
}

/** Bytes of any length by name, in as many cells as they need. */
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
