/** The model that the route selects instead of the bundled one: a job's model or a registered model. */
import type { Client } from '../../src/client/index.ts';
import { createLink } from '../dom.ts';
import { formatCount, shortenId } from '../format.ts';
import { type BrowserNetwork, parseNetwork } from '../network.ts';
import { formatRoute } from '../routes.ts';
import { createClient } from '../service.ts';

export interface SelectedModel {
  readonly network: BrowserNetwork;
  readonly name: string;
  readonly description: readonly (Node | string)[];
  /** The registered model with the same weights. */
  readonly registered: RegisteredVersion | undefined;
}

export interface RegisteredVersion {
  readonly model: string;
  readonly version: number;
}

const ID = /^[0-9a-f]{64}$/;

/**
 * `subject` is a job's id, MODEL@VERSION, or MODEL for its served version.
 * Throws ClientError if the service refuses, EdgeMlpError `bad-model` for a damaged model file.
 */
export async function loadSelectedModel(subject: string): Promise<SelectedModel> {
  const client = createClient();
  if (ID.test(subject)) return loadJobModel(client, subject);
  const [, model = subject, number] = /^(.+)@(\d+)$/.exec(subject) ?? [];
  const version = number === undefined ? (await client.models.get(model)).served : Number(number);
  const network = await parseNetwork(await client.models.download(model, version), `${model} version ${version}`);
  const { corrections, spec } = network.info;
  const taught = corrections === undefined ? '' : `, taught ${formatCount(corrections.examples, 'example')}`;
  const description = [`Model ${model} version ${version} (${spec.layers.join('-')})${taught}. `];
  return { network, name: model, description, registered: { model, version } };
}

async function loadJobModel({ jobs }: Client, id: string): Promise<SelectedModel> {
  const [job, bytes] = await Promise.all([jobs.get(id), jobs.model(id)]);
  const name = `job ${shortenId(id)}`;
  const network = await parseNetwork(bytes, `the model of ${name}`);
  const { epochs = [], dataset } = network.info.provenance ?? {};
  const total = formatCount(job.progress?.epochs ?? epochs.length, 'epoch');
  const training = `${epochs.length} of ${total} on ${dataset?.name}`;
  const link = createLink(formatRoute('train', id), 'Show the job');
  const description = [`Model of ${name} (${job.layers.join('-')}), ${training}. `, link, ' '];
  const published = job.state.status === 'succeeded' ? job.state.result.published : null;
  return { network, name, description, registered: published ?? undefined };
}
