/** Connection to a service. */
import { Client, ClientError, type ModelOptions } from '../src/client/index.ts';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { note, printJson } from './terminal.ts';

export interface RemoteOptions {
  readonly remote: string;
  /** Default: $EDGE_MLP_TOKEN. */
  readonly token?: string | undefined;
  readonly json?: boolean;
}

/** Throws EdgeMlpError "bad-argument" for a URL that is not HTTP. */
export function createClient({ remote, token = process.env.EDGE_MLP_TOKEN }: RemoteOptions): Client {
  if (!/^https?:$/.test(URL.canParse(remote) ? new URL(remote).protocol : '')) {
    const message = `--remote: expected a URL such as https://edge-mlp.example.workers.dev, got ${remote}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  return new Client(remote, token ? { token } : {});
}

/** Parses `name`, `name@3` or `name@stable`. */
export function parseModelReference(text: string): ModelOptions {
  const [model = '', version] = text.split('@');
  return { model, ...(version === undefined ? {} : { version }) };
}

/** The number of a version or of an alias's version. Throws ClientError. */
export async function resolveVersion(client: Client, model: string, version: string): Promise<number> {
  return /^\d+$/.test(version) ? Number(version) : (await client.models.alias(model, version)).version;
}

/** Sends requests with a new client. Throws the errors of `createClient` and `callService`. */
export function requestOnce<Answer>(
  options: RemoteOptions,
  send: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const client = createClient(options);
  return callService(client, () => send(client));
}

/** Sends a deletion, and reports it. Throws the errors of `createClient` and `callService`. */
export async function requestDeletion(
  name: string,
  options: RemoteOptions,
  send: (client: Client) => Promise<void>,
): Promise<void> {
  await requestOnce(options, send);
  if (options.json) printJson({ deleted: name });
  else note(`deleted  ${name}`);
}

/** Sends requests. Throws EdgeMlpError "remote" if the service refuses or cannot be reached. */
export async function callService<Answer>(client: Client, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (cause) {
    if (cause instanceof ClientError) {
      throw new EdgeMlpError('remote', `${client.url.host}: ${cause.message}`, { cause });
    }
    const reason = errorMessage(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw new EdgeMlpError('remote', `${client.url.host} cannot be reached: ${reason}`, { cause });
  }
}

/** Pause before a lost connection is tried again. */
export const RECONNECT_MS = 1000;
/** Total of the pauses after which a request fails: while the service cannot be reached, and while it asks to wait. */
const LOST_MS = 60_000;
const ASKED_MS = 180_000;

/** Like `callService`, but repeats while the service cannot be reached, is unavailable, or limits the rate. */
export async function retryService<Answer>(client: Client, send: () => Promise<Answer>): Promise<Answer> {
  for (let paused = 0; ; ) {
    try {
      return await send();
    } catch (error) {
      const refused = error instanceof ClientError && error.status < 500 && error.status !== 429;
      const asked = error instanceof ClientError ? error.retryAfter : undefined;
      const pause = asked === undefined ? RECONNECT_MS : choosePause(asked);
      paused += pause;
      if (refused || paused > (asked === undefined ? LOST_MS : ASKED_MS)) {
        return callService(client, () => Promise.reject(error));
      }
      if (asked !== undefined) note(`${client.url.host} asks to wait: continues in ${Math.ceil(pause / 1000)} s`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** The seconds that the service asks for, with jitter: clients that wait together do not return together. */
function choosePause(seconds: number): number {
  return 1000 * Math.min(seconds, 60) + RECONNECT_MS * Math.random();
}
