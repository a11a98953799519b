/** Bytes of files as text, and without compression. */
import { concatBytes } from '../core/bytes.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';

/** The largest data set, EMNIST ByClass, has 640 MB of pixels. */
const MAX_BYTES = 2 ** 30;

/** Decodes UTF-8. Throws EdgeMlpError "bad-data" for other bytes: replacement characters could merge two classes. */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected text in UTF-8, got other bytes`, { cause });
  }
}

/**
 * Decompresses gzip (RFC 1952, magic 1f 8b), and returns other bytes unchanged. Throws EdgeMlpError "bad-data" for a
 * damaged file, or for more than 2^30 bytes.
 */
export async function gunzipIfNeeded(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await collect(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')), name);
  } catch (cause) {
    if (cause instanceof EdgeMlpError) throw cause;
    throw new EdgeMlpError('bad-data', `${name}: expected a complete gzip file, got a damaged or truncated one`, {
      cause,
    });
  }
}

/** All bytes of a stream. Throws EdgeMlpError "bad-data" for more than MAX_BYTES. */
async function collect(stream: ReadableStream<Uint8Array>, name: string): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    total += read.value.length;
    if (total > MAX_BYTES) {
      await reader.cancel();
      const expected = `at most ${formatNumber(MAX_BYTES)} bytes after decompression`;
      throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got more`);
    }
    pieces.push(read.value);
  }
  return concatBytes(pieces);
}
