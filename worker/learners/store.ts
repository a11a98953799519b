/** Tables of a learner in the SQLite of its object. */
import type { z } from '../../src/api/fields.ts';
import type { LearnerRequest } from '../../src/api/learners.ts';
import { asBytes } from '../../src/core/bytes.ts';
import { createLabels, type Dataset, type Labels } from '../../src/core/dataset.ts';
import type { Identity } from '../owners.ts';
import { Blobs } from '../storage/blobs.ts';
import { checkCell, hasTable } from '../storage/sqlite.ts';

/** Examples between two snapshots of the weights. An undo replays fewer than this. */
export const SNAPSHOT_EVERY = 32;

/** Options of a learner, with the defaults filled in. */
export type LearnerSpec = z.infer<typeof LearnerRequest>;

export interface StoredLearner {
  readonly id: string;
  /** The token that created it. */
  readonly owner: Identity;
  readonly spec: LearnerSpec;
  /** Name of the base model. */
  readonly model: string;
  readonly version: number;
  /** Number of examples learned and not undone. */
  readonly examples: number;
  /** Samples that are rehearsed, against forgetting. */
  readonly rehearsal: { readonly data: string; readonly samples: number; readonly kind: 'bytes' | 'floats' } | null;
  /** ISO 8601. */
  readonly created: string;
  readonly updated: string;
  /** Time of the last use, to a day. */
  readonly used: string;
}

export interface Example {
  /** Inputs of the network, after scaling. */
  readonly inputs: Float32Array;
  /** Its class, or its standardised targets. */
  readonly labels: Labels;
}

export class LearnerStore {
  readonly #storage: DurableObjectStorage;
  readonly #blobs: Blobs;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#blobs = new Blobs(storage.sql);
  }

  transaction(work: () => void): void {
    this.#storage.transactionSync(work);
  }

  /** An object without a learner stores nothing, not even tables. */
  learner(): StoredLearner | undefined {
    const { sql } = this.#storage;
    if (!hasTable(sql, 'learner')) return undefined;
    const [row] = sql.exec<{ json: string }>('SELECT json FROM learner').toArray();
    return row === undefined ? undefined : (JSON.parse(row.json) as StoredLearner);
  }

  /** Creates the tables and stores the model file and the rehearsal samples. */
  create(learner: StoredLearner, file: Uint8Array, rehearsal: Dataset | undefined): void {
    this.#storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS learner (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS examples (number INTEGER PRIMARY KEY, label NOT NULL);
    `);
    this.#blobs.create();
    this.write(learner);
    this.#blobs.write('file', file);
    if (rehearsal === undefined) return;
    this.#blobs.write('kept inputs', asBytes(rehearsal.inputs));
    this.#blobs.write('kept labels', asBytes(rehearsal.labels));
  }

  write(learner: StoredLearner): void {
    const json = checkCell(JSON.stringify(learner));
    this.#storage.sql.exec('INSERT OR REPLACE INTO learner (one, json) VALUES (1, ?)', json);
  }

  file(): Uint8Array<ArrayBuffer> {
    return this.#blob('file');
  }

  /** The rehearsal samples, as a data set like the given one. */
  rehearsal(like: Dataset, { samples, kind }: NonNullable<StoredLearner['rehearsal']>): Dataset {
    const inputs = this.#blob('kept inputs');
    const labels = createLabels(like, samples);
    asBytes(labels).set(this.#blob('kept labels'));
    return { ...like, inputs: kind === 'bytes' ? inputs : new Float32Array(inputs.buffer), labels };
  }

  /** Oldest first. */
  examples(): Example[] {
    return this.#storage.sql
      .exec<{ number: number; label: number | ArrayBuffer }>('SELECT number, label FROM examples ORDER BY number')
      .toArray()
      .map(({ number, label }) => ({
        inputs: new Float32Array(this.#blob(`example ${number}`).buffer),
        labels: typeof label === 'number' ? Uint16Array.of(label) : new Float32Array(label),
      }));
  }

  /** Stores example `number`, from 1, and the weights after it. */
  addExample(number: number, { inputs, labels }: Example, weights: Uint8Array): void {
    const label = labels instanceof Uint16Array ? labels[0] : checkCell(asBytes(labels));
    this.#storage.sql.exec('INSERT INTO examples (number, label) VALUES (?, ?)', number, label);
    this.#blobs.write(`example ${number}`, asBytes(inputs));
    this.#blobs.write(`weights ${number}`, weights);
    if ((number - 1) % SNAPSHOT_EVERY !== 0) this.#blobs.delete(`weights ${number - 1}`);
  }

  /** Removes the last example. `weights` are those after the example before it, if there is one. */
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

  /** Weights after this number of examples: stored for the last example and for every snapshot. */
  weights(examples: number): Uint8Array<ArrayBuffer> {
    return this.#blob(`weights ${examples}`);
  }

  /** Bytes of the file, the rehearsal samples, the examples and the weights. */
  get bytes(): number {
    return this.#blobs.bytes;
  }

  #blob(name: string): Uint8Array<ArrayBuffer> {
    const bytes = this.#blobs.read(name);
    if (bytes === undefined) throw new Error(`the learner has no ${name}`);
    return bytes;
  }
}
