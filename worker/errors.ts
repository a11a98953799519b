/** Errors as responses: {"error": "what was expected, what came"}, with the right status, and never a stack trace. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { EdgeMlpError, type ErrorCode } from '../src/core/errors.ts';

/** An error whose message is meant for the client. */
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

/** All that a client is told of a fault of ours. */
export const FAULT = 'this is a fault of the service, and it was written to its log';

/** What the library refuses is the client's fault, but for these. */
const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = { 'out-of-memory': 503, disposed: 500, file: 500 };

/** SQLite has no room for more: 10 GB an object, or what the account has. It is told by its message alone. */
export function isStorageFull(error: unknown): boolean {
  return error instanceof Error && /SQLITE_FULL|database or disk is full/.test(error.message);
}

export const STORAGE_FULL = 'the storage is full: expected room for another commit, nothing of it was written';

/** The error as a response would tell it; undefined for a fault of ours, of which the client learns nothing. */
export function toHttpError(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (isStorageFull(error)) return new HttpError(507, STORAGE_FULL, {}, error);
  if (!(error instanceof EdgeMlpError)) return undefined;
  const status = STATUS[error.code] ?? 400;
  return status === 500 ? undefined : new HttpError(status, error.message, {}, error);
}
