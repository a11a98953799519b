/** A job's tables in its object's own SQLite. */
import { bytesOf, concatenated } from '../../src/core/bytes.ts';
import type { StepSeries } from '../../src/experiments/run.ts';
import type { Job, JobEvent } from './state.ts';

/** Cells may have 2 MB; the local runtime does not hold us to it, so we do. */
export const CELL_LIMIT_BYTES = 2_000_000;
const CHUNK_BYTES = 2 ** 20;
/** Of progress; epochs and states are kept for ever. */
const PROGRESS_EVENTS_KEPT = 500;

export interface StoredEvent {
  readonly id: number;
  readonly event: JobEvent;
}

export class JobStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS chunks (part INTEGER PRIMARY KEY, data BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS steps (part INTEGER PRIMARY KEY AUTOINCREMENT, loss BLOB NOT NULL, accuracy BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, json TEXT NOT NULL);
    `);
  }

  /** All of it or nothing. */
  transaction(work: () => void): void {
    this.#storage.transactionSync(work);
  }

  job(): Job | undefined {
    const [row] = this.#storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as Job);
  }

  writeJob(job: Job): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO job (one, json) VALUES (1, ?)', checkCell(JSON.stringify(job)));
  }

  checkpoint(): Uint8Array<ArrayBuffer> | undefined {
    const rows = this.#storage.sql.exec<{ data: ArrayBuffer }>('SELECT data FROM chunks ORDER BY part').toArray();
    if (rows.length === 0) return undefined;
    return concatenated(rows.map(({ data }) => new Uint8Array(data)));
  }

  writeCheckpoint(bytes: Uint8Array<ArrayBuffer>): void {
    const parts = Math.ceil(bytes.length / CHUNK_BYTES);
    for (let part = 0; part < parts; part++) {
      const data = bytes.slice(part * CHUNK_BYTES, (part + 1) * CHUNK_BYTES);
      this.#storage.sql.exec('INSERT OR REPLACE INTO chunks (part, data) VALUES (?, ?)', part, checkCell(data).buffer);
    }
    this.#storage.sql.exec('DELETE FROM chunks WHERE part >= ?', parts);
  }

  addSteps({ loss, accuracy }: StepSeries): void {
    const cells = [loss, accuracy].map((values) => checkCell(Uint8Array.from(bytesOf(values))).buffer);
    this.#storage.sql.exec('INSERT INTO steps (loss, accuracy) VALUES (?, ?)', ...cells);
  }

  /** What was recorded of all steps, in their order. */
  steps(): StepSeries {
    const rows = this.#storage.sql
      .exec<{ loss: ArrayBuffer; accuracy: ArrayBuffer }>('SELECT loss, accuracy FROM steps ORDER BY part')
      .toArray();
    const together = (name: 'loss' | 'accuracy') =>
      new Float32Array(concatenated(rows.map((row) => new Uint8Array(row[name]))).buffer);
    return { loss: together('loss'), accuracy: together('accuracy') };
  }

  /** Returns the event with its number. */
  addEvent(event: JobEvent): StoredEvent {
    const [row] = this.#storage.sql
      .exec<{ id: number }>(
        'INSERT INTO events (type, json) VALUES (?, ?) RETURNING id',
        event.type,
        JSON.stringify(event),
      )
      .toArray();
    const id = row?.id ?? 0;
    this.#storage.sql.exec("DELETE FROM events WHERE type = 'progress' AND id <= ?", id - PROGRESS_EVENTS_KEPT);
    return { id, event };
  }

  /** Makes room: progress is what can be done without. */
  forgetProgress(): void {
    this.#storage.sql.exec("DELETE FROM events WHERE type = 'progress'");
  }

  eventsAfter(id: number): StoredEvent[] {
    return this.#storage.sql
      .exec<{ id: number; json: string }>('SELECT id, json FROM events WHERE id > ? ORDER BY id', id)
      .toArray()
      .map((row) => ({ id: row.id, event: JSON.parse(row.json) as JobEvent }));
  }
}

/** Throws for what a deployed object would refuse. */
export function checkCell<Cell extends string | Uint8Array>(cell: Cell): Cell {
  const bytes = typeof cell === 'string' ? new TextEncoder().encode(cell).length : cell.length;
  if (bytes <= CELL_LIMIT_BYTES) return cell;
  throw new Error(`a cell of ${bytes} bytes: expected at most ${CELL_LIMIT_BYTES}`);
}
