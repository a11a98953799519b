/** Downloads of named sets from mirrors. */
import { join } from 'node:path';
import { EdgeMlpError, errorMessage } from '../../../src/core/errors.ts';
import { gunzipIfNeeded } from '../../../src/data/decode.ts';
import { makeFolder, writeWhole } from '../../files.ts';
import { type DownloadProgress, download } from '../download.ts';
import type { FoundFile } from '../idx-folder.ts';
import { checkPublished } from './check.ts';
import { IDX_PARTS, type IdxPart, type IdxSet } from './table.ts';

export interface FetchOptions {
  /**
   * URLs of folders, tried in order. Default: the comma-separated roots in $EDGE_MLP_MIRRORS, which have one folder a
   * set, or the set's own mirrors.
   */
  readonly mirrors?: readonly string[] | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/**
 * Downloads a file of a set into a folder, from the first mirror that has it with the published checksum. Throws
 * EdgeMlpError "data-missing" if no mirror delivers the file.
 */
export async function fetchPart(set: IdxSet, part: IdxPart, folder: string, options: FetchOptions): Promise<FoundFile> {
  if (set.mirrors.length === 0) throw notDownloadable(set, part);
  const { mirrors = mirrorsFor(set), onProgress } = options;
  const file = gzipName(set, part);
  const failures: string[] = [];
  for (const mirror of mirrors) {
    try {
      const name = mirrorUrl(mirror, file);
      const stored = await download(name, (bytes, totalBytes) => onProgress?.({ file, bytes, totalBytes }));
      const found = { name, stored, bytes: await gunzipIfNeeded(stored, name) };
      checkPublished(set, part, found);
      await makeFolder(folder);
      await writeWhole(join(folder, file), stored);
      return found;
    } catch (error) {
      if (error instanceof EdgeMlpError && error.code === 'file') throw error;
      failures.push(errorMessage(error));
    }
  }
  const files = IDX_PARTS.map((other) => gzipName(set, other)).join(', ');
  throw new EdgeMlpError(
    'data-missing',
    `${set.title}: ${file} was not found locally, and the download failed:\n${failures.join('\n')}\n` +
      `Put ${files} into a folder and name the folder with --data-dir or EDGE_MLP_DATA.`,
  );
}

/** EMNIST is published only inside an archive of all six sets. */
function notDownloadable({ title, name, files }: IdxSet, part: IdxPart): EdgeMlpError {
  return new EdgeMlpError(
    'data-missing',
    `${title}: ${files[part].name}(.gz) was not found locally, and edge-mlp does not download EMNIST.\n` +
      'Download the archive gzip.zip from https://www.nist.gov/itl/products-and-services/emnist-dataset, ' +
      `unpack it (unzip gzip.zip), and name the folder: --data ${name} --data-dir gzip, or EDGE_MLP_DATA=gzip.`,
  );
}

function gzipName(set: IdxSet, part: IdxPart): string {
  return `${set.files[part].name}.gz`;
}

function mirrorUrl(mirror: string, name: string): string {
  const base = mirror.endsWith('/') ? mirror : `${mirror}/`;
  if (URL.canParse(name, base)) return new URL(name, base).href;
  throw new EdgeMlpError('data-missing', `--mirror: expected a URL such as https://example.org/mnist/, got ${mirror}`);
}

function mirrorsFor({ name, mirrors }: IdxSet): readonly string[] {
  const { EDGE_MLP_MIRRORS } = process.env;
  if (!EDGE_MLP_MIRRORS) return mirrors;
  return EDGE_MLP_MIRRORS.split(',').map((root) => `${root.replace(/\/$/, '')}/${name}/`);
}
