/** From --data to data sets. */
import { stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { type Dataset, type InputScaling, sampleCount, splitShuffled, splitTail } from '../core/dataset.ts';
import { EdgeMlpError, messageOf } from '../core/errors.ts';
import { csvDataset } from '../data/csv.ts';
import { digitsDataset } from '../data/digits.ts';
import { ellipseDataset } from '../data/ellipse.ts';
import { gunzipIfNeeded } from '../data/gzip.ts';
import { idxDataset, parseIdx } from '../data/idx.ts';
import { applyScaling, fitStandardScaling } from '../data/scaling.ts';
import type { ModelInfo } from '../format/model-file.ts';
import { exists, readBytes } from '../node/files.ts';
import { withFingerprint } from '../node/hash.ts';
import { findFile, loadMnist, MNIST_FILES } from '../node/mnist.ts';
import { type Bar, bytesText, note, progressBar } from './terminal.ts';

export interface DataOptions {
  /** mnist, digits, ellipse, a folder of IDX files, or a CSV file; undefined: mnist, or digits where it cannot be had. */
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  /** Of generated sets and random splits. */
  readonly seed: number;
  /** Header of a CSV file's labels. */
  readonly label?: string | undefined;
  readonly scaling?: 'standard' | 'none' | undefined;
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
}

/** Sizes of the generated sets. */
const DIGITS_SAMPLES = { training: 12_000, test: 2000 };
const ELLIPSE_SAMPLES = { training: 4000, test: 1000 };

/** Reads or generates what --data names. Throws `data-missing`, `bad-data`, `file` or `bad-argument`. */
export async function loadSource(options: DataOptions): Promise<DataSource> {
  const { data, dataDir, seed } = options;
  if (data === undefined) return mnistOrDigits(options);
  if (data === 'mnist') return { name: 'mnist', ...(await loadMnistWithProgress(dataDir)), shuffledSplit: false };
  if (data === 'digits') return digitsSource(seed);
  if (data === 'ellipse') return ellipseSource(seed);
  if (!(await exists(data))) {
    throw new EdgeMlpError(
      'bad-argument',
      `--data: expected mnist, digits, ellipse, a folder of IDX files or a CSV file, got ${data}`,
    );
  }
  if ((await stat(data)).isDirectory()) return folderSource(data);
  if (isCsv(data)) return csvSource(data, options);
  throw new EdgeMlpError('bad-argument', `--data: expected a folder of IDX files or a .csv file, got ${data}`);
}

/** Training and validation parts, standardised for a CSV file, with their fingerprints. */
export function splitSource(
  source: DataSource,
  options: DataOptions & { readonly validation: number },
): { training: Dataset; validation?: Dataset | undefined; test?: Dataset | undefined } {
  const { validation, seed } = options;
  const split = source.shuffledSplit
    ? splitShuffled(source.training, validation, seed)
    : splitTail(source.training, validation);
  const scaling = scalingFor(split.training, options);
  const scale = (dataset: Dataset) => applyScaling(dataset, scaling);
  return {
    training: withFingerprint(scale(split.training)),
    validation: validation > 0 ? scale(split.validation) : undefined,
    test: source.test === undefined ? undefined : scale(source.test),
  };
}

/** Validation samples where none were asked for: the assignment's 5,000, or a tenth of a smaller set. */
export function defaultValidation(source: DataSource): number {
  return Math.min(5000, Math.floor(sampleCount(source.training) / 10));
}

/** A data set to measure a model on, scaled as the model wants it. A CSV file is taken whole, with the model's classes. */
export async function loadForModel(
  info: ModelInfo,
  options: DataOptions & { readonly data: string; readonly part: 'test' | 'training' },
): Promise<Dataset> {
  if (isCsv(options.data)) {
    return applyScaling(await loadCsv(options.data, { label: options.label, classes: info.classes }), info.scaling);
  }
  const source = await loadSource(options);
  const dataset = options.part === 'test' ? source.test : source.training;
  if (dataset !== undefined) return applyScaling(dataset, info.scaling);
  throw new EdgeMlpError('bad-argument', `--part: ${source.name} has no test samples, expected --part training`);
}

async function loadCsv(
  path: string,
  options: { readonly label?: string | undefined; readonly classes?: readonly string[] },
): Promise<Dataset> {
  const text = new TextDecoder().decode(await gunzipIfNeeded(await readBytes(path), path));
  return csvDataset(text, {
    name: path,
    ...(options.label === undefined ? {} : { labelColumn: options.label }),
    ...(options.classes === undefined ? {} : { classes: options.classes }),
  });
}

function isCsv(path: string): boolean {
  return ['.csv', '.tsv'].includes(extname(path.replace(/\.gz$/, '')).toLowerCase());
}

function scalingFor(training: Dataset, { scaling = 'standard' }: DataOptions): InputScaling {
  if (training.scaling.kind === 'bytes' || training.name === 'ellipse' || scaling === 'none') return training.scaling;
  return fitStandardScaling(training);
}

async function mnistOrDigits(options: DataOptions): Promise<DataSource> {
  try {
    return await loadSource({ ...options, data: 'mnist' });
  } catch (error) {
    if (!(error instanceof EdgeMlpError && error.code === 'data-missing')) throw error;
    note(messageOf(error));
    note('Going on with digits, the generated set. Its figures say nothing about MNIST.\n');
    return digitsSource(options.seed);
  }
}

async function loadMnistWithProgress(dataDir: string | undefined): Promise<{ training: Dataset; test: Dataset }> {
  const { onProgress, stop } = downloadBars();
  try {
    return await loadMnist({ dataDir, onProgress });
  } finally {
    stop();
  }
}

/** A bar for each file that is downloaded. */
export function downloadBars(): {
  onProgress: (progress: { file: string; bytes: number; totalBytes: number | undefined }) => void;
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

function digitsSource(seed: number): DataSource {
  return {
    name: 'digits',
    training: digitsDataset({ samples: DIGITS_SAMPLES.training, seed }),
    test: digitsDataset({ samples: DIGITS_SAMPLES.test, seed, part: 1 }),
    shuffledSplit: false,
  };
}

function ellipseSource(seed: number): DataSource {
  return {
    name: 'ellipse',
    training: ellipseDataset({ samples: ELLIPSE_SAMPLES.training, seed }),
    test: ellipseDataset({ samples: ELLIPSE_SAMPLES.test, seed, part: 1 }),
    shuffledSplit: false,
  };
}

/** A folder with files named as MNIST's; its test files may be absent. */
async function folderSource(folder: string): Promise<DataSource> {
  const name = basename(resolve(folder));
  const training = await idxPair(folder, name, MNIST_FILES.trainImages.name, MNIST_FILES.trainLabels.name);
  if (training === undefined) {
    throw new EdgeMlpError(
      'data-missing',
      `${folder}: expected ${MNIST_FILES.trainImages.name} and ${MNIST_FILES.trainLabels.name}, plain or .gz, found neither`,
    );
  }
  const test = await idxPair(folder, name, MNIST_FILES.testImages.name, MNIST_FILES.testLabels.name, training.classes);
  return { name: folder, training, test, shuffledSplit: false };
}

async function idxPair(
  folder: string,
  name: string,
  imagesName: string,
  labelsName: string,
  classes?: readonly string[],
): Promise<Dataset | undefined> {
  const paths = [await findFile(folder, imagesName), await findFile(folder, labelsName)];
  if (paths.every((path) => path === undefined)) return undefined;
  const [images, labels] = await Promise.all(
    paths.map(async (path, i) => {
      if (path !== undefined) return { name: path, bytes: await gunzipIfNeeded(await readBytes(path), path) };
      throw new EdgeMlpError(
        'data-missing',
        `${folder}: expected ${[imagesName, labelsName][i]}, plain or .gz, found none`,
      );
    }),
  );
  if (images === undefined || labels === undefined) return undefined;
  return idxDataset({ name, images, labels, classes: classes ?? classesOf(labels) });
}

/** Classes 0 … the greatest label of the training set. */
function classesOf(labels: { name: string; bytes: Uint8Array<ArrayBuffer> }): string[] {
  const { data } = parseIdx(labels.bytes, labels.name, [1]);
  const greatest = data.reduce((most, label) => Math.max(most, label), 1);
  return Array.from({ length: greatest + 1 }, (_, label) => String(label));
}

async function csvSource(path: string, options: DataOptions): Promise<DataSource> {
  const training = await loadCsv(path, { label: options.label });
  return { name: path, training: { ...training, name: basename(path) }, shuffledSplit: true };
}
