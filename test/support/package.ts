/** The package as its users get it: packed, and installed in a folder outside of the repository. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Environment of npm and npx: the Node of the tests, no audit, no update check. */
export const ENVIRONMENT: Record<string, string> = {
  ...withoutNpm(),
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
};

export interface Folder {
  readonly path: string;
  remove(): void;
}

export function emptyFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'edge-mlp-package-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Packs what is built (`npm ci` and CI build before they test) into `folder`; the path of the tarball. */
export function pack(folder: string, repository = ROOT): string {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [packed] = Object.values(JSON.parse(run('npm', args, repository)));
  return join(folder, (packed as { filename: string }).filename);
}

/** Writes the package.json of a project of ES modules. */
export function project(folder: string): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
}

/** Installs packages, by name and version or as a tarball, in a project. */
export function install(folder: string, packages: readonly string[]): void {
  run('npm', ['install', '--prefer-offline', '--save-exact', ...packages], folder);
}

/** Runs a command and returns its stdout. Throws with its output if it fails. */
export function run(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', env: { ...ENVIRONMENT, ...env }, stdio: 'pipe' });
}

/** Runs the text of a module in a folder and parses the last line that it prints. */
export function runModule(folder: string, code: string): unknown {
  const file = join(folder, 'module.mjs');
  writeFileSync(file, code);
  return JSON.parse(run(process.execPath, [file], folder).trim().split('\n').at(-1) ?? '');
}

/** A running command and its child processes, in one process group. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** Its output so far. */
  log(): string;
  /** Sends SIGINT to the group, and SIGKILL after 5 s. */
  stop(): Promise<void>;
}

export function start(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): RunningCommand {
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
  return { child, log: () => log, stop };
}

/** Waits until an address answers. Throws with the command's output after 45 s, or when the command ends. */
export async function waitForAnswer(url: string, { child, log }: Omit<RunningCommand, 'stop'>): Promise<void> {
  const deadline = Date.now() + 45_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer from ${url}:\n${log()}`);
}

/** Whether a process lives, or one of a group (a negative number). */
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

/** The environment without what npm sets for its child processes, which an inner npm would take as its own settings. */
function withoutNpm(): Record<string, string> {
  const npmVariable = /^npm_(?!config_)|^npm_config_(local_|global_)?prefix$|^INIT_CWD$|^NODE_(OPTIONS|ENV)$/i;
  const entries = Object.entries(process.env).filter(([name]) => !npmVariable.test(name));
  return Object.fromEntries(entries) as Record<string, string>;
}
