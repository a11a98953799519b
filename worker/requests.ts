/** Requests: bounded bodies, media types, and idempotency keys. */
import type { Context } from 'hono';
import { concatBytes } from '../src/core/bytes.ts';
import { errorMessage, formatNumber } from '../src/core/errors.ts';
import type { AppEnv } from './env.ts';
import { badRequest, HttpError } from './errors.ts';
import { sha256 } from './hash.ts';
import { parseJson } from './json.ts';

/** Bytes of a piece that is read from a body of unknown length. */
const PIECE_BYTES = 2 ** 18;

/**
 * Bytes of the body, after decompression with gzip or deflate. `limit` bounds the bytes before and after decompression.
 * A body with a Content-Length is checked before it is read. Throws 413, 415, or 400, also if the client hangs up.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > limit) throw tooLarge(limit, formatNumber(Number(length)));
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') {
    throw new HttpError(415, `Content-Encoding: expected gzip, deflate or none, got ${encoding}`);
  }
  if (request.body === null) return new Uint8Array();
  try {
    // The runtime enforces Content-Length.
    if (encoding === 'identity' && length !== null) return new Uint8Array(await request.arrayBuffer());
    if (encoding === 'identity') return await collect(request.body, limit);
    return await collect(request.body.pipeThrough(new DecompressionStream(encoding)), limit);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    const expected = encoding === 'identity' ? 'all its bytes' : `${encoding} data`;
    throw badRequest(`body: expected ${expected}, got: ${errorMessage(error)}`, error);
  }
}

/** Reads large pieces: a read costs as much as inflating some kilobytes. */
async function collect(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader({ mode: 'byob' });
  const pieces: Uint8Array[] = [];
  for (let total = 0; ; ) {
    const { value, done } = await reader.readAtLeast(PIECE_BYTES, new Uint8Array(PIECE_BYTES));
    if (done) return concatBytes(pieces);
    pieces.push(value);
    total += value.length;
    if (total <= limit) continue;
    // A decompression bomb is not inflated further. Cancelling a damaged stream fails, which changes nothing.
    await reader.cancel().catch(() => undefined);
    throw tooLarge(limit, 'more');
  }
}

function tooLarge(limit: number, got: string): HttpError {
  return new HttpError(413, `body: expected at most ${formatNumber(limit)} bytes, got ${got}`);
}

/** Content-Type in lower case, without parameters; empty if there is none. */
export function readMediaType({ headers }: Request): string {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** JSON of a body of at most `limit` bytes. Throws 400, 413 or 415. */
export async function readJson(c: Context<AppEnv>, limit: number): Promise<unknown> {
  return parseJson(await readBody(c.req.raw, limit));
}

/** Name of what a request creates: one per token and idempotency key, and a new one without a key. */
export function nameCreation(c: Context<AppEnv>, kind: string): string {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return `${kind} ${crypto.randomUUID()}`;
  return `${kind} of ${c.get('token')?.name ?? ''} by key ${key}`;
}

/** Identity of a request with an Idempotency-Key. */
export interface RequestKey {
  /** Name of the token and Idempotency-Key. */
  readonly key: string;
  /** The action, and the SHA-256 of the body. */
  readonly request: string;
}

/** Identity of a request that changes something; null without an Idempotency-Key. */
export async function readKey(c: Context<AppEnv>, action: string, body = new Uint8Array()): Promise<RequestKey | null> {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return null;
  return { key: `${c.get('token')?.name ?? ''} ${key}`, request: `${action} ${await sha256(body)}` };
}

/** Throws 409 if the idempotency key was used with other options. */
export function checkSameOptions(kind: string, known: unknown, requested: unknown): void {
  if (JSON.stringify(known) === JSON.stringify(requested)) return;
  throw new HttpError(409, `Idempotency-Key: expected a new key, as this one started a ${kind} with other options`);
}
