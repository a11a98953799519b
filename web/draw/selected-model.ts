/** The model that the route selects instead of the bundled one: a job's model or a registered model. */
import type { Client } from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { createLink } from '../dom.ts';
import { formatCount, shortenId } from '../format.ts';
import { isLocal, type LocalRun } from '../local/local-run.ts';
import { getValue } from '../local/storage.ts';
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
 * `subject` is the id of a job or of a run of this browser, MODEL@VERSION, or MODEL for its served version.
 * Throws ClientError if the service refuses, EdgeMlpError `bad-model` for a damaged model file.
 */
export async function loadSelectedModel(subject: string): Promise<SelectedModel> {
  const client = createClient();
  if (isLocal(subject)) return loadLocalModel(subject);
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

async function loadLocalModel(id: string): Promise<SelectedModel> {
  const [run, bytes] = await Promise.all([
    getValue<LocalRun>('run', id),
    getValue<Uint8Array<ArrayBuffer>>('checkpoint', id),
  ]);
  const name = `job ${shortenId(id)}`;
  if (run === undefined || bytes === undefined) {
    throw new EdgeMlpError('data-missing', `${name}: expected a model that this browser keeps, got none`);
  }
  const network = await parseNetwork(bytes, `the model of ${name}`);
  const { epochs = [] } = network.info.provenance ?? {};
  const { spec, layers } = run.job;
  const training = `${epochs.length} of ${formatCount(spec.epochs, 'epoch')} on ${spec.data}`;
  const link = createLink(formatRoute('train', id), 'Show the job');
  const description = [`Model of ${name} (${layers.join('-')}), ${training}, in this browser. `, link, ' '];
  return { network, name, description, registered: undefined };
}
