/** Finished runs on disk. Each file is named by the SHA-256 of the run's identity. */
import { join } from 'node:path';
import { identifyDataset } from '../../src/core/checkpoint.ts';
import type { Dataset } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import { formatRun, parseRun, type RunOutcome } from '../../src/format/run-file.ts';
import { cacheFolder, exists, makeFolder, readBytes, writeWhole } from '../files.ts';
import { sha256 } from '../hash.ts';
import type { RunData, RunSpec } from '../training/run-spec.ts';

/** Increase it when training or the recorded measures change in a way that the kernels' hash does not show. */
const RECORD_VERSION = 6;

/** Everything that affects the result of a run, as text. Data sets count by their fingerprints, not by name. */
export function runIdentity(spec: RunSpec, data: RunData, kernelsSha256: string): string {
  const { layers, task, hiddenActivation, initialisation, training } = spec;
  const identify = (dataset: Dataset | undefined) =>
    dataset === undefined ? null : { ...identifyDataset(dataset), name: null };
  return JSON.stringify({
    recordVersion: RECORD_VERSION,
    kernels: kernelsSha256,
    layers,
    task,
    hiddenActivation,
    initialisation,
    training: pickTrainingOptions(training),
    data: { training: identify(data.training), validation: identify(data.validation), test: identify(data.test) },
  });
}

export type StoredRun =
  | { readonly kind: 'none' }
  | { readonly kind: 'found'; readonly outcome: RunOutcome }
  | { readonly kind: 'damaged'; readonly reason: string };

/** The digest is the first entry of the metadata, at the start of the header, so its position is fixed. */
const DIGEST_START = 8 + '{"__metadata__":{"sha256":"'.length;
const DIGEST_END = DIGEST_START + 64;
/** Placeholder while the digest is computed. */
const NO_DIGEST = '0'.repeat(64);

export class RunStore {
  readonly folder: string;

  constructor(folder = join(cacheFolder(), 'runs')) {
    this.folder = folder;
  }

  filePath(identity: string): string {
    return join(this.folder, `${sha256(new TextEncoder().encode(identity))}.safetensors`);
  }

  /** Throws EdgeMlpError "file" if a file cannot be read. */
  async read(identity: string): Promise<StoredRun> {
    const path = this.filePath(identity);
    if (!(await exists(path))) return { kind: 'none' };
    const bytes = await readBytes(path);
    const digest = new TextDecoder().decode(bytes.subarray(DIGEST_START, DIGEST_END));
    if (digest !== computeDigest(bytes)) return { kind: 'damaged', reason: `${path}: its SHA-256 is wrong` };
    try {
      return { kind: 'found', outcome: parseRun(bytes, path, identity) };
    } catch (error) {
      if (error instanceof EdgeMlpError) return { kind: 'damaged', reason: error.message };
      throw error;
    }
  }

  /** Throws EdgeMlpError "file". */
  async write(identity: string, outcome: RunOutcome): Promise<void> {
    await makeFolder(this.folder);
    const bytes = formatRun(outcome, identity, NO_DIGEST);
    bytes.set(new TextEncoder().encode(computeDigest(bytes)), DIGEST_START);
    await writeWhole(this.filePath(identity), bytes);
  }
}

/** SHA-256 of a file with zeros in place of its digest. */
function computeDigest(bytes: Uint8Array<ArrayBuffer>): string {
  const zeros = new TextEncoder().encode(NO_DIGEST);
  return sha256(bytes.subarray(0, DIGEST_START), zeros, bytes.subarray(DIGEST_END));
}
