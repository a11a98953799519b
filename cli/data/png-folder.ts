/** A folder with PNG files in a sub-folder for each class; or with two such folders in it, `train` and `test`. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset, PictureFit } from '../../src/core/dataset.ts';
import { EdgeMlpError, formatNumber } from '../../src/core/errors.ts';
import { checkClasses, sortClasses } from '../../src/data/classes.ts';
import { decodePng, pictureInputs } from '../../src/data/image.ts';
import { fileError, readBytes } from '../files.ts';

/** How pictures become samples. */
export interface PngFolderOptions {
  /** Default: as-is, and all pictures must have the first one's size. */
  readonly pictures?: PictureFit | undefined;
  /** Rows and columns, where they are known from a model. Default: the first picture's. */
  readonly imageShape?: readonly [rows: number, columns: number] | undefined;
  /** The classes by label, where they are known from a model. Default: the sub-folders, sorted. */
  readonly classes?: readonly string[] | undefined;
  /** Pictures read, and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const PARTS = { training: 'train', test: 'test' } as const;
/** What MNIST's digits are made of. */
const CENTRED_SHAPE = [28, 28] as const;
/** Files that are read at the same time. */
const TOGETHER = 32;
/** Of all pictures' inputs together. */
const MOST_BYTES = 2 ** 31;

/** Whether a folder can be one: it has sub-folders. */
export async function hasFolders(folder: string): Promise<boolean> {
  return (await listEntries(folder)).some(({ kind }) => kind === 'folder');
}

/**
 * Reads a data set. Classes are sorted, numbers by value before texts, and files by name within each: the same files are the same
 * set, wherever they lie. Throws `bad-data` or `file` that names the file.
 *
 * @example
 * ```ts
 * import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
 * import { loadPngFolder } from 'edge-mlp';
 *
 * const pixels = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg+A8AAQIBANJfmMkAAAAASUVORK5CYII=';
 * const folder = mkdtempSync('/tmp/pictures-');
 * for (const kind of ['cat', 'dog']) {
 *   mkdirSync(`${folder}/${kind}`);
 *   writeFileSync(`${folder}/${kind}/1.png`, Buffer.from(pixels, 'base64'));
 * }
 * const { training } = await loadPngFolder(folder);
 * console.log(training.classes, training.imageShape, training.labels.length); // [ 'cat', 'dog' ] [ 1, 2 ] 2
 * rmSync(folder, { recursive: true });
 * ```
 */
export async function loadPngFolder(
  folder: string,
  options: PngFolderOptions = {},
): Promise<{ training: Dataset; test?: Dataset | undefined }> {
  const entries = await listEntries(folder);
  const folders = entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name);
  const split = folders.includes(PARTS.training) && folders.every((name) => name === 'train' || name === 'test');
  if (!split) refuseLoose(entries, folder);
  const training = await listed(split ? join(folder, PARTS.training) : folder, options.classes);
  const test =
    split && folders.includes(PARTS.test)
      ? await listed(join(folder, PARTS.test), options.classes ?? training.classes)
      : undefined;
  checkClasses(training.classes, folder);
  const total = training.files.length + (test?.files.length ?? 0);
  const first = training.files[0];
  if (first === undefined) throw new EdgeMlpError('bad-data', `${folder}: expected PNG files, found none`);
  const { pictures = 'as-is' } = options;
  const imageShape = pictures === 'centred' ? CENTRED_SHAPE : (options.imageShape ?? (await readShape(first.path)));
  const sizedBy = options.imageShape === undefined ? first.path : 'the model';
  let done = 0;
  const onPicture = () => options.onProgress?.(++done, total);
  const read = (list: Listed) => readPictures(folder, list, { pictures, imageShape, first: sizedBy, onPicture });
  return { training: await read(training), ...(test === undefined ? {} : { test: await read(test) }) };
}

interface Listed {
  readonly classes: readonly string[];
  readonly files: readonly { readonly path: string; readonly label: number }[];
}

/** The pictures of one part, by class. */
async function listed(folder: string, known: readonly string[] | undefined): Promise<Listed> {
  const entries = await listEntries(folder);
  refuseLoose(entries, folder);
  const found = sortClasses(entries.filter(({ kind }) => kind === 'folder').map(({ name }) => name));
  const classes = known ?? found;
  const files: { path: string; label: number }[] = [];
  for (const name of found) {
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
    throw new EdgeMlpError(
      'bad-data',
      `${join(folder, name)}: expected a .png file, as all in a class are, got ${got}`,
    );
  }
  if (entries.length === 0)
    throw new EdgeMlpError('bad-data', `${folder}: expected .png files of the class, found none`);
  // By code unit: no locale, so that the order is the same everywhere.
  return entries.map(({ name }) => name).sort((a, b) => (a < b ? -1 : 1));
}

/** A picture beside the classes' folders would be left out in silence; what else lies there is none of ours. */
function refuseLoose(entries: readonly Entry[], folder: string): void {
  const loose = entries.find(({ name, kind }) => kind === 'file' && isPng(name));
  if (loose === undefined) return;
  const path = join(folder, loose.name);
  throw new EdgeMlpError('bad-data', `${path}: expected pictures in a folder for each class, found one beside them`);
}

interface Entry {
  readonly name: string;
  readonly kind: 'folder' | 'file';
}

/** Without those that are hidden. Links count for what they lead to. */
async function listEntries(folder: string): Promise<Entry[]> {
  const found: Dirent[] = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw fileError('read', folder, cause);
  });
  const seen = found.filter(({ name }) => !name.startsWith('.') && !SYSTEM_FILES.includes(name));
  return Promise.all(
    seen.map(async (entry) => {
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

/** What Windows leaves in folders of pictures. */
const SYSTEM_FILES = ['Thumbs.db', 'desktop.ini'];

function isPng(name: string): boolean {
  return name.toLowerCase().endsWith('.png');
}

async function readShape(path: string): Promise<[rows: number, columns: number]> {
  const { width, height } = decodePng(await readBytes(path), path);
  return [height, width];
}

interface Reading {
  readonly pictures: PictureFit;
  readonly imageShape: readonly [rows: number, columns: number];
  /** What has this shape, for messages. */
  readonly first: string;
  readonly onPicture: () => void;
}

async function readPictures(folder: string, { classes, files }: Listed, reading: Reading): Promise<Dataset> {
  const { pictures, imageShape } = reading;
  const columns = imageShape[0] * imageShape[1];
  if (files.length * columns > MOST_BYTES) {
    const got = `${formatNumber(files.length)} of ${imageShape.join(' × ')}`;
    throw new EdgeMlpError(
      'bad-data',
      `${folder}: expected pictures of ${formatNumber(MOST_BYTES)} pixels in all, got ${got}`,
    );
  }
  const inputs = new Uint8Array(files.length * columns);
  for (let from = 0; from < files.length; from += TOGETHER) {
    const some = files.slice(from, from + TOGETHER);
    const read = await Promise.all(some.map(({ path }) => readBytes(path)));
    read.forEach((bytes, i) => {
      inputs.set(decodeInputs(bytes, some[i]?.path ?? folder, reading), (from + i) * columns);
      reading.onPicture();
    });
  }
  return {
    ...{ name: folder, inputs, columns, classes, imageShape, pictures },
    labels: Uint16Array.from(files, ({ label }) => label),
    scaling: { kind: 'bytes' },
  };
}

function decodeInputs(bytes: Uint8Array, path: string, { pictures, imageShape, first }: Reading): Uint8Array {
  const image = decodePng(bytes, path);
  const [rows, columns] = imageShape;
  if (pictures === 'as-is' && (image.width !== columns || image.height !== rows)) {
    throw new EdgeMlpError(
      'bad-data',
      `${path}: expected ${columns} × ${rows} pixels, as ${first} has, got ${image.width} × ${image.height}: ` +
        'pictures of digits or letters can be cropped, scaled and centred with --pictures centred',
    );
  }
  return pictureInputs(image, { imageShape, pictures }, path);
}
