/** The service behind this page, and its access token. */
import { Client, ClientError } from '../src/client/index.ts';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';

const KEY = 'edge-mlp token';

/** Stored for this tab until it is closed. */
export const token = {
  get: (): string => sessionStorage.getItem(KEY) ?? '',
  set: (value: string): void => (value === '' ? sessionStorage.removeItem(KEY) : sessionStorage.setItem(KEY, value)),
};

/** A client whose requests are aborted with `signal`. */
export function createClient(signal: AbortSignal): Client {
  const fetch = (request: Request) => globalThis.fetch(request, { signal });
  const stored = token.get();
  return new Client(location.origin, stored === '' ? { fetch } : { fetch, token: stored });
}

/** Whether a different token can fix the error. */
export function needsToken(error: unknown): boolean {
  return error instanceof ClientError && (error.status === 401 || error.status === 403);
}

/** Whether repeating the request leads to the same error. */
export function isPermanent(error: unknown): boolean {
  return error instanceof ClientError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

export function describeError(error: unknown): string {
  if (error instanceof ClientError) return `Request failed: ${error.message}`;
  if (error instanceof EdgeMlpError) return error.message;
  return `Cannot reach the service: ${errorMessage(error)}`;
}
