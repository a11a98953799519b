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

/** What `predict` takes: raw bytes, n samples one after the other; a PNG; or numbers, flat, in rows, or a list of either. */
export type Samples = Uint8Array<ArrayBuffer> | { readonly png: Uint8Array<ArrayBuffer> } | readonly unknown[];

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
