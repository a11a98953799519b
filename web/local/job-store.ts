/** Jobs of this browser and of the service, with the same methods. */
import type { JobSummary } from '../../src/client/index.ts';
import { createClient } from '../service.ts';
import { type JobStore, openLocalJobs } from './local-jobs.ts';
import { isLocal } from './local-run.ts';

/** The store of a job. Requests are aborted with `signal`. */
export function openJobs(id: string, signal?: AbortSignal): JobStore {
  return isLocal(id) ? openLocalJobs(signal) : createClient(signal).jobs;
}

/** The jobs of both, newest first. A failure of one does not hide the jobs of the other. */
export async function listJobs(signal: AbortSignal): Promise<{ jobs: JobSummary[]; error?: unknown }> {
  const results = await Promise.allSettled([openLocalJobs(signal).list(), createClient(signal).jobs.list()]);
  const jobs = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failed = results.find((result) => result.status === 'rejected');
  jobs.sort((a, b) => (a.created < b.created ? 1 : -1));
  return failed === undefined ? { jobs } : { jobs, error: failed.reason };
}
