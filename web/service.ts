/** The service behind this page. */
import { Client, ClientError } from '../src/client/index.ts';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { token } from './token.ts';

/** A client whose requests are aborted with `signal`. The page shows failures at once, and its user decides. */
export function createClient(signal?: AbortSignal): Client {
  const stored = token.get();
  return new Client(location.origin, {
    retry: { askedSeconds: 0, lostSeconds: 0 },
    ...(signal === undefined ? {} : { signal }),
    ...(stored === '' ? {} : { token: stored }),
  });
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
