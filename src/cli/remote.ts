/** A service in place of a model file. */
import { Client, ClientError, type ModelOptions, type Prediction, type Samples } from '../client/index.ts';
import { EdgeMlpError, messageOf } from '../core/errors.ts';
import { gunzipIfNeeded } from '../data/gzip.ts';
import { parseIdx } from '../data/idx.ts';
import { parseSampleJson, readInput, sampleKind } from './samples.ts';

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

export function clientOf({ remote, token }: RemoteOptions): Client {
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
  for (const samples of requestsOf(bytes, name)) {
    const answer = await asked(client, () => client.predict(samples, model));
    predictions.push(...answer.predictions);
  }
  return predictions;
}

function requestsOf(bytes: Uint8Array<ArrayBuffer>, name: string): Samples[] {
  const kind = sampleKind(bytes);
  if (kind === 'png') return [{ png: bytes }];
  if (kind === 'json') return [parseSampleJson(bytes, name) as readonly unknown[]];
  const { shape, data } = parseIdx(bytes, name, [2, 3]);
  const [samples = 0] = shape;
  const columns = data.length / samples;
  return Array.from({ length: Math.ceil(samples / BATCH) }, (_, i) =>
    Uint8Array.from(data.subarray(i * BATCH * columns, (i + 1) * BATCH * columns)),
  );
}

/** What a service answers. Throws `remote`. */
export async function asked<Answer>(client: Client, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ClientError) {
      throw new EdgeMlpError('remote', `${client.url.host}: ${cause.message}`, { cause });
    }
    const reason = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause);
    throw new EdgeMlpError('remote', `${client.url.host} cannot be reached: ${reason}`, { cause });
  }
}

/** Between two tries to reach a service that has gone away, and how many there are. */
const RECONNECT_MS = 1000;
const RECONNECTIONS = 60;

/** As `asked`, but a service that cannot be reached is asked again for a minute; what it refuses is not. */
export async function persistently<Answer>(client: Client, work: () => Promise<Answer>): Promise<Answer> {
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
