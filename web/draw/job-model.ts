/** The network of a training job, as far as it has come. */
import { Client, type Job } from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { DIGIT_SIZE } from '../../src/data/digits.ts';
import { type BrowserNetwork, networkFrom } from '../network.ts';
import { shortId } from '../words.ts';

export interface JobModel {
  readonly network: BrowserNetwork;
  readonly job: Job;
}

/** Throws what the service says, `bad-model` for a network that reads no drawn digits. */
export async function loadJobModel(id: string): Promise<JobModel> {
  const { jobs } = new Client(location.origin);
  const [job, bytes] = await Promise.all([jobs.get(id), jobs.model(id)]);
  const network = await networkFrom(bytes, `the model of job ${shortId(id)}`);
  const { imageShape, scaling, classes } = network.info;
  const square = imageShape?.every((side) => side === DIGIT_SIZE) ?? false;
  if (square && scaling.kind === 'bytes' && classes.length === 10) return { network, job };
  network.mlp.dispose();
  throw new EdgeMlpError(
    'bad-model',
    `expected a network of 28×28 pixels and ten classes, as the pad needs it, got ${job.layers.join('-')}`,
  );
}
