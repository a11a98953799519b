/** Files of a set, from the web. */
import { join } from 'node:path';
import { EdgeMlpError, errorMessage } from '../../../src/core/errors.ts';
import { gunzipIfNeeded } from '../../../src/data/decode.ts';
import { makeFolder, writeWhole } from '../../files.ts';
import { download } from '../download.ts';
import { checkPublished, type Found } from './check.ts';
import { IDX_PARTS, type IdxPart, type IdxSet } from './table.ts';

/** How far a download has come. */
export interface DownloadProgress {
  /** Its name. */
  readonly file: string;
  /** That have come so far. */
  readonly bytes: number;
  /** Unknown where the server does not say. */
  readonly totalBytes: number | undefined;
}

/** Where files are downloaded from. */
export interface FetchOptions {
  /**
   * Addresses of folders, tried in order. Default: those in $EDGE_MLP_MIRRORS, separated by commas, which have a
   * folder for each set, by its name; or the set's own.
   */
  readonly mirrors?: readonly string[] | undefined;
  /** Called as bytes come. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/**
 * Each file comes from the first mirror that has the right one, and is put into the folder whole, as it is checked. Throws
 * `data-missing` for the first that no mirror gave.
 */
export async function fetchParts(
  set: IdxSet,
  parts: readonly IdxPart[],
  folder: string,
  { mirrors = mirrorsFor(set), onProgress }: FetchOptions,
): Promise<Map<IdxPart, Found>> {
  const fetched = new Map<IdxPart, Found>();
  const suppliers = mirrors.map((mirror) => createSupplier(mirror, onProgress));
  for (const part of parts) fetched.set(part, await fetchPart(set, part, folder, suppliers));
  return fetched;
}

/** Gives a packed file, and says where it comes from. */
type Supplier = (file: string) => Promise<{ readonly name: string; readonly stored: Uint8Array<ArrayBuffer> }>;

async function fetchPart(set: IdxSet, part: IdxPart, folder: string, suppliers: readonly Supplier[]): Promise<Found> {
  const file = packedName(set, part);
  const failures: string[] = [];
  for (const supply of suppliers) {
    try {
      const { name, stored } = await supply(file);
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
  const files = IDX_PARTS.map((other) => packedName(set, other)).join(', ');
  throw new EdgeMlpError(
    'data-missing',
    `${set.title}: ${file} was not found, and no mirror gave it:\n  ${failures.join('\n  ')}\n` +
      `Put ${files} into a folder and name it with --data-dir or EDGE_MLP_DATA.`,
  );
}

function createSupplier(mirror: string, onProgress: FetchOptions['onProgress']): Supplier {
  return async (file) => {
    const name = mirrorUrl(mirror, file);
    return { name, stored: await download(name, (bytes, totalBytes) => onProgress?.({ file, bytes, totalBytes })) };
  };
}

function packedName(set: IdxSet, part: IdxPart): string {
  return `${set.files[part].name}.gz`;
}

function mirrorUrl(mirror: string, name: string): string {
  const base = mirror.endsWith('/') ? mirror : `${mirror}/`;
  if (URL.canParse(name, base)) return new URL(name, base).href;
  throw new EdgeMlpError('data-missing', `${mirror}: expected an address like https://example.org/mnist/`);
}

function mirrorsFor({ name, mirrors }: IdxSet): readonly string[] {
  const { EDGE_MLP_MIRRORS } = process.env;
  if (!EDGE_MLP_MIRRORS) return mirrors;
  return EDGE_MLP_MIRRORS.split(',').map((root) => `${root.replace(/\/$/, '')}/${name}/`);
}
