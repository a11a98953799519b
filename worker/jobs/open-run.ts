/** Reads the data and the start model of a job, and creates its run at the last commit. */
import { DatasetRegistry } from '../datasets/registry.ts';
import { ModelRegistry } from '../models/registry.ts';
import { SERVICE } from '../owners.ts';
import { loadJobData } from './data.ts';
import { JobRun } from './run.ts';
import { hashStart, openStart } from './start.ts';
import type { StoredJob } from './state.ts';

/** Throws the errors of the storage and of `JobRun`. */
export async function openRun(
  env: Env,
  { spec, shape }: StoredJob,
  checkpoint: Uint8Array<ArrayBuffer> | undefined,
): Promise<JobRun> {
  const { from } = spec;
  const start = from === undefined ? undefined : await openStart(new ModelRegistry(env), from);
  const data = await loadJobData(new DatasetRegistry(env, SERVICE), spec, { shape, info: start?.info });
  const weights = start === undefined ? undefined : { parameters: start.parameters, sha256: await hashStart(start) };
  return new JobRun(spec, { shape, data, start: weights, checkpoint });
}
