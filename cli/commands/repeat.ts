import type { Command } from 'commander';
import { buildGrid } from '../../src/core/grid.ts';
import { type ExperimentOptions, runExperiment } from '../experiments/experiment.ts';
import { commandLine, countOrZero, fileName, positiveInteger, seedNumber, seedRange } from '../options.ts';
import { applyRecipe } from '../recipe.ts';
import { addDataOptions, addPoolOptions, scalingOption } from '../shared-options.ts';
import {
  addFurtherOptions,
  addTrainingOptions,
  assembleTrainingOptions,
  type NetworkFlags,
  type TrainingFlags,
} from '../training-options.ts';

const EXAMPLES = `
Runs of the same options and different seeds, on all processors; the same data and split for all of them.
Prints mean ± standard deviation and writes a report. Finished runs are kept in the cache.

Examples:
  $ edge-mlp repeat --seeds 5
  $ edge-mlp repeat --final --seeds 3              all samples, measured on the test set
  $ edge-mlp repeat --recipe recipe.json --seeds 3
  $ edge-mlp repeat --data iris.csv --hidden 16 --epochs 100 --seeds 10 --json`;

interface RepeatOptions extends ExperimentOptions, TrainingFlags, NetworkFlags {
  readonly seeds: number;
  readonly recipe?: string;
}

export function addRepeatCommand(program: Command): void {
  const command = program.command('repeat').description('train several times, seed by seed: mean and spread');
  addFurtherOptions(addTrainingOptions(addDataOptions(command).addOption(scalingOption())))
    .option('--seeds <n>', 'how many runs', positiveInteger, 3)
    .option('--seed <n>', 'the first; the others follow it', seedNumber, 1)
    .option('--validation <n>', 'samples held out (default: 5000, or a tenth of a small set)', countOrZero)
    .option('--final', 'train on all samples and measure on the test set')
    .option(
      '--recipe <file.json>',
      'take options from an object like {"epochs": 9}; those typed beside it count',
      fileName,
    );
  addPoolOptions(command)
    .option('--out <folder>', 'where the report goes', fileName, 'repeat')
    .option('--json', 'print all results as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action(async () => {
      const { recipe } = command.opts<RepeatOptions>();
      if (recipe !== undefined) await applyRecipe(command, recipe);
      const options = command.opts<RepeatOptions>();
      if (options.final && options.validation !== undefined) {
        command.error('error: --final trains on all samples: expected no --validation beside it');
      }
      return runRepeat(options, command);
    });
}

function runRepeat(options: RepeatOptions, command: Command): Promise<void> {
  const { hidden, activation, init } = options;
  const training = assembleTrainingOptions(options);
  return runExperiment({
    grid: {
      ...buildGrid((name) => [training[name]]),
      ...{ hidden: hidden === undefined ? undefined : [hidden], activation: [activation], init: [init] },
    },
    seeds: seedRange(options.seed, options.seeds),
    options,
    command: (data) => commandLine('repeat', { ...givenOptions(command), data }),
  });
}

/** What was typed, but for what has no influence on the result or is a place on this machine alone. */
export function givenOptions(command: Command): Record<string, unknown> {
  const options: Record<string, unknown> = command.opts();
  const left = ['dataDir', 'json', 'fresh', 'token'];
  const names = Object.keys(options).filter(
    (name) => command.getOptionValueSource(name) === 'cli' && !left.includes(name),
  );
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}
