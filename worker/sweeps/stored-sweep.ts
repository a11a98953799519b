/** A sweep in the storage: a Durable Object with its plan, written at the start, and its table, written at the end. */
import { DurableObject } from 'cloudflare:workers';
import { HttpError, type Reply, reply } from '../errors.ts';
import { Blobs } from '../storage/blobs.ts';
import { openDirectory } from '../storage/directory.ts';
import { ask, readName } from '../storage/objects.ts';
import type { SweepPlan } from './plan.ts';

/** Name of a blob without contents, which marks a deleted sweep: its id is never used again. */
const DELETED = 'deleted';

export interface StoredPlan {
  readonly plan: SweepPlan;
  /** ISO 8601. */
  readonly created: string;
  /** Whether its table is stored. */
  readonly isOver: boolean;
}

export class StoredSweep extends DurableObject<Env> {
  readonly #id: string;
  readonly #blobs: Blobs;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#id = readName(ctx);
    this.#blobs = new Blobs(ctx.storage.sql);
    // Deletes the pieces of a killed request.
    this.#blobs.deleteAll(['plan', 'table', DELETED]);
  }

  /** Refuses with 404. */
  async read(): Promise<Reply<StoredPlan>> {
    return reply(() => this.#read());
  }

  /** JSON of the table. Refuses with 404 before the sweep is over. */
  async table(): Promise<Reply<ReadableStream<Uint8Array>>> {
    return reply(() => {
      if (!this.#read().isOver) throw unknownSweep(this.#id);
      return this.#blobs.stream('table');
    });
  }

  /** Stores the plan of a new sweep. Returns the stored one, which may be an earlier request's. Refuses with 409. */
  async createPlan(plan: SweepPlan): Promise<Reply<StoredPlan & { isNew: boolean }>> {
    return reply(async () => {
      if (this.#blobs.has(DELETED)) {
        throw new HttpError(409, 'Idempotency-Key: expected a new key, as the sweep of this one was deleted');
      }
      const isNew = !this.#blobs.has('plan');
      if (isNew) {
        this.#blobs.create();
        const bytes = new TextEncoder().encode(JSON.stringify({ plan, created: new Date().toISOString() }));
        this.ctx.storage.transactionSync(() => this.#blobs.write('plan', bytes));
      }
      const stored = this.#read();
      // Repeated if the first request failed here.
      if (!stored.isOver) await this.#announce(stored);
      return { ...stored, isNew };
    });
  }

  /**
   * Stores the final table, JSON of `bytes` bytes. If a sweep ends and is cancelled at the same time, the first table
   * counts.
   */
  async createTable(bytes: number, json: ReadableStream<Uint8Array>): Promise<Reply<null>> {
    return reply(async () => {
      const received = crypto.randomUUID();
      try {
        await this.#blobs.receive(received, bytes, json);
        if (!this.#read().isOver) this.#blobs.rename(received, 'table');
      } finally {
        this.#blobs.delete(received);
      }
      await ask(() => openDirectory(this.env).endReading('sweep', this.#id, new Date().toISOString()));
      return null;
    });
  }

  /** Refuses with 404. */
  async remove(): Promise<Reply<null>> {
    return reply(async () => {
      this.#read();
      await ask(() => openDirectory(this.env).remove('sweep', this.#id));
      this.ctx.storage.transactionSync(() => {
        this.#blobs.deleteAll([]);
        this.#blobs.write(DELETED, new Uint8Array());
      });
      return null;
    });
  }

  /** Throws 404. */
  #read(): StoredPlan {
    const bytes = this.#blobs.read('plan');
    if (bytes === undefined) throw unknownSweep(this.#id);
    return { ...JSON.parse(new TextDecoder().decode(bytes)), isOver: this.#blobs.has('table') };
  }

  async #announce({ plan, created }: StoredPlan): Promise<void> {
    const { data } = plan.spec;
    const summary = { created, data, runs: plan.runs.length };
    const entry = { kind: 'sweep', name: this.#id, summary, reads: [`data set ${data}`], since: created } as const;
    await ask(() => openDirectory(this.env).put(entry));
  }
}

function unknownSweep(id: string): HttpError {
  return new HttpError(404, `sweep ${id} not found`);
}
