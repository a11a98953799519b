/** A learner's tables in its object's own SQLite. */
import { asBytes } from '../../src/core/bytes.ts';
import type { Dataset, Inputs } from '../../src/core/dataset.ts';
import { Blobs, checkCell } from '../storage.ts';
import type { Example, LearnerRecord } from './state.ts';

/** Weights are kept after so many examples each: an undo replays less than this. */
export const SNAPSHOT_EVERY = 32;

export interface Kept {
  readonly inputs: Inputs;
  readonly labels: Uint16Array;
}

export class LearnerStore {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** All of it or nothing. */
  transaction(work: () => void): void {
    this.#storage.transactionSync(work);
  }

  /** An object that nobody has made a learner of stores nothing, not even tables. */
  learner(): LearnerRecord | undefined {
    const { sql } = this.#storage;
    const tables = sql.exec("SELECT name FROM sqlite_master WHERE name = 'learner'").toArray();
    if (tables.length === 0) return undefined;
    const [row] = sql.exec<{ json: string }>('SELECT json FROM learner').toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as LearnerRecord);
  }

  /** With the file of its model, as it was, and the samples that it keeps. */
  begin(learner: LearnerRecord, file: Uint8Array, kept: Dataset | undefined): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS learner (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS examples (number INTEGER PRIMARY KEY, label INTEGER NOT NULL);
    `);
    this.write(learner);
    this.#blobs.write('file', file);
    if (kept === undefined) return;
    this.#blobs.write('kept inputs', asBytes(kept.inputs));
    this.#blobs.write('kept labels', asBytes(kept.labels));
  }

  write(learner: LearnerRecord): void {
    this.#storage.sql.exec(
      'INSERT OR REPLACE INTO learner (one, json) VALUES (1, ?)',
      checkCell(JSON.stringify(learner)),
    );
  }

  file(): Uint8Array<ArrayBuffer> {
    return this.#blob('file');
  }

  kept(kind: 'bytes' | 'floats'): Kept {
    const inputs = this.#blob('kept inputs');
    return {
      inputs: kind === 'bytes' ? inputs : new Float32Array(inputs.buffer),
      labels: new Uint16Array(this.#blob('kept labels').buffer),
    };
  }

  /** In the order in which they came. */
  examples(): Example[] {
    return this.#storage.sql
      .exec<{ number: number; label: number }>('SELECT number, label FROM examples ORDER BY number')
      .toArray()
      .map(({ number, label }) => ({ inputs: new Float32Array(this.#blob(`example ${number}`).buffer), label }));
  }

  /** The example of this number, from 1, and the weights after it. */
  addExample(number: number, { inputs, label }: Example, weights: Uint8Array): void {
    this.#storage.sql.exec('INSERT INTO examples (number, label) VALUES (?, ?)', number, label);
    this.#blobs.write(`example ${number}`, asBytes(inputs));
    this.#blobs.write(`weights ${number}`, weights);
    if ((number - 1) % SNAPSHOT_EVERY !== 0) this.#blobs.delete(`weights ${number - 1}`);
  }

  /** Forgets the example of this number; `weights` are those before it, where there was one before. */
  removeExample(number: number, weights: Uint8Array | undefined): void {
    this.#storage.sql.exec('DELETE FROM examples WHERE number = ?', number);
    this.#blobs.delete(`example ${number}`);
    this.#blobs.delete(`weights ${number}`);
    if (weights !== undefined) this.#blobs.write(`weights ${number - 1}`, weights);
  }

  removeExamples(): void {
    this.#storage.sql.exec('DELETE FROM examples');
    this.#storage.sql.exec("DELETE FROM blobs WHERE name LIKE 'example %' OR name LIKE 'weights %'");
  }

  /** After so many examples: there for the last one and for every snapshot. */
  weights(examples: number): Uint8Array<ArrayBuffer> {
    return this.#blob(`weights ${examples}`);
  }

  async deleteAll(): Promise<void> {
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  get #blobs(): Blobs {
    return new Blobs(this.#storage.sql);
  }

  #blob(name: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#blobs.read(name);
    if (bytes === undefined) throw new Error(`the learner's ${name} is not there`);
    return bytes;
  }
}
