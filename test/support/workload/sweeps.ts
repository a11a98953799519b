import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client, Sweep } from '../../../src/client/index.ts';
import { type Actor, find, POLL_MS } from './actor.ts';

export const SWEEP = { data: 'digits', grid: { learningRate: [0.01, 0.1], hidden: [[16]], epochs: [1] }, seeds: [5] };

/** Results of all runs, without times. */
export function readTable({ state, trials }: Sweep): unknown[] {
  assert.equal(state.status, 'finished', JSON.stringify(state));
  return trials.map(({ options, runs }) => [
    options,
    runs.map(({ seed, state }) => [seed, state.status === 'succeeded' ? state.weightsSha256 : state]),
  ]);
}

/** Starts sweeps, waits for the table of the reference, and deletes them. */
export class SweepActor implements Actor {
  readonly name = 'sweeps';
  readonly scope = 'train';
  readonly #reference: readonly unknown[];
  #count = 0;
  #id: string | undefined;
  #deleting = false;
  #done = 0;

  constructor(reference: readonly unknown[]) {
    this.#reference = reference;
  }

  async act({ sweeps }: Client): Promise<void> {
    if (this.#id === undefined) {
      this.#id = (await sweeps.start(SWEEP, `sweep ${this.#count}`)).id;
      return;
    }
    if (!this.#deleting) {
      const sweep = await sweeps.get(this.#id);
      if (sweep.state.status === 'running') return wait(5 * POLL_MS);
      assert.deepEqual(readTable(sweep), this.#reference);
      this.#done++;
      this.#deleting = true;
    }
    // A deletion without an answer may be repeated.
    await find(sweeps.delete(this.#id));
    this.#id = undefined;
    this.#deleting = false;
    this.#count++;
  }

  async check({ sweeps }: Client): Promise<void> {
    const listed = (await sweeps.list()).map(({ id }) => id);
    if (this.#id === undefined || this.#deleting) return;
    assert(listed.includes(this.#id), 'the sweep is not in the list');
    await sweeps.get(this.#id);
  }

  summarize(): string {
    return `${this.#done} sweeps with the table of an undisturbed one`;
  }
}
