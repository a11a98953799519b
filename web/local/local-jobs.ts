/**
 * The training runs of this browser, with the methods of the service's jobs. Runs train one after another, in any tab.
 * A checkpoint is kept every second, so `resume` continues a run whose tab was closed.
 */
import { ClientError, isOver, type Job, type JobEvent, type JobSummary, type Jobs } from '../../src/client/index.ts';
import { ActiveRun } from './active-run.ts';
import { isLocal, type LocalRun } from './local-run.ts';
import { holdLock, isLocked } from './locks.ts';
import { deleteValue, getValue, listValues, putValue } from './storage.ts';

/** The methods that the page needs of jobs, here or on the service. */
export type JobStore = Pick<Jobs, 'list' | 'get' | 'events' | 'cancel' | 'resume' | 'delete' | 'model'>;

/** Runs of this tab that are queued or training. */
const active = new Map<string, ActiveRun>();

const nameLock = (id: string) => `edge-mlp run ${id}`;

/** Queues a new run. Throws EdgeMlpError "file" if the browser does not keep it. */
export async function startRun(run: LocalRun): Promise<void> {
  await putValue('run', run.job.id, run);
  queueRun(run);
}

/** The run with its evaluation; undefined for an unknown id. */
export async function findRun(id: string): Promise<LocalRun | undefined> {
  return active.get(id)?.run ?? (await getValue<LocalRun>('run', id));
}

/** A run of this tab that is queued or training. */
export function findActiveRun(id: string): ActiveRun | undefined {
  return active.get(id);
}

/** The runs as jobs. Iterations of events end with `signal`. */
export function openLocalJobs(signal?: AbortSignal): JobStore {
  return {
    /** Newest first. */
    async list() {
      const runs = await listValues<LocalRun>('run');
      const jobs = await Promise.all(runs.map(({ job }) => findJob(job.id)));
      return jobs.map(summarizeJob).sort((a, b) => (a.created < b.created ? 1 : -1));
    },

    get: findJob,

    /** The epochs so far, and then the events of a run of this tab until it is over. */
    async *events(id) {
      const run = active.get(id);
      if (run === undefined) return;
      yield* run.run.job.history.map((metrics): JobEvent => ({ id: 0, type: 'epoch', metrics }));
      yield* followRun(run, signal);
    },

    async cancel(id) {
      const run = active.get(id);
      if (run === undefined && (await isLocked(nameLock(id)))) {
        throw new ClientError(409, 'another tab trains this run: cancel it there', undefined);
      }
      await run?.stop();
      return findJob(id);
    },

    async resume(id) {
      const job = await findJob(id);
      const run = await findRun(id);
      if (run === undefined || !isOver(job.state)) return job;
      queueRun({ ...run, job: { ...job, state: { status: 'queued' } } });
      return findJob(id);
    },

    async delete(id) {
      await active.get(id)?.stop();
      await Promise.all([deleteValue('run', id), deleteValue('checkpoint', id)]);
    },

    async model(id) {
      const bytes = await getValue<Uint8Array<ArrayBuffer>>('checkpoint', id);
      if (bytes !== undefined) return bytes;
      throw new ClientError(409, `run ${id} has no weights yet: wait for its first second of training`, undefined);
    },
  };
}

function queueRun(run: LocalRun): void {
  const { id } = run.job;
  const queued = new ActiveRun(run);
  active.set(id, queued);
  void holdLock(nameLock(id), () => holdLock('edge-mlp training', () => queued.train())).finally(() => {
    // A run that was cancelled in the queue may have been queued again.
    if (active.get(id) === queued) active.delete(id);
  });
}

/** A run that no tab trains any more was interrupted; it can be resumed. Throws ClientError 404. */
async function findJob(id: string): Promise<Job> {
  const run = await findRun(id);
  if (run === undefined || !isLocal(id)) {
    throw new ClientError(
      404,
      `this browser has no training run ${id}: it was deleted, or another browser has it`,
      undefined,
    );
  }
  const { job } = run;
  if (isOver(job.state) || active.has(id) || (await isLocked(nameLock(id)))) return job;
  return { ...job, state: { status: 'cancelled' } };
}

function summarizeJob({ id, spec, layers, state, created, updated }: Job): JobSummary {
  return { id, data: spec.data, epochs: spec.epochs, publish: null, layers, state, created, updated };
}

/** Repeats the state after a silence, so that readers know that the run is alive. */
const MAX_SILENCE_MS = 10_000;

/** Events that arrive while the reader is busy are kept for it. */
async function* followRun(run: ActiveRun, signal?: AbortSignal): AsyncGenerator<JobEvent, void, void> {
  let events: JobEvent[] = [];
  let wake = () => {};
  const watcher = (event: JobEvent) => {
    events.push(event);
    wake();
  };
  run.watch(watcher);
  signal?.addEventListener('abort', () => wake());
  try {
    while (!isOver(run.run.job.state) || events.length > 0) {
      signal?.throwIfAborted();
      const received = events;
      events = [];
      yield* received;
      if (events.length > 0 || isOver(run.run.job.state)) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, MAX_SILENCE_MS);
      });
      if (events.length === 0) yield { id: run.lastEvent, type: 'state', state: run.run.job.state };
    }
  } finally {
    run.unwatch(watcher);
  }
}
