/** Named sets: found on this machine or downloaded. */
import type { Dataset } from '../../../src/core/dataset.ts';
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { idxDataset, parseIdx, transposePictures } from '../../../src/data/idx.ts';
import { type FoundFile, readIdxFile } from '../idx-folder.ts';
import { findOwner } from './check.ts';
import { type FetchOptions, fetchParts } from './fetch.ts';
import { cachePath, findFetched, findOwn } from './find.ts';
import { IDX_PARTS, IDX_SIDE, type IdxPart, type IdxSet, MNIST } from './table.ts';

export interface IdxSetOptions extends FetchOptions {
  /** Searched first. */
  readonly dataDir?: string | undefined;
}

export interface TrainAndTest {
  readonly training: Dataset;
  readonly test: Dataset;
}

/**
 * Loads a set from `dataDir`, $EDGE_MLP_DATA, a system package or the cache. Files that are in none of them are downloaded
 * into the cache. Throws EdgeMlpError "data-missing" if a download fails, "bad-data" for a wrong file in a user's folder.
 */
export async function loadIdxSet(set: IdxSet, { dataDir, ...options }: IdxSetOptions = {}): Promise<TrainAndTest> {
  const folder = cachePath(set);
  const files = new Map<IdxPart, FoundFile>();
  for (const part of IDX_PARTS) {
    const file = (await findOwn(set, part, dataDir)) ?? (await findFetched(set, part, folder));
    if (file !== undefined) files.set(part, file);
  }
  const absent = IDX_PARTS.filter((part) => !files.has(part));
  for (const [part, file] of await fetchParts(set, absent, folder, options)) files.set(part, file);
  return {
    training: buildDataset(set, files.get('trainImages'), files.get('trainLabels')),
    test: buildDataset(set, files.get('testImages'), files.get('testLabels')),
  };
}

export function loadMnist(options: IdxSetOptions = {}): Promise<TrainAndTest> {
  return loadIdxSet(MNIST, options);
}

/**
 * Downloads the files that a folder lacks. Default folder: the set's own in the cache. Returns the folder.
 * Throws EdgeMlpError "data-missing", or "bad-data" if a file of the same name belongs to another set.
 */
export async function fetchIdxSet(
  set: IdxSet,
  options: FetchOptions & { readonly folder?: string | undefined } = {},
): Promise<string> {
  const folder = options.folder ?? cachePath(set);
  const absent: IdxPart[] = [];
  for (const part of IDX_PARTS) {
    if ((await findFetched(set, part, folder)) !== undefined) continue;
    await checkReplaceable(set, part, folder, options.folder !== undefined);
    absent.push(part);
  }
  await fetchParts(set, absent, folder, options);
  return folder;
}

/** A damaged file may be replaced. A file of another set, or a readable IDX file in a user's folder, may not. */
async function checkReplaceable(set: IdxSet, part: IdxPart, folder: string, isUsers: boolean): Promise<void> {
  const file = await readIdxFile(folder, set.files[part].name).catch(() => undefined);
  const owner = file === undefined ? undefined : findOwner(file);
  if (file === undefined || owner?.name === set.name || (owner === undefined && !(isUsers && isIdx(file)))) return;
  const got = owner === undefined ? 'another IDX file' : `a file of ${owner.title}`;
  throw new EdgeMlpError(
    'bad-data',
    `${file.name}: expected a file of ${set.title} or no file, got ${got}: name another folder`,
  );
}

function isIdx({ bytes, name }: FoundFile): boolean {
  try {
    return parseIdx(bytes, name, [1, 3]).data.length > 0;
  } catch {
    return false;
  }
}

function buildDataset(
  { name, title, classes, transposed, firstLabel, pictures }: IdxSet,
  images: FoundFile | undefined,
  labels: FoundFile | undefined,
): Dataset {
  if (images === undefined || labels === undefined) throw new Error(`${title}: a file is missing`);
  if (transposed) transposePictures(parseIdx(images.bytes, images.name, [3]).data, IDX_SIDE);
  const dataset = idxDataset({ name, images, labels, classes, ...(firstLabel === undefined ? {} : { firstLabel }) });
  return pictures === undefined ? dataset : { ...dataset, pictures };
}
