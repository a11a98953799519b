import assert from 'node:assert/strict';
import type { Client } from '../../../src/client/index.ts';
import type { Random } from '../../../src/index.ts';
import { type Actor, find } from './actor.ts';

const PIECES = 3;
/** Rows of a piece of a table. */
const PIECE_ROWS = 20;

/** Uploads pieces, finishes data sets and deletes every second one. */
export class DatasetActor implements Actor {
  readonly name = 'datasets';
  readonly scope = 'train';
  readonly #finished = new Set<string>();
  readonly #deleting = new Set<string>();
  readonly #deleted = new Set<string>();
  #count = 0;
  #pieces = 0;

  async act({ datasets }: Client, random: Random): Promise<void> {
    const name = `table-${this.#count}`;
    const old = [...this.#finished].find((each) => !this.#deleting.has(each));
    if (this.#finished.size - this.#deleting.size > 3 && old !== undefined && random.below(2) === 0) {
      this.#deleting.add(old);
      await datasets.delete(old);
      this.#deleted.add(old);
    } else if (this.#pieces < PIECES) {
      const rows = Array.from({ length: PIECE_ROWS }, (_, row) => `${row},${this.#pieces},${row % 2 ? 'a' : 'b'}\n`);
      await datasets.uploadRows(name, this.#pieces, `x,y,kind\n${rows.join('')}`);
      this.#pieces++;
    } else {
      await datasets.finish(name, { training: PIECES });
      this.#finished.add(name);
      this.#count++;
      this.#pieces = 0;
    }
  }

  async check({ datasets }: Client): Promise<void> {
    const names = await datasets.names();
    for (const name of this.#deleted) {
      assert(!names.includes(name), `${name} was deleted`);
      assert.equal(await find(datasets.get(name)), undefined);
    }
    for (const name of this.#finished) {
      if (this.#deleted.has(name)) continue;
      const info = await find(datasets.get(name));
      assert(info !== undefined || this.#deleting.has(name), `${name} is lost`);
      // A list may have the name for a minute after a deletion without an answer.
      if (!this.#deleting.has(name)) assert(names.includes(name), `${name} is not in the list`);
      if (info !== undefined) assert.equal(info.training.samples, PIECES * PIECE_ROWS);
    }
  }

  summarize(): string {
    return `${this.#finished.size} data sets, ${this.#deleted.size} deleted`;
  }
}
