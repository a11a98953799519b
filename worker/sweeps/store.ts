/** Sweeps in R2: `sweeps/ID/plan.json`, written at the start, and `sweeps/ID/table.json`, written at the end. */
import type { SweepRecord } from '../../src/api/sweeps.ts';
import { createObject, listObjects, readJsonObject } from '../storage.ts';
import type { SweepPlan } from './plan.ts';
import type { SweepTable } from './state.ts';

export interface StoredPlan {
  readonly plan: SweepPlan;
  /** ISO 8601. */
  readonly created: string;
}

/** All methods throw 503 if R2 fails. */
export class SweepStore {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  /** Newest first. */
  async list(): Promise<SweepRecord[]> {
    const records: SweepRecord[] = [];
    for (const { key, customMetadata = {} } of await listObjects(this.#bucket, 'sweeps/')) {
      const [, id, file] = key.split('/');
      const { created = '', data = '', runs } = customMetadata;
      if (id !== undefined && file === 'plan.json') records.push({ id, created, data, runs: Number(runs) });
    }
    return records.sort((a, b) => b.created.localeCompare(a.created));
  }

  async plan(id: string): Promise<StoredPlan | undefined> {
    return readJsonObject(this.#bucket, `sweeps/${id}/plan.json`);
  }

  /** Writes the plan of a new sweep. Returns the stored plan, which may be an earlier request's. */
  async createPlan(id: string, plan: SweepPlan): Promise<{ stored: StoredPlan; created: boolean }> {
    const stored = { plan, created: new Date().toISOString() };
    const customMetadata = { created: stored.created, data: plan.spec.data, runs: String(plan.runs.length) };
    const json = JSON.stringify(stored);
    const created = await createObject(this.#bucket, `sweeps/${id}/plan.json`, json, { customMetadata });
    return { stored: created ? stored : ((await this.plan(id)) ?? stored), created };
  }

  async table(id: string): Promise<SweepTable | undefined> {
    return readJsonObject(this.#bucket, `sweeps/${id}/table.json`);
  }

  /** Writes the final table. If a sweep ends and is cancelled at the same time, the first table counts. */
  async createTable(id: string, table: SweepTable): Promise<void> {
    await createObject(this.#bucket, `sweeps/${id}/table.json`, JSON.stringify(table));
  }
}
