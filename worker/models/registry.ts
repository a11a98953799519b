/** The registry: stored models together with the bundled one. */
import { STABLE } from '../../src/api/fields.ts';
import type { Model, Version } from '../../src/api/models.ts';
import { HttpError } from '../errors.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, bundledBytes, bundledVersion, isBundled } from './bundled.ts';
import { ModelStore } from './store.ts';

/** All methods throw 503 if the storage fails. */
export class ModelRegistry {
  readonly store: ModelStore;

  constructor(bucket: R2Bucket) {
    this.store = new ModelStore(bucket);
  }

  async names(): Promise<string[]> {
    return [...new Set([BUNDLED_NAME, ...(await this.store.names())])].sort();
  }

  /** Throws 404. */
  async model(name: string): Promise<Model> {
    const [stored, aliases] = await Promise.all([this.store.versions(name), this.store.aliases(name)]);
    const versions = name === BUNDLED_NAME ? [await bundledVersion(), ...stored] : stored;
    return { name, versions, aliases, served: aliases[STABLE] ?? firstVersion(name, versions) };
  }

  async find(name: string, version: number): Promise<Version | undefined> {
    return isBundled(name, version) ? bundledVersion() : this.store.version(name, version);
  }

  /** Throws 404. */
  async version(name: string, version: number): Promise<Version> {
    const found = await this.find(name, version);
    if (found === undefined) throw unknownVersion(name, version);
    return found;
  }

  /** The file (safetensors) of a version. Throws 404. */
  async file(name: string, version: number): Promise<Uint8Array<ArrayBuffer>> {
    if (isBundled(name, version)) return bundledBytes();
    const bytes = await this.store.read(name, version);
    if (bytes === undefined) throw unknownVersion(name, version);
    return bytes;
  }

  /** Target of an alias. Without an entity tag for `stable` before its first move. Throws 404. */
  async alias(name: string, alias: string): Promise<{ readonly version: number; readonly etag?: string }> {
    return (await this.store.alias(name, alias)) ?? { version: await this.defaultTarget(name, alias) };
  }

  /** Target of an alias that was never moved: `stable` means the first version. Throws 404. */
  async defaultTarget(name: string, alias: string): Promise<number> {
    if (alias !== STABLE) throw new HttpError(404, `alias ${alias} of ${name} not found`);
    if (name === BUNDLED_NAME) return BUNDLED_VERSION;
    return firstVersion(name, await this.store.versions(name));
  }
}

/** Publishing does not change what is served, so the first version is served until the alias moves. Throws 404. */
function firstVersion(name: string, [first]: readonly Version[]): number {
  if (first === undefined) throw unknownModel(name);
  return first.version;
}

export function unknownModel(name: string): HttpError {
  return new HttpError(404, `model ${name} not found`);
}

function unknownVersion(name: string, version: number): HttpError {
  return new HttpError(404, `version ${version} of ${name} not found`);
}
