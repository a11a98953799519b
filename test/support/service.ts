/** The service as `npm run dev` starts it: wrangler and workerd, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, ROOT, waitForAnswer } from './package.ts';
import { TEST_TOKENS } from './tokens.ts';

export interface Service {
  readonly url: string;
  readonly child: ChildProcess;
  /** Its output so far. */
  log(): string;
  /** Sends SIGKILL to its whole process group, like a power cut. The store stays on disk. */
  kill(): Promise<void>;
  /** Sends SIGINT and waits until its whole process group has ended. Throws if a process is left after 15 s. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** The secret TOKENS. It is always set, because `npm run dev` would otherwise write one to .dev.vars. */
  readonly tokens?: string;
  /** Folder of an existing store. Default: a new store, which `stop` deletes. */
  readonly store?: string;
  /** Default: a free port. */
  readonly port?: number;
  /** Flags of V8 in workerd. */
  readonly v8Flags?: string;
}

/** Starts the service. Throws if it does not answer after 45 s. */
export async function startService({
  tokens = TEST_TOKENS,
  store,
  port: wanted,
  v8Flags = '',
}: ServiceOptions = {}): Promise<Service> {
  const port = wanted ?? (await freePort());
  const state = store ?? mkdtempSync(join(tmpdir(), 'edge-mlp-state-'));
  const options = ['--port', String(port), '--persist-to', state, '--var', `TOKENS:${tokens}`];
  // A separate process group, so that a signal reaches every process that it starts.
  const child = spawn('npm', ['run', '--silent', 'dev', '--', ...options], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, MINIFLARE_WORKERD_V8_FLAGS: v8Flags },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
    });
  }
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const group = -(child.pid ?? 0);
    if (isAlive(group)) process.kill(group, 'SIGINT');
    const deadline = Date.now() + 15_000;
    while (isAlive(group) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    const left = isAlive(group);
    if (left) process.kill(group, 'SIGKILL');
    if (store === undefined) rmSync(state, { recursive: true, force: true });
    if (left) throw new Error(`processes were left 15 s after SIGINT:\n${log}`);
  };
  const kill = async () => {
    const group = -(child.pid ?? 0);
    if (isAlive(group)) process.kill(group, 'SIGKILL');
    while (isAlive(group)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    await waitForAnswer(`${url}/v2/health/live`, { child, log: () => log });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, child, log: () => log, stop, kill };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
