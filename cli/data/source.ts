/** From --data to data sets. */
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import {
  type Dataset,
  type InputScaling,
  type PictureFit,
  sampleCount,
  splitShuffled,
  splitTail,
} from '../../src/core/dataset.ts';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { csvDataset } from '../../src/data/csv-table.ts';
import { decodeText, gunzipIfNeeded } from '../../src/data/decode.ts';
import { GENERATED_NAMES, type GeneratedName, generatedSets } from '../../src/data/generated.ts';
import { idxDataset, parseIdx } from '../../src/data/idx.ts';
import { takesPictures } from '../../src/data/image.ts';
import { type Scaling, trainingParts, withClasses } from '../../src/data/parts.ts';
import { applyScaling } from '../../src/data/scaling.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { exists, readBytes } from '../files.ts';
import { withFingerprint } from '../hash.ts';
import { DATA_FILES, DATA_NAMES } from '../shared-options.ts';
import { type Bar, bytesText, note, progressBar } from '../terminal.ts';
import type { DownloadProgress } from './idx-sets/fetch.ts';
import { findFile } from './idx-sets/find.ts';
import { loadIdxSet, type TrainAndTest } from './idx-sets/load.ts';
import { findIdxSet, IDX_NAMES, IDX_SET_NAMES, type IdxSet } from './idx-sets/table.ts';
import { hasFolders, loadPngFolder, type PngFolderOptions } from './png-folder.ts';

export interface DataOptions {
  /** A set's name, a folder of IDX or PNG files, or a CSV file; undefined: mnist, or digits where it cannot be had. */
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  /** Of generated sets and random splits. */
  readonly seed: number;
  /** Header of a CSV file's labels. */
  readonly label?: string | undefined;
  readonly scaling?: Scaling | InputScaling | undefined;
  /** How a folder's PNG files become samples. */
  readonly pictures?: PictureFit | undefined;
}

/** What a name stands for. */
export interface DataSource {
  /** As it can be given again with --data. */
  readonly name: string;
  readonly training: Dataset;
  /** Absent where the source has no samples of its own for testing. */
  readonly test?: Dataset | undefined;
  /** Where the samples may lie in some order, validation samples are drawn at random; else the last are taken. */
  readonly shuffledSplit: boolean;
  /** Where there are no samples for testing, a model is measured on all. */
  readonly whole?: boolean;
}

/** Reads or generates what --data names. Throws `data-missing`, `bad-data`, `file` or `bad-argument`. */
export async function loadSource(options: DataOptions): Promise<DataSource> {
  const { data, dataDir, seed } = options;
  if (data === undefined) return mnistOrDigits(options);
  const set = findIdxSet(data);
  if (set !== undefined) return { name: data, ...(await loadWithProgress(set, dataDir)), shuffledSplit: false };
  if (data === 'digits' || data === 'ellipse') return generatedSource(data, seed);
  if (!(await exists(data))) {
    throw new EdgeMlpError(
      'bad-argument',
      `--data: expected ${DATA_NAMES}; or ${DATA_FILES}, got ${data}${hint(data)}`,
    );
  }
  if ((await stat(data)).isDirectory()) return folderSource(data, options);
  if (isCsv(data)) return csvSource(data, options);
  throw new EdgeMlpError('bad-argument', `--data: expected ${DATA_FILES}, got ${data}`);
}

/** Training and validation parts, standardised for a CSV file, with their fingerprints. */
export function splitSource(
  source: DataSource,
  options: DataOptions & { readonly validation: number },
): { training: Dataset; validation?: Dataset | undefined; test?: Dataset | undefined } {
  const { validation, seed, scaling } = options;
  const { shuffledSplit, test } = source;
  const parts = trainingParts(source.training, { validation, seed, shuffledSplit, scaling });
  return {
    training: withFingerprint(parts.training),
    validation: parts.validation,
    test: test === undefined ? undefined : applyScaling(test, parts.training.scaling),
  };
}

/** Samples to measure a model on, and which of the data set's they are. */
export interface Measured {
  readonly dataset: Dataset;
  readonly part: 'test' | 'training' | 'all';
}

/** What to measure a model on; what is not given is the model's own. */
export interface MeasureOptions {
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly label?: string | undefined;
  readonly pictures?: PictureFit | undefined;
  readonly part?: 'test' | 'training' | undefined;
  /** Of generated data. */
  readonly seed?: number | undefined;
}

/**
 * A data set for a trained model, scaled as the model wants it; a CSV file is taken whole, by the model's classes and
 * features. Without a name it is the one that the model was trained on, by its fingerprint. Throws what `loadSource` does.
 */
export async function loadForModel(info: ModelInfo, options: MeasureOptions): Promise<Measured> {
  const { provenance } = info;
  const data = options.data ?? provenance?.dataset.name;
  if (data === undefined)
    throw new EdgeMlpError('bad-argument', '--data: expected one, as the model names none of its own');
  if (options.data === undefined) await checkThere(data, 'the model was trained on');
  const source = await sourceForModel(data, info, options);
  if (options.data === undefined && options.seed === undefined) checkOrigin(source, info);
  const part = source.whole && source.test === undefined ? (options.part ?? 'all') : (options.part ?? 'test');
  const dataset = part === 'test' ? source.test : source.training;
  if (dataset === undefined) {
    throw new EdgeMlpError('bad-argument', `--part: ${source.name} has no test samples, expected --part training`);
  }
  return { dataset: applyScaling(withClasses(dataset, info.classes), info.scaling), part };
}

/** What a network is trained on that has learnt before: by its classes and its features. Throws what `loadSource` does. */
export async function loadToTrainOn(info: ModelInfo, { data, ...options }: DataOptions): Promise<DataSource> {
  const source = data === undefined ? await loadSource(options) : await sourceForModel(data, info, options);
  const inputs = inputSize(info.spec);
  if (source.training.columns !== inputs) {
    const got = source.training.columns;
    throw new EdgeMlpError('bad-data', `${source.name}: expected ${inputs} inputs, as the model has, got ${got}`);
  }
  const { training, test } = source;
  return {
    ...source,
    training: withClasses(training, info.classes),
    test: test === undefined ? undefined : withClasses(test, info.classes),
  };
}

async function sourceForModel(data: string, info: ModelInfo, options: MeasureOptions): Promise<DataSource> {
  const { classes, features, labelName, provenance } = info;
  if (await isPngFolder(data)) return pngSource(data, { classes, ...pictureModel(info, data, options.pictures) });
  if (!isCsv(data)) return loadSource({ ...options, data, seed: options.seed ?? provenance?.training.seed ?? 1 });
  if (options.part !== undefined) {
    throw new EdgeMlpError(
      'bad-argument',
      `--part: expected none, as the CSV file ${data} is taken whole, got ${options.part}`,
    );
  }
  const training = await loadCsv(data, { label: options.label ?? labelName, classes, features });
  return { name: data, training, shuffledSplit: true, whole: true };
}

/** A model's own way with pictures. Throws `bad-argument` where another one was asked for, or it takes none. */
function pictureModel(info: ModelInfo, data: string, asked: PictureFit | undefined): PngFolderOptions {
  const { imageShape, pictures = 'centred' } = info;
  if (!takesPictures(info)) {
    throw new EdgeMlpError('bad-argument', `--data: expected numbers, as the model takes no pictures, got ${data}`);
  }
  if (asked === undefined || asked === pictures) return { imageShape, pictures };
  throw new EdgeMlpError('bad-argument', `--pictures: expected ${pictures}, as the model was trained, got ${asked}`);
}

/** A data set that a file names must still be there. Throws `data-missing`. */
export async function checkThere(data: string, whose: string): Promise<void> {
  if (isBuiltIn(data) || (await exists(data))) return;
  throw new EdgeMlpError('data-missing', `${data}, which ${whose}, was not found: name its place with --data`);
}

/** Splits as the training did: its samples have the fingerprint that the model keeps, or others have taken their place. */
function checkOrigin(
  { name, training: all, shuffledSplit }: DataSource,
  { provenance, scaling, classes }: ModelInfo,
): void {
  if (provenance === undefined || provenance.dataset.sha256 === null) return;
  const training = withClasses(all, classes);
  const held = sampleCount(training) - provenance.dataset.samples;
  if (held >= 0) {
    const split = shuffledSplit ? splitShuffled(training, held, provenance.training.seed) : splitTail(training, held);
    if (withFingerprint(applyScaling(split.training, scaling)).sha256 === provenance.dataset.sha256) return;
  }
  throw new EdgeMlpError(
    'bad-data',
    `${name}: expected the data that the model was trained on, found others; name some with --data`,
  );
}

const BUILT_IN: readonly string[] = [...IDX_SET_NAMES, ...GENERATED_NAMES];

function isBuiltIn(data: string): boolean {
  return BUILT_IN.includes(data);
}

interface CsvSourceOptions {
  readonly label?: string | undefined;
  readonly classes?: readonly string[] | undefined;
  readonly features?: readonly string[] | undefined;
}

async function loadCsv(path: string, { label, classes, features }: CsvSourceOptions): Promise<Dataset> {
  return csvDataset(await readText(path), {
    name: path,
    ...(label === undefined ? {} : { labelColumn: label }),
    ...(classes === undefined ? {} : { classes }),
    ...(features === undefined ? {} : { features }),
  });
}

/** The text of a file, plain or .gz. Throws `file` or `bad-data`. */
export async function readText(path: string): Promise<string> {
  return decodeText(await gunzipIfNeeded(await readBytes(path), path), path);
}

export function isCsv(path: string): boolean {
  return ['.csv', '.tsv'].includes(extname(path.replace(/\.gz$/, '')).toLowerCase());
}

async function mnistOrDigits(options: DataOptions): Promise<DataSource> {
  try {
    return await loadSource({ ...options, data: 'mnist' });
  } catch (error) {
    if (!(error instanceof EdgeMlpError && error.code === 'data-missing')) throw error;
    note(errorMessage(error));
    note('Going on with digits, the generated set. Its figures say nothing about MNIST.\n');
    return generatedSource('digits', options.seed);
  }
}

/** Which known set somebody may have meant. */
export function hint(data: string): string {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '');
  const asked = plain(data);
  const meant = IDX_SET_NAMES.filter((name) => asked.length > 3 && plain(name).startsWith(asked));
  const [first, ...others] = asked === 'kuzushiji' ? ['kmnist'] : meant;
  if (first === undefined) return '';
  return others.length === 0 ? `: is ${first} meant?` : `: there are ${meant.join(', ')}`;
}

async function loadWithProgress(set: IdxSet, dataDir: string | undefined): Promise<TrainAndTest> {
  const { onProgress, stop } = downloadBars();
  try {
    return await loadIdxSet(set, { dataDir, onProgress });
  } finally {
    stop();
  }
}

/** A bar for each file that is downloaded. */
export function downloadBars(): {
  onProgress: (progress: DownloadProgress) => void;
  stop: () => void;
} {
  let current: { file: string; bar: Bar } | undefined;
  return {
    onProgress({ file, bytes, totalBytes }) {
      if (current?.file !== file) {
        current?.bar.stop();
        if (!process.stderr.isTTY) note(`downloading ${file}`);
        current = {
          file,
          bar: progressBar(totalBytes ?? bytes, `${file} {bar} {percentage} % {size} {eta_formatted} left`),
        };
      }
      current.bar.update(bytes, { size: bytesText(bytes) });
    },
    stop: () => current?.bar.stop(),
  };
}

function generatedSource(name: GeneratedName, seed: number): DataSource {
  return { name, ...generatedSets(name, seed), shuffledSplit: false };
}

/** A folder with files named as MNIST's, whose test files may be absent; or with PNG files. */
async function folderSource(folder: string, { pictures }: DataOptions): Promise<DataSource> {
  if (await isPngFolder(folder)) return pngSource(folder, { pictures });
  const { trainImages, trainLabels, testImages, testLabels } = IDX_NAMES;
  const training = await idxPair(folder, { images: trainImages, labels: trainLabels });
  if (training === undefined) {
    throw new EdgeMlpError(
      'data-missing',
      `${folder}: expected ${trainImages} and ${trainLabels}, plain or .gz, or a folder of PNG files for each class, found neither`,
    );
  }
  const { classes } = training;
  const test = await idxPair(folder, { images: testImages, labels: testLabels, classes });
  return { name: folder, training, test, shuffledSplit: false };
}

/** A folder with sub-folders, and no IDX files beside them. */
async function isPngFolder(path: string): Promise<boolean> {
  if (isBuiltIn(path) || !(await exists(path)) || !(await stat(path)).isDirectory()) return false;
  return (await findFile(path, IDX_NAMES.trainImages)) === undefined && (await hasFolders(path));
}

/** Its samples lie class after class. */
async function pngSource(folder: string, options: PngFolderOptions): Promise<DataSource> {
  let bar: Bar | undefined;
  const onProgress = (done: number, total: number) => {
    bar ??= progressBar(
      total,
      `reading ${folder} {bar} {percentage} % · {value} of {total} pictures · {eta_formatted} left`,
    );
    bar.update(done);
  };
  try {
    return {
      ...{ name: folder, ...(await loadPngFolder(folder, { ...options, onProgress })) },
      ...{ shuffledSplit: true, whole: true },
    };
  } finally {
    bar?.stop();
  }
}

interface IdxPair {
  readonly images: string;
  readonly labels: string;
  readonly classes?: readonly string[];
}

/** A data set of two files in a folder, or undefined where neither is there. */
async function idxPair(folder: string, { images, labels, classes }: IdxPair): Promise<Dataset | undefined> {
  const paths = { images: await findFile(folder, images), labels: await findFile(folder, labels) };
  if (paths.images === undefined && paths.labels === undefined) return undefined;
  const read = async (path: string | undefined, expected: string) => {
    if (path !== undefined) return { name: path, bytes: await gunzipIfNeeded(await readBytes(path), path) };
    throw new EdgeMlpError('data-missing', `${folder}: expected ${expected}, plain or .gz, found none`);
  };
  const files = { images: await read(paths.images, images), labels: await read(paths.labels, labels) };
  return idxDataset({ name: folder, ...files, classes: classes ?? listClasses(files.labels) });
}

/** Classes 0 … the greatest label of the training set. */
function listClasses(labels: { name: string; bytes: Uint8Array<ArrayBuffer> }): string[] {
  const { data } = parseIdx(labels.bytes, labels.name, [1]);
  const greatest = data.reduce((most, label) => Math.max(most, label), 1);
  return Array.from({ length: greatest + 1 }, (_, label) => String(label));
}

async function csvSource(path: string, { label }: DataOptions): Promise<DataSource> {
  return { name: path, training: await loadCsv(path, { label }), shuffledSplit: true, whole: true };
}
