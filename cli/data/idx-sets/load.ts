/** Named sets: found on this machine or downloaded. */
import { join } from 'node:path';
import type { Dataset } from '../../../src/core/dataset.ts';
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { idxDataset, parseIdx, transposePictures } from '../../../src/data/idx.ts';
import { cacheFolder, exists } from '../../files.ts';
import { type FoundFile, readIdxFile } from '../idx-folder.ts';
import { checkOwn, checkPublished, findOwner } from './check.ts';
import { type FetchOptions, fetchPart } from './fetch.ts';
import { IDX_PARTS, IDX_SIDE, type IdxPart, type IdxSet, MNIST } from './table.ts';

interface IdxSetOptions extends FetchOptions {
  /** Searched first. */
  readonly dataDir?: string | undefined;
}

type TrainAndTest = Readonly<Record<'training' | 'test', Dataset>>;

/**
 * Loads a set from `dataDir`, $EDGE_MLP_DATA, a system package or the cache. Files that are in none of them are
 * downloaded into the cache. Throws EdgeMlpError "data-missing" if a download fails, "bad-data" for a wrong file in a
 * user's folder.
 */
export async function loadIdxSet(set: IdxSet, { dataDir, ...options }: IdxSetOptions = {}): Promise<TrainAndTest> {
  const folder = cachePath(set);
  const files = new Map<IdxPart, FoundFile>();
  for (const part of IDX_PARTS) {
    const file = (await findOwn(set, part, dataDir)) ?? (await findFetched(set, part, folder));
    if (file !== undefined) files.set(part, file);
  }
  const absent = IDX_PARTS.filter((part) => !files.has(part));
  for (const part of absent) files.set(part, await fetchPart(set, part, folder, options));
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
  for (const part of absent) await fetchPart(set, part, folder, options);
  return folder;
}

/** A damaged file may be replaced. A file of another set, or a readable IDX file in a user's folder, may not. */
async function checkReplaceable(set: IdxSet, part: IdxPart, folder: string, isUsers: boolean): Promise<void> {
  const file = await readIdxFile(folder, set.files[part].name).catch(() => undefined);
  const owner = file === undefined ? undefined : findOwner(file);
  if (file === undefined || owner?.name === set.name || (owner === undefined && !(isUsers && isIdx(file)))) return;
  const got = owner === undefined ? 'another IDX file' : `a file of ${owner.title}`;
  const message = `${file.name}: expected a file of ${set.title} or no file, got ${got}: name another folder`;
  throw new EdgeMlpError('bad-data', message);
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

/** Folder of a downloaded set. One folder a set, because three sets share their file names. */
function cachePath(set: IdxSet): string {
  return join(cacheFolder(), set.folders[0] ?? set.name);
}

/**
 * A file in --data-dir, $EDGE_MLP_DATA or a system package, in this order.
 * Throws EdgeMlpError "data-missing", "bad-data" or "file".
 */
async function findOwn(set: IdxSet, part: IdxPart, dataDir: string | undefined): Promise<FoundFile | undefined> {
  for (const folder of await listFolders(set, dataDir)) {
    const file = await readIdxFile(folder, set.files[part].name);
    if (file === undefined) continue;
    checkOwn(set, part, file);
    return file;
  }
  return undefined;
}

/** A file that `fetchPart` wrote; undefined if it is missing or damaged. */
async function findFetched(set: IdxSet, part: IdxPart, folder: string): Promise<FoundFile | undefined> {
  try {
    const file = await readIdxFile(folder, set.files[part].name);
    if (file !== undefined) checkPublished(set, part, file);
    return file;
  } catch (error) {
    if (error instanceof EdgeMlpError && error.code === 'bad-data') return undefined;
    throw error;
  }
}

async function listFolders(
  { folders, sharedNames, installed }: IdxSet,
  dataDir: string | undefined,
): Promise<string[]> {
  if (dataDir !== undefined && !(await exists(dataDir))) {
    throw new EdgeMlpError('data-missing', `--data-dir: expected a folder, got ${dataDir}, which does not exist`);
  }
  const { EDGE_MLP_DATA } = process.env;
  const inside = (root: string) => folders.map((folder) => join(root, ...folder.split('/')));
  return [
    ...(dataDir === undefined ? [] : [...inside(dataDir), dataDir]),
    // $EDGE_MLP_DATA may hold MNIST, whose files have the same names.
    ...(EDGE_MLP_DATA ? [...inside(EDGE_MLP_DATA), ...(sharedNames ? [] : [EDGE_MLP_DATA])] : []),
    ...(installed === undefined ? [] : [installed]),
  ];
}
