/** A typed client of the service, for every runtime that has fetch. */
export interface ClientOptions {
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Default: the runtime's own. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export interface ModelOptions {
  /** Default: mnist. */
  readonly model?: string;
  /** A number or an alias. Default: stable. */
  readonly version?: number | string;
}

export interface Prediction {
  /** Index of the most likely class, and its name. */
  label: number;
  class: string;
  /** The class as a number, where the classes are digits. */
  digit?: number | undefined;
  /** Probability of the class. */
  confidence: number;
  /** One for each class; they add up to 1. */
  probabilities: number[];
}

export interface PredictResponse {
  model: string;
  version: number;
  predictions: Prediction[];
}

export interface Version {
  version: number;
  sha256: string;
  bytes: number;
  /** [inputs, hidden …, classes] */
  layers: number[];
  hiddenActivation: string;
  testAccuracy: number | null;
  /** ISO 8601; empty for the bundled model. */
  created: string;
}

export interface Model {
  name: string;
  versions: Version[];
  aliases: Record<string, number>;
  /** The version that `stable` means. */
  served: number;
}

export interface Alias {
  name: string;
  alias: string;
  version: number;
  effectiveWithinSeconds: number;
}

export interface EpochMetrics {
  epoch: number;
  trainLoss: number;
  trainAccuracy: number;
  validationLoss: number | null;
  validationAccuracy: number | null;
}

/** Where a job stands; each state has what belongs to it. */
export type JobState =
  | { status: 'queued' }
  | { status: 'running' }
  | {
      status: 'succeeded';
      result: {
        weightsSha256: string;
        test: { samples: number; loss: number; accuracy: number } | null;
        published: { model: string; version: number } | null;
      };
    }
  | { status: 'failed'; code: string; reason: string }
  | { status: 'cancelled' };

export interface JobProgress {
  /** Steps since the beginning. */
  step: number;
  /** From 1. */
  epoch: number;
  epochs: number;
  samples: number;
  samplesPerEpoch: number;
  /** Running means of the epoch. */
  loss: number | null;
  accuracy: number | null;
}

export interface Job {
  id: string;
  /** As it was asked, with the defaults. */
  spec: Record<string, unknown>;
  layers: number[];
  parameters: number;
  state: JobState;
  progress: JobProgress | null;
  history: EpochMetrics[];
  slices: number;
  /** Computing time of all slices, in milliseconds. */
  computeMs: number;
  created: string;
  updated: string;
}

export interface DatasetPart {
  pieces: number;
  samples: number;
  /** Pixels that are not zero. */
  nonZero: number;
}

export interface DatasetInfo {
  name: string;
  rows: number;
  columns: number;
  classes: number;
  training: DatasetPart;
  test: DatasetPart | null;
  created: string;
}

/** What a job is asked to do: names and defaults are those of `edge-mlp train`. */
export interface JobOptions {
  /** digits, ellipse, or an uploaded set. */
  readonly data?: string;
  readonly hidden?: readonly number[];
  readonly activation?: 'sigmoid' | 'tanh' | 'relu';
  readonly init?: 'glorot' | 'he' | 'normal';
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly seed?: number;
  readonly validation?: number;
  readonly final?: boolean;
  /** Name under which the model goes to the registry. */
  readonly publish?: string;
}

export type JobEvent =
  | ({ readonly id: number; readonly type: 'progress' } & JobProgress)
  | { readonly id: number; readonly type: 'epoch'; readonly metrics: EpochMetrics }
  | { readonly id: number; readonly type: 'state'; readonly state: JobState };

/** What `predict` takes: raw bytes, n samples one after the other; a PNG; or numbers, flat, in rows, or a list of either. */
export type Samples =
  | Uint8Array<ArrayBuffer>
  | { readonly png: Uint8Array<ArrayBuffer> }
  | { readonly pixels: readonly unknown[]; readonly scale?: number }
  | readonly unknown[];

/** The service refused; the message is its own. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** Of the response. */
  readonly status: number;
  /** Seconds to wait, where the service says so. */
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, retryAfter: number | undefined) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * Methods throw `ClientError` for what the service refuses, and the runtime's own error where it cannot be reached.
 *
 * @example
 * const client = new Client('https://edge-mlp.example.workers.dev');
 * const { predictions } = await client.predict(pixels); // Uint8Array of 784 bytes
 */
export class Client {
  readonly url: URL;
  readonly #token: string | undefined;
  readonly #fetch: (request: Request) => Promise<Response>;

  constructor(url: string | URL, { token, fetch = (request) => globalThis.fetch(request) }: ClientOptions = {}) {
    // So that a service may live below a path.
    this.url = new URL(String(url).replace(/\/*$/, '/'));
    this.#token = token;
    this.#fetch = fetch;
  }

  async predict(samples: Samples, { model, version }: ModelOptions = {}): Promise<PredictResponse> {
    const query = new URLSearchParams();
    if (model !== undefined) query.set('model', model);
    if (version !== undefined) query.set('version', String(version));
    return this.#json('POST', `predict?${query}`, bodyOf(samples));
  }

  /** Names of the models. */
  async models(): Promise<string[]> {
    return (await this.#json<{ models: string[] }>('GET', 'models')).models;
  }

  async model(name: string): Promise<Model> {
    return this.#json('GET', `models/${encodeURIComponent(name)}`);
  }

  /** The file of a version. */
  async download(name: string, version: number): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#send('GET', `models/${encodeURIComponent(name)}/versions/${version}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Puts a model file there as a version that there is not yet. */
  async upload(name: string, version: number, bytes: Uint8Array<ArrayBuffer>): Promise<Version> {
    const body = { type: 'application/octet-stream', bytes };
    return this.#json('PUT', `models/${encodeURIComponent(name)}/versions/${version}`, body);
  }

  /** What an alias points at, and the entity tag for `moveAlias`. */
  async alias(name: string, alias: string): Promise<Alias & { etag: string | undefined }> {
    const response = await this.#send('GET', aliasPath(name, alias));
    return { ...((await response.json()) as Alias), etag: response.headers.get('etag') ?? undefined };
  }

  /** Promotes a version or rolls back. With `etag` only if nobody has moved the alias since. */
  async moveAlias(name: string, alias: string, version: number, etag?: string): Promise<Alias> {
    const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
    return this.#json(
      'PUT',
      aliasPath(name, alias),
      { type: 'application/json', bytes: JSON.stringify({ version }) },
      headers,
    );
  }

  /** Names of the data sets. */
  async datasets(): Promise<string[]> {
    return (await this.#json<{ datasets: string[] }>('GET', 'datasets')).datasets;
  }

  async dataset(name: string): Promise<DatasetInfo> {
    return this.#json('GET', `datasets/${encodeURIComponent(name)}`);
  }

  /** Uploads a piece: an IDX file of labels and, right behind it, one of images. */
  async uploadPiece(
    name: string,
    part: 'training' | 'test',
    piece: number,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const body = { type: 'application/octet-stream', bytes };
    await this.#send('PUT', `datasets/${encodeURIComponent(name)}/${part}/${piece}`, body);
  }

  /** Makes a data set of the pieces that were uploaded. */
  async finishDataset(name: string, pieces: { training: number; test: number }): Promise<DatasetInfo> {
    const body = { type: 'application/json', bytes: JSON.stringify(pieces) };
    return this.#json('PUT', `datasets/${encodeURIComponent(name)}`, body);
  }

  async deleteDataset(name: string): Promise<void> {
    await this.#send('DELETE', `datasets/${encodeURIComponent(name)}`);
  }

  /** Starts a training job. Two calls with one `key` start one job. */
  async startJob(options: JobOptions, key?: string): Promise<Job> {
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    return this.#json('POST', 'jobs', { type: 'application/json', bytes: JSON.stringify(options) }, headers);
  }

  /** The latest first. */
  async jobs(): Promise<Job[]> {
    return (await this.#json<{ jobs: Job[] }>('GET', 'jobs')).jobs;
  }

  async job(id: string): Promise<Job> {
    return this.#json('GET', `jobs/${encodeURIComponent(id)}`);
  }

  async cancelJob(id: string): Promise<Job> {
    return this.#json('POST', `jobs/${encodeURIComponent(id)}/cancel`);
  }

  async resumeJob(id: string): Promise<Job> {
    return this.#json('POST', `jobs/${encodeURIComponent(id)}/resume`);
  }

  /** The job's model file, as far as it has come. */
  async jobModel(id: string): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.#send('GET', `jobs/${encodeURIComponent(id)}/model`);
    return new Uint8Array(await response.arrayBuffer());
  }

  /**
   * A job's events after number `since`, as they come, until it is over. Where the connection is lost it throws; another call
   * with the number of the last event misses nothing.
   */
  async *jobEvents(id: string, since = 0): AsyncGenerator<JobEvent, void, void> {
    const response = await this.#send('GET', `jobs/${encodeURIComponent(id)}/events`, undefined, {
      'last-event-id': String(since),
    });
    if (response.body === null) return;
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) yield eventOf(block);
    }
  }

  async #json<Result>(
    method: string,
    path: string,
    body?: RequestBody,
    headers: Record<string, string> = {},
  ): Promise<Result> {
    const response = await this.#send(method, path, body, headers);
    return (await response.json()) as Result;
  }

  async #send(
    method: string,
    path: string,
    body?: RequestBody,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const request = new Request(new URL(path, this.url), {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-type': body.type }),
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: body.bytes }),
    });
    const response = await this.#fetch(request);
    if (response.ok) return response;
    throw await errorOf(response);
  }
}

interface RequestBody {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer> | string;
}

/** One server-sent event (WHATWG HTML, section 9.2), as the service writes them. */
function eventOf(block: string): JobEvent {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
  return { id: Number(field('id')), type: field('event'), ...JSON.parse(field('data')) } as JobEvent;
}

function bodyOf(samples: Samples): RequestBody {
  if (samples instanceof Uint8Array) return { type: 'application/octet-stream', bytes: samples };
  if ('png' in samples) return { type: 'image/png', bytes: samples.png };
  return { type: 'application/json', bytes: JSON.stringify(samples) };
}

function aliasPath(name: string, alias: string): string {
  return `models/${encodeURIComponent(name)}/aliases/${encodeURIComponent(alias)}`;
}

/** The service's own message, or what an intermediary has sent in its place. */
async function errorOf(response: Response): Promise<ClientError> {
  const text = await response.text();
  const retry = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ClientError(response.status, messageIn(text, response), Number.isFinite(retry) ? retry : undefined);
}

function messageIn(text: string, { status, statusText }: Response): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not from the service: a gateway's page, say. Its status is all that is known.
  }
  return `${status} ${statusText}`.trim();
}
