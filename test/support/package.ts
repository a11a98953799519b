/** The package as its users get it: packed, and installed in a folder that knows nothing of this one. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** npm and npx run under the Node of the tests, and ask nobody for news. */
export const ENVIRONMENT: Record<string, string> = {
  ...withoutNpm(),
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
};

/** A folder, and what takes it away. */
export interface Folder {
  readonly path: string;
  remove(): void;
}

export function emptyFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'edge-mlp-package-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Path of the tarball in `folder`. Of what is built: `npm ci` and CI build before they test. */
export function pack(folder: string): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = Object.values(JSON.parse(run('npm', args, ROOT)));
  return join(folder, (packed as { filename: string }).filename);
}

/** Installs packages into a folder that has a package.json. */
export function install(folder: string, ...packages: string[]): void {
  run('npm', ['install', '--prefer-offline', ...packages], folder);
}

/** A project of its own, of ES modules, with the package in it. */
export function project(folder: string, tarball: string, ...packages: string[]): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  install(folder, tarball, ...packages);
}

/** What a command prints to stdout. Throws with all that it printed where it fails. */
export function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', env: { ...ENVIRONMENT, ...env }, stdio: 'pipe' });
}

/** Runs a module's text in a folder; the last line that it prints, parsed. */
export function runModule(folder: string, code: string): unknown {
  const file = join(folder, 'module.mjs');
  writeFileSync(file, code);
  return JSON.parse(run(process.execPath, [file], folder).trim().split('\n').at(-1) ?? '');
}

/** A command that stays, with all that it starts in a group of its own. */
export interface Running {
  log(): string;
  /** Ctrl-C, then SIGKILL after a while, to the whole group. */
  stop(): Promise<void>;
}

export function start(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Running {
  const child = spawn(command, args, { cwd, detached: true, env: { ...ENVIRONMENT, ...env } });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log += chunk;
    });
  }
  const group = -(child.pid ?? 0);
  const stop = async () => {
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      for (let tries = 0; tries < 100 && isAlive(group); tries++) {
        if (tries === 0) process.kill(group, signal);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  return { log: () => log, stop };
}

/** Waits until an address answers. Throws with what the command printed. */
export async function answering(url: string, running: Running): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers at ${url}:\n${running.log()}`);
}

export function isAlive(group: number): boolean {
  try {
    return process.kill(group, 0);
  } catch {
    return false;
  }
}

export function packageJson(folder: string): { [key: string]: unknown } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** npm tells its children of itself: an npm below must not take that for its own. Registries and certificates stay known. */
function withoutNpm(): Record<string, string> {
  const ofNpm = /^npm_(?!config_)|^npm_config_(local_|global_)?prefix$|^INIT_CWD$|^NODE_(OPTIONS|ENV)$/i;
  const entries = Object.entries(process.env).filter(([name]) => !ofNpm.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}
