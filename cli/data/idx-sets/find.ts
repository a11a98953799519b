/** Where the files of a set may be. */
import { join } from 'node:path';
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { gunzipIfNeeded } from '../../../src/data/decode.ts';
import { exists, readBytes } from '../../files.ts';
import { cacheFolder } from '../cache.ts';
import { checkOwn, checkPublished, type Found } from './check.ts';
import type { IdxPart, IdxSet } from './table.ts';

/** Where a set is put that was downloaded: sets whose files have the same names lie apart. */
export function cachePath(set: IdxSet): string {
  return join(cacheFolder(), set.folders[0] ?? set.name);
}

/** A file in folders of the user's, or where the system has it. Throws `data-missing`, `bad-data` or `file`. */
export async function findOwn(set: IdxSet, part: IdxPart, dataDir: string | undefined): Promise<Found | undefined> {
  for (const folder of await ownFolders(set, dataDir)) {
    const found = await readFile(folder, set.files[part].name);
    if (found === undefined) continue;
    checkOwn(set, part, found);
    return found;
  }
  return undefined;
}

/** A file of the cache, or of a folder that is filled as the cache is; undefined where it is absent or not the publisher's. */
export async function findFetched(set: IdxSet, part: IdxPart, folder: string): Promise<Found | undefined> {
  try {
    const found = await readFile(folder, set.files[part].name);
    if (found !== undefined) checkPublished(set, part, found);
    return found;
  } catch (error) {
    // Damaged: it is fetched again.
    if (error instanceof EdgeMlpError && error.code === 'bad-data') return undefined;
    throw error;
  }
}

async function ownFolders({ folders, sharedNames, installed }: IdxSet, dataDir: string | undefined): Promise<string[]> {
  if (dataDir !== undefined && !(await exists(dataDir))) {
    throw new EdgeMlpError('data-missing', `--data-dir: expected a folder, found nothing at ${dataDir}`);
  }
  const { EDGE_MLP_DATA } = process.env;
  const inside = (root: string) => folders.map((folder) => join(root, ...folder.split('/')));
  return [
    ...(dataDir === undefined ? [] : [...inside(dataDir), dataDir]),
    // Beside MNIST's own files there, others' of the same names would be taken for them.
    ...(EDGE_MLP_DATA ? [...inside(EDGE_MLP_DATA), ...(sharedNames ? [] : [EDGE_MLP_DATA])] : []),
    ...(installed === undefined ? [] : [installed]),
  ];
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

/** A file with that name, whatever it holds. */
export async function readFile(folder: string, name: string): Promise<Found | undefined> {
  const path = await findFile(folder, name);
  if (path === undefined) return undefined;
  const stored = await readBytes(path);
  return { name: path, stored, bytes: await gunzipIfNeeded(stored, path) };
}
