/** All actors, and the results of work that nothing disturbed. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Client, isOver } from '../../../src/client/index.ts';
import { type Actor, POLL_MS } from './actor.ts';
import { DatasetActor } from './datasets.ts';
import { JOB, JobActor, readHash } from './jobs.ts';
import { LearnerActor } from './learners.ts';
import { ModelActor } from './models.ts';
import { readTable, SWEEP, SweepActor } from './sweeps.ts';

/** Results of a job and a sweep that nothing disturbed. */
export interface Reference {
  readonly weightsSha256: string;
  readonly sweep: readonly unknown[];
}

export function createActors(reference: Reference): Actor[] {
  return [
    new ModelActor(),
    new DatasetActor(),
    new JobActor(reference.weightsSha256),
    new SweepActor(reference.sweep),
    new LearnerActor(),
  ];
}

export async function createReference(client: Client): Promise<Reference> {
  let [job, sweep] = [await client.jobs.start(JOB), await client.sweeps.start(SWEEP)];
  while (!isOver(job.state) || sweep.state.status === 'running') {
    await wait(POLL_MS);
    [job, sweep] = [await client.jobs.get(job.id), await client.sweeps.get(sweep.id)];
  }
  return { weightsSha256: readHash(job), sweep: readTable(sweep) };
}
