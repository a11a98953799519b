/** The network of a training job, as far as it has come. */
import { Client, type Job } from '../../src/client/index.ts';
import { digitNetworkFrom } from '../digit-network.ts';
import type { BrowserNetwork } from '../network.ts';
import { shortId } from '../words.ts';

export interface JobModel {
  readonly network: BrowserNetwork;
  readonly job: Job;
}

/** Throws what the service says, `bad-model` for a network that reads no drawn digits. */
export async function loadJobModel(id: string): Promise<JobModel> {
  const { jobs } = new Client(location.origin);
  const [job, bytes] = await Promise.all([jobs.get(id), jobs.model(id)]);
  return { network: await digitNetworkFrom(bytes, `the model of job ${shortId(id)}`), job };
}
