/** A job's tables in its object's own SQLite. */
import { asBytes, concatBytes } from '../../src/core/bytes.ts';
import type { StepMeasures } from '../../src/core/step-series.ts';
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
  /** Once its tables are known to be there. */
  #blobs: Blobs | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Tables for a job; an object that is none stores nothing, not even tables. */
  begin(): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS steps (part INTEGER PRIMARY KEY AUTOINCREMENT, loss BLOB NOT NULL, accuracy BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, json TEXT NOT NULL);
    `);
  }

  /** All of it or nothing. */
  transaction(work: () => void): void {
    this.#storage.transactionSync(work);
  }

  job(): Job | undefined {
    if (!this.#there()) return undefined;
    const [row] = this.#storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as Job);
  }

  writeJob(job: Job): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO job (one, json) VALUES (1, ?)', checkCell(JSON.stringify(job)));
  }

  checkpoint(): Uint8Array<ArrayBuffer> | undefined {
    return this.#there() ? this.#blobs?.read(CHECKPOINT) : undefined;
  }

  writeCheckpoint(bytes: Uint8Array<ArrayBuffer>): void {
    this.#blobs ??= new Blobs(this.#storage.sql);
    this.#blobs.write(CHECKPOINT, bytes);
  }

  addSteps({ loss, accuracy }: StepMeasures): void {
    const cells = [loss, accuracy].map((values) => checkCell(Uint8Array.from(asBytes(values))).buffer);
    this.#storage.sql.exec('INSERT INTO steps (loss, accuracy) VALUES (?, ?)', ...cells);
  }

  /** What was recorded of all steps, in their order. */
  steps(): StepMeasures {
    const rows = this.#storage.sql
      .exec<{ loss: ArrayBuffer; accuracy: ArrayBuffer }>('SELECT loss, accuracy FROM steps ORDER BY part')
      .toArray();
    const together = (name: 'loss' | 'accuracy') =>
      new Float32Array(concatBytes(rows.map((row) => new Uint8Array(row[name]))).buffer);
    return { loss: together('loss'), accuracy: together('accuracy') };
  }

  /** Everything that was stored is gone. */
  async clear(): Promise<void> {
    await this.#storage.deleteAll();
    this.#blobs = undefined;
  }

  #there(): boolean {
    const { sql } = this.#storage;
    if (this.#blobs !== undefined) return true;
    if (sql.exec("SELECT name FROM sqlite_master WHERE name = 'job'").toArray().length === 0) return false;
    this.#blobs = new Blobs(sql);
    return true;
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
