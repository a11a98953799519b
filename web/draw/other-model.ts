/** A network in the place of the bundled one: of a training job, as far as it has come, or of the registry. */
import { Client, type Job } from '../../src/client/index.ts';
import { digitNetworkFrom } from '../digit-network.ts';
import { link } from '../dom.ts';
import type { BrowserNetwork } from '../network.ts';
import { addressOf } from '../routes.ts';
import { counted, shortId } from '../words.ts';

export interface Served {
  readonly model: string;
  readonly version: number;
}

export interface OtherModel {
  readonly network: BrowserNetwork;
  /** Which it is, with a link where there is more about it. */
  readonly origin: readonly (Node | string)[];
  /** Where the registry has it. */
  readonly served: Served | undefined;
}

/** By a job's number, or as MODEL@VERSION. Throws what the service says, `bad-model` for a network that reads no drawn digits. */
export async function loadOtherModel(subject: string): Promise<OtherModel> {
  const [, model, version] = /^(.+)@(\d+)$/.exec(subject) ?? [];
  if (model === undefined) return loadJobModel(subject);
  return loadServedModel({ model, version: Number(version) });
}

async function loadJobModel(id: string): Promise<OtherModel> {
  const { jobs } = new Client(location.origin);
  const [job, bytes] = await Promise.all([jobs.get(id), jobs.model(id)]);
  const network = await digitNetworkFrom(bytes, `the model of job ${shortId(id)}`);
  const { state } = job;
  const served = state.status === 'succeeded' ? (state.result.published ?? undefined) : undefined;
  return { network, origin: jobWords(job, network), served };
}

async function loadServedModel(served: Served): Promise<OtherModel> {
  const { model, version } = served;
  const bytes = await new Client(location.origin).models.download(model, version);
  const network = await digitNetworkFrom(bytes, `${model} version ${version}`);
  const { corrections, spec } = network.info;
  const learnt = corrections === undefined ? '' : `, with ${counted(corrections.examples, 'example')} learnt since`;
  return { network, origin: [`This is ${model} version ${version}: ${spec.layers.join('-')}${learnt}. `], served };
}

function jobWords(job: Job, network: BrowserNetwork): (Node | string)[] {
  const { epochs = [], dataset } = network.info.provenance ?? {};
  const trained = `${epochs.length} of ${counted(job.progress?.epochs ?? epochs.length, 'epoch')} on ${dataset?.name}`;
  const what = `This model is from job ${shortId(job.id)}: ${job.layers.join('-')}, ${trained}. `;
  return [what, link(addressOf('train', job.id), 'Its training'), ' '];
}
