/** A job's tables in its object's own SQLite. */
import { Blobs, checkCell } from '../storage.ts';
import type { Job, JobEvent } from './state.ts';

const CHECKPOINT = 'checkpoint';
/** Of progress; epochs and states are kept for ever. */
const PROGRESS_EVENTS_KEPT = 500;

export interface StoredEvent {
  readonly id: number;
  readonly event: JobEvent;
}

export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #blobs: Blobs;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#blobs = new Blobs(storage.sql);
    storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
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
    return this.#blobs.read(CHECKPOINT);
  }

  writeCheckpoint(bytes: Uint8Array<ArrayBuffer>): void {
    this.#blobs.write(CHECKPOINT, bytes);
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

  eventsAfter(id: number): StoredEvent[] {
    return this.#storage.sql
      .exec<{ id: number; json: string }>('SELECT id, json FROM events WHERE id > ? ORDER BY id', id)
      .toArray()
      .map((row) => ({ id: row.id, event: JSON.parse(row.json) as JobEvent }));
  }
}
