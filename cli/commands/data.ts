import { join } from 'node:path';
import type { Command } from 'commander';
import { type Dataset, density, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { digitsDataset } from '../../src/data/digits.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { fetchIdxSet } from '../data/idx-sets/load.ts';
import { findIdxSet, IDX_NAMES, IDX_PARTS, IDX_SET_NAMES, type IdxSet } from '../data/idx-sets/table.ts';
import { type DataOptions, downloadBars, hint, loadSource } from '../data/source.ts';
import { exists, makeFolder, readBytes, writeWhole } from '../files.ts';
import { withFingerprint } from '../hash.ts';
import { digitCount, seedNumber } from '../options.ts';
import { integer, percent } from '../report/numbers.ts';
import { addDataOptions } from '../shared-options.ts';
import { bytesText, note, print, printJson } from '../terminal.ts';
import { addPushCommand } from './data-push.ts';
import { addShowCommand } from './data-show.ts';

const EXAMPLES = `
Examples:
  $ edge-mlp data fetch fashion-mnist
  $ edge-mlp data info iris.csv
  $ edge-mlp data show --augment elastic
  $ edge-mlp data digits --out more-digits --samples 20000
  $ edge-mlp data push --remote http://localhost:8787 --data iris.csv`;
const FETCH_EXAMPLES = `
Examples:
  $ edge-mlp data fetch
  $ edge-mlp data fetch fashion-mnist
  $ edge-mlp data fetch emnist-letters --mirror http://localhost:8000/gzip.zip
  $ edge-mlp data fetch mnist --data-dir mnist --mirror http://localhost:8000/mnist/`;
const INFO_EXAMPLES = `
Examples:
  $ edge-mlp data info
  $ edge-mlp data info kmnist
  $ edge-mlp data info iris.csv --json`;
const DIGITS_EXAMPLES = `
Examples:
  $ edge-mlp data digits --out more-digits --samples 20000
  $ edge-mlp train --data more-digits`;

export function addDataCommand(program: Command): void {
  const data = program.command('data').description('fetch, show and make data sets');
  data.addHelpText('after', EXAMPLES);
  data
    .command('fetch')
    .description('download a named set of pictures, checked by its sums')
    .argument('[name]', `${IDX_SET_NAMES.join(', ')} (default: mnist)`)
    .option('--data-dir <folder>', 'where it goes (default: the cache, where train finds it)')
    .option('--mirror <url...>', 'where it comes from (default: public mirrors, in order); a folder or a .zip')
    .option('--json', 'print the folder as one JSON object on stdout')
    .addHelpText('after', FETCH_EXAMPLES)
    .action(runFetch);
  addPushCommand(data);
  addShowCommand(data);
  addDataOptions(data.command('info').description('show what a data set has').argument('[name]', 'as --data has it'))
    .option('--seed <n>', 'of generated data', seedNumber, 1)
    .option('--json', 'print all of it as one JSON object on stdout')
    .addHelpText('after', INFO_EXAMPLES)
    .action(runInfo);
  data
    .command('digits')
    .description('write the generated digits as IDX files, named as those of MNIST')
    .option('--out <folder>', 'where they go', 'digits')
    .option('--samples <n>', 'for training', digitCount, 12_000)
    .option('--test-samples <n>', 'for testing', digitCount, 2000)
    .option('--seed <n>', 'of the digits', seedNumber, 1)
    .option('--json', 'print the files as one JSON object on stdout')
    .addHelpText('after', DIGITS_EXAMPLES)
    .action(runDigits);
}

interface FetchOptions {
  readonly dataDir?: string;
  readonly mirror?: string[];
  readonly json?: boolean;
}

async function runFetch(name: string | undefined, { dataDir, mirror, json }: FetchOptions): Promise<void> {
  const set = fetchable(name ?? 'mnist');
  const { onProgress, stop } = downloadBars();
  try {
    const folder = await fetchIdxSet(set, { folder: dataDir, mirrors: mirror, onProgress });
    const files = IDX_PARTS.map((part) => ({ name: set.files[part].name, ...set.files[part].sum }));
    if (json) printJson({ name: set.name, folder, files });
    else print(`${set.title} is in ${folder}`);
  } finally {
    stop();
  }
}

/** Throws `bad-argument`. */
function fetchable(name: string): IdxSet {
  const set = findIdxSet(name);
  if (set !== undefined) return set;
  throw new EdgeMlpError('bad-argument', `name: expected ${IDX_SET_NAMES.join(', ')}, got ${name}${hint(name)}`);
}

async function runInfo(named: string | undefined, { json, ...given }: DataOptions & { json?: boolean }): Promise<void> {
  const data = named ?? given.data;
  if (named !== undefined && given.data !== undefined && named !== given.data) {
    throw new EdgeMlpError('bad-argument', `--data: expected none beside ${named}, got ${given.data}`);
  }
  const options = { ...given, data };
  const source = await loadSource(options);
  const parts = { training: source.training, ...(source.test === undefined ? {} : { test: source.test }) };
  const facts = Object.fromEntries(
    Object.entries(parts).map(([part, dataset]) => [part, collectFacts(withFingerprint(dataset))]),
  );
  if (json) return printJson({ name: source.name, classes: source.training.classes, ...facts });
  print(`${source.name}: ${source.training.classes.length} classes`);
  for (const [part, { samples, inputs, bytes, nonZero, classes, sha256 }] of Object.entries(facts)) {
    print(`\n${part}`);
    print(
      `  samples   ${integer(samples)} of ${inputs} inputs, ${bytesText(bytes)}, ${percent(nonZero, 1)} of them not zero`,
    );
    print(
      `  classes   ${Object.entries(classes)
        .map(([name, count]) => `${name}: ${integer(count)}`)
        .join(' · ')}`,
    );
    print(`  SHA-256   ${sha256}`);
  }
}

interface Facts {
  readonly samples: number;
  readonly inputs: number;
  readonly bytes: number;
  readonly nonZero: number;
  readonly classes: Record<string, number>;
  readonly sha256: string | undefined;
}

function collectFacts(dataset: Dataset): Facts {
  const counts = new Uint32Array(dataset.classes.length);
  for (const label of dataset.labels) counts[label] = (counts[label] ?? 0) + 1;
  return {
    samples: sampleCount(dataset),
    inputs: dataset.columns,
    bytes: dataset.inputs.byteLength,
    nonZero: density(dataset),
    classes: Object.fromEntries(dataset.classes.map((name, label) => [name, counts[label] ?? 0])),
    sha256: dataset.sha256,
  };
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
  const test = testSamples === 0 ? undefined : digitsDataset({ samples: testSamples, seed, part: 1 });
  const files = new Map([
    ...idxFiles(digitsDataset({ samples, seed }), [trainImages, trainLabels]),
    ...(test === undefined ? [] : idxFiles(test, [testImages, testLabels])),
  ]);
  await makeFolder(out);
  const paths = new Map([...files].map(([name, bytes]) => [join(out, name), bytes]));
  for (const [path, bytes] of paths) await checkNotOthers(path, bytes);
  for (const [path, bytes] of paths) await writeWhole(path, bytes);
  if (json) return printJson({ folder: out, files: [...paths.keys()], samples, testSamples, seed });
  for (const path of paths.keys()) print(path);
  note(`${integer(samples)} digits for training, ${integer(testSamples)} for testing`);
}

function idxFiles(dataset: Dataset, [images, labels]: readonly [string, string]): [string, Uint8Array<ArrayBuffer>][] {
  const shape = [sampleCount(dataset), ...(dataset.imageShape ?? [])];
  return [
    [images, formatIdx({ shape, data: Uint8Array.from(dataset.inputs) })],
    [labels, formatIdx({ shape: [sampleCount(dataset)], data: Uint8Array.from(dataset.labels) })],
  ];
}

/** All sets have the same names of files: this may be one that cannot be had again. Throws `file`. */
async function checkNotOthers(path: string, bytes: Uint8Array): Promise<void> {
  if (!(await exists(path)) || Buffer.compare(await readBytes(path), bytes) === 0) return;
  throw new EdgeMlpError(
    'file',
    `${path}: expected these very digits or no file, got another one: name another folder`,
  );
}
