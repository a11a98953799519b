import type { Command } from 'commander';
import type { Grid } from '../../src/core/grid.ts';
import type { HiddenActivations } from '../../src/core/spec.ts';
import { addDataOptions, scalingOption } from '../data/options.ts';
import { type Experiment, type ExperimentOptions, runExperiment } from '../experiments/experiment.ts';
import { runRemoteSweep } from '../experiments/remote.ts';
import { optionText } from '../numbers.ts';
import { commandLine, fileName, heldOutSize, seedCount, seedNumber, seedRange, typedOptions } from '../options.ts';
import { addPoolOptions, VALIDATION_TEXT } from '../shared-options.ts';
import { addGridOptions, checkActivations } from '../training-flags.ts';
import { assembleGrid, type TrainingLists } from '../training-options.ts';

const EXAMPLES = `
Trains every combination of the values in comma-separated lists, on all processors. The best combination has the highest
mean validation accuracy, and of equal ones the lowest loss; the test set is not used. Finished runs are cached: an interrupted sweep continues, and a larger sweep
reuses them.

With --remote a service performs the runs. Ctrl-C does not stop them, the same command follows them again, and --fresh
starts a new sweep.

Examples:
  $ edge-mlp sweep --learning-rate 0.001,0.003,0.01,0.03
  $ edge-mlp sweep --learning-rate 0.03,0.1,0.3 --hidden 100,300,512-256 --seeds 3
  $ edge-mlp sweep --remote https://edge-mlp.example.workers.dev --data digits --learning-rate 0.01,0.03,0.1
  $ edge-mlp sweep --activation sigmoid,tanh,relu --batch-size 1,8 --momentum 0,0.9 --threads 2`;

interface SweepOptions extends ExperimentOptions, TrainingLists {
  readonly activation: readonly HiddenActivations[];
  readonly hidden?: readonly (readonly number[])[];
  readonly init?: Grid['init'];
  readonly seeds: number;
  readonly seed: number;
  readonly remote?: string;
  readonly token?: string;
}

export function addSweepCommand(program: Command): void {
  const command = program.command('sweep').description('train every combination of option values and find the best');
  addGridOptions(addDataOptions(command).addOption(scalingOption()))
    .option('--seeds <n>', 'number of runs of every combination', seedCount, 1)
    .option('--seed <n>', 'first seed; the others are consecutive', seedNumber, 1)
    .option('--validation <n>', VALIDATION_TEXT, heldOutSize);
  addPoolOptions(command)
    .option('--remote <url>', 'URL of a service that performs the runs as jobs')
    .option('--token <token>', 'bearer token with the scope train (default: $EDGE_MLP_TOKEN)')
    .option('--out <folder>', 'folder of the report', fileName, 'sweep')
    .option('--json', 'print all results as one JSON object to stdout')
    .addHelpText('after', EXAMPLES)
    .action((options: SweepOptions) => runSweep(options, command));
}

function runSweep(options: SweepOptions, command: Command): Promise<void> {
  const { hidden, activation, init = [undefined], remote, token } = options;
  checkActivations(hidden, activation);
  const typed = typedOptions(command);
  const experiment: Experiment = {
    grid: { ...assembleGrid(options), hidden: hidden ?? [undefined], activation, init },
    seeds: seedRange(options.seed, options.seeds),
    options,
    formatCommand: (data) => {
      const lists = { hidden: hidden?.map(optionText), activation: activation.map(optionText) };
      const named = Object.fromEntries(Object.entries(lists).filter(([name]) => name in typed));
      return commandLine('sweep', { ...typed, ...named, data });
    },
  };
  if (remote === undefined) return runExperiment(experiment);
  const local = command.options.find((option) => {
    const name = option.attributeName();
    return LOCAL_OPTIONS.includes(name) && command.getOptionValueSource(name) === 'cli';
  });
  if (local !== undefined) {
    command.error(
      `error: ${local.long} cannot be combined with --remote: the service uses its own data and processors.`,
    );
  }
  return runRemoteSweep({ remote, token }, experiment);
}

/** Options that only affect this machine. */
const LOCAL_OPTIONS: readonly string[] = ['threads', 'widen', 'dataDir', 'label', 'pictures'];
