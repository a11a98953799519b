/** Following a job through lost connections: the number of the last event tells the service where to go on. */
import { isOver, type Job, type JobEvent } from '../../src/client/index.ts';
import { clientUntil, isFinal } from '../service.ts';

/** A connection that says nothing for so long may be none any more: another one is made. */
const SILENCE_MS = 30_000;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

export interface Watcher {
  /** The job as the service knows it: at the beginning, after each connection, and at the end. */
  knows(job: Job): void;
  /** All events since the first, each once. */
  told(event: JobEvent): void;
  /** The service is gone; it is asked again. */
  lost(error: unknown): void;
}

/** Resolves when the job is over. Rejects where the service has no such job, or where `signal` is aborted. */
export async function follow(id: string, watcher: Watcher, signal: AbortSignal, since = 0): Promise<void> {
  const place = { last: since };
  for (let tries = 0; ; tries++) {
    const before = place.last;
    try {
      if (await connection(id, watcher, signal, place)) return;
    } catch (error) {
      if (signal.aborted || isFinal(error)) throw error;
      watcher.lost(error);
    }
    if (place.last > before) tries = 0;
    await pause(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries), signal);
  }
}

/** Returns whether the job was over before: then no event is missing any more. */
async function connection(id: string, watcher: Watcher, signal: AbortSignal, place: { last: number }) {
  const silence = new AbortController();
  const { jobs } = clientUntil(AbortSignal.any([signal, silence.signal]));
  const fallSilent = () => silence.abort(new Error('it has said nothing for a while'));
  let timer = setTimeout(fallSilent, SILENCE_MS);
  try {
    const job = await jobs.get(id);
    watcher.knows(job);
    for await (const event of jobs.events(id, place.last)) {
      clearTimeout(timer);
      timer = setTimeout(fallSilent, SILENCE_MS);
      place.last = event.id;
      watcher.told(event);
    }
    if (isOver(job.state)) return true;
    const now = await jobs.get(id);
    watcher.knows(now);
    return isOver(now.state);
  } finally {
    clearTimeout(timer);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const giveUp = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
