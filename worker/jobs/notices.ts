/** Messages of a job to the directory, and to the sweep that it belongs to. */
import { type Entry, openDirectory } from '../storage/directory.ts';
import { readRunState } from './run-state.ts';
import { countStoredBytes } from './spec.ts';
import { runEndEvent, type StoredJob, type SweepPlace, summarizeJob } from './state.ts';

/** The entry of a job in the directory. Jobs of a sweep have none: the sweep counts their bytes and reads the data. */
export function describeEntry(job: StoredJob): Entry {
  const { id, owner, spec, shape, updated } = job;
  const model = spec.from === undefined ? [] : [`model ${spec.from}`, `model ${spec.from.split('@')[0]}`];
  return {
    kind: 'job',
    name: id,
    owner: owner.name,
    bytes: countStoredBytes(spec, shape),
    summary: summarizeJob(job),
    reads: [`data set ${spec.data}`, ...model],
    since: updated,
  };
}

/** Lists the job as running, and protects what it reads from deletion. A sweep does this for its jobs. */
export async function announce(env: Env, job: StoredJob): Promise<void> {
  if (job.place === null) await openDirectory(env).put(describeEntry(job));
}

/** Returns false if the sweep is over. */
export async function report(env: Env, job: StoredJob, { sweep, run }: SweepPlace): Promise<boolean> {
  return env.SWEEP_RECORDS.getByName(sweep).report(run, readRunState(job));
}

/** Notifies the directory, or the sweep and its workflow, of the end of the job. */
export async function sendEnd(env: Env, job: StoredJob): Promise<void> {
  const { id, place, state, updated } = job;
  if (place === null) {
    return openDirectory(env).end({ kind: 'job', name: id, time: updated, summary: summarizeJob(job) });
  }
  await report(env, job, place);
  const sweep = await env.SWEEPS.get(place.sweep);
  await sweep.sendEvent({ type: runEndEvent(place.run), payload: { status: state.status } });
}
