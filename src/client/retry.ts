/** Repetition of requests. The only module of the client with a clock and with chance. */
import { ClientError } from './client-error.ts';

/** A pause before a request is sent again. */
export interface RetryPause {
  /** `asked`: the service asks to wait, with Retry-After. `lost`: the service cannot be reached. */
  readonly reason: 'asked' | 'lost';
  /** Length of the pause. */
  readonly seconds: number;
  /** The failure: a `ClientError`, or the error of `fetch`. */
  readonly error: Error;
}

/**
 * When and how long a client repeats a request. Pauses that the service asks for have the length of Retry-After plus up
 * to 10 % of it, or up to 1 s, so that clients do not return together. Other pauses have a random length up to
 * 0.5 s, 1 s, 2 s … 8 s.
 */
export interface RetryOptions {
  /**
   * Greatest total of the pauses of one request that the service asks for (429, 503), in seconds. Default: 180. 0: such
   * a request fails at once, as it does if Retry-After exceeds the rest.
   */
  readonly askedSeconds?: number;
  /**
   * Greatest total of the pauses of one request while the service cannot be reached (errors of `fetch`, 502, 504), in
   * seconds. Default: 10. 0: such a request fails at once.
   */
  readonly lostSeconds?: number;
  /** Called before each pause. */
  readonly onPause?: (pause: RetryPause) => void;
}

const FIRST_LOST_SECONDS = 0.5;
const LONGEST_LOST_SECONDS = 8;

interface Repetition extends RetryOptions {
  /** Whether the request may reach the service twice. Other requests are repeated only after 429, which does nothing. */
  readonly repeatable: boolean;
  /** Ends a pause. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The result of the first attempt that succeeds. `attempt` gets the number of attempts whose answer was lost. Throws the
 * last error when the pauses would exceed their bound, or the reason of the signal.
 */
export async function repeatRequest<Result>(
  attempt: (lost: number) => Promise<Result>,
  { askedSeconds = 180, lostSeconds = 10, onPause, repeatable, signal }: Repetition,
): Promise<Result> {
  const left = { asked: askedSeconds, lost: lostSeconds };
  for (let lost = 0; ; ) {
    try {
      return await attempt(lost);
    } catch (error) {
      signal?.throwIfAborted();
      const pause = choosePause(error, repeatable, lost);
      if (pause === undefined || pause.least > left[pause.reason]) throw error;
      left[pause.reason] -= pause.seconds;
      if (pause.reason === 'lost') lost++;
      onPause?.({ reason: pause.reason, seconds: pause.seconds, error: error as Error });
      await sleep(pause.seconds, signal);
    }
  }
}

/** A pause, and its length without jitter. Undefined if the request must not be repeated. */
function choosePause(error: unknown, repeatable: boolean, lost: number) {
  const { status, retryAfter } = error instanceof ClientError ? error : {};
  if (retryAfter !== undefined && (status === 429 || (status === 503 && repeatable))) {
    const seconds = retryAfter + Math.random() * Math.max(1, retryAfter / 10);
    return { reason: 'asked' as const, seconds, least: retryAfter };
  }
  // The Fetch standard reports every failure of the network as a TypeError.
  const isLost = error instanceof TypeError || status === 502 || status === 504;
  if (!isLost || !repeatable) return undefined;
  // Full jitter (M. Brooker, Exponential Backoff and Jitter, 2015).
  const seconds = Math.random() * Math.min(LONGEST_LOST_SECONDS, FIRST_LOST_SECONDS * 2 ** lost);
  return { reason: 'lost' as const, seconds, least: seconds };
}

function sleep(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, 1000 * seconds);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The seconds of Retry-After (RFC 9110, section 10.2.3), which are a number or a date. Undefined without a valid one. */
export function readRetryAfter(headers: Headers): number | undefined {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  // Engines also read -1 as a date. Those of HTTP start with the day of the week.
  const date = /^[A-Z][a-z]/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(date)) return undefined;
  // The clock of the service, because clocks differ. Browsers hide it from pages of other origins.
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, (date - (Number.isNaN(sent) ? Date.now() : sent)) / 1000);
}

/** A new idempotency key. `crypto.randomUUID` is missing in pages without HTTPS. */
export function createKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
