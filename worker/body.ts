/** Request bodies, bounded before and while they are read. */
import { concatBytes } from '../src/core/bytes.ts';
import { formatNumber } from '../src/core/errors.ts';
import { HttpError } from './errors.ts';

/**
 * The body's bytes, inflated where it came compressed with gzip or deflate. `limit` holds for the bytes as they come and for
 * what they inflate to: a body that says its length is refused before it is read. Throws 413, 415 or 400.
 */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const length = request.headers.get('content-length');
  if (length !== null && Number(length) > limit) throw tooLarge(limit, formatNumber(Number(length)));
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity';
  // The runtime holds a body to its Content-Length.
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
    throw new HttpError(400, `body: expected ${encoding} data, got something else`, {}, error);
  }
}

async function collect(stream: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  for await (const piece of stream) {
    total += piece.length;
    // Leaving the loop cancels the stream: a bomb is not inflated further.
    if (total > limit) throw tooLarge(limit, 'more');
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

function tooLarge(limit: number, got: string): HttpError {
  return new HttpError(413, `body: expected at most ${formatNumber(limit)} bytes, got ${got}`);
}

/** Content-Type without its parameters, in small letters; empty where there is none. */
export function readMediaType({ headers }: Request): string {
  return headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** JSON in UTF-8. Throws 400. */
export function parseJson(bytes: Uint8Array, name = 'body'): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (error) {
    throw new HttpError(
      400,
      `${name}: expected JSON, got: ${error instanceof Error ? error.message : error}`,
      {},
      error,
    );
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
