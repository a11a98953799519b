/** From a model name and a version or alias to a network in memory. */
import { STABLE } from '../../src/api/fields.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, bundledModel, isBundled } from './bundled.ts';
import { type Network, networkCache } from './networks.ts';
import { type ModelBindings, ModelRegistry, readOpened } from './registry.ts';

export interface ModelReference {
  readonly name: string;
  /** Number or alias. */
  readonly version: string;
}

/** Answer of the storage: a version number, or the error 404. */
interface Answer {
  readonly found: number | HttpError;
  /** Time of the answer, in milliseconds. */
  readonly at: number;
  readonly seconds: number;
}

/** Clients may ask for any number of unknown names. */
const MAX_ANSWERS = 1000;

/** Answers of the storage, by `name@version`, shared by the requests of this isolate. */
const answers = new Map<string, Answer>();

export class ModelServer {
  readonly #registry: ModelRegistry;

  constructor(env: ModelBindings) {
    this.#registry = new ModelRegistry(env);
  }

  /**
   * The network of a model. Use it before the next await: a later request may evict it. Asks the storage once in
   * `LIMITS.aliasSeconds` for each reference, also for version numbers, which may be deleted. Throws 404 for an unknown
   * model, and 503 if the storage cannot be reached and nothing in memory can replace it.
   */
  async network({ name, version }: ModelReference): Promise<Network> {
    if (isBundled(name, Number(version))) return loadBundled();
    const answer = answers.get(`${name}@${version}`);
    if (answer !== undefined && isFresh(answer)) {
      if (answer.found instanceof HttpError) throw answer.found;
      const network = findNetwork(name, answer.found);
      if (network !== undefined) return network;
    }
    // Concurrent requests use the last answer while this one asks.
    if (answer !== undefined) remember(name, version, answer.found, LIMITS.retrySeconds);
    try {
      const network = await this.#load(name, version);
      remember(name, version, network.version, LIMITS.aliasSeconds);
      return network;
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) remember(name, version, error, LIMITS.retrySeconds);
      const substitute = findSubstitute({ name, version }, answer, error);
      remember(name, version, substitute.version, LIMITS.retrySeconds);
      return substitute;
    }
  }

  /** The file of a model and its version number. Throws 404 or 503. */
  async open({ name, version }: ModelReference): Promise<{ version: number; bytes: Uint8Array<ArrayBuffer> }> {
    return this.#registry.read(name, version);
  }

  /** Concurrent requests load separately: the runtime does not let one request wait for the I/O of another. */
  async #load(name: string, version: string): Promise<Network> {
    const held = networkCache.networks.filter((network) => network.name === name).map((network) => network.version);
    const opened = await this.#registry.open(name, version, held);
    if (opened.version === null) return loadBundled();
    if (opened.file === null) {
      const network = networkCache.find(name, opened.number);
      // It was evicted meanwhile.
      return network ?? this.#load(name, version);
    }
    const { bytes } = await readOpened(opened);
    return networkCache.add(name, opened.number, parseModel(bytes, `${name} version ${opened.number}`));
  }
}

function loadBundled(): Network {
  return (
    networkCache.find(BUNDLED_NAME, BUNDLED_VERSION) ?? networkCache.add(BUNDLED_NAME, BUNDLED_VERSION, bundledModel())
  );
}

function findNetwork(name: string, version: number): Network | undefined {
  return isBundled(name, version) ? loadBundled() : networkCache.find(name, version);
}

/**
 * If the storage fails, the network of its last answer, or the bundled model for the stable version of its name. The
 * response contains the version number. Throws `error` otherwise.
 */
function findSubstitute({ name, version }: ModelReference, answer: Answer | undefined, error: unknown): Network {
  if (!(error instanceof HttpError && error.status === 503)) throw error;
  const last = typeof answer?.found === 'number' ? findNetwork(name, answer.found) : undefined;
  if (last !== undefined) return last;
  if (name === BUNDLED_NAME && version === STABLE) return loadBundled();
  throw error;
}

/** The clock may jump in either direction. */
function isFresh({ at, seconds }: Answer): boolean {
  const age = Date.now() - at;
  return age >= 0 && age < 1000 * seconds;
}

function remember(name: string, version: string, found: Answer['found'], seconds: number): void {
  const key = `${name}@${version}`;
  answers.delete(key);
  const [oldest] = answers.keys();
  if (answers.size >= MAX_ANSWERS && oldest !== undefined) answers.delete(oldest);
  answers.set(key, { found, at: Date.now(), seconds });
}

/** Asks the storage again for all references of a model. */
export function forgetModel(name: string): void {
  for (const key of answers.keys()) if (key.startsWith(`${name}@`)) answers.delete(key);
}

/** Removes all versions of a model from memory. They are loaded again when requested. */
export function unloadModel(name: string): void {
  for (const network of networkCache.networks)
    if (network.name === name) networkCache.remove(network.name, network.version);
  forgetModel(name);
}
