/**
 * A training job: a Durable Object that alarms advance, slice by slice. A slice is committed in one transaction, with its
 * checkpoint; whatever kills the runtime in between, the alarm fires again and the job goes on from the last commit.
 */
import { DurableObject } from 'cloudflare:workers';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { createSeries } from '../../src/core/step-series.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { formatRun } from '../../src/format/run-file.ts';
import { DatasetStore } from '../datasets/store.ts';
import { HttpError, isStorageFull, STORAGE_FULL } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { LIMITS, MS_PER_DAY } from '../limits.ts';
import { ModelService } from '../models/service.ts';
import { jobData } from './data.ts';
import { JobRun, type SliceOutcome } from './run.ts';
import type { DataShape } from './shape.ts';
import type { JobSpec } from './spec.ts';
import { openStart, startHash } from './start.ts';
import { endOfRun, isOver, type Job, type JobEvent, type JobResult, type JobState, type SweepPlace } from './state.ts';
import { JobStore, type StoredEvent } from './store.ts';
import { collectMeasures, measured, newJob, trained } from './transitions.ts';
import { Watchers } from './watchers.ts';

/** A storage that is full for good is tried again so seldom. */
const FULL_RETRY_MS = 600_000;

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
  async start(
    id: string,
    spec: JobSpec,
    { shape, place = null }: { shape: DataShape; place?: SweepPlace | null },
  ): Promise<{ job: Job; created: boolean }> {
    const known = this.#store.job();
    if (known !== undefined) return { job: known, created: false };
    const job = newJob(id, spec, shape, place);
    this.#store.begin();
    this.#commit(job, [{ type: 'state', state: job.state }]);
    await this.ctx.storage.setAlarm(Date.now());
    return { job, created: true };
  }

  async status(): Promise<Job | undefined> {
    return this.#store.job();
  }

  /** Returns undefined where there is no such job, and false where it is over, or its model is being published. */
  async cancel(): Promise<Job | undefined | false> {
    const job = this.#store.job();
    if (job === undefined) return undefined;
    if (isOver(job.state) || job.publishVersion !== null) return false;
    this.#run = undefined;
    return this.#end(job, { status: 'cancelled' });
  }

  /** Goes on after a cancel or a failure, from the last commit. Returns undefined or false as `cancel` does. */
  async resume(): Promise<Job | undefined | false> {
    const job = this.#store.job();
    if (job === undefined) return undefined;
    const { status } = job.state;
    if (status !== 'cancelled' && !(status === 'failed' && job.state.code !== 'diverged')) return false;
    const resumed = this.#enter({ ...job, attempts: 0, failures: 0, told: job.place === null }, { status: 'queued' });
    await this.ctx.storage.setAlarm(Date.now());
    return resumed;
  }

  /** The model as far as it has come: the last commit's weights. */
  async model(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#store.checkpoint();
  }

  /** All that was recorded, with the weights, as a run's file; undefined where nothing was, or the job has not succeeded. */
  async recording(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const job = this.#store.job();
    const model = this.#store.checkpoint();
    if (job?.state.status !== 'succeeded' || !job.spec.record || model === undefined) return undefined;
    const { parameters } = parseModel(model, 'the model');
    return formatRun({ ...collectMeasures(job), parameters, steps: createSeries(this.#store.steps()) }, job.id, job.id);
  }

  /** Server-sent events: all since Last-Event-ID, then what comes, until the job is over. */
  override async fetch(request: Request): Promise<Response> {
    const job = this.#store.job();
    if (job === undefined) return new Response(null, { status: 404 });
    const last = request.headers.get('last-event-id') ?? '';
    const missed = this.#store.eventsAfter(/^\d{1,15}$/.test(last) ? Number(last) : 0);
    // Who has heard all of it is told not to come again, as an EventSource would.
    if (missed.length === 0 && isOver(job.state)) return new Response(null, { status: 204 });
    return this.#watchers.watch(missed, isOver(job.state));
  }

  override async alarm(): Promise<void> {
    const job = this.#store.job();
    if (job === undefined) return;
    if (isOver(job.state)) return job.told ? this.#retire(job) : this.#tell(job);
    if (job.attempts >= LIMITS.sliceBeginnings) {
      const reason = `a slice was begun ${job.attempts} times and never ended; it can be resumed`;
      return void (await this.#end(job, { status: 'failed', code: 'interrupted', reason }));
    }
    // Counted before the work, in a commit of its own: a slice that kills the runtime is not tried for ever.
    const tried = { ...job, attempts: job.attempts + 1 };
    try {
      this.#store.writeJob(tried);
      await this.ctx.storage.sync();
      await this.#advance(tried);
    } catch (error) {
      await this.#failOrRetry(tried, error);
    }
  }

  async #advance(job: Job): Promise<void> {
    // What was committed is the truth; a run in memory that is elsewhere was interrupted between two thoughts.
    if (this.#run?.step !== (job.progress?.step ?? 0)) this.#run = undefined;
    this.#run ??= await this.#open(job);
    if (job.spec.record && job.extras.length < job.history.length) await this.#measure(job, this.#run);
    else if (job.history.length < job.spec.epochs) await this.#train(job, this.#run);
    else await this.#finish(job, this.#run);
  }

  async #train(job: Job, run: JobRun): Promise<void> {
    const { result, milliseconds } = await timed(() => run.advance(job.sliceWork));
    // Whoever cancelled meanwhile is not overruled.
    if (this.#cancelled) return;
    const events: JobEvent[] = [
      { type: 'progress', ...result.progress },
      ...result.ended.map((metrics): JobEvent => ({ type: 'epoch', metrics })),
    ];
    this.#commit(trained(job, result, milliseconds), events, result);
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Slices of their own: an epoch's time is that of its training. */
  async #measure(job: Job, run: JobRun): Promise<void> {
    const { result, milliseconds } = await timed(() => run.measure(job.sliceWork));
    if (this.#cancelled) return;
    this.#commit(measured(job, result, milliseconds), []);
    await this.ctx.storage.setAlarm(Date.now());
  }

  async #open({ spec, shape }: Job): Promise<JobRun> {
    const { from } = spec;
    const start = from === undefined ? undefined : await openStart(new ModelService(this.env.MODELS), from);
    const data = await jobData(new DatasetStore(this.env.MODELS), spec, { shape, info: start?.info });
    const weights = start === undefined ? undefined : { parameters: start.parameters, sha256: await startHash(start) };
    return new JobRun(spec, { shape, data, start: weights, checkpoint: this.#store.checkpoint() });
  }

  /** Measured, published where that was asked for, and committed with its result. */
  async #finish(job: Job, run: JobRun): Promise<void> {
    const test = await run.evaluate('test');
    const model = run.model(job.history, test);
    const published = await this.#publish(job, model);
    const result: JobResult = {
      weightsSha256: await sha256(parameterBytes(run.parameters)),
      test: test === null ? null : { samples: test.samples, loss: test.loss, accuracy: test.accuracy },
      published,
    };
    const validation = job.spec.record ? await run.evaluate('validation') : null;
    if (this.#cancelled) return;
    await this.#end({ ...job, validation }, { status: 'succeeded', result }, model);
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
      if (there === undefined && (await service.tryPublish(publish, decided, model)) !== undefined) {
        return { model: publish, version: decided };
      }
      // Somebody else has taken the number.
      const taken = this.#store.job();
      if (taken !== undefined) this.#store.writeJob({ ...taken, publishVersion: null });
    }
  }

  async #failOrRetry(job: Job, error: unknown): Promise<void> {
    this.#run = undefined;
    if (this.#cancelled) return;
    if (isStorageFull(error)) return this.#failForRoom(job);
    const known = error instanceof EdgeMlpError || (error instanceof HttpError && error.status < 500);
    const failures = job.failures + 1;
    const last = failures >= LIMITS.sliceAttempts;
    if (known || last) {
      const code = error instanceof EdgeMlpError ? error.code : known ? 'refused' : 'interrupted';
      await this.#end(this.#store.job() ?? job, { status: 'failed', code, reason: errorMessage(error) });
      return;
    }
    console.error(error);
    this.#store.writeJob({ ...(this.#store.job() ?? job), failures });
    await this.ctx.storage.setAlarm(Date.now() + 1000 * 2 ** failures);
  }

  /** Where not even the failure can be written, the alarm must not be lost: the platform drops one that throws too often. */
  async #failForRoom(job: Job): Promise<void> {
    try {
      this.#store.forgetProgress();
      await this.#end(this.#store.job() ?? job, { status: 'failed', code: 'storage-full', reason: STORAGE_FULL });
    } catch (error) {
      console.error(error);
      await this.ctx.storage.setAlarm(Date.now() + FULL_RETRY_MS);
    }
  }

  get #cancelled(): boolean {
    return this.#store.job()?.state.status === 'cancelled';
  }

  /** Over: whoever waits for it is told, and it is kept for a while. */
  async #end(job: Job, state: JobState, model?: Uint8Array<ArrayBuffer>): Promise<Job> {
    this.#run = undefined;
    const ended = this.#enter({ ...job, attempts: 0, failures: 0 }, state, model);
    await this.ctx.storage.setAlarm(ended.told ? Date.now() + LIMITS.jobDays * MS_PER_DAY : Date.now());
    return ended;
  }

  #enter(job: Job, state: JobState, model?: Uint8Array<ArrayBuffer>): Job {
    const entered = { ...job, state, updated: new Date().toISOString() };
    this.#commit(entered, [{ type: 'state', state }], model === undefined ? {} : { checkpoint: model });
    return entered;
  }

  #commit(job: Job, events: readonly JobEvent[], { checkpoint, steps = [] }: Partial<SliceOutcome> = {}): void {
    const stored: StoredEvent[] = [];
    this.#store.transaction(() => {
      this.#store.writeJob(job);
      if (checkpoint !== undefined) this.#store.writeCheckpoint(checkpoint);
      for (const series of steps) this.#store.addSteps(series);
      for (const event of events) stored.push(this.#store.addEvent(event));
    });
    this.#watchers.tell(stored, isOver(job.state));
  }

  async #rearm(): Promise<void> {
    if (this.#store.job() === undefined) return;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now());
  }

  /** Tells the sweep, until it is heard: a sweep that hears nothing looks by itself, but later. */
  async #tell(job: Job): Promise<void> {
    const attempts = job.attempts + 1;
    let trouble: unknown;
    try {
      await this.#sendEnd(job);
    } catch (error) {
      trouble = error;
    }
    // Whoever has been told may have resumed it meanwhile: then there is another end to come.
    if (!isOver(this.#store.job()?.state ?? job.state) || this.#store.job()?.updated !== job.updated) return;
    if (trouble !== undefined) {
      if (attempts < LIMITS.sliceAttempts) {
        this.#store.writeJob({ ...job, attempts });
        return void (await this.ctx.storage.setAlarm(Date.now() + 1000 * 2 ** attempts));
      }
      console.error(trouble);
    }
    const told = { ...job, attempts: 0, told: true };
    this.#store.writeJob(told);
    await this.#retire(told);
  }

  async #sendEnd({ place, state }: Job): Promise<void> {
    if (place === null) return;
    const sweep = await this.env.SWEEPS.get(place.sweep);
    await sweep.sendEvent({ type: endOfRun(place.run), payload: { status: state.status } });
  }

  async #retire(job: Job): Promise<void> {
    const due = Date.parse(job.updated) + LIMITS.jobDays * MS_PER_DAY;
    if (Date.now() < due) return void (await this.ctx.storage.setAlarm(due));
    await this.env.JOB_DIRECTORY.getByName('jobs').remove(job.id);
    await this.#store.clear();
  }
}

/** Work and its time. Never by the clock while it lasts: deployed, that moves with input and output alone. */
async function timed<Result>(work: () => Result): Promise<{ result: Result; milliseconds: number }> {
  const started = Date.now();
  const result = work();
  // Where the clock has moved already, as it does locally, that is nearer the truth: other requests have their turn in between.
  const moved = Date.now() - started;
  await scheduler.wait(1);
  return { result, milliseconds: Math.max(1, moved > 0 ? moved : Date.now() - started) };
}

/** A stored checkpoint as a model file, without the place in its run. */
export function modelOfCheckpoint(bytes: Uint8Array<ArrayBuffer>) {
  const { info, parameters } = parseModel(bytes, 'the job');
  return { info, parameters };
}
