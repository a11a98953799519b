/** Images below folders, for `predict` and `calibrate`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { fileError, isFolder } from '../files.ts';

/** Folders are replaced by the images in them. */
export async function expandFolders(files: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const file of files) paths.push(...((await isFolder(file)) ? await listPictureFiles(file) : [file]));
  return paths;
}

/**
 * Paths of the PNG, JPEG and WebP files in a folder and its subfolders, sorted by code unit. Hidden files are ignored, and
 * subfolders behind symbolic links. Throws EdgeMlpError "file", or "bad-data" if there is none.
 */
async function listPictureFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
    throw fileError('read', folder, cause);
  });
  const paths = entries
    .filter((entry) => !entry.isDirectory() && /\.(png|jpe?g|webp)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/(^|[/\\])\.[^./\\]/.test(path.slice(folder.length)));
  if (paths.length === 0) throw new EdgeMlpError('bad-data', `${folder}: expected PNG, JPEG or WebP files, got none`);
  return paths.sort((a, b) => (a < b ? -1 : 1));
}
