/** The model in the Worker's own bundle, with int8 weights: it answers even if the storage is unavailable. */
import bytes from '../../models/mnist-784-300-10.int8.safetensors';
import type { Version } from '../../src/api/models.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { describeVersion } from './version.ts';

export const BUNDLED_NAME = 'mnist';
/** Versions of the registry start with 1; version 0 changes with the deployment. */
export const BUNDLED_VERSION = 0;

let model: ModelFile | undefined;
let version: Version | undefined;

export function isBundled(name: string, version: number): boolean {
  return name === BUNDLED_NAME && version === BUNDLED_VERSION;
}

export function bundledBytes(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

export function bundledModel(): ModelFile {
  model ??= parseModel(bundledBytes(), 'the bundled model');
  return model;
}

export async function bundledVersion(): Promise<Version> {
  version ??= { version: BUNDLED_VERSION, ...(await describeVersion(bundledBytes(), bundledModel())), created: '' };
  return version;
}
