/** The jobs of a sweep. */
import type { RunState } from '../../src/api/sweeps.ts';
import { type Reply, readReplyUnless } from '../errors.ts';
import type { TrainingJob } from '../jobs/job.ts';
import { readRunState } from '../jobs/run-state.ts';
import type { StoredJob } from '../jobs/state.ts';
import { SERVICE } from '../owners.ts';
import { ask, askReply } from '../storage/objects.ts';

type JobsBinding = Pick<Env, 'JOBS'>;

export const WAITING: RunState = { status: 'waiting' };

export function getRunJob({ JOBS }: JobsBinding, sweep: string, run: number): DurableObjectStub<TrainingJob> {
  return JOBS.get(JOBS.idFromName(`sweep ${sweep} run ${run}`));
}

/** The runs with the last reports, after the cancellation of those that run. Throws 503. */
export async function cancelRuns(
  env: JobsBinding,
  sweep: string,
  reports: readonly (RunState | null)[],
): Promise<RunState[]> {
  return Promise.all(
    reports.map((report, run) => (report?.status === 'running' ? cancelRun(env, sweep, run) : (report ?? WAITING))),
  );
}

/** The run after its cancellation. It may not have started, or be over already. */
async function cancelRun(env: JobsBinding, sweep: string, run: number): Promise<RunState> {
  const job = getRunJob(env, sweep, run);
  const cancelled = await ask<Reply<StoredJob>>(() => job.cancel(SERVICE));
  if (!cancelled.ok && cancelled.status === 409) {
    return readRunState(await askReply<StoredJob>(() => job.status(SERVICE)));
  }
  return readRunState(readReplyUnless<StoredJob>(404, cancelled));
}
