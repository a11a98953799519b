/**
 * The training runs of this browser, with the methods of the service's jobs. Runs train one after another, in any tab.
 * A checkpoint is kept every second, so `resume` continues a run whose tab was closed.
 */
import { ClientError, isOver, type Job, type JobEvent, type JobSummary, type Jobs } from '../../src/client/index.ts';
import { ActiveRun } from './active-run.ts';
import { isLocal, type LocalRun } from './local-run.ts';
import { awaitLock, holdFreeLock, holdLock, listLocks } from './locks.ts';
import { deleteValue, getValue, listValues, putValue } from './storage.ts';

/** The methods that the page needs of jobs, here or on the service. */
export type JobStore = Pick<Jobs, 'list' | 'get' | 'events' | 'cancel' | 'resume' | 'delete' | 'model'>;

/** Runs of this tab that are queued or training. */
const active = new Map<string, ActiveRun>();

/** The tab that queues or trains a run holds a lock of this name, and stops the run on a message to this channel. */
const nameLock = (id: string) => `edge-mlp run ${id}`;
/** Waiting time for the tab that trains a run to stop it. */
const STOP_MS = 10_000;

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
      const [runs, locks] = await Promise.all([listValues<LocalRun>('run'), listLocks()]);
      const jobs = runs.map((run) => readJob(active.get(run.job.id)?.run ?? run, locks));
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
      await (active.get(id)?.stop() ?? stopElsewhere(id));
      return findJob(id);
    },

    async resume(id) {
      const job = await findJob(id);
      const [run, locks] = await Promise.all([findRun(id), listLocks()]);
      // Another tab has resumed it.
      if (run === undefined || !isOver(job.state) || locks.has(nameLock(id))) return job;
      await startRun({ ...run, job: { ...job, state: { status: 'queued' } } });
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
  const stops = new BroadcastChannel(nameLock(id));
  stops.onmessage = () => void queued.stop();
  // A run that is cancelled in the queue frees its lock at once, so that it can be queued again.
  const train = () => Promise.race([holdLock('edge-mlp training', () => queued.train()), queued.ended]);
  void holdFreeLock(nameLock(id), train).finally(() => {
    stops.close();
    if (active.get(id) === queued) active.delete(id);
  });
}

/** Asks the tab that queues or trains the run to stop it, and waits until it has. Throws ClientError 409. */
async function stopElsewhere(id: string): Promise<void> {
  const stops = new BroadcastChannel(nameLock(id));
  stops.postMessage('stop');
  stops.close();
  await awaitLock(nameLock(id), AbortSignal.timeout(STOP_MS)).catch(() => {
    throw new ClientError(409, 'the tab that trains this run does not answer: cancel it there', undefined);
  });
}

/** Throws ClientError 404. */
async function findJob(id: string): Promise<Job> {
  const run = await findRun(id);
  if (run === undefined || !isLocal(id)) {
    throw new ClientError(
      404,
      `this browser has no training run ${id}: it was deleted, or another browser has it`,
      undefined,
    );
  }
  return readJob(run, await listLocks());
}

/** A run that no tab queues or trains was interrupted. */
function readJob({ job }: LocalRun, locks: ReadonlySet<string | undefined>): Job {
  if (isOver(job.state) || active.has(job.id) || locks.has(nameLock(job.id))) return job;
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
      const silence = await new Promise<number>((resolve) => {
        const timer = window.setTimeout(() => wake(), MAX_SILENCE_MS);
        wake = () => resolve(timer);
      });
      clearTimeout(silence);
      if (events.length === 0) yield { id: run.lastEvent, type: 'state', state: run.run.job.state };
    }
  } finally {
    run.unwatch(watcher);
  }
}
