import type { Command } from 'commander';
import type { Grid } from '../../src/core/grid.ts';
import { type Experiment, type ExperimentOptions, runExperiment } from '../experiments/experiment.ts';
import { runRemoteSweep } from '../experiments/remote.ts';
import { commandLine, fileName, kebab, positiveInteger, seedNumber, seedRange } from '../options.ts';
import { remoteClient } from '../remote.ts';
import { optionText } from '../report/numbers.ts';
import { addDataOptions, addPoolOptions, scalingOption } from '../shared-options.ts';
import { addGridOptions, assembleGrid, type TrainingLists } from '../training-options.ts';
import { givenOptions } from './repeat.ts';

const EXAMPLES = `
Every combination of the listed values, times the seeds, on all processors. The best is the one of the least mean
validation loss; the test set is not looked at. Finished runs are kept in the cache: a stopped sweep goes on where it was,
and a larger one uses what is there. With --remote the service performs the runs: Ctrl-C leaves it to them, the same command
follows them again, and --fresh starts them anew.

Examples:
  $ edge-mlp sweep --learning-rate 0.001,0.003,0.01,0.03
  $ edge-mlp sweep --learning-rate 0.03,0.1,0.3 --hidden 100,300,512-256 --seeds 3
  $ edge-mlp sweep --remote https://edge-mlp.example.workers.dev --data digits --learning-rate 0.01,0.03,0.1
  $ edge-mlp sweep --activation sigmoid,tanh,relu --batch-size 1,8 --momentum 0,0.9 --threads 2`;

interface SweepOptions extends ExperimentOptions, TrainingLists, Pick<Grid, 'activation'> {
  readonly hidden?: Grid['hidden'];
  readonly init?: Grid['init'];
  readonly seeds: number;
  readonly seed: number;
  readonly remote?: string;
  readonly token?: string;
}

export function addSweepCommand(program: Command): void {
  const command = program.command('sweep').description('train over a grid of options, and find the best');
  addGridOptions(addDataOptions(command).addOption(scalingOption()))
    .option('--seeds <n>', 'runs of every combination', positiveInteger, 1)
    .option('--seed <n>', 'the first; the others follow it', seedNumber, 1)
    .option('--validation <n>', 'samples held out (default: 5000, or a tenth of a small set)', positiveInteger);
  addPoolOptions(command)
    .option('--remote <url>', 'have a service perform it, as jobs that survive anything: see edge-mlp jobs')
    .option('--token <token>', 'of the service, with the scope train (default: $EDGE_MLP_TOKEN)')
    .option('--out <folder>', 'where the report goes', fileName, 'sweep')
    .option('--json', 'print all results as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((options: SweepOptions) => runSweep(options, command));
}

function runSweep(options: SweepOptions, command: Command): Promise<void> {
  const { hidden, activation, init = [undefined] } = options;
  const given = givenOptions(command);
  const typed = hidden === undefined ? given : { ...given, hidden: hidden.map(optionText) };
  const experiment: Experiment = {
    grid: { ...assembleGrid(options), hidden, activation, init },
    seeds: seedRange(options.seed, options.seeds),
    options,
    command: (data) => commandLine('sweep', { ...typed, data }),
  };
  if (options.remote === undefined) return runExperiment(experiment);
  const here = LOCAL_OPTIONS.find((name) => command.getOptionValueSource(name) === 'cli');
  if (here !== undefined) {
    command.error(
      `error: --remote: expected no --${kebab(here)} beside it, as the service has its own data and machines`,
    );
  }
  return runRemoteSweep(remoteClient(options.remote, options.token), experiment);
}

/** What has a meaning on this machine alone. */
const LOCAL_OPTIONS = ['threads', 'dataDir', 'label', 'pictures'] as const;
