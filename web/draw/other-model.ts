/** A network in the place of the bundled one: of a training job, as far as it has come, or of the registry. */
import { Client, type Job } from '../../src/client/index.ts';
import { link } from '../dom.ts';
import { type BrowserNetwork, loadBrowserNetwork } from '../network.ts';
import { formatRoute } from '../routes.ts';
import { formatCount, shortId } from '../words.ts';

export interface Served {
  readonly model: string;
  readonly version: number;
}

export interface OtherModel {
  readonly network: BrowserNetwork;
  readonly name: string;
  /** Which it is, with a link where there is more about it. */
  readonly origin: readonly (Node | string)[];
  /** Where the registry has it. */
  readonly served: Served | undefined;
}

/** The number of a job or a learner. */
const ID = /^[0-9a-f]{64}$/;

/** By a job's number, as MODEL@VERSION, or as MODEL, in the version that is served. Throws what the service says, `bad-model`. */
export async function loadOtherModel(subject: string): Promise<OtherModel> {
  if (ID.test(subject)) return loadJobModel(subject);
  const [, model = subject, version] = /^(.+)@(\d+)$/.exec(subject) ?? [];
  const number = version === undefined ? (await new Client(location.origin).models.get(model)).served : Number(version);
  return loadServedModel({ model, version: number });
}

async function loadJobModel(id: string): Promise<OtherModel> {
  const { jobs } = new Client(location.origin);
  const [job, bytes] = await Promise.all([jobs.get(id), jobs.model(id)]);
  const name = `job ${shortId(id)}`;
  const network = await loadBrowserNetwork(bytes, `the model of ${name}`);
  const { state } = job;
  const served = state.status === 'succeeded' ? (state.result.published ?? undefined) : undefined;
  return { network, name, origin: jobWords(job, network), served };
}

async function loadServedModel(served: Served): Promise<OtherModel> {
  const { model, version } = served;
  const bytes = await new Client(location.origin).models.download(model, version);
  const network = await loadBrowserNetwork(bytes, `${model} version ${version}`);
  const { corrections, spec } = network.info;
  const learnt = corrections === undefined ? '' : `, with ${formatCount(corrections.examples, 'example')} learnt since`;
  const origin = [`This is ${model} version ${version}: ${spec.layers.join('-')}${learnt}. `];
  return { network, name: model, origin, served };
}

function jobWords(job: Job, network: BrowserNetwork): (Node | string)[] {
  const { epochs = [], dataset } = network.info.provenance ?? {};
  const trained = `${epochs.length} of ${formatCount(job.progress?.epochs ?? epochs.length, 'epoch')} on ${dataset?.name}`;
  const what = `This model is from job ${shortId(job.id)}: ${job.layers.join('-')}, ${trained}. `;
  return [what, link(formatRoute('train', job.id), 'Its training'), ' '];
}
