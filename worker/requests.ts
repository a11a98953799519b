/** Requests: bounded bodies, media types, and idempotency keys. */
import type { Context } from 'hono';
import { concatBytes } from '../src/core/bytes.ts';
import { errorMessage, formatNumber } from '../src/core/errors.ts';
import type { AppEnv } from './env.ts';
import { badRequest, HttpError } from './errors.ts';
import { LIMITS } from './limits.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Bytes of the body, after decompression with gzip or deflate. `limit` bounds the bytes before and after decompression.
 * A body with a Content-Length is checked before it is read. Throws 413, 415 or 400.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > limit) throw tooLarge(limit, formatNumber(Number(length)));
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  // The runtime enforces Content-Length.
  if (encoding === 'identity' && length !== null) return new Uint8Array(await request.arrayBuffer());
  if (request.body === null) return new Uint8Array();
  if (encoding === 'identity') return collect(request.body, limit);
  if (encoding !== 'gzip' && encoding !== 'deflate') {
    throw new HttpError(415, `Content-Encoding: expected gzip, deflate or none, got ${encoding}`);
  }
  try {
    return await collect(request.body.pipeThrough(new DecompressionStream(encoding)), limit);
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw badRequest(`body: expected ${encoding} data, got something else`, error);
  }
}

async function collect(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of stream) {
    total += piece.length;
    // Leaving the loop cancels the stream: a decompression bomb is not inflated further.
    if (total > limit) throw tooLarge(limit, 'more');
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

function tooLarge(limit: number, got: string): HttpError {
  return new HttpError(413, `body: expected at most ${formatNumber(limit)} bytes, got ${got}`);
}

/** Content-Type in lower case, without parameters; empty if there is none. */
export function readMediaType({ headers }: Request): string {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** JSON in UTF-8. Throws 400, also for JSON that would take much more memory than its bytes. */
export function parseJson(bytes: Uint8Array, name = 'body'): unknown {
  checkNesting(bytes, name);
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (error) {
    throw badRequest(`${name}: expected JSON, got: ${errorMessage(error)}`, error);
  }
}

const [QUOTE, BACKSLASH, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\:[]{}'].map((character) =>
  character.charCodeAt(0),
);

/** Counts lists, objects and their depth in one pass, without strings. Throws 400. */
function checkNesting(bytes: Uint8Array, name: string): void {
  let [depth, containers, fields] = [0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth++;
      containers++;
      if (depth > LIMITS.jsonDepth) throw badRequest(`${name}: expected JSON of at most ${LIMITS.jsonDepth} levels`);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === COLON) fields++;
    if (containers + fields > LIMITS.jsonContainers) {
      const most = formatNumber(LIMITS.jsonContainers);
      throw badRequest(`${name}: expected JSON with at most ${most} lists, objects and fields, got more`);
    }
  }
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

/** Throws 409 if the idempotency key was used with other options. */
export function checkSameOptions(kind: string, known: unknown, requested: unknown): void {
  if (JSON.stringify(known) === JSON.stringify(requested)) return;
  throw new HttpError(409, `Idempotency-Key: expected a new key, as this one started a ${kind} with other options`);
}
