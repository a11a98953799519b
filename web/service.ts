/** The service that the page came from, and the token for it. */
import { Client, ClientError } from '../src/client/index.ts';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';

/** For this tab alone, and until it is closed. */
const KEY = 'edge-mlp token';

export const token = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => (value === '' ? sessionStorage.removeItem(KEY) : sessionStorage.setItem(KEY, value)),
};

/** What it has asked for is let go where `signal` is aborted. */
export function clientUntil(signal: AbortSignal): Client {
  const fetch = (request: Request) => globalThis.fetch(request, { signal });
  const known = token.get();
  return new Client(location.origin, known === '' ? { fetch } : { fetch, token: known });
}

/** Whether another token would help. */
export function wantsToken(error: unknown): boolean {
  return error instanceof ClientError && (error.status === 401 || error.status === 403);
}

/** Whether asking again would be answered in the same way. */
export function isFinal(error: unknown): boolean {
  return error instanceof ClientError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

/** In the service's own words, where it has any. */
export function describeTrouble(error: unknown): string {
  if (error instanceof ClientError) return `The service refused: ${error.message}`;
  if (error instanceof EdgeMlpError) return error.message;
  return `The service cannot be reached: ${errorMessage(error)}`;
}
