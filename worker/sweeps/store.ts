/** Sweeps on R2: `sweeps/ID/plan.json`, written once at the start, and `sweeps/ID/table.json`, at the end. */
import { listPages, r2 } from '../r2.ts';
import type { SweepPlan } from './spec.ts';
import type { SweepTable } from './state.ts';

export interface SweepRecord {
  readonly id: string;
  /** ISO 8601. */
  readonly created: string;
  readonly data: string;
  readonly runs: number;
}

export interface StoredPlan {
  readonly plan: SweepPlan;
  /** ISO 8601. */
  readonly created: string;
}

/** Every method throws 503 where the store fails. */
export class SweepStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  /** The latest first. */
  async list(): Promise<SweepRecord[]> {
    const records: SweepRecord[] = [];
    for await (const { objects } of listPages(this.#bucket, { prefix: 'sweeps/' })) {
      for (const { key, customMetadata = {} } of objects) {
        const [, id, file] = key.split('/');
        const { created = '', data = '', runs } = customMetadata;
        if (id !== undefined && file === 'plan.json') records.push({ id, created, data, runs: Number(runs) });
      }
    }
    return records.sort((a, b) => b.created.localeCompare(a.created));
  }

  async plan(id: string): Promise<StoredPlan | undefined> {
    const object = await r2(() => this.#bucket.get(`sweeps/${id}/plan.json`));
    return object === null ? undefined : r2(() => object.json<StoredPlan>());
  }

  /** Writes a plan, once. Returns the one that is there. */
  async begin(id: string, plan: SweepPlan): Promise<{ stored: StoredPlan; created: boolean }> {
    const stored = { plan, created: new Date().toISOString() };
    const object = await r2(() =>
      this.#bucket.put(`sweeps/${id}/plan.json`, JSON.stringify(stored), {
        onlyIf: new Headers({ 'if-none-match': '*' }),
        customMetadata: { created: stored.created, data: plan.spec.data, runs: String(plan.runs.length) },
      }),
    );
    if (object !== null) return { stored, created: true };
    return { stored: (await this.plan(id)) ?? stored, created: false };
  }

  async table(id: string): Promise<SweepTable | undefined> {
    const object = await r2(() => this.#bucket.get(`sweeps/${id}/table.json`));
    return object === null ? undefined : r2(() => object.json<SweepTable>());
  }

  /** Once: of a sweep that ends and is cancelled at the same time the first word counts. */
  async keep(id: string, table: SweepTable): Promise<void> {
    const onlyIf = new Headers({ 'if-none-match': '*' });
    await r2(() => this.#bucket.put(`sweeps/${id}/table.json`, JSON.stringify(table), { onlyIf }));
  }
}
