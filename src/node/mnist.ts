/** MNIST: where it is, or where it can be had. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Dataset } from '../core/dataset.ts';
import { EdgeMlpError, messageOf } from '../core/errors.ts';
import { gunzipIfNeeded } from '../data/gzip.ts';
import { idxDataset } from '../data/idx.ts';
import { download } from './download.ts';
import { exists, makeFolder, readBytes, writeWhole } from './files.ts';
import { sha256 } from './hash.ts';

/** The four files, and the SHA-256 of their unpacked bytes: mirrors pack them differently. */
export const MNIST_FILES = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
} as const;
type MnistFile = (typeof MNIST_FILES)[keyof typeof MNIST_FILES];

export const MNIST_MIRRORS: readonly string[] = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
  'https://raw.githubusercontent.com/fgnt/mnist/master/',
  'http://yann.lecun.com/exdb/mnist/',
];

export interface MnistOptions {
  /** Looked into first, and the only place where a fault is no reason to look further. */
  readonly dataDir?: string | undefined;
  /** Tried in order. Default: $EDGE_MLP_MIRRORS, separated by commas, or MNIST_MIRRORS. */
  readonly mirrors?: readonly string[] | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

export interface DownloadProgress {
  readonly file: string;
  readonly bytes: number;
  /** Unknown where the server does not say. */
  readonly totalBytes: number | undefined;
}

export interface TrainAndTest {
  readonly training: Dataset;
  readonly test: Dataset;
}

const DIGITS = Array.from({ length: 10 }, (_, digit) => String(digit));

/** The user's folder for what can be fetched again. */
export function cacheFolder(): string {
  const { EDGE_MLP_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (EDGE_MLP_CACHE) return EDGE_MLP_CACHE;
  if (process.platform === 'win32')
    return join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'edge-mlp', 'Cache');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'edge-mlp');
  return join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'edge-mlp');
}

/**
 * MNIST from `dataDir`, $EDGE_MLP_DATA or the cache; what is in none of them is downloaded into the cache. Every file is
 * checked by its SHA-256. Throws `data-missing` where no mirror gave it, `bad-data` for a wrong file in a folder of the user's.
 */
export async function loadMnist(options: MnistOptions = {}): Promise<TrainAndTest> {
  const { trainImages, trainLabels, testImages, testLabels } = MNIST_FILES;
  const load = (file: MnistFile) => loadFile(file, options);
  return {
    training: idxDataset({
      name: 'mnist',
      images: await load(trainImages),
      labels: await load(trainLabels),
      classes: DIGITS,
    }),
    test: idxDataset({
      name: 'mnist',
      images: await load(testImages),
      labels: await load(testLabels),
      classes: DIGITS,
    }),
  };
}

/** Downloads what the cache does not have yet. Returns the folder. Throws `data-missing`. */
export async function fetchMnist(
  options: MnistOptions & { readonly folder?: string | undefined } = {},
): Promise<string> {
  const folder = options.folder ?? cacheFolder();
  for (const file of Object.values(MNIST_FILES)) {
    if ((await readVerified(file, folder)) === undefined) await fetchFile(file, folder, options);
  }
  return folder;
}

interface Loaded {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function loadFile(file: MnistFile, options: MnistOptions): Promise<Loaded> {
  if (options.dataDir !== undefined && !(await exists(options.dataDir))) {
    throw new EdgeMlpError('data-missing', `--data-dir: expected a folder, found nothing at ${options.dataDir}`);
  }
  for (const folder of [options.dataDir, process.env.EDGE_MLP_DATA]) {
    if (!folder) continue;
    const path = await findFile(folder, file.name);
    if (path === undefined) continue;
    const bytes = await gunzipIfNeeded(await readBytes(path), path);
    verify(bytes, file, path);
    return { name: path, bytes };
  }
  const cached = await readVerified(file, cacheFolder());
  return { name: file.name, bytes: cached ?? (await fetchFile(file, cacheFolder(), options)) };
}

/** The path of an IDX file in a folder, plain or packed, under either of its customary names. */
export async function findFile(folder: string, name: string): Promise<string | undefined> {
  const dotted = name.replace('-idx', '.idx');
  for (const candidate of [name, `${name}.gz`, dotted, `${dotted}.gz`]) {
    const path = join(folder, candidate);
    if (await exists(path)) return path;
  }
  return undefined;
}

/** A file of the cache, or undefined where it is absent or damaged: then it is fetched again. */
async function readVerified(file: MnistFile, folder: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = await findFile(folder, file.name);
  if (path === undefined) return undefined;
  try {
    const bytes = await gunzipIfNeeded(await readBytes(path), path);
    verify(bytes, file, path);
    return bytes;
  } catch (error) {
    if (error instanceof EdgeMlpError && error.code === 'bad-data') return undefined;
    throw error;
  }
}

/** Tries the mirrors in order; puts the first right answer into the folder, whole. Returns the unpacked bytes. */
async function fetchFile(file: MnistFile, folder: string, options: MnistOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { onProgress } = options;
  const packedName = `${file.name}.gz`;
  const failures: string[] = [];
  for (const mirror of options.mirrors ?? mirrorsFromEnvironment()) {
    try {
      const url = mirrorUrl(mirror, packedName);
      const packed = await download(url, (bytes, totalBytes) => onProgress?.({ file: packedName, bytes, totalBytes }));
      const bytes = await gunzipIfNeeded(packed, url);
      verify(bytes, file, url);
      await makeFolder(folder);
      await writeWhole(join(folder, packedName), packed);
      return bytes;
    } catch (error) {
      if (error instanceof EdgeMlpError && error.code === 'file') throw error;
      failures.push(messageOf(error));
    }
  }
  const names = Object.values(MNIST_FILES).map(({ name }) => `${name}.gz`);
  throw new EdgeMlpError(
    'data-missing',
    `MNIST: ${packedName} was not found, and no mirror gave it:\n  ${failures.join('\n  ')}\n` +
      `Put ${names.join(', ')} into a folder and name it with --data-dir or EDGE_MLP_DATA.`,
  );
}

function mirrorUrl(mirror: string, name: string): string {
  const base = mirror.endsWith('/') ? mirror : `${mirror}/`;
  if (URL.canParse(name, base)) return new URL(name, base).href;
  throw new EdgeMlpError('data-missing', `${mirror}: expected an address like https://example.org/mnist/`);
}

function mirrorsFromEnvironment(): readonly string[] {
  const { EDGE_MLP_MIRRORS } = process.env;
  return EDGE_MLP_MIRRORS ? EDGE_MLP_MIRRORS.split(',') : MNIST_MIRRORS;
}

function verify(bytes: Uint8Array, file: MnistFile, source: string): void {
  const got = sha256(bytes);
  if (got === file.sha256) return;
  throw new EdgeMlpError(
    'bad-data',
    `${source}: expected MNIST's ${file.name}, SHA-256 ${file.sha256} unpacked, got ${got} (${bytes.length} bytes)`,
  );
}
