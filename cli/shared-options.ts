import { type Command, Option } from 'commander';
import { PICTURE_FITS } from '../src/core/dataset.ts';
import { GENERATED_NAMES } from '../src/data/generated.ts';
import { SCALINGS } from '../src/data/parts.ts';
import { IDX_SET_NAMES } from './data/idx-sets/table.ts';
import { positiveInteger } from './options.ts';

/** What --data may name. */
export const DATA_NAMES = [...IDX_SET_NAMES, ...GENERATED_NAMES].join(', ');
export const DATA_FILES = 'a folder of IDX files, a folder of PNG files for each class, or a .csv file';

/** How a folder's PNG files become samples; a model keeps it for all pictures that it is given. */
function picturesOption(): Option {
  const text =
    'PNG: take grey levels of pictures of one size as they are, or crop, scale and centre what is drawn, as for MNIST (default: as-is)';
  return new Option('--pictures <how>', text).choices(PICTURE_FITS);
}

/** Options of every command that reads a data set. */
export function addDataOptions(command: Command, defaultData = 'mnist'): Command {
  return command
    .option('--data <name>', `${DATA_NAMES}; or ${DATA_FILES} (default: ${defaultData})`)
    .option('--data-dir <folder>', "where a named set's files are (default: $EDGE_MLP_DATA, then the cache)")
    .option('--label <header>', 'CSV: the column with the classes (default: the last)')
    .addOption(picturesOption());
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

/** What another program's model file leaves open (src/format/description.ts). */
export function addDescriptionOptions(command: Command): Command {
  return command
    .option('--classes <names>', "names of the classes, with commas between (default: the file's, or numbers)")
    .option('--features <names>', "names of the inputs (default: the file's, or none)")
    .option('--image <rows>x<columns>', "the inputs are a picture's pixels, from 0 to 1 (default: what the file says)")
    .option('--pictures <fit>', 'how a PNG becomes one: centred, as digits are, or, of its very size, as-is')
    .option('--scaling <kind>', 'bytes: the inputs are pixels, from 0 to 1; identity: numbers as they are')
    .option('--mean <numbers>', 'what was taken away from the inputs in training, one number for each or for all')
    .option('--std <numbers>', 'what they were divided by then');
}

/** Examples of a group's commands: all of them in its own help, and in that of each those that are its own. Called last. */
export function addGroupExamples(group: Command, text: string): void {
  group.addHelpText('after', text);
  const lines = text.split('\n');
  for (const command of group.commands) {
    const own = lines.filter((line) => line.startsWith(`  $ edge-mlp ${group.name()} ${command.name()} `));
    command.addHelpText('after', ['', 'Examples:', ...own].join('\n'));
  }
}
