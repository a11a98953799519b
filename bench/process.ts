/** Runs programs synchronously, and checks how they computed. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import type { Widening } from '../src/runtime/node.ts';
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

export interface ProgramOptions {
  readonly cwd?: string;
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env }: ProgramOptions = {},
): SpawnSyncReturns<string> {
  return spawnSync(command, args, { cwd, env: { ...ENVIRONMENT, ...env }, encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** A program's trimmed stdout, or undefined if the program is missing or fails. */
export function readOutput(command: string, args: readonly string[], options?: ProgramOptions): string | undefined {
  const { status, stdout } = runProgram(command, args, options);
  return status === 0 ? stdout.trim() : undefined;
}

/** Parses the last line of a program's stdout as JSON. Throws an error with the program's stderr if it fails. */
export function readJson(command: string, args: readonly string[]): unknown {
  const { status, signal, error, stdout, stderr } = runProgram(command, args);
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}\n${stderr}`);
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(line);
}

export function runContender(command: string, args: readonly string[]): Outcome {
  return readJson(command, args) as Outcome;
}

/** Throws an error if a command computed without widening, but `wanted` it, or the reverse. */
export function checkWidening(command: string, widening: Widening, wanted: boolean): void {
  if (widening.on === wanted) return;
  throw new Error(`${command}: expected widening ${wanted ? 'on' : 'off'}, got ${JSON.stringify(widening)}`);
}
