/** Changes of the registry: new versions, moves of aliases, and deletions. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { badRequest, HttpError } from '../errors.ts';
import type { Identity } from '../owners.ts';
import type { RequestKey } from '../requests.ts';
import { streamBytes } from '../storage/blobs.ts';
import { refuseWhileRead } from '../storage/directory.ts';
import { askReply } from '../storage/objects.ts';
import { BUNDLED_NAME, bundledModel, isBundled } from './bundled.ts';
import { type Contract, checkContract, readContract } from './contract.ts';
import { networkCache, tryNetwork } from './networks.ts';
import { type ModelBindings, ModelRegistry } from './registry.ts';
import { forgetModel } from './serving.ts';
import type { AliasTarget } from './store.ts';
import type { ModelUpload, Published } from './stored-model.ts';
import { describeVersion } from './version.ts';

/** All methods throw 503 if the storage cannot be reached. */
export class ModelPublisher {
  readonly #env: ModelBindings;
  readonly #by: Identity;
  readonly #registry: ModelRegistry;

  /** `by` is the token that changes models. */
  constructor(env: ModelBindings, by: Identity) {
    this.#env = env;
    this.#by = by;
    this.#registry = new ModelRegistry(env);
  }

  /**
   * Checks a model and publishes it under a number, or under the next free one, unless a version already has this file.
   * Repeating an upload succeeds. Throws 400, 403, 409, 413 or 507.
   */
  async publish(
    name: string,
    number: number | null,
    bytes: Uint8Array<ArrayBuffer>,
    { model = parseModel(bytes, 'the upload'), key = null }: { model?: ModelFile; key?: RequestKey | null } = {},
  ): Promise<Published> {
    if (number !== null && isBundled(name, number)) {
      throw new HttpError(409, `version ${number} of ${name} exists with another file: choose another number`);
    }
    const contract = readContract(model.info);
    if (name === BUNDLED_NAME) checkContract(name, contract, readContract(bundledModel().info));
    tryUpload(model);
    const upload: ModelUpload = { number, version: await describeVersion(bytes, model), contract, key };
    const stored = this.#registry.openModel(name);
    const published = await askReply<Published>(() => stored.upload(this.#by, upload, streamBytes(bytes)));
    // The first version is served at once, and an earlier request may have found that the model does not exist.
    forgetModel(name);
    return published;
  }

  /** Throws 403 for another token's model, or 400 if a model does not fit the earlier versions of its name. */
  async checkUpload(name: string, contract: Contract): Promise<void> {
    if (name === BUNDLED_NAME) checkContract(name, contract, readContract(bundledModel().info));
    await askReply<null>(() => this.#registry.openModel(name).checkUpload(this.#by, contract));
  }

  /** Throws 404 for an unknown version, 412 if the alias has moved since the client read it. */
  async moveAlias(name: string, alias: string, version: number, ifMatch: string | undefined): Promise<AliasTarget> {
    const etag = ifMatch === undefined ? undefined : readEntityTag(ifMatch);
    const moved = await askReply<AliasTarget>(() => this.#registry.openModel(name).moveAlias(alias, version, etag));
    forgetModel(name);
    return moved;
  }

  /** Throws 404, or 409 for `stable`. */
  async removeAlias(name: string, alias: string): Promise<void> {
    await askReply<null>(() => this.#registry.openModel(name).removeAlias(alias));
    forgetModel(name);
  }

  /** Throws 404, or 409 for a version that is served, has an alias, is read by a job, or is bundled. */
  async removeVersion(name: string, number: number): Promise<void> {
    if (isBundled(name, number)) {
      throw new HttpError(409, `version ${number} of ${name} cannot be deleted: it is part of the service`);
    }
    await refuseWhileRead(this.#env, `model ${name}@${number}`);
    await askReply<null>(() => this.#registry.openModel(name).removeVersion(number));
    forgetModel(name);
  }

  /** Deletes all stored versions and aliases. Throws 404, or 409 while a job reads a version. */
  async removeModel(name: string): Promise<void> {
    await refuseWhileRead(this.#env, `model ${name}`);
    await askReply<null>(() => this.#registry.openModel(name).removeAll());
    forgetModel(name);
  }
}

/** Throws 400 unless it is one entity tag in quotes. */
function readEntityTag(ifMatch: string): string {
  if (/^"[^"]+"$/.test(ifMatch)) return ifMatch;
  throw badRequest(`If-Match: expected one entity tag in quotes, got ${ifMatch}`);
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
