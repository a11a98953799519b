/** `data push`: upload of a data set to a service, in pieces. */
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import { type Client, ClientError, type Part, type RowsOptions } from '../../src/client/index.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import { type Dataset, sampleCount, slice } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { splitShuffled } from '../../src/core/split.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { csvPieces } from '../../src/data/csv-pieces.ts';
import { formatRow } from '../../src/data/csv-rows.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { omitUndefined } from '../../src/format/fields.ts';
import { listColumns } from '../../src/format/metadata.ts';
import { isCsv, readText } from '../data/csv-file.ts';
import { addDataOptions } from '../data/options.ts';
import { type DataSource, loadSource, type ReadOptions } from '../data/source.ts';
import { pickTableFlags, type TableFlags } from '../data/table-options.ts';
import { sha256 } from '../hash.ts';
import { Interrupted, Interruption } from '../interruption.ts';
import { formatCount, integer } from '../numbers.ts';
import { fileName } from '../options.ts';
import { callService, checkRemote, createClient, type RemoteOptions } from '../remote.ts';
import { addRemoteOptions } from '../shared-options.ts';
import { note, printJson, progressBar } from '../terminal.ts';

const EXAMPLES = `
The token needs the scope train. After an interruption, the same command sends only the pieces that the service lacks.

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
  readonly part: Part;
  readonly samples: number;
  readonly format: () => Uint8Array<ArrayBuffer>;
}

interface Upload {
  readonly client: Client;
  /** Name in the service. */
  readonly set: string;
  /** How the service reads the pieces of a table. Undefined for pictures. */
  readonly rows: RowsOptions | undefined;
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
  checkRemote(options.remote);
  const { dataDir, pictures } = options;
  const table = pickTableFlags(options);
  // A CSV file is parsed before the upload, so that errors name its own lines.
  const source = await loadSource({ data, dataDir, ...table, pictures, seed: 1 });
  const set = name ?? chooseName(source);
  const pieces = isCsv(data) ? await tablePieces(source, table) : [...picturePieces(shuffleIfSorted(source))];
  const interruption = new Interruption();
  const client = createClient(options, interruption.abortSignal);
  const upload = { client, set, rows: isCsv(data) ? describeRows(source, table) : undefined };
  const { counts, skipped } = await sendPieces(pieces, upload, countSamples(source));
  const description = isCsv(data) ? {} : describeSource(source);
  const info = await callService(client, () => client.datasets.finish(set, counts, description));
  interruption.stop();
  if (json) return printJson(info);
  const tested = info.test === null ? '' : `, ${integer(info.test.samples)} test samples`;
  const uploaded = `${integer(info.training.samples)} training samples${tested}`;
  const resumed = skipped === 0 ? '' : `, of which the service had ${integer(skipped)}`;
  note(`data     ${info.name}: ${uploaded}, in ${formatCount(counts.training + counts.test, 'piece')}${resumed}`);
}

function countSamples({ training, test }: DataSource): number {
  return sampleCount(training) + (test === undefined ? 0 : sampleCount(test));
}

/**
 * Sends the pieces that the service does not have, in order. Returns the number of pieces of each part, and of those
 * that were not sent. Throws `Interrupted`.
 */
async function sendPieces(pieces: readonly Piece[], upload: Upload, total: number) {
  const known = await listKnown(upload);
  const counts = { training: 0, test: 0 };
  let [done, skipped] = [0, 0];
  const bar = progressBar(total, '{bar} {percentage} % · {value} of {total} samples · {eta_formatted} left');
  try {
    for (const { part, samples, format } of pieces) {
      const bytes = format();
      const number = counts[part]++;
      if (known.get(`${part} ${number}`) === sha256(bytes)) skipped++;
      else await sendPiece(upload, part, number, bytes);
      done += samples;
      bar.update(done);
    }
    return { counts, skipped };
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const kept = `the service has ${integer(done)} of ${integer(total)} samples`;
    throw new Interrupted(`stopped: ${kept}; the same command sends the others`, error.signal);
  } finally {
    bar.stop();
  }
}

/** SHA-256 by part and number, of the pieces of an earlier upload that the service reads in the same way. */
async function listKnown({ client, set, rows }: Upload): Promise<ReadonlyMap<string, string>> {
  const pieces = await callService(client, () =>
    client.datasets.pieces(set).catch((error: unknown) => {
      if (error instanceof ClientError && error.status === 404) return [];
      throw error;
    }),
  );
  // The largest number of categories only refuses tables: it changes no piece.
  const { maxCategories: _, ...reading } = rows ?? {};
  const same = pieces.filter((piece) => isDeepStrictEqual(formatReading(piece), reading));
  return new Map(same.map(({ part, number, sha256 }) => [`${part} ${number}`, sha256]));
}

function sendPiece({ client, set, rows }: Upload, part: Part, number: number, bytes: Uint8Array<ArrayBuffer>) {
  return callService(client, () =>
    rows === undefined
      ? client.datasets.uploadPiece(set, part, number, bytes)
      : client.datasets.uploadRows(set, number, bytes, rows),
  );
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

/** The columns in use, in another dialect: the service needs no further options of reading. */
async function tablePieces(
  { name, training }: DataSource,
  { encoding, delimiter, decimal, header }: TableFlags,
): Promise<Piece[]> {
  const { labelName, targets = [], weightName } = training;
  const features = (listColumns(training) ?? []).map((column) => column.name);
  const outputs = [labelName, ...targets.map((target) => target.name), weightName];
  const keep = [...features, ...outputs.filter((title) => title !== undefined)];
  const options = { name, bytes: ROWS_BYTES, keep, delimiter, decimal, header };
  const pieces = csvPieces(await readText(name, encoding), options);
  return pieces.map(({ samples, bytes }) => ({ part: 'training', samples, format: () => bytes }));
}

/** The columns of texts are named: a piece may have only numbers in them. */
function describeRows({ training }: DataSource, { missing, maxCategories, sampleWeight }: TableFlags): RowsOptions {
  const targets = training.targets?.map(({ name }) => name);
  const texts = (listColumns(training) ?? []).filter(({ kind }) => kind === 'categories').map(({ name }) => name);
  const categories = texts.length === 0 ? undefined : texts;
  const reading = formatReading({
    labelName: training.labelName,
    targets,
    weightName: sampleWeight,
    missing,
    categories,
  });
  return omitUndefined({ ...reading, maxCategories });
}

interface Reading {
  readonly labelName?: string | null | undefined;
  readonly targets?: readonly string[] | undefined;
  readonly weightName?: string | undefined;
  readonly missing?: RowsOptions['missing'] | undefined;
  readonly categories?: readonly string[] | undefined;
}

/** How a piece is read, as options of its upload. */
function formatReading({ labelName, targets, weightName, missing, categories }: Reading): RowsOptions {
  return omitUndefined({
    label: targets === undefined ? (labelName ?? undefined) : undefined,
    target: targets && formatRow(targets, { quoted: true }),
    weight: weightName,
    missing,
    categories: categories && formatRow(categories, { quoted: true }),
  });
}

function* picturePieces({ training, test }: DataSource): Generator<Piece> {
  for (const [part, dataset] of [
    ['training', training],
    ['test', test],
  ] as const) {
    for (const pictures of splitIntoPieces(dataset)) {
      yield { part, samples: sampleCount(pictures), format: () => formatPictures(pictures) };
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
