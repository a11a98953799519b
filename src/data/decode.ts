/** Bytes of files as text, and without compression. */
import { EdgeMlpError } from '../core/errors.ts';

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
 * damaged file.
 */
export async function gunzipIfNeeded(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a complete gzip file, got a damaged or truncated one`, {
      cause,
    });
  }
}
