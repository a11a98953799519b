/** IDX files in a folder, with the file names of MNIST. */
import { join } from 'node:path';
import type { Dataset } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { gunzipIfNeeded } from '../../src/data/decode.ts';
import { idxDataset, parseIdx } from '../../src/data/idx.ts';
import { exists, readBytes } from '../files.ts';
import { IDX_NAMES } from './idx-sets/table.ts';

/** An IDX file on disk or from a mirror. */
export interface FoundFile {
  /** Path or URL, for messages. */
  readonly name: string;
  /** File content: IDX or gzip. */
  readonly stored: Uint8Array<ArrayBuffer>;
  /** IDX. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The path of an IDX file, plain or .gz, with `-idx` or `.idx` in its name. */
export async function findIdxFile(folder: string, name: string): Promise<string | undefined> {
  const dotted = name.replace('-idx', '.idx');
  for (const candidate of [name, `${name}.gz`, dotted, `${dotted}.gz`]) {
    const path = join(folder, candidate);
    if (await exists(path)) return path;
  }
  return undefined;
}

/** Throws EdgeMlpError "file", or "bad-data" for a damaged gzip file. */
export async function readIdxFile(folder: string, name: string): Promise<FoundFile | undefined> {
  const path = await findIdxFile(folder, name);
  if (path === undefined) return undefined;
  const stored = await readBytes(path);
  return { name: path, stored, bytes: await gunzipIfNeeded(stored, path) };
}

/**
 * Reads the training files and, if present, the test files. Throws EdgeMlpError "data-missing", "bad-data" or "file".
 */
export async function loadIdxFolder(folder: string): Promise<{ training: Dataset; test: Dataset | undefined }> {
  const { trainImages, trainLabels, testImages, testLabels } = IDX_NAMES;
  const training = await loadPair(folder, { images: trainImages, labels: trainLabels });
  if (training === undefined) {
    throw new EdgeMlpError(
      'data-missing',
      `${folder}: expected ${trainImages} and ${trainLabels}, plain or .gz, or one folder of PNG files for each class, got neither`,
    );
  }
  const { classes } = training;
  return { training, test: await loadPair(folder, { images: testImages, labels: testLabels, classes }) };
}

interface FilePair {
  readonly images: string;
  readonly labels: string;
  /** Default: 0 to the greatest label. */
  readonly classes?: readonly string[];
}

/** Returns undefined if the folder has neither file. */
async function loadPair(folder: string, { images, labels, classes }: FilePair): Promise<Dataset | undefined> {
  const files = { images: await readIdxFile(folder, images), labels: await readIdxFile(folder, labels) };
  if (files.images === undefined && files.labels === undefined) return undefined;
  const requireFile = (file: FoundFile | undefined, name: string) => {
    if (file !== undefined) return file;
    throw new EdgeMlpError('data-missing', `${folder}: expected ${name}, plain or .gz, got none`);
  };
  const labelFile = requireFile(files.labels, labels);
  return idxDataset({
    name: folder,
    images: requireFile(files.images, images),
    labels: labelFile,
    classes: classes ?? listClasses(labelFile),
  });
}

function listClasses({ name, bytes }: FoundFile): string[] {
  const { data } = parseIdx(bytes, name, [1]);
  const greatest = data.reduce((most, label) => Math.max(most, label), 1);
  return Array.from({ length: greatest + 1 }, (_, label) => String(label));
}
