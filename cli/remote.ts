/** Connection to a service. */
import { Client, ClientError, type ModelOptions, type RetryPause } from '../src/client/index.ts';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { Interrupted } from './interruption.ts';
import { note, printJson } from './terminal.ts';

export interface RemoteOptions {
  readonly remote: string;
  /** Default: $EDGE_MLP_TOKEN. */
  readonly token?: string | undefined;
  readonly json?: boolean;
}

/** Throws EdgeMlpError "bad-argument" for a URL that is not HTTP. */
export function checkRemote(remote: string): void {
  if (/^https?:$/.test(URL.canParse(remote) ? new URL(remote).protocol : '')) return;
  const message = `--remote: expected a URL such as https://edge-mlp.example.workers.dev, got ${remote}`;
  throw new EdgeMlpError('bad-argument', message);
}

/** How long lasting work waits for a lost service. */
const LASTING_SECONDS = 60;

/**
 * A client that prints its pauses. With the signal of an interruption, for work that lasts, it waits longer for a lost
 * service. Throws the error of `checkRemote`.
 */
export function createClient(
  { remote, token = process.env.EDGE_MLP_TOKEN }: RemoteOptions,
  signal?: AbortSignal,
): Client {
  checkRemote(remote);
  const { host } = new URL(remote);
  const retry = { onPause: (pause: RetryPause) => note(describePause(host, pause)) };
  return new Client(remote, {
    ...(token ? { token } : {}),
    ...(signal === undefined ? { retry } : { retry: { ...retry, lostSeconds: LASTING_SECONDS }, signal }),
  });
}

function describePause(host: string, { reason, seconds, error }: RetryPause): string {
  if (reason === 'asked') return `${host} asks to wait: continues in ${Math.ceil(seconds)} s`;
  return `${host} cannot be reached: ${describeLoss(error)}: tries again in ${seconds.toFixed(1)} s`;
}

/** Node's fetch reports the reason of a failed connection only in the error's cause. */
function describeLoss(error: unknown): string {
  return errorMessage(error instanceof Error && error.cause !== undefined ? error.cause : error);
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

/** Sends requests. Throws EdgeMlpError "remote" if the service refuses or cannot be reached, or `Interrupted`. */
export async function callService<Answer>(client: Client, send: () => Promise<Answer>): Promise<Answer> {
  try {
    return await send();
  } catch (cause) {
    if (cause instanceof ClientError) {
      throw new EdgeMlpError('remote', `${client.url.host}: ${cause.message}`, { cause });
    }
    if (cause instanceof Interrupted) throw cause;
    throw new EdgeMlpError('remote', `${client.url.host} cannot be reached: ${describeLoss(cause)}`, { cause });
  }
}
