#!/usr/bin/env node
/** edge-mlp, the command. */
import { Command, CommanderError } from 'commander';
import { EdgeMlpError, errorMessage } from '../src/core/errors.ts';
import { addDataCommand } from './commands/data.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addExportCommand } from './commands/export.ts';
import { addGradcheckCommand } from './commands/gradcheck.ts';
import { addImportCommand } from './commands/import.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addJobsCommand } from './commands/jobs.ts';
import { addModelsCommand } from './commands/models.ts';
import { addPredictCommand } from './commands/predict.ts';
import { addRepeatCommand } from './commands/repeat.ts';
import { addReproduceCommand } from './commands/reproduce.ts';
import { addSweepCommand } from './commands/sweep.ts';
import { addSweepsCommand } from './commands/sweeps.ts';
import { addTokenCommand } from './commands/token.ts';
import { addTrainCommand } from './commands/train.ts';
import { Interrupted } from './interruption.ts';
import { note } from './terminal.ts';
import { VERSION } from './version.ts';

const FAILED = 1;
const BAD_USAGE = 2;

const EXAMPLES = `
Examples:
  $ edge-mlp train --data iris.csv --hidden 16 --epochs 100 --report report.html
  $ edge-mlp evaluate model.safetensors --data more-irises.csv
  $ edge-mlp predict model.safetensors unknown-irises.csv
  $ edge-mlp export model.safetensors --to onnx --out model.onnx
  $ edge-mlp help train`;

function createProgram(): Command {
  const program = new Command('edge-mlp')
    .description('Train, measure and use small neural networks, in WebAssembly.')
    .version(VERSION)
    .showHelpAfterError('(add --help for the commands)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  for (const add of [
    addTrainCommand,
    addEvaluateCommand,
    addPredictCommand,
    addRepeatCommand,
    addSweepCommand,
    addReproduceCommand,
    addGradcheckCommand,
    addInspectCommand,
    addExportCommand,
    addImportCommand,
    addDataCommand,
    addModelsCommand,
    addJobsCommand,
    addSweepsCommand,
    addTokenCommand,
  ]) {
    add(program);
  }
  return inheritSettings(program);
}

/** What commander does not hand down to commands by itself. */
function inheritSettings(parent: Command): Command {
  for (const command of parent.commands) {
    command.exitOverride().showHelpAfterError('(add --help for the options)');
    inheritSettings(command);
  }
  return parent;
}

/** The process's exit code for whatever a command threw; everything but commander's own messages is printed here. */
function chooseExitCode(error: unknown): number {
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
  note('This is a fault of edge-mlp. EDGE_MLP_DEBUG=1 shows where it happened.');
  return FAILED;
}

/**
 * A reader that has gone, as `head` does, ends the printing, not the work: a training run still writes its model.
 */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

outliveReaders();
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = chooseExitCode(error);
}
