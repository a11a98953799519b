/** Follows a job's events across lost connections. */
import { isOver, type Job, type JobEvent } from '../../src/client/index.ts';
import { openJobs } from '../local/job-store.ts';
import { isPermanent } from '../service.ts';

/** A connection without events for this long is replaced. */
const MAX_SILENCE_MS = 30_000;
const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 15_000;
/** Interval at which an ended job is read again while the page is visible. */
const ENDED_INTERVAL_MS = 3000;

interface JobObserver {
  /** Called at the start, after each reconnection, and at the end. */
  onJob(job: Job): void;
  /** Called once per event, in order. */
  onEvent(event: JobEvent): void;
  /** Called when the connection is lost, before the next attempt. */
  onConnectionLost(error: unknown): void;
}

/**
 * Resolves when the job is over. `lastEvent` is the id of the last event already received, default 0 for none.
 * Rejects with `signal.reason`, or with the ClientError of a permanent failure.
 */
export async function followJob(id: string, observer: JobObserver, signal: AbortSignal, lastEvent = 0): Promise<void> {
  const position = { lastEvent };
  for (let attempts = 0; ; attempts++) {
    const before = position.lastEvent;
    try {
      if (await connect(id, observer, signal, position)) return;
    } catch (error) {
      if (signal.aborted || isPermanent(error)) throw error;
      observer.onConnectionLost(error);
    }
    if (position.lastEvent > before) attempts = 0;
    await wait(Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts), signal);
  }
}

/**
 * Resolves when an ended job runs again: another tab or program has resumed it. Rejects with `signal.reason`, or with the
 * ClientError of a permanent failure.
 */
export async function waitForResumption(id: string, signal: AbortSignal): Promise<void> {
  const jobs = openJobs(id, signal);
  for (;;) {
    await wait(ENDED_INTERVAL_MS, signal);
    if (document.hidden) continue;
    try {
      if (!isOver((await jobs.get(id)).state)) return;
    } catch (error) {
      // The view is complete without the service.
      if (signal.aborted || isPermanent(error)) throw error;
    }
  }
}

/** Returns whether the job was over and all its events have been received. */
async function connect(id: string, observer: JobObserver, signal: AbortSignal, position: { lastEvent: number }) {
  const silence = new AbortController();
  const jobs = openJobs(id, AbortSignal.any([signal, silence.signal]));
  const startTimer = () => setTimeout(() => silence.abort(new Error('no events received')), MAX_SILENCE_MS);
  let timer = startTimer();
  try {
    const job = await jobs.get(id);
    observer.onJob(job);
    for await (const event of jobs.events(id, position.lastEvent)) {
      clearTimeout(timer);
      timer = startTimer();
      position.lastEvent = event.id;
      observer.onEvent(event);
    }
    if (isOver(job.state)) return true;
    const latest = await jobs.get(id);
    observer.onJob(latest);
    return isOver(latest.state);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with `signal.reason`. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
  if (!end.aborted) await new Promise((resolve) => end.addEventListener('abort', resolve, { once: true }));
  signal.throwIfAborted();
}
