/** The model that comes with the Worker, of int8 weights: no look-up, no fetch, there whatever else fails. */
import bytes from '../../models/mnist-784-300-10.int8.safetensors';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';

export const BUNDLED_NAME = 'mnist';
/** Versions of the registry begin with 1; 0 is whatever this deployment brought. */
export const BUNDLED_VERSION = 0;

let parsed: ModelFile | undefined;

export function bundledModel(): ModelFile {
  parsed ??= parseModel(bundledBytes(), 'the bundled model');
  return parsed;
}

export function bundledBytes(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
