import { EdgeMlpError } from '../core/errors.ts';

/**
 * The bytes as they are, or unpacked where they are gzip (RFC 1952, magic 1f 8b). Throws `bad-data` for a damaged file.
 */
export async function gunzipIfNeeded(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected a whole gzip file, got one that is damaged or cut short`, {
      cause,
    });
  }
}
