/** The service as `npm run dev` starts it: wrangler and workerd, on a free port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, ROOT, waitForAnswer } from './package.ts';

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

/** Starts the service with variables and secrets `vars`, on a new store or on the existing store `kept`. */
export async function startService(
  vars: Record<string, string> = {},
  kept?: string,
  wanted?: number,
): Promise<Service> {
  const port = wanted ?? (await freePort());
  const state = kept ?? mkdtempSync(join(tmpdir(), 'edge-mlp-state-'));
  const options = ['--port', String(port), '--persist-to', state];
  const bindings = Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
  // A separate process group, so that a signal reaches every process that it starts.
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
