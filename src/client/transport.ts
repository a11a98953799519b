/**
 * Requests to a service and its answers, as every part of the client sends and reads them.
 * How the service is asked.
 */
export interface ClientOptions {
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Default: the runtime's own. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * The service refused; the message is its own.
 *
 * @example
 * ```ts
 * import { Client, ClientError } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787');
 * try {
 *   await client.models.get('nobody');
 * } catch (error) {
 *   if (error instanceof ClientError) console.log(error.status, error.message); // 404 no model is called nobody
 * }
 * ```
 */
export class ClientError extends Error {
  /** Tells it from other errors. */
  override readonly name = 'ClientError';
  /** Of the response. */
  readonly status: number;
  /** Seconds to wait, where the service says so. */
  readonly retryAfter: number | undefined;

  /** Made by the client alone. */
  constructor(status: number, message: string, retryAfter: number | undefined) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export interface RequestBody {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer> | string;
}

export interface Sent {
  readonly body?: RequestBody;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Transport {
  readonly url: URL;
  readonly #token: string | undefined;
  readonly #fetch: (request: Request) => Promise<Response>;

  constructor(url: string | URL, { token, fetch = (request) => globalThis.fetch(request) }: ClientOptions = {}) {
    // So that a service may live below a path.
    this.url = new URL(String(url).replace(/\/*$/, '/'));
    this.#token = token;
    this.#fetch = fetch;
  }

  /** The answer's JSON. Throws `ClientError`, or the runtime's own error where the service cannot be reached. */
  async json<Result>(method: string, path: string, sent: Sent = {}): Promise<Result> {
    const response = await this.send(method, path, sent);
    return (await response.json()) as Result;
  }

  /** The answer's bytes. Throws as `json` does. */
  async bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.send('GET', path);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Throws as `json` does. */
  async send(method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Response> {
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
    throw await readError(response);
  }
}

export function jsonBody(value: unknown): RequestBody {
  return { type: 'application/json', bytes: JSON.stringify(value) };
}

export function binaryBody(bytes: Uint8Array<ArrayBuffer>): RequestBody {
  return { type: 'application/octet-stream', bytes };
}

/** A path of the service; what is between the slashes is escaped. */
export function joinPath(...parts: readonly (string | number)[]): string {
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** The service's own message, or what an intermediary has sent in its place. */
async function readError(response: Response): Promise<ClientError> {
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
