/** A data set for the jobs of a service, in pieces. */
import type { Command } from 'commander';
import type { Client } from '../../src/client/index.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { type Dataset, type PictureFit, sampleCount, slice, splitShuffled } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { csvPieces } from '../../src/data/csv-pieces.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { type DataSource, isCsv, loadSource, readText } from '../data/source.ts';
import { fileName } from '../options.ts';
import { asked, remoteClient } from '../remote.ts';
import { integer } from '../report/numbers.ts';
import { addDataOptions } from '../shared-options.ts';
import { note, printJson, progressBar } from '../terminal.ts';

const EXAMPLES = `
The token is taken from $EDGE_MLP_TOKEN, or from --token; it needs the scope train.

Examples:
  $ edge-mlp data push --remote http://localhost:8787 --data mnist
  $ edge-mlp data push --remote http://localhost:8787 --data ./letters --name letters
  $ edge-mlp data push --remote http://localhost:8787 --data flowers.csv --label kind`;

/** What the service takes at a time, with room for the headers of IDX. */
const PICTURES_BYTES = 8 * 2 ** 20 - 1024;
/** A piece of a table is parsed in one go: this many bytes take about as long as a slice of training. */
const ROWS_BYTES = 2 * 2 ** 20;

interface PushOptions {
  readonly remote: string;
  readonly token?: string;
  readonly data?: string;
  readonly dataDir?: string;
  readonly label?: string;
  readonly pictures?: PictureFit;
  readonly name?: string;
  readonly json?: boolean;
}

/** One upload, of so many samples. */
interface Piece {
  readonly part: 'training' | 'test';
  readonly samples: number;
  /** As number `index` of its part. */
  readonly send: (client: Client, set: string, index: number) => Promise<void>;
}

export function addPushCommand(data: Command): void {
  const command = data.command('push').description('upload pictures or a CSV file to a service, for its jobs');
  addDataOptions(command)
    .requiredOption('--remote <url>', 'address of the service')
    .option('--token <token>', 'default: $EDGE_MLP_TOKEN')
    .option('--name <name>', "its name there (default: mnist, or the folder's or the file's without .csv)", fileName)
    .option('--json', 'print what is there as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((options: PushOptions) => push(options));
}

async function push({
  remote,
  token,
  data = 'mnist',
  dataDir,
  label,
  pictures,
  name,
  json,
}: PushOptions): Promise<void> {
  const client = remoteClient(remote, token);
  // A CSV file is read whole first: what is wrong in it is told by its own lines, before anything is sent.
  const source = await loadSource({ data, dataDir, label, pictures, seed: 1 });
  const called = name ?? chooseName(source);
  const pieces = isCsv(data) ? await tablePieces(data, label) : picturePieces(inOrder(source));
  const counts = { training: 0, test: 0 };
  const total = sampleCount(source.training) + (source.test === undefined ? 0 : sampleCount(source.test));
  const bar = progressBar(total, '{bar} {percentage} % · {value} of {total} samples · {eta_formatted} left');
  let done = 0;
  try {
    for (const { part, samples, send } of pieces) {
      await asked(client, () => send(client, called, counts[part]));
      counts[part]++;
      done += samples;
      bar.update(done);
    }
  } finally {
    bar.stop();
  }
  const info = await asked(client, () =>
    client.datasets.finish(called, counts, isCsv(data) ? {} : describeSource(source)),
  );
  if (json) return printJson(info);
  const tested = info.test === null ? '' : `, ${integer(info.test.samples)} for testing`;
  note(
    `data     ${info.name}: ${integer(info.training.samples)} samples for training${tested}, in ${counts.training + counts.test} pieces`,
  );
}

/**
 * Jobs hold out the last pictures of a set. Of one that lies in some order those are drawn first, with the seed that jobs and
 * `train` have by default: then both hold out the same.
 */
function inOrder(source: DataSource): DataSource {
  if (!source.shuffledSplit) return source;
  return { ...source, training: splitShuffled(source.training, 0, TRAINING_DEFAULTS.seed).training };
}

/** What labels and pixels alone do not say. */
function describeSource({ training: { classes, pictures } }: DataSource) {
  const numbered = classes.every((name, label) => name === String(label));
  return { ...(numbered ? {} : { classNames: classes }), ...(pictures === undefined ? {} : { pictures }) };
}

/** Of the folder or the file, without what says that it is CSV. */
function chooseName({ name }: DataSource): string {
  const last = name.split(/[/\\]/).findLast((part) => part !== '') ?? 'data';
  return isCsv(name) ? last.replace(/\.[ct]sv(\.gz)?$/i, '') : last;
}

async function tablePieces(path: string, label: string | undefined): Promise<Piece[]> {
  const pieces = csvPieces(await readText(path), { name: path, bytes: ROWS_BYTES });
  return pieces.map(({ samples, bytes }) => ({
    ...{ part: 'training', samples },
    send: (client, set, index) => client.datasets.uploadRows(set, index, bytes, { label }),
  }));
}

function* picturePieces({ training, test }: DataSource): Generator<Piece> {
  const parts = { training, test };
  for (const part of ['training', 'test'] as const) {
    for (const pictures of stretches(parts[part])) {
      const samples = sampleCount(pictures);
      const send = (client: Client, set: string, index: number) =>
        client.datasets.uploadPiece(set, part, index, pictureBytes(pictures));
      yield { part, samples, send };
    }
  }
}

/** Views of so many samples as make a piece. Throws `bad-argument` for what is no set of pictures. */
function* stretches(dataset: Dataset | undefined): Generator<Dataset> {
  if (dataset === undefined) return;
  if (!(dataset.inputs instanceof Uint8Array) || dataset.imageShape === undefined || dataset.classes.length > 256) {
    throw new EdgeMlpError(
      'bad-argument',
      `--data: expected pictures of bytes in up to 256 classes, or a .csv file, got ${dataset.name}`,
    );
  }
  const size = Math.max(1, Math.floor(PICTURES_BYTES / (dataset.columns + 1)));
  for (let from = 0; from < sampleCount(dataset); from += size) {
    yield slice(dataset, from, Math.min(sampleCount(dataset), from + size));
  }
}

function pictureBytes({ inputs, labels, imageShape = [1, 1] }: Dataset): Uint8Array<ArrayBuffer> {
  const answers = formatIdx({ shape: [labels.length], data: Uint8Array.from(labels) });
  const images = formatIdx({ shape: [labels.length, ...imageShape], data: Uint8Array.from(inputs) });
  return concatBytes([answers, images]);
}
