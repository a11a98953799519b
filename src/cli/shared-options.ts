import { type Command, Option } from 'commander';
import { SCALINGS } from '../data/parts.ts';
import { positiveInteger } from './options.ts';

/** Options of every command that reads a data set. */
export function addDataOptions(command: Command, defaultData = 'mnist'): Command {
  return command
    .option('--data <name>', `mnist, digits, ellipse, a folder of IDX files, or a .csv file (default: ${defaultData})`)
    .option('--data-dir <folder>', 'where the MNIST files are (default: $EDGE_MLP_DATA, then the cache)')
    .option('--label <header>', 'CSV: the column with the classes (default: the last)');
}

/** How a CSV file's features are brought to the network. */
export function scalingOption(): Option {
  const text = 'CSV: standardise every feature by the training samples, or take numbers as they are';
  return new Option('--scaling <kind>', text).choices(SCALINGS).default('standard');
}

export interface PoolOptions {
  readonly threads?: number;
  readonly fresh?: boolean;
}

/** Options of every command that performs many runs. */
export function addPoolOptions(command: Command): Command {
  return command
    .option('--threads <n>', 'runs at the same time (default: one for each processor)', positiveInteger)
    .option('--fresh', 'run again what the cache has');
}

/** Options of every command that speaks with a service. */
export function addRemoteOptions(command: Command): Command {
  return command
    .requiredOption('--remote <url>', 'address of the service')
    .option('--token <token>', 'default: $EDGE_MLP_TOKEN')
    .option('--json', 'print one JSON object on stdout');
}
