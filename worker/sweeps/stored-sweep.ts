/** A sweep in the storage: a Durable Object with its plan, written at the start, and its table, written at the end. */
import { DurableObject } from 'cloudflare:workers';
import { HttpError, type Reply, reply } from '../errors.ts';
import { Blobs } from '../storage/blobs.ts';
import { openDirectory } from '../storage/directory.ts';
import type { SweepPlan } from './plan.ts';
import type { SweepTable } from './state.ts';

export interface StoredPlan {
  readonly plan: SweepPlan;
  /** ISO 8601. */
  readonly created: string;
}

export interface SweepRecords extends StoredPlan {
  /** Null until the sweep is over. */
  readonly table: SweepTable | null;
}

export class StoredSweep extends DurableObject<Env> {
  readonly #blobs: Blobs;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#blobs = new Blobs(ctx.storage.sql);
  }

  /** Refuses with 404. */
  async read(): Promise<Reply<SweepRecords>> {
    return reply(() => this.#read());
  }

  /** Stores the plan of a new sweep. Returns the stored one, which may be an earlier request's. */
  async createPlan(plan: SweepPlan): Promise<Reply<SweepRecords & { isNew: boolean }>> {
    return reply(async () => {
      const isNew = this.#find('plan') === undefined;
      if (isNew) {
        this.#blobs.create();
        this.#write('plan', { plan, created: new Date().toISOString() });
      }
      const records = this.#read();
      // Repeated if the first request failed here.
      if (records.table === null) await this.#announce(records);
      return { ...records, isNew };
    });
  }

  /** Stores the final table. If a sweep ends and is cancelled at the same time, the first table counts. */
  async createTable(table: SweepTable): Promise<Reply<null>> {
    return reply(async () => {
      if (this.#read().table === null) this.#write('table', table);
      await openDirectory(this.env).endReading('sweep', this.#id);
      return null;
    });
  }

  /** Refuses with 404. */
  async remove(): Promise<Reply<null>> {
    return reply(async () => {
      this.#read();
      await openDirectory(this.env).remove('sweep', this.#id);
      await this.ctx.storage.deleteAll();
      return null;
    });
  }

  get #id(): string {
    return this.ctx.id.name ?? '';
  }

  /** Throws 404. */
  #read(): SweepRecords {
    const stored = this.#find<StoredPlan>('plan');
    if (stored === undefined) throw new HttpError(404, `sweep ${this.#id} not found`);
    return { ...stored, table: this.#find<SweepTable>('table') ?? null };
  }

  #find<Value>(name: string): Value | undefined {
    const bytes = this.#blobs.read(name);
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as Value);
  }

  #write(name: string, value: unknown): void {
    this.ctx.storage.transactionSync(() => {
      this.#blobs.write(name, new TextEncoder().encode(JSON.stringify(value)));
    });
  }

  async #announce({ plan, created }: StoredPlan): Promise<void> {
    const { data } = plan.spec;
    const summary = { created, data, runs: plan.runs.length };
    await openDirectory(this.env).put({ kind: 'sweep', name: this.#id, summary, reads: [`dataset ${data}`] });
  }
}
