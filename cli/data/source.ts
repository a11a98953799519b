/** Resolution of --data: a named set, a generated set, a folder or a CSV file. */
import type { Dataset, InputScaling, PictureFit } from '../../src/core/dataset.ts';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { suggestName } from '../../src/core/suggestion.ts';
import type { TableReading } from '../../src/data/csv-table.ts';
import { GENERATED_NAMES, type GeneratedName, generatedSets, isGenerated } from '../../src/data/generated.ts';
import { type PartOptions, type Scaling, scaleLike, trainingParts } from '../../src/data/parts.ts';
import { fillLike } from '../../src/data/table-inputs.ts';
import { listColumns } from '../../src/format/metadata.ts';
import { checkExists, exists, isFolder, suggestPath } from '../files.ts';
import { withFingerprint } from '../hash.ts';
import { kebab } from '../options.ts';
import { type Bar, note, progressBar } from '../terminal.ts';
import { isCsv, type LoadedTable, loadCsv } from './csv-file.ts';
import { withDownloadBars } from './download.ts';
import { findIdxFile, loadIdxFolder } from './idx-folder.ts';
import { loadIdxSet } from './idx-sets/load.ts';
import { findIdxSet, IDX_NAMES, IDX_SET_NAMES } from './idx-sets/table.ts';
import { hasFolders, loadPngFolder, type PngFolderOptions } from './png-folder.ts';
import { pickTableFlags, type TableFlags } from './table-options.ts';

const NAMES = [...IDX_SET_NAMES, ...GENERATED_NAMES];
/** Values of --data, for help texts and messages. */
export const DATA_NAMES = NAMES.join(', ');
export const DATA_FILES = 'a folder of IDX files, a folder with one folder of PNG files for each class, or a .csv file';

export interface ReadOptions extends TableFlags {
  readonly dataDir?: string | undefined;
  /** PNG: conversion of pictures. */
  readonly pictures?: PictureFit | undefined;
}

export interface DataOptions extends ReadOptions {
  /** A set's name, a folder or a CSV file. Undefined: mnist, or digits if MNIST is not available. */
  readonly data?: string | undefined;
  /** Seed of generated sets and random splits. */
  readonly seed: number;
  readonly scaling?: Scaling | InputScaling | undefined;
}

export interface DataSource {
  /** Value of --data. */
  readonly name: string;
  readonly training: Dataset;
  readonly test?: Dataset | undefined;
  /** Validation samples are drawn at random, because the samples may be sorted. Otherwise the last ones are taken. */
  readonly shuffledSplit: boolean;
  /** CSV: what became of rows and columns. */
  readonly reading?: TableReading;
  /** Without test samples a model is evaluated on all samples. */
  readonly whole?: boolean;
}

/** Reads or generates a data set. Throws EdgeMlpError "data-missing", "bad-data", "file" or "bad-argument". */
export async function loadSource(options: DataOptions): Promise<DataSource> {
  const { data, dataDir, pictures, seed } = options;
  await checkReadOptions(options);
  if (data === undefined) return loadDefault(options);
  const set = findIdxSet(data);
  if (set !== undefined) {
    noteLoading(data);
    const parts = await withDownloadBars((onProgress) => loadIdxSet(set, { dataDir, onProgress }));
    return { name: data, ...parts, shuffledSplit: false };
  }
  if (isGenerated(data)) return generateSource(data, seed);
  // Only a name without dots and separators may be meant as a named set.
  if (/[./\\]/.test(data)) await checkExists('--data', data);
  else if (!(await exists(data))) {
    const hint = suggestName(data, NAMES) || (await suggestPath(data));
    const message = `expected one of ${DATA_NAMES}, ${DATA_FILES}, got ${data}${hint}`;
    throw new EdgeMlpError('bad-argument', `--data: no file or folder is called ${data}; ${message}`);
  }
  noteLoading(data);
  if (await isPngFolder(data)) return loadPngSource(data, { pictures });
  if (await isFolder(data)) return { name: data, ...(await loadIdxFolder(data)), shuffledSplit: false };
  if (isCsv(data)) return tableSource(data, await loadCsv(data, pickTableFlags(options)));
  throw new EdgeMlpError('bad-argument', `--data: expected ${DATA_FILES}, got ${data}`);
}

/** An option that does not apply would be ignored silently. Throws EdgeMlpError "bad-argument". */
export async function checkReadOptions({
  data = 'mnist',
  pictures,
  ...options
}: ReadOptions & Pick<DataOptions, 'data'>): Promise<void> {
  const [flag] = isCsv(data) ? [] : Object.entries(pickTableFlags(options)).filter(([, value]) => value !== undefined);
  if (flag !== undefined) {
    const option = `--${flag[1] === false ? 'no-' : ''}${kebab(flag[0])}`;
    throw new EdgeMlpError(
      'bad-argument',
      `${option} cannot be combined with ${data}: it describes the columns of a table`,
    );
  }
  if (pictures === undefined || (await isPngFolder(data)) || !(isBuiltIn(data) || (await exists(data)))) return;
  const expected = 'it describes folders with one folder of PNG files for each class';
  throw new EdgeMlpError('bad-argument', `--pictures cannot be combined with ${data}: ${expected}`);
}

export function tableSource(name: string, { dataset, reading }: LoadedTable): DataSource {
  return { name, training: dataset, reading, shuffledSplit: true, whole: true };
}

/**
 * Reads the file of --test: a table with the columns of the training data, or images of their size, and no other classes.
 * Throws EdgeMlpError "bad-argument", "bad-data" or "file".
 */
export async function loadLike(training: Dataset, path: string, flags: TableFlags): Promise<Dataset> {
  const { name, classes, features, labelName: label, imageShape, pictures } = training;
  const targets = training.targets?.map((target) => target.name);
  const columns = listColumns(training);
  noteLoading(path);
  if (features === undefined && imageShape !== undefined && (await isPngFolder(path))) {
    return (await loadPngSource(path, { classes, imageShape, pictures })).training;
  }
  if (features !== undefined && isCsv(path)) {
    const known = targets === undefined ? { classes, columns } : { targets, columns };
    return (await loadCsv(path, { ...flags, label }, known)).dataset;
  }
  const expected = features === undefined ? 'a folder with one folder of PNG files for each class' : 'a .csv file';
  throw new EdgeMlpError('bad-argument', `--test: expected ${expected}, as ${name} is the training data, got ${path}`);
}

/**
 * Training and validation parts, scaled, with the fingerprint of the training part; and the test part, scaled alike.
 */
export function splitSource(
  source: DataSource,
  options: DataOptions & Pick<PartOptions, 'validation' | 'targets'>,
): { training: Dataset; validation: Dataset | undefined; test: Dataset | undefined } {
  const { validation, seed, scaling, targets } = options;
  const { shuffledSplit, test } = source;
  const parts = trainingParts(source.training, { validation, seed, shuffledSplit, scaling, targets });
  return {
    training: withFingerprint(parts.training),
    validation: parts.validation,
    test: test === undefined ? undefined : scaleLike(fillLike(test, parts.training), parts.training),
  };
}

/** Reading or generating samples can take seconds. */
function noteLoading(name: string): void {
  note(`loading  ${name}`);
}

/** MNIST, or the generated digits if MNIST is not available. */
async function loadDefault(options: DataOptions): Promise<DataSource> {
  try {
    return await loadSource({ ...options, data: 'mnist' });
  } catch (error) {
    if (!(error instanceof EdgeMlpError && error.code === 'data-missing')) throw error;
    note(errorMessage(error));
    note('Using the generated set digits instead. Results do not apply to MNIST.', '');
    return generateSource('digits', options.seed);
  }
}

function generateSource(name: GeneratedName, seed: number): DataSource {
  noteLoading(name);
  return { name, ...generatedSets(name, seed), shuffledSplit: false };
}

/** Whether --data names a known or generated set, not a path. */
export function isBuiltIn(data: string): boolean {
  return findIdxSet(data) !== undefined || isGenerated(data);
}

/** Whether --data is a folder with subfolders and without IDX files. */
export async function isPngFolder(data: string): Promise<boolean> {
  if (isBuiltIn(data) || !(await isFolder(data))) return false;
  return (await findIdxFile(data, IDX_NAMES.trainImages)) === undefined && (await hasFolders(data));
}

/** Reads a folder of PNG files with a progress bar. */
export async function loadPngSource(folder: string, options: PngFolderOptions): Promise<DataSource> {
  let bar: Bar | undefined;
  const onProgress = (done: number, total: number) => {
    bar ??= progressBar(
      total,
      `reading ${folder} {bar} {percentage} % · {value} of {total} pictures · {eta_formatted} left`,
    );
    bar.update(done);
  };
  try {
    const parts = await loadPngFolder(folder, { ...options, onProgress });
    return { name: folder, ...parts, shuffledSplit: true, whole: true };
  } finally {
    bar?.stop();
  }
}
