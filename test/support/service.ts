/** The service as `npm run dev` starts it: a real wrangler, a real workerd, on a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Service {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has printed so far. */
  log(): string;
  /** SIGKILL to all that it has started, as a power cut would; its store stays. */
  kill(): Promise<void>;
  /** Ctrl-C; resolves once every process that it has started is gone. Throws where one stays. */
  stop(): Promise<void>;
}

/** Starts the service with a store of its own, or with one that is there; `vars` are its variables and secrets. */
export async function startService(
  vars: Record<string, string> = {},
  kept?: string,
  wanted?: number,
): Promise<Service> {
  const port = wanted ?? (await freePort());
  const state = kept ?? mkdtempSync(join(tmpdir(), 'edge-mlp-state-'));
  const options = ['--port', String(port), '--persist-to', state];
  const bindings = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
  // A process group of its own: all that it starts ends with it.
  const child = spawn('npm', ['run', '--silent', 'dev', '--', ...options, ...bindings], {
    cwd: ROOT,
    detached: true,
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
    if (kept === undefined) rmSync(state, { recursive: true, force: true });
    if (left) throw new Error(`Ctrl-C left processes behind:\n${log}`);
  };
  const kill = async () => {
    const group = -(child.pid ?? 0);
    if (isAlive(group)) process.kill(group, 'SIGKILL');
    while (isAlive(group)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  try {
    await answering(`${url}/v2/health/live`, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, child, log: () => log, stop, kill };
}

function isAlive(group: number): boolean {
  try {
    return process.kill(group, 0);
  } catch {
    return false;
  }
}

async function answering(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the service does not answer at ${url}:\n${log()}`);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
