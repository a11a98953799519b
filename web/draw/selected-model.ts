/** The model that the route selects instead of the bundled one: a job's model or a registered model. */
import { createLink } from '../dom.ts';
import { formatCount, shortenId } from '../format.ts';
import { openJobs } from '../local/job-store.ts';
import { isLocal } from '../local/local-run.ts';
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
 * Throws ClientError if the service or the store of this browser refuses, EdgeMlpError `bad-model` for a damaged model file.
 */
export async function loadSelectedModel(subject: string): Promise<SelectedModel> {
  if (isLocal(subject) || ID.test(subject)) return loadJobModel(subject);
  const { models } = createClient();
  const [, model = subject, number] = /^(.+)@(\d+)$/.exec(subject) ?? [];
  const version = number === undefined ? (await models.get(model)).served : Number(number);
  const network = await parseNetwork(await models.download(model, version), `${model} version ${version}`);
  const { corrections, spec } = network.info;
  const taught = corrections === undefined ? '' : `, taught ${formatCount(corrections.examples, 'example')}`;
  const description = [`Model ${model} version ${version} (${spec.layers.join('-')})${taught}. `];
  return { network, name: model, description, registered: { model, version } };
}

async function loadJobModel(id: string): Promise<SelectedModel> {
  const jobs = openJobs(id);
  const [{ spec, layers, state }, bytes] = await Promise.all([jobs.get(id), jobs.model(id)]);
  const name = `job ${shortenId(id)}`;
  const network = await parseNetwork(bytes, `the model of ${name}`);
  const { epochs = [] } = network.info.provenance ?? {};
  const place = isLocal(id) ? ', in this browser' : '';
  const training = `${epochs.length} of ${formatCount(spec.epochs, 'epoch')} on ${spec.data}${place}`;
  const link = createLink(formatRoute('train', id), 'Show the job');
  const description = [`Model of ${name} (${layers.join('-')}), ${training}. `, link, ' '];
  const published = state.status === 'succeeded' ? state.result.published : null;
  return { network, name, description, registered: published ?? undefined };
}
