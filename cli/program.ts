/** The command line: all commands of edge-mlp. */
import { Command } from 'commander';
import { addGradcheckCommand } from './assignment/gradcheck.ts';
import { addReproduceCommand } from './assignment/reproduce.ts';
import { addCalibrateCommand } from './commands/calibrate.ts';
import { addDataCommand } from './commands/data.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addExportCommand } from './commands/export.ts';
import { addImportCommand } from './commands/import.ts';
import { addInspectCommand } from './commands/inspect.ts';
import { addJobsCommand } from './commands/jobs.ts';
import { addModelsCommand } from './commands/models.ts';
import { addPredictCommand } from './commands/predict.ts';
import { addRepeatCommand } from './commands/repeat.ts';
import { addSweepCommand } from './commands/sweep.ts';
import { addSweepsCommand } from './commands/sweeps.ts';
import { addTokenCommand } from './commands/token.ts';
import { addTrainCommand } from './commands/train.ts';
import { addUsageCommand } from './commands/usage.ts';
import { escapeControls } from './escape-controls.ts';
import { VERSION } from './model.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp train --data iris.csv --hidden 16 --epochs 100 --report report.html
  $ edge-mlp evaluate model.safetensors --data more-irises.csv
  $ edge-mlp predict model.safetensors unknown-irises.csv
  $ edge-mlp export model.safetensors --to onnx --out model.onnx
  $ edge-mlp help train`;

const ERROR_LENGTH = 1000;

export function createProgram(): Command {
  const program = new Command('edge-mlp')
    .description('Train, evaluate and run multilayer perceptron classifiers in WebAssembly.')
    .version(VERSION)
    // Otherwise --version of models push prints the version of the program.
    .enablePositionalOptions()
    .showHelpAfterError('(edge-mlp --help lists the commands)')
    .addHelpText('after', EXAMPLES)
    .configureOutput({
      writeOut: (text) => process.stdout.write(escapeControls(text)),
      writeErr: (text) => process.stderr.write(escapeControls(text)),
      // An argument may have any length.
      outputError: (text, write) => write(text.length > ERROR_LENGTH ? `${text.slice(0, ERROR_LENGTH)} …\n` : text),
    })
    .exitOverride();
  for (const addCommand of [
    addTrainCommand,
    addEvaluateCommand,
    addPredictCommand,
    addRepeatCommand,
    addSweepCommand,
    addReproduceCommand,
    addGradcheckCommand,
    addInspectCommand,
    addCalibrateCommand,
    addExportCommand,
    addImportCommand,
    addDataCommand,
    addModelsCommand,
    addJobsCommand,
    addSweepsCommand,
    addUsageCommand,
    addTokenCommand,
  ]) {
    addCommand(program);
  }
  return applySettings(program);
}

/** Applies settings that commander does not pass on to commands. */
function applySettings(parent: Command): Command {
  for (const command of parent.commands) {
    command.exitOverride().showHelpAfterError('(add --help for the options)');
    applySettings(command);
  }
  return parent;
}
