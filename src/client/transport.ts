/** Requests and responses, as every part of the client sends and reads them. */
import type { PredictRequest } from '../api/predict.ts';
import { ClientError } from './client-error.ts';
import { createKey, type RetryOptions, readRetryAfter, repeatRequest } from './retry.ts';

/** Options of a client. */
export interface ClientOptions {
  /** Bearer token. Default: none. */
  readonly token?: string;
  /** Default: the runtime's `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** How long the client repeats requests that fail for a time. */
  readonly retry?: RetryOptions;
  /** Aborts all requests and pauses of the client; they throw its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Samples: raw bytes, one sample after the other; an image file; numbers, flat, in rows, or a list of either; or rows of a
 * table, such as `{ mass: 180, colour: 'red' }`.
 */
export type Samples = Uint8Array<ArrayBuffer> | ImageSample | PredictRequest;

const IMAGE_FORMATS = ['png', 'jpeg', 'webp'] as const;

/** An image file under the name of its format: `{ jpeg: bytes }`. */
export type ImageSample = {
  [Format in (typeof IMAGE_FORMATS)[number]]: { readonly [Name in Format]: Uint8Array<ArrayBuffer> };
}[(typeof IMAGE_FORMATS)[number]];

export interface RequestBody {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer> | string;
}

interface RequestParts {
  readonly body?: RequestBody;
  readonly headers?: Readonly<Record<string, string>>;
  /** POST: idempotency key. Default: a new one. Every key makes the request repeatable. */
  readonly key?: string | undefined;
}

export class Transport {
  readonly url: URL;
  readonly #options: ClientOptions;

  constructor(url: string | URL, options: ClientOptions = {}) {
    // With a trailing slash, paths resolve below the path of the service.
    this.url = new URL(String(url).replace(/\/*$/, '/'));
    this.#options = options;
  }

  /** JSON of the response. Throws `ClientError`, or the error of `fetch` if the service cannot be reached. */
  async json<Result>(method: string, path: string, parts: RequestParts = {}): Promise<Result> {
    return this.#repeat(method, path, parts, async (response) => (await response.json()) as Result);
  }

  /** The entries of all pages of a list, whose field is `name`. Throws as `json` does. */
  async list<Entry, const Name extends string = string>(path: string, name: Name): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let query = ''; ; ) {
      const page = await this.json<Record<Name, Entry[]> & { next?: string | null }>('GET', `${path}${query}`);
      entries.push(...page[name]);
      if (!page.next) return entries;
      query = `?${new URLSearchParams({ limit: '1000', cursor: page.next })}`;
    }
  }

  /** Bytes of the response. Throws as `json` does. */
  async bytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#repeat('GET', path, {}, async (response) => new Uint8Array(await response.arrayBuffer()));
  }

  /** Throws as `json` does. */
  async send(method: string, path: string, parts: RequestParts = {}): Promise<Response> {
    return this.#repeat(method, path, parts, async (response) => response);
  }

  /** Throws as `json` does. */
  async delete(path: string): Promise<void> {
    await this.#repeat('DELETE', path, {}, async () => {});
  }

  /** Reading is part of an attempt: a connection may be lost within a response. */
  #repeat<Result>(
    method: string,
    path: string,
    { body, headers = {}, key = createKey() }: RequestParts,
    read: (response: Response) => Promise<Result>,
  ): Promise<Result> {
    const { token, signal, retry, fetch = (request) => globalThis.fetch(request) } = this.#options;
    const init = {
      method,
      headers: {
        ...headers,
        ...(method === 'POST' ? { 'idempotency-key': key } : {}),
        ...(body === undefined ? {} : { 'content-type': body.type }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: body.bytes }),
      ...(signal === undefined ? {} : { signal }),
    };
    const attempt = async (lost: number) => {
      const response = await fetch(new Request(new URL(path, this.url), init));
      // The first deletion succeeded, but its answer was lost.
      const isDeleted = method === 'DELETE' && response.status === 404 && lost > 0;
      if (!response.ok && !isDeleted) throw await readError(response);
      return read(response);
    };
    // A condition fails if the first request met it and its answer was lost.
    return repeatRequest(attempt, { ...retry, repeatable: !('if-match' in headers), signal });
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
  for (const format of IMAGE_FORMATS) {
    const bytes: Uint8Array<ArrayBuffer> | undefined = Reflect.get(samples, format);
    if (bytes instanceof Uint8Array) return { type: `image/${format}`, bytes };
  }
  return encodeJson(samples);
}

/** A path with escaped segments. */
export function joinPath(...parts: readonly (string | number)[]): string {
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** An error with the message of the service, or with the status if an intermediary answered. */
async function readError(response: Response): Promise<ClientError> {
  const text = await response.text();
  return new ClientError(response.status, readMessage(text, response), readRetryAfter(response.headers));
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
