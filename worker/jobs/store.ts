/** Tables of a job in the SQLite of its object. */
import type { JobEvent } from '../../src/api/jobs.ts';
import { asBytes, concatBytes } from '../../src/core/bytes.ts';
import type { StepMeasures } from '../../src/core/step-series.ts';
import { Blobs, checkCell, hasTable } from '../storage.ts';
import type { JobEventBody, StoredJob } from './state.ts';

const CHECKPOINT = 'checkpoint';
/** Progress events that are kept. Epochs and states are kept for the life of the job. */
const PROGRESS_EVENTS_KEPT = 500;

export class JobStore {
  readonly #storage: DurableObjectStorage;
  /** Set once the tables are known to exist. */
  #blobs: Blobs | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Creates the tables. An object without a job stores nothing, not even tables. */
  create(): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS steps (part INTEGER PRIMARY KEY AUTOINCREMENT, loss BLOB NOT NULL, accuracy BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, json TEXT NOT NULL);
    `);
  }

  transaction(work: () => void): void {
    this.#storage.transactionSync(work);
  }

  job(): StoredJob | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as StoredJob);
  }

  writeJob(job: StoredJob): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO job (one, json) VALUES (1, ?)', checkCell(JSON.stringify(job)));
  }

  checkpoint(): Uint8Array<ArrayBuffer> | undefined {
    return this.#exists() ? this.#blobs?.read(CHECKPOINT) : undefined;
  }

  writeCheckpoint(bytes: Uint8Array<ArrayBuffer>): void {
    this.#blobs ??= new Blobs(this.#storage.sql);
    this.#blobs.write(CHECKPOINT, bytes);
  }

  addSteps({ loss, accuracy }: StepMeasures): void {
    const cells = [loss, accuracy].map((values) => checkCell(Uint8Array.from(asBytes(values))).buffer);
    this.#storage.sql.exec('INSERT INTO steps (loss, accuracy) VALUES (?, ?)', ...cells);
  }

  /** The record of all steps, in order. */
  steps(): StepMeasures {
    const rows = this.#storage.sql
      .exec<{ loss: ArrayBuffer; accuracy: ArrayBuffer }>('SELECT loss, accuracy FROM steps ORDER BY part')
      .toArray();
    const concat = (name: 'loss' | 'accuracy') =>
      new Float32Array(concatBytes(rows.map((row) => new Uint8Array(row[name]))).buffer);
    return { loss: concat('loss'), accuracy: concat('accuracy') };
  }

  /** Returns the event with its number. */
  addEvent(event: JobEventBody): JobEvent {
    const [row] = this.#storage.sql
      .exec<{ id: number }>(
        'INSERT INTO events (type, json) VALUES (?, ?) RETURNING id',
        event.type,
        JSON.stringify(event),
      )
      .toArray();
    const id = row?.id ?? 0;
    this.#storage.sql.exec("DELETE FROM events WHERE type = 'progress' AND id <= ?", id - PROGRESS_EVENTS_KEPT);
    return { id, ...event };
  }

  /** Frees storage: progress events are not essential. */
  deleteProgress(): void {
    this.#storage.sql.exec("DELETE FROM events WHERE type = 'progress'");
  }

  eventsAfter(id: number): JobEvent[] {
    return this.#storage.sql
      .exec<{ id: number; json: string }>('SELECT id, json FROM events WHERE id > ? ORDER BY id', id)
      .toArray()
      .map((row) => ({ id: row.id, ...(JSON.parse(row.json) as JobEventBody) }));
  }

  async deleteAll(): Promise<void> {
    await this.#storage.deleteAll();
    this.#blobs = undefined;
  }

  #exists(): boolean {
    if (this.#blobs !== undefined) return true;
    if (!hasTable(this.#storage.sql, 'job')) return false;
    this.#blobs = new Blobs(this.#storage.sql);
    return true;
  }
}
