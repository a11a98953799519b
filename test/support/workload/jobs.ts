import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, ClientError, isOver, type Job } from '../../../src/client/index.ts';
import type { Random } from '../../../src/index.ts';
import { type Actor, POLL_MS } from './actor.ts';

export const JOB = { data: 'digits', hidden: [64], epochs: 4, seed: 4, learningRate: 0.02 } as const;
const PUBLISHED = 'trained';

export function readHash({ state }: Job): string {
  assert.equal(state.status, 'succeeded', JSON.stringify(state));
  return (state as Extract<Job['state'], { status: 'succeeded' }>).result.weightsSha256;
}

/** Starts jobs, cancels and resumes some, and waits for the weights of the reference. */
export class JobActor implements Actor {
  readonly name = 'jobs';
  readonly scope = 'train';
  readonly #reference: string;
  #count = 0;
  #id: string | undefined;
  #done = 0;

  constructor(reference: string) {
    this.#reference = reference;
  }

  async act({ jobs }: Client, random: Random): Promise<void> {
    if (this.#id === undefined) {
      this.#id = (await jobs.start({ ...JOB, publish: PUBLISHED }, `job ${this.#count}`)).id;
      return;
    }
    const { state } = await jobs.get(this.#id);
    if (state.status === 'cancelled') await jobs.resume(this.#id);
    else if (!isOver(state)) {
      if (random.below(20) === 0) await ignoreConflict(jobs.cancel(this.#id));
      await wait(POLL_MS);
    } else {
      await this.#checkResult(await jobs.get(this.#id));
      this.#id = undefined;
      this.#count++;
      this.#done++;
    }
  }

  async #checkResult(job: Job): Promise<void> {
    assert.equal(readHash(job), this.#reference);
  }

  async check({ jobs, models }: Client): Promise<void> {
    if (this.#id !== undefined) {
      const listed = await jobs.list();
      assert(
        listed.some(({ id }) => id === this.#id),
        'the job is not in the list',
      );
    }
    if (this.#done === 0) return;
    // All jobs have the same weights, and a file is published once.
    const { versions } = await models.get(PUBLISHED);
    assert.equal(versions.length, 1);
  }

  summarize(): string {
    return `${this.#done} jobs with the weights of an undisturbed one`;
  }
}

/** The job may have ended or be publishing. */
async function ignoreConflict(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!(error instanceof ClientError && error.status === 409)) throw error;
  }
}
