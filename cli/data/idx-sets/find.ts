/** Search for the files of named sets on this machine. */
import { join } from 'node:path';
import { EdgeMlpError } from '../../../src/core/errors.ts';
import { cacheFolder, exists } from '../../files.ts';
import { type FoundFile, readIdxFile } from '../idx-folder.ts';
import { checkOwn, checkPublished } from './check.ts';
import type { IdxPart, IdxSet } from './table.ts';

/** Folder of a downloaded set. One folder a set, because three sets share their file names. */
export function cachePath(set: IdxSet): string {
  return join(cacheFolder(), set.folders[0] ?? set.name);
}

/**
 * A file in --data-dir, $EDGE_MLP_DATA or a system package, in this order.
 * Throws EdgeMlpError "data-missing", "bad-data" or "file".
 */
export async function findOwn(set: IdxSet, part: IdxPart, dataDir: string | undefined): Promise<FoundFile | undefined> {
  for (const folder of await listFolders(set, dataDir)) {
    const file = await readIdxFile(folder, set.files[part].name);
    if (file === undefined) continue;
    checkOwn(set, part, file);
    return file;
  }
  return undefined;
}

/** A file that `fetchParts` wrote; undefined if it is missing or damaged. */
export async function findFetched(set: IdxSet, part: IdxPart, folder: string): Promise<FoundFile | undefined> {
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
