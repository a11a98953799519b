import { EdgeMlpError, messageOf } from '../core/errors.ts';

/** A server that sends nothing for so long has stopped. */
const STALL_MS = 20_000;

export type OnBytes = (bytes: number, totalBytes: number | undefined) => void;

/** Fetches a whole file. Throws `data-missing` that names the address and the reason. */
export async function download(url: string, onProgress: OnBytes): Promise<Uint8Array<ArrayBuffer>> {
  return gathered(url, {}, (_, totalBytes) => ({ onBytes: (bytes) => onProgress(bytes, totalBytes) }));
}

/** Of a file that is looked into: the last bytes of it as `bytes=-n`, or some of them as `bytes=a-b`. */
export interface RangeAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly fileBytes: number;
}

/**
 * Fetches a part of a file. Where the server knows only whole ones, `whole` is told, and takes what comes piece by piece: then there
 * is no answer. Throws `data-missing`.
 */
export async function downloadRange(
  url: string,
  range: string,
  { onProgress, whole }: { onProgress?: OnBytes; whole?: () => (chunk: Uint8Array) => void } = {},
): Promise<RangeAnswer | undefined> {
  let fileBytes: number | undefined;
  const bytes = await gathered(url, { range: `bytes=${range}` }, (response, totalBytes) => {
    const onBytes = (received: number) => onProgress?.(received, totalBytes);
    if (response.status === 200 && whole !== undefined) return { onBytes, take: whole() };
    fileBytes = Number(/^bytes \d+-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1]);
    if (response.status === 206 && Number.isSafeInteger(fileBytes)) return { onBytes };
    throw new Error(`expected bytes ${range} of the file, got status ${response.status}`);
  });
  return fileBytes === undefined ? undefined : { bytes, fileBytes };
}

interface Receiver {
  readonly onBytes: (bytes: number) => void;
  /** Where it is not given, what comes is gathered. */
  readonly take?: (chunk: Uint8Array) => void;
}

async function gathered(
  url: string,
  headers: Record<string, string>,
  begin: (response: Response, totalBytes: number | undefined) => Receiver,
): Promise<Uint8Array<ArrayBuffer>> {
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
      headers: { 'accept-encoding': 'identity', ...headers },
    });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    const length = response.headers.get('content-length');
    const totalBytes = length === null ? undefined : Number(length);
    const chunks: Uint8Array[] = [];
    const { onBytes, take = (chunk: Uint8Array) => chunks.push(chunk) } = begin(response, totalBytes);
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      watch();
      take(chunk);
      bytes += chunk.length;
      onBytes(bytes);
    }
    if (totalBytes !== undefined && bytes !== totalBytes) throw new Error(`expected ${totalBytes} bytes, got ${bytes}`);
    return new Uint8Array(Buffer.concat(chunks));
  } catch (cause) {
    // What is no longer wanted must not go on coming.
    abort.abort();
    throw new EdgeMlpError('data-missing', `${url}: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Node's fetch hides the reason of a failed connection in the error's cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && !(error instanceof EdgeMlpError) ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}
