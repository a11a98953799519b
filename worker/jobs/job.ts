/**
 * A training job: a Durable Object that alarms advance, slice by slice. A slice is committed in one transaction, with its
 * checkpoint; whatever kills the runtime in between, the alarm fires again and the job goes on from the last commit.
 */
import { DurableObject } from 'cloudflare:workers';
import { EdgeMlpError, messageOf } from '../../src/core/errors.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { DatasetStore } from '../datasets/store.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { ModelService, sha256 } from '../models/service.ts';
import { JobRun, type SliceOutcome } from './run.ts';
import { type DataShape, type JobSpec, jobData } from './spec.ts';
import { isOver, type Job, type JobEvent, type JobResult, type JobState } from './state.ts';
import { JobStore, type StoredEvent } from './store.ts';
import { Watchers } from './watchers.ts';

/** Multiply-adds of the first slice, before anything is known of the machine: some milliseconds. */
const FIRST_SLICE_WORK = 1e8;
/** How far one slice's measure moves the next one's size. */
const SMOOTHING = 0.5;
const MS_PER_DAY = 86_400_000;

export class TrainingJob extends DurableObject<Env> {
  readonly #store: JobStore;
  readonly #watchers = new Watchers();
  #run: JobRun | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new JobStore(ctx.storage);
    // A job must never be running with nothing that drives it, whatever was lost.
    void ctx.blockConcurrencyWhile(() => this.#rearm());
  }

  /** Begins, or tells of the job that was begun under this identity before. */
  async start(id: string, spec: JobSpec, shape: DataShape): Promise<{ job: Job; created: boolean }> {
    const known = this.#store.job();
    if (known !== undefined) return { job: known, created: false };
    const now = new Date().toISOString();
    const job: Job = {
      ...{
        id,
        spec,
        shape,
        state: { status: 'queued' },
        progress: null,
        history: [],
        slices: 0,
        computeMs: 0,
        attempts: 0,
      },
      ...{ sliceWork: FIRST_SLICE_WORK, publishVersion: null, created: now, updated: now },
    };
    this.#commit(job, [{ type: 'state', state: job.state }]);
    await this.ctx.storage.setAlarm(Date.now());
    return { job, created: true };
  }

  async status(): Promise<Job | undefined> {
    return this.#store.job();
  }

  /** Returns undefined where there is no such job, and false where it is over. */
  async cancel(): Promise<Job | undefined | false> {
    const job = this.#store.job();
    if (job === undefined) return undefined;
    if (isOver(job.state)) return false;
    this.#run = undefined;
    const cancelled = this.#enter(job, { status: 'cancelled' });
    await this.ctx.storage.setAlarm(Date.now() + LIMITS.jobDays * MS_PER_DAY);
    return cancelled;
  }

  /** Goes on after a cancel or a failure, from the last commit. Returns undefined or false as `cancel` does. */
  async resume(): Promise<Job | undefined | false> {
    const job = this.#store.job();
    if (job === undefined) return undefined;
    const { status } = job.state;
    if (status !== 'cancelled' && !(status === 'failed' && job.state.code !== 'diverged')) return false;
    const resumed = this.#enter({ ...job, attempts: 0 }, { status: 'queued' });
    await this.ctx.storage.setAlarm(Date.now());
    return resumed;
  }

  /** The model as far as it has come: the last commit's weights. */
  async model(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#store.checkpoint();
  }

  /** Server-sent events: all since Last-Event-ID, then what comes, until the job is over. */
  override async fetch(request: Request): Promise<Response> {
    const job = this.#store.job();
    if (job === undefined) return new Response(null, { status: 404 });
    const since = Number(request.headers.get('last-event-id') ?? 0);
    const missed = this.#store.eventsAfter(Number.isSafeInteger(since) && since > 0 ? since : 0);
    return this.#watchers.watch(missed, isOver(job.state));
  }

  override async alarm(): Promise<void> {
    const job = this.#store.job();
    if (job === undefined) return;
    if (isOver(job.state)) return this.#retire(job);
    if (job.attempts >= LIMITS.sliceAttempts) {
      this.#enter(job, {
        status: 'failed',
        code: 'interrupted',
        reason: `a slice was begun ${job.attempts} times and never ended; it can be resumed`,
      });
      return this.#keepForAWhile();
    }
    // Counted before the work, in a commit of its own: a slice that kills the runtime is not tried for ever.
    const tried = { ...job, attempts: job.attempts + 1 };
    this.#store.writeJob(tried);
    await this.ctx.storage.sync();
    try {
      await this.#advance(tried);
    } catch (error) {
      await this.#failOrRetry(tried, error);
    }
  }

  async #advance(job: Job): Promise<void> {
    // What was committed is the truth; a run in memory that is elsewhere was interrupted between two thoughts.
    if (this.#run?.step !== (job.progress?.step ?? 0)) this.#run = undefined;
    this.#run ??= await this.#open(job);
    const started = Date.now();
    const outcome = this.#run.advance(job.sliceWork);
    // Deployed, the clock moves with input and output alone, and tells only after some how long that took. Where it has moved
    // already, as it does locally, that is nearer the truth: other requests have their turn in between.
    const moved = Date.now() - started;
    await scheduler.wait(1);
    const milliseconds = Math.max(1, moved > 0 ? moved : Date.now() - started);
    // Whoever cancelled meanwhile is not overruled.
    if (this.#store.job()?.state.status === 'cancelled') return;
    const next = advanced(job, outcome, milliseconds);
    if (outcome.over) return this.#finish(next, outcome);
    this.#commitSlice(next, outcome, []);
    await this.ctx.storage.setAlarm(Date.now());
  }

  async #open({ spec, shape }: Job): Promise<JobRun> {
    const data = await jobData(new DatasetStore(this.env.MODELS), spec, shape);
    return new JobRun(spec, shape, data, this.#store.checkpoint());
  }

  /** The last slice: measured, published where that was asked for, and committed with its result. */
  async #finish(job: Job, outcome: SliceOutcome): Promise<void> {
    const run = this.#run;
    if (run === undefined) throw new Error('the run is gone');
    const test = run.test();
    const model = run.model(outcome.history, test);
    const published = await this.#publish(job, model);
    const result: JobResult = {
      weightsSha256: await weightsSha256(run),
      test: test === null ? null : { samples: test.samples, loss: test.loss, accuracy: test.accuracy },
      published,
    };
    const state: JobState = { status: 'succeeded', result };
    this.#commitSlice({ ...job, state }, { ...outcome, checkpoint: model }, [{ type: 'state', state }]);
    this.#run = undefined;
    await this.#keepForAWhile();
  }

  /** The version is decided and committed first: a retry finds its own upload there, and publishes nothing twice. */
  async #publish(job: Job, model: Uint8Array<ArrayBuffer>): Promise<JobResult['published']> {
    const { publish } = job.spec;
    if (publish === undefined) return null;
    const service = new ModelService(this.env.MODELS);
    for (;;) {
      const decided = this.#store.job()?.publishVersion ?? (await service.nextVersion(publish));
      const current = this.#store.job();
      if (current !== undefined) this.#store.writeJob({ ...current, publishVersion: decided });
      const there = await service.find(publish, decided);
      if (there?.sha256 === (await sha256(model))) return { model: publish, version: decided };
      if (there === undefined && (await service.tryPublish(publish, decided, model))) {
        return { model: publish, version: decided };
      }
      // Somebody else has taken the number.
      const taken = this.#store.job();
      if (taken !== undefined) this.#store.writeJob({ ...taken, publishVersion: null });
    }
  }

  async #failOrRetry(job: Job, error: unknown): Promise<void> {
    this.#run = undefined;
    const known = error instanceof EdgeMlpError || (error instanceof HttpError && error.status < 500);
    const last = job.attempts >= LIMITS.sliceAttempts;
    if (known || last) {
      const code = error instanceof EdgeMlpError ? error.code : known ? 'refused' : 'interrupted';
      this.#enter(this.#store.job() ?? job, { status: 'failed', code, reason: messageOf(error) });
      return this.#keepForAWhile();
    }
    console.error(error);
    await this.ctx.storage.setAlarm(Date.now() + 1000 * 2 ** job.attempts);
  }

  #commitSlice(job: Job, outcome: SliceOutcome, events: readonly JobEvent[]): void {
    const told: JobEvent[] = [
      { type: 'progress', ...outcome.progress },
      ...outcome.ended.map((metrics): JobEvent => ({ type: 'epoch', metrics })),
      ...events,
    ];
    this.#commit(job, told, outcome.checkpoint);
  }

  #enter(job: Job, state: JobState): Job {
    const entered = { ...job, state, updated: new Date().toISOString() };
    this.#commit(entered, [{ type: 'state', state }]);
    return entered;
  }

  #commit(job: Job, events: readonly JobEvent[], checkpoint?: Uint8Array<ArrayBuffer>): void {
    const stored: StoredEvent[] = [];
    this.#store.transaction(() => {
      this.#store.writeJob(job);
      if (checkpoint !== undefined) this.#store.writeCheckpoint(checkpoint);
      for (const event of events) stored.push(this.#store.addEvent(event));
    });
    this.#watchers.tell(stored, isOver(job.state));
  }

  async #rearm(): Promise<void> {
    const job = this.#store.job();
    if (job === undefined || isOver(job.state)) return;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now());
  }

  async #keepForAWhile(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + LIMITS.jobDays * MS_PER_DAY);
  }

  async #retire(job: Job): Promise<void> {
    const due = Date.parse(job.updated) + LIMITS.jobDays * MS_PER_DAY;
    if (Date.now() < due) return void (await this.ctx.storage.setAlarm(due));
    await this.env.JOB_DIRECTORY.getByName('jobs').remove(job.id);
    await this.ctx.storage.deleteAll();
  }
}

/** The job after a slice, and the size of the next one: so much work as took the aimed time, by what this one took. */
function advanced(job: Job, outcome: SliceOutcome, milliseconds: number): Job {
  const aimed = (job.sliceWork * LIMITS.sliceMs) / milliseconds;
  const sliceWork = Math.min(1e10, Math.max(1e7, job.sliceWork + SMOOTHING * (aimed - job.sliceWork)));
  return {
    ...job,
    state: { status: 'running' },
    progress: outcome.progress,
    history: outcome.history,
    slices: job.slices + 1,
    computeMs: job.computeMs + milliseconds,
    attempts: 0,
    sliceWork: Math.round(sliceWork),
    updated: new Date().toISOString(),
  };
}

/** As `edge-mlp train` prints it: over every layer's weight (out, in) and bias. */
async function weightsSha256({ parameters }: JobRun): Promise<string> {
  return sha256(parameterBytes(parameters));
}

/** A stored checkpoint as a model file, without the place in its run. */
export function modelOfCheckpoint(bytes: Uint8Array<ArrayBuffer>) {
  const { info, parameters } = parseModel(bytes, 'the job');
  return { info, parameters };
}
