import { createHash } from 'node:crypto';
import { bytesOf } from '../core/bytes.ts';
import type { Dataset } from '../core/dataset.ts';
import { type Parameters, parameterBytes } from '../core/parameters.ts';

/** SHA-256 over the bytes of all parts, one after the other, in hexadecimal. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** MD5 in hexadecimal: for files of which their publishers tell no better sum. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/** The data set with its fingerprint: SHA-256 over its inputs, then its labels as little-endian u16. */
export function withFingerprint(dataset: Dataset): Dataset {
  return { ...dataset, sha256: sha256(bytesOf(dataset.inputs), bytesOf(dataset.labels)) };
}

/** SHA-256 over every parameter: equal hashes, equal networks. */
export function weightsSha256(parameters: Parameters): string {
  return sha256(parameterBytes(parameters));
}
