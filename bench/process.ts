/** Runs programs synchronously. */
import { spawnSync } from 'node:child_process';
import type { Outcome } from './task.ts';

/** Limits OpenMP, OpenBLAS and MKL to one thread and disables telemetry. */
const ENVIRONMENT = {
  ...process.env,
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  ORT_DISABLE_TELEMETRY: '1',
  PYTHONDONTWRITEBYTECODE: '1',
};

/** A program's trimmed stdout, or undefined if the program is missing or fails. */
export function readOutput(command: string, args: readonly string[], cwd?: string): string | undefined {
  const { status, stdout } = spawnSync(command, args, { cwd, env: ENVIRONMENT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Parses the last line of a program's stdout as JSON. Throws an error with the program's stderr if it fails. */
export function readJson(command: string, args: readonly string[]): unknown {
  const options = { env: ENVIRONMENT, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, options);
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}\n${stderr}`);
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line);
}

export function runContender(command: string, args: readonly string[]): Outcome {
  return readJson(command, args) as Outcome;
}
