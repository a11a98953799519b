/** Known sets: where they are, or where they can be had. */
import type { Dataset } from '../../../src/core/dataset.ts';
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { idxDataset, parseIdx, transposePictures } from '../../../src/data/idx.ts';
import { type Found, findOwner } from './check.ts';
import { type FetchOptions, fetchParts } from './fetch.ts';
import { cachePath, findFetched, findOwn, readFile } from './find.ts';
import { findIdxSet, IDX_PARTS, IDX_SET_NAMES, IDX_SIDE, type IdxPart, type IdxSet } from './table.ts';

/** Where a set is looked for. */
export interface IdxSetOptions extends FetchOptions {
  /** Looked into first, and the only place, beside $EDGE_MLP_DATA, where a fault is no reason to look further. */
  readonly dataDir?: string | undefined;
}

/** A data set of two parts. */
export interface TrainAndTest {
  /** What a network is trained on. */
  readonly training: Dataset;
  /** What it is measured on. */
  readonly test: Dataset;
}

/**
 * A set by its name: from `dataDir`, $EDGE_MLP_DATA, a package of the system's or the cache; what is in none of them is downloaded
 * into the cache. Every file is checked by its sum. Throws `data-missing` where no mirror gave it, `bad-data` for a wrong file in a
 * folder of the user's, `bad-argument` for a name that is none.
 *
 * @example
 * ```ts
 * import { loadIdxSet } from 'edge-mlp';
 *
 * const { training } = await loadIdxSet('fashion-mnist');
 * console.log(training.classes[0], training.imageShape); // T-shirt/top [ 28, 28 ]
 * ```
 */
export async function loadIdxSet(name: string | IdxSet, options: IdxSetOptions = {}): Promise<TrainAndTest> {
  const set = resolveIdxSet(name);
  const files = await obtain(set, options);
  const getFile = (part: IdxPart) => files.get(part) ?? missing(set, part);
  return {
    training: buildDataset(set, getFile('trainImages'), getFile('trainLabels')),
    test: buildDataset(set, getFile('testImages'), getFile('testLabels')),
  };
}

/**
 * MNIST: see loadIdxSet.
 *
 * @example
 * ```ts
 * import { loadMnist } from 'edge-mlp';
 *
 * const { training, test } = await loadMnist({ dataDir: 'mnist' });
 * console.log(training.labels.length, test.labels.length); // 60000 10000
 * ```
 */
export function loadMnist(options: IdxSetOptions = {}): Promise<TrainAndTest> {
  return loadIdxSet('mnist', options);
}

/**
 * Downloads what the folder does not have yet: by default the set's own in the cache. Returns the folder. Throws `data-missing`, or
 * `bad-data` where a file of the same name is another set's.
 *
 * @example
 * ```ts
 * import { fetchIdxSet } from 'edge-mlp';
 *
 * const folder = await fetchIdxSet('kmnist', {
 *   folder: 'kmnist',
 *   onProgress: ({ file, bytes, totalBytes }) => console.error(file, bytes, totalBytes),
 * });
 * console.log(folder); // kmnist
 * ```
 */
export async function fetchIdxSet(
  name: string | IdxSet,
  options: FetchOptions & { readonly folder?: string | undefined } = {},
): Promise<string> {
  const set = resolveIdxSet(name);
  const folder = options.folder ?? cachePath(set);
  const absent: IdxPart[] = [];
  for (const part of IDX_PARTS) {
    if ((await findFetched(set, part, folder)) !== undefined) continue;
    await checkNobodys(set, part, folder, options.folder !== undefined);
    absent.push(part);
  }
  await fetchParts(set, absent, folder, options);
  return folder;
}

/** A set or its name as the set. Throws `bad-argument`. */
function resolveIdxSet(name: string | IdxSet): IdxSet {
  if (typeof name !== 'string') return name;
  const set = findIdxSet(name);
  if (set !== undefined) return set;
  throw new EdgeMlpError('bad-argument', `data set: expected ${IDX_SET_NAMES.join(', ')}, got ${name}`);
}

async function obtain(set: IdxSet, { dataDir, ...options }: IdxSetOptions): Promise<Map<IdxPart, Found>> {
  const folder = cachePath(set);
  const files = new Map<IdxPart, Found>();
  for (const part of IDX_PARTS) {
    const found = (await findOwn(set, part, dataDir)) ?? (await findFetched(set, part, folder));
    if (found !== undefined) files.set(part, found);
  }
  const absent = IDX_PARTS.filter((part) => !files.has(part));
  for (const [part, found] of await fetchParts(set, absent, folder, options)) files.set(part, found);
  return files;
}

/** A damaged file may be replaced; one of another set not, nor in a folder of the user's whatever can be read. */
async function checkNobodys(set: IdxSet, part: IdxPart, folder: string, own: boolean): Promise<void> {
  const found = await readFile(folder, set.files[part].name).catch(() => undefined);
  const owner = found === undefined ? undefined : findOwner(found);
  if (found === undefined || owner?.name === set.name || (owner === undefined && !(own && isIdx(found)))) return;
  const got = owner === undefined ? 'another file' : `${owner.title}'s`;
  throw new EdgeMlpError(
    'bad-data',
    `${found.name}: expected ${set.title}'s or no file, got ${got}: name another folder`,
  );
}

function isIdx({ bytes, name }: Found): boolean {
  try {
    return parseIdx(bytes, name, [1, 3]).data.length > 0;
  } catch {
    return false;
  }
}

function buildDataset(
  { name, classes, transposed, firstLabel, pictures }: IdxSet,
  images: Found,
  labels: Found,
): Dataset {
  if (transposed) transposePictures(parseIdx(images.bytes, images.name, [3]).data, IDX_SIDE);
  const dataset = idxDataset({ name, images, labels, classes, ...(firstLabel === undefined ? {} : { firstLabel }) });
  return pictures === undefined ? dataset : { ...dataset, pictures };
}

function missing(set: IdxSet, part: IdxPart): never {
  throw new EdgeMlpError('data-missing', `${set.title}: ${set.files[part].name} was not found`);
}
