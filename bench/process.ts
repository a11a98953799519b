/** Programs that are run and waited for. */
import { spawnSync } from 'node:child_process';
import type { Outcome } from './task.ts';

/** One thread for whatever computes with OpenMP, OpenBLAS or MKL; nobody reports home. */
const ENVIRONMENT = {
  ...process.env,
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  ORT_DISABLE_TELEMETRY: '1',
  PYTHONDONTWRITEBYTECODE: '1',
};

/** What a program prints; undefined where there is no such program or it fails. */
export function output(command: string, args: readonly string[], cwd?: string): string | undefined {
  const { status, stdout } = spawnSync(command, args, { cwd, env: ENVIRONMENT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** The JSON of a program's last line. Throws with what it wrote to stderr. */
export function json(command: string, args: readonly string[]): unknown {
  const options = { env: ENVIRONMENT, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, options);
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}\n${stderr}`);
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line);
}

export function outcome(command: string, args: readonly string[]): Outcome {
  return json(command, args) as Outcome;
}
