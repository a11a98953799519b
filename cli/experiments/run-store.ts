/** Finished runs on disk, so that what was computed once is not computed again. */
import { join } from 'node:path';
import { EdgeMlpError, errorMessage } from '../../src/core/errors.ts';
import { formatRun, parseRun, type RunOutcome } from '../../src/format/run-file.ts';
import { cacheFolder } from '../data/cache.ts';
import { exists, makeFolder, readBytes, writeWhole } from '../files.ts';
import { sha256 } from '../hash.ts';

/** What was found for a run. */
export type Stored =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly outcome: RunOutcome }
  | { readonly kind: 'damaged'; readonly reason: string };

/** The digest is the first of the metadata, which are the first of the header: so it has a place in the file. */
const DIGEST_START = 8 + '{"__metadata__":{"sha256":"'.length;
const DIGEST_END = DIGEST_START + 64;
/** Stands in the digest's place while it is computed. */
const NO_DIGEST = '0'.repeat(64);

/** One file for each run, named by the SHA-256 of its identity. */
export class RunStore {
  readonly folder: string;

  constructor(folder = join(cacheFolder(), 'runs')) {
    this.folder = folder;
  }

  filePath(identity: string): string {
    return join(this.folder, `${sha256(new TextEncoder().encode(identity))}.safetensors`);
  }

  /** What is kept of a run. A file that is not what was written is `damaged`. Throws `file` where it cannot be read. */
  async read(identity: string): Promise<Stored> {
    const path = this.filePath(identity);
    if (!(await exists(path))) return { kind: 'none' };
    const bytes = await readBytes(path);
    const digest = new TextDecoder().decode(bytes.subarray(DIGEST_START, DIGEST_END));
    if (digest !== computeDigest(bytes))
      return { kind: 'damaged', reason: `${path}: its SHA-256 is not the one in it` };
    try {
      return { kind: 'found', outcome: parseRun(bytes, path, identity) };
    } catch (error) {
      if (error instanceof EdgeMlpError) return { kind: 'damaged', reason: errorMessage(error) };
      throw error;
    }
  }

  /** Keeps a run, whole or not at all. Throws `file`. */
  async write(identity: string, outcome: RunOutcome): Promise<void> {
    await makeFolder(this.folder);
    const bytes = formatRun(outcome, identity, NO_DIGEST);
    bytes.set(new TextEncoder().encode(computeDigest(bytes)), DIGEST_START);
    await writeWhole(this.filePath(identity), bytes);
  }
}

/** SHA-256 of a file, with zeros where its digest stands. */
function computeDigest(bytes: Uint8Array<ArrayBuffer>): string {
  const zeros = new TextEncoder().encode(NO_DIGEST);
  return sha256(bytes.subarray(0, DIGEST_START), zeros, bytes.subarray(DIGEST_END));
}
