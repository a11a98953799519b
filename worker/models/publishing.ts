/** New versions of models, and moves of aliases. */
import { STABLE } from '../../src/api/fields.ts';
import type { Version } from '../../src/api/models.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { badRequest, HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { sha256 } from '../storage.ts';
import { BUNDLED_NAME, bundledModel, isBundled } from './bundled.ts';
import { type Contract, checkContract, readContract } from './contract.ts';
import { networkCache, tryNetwork } from './networks.ts';
import { ModelRegistry } from './registry.ts';
import { cacheAlias, forgetAlias } from './serving.ts';
import { describeVersion, type ModelStore, type StoredAlias } from './store.ts';
import type { Upload } from './upload.ts';

/** Version numbers have up to nine digits. */
const MAX_VERSION = 999_999_999;

interface Published {
  readonly version: Version;
  /** False if a version with this file existed before. */
  readonly created: boolean;
}

/** All methods throw 503 if the storage fails. */
export class ModelPublisher {
  readonly #registry: ModelRegistry;
  readonly #store: ModelStore;

  constructor(bucket: R2Bucket) {
    this.#registry = new ModelRegistry(bucket);
    this.#store = this.#registry.store;
  }

  /** Publishes an upload under a number. Repeating an upload succeeds. Throws 400, 409 or 413. */
  async put(name: string, version: number, { model, bytes }: Upload): Promise<Published> {
    const created = await this.tryPublish(name, version, bytes, model);
    if (created !== undefined) return { version: created, created: true };
    const stored = await this.#registry.find(name, version);
    if (stored?.sha256 === (await sha256(bytes))) return { version: stored, created: false };
    throw new HttpError(409, `version ${version} of ${name} exists with another file: choose another number`);
  }

  /** Publishes under the next free number, unless a version already has this file. Throws 400, 409 or 413. */
  async publishNext(name: string, bytes: Uint8Array<ArrayBuffer>, model?: ModelFile): Promise<Published> {
    const hash = await sha256(bytes);
    for (;;) {
      const versions = await this.#store.versions(name);
      const same = versions.find((version) => version.sha256 === hash);
      if (same !== undefined) return { version: same, created: false };
      // If another client takes the number first, the loop tries the next one.
      const version = await this.tryPublish(name, incrementVersion(name, versions), bytes, model);
      if (version !== undefined) return { version, created: true };
    }
  }

  /**
   * Checks the contract, predicts a sample and writes the version. Undefined if the number is taken. Throws 400 or 413.
   */
  async tryPublish(
    name: string,
    number: number,
    bytes: Uint8Array<ArrayBuffer>,
    model: ModelFile = parseModel(bytes, 'the upload'),
  ): Promise<Version | undefined> {
    if (isBundled(name, number)) return undefined;
    const contract = readContract(model.info);
    await this.checkContract(name, contract);
    tryUpload(model);
    const version = await describeVersion(number, bytes, model);
    if (name !== BUNDLED_NAME) checkContract(name, contract, await this.#store.settleContract(name, contract));
    if (!(await this.#store.create(name, version, bytes))) return undefined;
    // The first version is served at once, and an earlier request may have cached that the alias does not exist.
    forgetAlias(name, STABLE);
    return version;
  }

  /** The next free number. Throws 409 after the greatest number. */
  async nextVersion(name: string): Promise<number> {
    return incrementVersion(name, await this.#store.versions(name));
  }

  /** Throws 400 if a model does not fit the earlier versions of its name. */
  async checkContract(name: string, contract: Contract): Promise<void> {
    const expected = name === BUNDLED_NAME ? readContract(bundledModel().info) : await this.#store.contract(name);
    if (expected !== undefined) checkContract(name, contract, expected);
  }

  /** Throws 404 for an unknown version, 412 if the alias has moved since the client read it. */
  async moveAlias(name: string, alias: string, version: number, ifMatch: string | undefined): Promise<StoredAlias> {
    await this.#registry.version(name, version);
    const expected =
      ifMatch === undefined ? ((await this.#store.alias(name, alias))?.etag ?? null) : readEntityTag(ifMatch);
    const moved = await this.#store.moveAlias(name, alias, version, expected);
    if (moved === undefined) {
      throw new HttpError(412, `alias ${alias} of ${name} was moved by another client: read it again, then retry`);
    }
    cacheAlias(name, alias, version, LIMITS.aliasSeconds);
    return moved;
  }
}

function tryUpload(model: ModelFile): void {
  // Under a name and number that no model has.
  const [name, version] = ['', -1];
  try {
    tryNetwork(networkCache.add(name, version, model));
  } catch (error) {
    if (error instanceof EdgeMlpError && error.code === 'out-of-memory') {
      throw new HttpError(413, `the upload: ${error.message}`, {}, error);
    }
    throw error;
  } finally {
    networkCache.remove(name, version);
  }
}

function incrementVersion(name: string, versions: readonly Version[]): number {
  const last = versions.at(-1)?.version ?? 0;
  if (last < MAX_VERSION) return last + 1;
  throw new HttpError(409, `${name}: expected a last version below ${MAX_VERSION}, got ${last}: choose another name`);
}

/** One entity tag in quotes, as R2 writes it. Throws 400. */
function readEntityTag(ifMatch: string): string {
  if (/^"[^"]+"$/.test(ifMatch)) return ifMatch;
  throw badRequest(`If-Match: expected one entity tag in quotes, got ${ifMatch}`);
}
