/**
 * A training job: a Durable Object whose alarms advance the training slice by slice. A slice and its checkpoint are
 * committed in one transaction. If the runtime is killed, the alarm fires again and the job continues from the last
 * commit.
 */
import { DurableObject } from 'cloudflare:workers';
import type { JobResult, JobSpec, JobState } from '../../src/api/jobs.ts';
import { isOver } from '../../src/api/states.ts';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { summarizeMeasures } from '../../src/core/measures.ts';
import { parameterBytes } from '../../src/core/parameters.ts';
import { createSeries } from '../../src/core/step-series.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { formatRun } from '../../src/format/run-file.ts';
import { HttpError, isStorageFull, type Reply, reply, STORAGE_FULL } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { LIMITS, MS_PER_DAY } from '../limits.ts';
import { ModelPublisher } from '../models/publishing.ts';
import { type Caller, checkOwner, checkVisible, isService } from '../owners.ts';
import type { RequestKey } from '../requests.ts';
import { Answers } from '../storage/answers.ts';
import { deleteObject, removeEntry, reserveEntry } from '../storage/directory.ts';
import { JobJournal } from './journal.ts';
import { announce, describeEntry, report, sendEnd } from './notices.ts';
import { openRun } from './open-run.ts';
import type { JobRun } from './run.ts';
import { addEvaluation, collectMeasures, createJob, type JobStart, type StoredJob, sliceTime } from './state.ts';
import { JobStore } from './store.ts';

/** Time between two tries to write to a full storage. */
const FULL_RETRY_MS = 600_000;

export class TrainingJob extends DurableObject<Env> {
  readonly #store: JobStore;
  readonly #journal: JobJournal;
  readonly #answers: Answers;
  #run: JobRun | undefined;
  /** Cancellations, resumptions and deletions, also those that failed. They stop the alarm that runs. */
  #changes = 0;
  /** Time of the next report to the sweep, in milliseconds. */
  #reportDue = Date.now() + 1000 * LIMITS.reportSeconds;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#store = new JobStore(ctx.storage);
    this.#journal = new JobJournal(this.#store);
    this.#answers = new Answers(ctx.storage.sql);
    // An alarm may be lost, and a job without one would never end.
    void ctx.blockConcurrencyWhile(() => this.#rearm());
  }

  /** Starts the job, or returns the one that was started with this id before. Refuses with 507. */
  async start(id: string, spec: JobSpec, start: JobStart): Promise<Reply<{ job: StoredJob; created: boolean }>> {
    return reply(async () => {
      const known = this.#store.job();
      if (known !== undefined) return { job: known, created: false };
      const job = createJob(id, spec, start);
      // A sweep reserves the bytes of its jobs.
      if (job.place === null) {
        // If the start is interrupted, the alarm removes the entry.
        await this.ctx.storage.setAlarm(Date.now() + 1000 * LIMITS.cleanUpSeconds);
        await reserveEntry(this.env, describeEntry(job), job.owner);
        const other = this.#store.job();
        if (other !== undefined) return { job: other, created: false };
      }
      this.#store.create();
      this.#journal.commit(() => this.#journal.write(job, [{ type: 'state', state: job.state }]));
      await this.ctx.storage.setAlarm(Date.now());
      return { job, created: true };
    });
  }

  /** Refuses with 404. */
  async status(caller: Caller): Promise<Reply<StoredJob>> {
    return reply(() => this.#read(caller));
  }

  /** Refuses with 403, 404, or 409 for a job that is over. */
  async cancel(caller: Caller, key: RequestKey | null = null): Promise<Reply<StoredJob>> {
    return reply(() =>
      this.#change(caller, key, (job) => {
        if (isOver(job.state)) throw refusal(job, 'cancelled', 'it is over');
        if (job.publishing) throw refusal(job, 'cancelled', 'its model is being published');
        const run = this.#interrupt();
        return this.#enterEnd(this.#journal.writeTraining(job, run?.takeSlice()), { status: 'cancelled' });
      }),
    );
  }

  /**
   * Continues after a cancellation or failure, from the last commit. Refuses with 403, 404, or 409, also for a job of a
   * sweep, which only the sweep resumes.
   */
  async resume(caller: Caller, key: RequestKey | null = null): Promise<Reply<StoredJob>> {
    return reply(() =>
      this.#change(caller, key, (job) => {
        const { status } = job.state;
        if (job.place !== null && !isService(caller)) {
          throw refusal(job, 'resumed', `it belongs to sweep ${job.place.sweep}. Start a new sweep`);
        }
        if (status === 'succeeded') throw refusal(job, 'resumed', 'it has succeeded');
        if (status === 'queued' || status === 'running') throw refusal(job, 'resumed', `it is ${status}`);
        if (status === 'failed' && job.state.code === 'diverged') {
          throw refusal(job, 'resumed', 'it diverged. Start a new job with a smaller learning rate');
        }
        // The token that resumes the job may have lost the scope admin since the start.
        const owner = { ...job.owner, isAdmin: caller.identity?.isAdmin === true };
        const renewed = { ...job, owner, attempts: 0, failures: 0, publishing: false, notified: false };
        this.#interrupt();
        return this.#journal.writeState(renewed, { status: 'queued' });
      }),
    );
  }

  /** Refuses with 403, 404, or 409 for a job that is not over. */
  async remove(caller: Caller): Promise<Reply<null>> {
    return reply(async () => {
      const job = this.#read(caller);
      this.#checkOwner(caller, job);
      if (!isOver(job.state)) throw refusal(job, 'deleted', `it is ${job.state.status}. Cancel it`);
      if (job.place !== null && !job.notified) {
        throw refusal(job, 'deleted', 'its sweep has not been notified of its end. Retry in some seconds');
      }
      await this.#remove(job.id);
      return null;
    });
  }

  /** The job, and its model file with the weights of the last commit. */
  async model(caller: Caller): Promise<Reply<{ job: StoredJob; bytes: Uint8Array<ArrayBuffer> }>> {
    return reply(() => {
      const job = this.#read(caller);
      const bytes = this.#store.checkpoint();
      if (bytes === undefined)
        throw new HttpError(409, `job ${job.id} has no model before its first slice: retry later`);
      return { job, bytes };
    });
  }

  /** The record and the weights as a run file. */
  async recording(caller: Caller): Promise<Reply<Uint8Array<ArrayBuffer>>> {
    return reply(() => {
      const job = this.#read(caller);
      const model = this.#store.checkpoint();
      if (job.state.status !== 'succeeded' || !job.spec.record || model === undefined) {
        throw new HttpError(409, `job ${job.id} has no recording: expected a job with "record" that has succeeded`);
      }
      const { parameters } = parseModel(model, 'the model');
      const run = { ...collectMeasures(job), parameters, steps: createSeries(this.#store.steps()) };
      return formatRun(run, job.id, job.id);
    });
  }

  /** Server-sent events: those after Last-Event-ID, then new ones, until the job is over. */
  override async fetch(request: Request): Promise<Response> {
    const job = this.#store.job();
    if (job === undefined) return new Response(null, { status: 404 });
    return this.#journal.follow(job, request.headers.get('last-event-id') ?? '');
  }

  override async alarm(): Promise<void> {
    const job = this.#store.job();
    if (job === undefined) {
      return removeEntry(this.ctx.storage, this.env, { kind: 'job', name: this.ctx.id.toString() });
    }
    if (isOver(job.state)) return job.notified ? this.#retire(job) : this.#notify(job);
    if (job.attempts >= LIMITS.sliceBeginnings) {
      const reason = `a slice was started ${job.attempts} times without an end: resume the job to try again`;
      return void (await this.#end(job, { status: 'failed', code: 'interrupted', reason }));
    }
    // Counted in a separate commit before the work, so that a slice that kills the runtime is not repeated forever.
    const tried = { ...job, attempts: job.attempts + 1 };
    const stopped = this.#watchChanges();
    try {
      this.#store.writeJob(tried);
      await this.ctx.storage.sync();
      if (job.state.status === 'queued') await announce(this.env, { ...tried, state: { status: 'running' } });
      await this.#advance(tried, stopped);
    } catch (error) {
      await (stopped() ? this.#restart() : this.#failOrRetry(tried, error));
    }
  }

  /** Throws 404. */
  #read(caller: Caller): StoredJob {
    const job = this.#store.job();
    const unknown = unknownJob(this.ctx.id.toString());
    if (job === undefined) throw unknown;
    checkVisible(caller, job.owner.name, unknown);
    return job;
  }

  /** Throws 403. */
  #checkOwner(caller: Caller, { id, owner }: StoredJob): void {
    checkOwner(caller, owner.name, `job ${id}`, unknownJob(id));
  }

  /** A repeated request returns the current job. Throws 403, 404, 409 or what `change` throws. */
  async #change(caller: Caller, key: RequestKey | null, change: (job: StoredJob) => StoredJob): Promise<StoredJob> {
    const job = this.#read(caller);
    this.#checkOwner(caller, job);
    if (this.#answers.has(key)) return job;
    const changed = this.#journal.commit(() => {
      this.#answers.add(key, true);
      return change(job);
    });
    await this.ctx.storage.setAlarm(Date.now());
    return changed;
  }

  /** Drops the run, also if the storage fails later, and returns it. */
  #interrupt(): JobRun | undefined {
    const run = this.#run;
    this.#run = undefined;
    this.#changes++;
    return run;
  }

  /** Returns a function that tells whether a request has changed the job since. */
  #watchChanges(): () => boolean {
    const changes = this.#changes;
    return () => this.#changes !== changes;
  }

  async #advance(job: StoredJob, stopped: () => boolean): Promise<void> {
    // If the run in memory is stale, reload it from the last commit.
    if (this.#run?.step !== (job.progress?.step ?? 0)) this.#run = undefined;
    const run = this.#run ?? (await openRun(this.env, job, this.#store.checkpoint()));
    if (stopped()) return this.#restart();
    this.#run = run;
    if (job.spec.record && job.extras.length < job.history.length) await this.#evaluate(job, run, stopped);
    else if (job.history.length < job.spec.epochs) await this.#train(job, run, stopped);
    else await this.#finish(job, run, stopped);
  }

  async #train(job: StoredJob, run: JobRun, stopped: () => boolean): Promise<void> {
    await run.advance(sliceTime(job), stopped);
    if (stopped()) return this.#restart();
    const trained = this.#journal.commit(() => this.#journal.writeTraining(job, run.takeSlice()));
    await this.ctx.storage.setAlarm(Date.now());
    await this.#reportProgress(trained);
  }

  /** A job whose sweep is over ends: it was started while the sweep was cancelled. */
  async #reportProgress(job: StoredJob): Promise<void> {
    if (job.place === null || Date.now() < this.#reportDue) return;
    this.#reportDue = Date.now() + 1000 * LIMITS.reportSeconds;
    const isWanted = await report(this.env, job, job.place).catch((error) => void console.error(error));
    if (isWanted === false && !isOver(this.#store.job()?.state ?? job.state)) {
      await this.#end(this.#store.job() ?? job, { status: 'cancelled' });
    }
  }

  /** In separate slices, so that the time of an epoch is the time of its training. */
  async #evaluate(job: StoredJob, run: JobRun, stopped: () => boolean): Promise<void> {
    const { evaluation, milliseconds } = await run.measure(sliceTime(job), stopped);
    if (stopped()) return this.#restart();
    this.#journal.commit(() => this.#journal.write(addEvaluation(job, evaluation, milliseconds), []));
    await this.ctx.storage.setAlarm(Date.now());
  }

  /** Evaluates, publishes if requested, and commits the result. */
  async #finish(job: StoredJob, run: JobRun, stopped: () => boolean): Promise<void> {
    const { spec, shape } = job;
    const test = await run.evaluate('test', stopped);
    const validation = spec.record || shape.task === 'regression' ? await run.evaluate('validation', stopped) : null;
    if (stopped()) return this.#restart();
    const model = run.model(job.history, test);
    const published = await this.#publish(job, model);
    const result: JobResult = {
      weightsSha256: await sha256(parameterBytes(run.parameters)),
      ...(validation === null ? {} : { validation: summarizeMeasures(validation) }),
      test: test && summarizeMeasures(test),
      published,
    };
    await this.#end({ ...job, validation }, { status: 'succeeded', result }, model);
  }

  /** A retry finds its own upload: publishing a file twice gives one version. */
  async #publish(job: StoredJob, model: Uint8Array<ArrayBuffer>): Promise<JobResult['published']> {
    const { spec, owner } = job;
    const name = spec.publish;
    if (name === undefined) return null;
    // Committed first: a job whose model may be published cannot be cancelled.
    this.#store.writeJob({ ...(this.#store.job() ?? job), publishing: true });
    await this.ctx.storage.sync();
    const { version } = await new ModelPublisher(this.env, owner).publish(name, null, model);
    return { model: name, version: version.version };
  }

  async #failOrRetry(job: StoredJob, error: unknown): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    if (isStorageFull(error)) return this.#failWithFullStorage(job, error);
    const known = error instanceof EdgeMlpError || (error instanceof HttpError && error.status < 500);
    const failures = job.failures + 1;
    const last = failures >= LIMITS.sliceAttempts;
    if (known || last) {
      const code = error instanceof EdgeMlpError ? error.code : known ? 'refused' : 'interrupted';
      // The weights of the epochs since the last commit are gone; their measures are kept.
      const measures = code === 'diverged' ? run?.takeMeasures() : undefined;
      const state = { status: 'failed', code, reason: errorMessage(error) } as const;
      this.#journal.commit(() =>
        this.#enterEnd(this.#journal.writeTraining(this.#store.job() ?? job, measures), state),
      );
      return this.ctx.storage.setAlarm(Date.now());
    }
    console.error(error);
    this.#store.writeJob({ ...(this.#store.job() ?? job), failures });
    await this.ctx.storage.setAlarm(Date.now() + 1000 * 2 ** failures);
  }

  /**
   * If the failure cannot be written either, a new alarm is set: the platform drops an alarm that throws repeatedly.
   */
  async #failWithFullStorage(job: StoredJob, full: unknown): Promise<void> {
    try {
      this.#store.deleteProgress();
      const reason = full instanceof HttpError ? full.message : STORAGE_FULL;
      await this.#end(this.#store.job() ?? job, { status: 'failed', code: 'storage-full', reason });
    } catch (error) {
      console.error(error);
      await this.ctx.storage.setAlarm(Date.now() + FULL_RETRY_MS);
    }
  }

  /** Ends the job. The next alarm notifies its sweep or the directory. */
  async #end(job: StoredJob, state: JobState, model?: Uint8Array<ArrayBuffer>): Promise<StoredJob> {
    const ended = this.#journal.commit(() => this.#enterEnd(job, state, model));
    await this.ctx.storage.setAlarm(Date.now());
    return ended;
  }

  #enterEnd(job: StoredJob, state: JobState, model?: Uint8Array<ArrayBuffer>): StoredJob {
    this.#run = undefined;
    return this.#journal.writeState({ ...job, attempts: 0, failures: 0 }, state, model);
  }

  /** Continues from the last commit with the next alarm. */
  async #restart(): Promise<void> {
    this.#run = undefined;
    await this.#rearm();
  }

  async #rearm(): Promise<void> {
    if (this.#store.job() === undefined) return;
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now());
  }

  /** Notifies the sweep or the directory, with retries: the first within seconds, then every hour. */
  async #notify(job: StoredJob): Promise<void> {
    const attempts = job.attempts + 1;
    const stopped = this.#watchChanges();
    let failure: unknown;
    try {
      await sendEnd(this.env, job);
    } catch (error) {
      failure = error;
    }
    // A job that was resumed meanwhile has another end.
    if (stopped()) return this.#restart();
    if (failure !== undefined) {
      console.error(failure);
      this.#store.writeJob({ ...job, attempts });
      const seconds = attempts < LIMITS.sliceAttempts ? 2 ** attempts : 3600;
      return void (await this.ctx.storage.setAlarm(Date.now() + 1000 * seconds));
    }
    const notified = { ...job, attempts: 0, notified: true };
    this.#store.writeJob(notified);
    await this.#retire(notified);
  }

  async #retire(job: StoredJob): Promise<void> {
    const due = Date.parse(job.updated) + LIMITS.jobDays * MS_PER_DAY;
    if (Date.now() < due) return void (await this.ctx.storage.setAlarm(due));
    await this.#remove(job.id);
  }

  /** Deletes the job and its entry. */
  async #remove(id: string): Promise<void> {
    this.#interrupt();
    await deleteObject(this.ctx, this.env, { kind: 'job', name: id });
  }
}

export function unknownJob(id: string): HttpError {
  return new HttpError(404, `job ${id} not found`);
}

function refusal({ id }: StoredJob, change: string, reason: string): HttpError {
  return new HttpError(409, `job ${id} cannot be ${change}: ${reason}`);
}
