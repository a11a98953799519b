/** Downloads of whole files. */
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { type Bar, bytesText, note, progressBar } from '../terminal.ts';

/** A download is aborted after this time without data. */
const STALL_MS = 20_000;

export interface DownloadProgress {
  readonly file: string;
  readonly bytes: number;
  /** Undefined if the server sends no Content-Length. */
  readonly totalBytes: number | undefined;
}

type OnBytes = (bytes: number, totalBytes: number | undefined) => void;

/** Downloads a file. Throws EdgeMlpError "data-missing" with the URL and the reason. */
export async function download(url: string, onProgress: OnBytes): Promise<Uint8Array<ArrayBuffer>> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const restartTimer = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error(`no data received for ${STALL_MS / 1000} s`)), STALL_MS);
  };
  try {
    restartTimer();
    // identity: Content-Length would be wrong if the server compressed the file again.
    const response = await fetch(url, { signal: abort.signal, headers: { 'accept-encoding': 'identity' } });
    if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
    const length = response.headers.get('content-length');
    const totalBytes = length === null ? undefined : Number(length);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      restartTimer();
      chunks.push(chunk);
      bytes += chunk.length;
      onProgress(bytes, totalBytes);
    }
    if (totalBytes !== undefined && bytes !== totalBytes) throw new Error(`expected ${totalBytes} bytes, got ${bytes}`);
    return new Uint8Array(Buffer.concat(chunks));
  } catch (cause) {
    // Closes the connection if the body was not read to its end.
    abort.abort();
    throw new EdgeMlpError('data-missing', `${url}: ${describeReason(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** Node's fetch reports the reason of a failed connection only in the error's cause. */
function describeReason(error: unknown): string {
  const cause = error instanceof Error && !(error instanceof EdgeMlpError) ? error.cause : undefined;
  return cause === undefined ? errorMessage(error) : `${errorMessage(error)} (${errorMessage(cause)})`;
}

/** Runs `work` with one progress bar for each file that it downloads. */
export async function withDownloadBars<Result>(
  work: (onProgress: (progress: DownloadProgress) => void) => Promise<Result>,
): Promise<Result> {
  let current: { file: string; bar: Bar } | undefined;
  const onProgress = ({ file, bytes, totalBytes }: DownloadProgress) => {
    if (current?.file !== file) {
      current?.bar.stop();
      if (!process.stderr.isTTY) note(`downloading ${file}`);
      const format = `${file} {bar} {percentage} % {size} {eta_formatted} left`;
      current = { file, bar: progressBar(totalBytes ?? bytes, format) };
    }
    current.bar.update(bytes, { size: bytesText(bytes) });
  };
  try {
    return await work(onProgress);
  } finally {
    current?.bar.stop();
  }
}
