/** What an object answers a Worker: an error that crosses from one to the other keeps its message and loses its status. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { FAULT, HttpError, isStorageFull, toHttpError } from '../errors.ts';

export type Reply<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly status: ContentfulStatusCode; readonly message: string };

/** What `work` comes to, or how it was refused; a fault of ours goes to the log, and no further. */
export async function createReply<Value>(work: () => Promise<Value>): Promise<Reply<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const known = isStorageFull(error) ? noRoom(error) : toHttpError(error);
    if (known !== undefined) return { ok: false, status: known.status, message: known.message };
    console.error(error);
    return { ok: false, status: 500, message: FAULT };
  }
}

/** The value. Throws what the object refused with. */
export function granted<Value>(reply: Reply<Value>): Value {
  if (reply.ok) return reply.value;
  throw new HttpError(reply.status, reply.message, reply.status === 503 ? { 'retry-after': '10' } : {});
}

/** As the platform says that an object has no room left, or its account. */
function noRoom(cause: unknown): HttpError {
  const message = 'the storage is full, and nothing was changed: delete learners that nobody needs, or undo examples';
  return new HttpError(507, message, {}, cause);
}
