/** Tables of a job in the SQLite of its object. */
import type { JobEvent } from '../../src/api/jobs.ts';
import { asBytes, concatBytes } from '../../src/core/bytes.ts';
import type { StepMeasures } from '../../src/core/step-series.ts';
import { Blobs } from '../storage/blobs.ts';
import { checkCell, hasTable } from '../storage/sqlite.ts';
import type { JobEventBody, StoredJob } from './state.ts';

const CHECKPOINT = 'checkpoint';
/** Bytes of a cell of steps. A row has two, and at most 2 MB. */
const STEPS_BYTES = 2 ** 19;
/** Progress events that are kept. Epochs and states are kept for the life of the job. */
const PROGRESS_EVENTS_KEPT = 500;

export class JobStore {
  readonly #storage: DurableObjectStorage;
  readonly #blobs: Blobs;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#blobs = new Blobs(storage.sql);
  }

  /** Creates the tables. An object without a job stores nothing, not even tables. */
  create(): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS job (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS steps (part INTEGER PRIMARY KEY AUTOINCREMENT, loss BLOB NOT NULL, accuracy BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, json TEXT NOT NULL);
    `);
    this.#blobs.create();
  }

  transaction<Result>(work: () => Result): Result {
    return this.#storage.transactionSync(work);
  }

  job(): StoredJob | undefined {
    if (!hasTable(this.#storage.sql, 'job')) return undefined;
    const [row] = this.#storage.sql.exec<{ json: string }>('SELECT json FROM job').toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as StoredJob);
  }

  writeJob(job: StoredJob): void {
    this.#storage.sql.exec('INSERT OR REPLACE INTO job (one, json) VALUES (1, ?)', checkCell(JSON.stringify(job)));
  }

  checkpoint(): Uint8Array<ArrayBuffer> | undefined {
    return this.#blobs.read(CHECKPOINT);
  }

  writeCheckpoint(bytes: Uint8Array<ArrayBuffer>): void {
    this.#blobs.write(CHECKPOINT, bytes);
  }

  /** Joins the parts of a slice, because the free plan limits the rows that are written. */
  addSteps(parts: readonly StepMeasures[]): void {
    const loss = concatBytes(parts.map((part) => asBytes(part.loss)));
    const accuracy = concatBytes(parts.map((part) => asBytes(part.accuracy)));
    for (let start = 0; start < loss.length; start += STEPS_BYTES) {
      const cells = [loss, accuracy].map((bytes) => checkCell(bytes.slice(start, start + STEPS_BYTES)).buffer);
      this.#storage.sql.exec('INSERT INTO steps (loss, accuracy) VALUES (?, ?)', ...cells);
    }
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
}
