/** `data push`: upload of a data set to a service, in pieces. */
import type { Command } from 'commander';
import type { Client } from '../../src/client/index.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { type Dataset, sampleCount, slice, splitShuffled } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { csvPieces } from '../../src/data/csv-pieces.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { isCsv, readText } from '../data/csv-file.ts';
import { addDataOptions } from '../data/options.ts';
import { type DataSource, loadSource, type ReadOptions } from '../data/source.ts';
import { formatCount, integer } from '../numbers.ts';
import { fileName } from '../options.ts';
import { createClient, type RemoteOptions, retryService } from '../remote.ts';
import { addRemoteOptions } from '../shared-options.ts';
import { note, printJson, progressBar } from '../terminal.ts';

const EXAMPLES = `
The token needs the scope train.

Examples:
  $ edge-mlp data push --remote http://localhost:8787 --data mnist
  $ edge-mlp data push --remote http://localhost:8787 --data ./letters --name letters
  $ edge-mlp data push --remote http://localhost:8787 --data flowers.csv --label kind`;

/** The service accepts 8 MiB in one request; 1 KiB is reserved for the IDX headers. */
const PICTURES_BYTES = 8 * 2 ** 20 - 1024;
/** The service parses a piece of a table at once; this size takes about as long as a slice of training. */
const ROWS_BYTES = 2 * 2 ** 20;

interface PushOptions extends RemoteOptions, ReadOptions {
  readonly data?: string;
  readonly name?: string;
}

interface Piece {
  readonly part: 'training' | 'test';
  readonly samples: number;
  /** `index` numbers the pieces of a part. */
  readonly send: (client: Client, set: string, index: number) => Promise<void>;
}

export function addPushCommand(data: Command): void {
  const command = data.command('push').description('upload images or a CSV file to a service for training jobs');
  addRemoteOptions(addDataOptions(command, 'mnist'))
    .option(
      '--name <name>',
      "name in the service (default: the set's name, or the folder or file without .csv)",
      fileName,
    )
    .addHelpText('after', EXAMPLES)
    .action(runPush);
}

async function runPush({ data = 'mnist', name, json, ...options }: PushOptions): Promise<void> {
  const client = createClient(options);
  const { dataDir, label, pictures } = options;
  // A CSV file is parsed before the upload, so that errors name its own lines.
  const source = await loadSource({ data, dataDir, label, pictures, seed: 1 });
  const set = name ?? chooseName(source);
  const pieces = isCsv(data) ? await tablePieces(data, label) : picturePieces(shuffleIfSorted(source));
  const counts = { training: 0, test: 0 };
  const total = sampleCount(source.training) + (source.test === undefined ? 0 : sampleCount(source.test));
  const bar = progressBar(total, '{bar} {percentage} % · {value} of {total} samples · {eta_formatted} left');
  let done = 0;
  try {
    for (const { part, samples, send } of pieces) {
      await retryService(client, () => send(client, set, counts[part]));
      counts[part]++;
      done += samples;
      bar.update(done);
    }
  } finally {
    bar.stop();
  }
  const description = isCsv(data) ? {} : describeSource(source);
  const info = await retryService(client, () => client.datasets.finish(set, counts, description));
  if (json) return printJson(info);
  const tested = info.test === null ? '' : `, ${integer(info.test.samples)} test samples`;
  const uploaded = `${integer(info.training.samples)} training samples${tested}`;
  note(`data     ${info.name}: ${uploaded}, in ${formatCount(counts.training + counts.test, 'piece')}`);
}

/**
 * Jobs hold out the last samples of a set. A sorted set is shuffled with the default seed, so that jobs and `train`
 * hold out the same samples.
 */
function shuffleIfSorted(source: DataSource): DataSource {
  if (!source.shuffledSplit) return source;
  return { ...source, training: splitShuffled(source.training, 0, TRAINING_DEFAULTS.seed).training };
}

/** Facts that labels and pixels do not contain. */
function describeSource({ training: { classes, pictures } }: DataSource) {
  const numbered = classes.every((name, label) => name === String(label));
  return { ...(numbered ? {} : { classNames: classes }), ...(pictures === undefined ? {} : { pictures }) };
}

function chooseName({ name }: DataSource): string {
  const last = name.split(/[/\\]/).findLast((part) => part !== '') ?? 'data';
  return isCsv(name) ? last.replace(/\.[ct]sv(\.gz)?$/i, '') : last;
}

async function tablePieces(path: string, label: string | undefined): Promise<Piece[]> {
  const pieces = csvPieces(await readText(path), { name: path, bytes: ROWS_BYTES });
  return pieces.map(({ samples, bytes }) => ({
    part: 'training',
    samples,
    send: (client, set, index) => client.datasets.uploadRows(set, index, bytes, { label }),
  }));
}

function* picturePieces({ training, test }: DataSource): Generator<Piece> {
  for (const [part, dataset] of [
    ['training', training],
    ['test', test],
  ] as const) {
    for (const pictures of splitIntoPieces(dataset)) {
      const samples = sampleCount(pictures);
      const send = (client: Client, set: string, index: number) =>
        client.datasets.uploadPiece(set, part, index, formatPictures(pictures));
      yield { part, samples, send };
    }
  }
}

/** Views of the samples. Throws EdgeMlpError "bad-argument" for data that are not images. */
function* splitIntoPieces(dataset: Dataset | undefined): Generator<Dataset> {
  if (dataset === undefined) return;
  if (!(dataset.inputs instanceof Uint8Array) || dataset.imageShape === undefined || dataset.classes.length > 256) {
    const message = `--data: expected images in up to 256 classes, or a .csv file, got ${dataset.name}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const size = Math.max(1, Math.floor(PICTURES_BYTES / (dataset.columns + 1)));
  for (let from = 0; from < sampleCount(dataset); from += size) {
    yield slice(dataset, from, Math.min(sampleCount(dataset), from + size));
  }
}

/** An IDX file of labels, then one of images. */
function formatPictures({ inputs, labels, imageShape = [1, 1] }: Dataset): Uint8Array<ArrayBuffer> {
  return concatBytes([
    formatIdx({ shape: [labels.length], data: Uint8Array.from(labels) }),
    formatIdx({ shape: [labels.length, ...imageShape], data: Uint8Array.from(inputs) }),
  ]);
}
