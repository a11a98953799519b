/** `data`: the group of commands for data sets, with fetch, info and digits. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { suggestName } from '../../src/core/suggestion.ts';
import { digitsDataset, MAX_SAMPLES } from '../../src/data/digits.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { withDownloadBars } from '../data/download.ts';
import { fetchIdxSet } from '../data/idx-sets/load.ts';
import { findIdxSet, IDX_NAMES, IDX_PARTS, IDX_SET_NAMES, IDX_SETS } from '../data/idx-sets/table.ts';
import { checkFolderName, exists, makeFolder, readBytes, writeWhole } from '../files.ts';
import { integer } from '../numbers.ts';
import { fileName, integerReader, seedNumber } from '../options.ts';
import { type RemoteOptions, requestDeletion } from '../remote.ts';
import { addRemoteOptions } from '../shared-options.ts';
import { note, print, printJson } from '../terminal.ts';
import { addInfoCommand } from './data-info.ts';
import { addPushCommand } from './data-push.ts';
import { addShowCommand } from './data-show.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp data fetch fashion-mnist
  $ edge-mlp data info iris.csv
  $ edge-mlp data show --augment elastic
  $ edge-mlp data digits --out more-digits --samples 20000
  $ edge-mlp data push --remote http://localhost:8787 --data iris.csv
  $ edge-mlp data delete --remote http://localhost:8787 iris`;
const FETCH_EXAMPLES = `
EMNIST is not downloaded: see docs/data.md.

Examples:
  $ edge-mlp data fetch
  $ edge-mlp data fetch fashion-mnist
  $ edge-mlp data fetch mnist --data-dir mnist --mirror http://localhost:8000/mnist/`;
const DELETE_EXAMPLES = `
The token needs the scope train.

Examples:
  $ edge-mlp data delete --remote http://localhost:8787 iris`;
const DIGITS_EXAMPLES = `
Examples:
  $ edge-mlp data digits --out more-digits --samples 20000
  $ edge-mlp train --data more-digits`;

const digitCount = integerReader(0, MAX_SAMPLES);
const FETCHABLE = IDX_SETS.filter(({ mirrors }) => mirrors.length > 0).map(({ name }) => name);

export function addDataCommand(program: Command): void {
  const data = program.command('data').description('download, inspect, generate, upload and delete data sets');
  data.addHelpText('after', EXAMPLES);
  data
    .command('fetch')
    .description('download a named set of images and verify its checksums')
    .argument('[name]', `${FETCHABLE.join(', ')} (default: mnist)`)
    .option('--data-dir <folder>', 'destination folder (default: the cache, which other commands search)')
    .option('--mirror <url...>', 'URLs of folders with the files, tried in order (default: public mirrors)')
    .option('--json', 'print folder and files as one JSON object to stdout')
    .addHelpText('after', FETCH_EXAMPLES)
    .action(runFetch);
  addPushCommand(data);
  addRemoteOptions(data.command('delete').description('delete a data set of a service'))
    .argument('<name>', 'name of the data set')
    .addHelpText('after', DELETE_EXAMPLES)
    .action((name: string, options: RemoteOptions) =>
      requestDeletion(name, options, (client) => client.datasets.delete(name)),
    );
  addShowCommand(data);
  addInfoCommand(data);
  data
    .command('digits')
    .description('write generated digits as IDX files with the file names of MNIST')
    .option('--out <folder>', 'destination folder', fileName, 'digits')
    .option('--samples <n>', 'number of training samples', digitCount, 12_000)
    .option('--test-samples <n>', 'number of test samples', digitCount, 2000)
    .option('--seed <n>', 'seed of the digits', seedNumber, 1)
    .option('--json', 'print folder and files as one JSON object to stdout')
    .addHelpText('after', DIGITS_EXAMPLES)
    .action(runDigits);
}

interface FetchOptions {
  readonly dataDir?: string;
  readonly mirror?: string[];
  readonly json?: boolean;
}

async function runFetch(name = 'mnist', { dataDir, mirror, json }: FetchOptions): Promise<void> {
  const set = findIdxSet(name);
  if (set === undefined) {
    const message = `data fetch: expected one of ${FETCHABLE.join(', ')}, got ${name}${suggestName(name, IDX_SET_NAMES)}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const folder = await withDownloadBars((onProgress) =>
    fetchIdxSet(set, { folder: dataDir, mirrors: mirror, onProgress }),
  );
  const files = IDX_PARTS.map((part) => {
    const { name, checksum } = set.files[part];
    return { name, of: checksum.of, [checksum.algorithm]: checksum.hex };
  });
  if (json) printJson({ name: set.name, folder, files });
  else print(`${set.title} is in ${folder}`);
}

interface DigitsCommandOptions {
  readonly out: string;
  readonly samples: number;
  readonly testSamples: number;
  readonly seed: number;
  readonly json?: boolean;
}

async function runDigits({ out, samples, testSamples, seed, json }: DigitsCommandOptions): Promise<void> {
  const { trainImages, trainLabels, testImages, testLabels } = IDX_NAMES;
  const files = formatIdxPair(digitsDataset({ samples, seed }), [join(out, trainImages), join(out, trainLabels)]);
  if (testSamples > 0) {
    const test = digitsDataset({ samples: testSamples, seed, part: 1 });
    files.push(...formatIdxPair(test, [join(out, testImages), join(out, testLabels)]));
  }
  checkFolderName('--out', out);
  await makeFolder(out);
  for (const [path, bytes] of files) await checkReplaceable(path, bytes);
  for (const [path, bytes] of files) await writeWhole(path, bytes);
  const paths = files.map(([path]) => path);
  if (json) return printJson({ folder: out, files: paths, samples, testSamples, seed });
  for (const path of paths) print(path);
  note(`${integer(samples)} training samples, ${integer(testSamples)} test samples`);
}

function formatIdxPair(
  dataset: Dataset,
  [images, labels]: readonly [string, string],
): [string, Uint8Array<ArrayBuffer>][] {
  const shape = [sampleCount(dataset), ...(dataset.imageShape ?? [])];
  return [
    [images, formatIdx({ shape, data: Uint8Array.from(dataset.inputs) })],
    [labels, formatIdx({ shape: [sampleCount(dataset)], data: Uint8Array.from(dataset.labels) })],
  ];
}

/** An existing file may be part of another set with the same file names. Throws EdgeMlpError "file". */
async function checkReplaceable(path: string, bytes: Uint8Array): Promise<void> {
  if (!(await exists(path)) || Buffer.compare(await readBytes(path), bytes) === 0) return;
  throw new EdgeMlpError('file', `${path} already exists with other content: name another folder with --out`);
}
