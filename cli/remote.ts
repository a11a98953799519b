/** A service in place of a model file. */
import { Client, ClientError, type ModelOptions, type Prediction, type Samples } from '../src/client/index.ts';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { inputSize } from '../src/core/spec.ts';
import { csvSamples } from '../src/data/csv-samples.ts';
import { decodeText, gunzipIfNeeded } from '../src/data/decode.ts';
import type { ModelInfo } from '../src/format/metadata.ts';
import { parseModel } from '../src/format/model-file.ts';
import { idxRows, parseSampleJson, readInput, sampleKind } from './data/samples.ts';
import { isCsv } from './data/source.ts';

/** Samples of one request: the service's own limit. */
const BATCH = 1000;

/** A client that knows the token that was given, or the one in $EDGE_MLP_TOKEN. Throws `bad-argument`. */
export function remoteClient(url: string, token = process.env.EDGE_MLP_TOKEN): Client {
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw new EdgeMlpError(
      'bad-argument',
      `--remote: expected an address like https://edge-mlp.example.workers.dev, got ${url}`,
    );
  }
  return new Client(url, token ? { token } : {});
}

/** Options of every command that speaks with a service. */
export interface RemoteOptions {
  readonly remote: string;
  readonly token?: string;
  readonly json?: boolean;
}

export function createClient({ remote, token }: RemoteOptions): Client {
  return remoteClient(remote, token);
}

/** `name`, `name@3` or `name@stable`. */
export function modelReference(text: string): ModelOptions {
  const [model = '', version] = text.split('@');
  return { model, ...(version === undefined ? {} : { version }) };
}

/** What the service makes of a file, sample by sample. Throws `remote`, or what reading the file throws. */
export async function predictRemotely(client: Client, model: ModelOptions, file: string): Promise<Prediction[]> {
  const { name, bytes: packed } = await readInput(file);
  const bytes = await gunzipIfNeeded(packed, name);
  const predictions: Prediction[] = [];
  for (const samples of await buildRequests(file, { name, bytes }, () => buildModelInfo(client, model))) {
    const answer = await asked(client, () => client.predict(samples, model));
    predictions.push(...answer.predictions);
  }
  return predictions;
}

/** Of a table and of IDX it takes the model to know what they are to it: its columns, bytes or numbers. */
async function buildRequests(
  file: string,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> },
  infoOf: () => Promise<ModelInfo>,
): Promise<Samples[]> {
  if (isCsv(file)) {
    const { spec, features } = await infoOf();
    const columns = inputSize(spec);
    return batches(csvSamples(decodeText(bytes, name), { name, features, columns }), columns).map(sliceRows(columns));
  }
  const kind = sampleKind(bytes);
  if (kind === 'png') return [{ png: bytes }];
  if (kind === 'json') return [parseSampleJson(bytes, name) as readonly unknown[]];
  const { spec, scaling } = await infoOf();
  const columns = inputSize(spec);
  const parts = batches(idxRows(bytes, name, columns), columns);
  return scaling.kind === 'bytes' ? parts.map((part) => Uint8Array.from(part)) : parts.map(sliceRows(columns));
}

function batches<Numbers extends Uint8Array | Float32Array>(numbers: Numbers, columns: number): Numbers[] {
  const length = BATCH * columns;
  return Array.from({ length: Math.ceil(numbers.length / length) }, (_, i) =>
    numbers.subarray(i * length, (i + 1) * length),
  ) as Numbers[];
}

/** As lists, which say how many there are in a row. */
const sliceRows =
  (columns: number) =>
  (numbers: Uint8Array | Float32Array): number[][] =>
    Array.from({ length: numbers.length / columns }, (_, n) => [...numbers.subarray(n * columns, (n + 1) * columns)]);

/** Everything but the numbers of a model that is there. Throws `remote`. */
async function buildModelInfo(
  client: Client,
  { model = 'mnist', version = 'stable' }: ModelOptions,
): Promise<ModelInfo> {
  const bytes = await asked(client, async () => {
    const number = await resolveVersion(client, model, String(version));
    return client.models.download(model, number);
  });
  return parseModel(bytes, model).info;
}

/** The number of a version, or what an alias points at. Throws `ClientError`. */
export async function resolveVersion(client: Client, model: string, version: string): Promise<number> {
  return /^\d+$/.test(version) ? Number(version) : (await client.models.alias(model, version)).version;
}

/** What a service answers. Throws `remote`. */
export async function asked<Answer>(client: Client, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ClientError) {
      throw new EdgeMlpError('remote', `${client.url.host}: ${cause.message}`, { cause });
    }
    const reason =
      cause instanceof Error && cause.cause !== undefined ? errorMessage(cause.cause) : errorMessage(cause);
    throw new EdgeMlpError('remote', `${client.url.host} cannot be reached: ${reason}`, { cause });
  }
}

/** Between two tries to reach a service that has gone away, and how many there are. */
const RECONNECT_MS = 1000;
const RECONNECTIONS = 60;

/** As `asked`, but a service that cannot be reached is asked again for a minute; what it refuses is not. */
export async function retryRequest<Answer>(client: Client, work: () => Promise<Answer>): Promise<Answer> {
  for (let lost = 0; ; lost++) {
    try {
      return await work();
    } catch (error) {
      const refused = error instanceof ClientError && error.status < 500 && error.status !== 429;
      if (refused || lost >= RECONNECTIONS) return asked(client, () => Promise.reject(error));
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    }
  }
}
