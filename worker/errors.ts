/** Errors as responses {"error": message}, with the right status and without stack traces. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { EdgeMlpError, type ErrorCode } from '../src/core/errors.ts';
import { TooManySamples } from '../src/data/table-rows.ts';

/** An error whose message is for the client. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: ContentfulStatusCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ContentfulStatusCode, message: string, headers: Record<string, string> = {}, cause?: unknown) {
    super(message, { cause });
    this.status = status;
    this.headers = headers;
  }
}

export function badRequest(message: string, cause?: unknown): HttpError {
  return new HttpError(400, message, {}, cause);
}

/** Message for an unexpected error. Its details go to the log. */
const INTERNAL_ERROR = 'internal error: the service has logged the details';

export const STORAGE_FULL =
  'the storage is full, and nothing was changed: delete models, data sets or learners, then retry';

/** Results of SQLite that a retry may not meet again. All others are faults of the service. */
const UNAVAILABLE = /SQLITE_(BUSY|CANTOPEN|INTERRUPT|IOERR|LOCKED|NOMEM|PROTOCOL)|Durable Object storage/;

/** Statuses of the library's errors. All others are mistakes of the client: 400. */
const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = { 'out-of-memory': 503, disposed: 500, file: 500 };

/** Whether a quota is reached, or SQLite is full, which it reports only in the message. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof HttpError
    ? error.status === 507
    : error instanceof Error && /SQLITE_FULL|database or disk is full/.test(error.message);
}

/** The response to an error: status 500 for an unexpected one, with the error as its cause. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof EdgeMlpError) {
    const status = error instanceof TooManySamples ? 413 : (STATUS[error.code] ?? 400);
    return new HttpError(status, status === 500 ? INTERNAL_ERROR : error.message, {}, error);
  }
  if (isStorageFull(error)) return new HttpError(507, STORAGE_FULL, {}, error);
  if (error instanceof Error && UNAVAILABLE.test(error.message)) return storageUnavailable(error);
  return new HttpError(500, INTERNAL_ERROR, {}, error);
}

export function storageUnavailable(cause: unknown): HttpError {
  return new HttpError(503, 'the storage is unavailable: retry later', { 'retry-after': '10' }, cause);
}

/** Return value of a Durable Object: a thrown error would lose its status on the way to the Worker. */
export type Reply<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly status: ContentfulStatusCode;
      readonly message: string;
      readonly headers: Readonly<Record<string, string>>;
      /** For the log of the caller: the stack trace of a fault. */
      readonly cause?: string;
    };

/** Runs a method of a Durable Object. Unexpected errors become status 500. */
export async function reply<Value>(work: () => Promise<Value> | Value): Promise<Reply<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const { status, message, headers, cause } = toHttpError(error);
    const refusal = { ok: false, status, message, headers } as const;
    if (status < 500 || cause === undefined) return refusal;
    return { ...refusal, cause: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) };
  }
}

/** The value of a reply. Throws the refusal of the Durable Object. */
export function readReply<Value>(received: Reply<Value>): Value {
  if (received.ok) return received.value;
  const { status, message, headers, cause } = received;
  throw new HttpError(status, message, { ...headers }, cause);
}

/** The value of a reply, or undefined after a refusal with this status. Throws other refusals. */
export function readReplyUnless<Value>(status: ContentfulStatusCode, received: Reply<Value>): Value | undefined {
  return !received.ok && received.status === status ? undefined : readReply(received);
}
