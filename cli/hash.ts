import { createHash } from 'node:crypto';
import { asBytes } from '../src/core/bytes.ts';
import type { Dataset } from '../src/core/dataset.ts';
import { type Parameters, parameterBytes } from '../src/core/parameters.ts';

/**
 * SHA-256 over the bytes of all parts, one after the other, in hexadecimal.
 *
 * @example
 * ```ts
 * import { sha256 } from 'edge-mlp';
 *
 * console.log(sha256(Uint8Array.of(1), Uint8Array.of(2)) === sha256(Uint8Array.of(1, 2))); // true
 * ```
 */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** MD5 in hexadecimal: for files of which their publishers tell no better sum. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

/**
 * The data set with its fingerprint: SHA-256 over its inputs, then its labels as little-endian u16.
 *
 * @example
 * ```ts
 * import { ellipseDataset } from 'edge-mlp/data';
 * import { withFingerprint } from 'edge-mlp';
 *
 * const dataset = withFingerprint(ellipseDataset({ samples: 10, seed: 1 }));
 * console.log(dataset.sha256?.length); // 64
 * ```
 */
export function withFingerprint(dataset: Dataset): Dataset {
  return { ...dataset, sha256: sha256(asBytes(dataset.inputs), asBytes(dataset.labels)) };
}

/**
 * SHA-256 over every parameter: equal hashes, equal networks.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { loadKernels, weightsSha256 } from 'edge-mlp';
 *
 * const kernels = await loadKernels();
 * const hash = (seed: number) => weightsSha256(Mlp.create(kernels, { layers: [2, 3, 2], seed }).parameters());
 * console.log(hash(1) === hash(1), hash(1) === hash(2)); // true false
 * ```
 */
export function weightsSha256(parameters: Parameters): string {
  return sha256(parameterBytes(parameters));
}
