/** Hashes of bytes, data sets and weights, in hexadecimal. */
import { createHash } from 'node:crypto';
import { asBytes } from '../src/core/bytes.ts';
import type { Dataset } from '../src/core/dataset.ts';
import { type Parameters, parameterBytes } from '../src/core/parameters.ts';

export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** MD5. Only for files whose publishers give no other checksum. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** The data set with its fingerprint: SHA-256 of its inputs, its labels (u16, or f32 for targets) and its weights. */
export function withFingerprint(dataset: Dataset): Dataset {
  const { inputs, labels, weights } = dataset;
  const parts = [inputs, labels, ...(weights === undefined ? [] : [weights])];
  return { ...dataset, sha256: sha256(...parts.map(asBytes)) };
}

export function weightsSha256(parameters: Parameters): string {
  return sha256(parameterBytes(parameters));
}
