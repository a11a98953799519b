/** From a model name and a version or alias to a network in memory. */
import { STABLE } from '../../src/api/fields.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, bundledModel, isBundled } from './bundled.ts';
import { type Network, networkCache } from './networks.ts';
import { ModelRegistry } from './registry.ts';

export interface ModelReference {
  readonly name: string;
  /** Number or alias. */
  readonly version: string;
}

interface CachedAlias {
  readonly version: number | undefined;
  /** Time in milliseconds at which the alias is read again. */
  readonly until: number;
}

/** Clients may ask for any number of unknown names. */
const MAX_CACHED_ALIASES = 1000;

/** Alias targets of this isolate, by `name/alias`, shared by its requests. */
const aliasCache = new Map<string, CachedAlias>();

export class ModelServer {
  readonly #registry: ModelRegistry;

  constructor(bucket: R2Bucket) {
    this.#registry = new ModelRegistry(bucket);
  }

  /**
   * The network of a model. Use it before the next await: a later request may evict it. Throws 404 for an unknown
   * model, and 503 if the storage fails and the bundled model cannot replace it.
   */
  async network({ name, version }: ModelReference): Promise<Network> {
    const number = await this.#resolve(name, version);
    return networkCache.find(name, number) ?? (await this.#load(name, number, version === STABLE));
  }

  /** The file of a model and its version number. Throws 404 or 503. */
  async open({ name, version }: ModelReference): Promise<{ version: number; bytes: Uint8Array<ArrayBuffer> }> {
    const number = await this.#resolve(name, version);
    return { version: number, bytes: await this.#registry.file(name, number) };
  }

  async #resolve(name: string, version: string): Promise<number> {
    if (/^\d+$/.test(version)) return Number(version);
    const cached = aliasCache.get(`${name}/${version}`);
    if (cached !== undefined && Date.now() < cached.until) {
      return cached.version ?? this.#registry.defaultTarget(name, version);
    }
    try {
      // Also caches default targets, because finding one takes a listing.
      const target = (await this.#registry.alias(name, version)).version;
      cacheAlias(name, version, target, LIMITS.aliasSeconds);
      return target;
    } catch (error) {
      // If storage fails, serve the cached target or the bundled model.
      if (cached === undefined && !(name === BUNDLED_NAME && version === STABLE)) throw error;
      cacheAlias(name, version, cached?.version, LIMITS.retrySeconds);
      return cached?.version ?? this.#registry.defaultTarget(name, version);
    }
  }

  /** Concurrent requests load separately: the runtime does not let one request wait for the I/O of another. */
  async #load(name: string, version: number, stable: boolean): Promise<Network> {
    if (isBundled(name, version)) return networkCache.add(name, version, bundledModel());
    try {
      const bytes = await this.#registry.file(name, version);
      return networkCache.add(name, version, parseModel(bytes, `${name} version ${version}`));
    } catch (error) {
      // If the storage fails, the bundled model replaces the stable one. The response contains its version number.
      const unavailable = error instanceof HttpError && error.status === 503;
      if (!(unavailable && stable && name === BUNDLED_NAME)) throw error;
      return networkCache.add(name, BUNDLED_VERSION, bundledModel());
    }
  }
}

export function cacheAlias(name: string, alias: string, version: number | undefined, seconds: number): void {
  const key = `${name}/${alias}`;
  aliasCache.delete(key);
  const [oldest] = aliasCache.keys();
  if (aliasCache.size >= MAX_CACHED_ALIASES && oldest !== undefined) aliasCache.delete(oldest);
  aliasCache.set(key, { version, until: Date.now() + 1000 * seconds });
}

export function forgetAlias(name: string, alias: string): void {
  aliasCache.delete(`${name}/${alias}`);
}

/** Removes all versions and aliases of a model from memory. They are loaded again when requested. */
export function unloadModel(name: string): void {
  for (const network of networkCache.networks) if (network.name === name) networkCache.remove(name, network.version);
  for (const key of aliasCache.keys()) if (key.startsWith(`${name}/`)) aliasCache.delete(key);
}
