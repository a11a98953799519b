#!/usr/bin/env node
/** Entry point of the command: runs it and sets the exit code. */
import { CommanderError } from 'commander';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { describeReason, isSystemError } from './files.ts';
import { Interrupted } from './interruption.ts';
import { note } from './terminal.ts';

const FAILED = 1;
const BAD_USAGE = 2;

/** Prints an error, unless commander has printed it, and returns the exit code. */
function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
  if (error instanceof Interrupted) {
    note(error.message);
    return error.exitCode;
  }
  if (error instanceof EdgeMlpError) {
    note(`error: ${error.message}`);
    return error.code === 'bad-argument' || error.code === 'bad-spec' ? BAD_USAGE : FAILED;
  }
  note(`error: ${process.env.EDGE_MLP_DEBUG && error instanceof Error ? error.stack : errorMessage(error)}`);
  if (!isSystemError(error)) note('This is a bug in edge-mlp. Set EDGE_MLP_DEBUG=1 to print the stack trace.');
  return FAILED;
}

// An output that cannot be written must not stop the work: a training run still writes its model. A reader that closes
// the pipe, such as head, has what it wanted. Text on stderr is progress, which may be lost.
process.stderr.on('error', () => {});
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || process.exitCode === FAILED) return;
  note(`error: cannot write standard output: ${describeReason(error)}`);
  process.exitCode = FAILED;
});
process.on('uncaughtException', (error) => process.exit(reportError(error)));

try {
  // Imported dynamically: the bundler writes the program to its folder of chunks, where relative paths are valid.
  const { createProgram } = await import('./program.ts');
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = reportError(error);
}
