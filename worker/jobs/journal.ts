/** The changes of a job: each is one transaction of the record, the weights, the steps and the events. */
import type { JobEvent, JobState } from '../../src/api/jobs.ts';
import { isOver } from '../../src/api/states.ts';
import type { SliceOutcome } from './run.ts';
import { addTraining, type JobEventBody, type StoredJob } from './state.ts';
import type { JobStore } from './store.ts';
import { Watchers } from './watchers.ts';

export class JobJournal {
  readonly #store: JobStore;
  readonly #watchers = new Watchers();
  /** Events of the transaction that is open. */
  #events: JobEvent[] = [];

  constructor(store: JobStore) {
    this.#store = store;
  }

  /** Calls the functions below in one transaction. Its events are sent after it, and not if it is rolled back. */
  commit(write: () => StoredJob): StoredJob {
    this.#events = [];
    const job = this.#store.transaction(write);
    this.#watchers.send(this.#events, isOver(job.state));
    return job;
  }

  /** To be called in `commit`, as the functions below. */
  write(
    job: StoredJob,
    events: readonly JobEventBody[],
    { checkpoint, steps = [] }: Partial<SliceOutcome> = {},
  ): StoredJob {
    this.#store.writeJob(job);
    if (checkpoint !== undefined) this.#store.writeCheckpoint(checkpoint);
    this.#store.addSteps(steps);
    for (const event of events) this.#events.push(this.#store.addEvent(event));
    return job;
  }

  /** Writes the training since the last slice, if any. */
  writeTraining(job: StoredJob, slice: SliceOutcome | undefined): StoredJob {
    if (slice === undefined) return job;
    const events: JobEventBody[] = [
      { type: 'progress', ...slice.progress },
      ...slice.ended.map((metrics): JobEventBody => ({ type: 'epoch', metrics })),
    ];
    return this.write(addTraining(job, slice), events, slice);
  }

  /** Writes a new state, and the model file of a job that has succeeded. */
  writeState(job: StoredJob, state: JobState, model?: Uint8Array<ArrayBuffer>): StoredJob {
    const entered = { ...job, state, updated: new Date().toISOString() };
    return this.write(entered, [{ type: 'state', state }], model === undefined ? {} : { checkpoint: model });
  }

  /** Server-sent events: those after `last`, the Last-Event-ID of the request, then new ones, until the job is over. */
  follow({ state }: StoredJob, last: string): Response {
    const past = this.#store.eventsAfter(/^\d{1,15}$/.test(last) ? Number(last) : 0);
    // Status 204 keeps an EventSource that has all events from reconnecting.
    if (past.length === 0 && isOver(state)) return new Response(null, { status: 204 });
    return this.#watchers.open(past, isOver(state));
  }
}
