/** The command as users run it: the built program in a child process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** A port without a server: no test may reach a public mirror. */
const NOWHERE = 'http://127.0.0.1:9/';

export interface Result {
  readonly code: number | null;
  /** The signal that ended the process, if it did not exit. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Options of Node and V8. */
  readonly nodeOptions?: readonly string[];
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string | Uint8Array;
  readonly onSpawn?: (child: ChildProcess) => void;
  /** Called with the process and its whole stderr so far, at each output. */
  readonly onStderr?: (child: ChildProcess, text: string) => void;
}

/** Sends a signal once, when stderr matches: a second one would not wait for a checkpoint. */
export function interruptAt(pattern: RegExp, signal: NodeJS.Signals = 'SIGINT'): NonNullable<RunOptions['onStderr']> {
  let sent = false;
  return (child, text) => {
    if (!sent && pattern.test(text)) sent = child.kill(signal);
  };
}

/** An environment in which stderr claims to be a terminal, so that progress bars are drawn. */
export const TERMINAL = { NODE_OPTIONS: '--import=data:text/javascript,process.stderr.isTTY=true' };

/** Commands that still run, for example after the timeout of their test. They end with the process of the tests. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export function edgeMlp(args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const { nodeOptions = [], cwd, env, input, onSpawn, onStderr } = options;
  const { EDGE_MLP_DATA: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
    cwd,
    env: { ...inherited, EDGE_MLP_MIRRORS: NOWHERE, EDGE_MLP_CACHE: join(tmpdir(), 'edge-mlp-no-cache'), ...env },
  });
  running.add(child);
  onSpawn?.(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    onStderr?.(child, stderr);
  });
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** Creates a folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A short run on generated digits. */
export const DIGITS = ['--data', 'digits', '--hidden', '20', '--epochs', '1'];

/** Trains on digits in `folder`; returns the output, and `summary` parsed from its JSON. */
export async function trainDigits(folder: string, ...more: string[]) {
  const result = await edgeMlp(['train', ...DIGITS, '--json', ...more], { cwd: folder });
  expect(result.stderr).not.toContain('error');
  expect(result.code).toBe(0);
  return { ...result, summary: JSON.parse(result.stdout) };
}
