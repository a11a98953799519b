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
 * Decompresses gzip (RFC 1952, magic 1f 8b) to at most `most` bytes (default 2^30), and returns other bytes unchanged.
 * Throws EdgeMlpError "bad-data" for a damaged file, or for more bytes.
 */
export async function gunzipIfNeeded(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  most = MAX_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const pieces: Uint8Array[] = [];
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  let total = 0;
  try {
    for (let read = await reader.read(); !read.done && total <= most; read = await reader.read()) {
      total += read.value.length;
      pieces.push(read.value);
    }
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a complete gzip file, got a damaged or truncated one`, {
      cause,
    });
  }
  if (total <= most) return concatBytes(pieces);
  // The rest may be damaged.
  await reader.cancel().catch(() => undefined);
  const expected = `at most ${formatNumber(most)} bytes after decompression`;
  throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got more`);
}
