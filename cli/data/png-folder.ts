/** Folders with one subfolder of PNG files for each class, or with two such folders called `train` and `test`. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset, PictureFit } from '../../src/core/dataset.ts';
import { EdgeMlpError, formatNumber } from '../../src/core/errors.ts';
import { checkClasses, sortClasses } from '../../src/data/classes.ts';
import { pictureInputs } from '../../src/data/picture/index.ts';
import { decodePng } from '../../src/data/png.ts';
import { fileError, readBytes } from '../files.ts';

export interface PngFolderOptions {
  /** Default: as-is, which requires the size of the first picture. */
  readonly pictures?: PictureFit | undefined;
  /** Rows and columns of a model's pictures (default: the size of the first picture). */
  readonly imageShape?: readonly [rows: number, columns: number] | undefined;
  /** Classes of a model, by label (default: the names of the subfolders, sorted). */
  readonly classes?: readonly string[] | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const PARTS = { training: 'train', test: 'test' } as const;
/** Size of MNIST's digits. */
const CENTRED_SHAPE = [28, 28] as const;
const CONCURRENCY = 32;
/** Limit of all pictures together. */
const MAX_BYTES = 2 ** 31;

export async function hasFolders(folder: string): Promise<boolean> {
  return (await listEntries(folder)).some(({ kind }) => kind === 'folder');
}

/**
 * Reads a data set. Classes are sorted, numbers by value before texts, and files by name within a class, so the result
 * does not depend on the file system. Throws EdgeMlpError "bad-data" or "file" with the path.
 */
export async function loadPngFolder(
  folder: string,
  options: PngFolderOptions = {},
): Promise<{ training: Dataset; test?: Dataset | undefined }> {
  const entries = await listEntries(folder);
  const folders = entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  const split = folders.includes(PARTS.training) && folders.every((name) => name === 'train' || name === 'test');
  if (!split) checkNoPictures(entries, folder);
  const training = await listPictures(split ? join(folder, PARTS.training) : folder, options.classes);
  const test =
    split && folders.includes(PARTS.test)
      ? await listPictures(join(folder, PARTS.test), options.classes ?? training.classes)
      : undefined;
  checkClasses(training.classes, folder);
  const total = training.files.length + (test?.files.length ?? 0);
  const first = training.files[0];
  if (first === undefined) throw new EdgeMlpError('bad-data', `${folder}: expected PNG files, got none`);
  const { pictures = 'as-is' } = options;
  const imageShape = pictures === 'centred' ? CENTRED_SHAPE : (options.imageShape ?? (await readShape(first.path)));
  const shapeOwner = options.imageShape === undefined ? first.path : 'the model';
  let done = 0;
  const onPicture = () => options.onProgress?.(++done, total);
  const read = (list: PictureList) => readPictures(folder, list, { pictures, imageShape, shapeOwner, onPicture });
  return { training: await read(training), ...(test === undefined ? {} : { test: await read(test) }) };
}

interface PictureList {
  readonly classes: readonly string[];
  readonly files: readonly { readonly path: string; readonly label: number }[];
}

async function listPictures(folder: string, known: readonly string[] | undefined): Promise<PictureList> {
  const entries = await listEntries(folder);
  checkNoPictures(entries, folder);
  const folders = sortClasses(entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name));
  const classes = known ?? folders;
  const files: { path: string; label: number }[] = [];
  for (const name of folders) {
    const [label, path] = [classes.indexOf(name), join(folder, name)];
    if (label < 0) {
      throw new EdgeMlpError('bad-data', `${path}: expected one of the classes ${classes.join(', ')}, got ${name}`);
    }
    const names = await pngNames(path);
    files.push(...names.map((file) => ({ path: join(path, file), label })));
  }
  return { classes, files };
}

async function pngNames(folder: string): Promise<string[]> {
  const entries = await listEntries(folder);
  for (const { name, kind } of entries) {
    if (kind === 'file' && isPng(name)) continue;
    const got = kind === 'folder' ? 'a folder' : 'another file';
    const message = `${join(folder, name)}: expected only .png files in the folder of a class, got ${got}`;
    throw new EdgeMlpError('bad-data', message);
  }
  if (entries.length === 0) throw new EdgeMlpError('bad-data', `${folder}: expected .png files of the class, got none`);
  // By code unit, because the order of a locale differs between machines.
  return entries.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1));
}

/** Pictures next to the class folders would be ignored silently. Other files there are allowed. */
function checkNoPictures(entries: readonly Entry[], folder: string): void {
  const loose = entries.find(({ name, kind }) => kind === 'file' && isPng(name));
  if (loose === undefined) return;
  const path = join(folder, loose.name);
  throw new EdgeMlpError('bad-data', `${path}: expected pictures only in the folders of the classes`);
}

interface Entry {
  readonly name: string;
  readonly kind: 'folder' | 'file';
}

/** Entries without hidden files. Symbolic links are followed. */
async function listEntries(folder: string): Promise<Entry[]> {
  const all: Dirent[] = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw fileError('read', folder, cause);
  });
  const visible = all.filter(({ name }) => !name.startsWith('.') && !SYSTEM_FILES.includes(name));
  return Promise.all(
    visible.map(async (entry) => {
      const status: Dirent | Stats = entry.isSymbolicLink() ? await readStatus(join(folder, entry.name)) : entry;
      return { name: entry.name, kind: status.isDirectory() ? 'folder' : 'file' };
    }),
  );
}

function readStatus(path: string): Promise<Stats> {
  return stat(path).catch((cause) => {
    throw fileError('read', path, cause);
  });
}

/** Files that Windows adds to folders of pictures. */
const SYSTEM_FILES = ['Thumbs.db', 'desktop.ini'];

function isPng(name: string): boolean {
  return name.toLowerCase().endsWith('.png');
}

async function readShape(path: string): Promise<[rows: number, columns: number]> {
  const { width, height } = decodePng(await readBytes(path), path);
  return [height, width];
}

interface Conversion {
  readonly pictures: PictureFit;
  readonly imageShape: readonly [rows: number, columns: number];
  /** The picture or model that has this shape, for messages. */
  readonly shapeOwner: string;
  readonly onPicture: () => void;
}

async function readPictures(folder: string, { classes, files }: PictureList, conversion: Conversion): Promise<Dataset> {
  const { pictures, imageShape } = conversion;
  const columns = imageShape[0] * imageShape[1];
  if (files.length * columns > MAX_BYTES) {
    const got = `${formatNumber(files.length)} of ${imageShape.join(' × ')}`;
    throw new EdgeMlpError(
      'bad-data',
      `${folder}: expected at most ${formatNumber(MAX_BYTES)} pixels in total, got ${got}`,
    );
  }
  const inputs = new Uint8Array(files.length * columns);
  for (let from = 0; from < files.length; from += CONCURRENCY) {
    const some = files.slice(from, from + CONCURRENCY);
    const read = await Promise.all(some.map(({ path }) => readBytes(path)));
    read.forEach((bytes, i) => {
      inputs.set(decodeInputs(bytes, some[i]?.path ?? folder, conversion), (from + i) * columns);
      conversion.onPicture();
    });
  }
  return {
    name: folder,
    inputs,
    columns,
    classes,
    imageShape,
    pictures,
    labels: Uint16Array.from(files, ({ label }) => label),
    scaling: { kind: 'bytes' },
  };
}

function decodeInputs(bytes: Uint8Array, path: string, { pictures, imageShape, shapeOwner }: Conversion): Uint8Array {
  const image = decodePng(bytes, path);
  const [rows, columns] = imageShape;
  if (pictures === 'as-is' && (image.width !== columns || image.height !== rows)) {
    throw new EdgeMlpError(
      'bad-data',
      `${path}: expected ${columns} × ${rows} pixels, the size of ${shapeOwner}, got ${image.width} × ${image.height}; ` +
        '--pictures centred accepts digits or letters of any size',
    );
  }
  return pictureInputs(image, { imageShape, pictures }, path);
}
