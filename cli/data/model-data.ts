/** Data for a trained model, with the model's classes, features and scaling. */
import { type Dataset, type PictureFit, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { inputSize } from '../../src/core/spec.ts';
import { scaleLike, trainingParts, withClasses } from '../../src/data/parts.ts';
import { takesPictures } from '../../src/data/picture/index.ts';
import { listColumns, type ModelInfo } from '../../src/format/metadata.ts';
import { exists } from '../files.ts';
import { withFingerprint } from '../hash.ts';
import { kebab } from '../options.ts';
import { isCsv, loadCsv } from './csv-file.ts';
import type { PngFolderOptions } from './png-folder.ts';
import {
  checkReadOptions,
  type DataOptions,
  type DataSource,
  isBuiltIn,
  isPngFolder,
  loadPngSource,
  loadSource,
  type ReadOptions,
  tableSource,
} from './source.ts';
import { pickTableFlags, type TableFlags } from './table-options.ts';

/** Values of --part. */
export const PARTS = ['test', 'training', 'validation'] as const;
type Part = (typeof PARTS)[number];

export interface EvaluationData {
  readonly dataset: Dataset;
  readonly part: Part | 'all';
  /** Number of these samples that the model was trained on, as far as its fingerprint tells. */
  readonly trainedOn: number;
}

/** Options that are not given come from the model. */
export interface EvaluationDataOptions extends ReadOptions {
  readonly data?: string | undefined;
  readonly part?: Part | undefined;
  /** Seed of generated data. */
  readonly seed?: number | undefined;
}

/**
 * Loads data to evaluate a model on. A CSV file is used whole, without --part validation. Default: the data that the
 * model was trained on, verified by its fingerprint. Throws the errors of `loadSource`.
 */
export async function loadForModel(info: ModelInfo, options: EvaluationDataOptions): Promise<EvaluationData> {
  const data = options.data ?? info.provenance?.dataset.name;
  if (data === undefined) {
    throw new EdgeMlpError('bad-argument', '--data is required: the model file does not name its training data');
  }
  if (options.data === undefined) await checkAvailable(data, "the model's training data");
  if (options.missing !== undefined && options.missing !== 'drop') {
    const expected = 'drop, because the model file defines the values of missing cells';
    throw new EdgeMlpError('bad-argument', `--missing: expected ${expected}, got ${options.missing}`);
  }
  const source = await loadModelSource(data, info, options);
  const part = options.part ?? (source.whole && source.test === undefined ? 'all' : 'test');
  const isRecorded =
    options.data === undefined && options.seed === undefined && info.provenance?.dataset.sha256 != null;
  const origin = isRecorded || part !== 'test' ? repeatSplit(source, info) : undefined;
  if (origin === undefined && (isRecorded || part === 'validation')) {
    const message = `${source.name}: expected the data that the model was trained on, got other data; name the data with --data`;
    throw new EdgeMlpError('bad-data', message);
  }
  const trained = origin === undefined ? 0 : sampleCount(origin.training);
  if (part === 'validation' && origin !== undefined) {
    if (origin.validation !== undefined) return { dataset: origin.validation, part, trainedOn: 0 };
    throw new EdgeMlpError('bad-argument', `${source.name}: the training of the model held out no samples`);
  }
  const dataset = part === 'test' ? source.test : source.training;
  if (dataset === undefined) {
    throw new EdgeMlpError('bad-argument', `${source.name} has no test samples: use --part training`);
  }
  const scaled = scaleLike(withClasses(dataset, info.classes), info);
  return { dataset: scaled, part, trainedOn: part === 'test' ? 0 : trained };
}

/** Loads data to continue the training of a model on. Throws the errors of `loadSource`. */
export async function loadToTrainOn(info: ModelInfo, { data, ...options }: DataOptions): Promise<DataSource> {
  const source = data === undefined ? await loadSource(options) : await loadModelSource(data, info, options);
  const { training, test } = source;
  const inputs = inputSize(info.spec);
  if (training.columns !== inputs) {
    const message = `${source.name}: expected ${inputs} inputs, the input size of the model, got ${training.columns}`;
    throw new EdgeMlpError('bad-data', message);
  }
  return {
    ...source,
    training: withClasses(training, info.classes),
    test: test === undefined ? undefined : withClasses(test, info.classes),
  };
}

async function loadModelSource(data: string, info: ModelInfo, options: EvaluationDataOptions): Promise<DataSource> {
  const { classes, targets, labelName, provenance } = info;
  await checkReadOptions({ ...options, data });
  if (await isPngFolder(data)) {
    return loadPngSource(data, { classes, ...describePictures(info, data, options.pictures) });
  }
  if (!isCsv(data)) return loadSource({ ...options, data, seed: options.seed ?? provenance?.training.seed ?? 1 });
  if (options.part !== undefined && options.part !== 'validation') {
    const message = `--part ${options.part} cannot be combined with ${data}: a CSV file has no parts`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const columns = listColumns(info);
  checkColumnFlags(options, columns !== undefined);
  // Other data than those of the training may have no weights.
  const sampleWeight = options.sampleWeight ?? (options.data === undefined ? info.weightName : undefined);
  const flags = { ...pickTableFlags(options), label: options.label ?? labelName, sampleWeight };
  const outputs = targets === undefined ? { classes } : { targets: targets.map(({ name }) => name) };
  return tableSource(data, await loadCsv(data, flags, { ...outputs, columns }));
}

/** Options that describe the inputs of a table, which a model with columns has. */
const INPUT_FLAGS = ['features', 'ignore', 'categories', 'maxCategories'] as const;

/** Options that the model decides would be ignored silently. Throws EdgeMlpError "bad-argument". */
function checkColumnFlags(flags: TableFlags, hasColumns: boolean): void {
  const decided = ['target', 'task', ...(hasColumns ? INPUT_FLAGS : [])] as const;
  const given = decided.find((flag) => flags[flag] !== undefined);
  if (given === undefined) return;
  throw new EdgeMlpError('bad-argument', `--${kebab(given)} cannot be given: the model file defines the columns`);
}

/** Throws EdgeMlpError "bad-argument" for a model that takes no images, or another conversion than the model's. */
function describePictures(info: ModelInfo, data: string, given: PictureFit | undefined): PngFolderOptions {
  const { imageShape, pictures = 'centred' } = info;
  if (!takesPictures(info)) {
    const message = `--data: expected numbers, because the model takes no images, got ${data}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  if (given === undefined || given === pictures) return { imageShape, pictures };
  throw new EdgeMlpError('bad-argument', `--pictures: expected ${pictures}, the conversion of the model, got ${given}`);
}

/** Throws EdgeMlpError "data-missing" if recorded data no longer exists. `description` says whose data it is. */
export async function checkAvailable(data: string, description: string): Promise<void> {
  if (isBuiltIn(data) || (await exists(data))) return;
  throw new EdgeMlpError('data-missing', `${data}, ${description}, was not found: name the data with --data`);
}

/** The parts that the model was trained with. Undefined for data with another fingerprint than the recorded one. */
function repeatSplit({ training, shuffledSplit }: DataSource, { provenance, scaling, targets, classes }: ModelInfo) {
  if (provenance?.dataset.sha256 == null) return undefined;
  const validation = sampleCount(training) - provenance.dataset.samples;
  if (validation < 0) return undefined;
  const { seed } = provenance.training;
  const options = { validation, seed, shuffledSplit, scaling, targets };
  const parts = trainingParts(withClasses(training, classes), options);
  return withFingerprint(parts.training).sha256 === provenance.dataset.sha256 ? parts : undefined;
}
