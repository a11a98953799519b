/** Requests and responses, as every part of the client sends and reads them. */
import type { PredictRequest } from '../api/predict.ts';

/** Options of a client. */
export interface ClientOptions {
  /** Bearer token. Default: none. */
  readonly token?: string;
  /** Default: the runtime's `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** Samples: raw bytes, one sample after the other; a PNG; or numbers, flat, in rows, or a list of either. */
export type Samples = Uint8Array<ArrayBuffer> | { readonly png: Uint8Array<ArrayBuffer> } | PredictRequest;

/**
 * A refusal of the service, with its message.
 *
 * @example
 * ```ts
 * import { Client, ClientError } from 'edge-mlp/client';
 *
 * const client = new Client('http://localhost:8787');
 * try {
 *   await client.models.get('nobody');
 * } catch (error) {
 *   if (error instanceof ClientError) console.log(error.status, error.message); // 404 model nobody not found
 * }
 * ```
 */
export class ClientError extends Error {
  /** Name of the class. */
  override readonly name = 'ClientError';
  /** HTTP status. */
  readonly status: number;
  /** Seconds to wait before the next try, if the service names them. */
  readonly retryAfter: number | undefined;

  /** For the client's own use. */
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

interface RequestParts {
  readonly body?: RequestBody;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Transport {
  readonly url: URL;
  readonly #token: string | undefined;
  readonly #fetch: (request: Request) => Promise<Response>;

  constructor(url: string | URL, { token, fetch = (request) => globalThis.fetch(request) }: ClientOptions = {}) {
    // With a trailing slash, paths resolve below the path of the service.
    this.url = new URL(String(url).replace(/\/*$/, '/'));
    this.#token = token;
    this.#fetch = fetch;
  }

  /** JSON of the response. Throws `ClientError`, or the error of `fetch` if the service cannot be reached. */
  async json<Result>(method: string, path: string, parts: RequestParts = {}): Promise<Result> {
    const response = await this.send(method, path, parts);
    return (await response.json()) as Result;
  }

  /** Bytes of the response. Throws as `json` does. */
  async bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const response = await this.send('GET', path);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Throws as `json` does. */
  async send(method: string, path: string, { body, headers = {} }: RequestParts = {}): Promise<Response> {
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

export function encodeJson(value: unknown): RequestBody {
  return { type: 'application/json', bytes: JSON.stringify(value) };
}

export function encodeBytes(bytes: Uint8Array<ArrayBuffer>): RequestBody {
  return { type: 'application/octet-stream', bytes };
}

export function encodeSamples(samples: Samples): RequestBody {
  if (samples instanceof Uint8Array) return encodeBytes(samples);
  if ('png' in samples) return { type: 'image/png', bytes: samples.png };
  return encodeJson(samples);
}

/** Header of an idempotency key. */
export function keyHeaders(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { 'idempotency-key': key };
}

/** A path with escaped segments. */
export function joinPath(...parts: readonly (string | number)[]): string {
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** An error with the message of the service, or with the status if an intermediary answered. */
async function readError(response: Response): Promise<ClientError> {
  const text = await response.text();
  const retry = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ClientError(response.status, readMessage(text, response), Number.isFinite(retry) ? retry : undefined);
}

function readMessage(text: string, { status, statusText }: Response): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON: the response is from an intermediary, for example the page of a gateway.
  }
  return `${status} ${statusText}`.trim();
}
