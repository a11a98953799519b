import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';

/** A server that sends nothing for so long has stopped. */
const STALL_MS = 20_000;

export type OnBytes = (bytes: number, totalBytes: number | undefined) => void;

/** Fetches a whole file. Throws `data-missing` that names the address and the reason. */
export async function download(url: string, onProgress: OnBytes): Promise<Uint8Array<ArrayBuffer>> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const watch = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error(`nothing came for ${STALL_MS / 1000} s`)), STALL_MS);
  };
  try {
    watch();
    // identity: a server that packs what is packed already would make its length a riddle.
    const response = await fetch(url, {
      signal: abort.signal,
      headers: { 'accept-encoding': 'identity' },
    });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    const length = response.headers.get('content-length');
    const totalBytes = length === null ? undefined : Number(length);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      watch();
      chunks.push(chunk);
      bytes += chunk.length;
      onProgress(bytes, totalBytes);
    }
    if (totalBytes !== undefined && bytes !== totalBytes) throw new Error(`expected ${totalBytes} bytes, got ${bytes}`);
    return new Uint8Array(Buffer.concat(chunks));
  } catch (cause) {
    // What is no longer wanted must not go on coming.
    abort.abort();
    throw new EdgeMlpError('data-missing', `${url}: ${describeReason(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Node's fetch hides the reason of a failed connection in the error's cause. */
function describeReason(error: unknown): string {
  const cause = error instanceof Error && !(error instanceof EdgeMlpError) ? error.cause : undefined;
  return cause === undefined ? errorMessage(error) : `${errorMessage(error)} (${errorMessage(cause)})`;
}
