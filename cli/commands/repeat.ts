import type { Command } from 'commander';
import { buildGrid } from '../../src/core/grid.ts';
import { addDataOptions, scalingOption } from '../data/options.ts';
import { type ExperimentOptions, runExperiment } from '../experiments/experiment.ts';
import { commandLine, fileName, seedCount, seedNumber, seedRange, typedOptions } from '../options.ts';
import { readOptions } from '../recipe.ts';
import { addFinalOptions, addPoolOptions } from '../shared-options.ts';
import { addFurtherOptions, addTrainingOptions, checkActivations } from '../training-flags.ts';
import { assembleTrainingOptions, type NetworkFlags, type TrainingFlags } from '../training-options.ts';

const EXAMPLES = `
Trains the same network with different seeds, on all processors, with the same data and split. Prints mean ± standard
deviation and writes a report. Finished runs are cached.

Examples:
  $ edge-mlp repeat --seeds 5
  $ edge-mlp repeat --final --seeds 3              all samples, evaluated on the test set
  $ edge-mlp repeat --recipe recipe.json --seeds 3
  $ edge-mlp repeat --data iris.csv --hidden 16 --epochs 100 --seeds 10 --json`;

interface RepeatOptions extends ExperimentOptions, TrainingFlags, NetworkFlags {
  readonly seeds: number;
}

export function addRepeatCommand(program: Command): void {
  const command = program
    .command('repeat')
    .description('train with several seeds and report mean and standard deviation');
  addFurtherOptions(addTrainingOptions(addDataOptions(command).addOption(scalingOption())))
    .option('--seeds <n>', 'number of runs', seedCount, 3)
    .option('--seed <n>', 'first seed; the others are consecutive', seedNumber, 1);
  addPoolOptions(addFinalOptions(command))
    .option('--out <folder>', 'folder of the report', fileName, 'repeat')
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action(async () => runRepeat(await readOptions<RepeatOptions>(command), command));
}

function runRepeat(options: RepeatOptions, command: Command): Promise<void> {
  const { hidden, activation, init } = options;
  checkActivations(hidden && [hidden], [activation]);
  const training = assembleTrainingOptions(options);
  return runExperiment({
    grid: {
      ...buildGrid((name) => [training[name]]),
      hidden: [hidden],
      activation: [activation],
      init: [init],
    },
    seeds: seedRange(options.seed, options.seeds),
    options,
    formatCommand: (data) => commandLine('repeat', { ...typedOptions(command), data }),
  });
}
