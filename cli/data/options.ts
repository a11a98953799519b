/** Command-line options that select and describe a data set. */
import { type Command, Option } from 'commander';
import { PICTURE_FITS } from '../../src/core/dataset.ts';
import { SCALINGS } from '../../src/data/parts.ts';
import { DATA_FILES, DATA_NAMES } from './source.ts';
import { addTableOptions, TABLE_GROUP } from './table-options.ts';

export function addDataOptions(command: Command, defaultData = 'mnist, or digits if MNIST is not available'): Command {
  const pictures =
    'PNG: as-is keeps the grey levels of images of equal size; centred crops, scales and centres the drawing, as in MNIST (default: as-is)';
  command
    .optionsGroup('Data:')
    .option('--data <name>', `data set: ${DATA_NAMES}; or ${DATA_FILES} (default: ${defaultData})`)
    .option('--data-dir <folder>', 'folder with the files of a named set (default: $EDGE_MLP_DATA, then the cache)')
    .addOption(new Option('--pictures <conversion>', pictures).choices(PICTURE_FITS));
  return addTableOptions(command);
}

export function scalingOption(): Option {
  const text = 'CSV: standard scales every feature to mean 0 and standard deviation 1; none keeps the numbers';
  return new Option('--scaling <kind>', text).choices(SCALINGS).default('standard').helpGroup(TABLE_GROUP);
}
