/** From a model name and a version or alias to a network in memory. */
import { STABLE } from '../../src/api/fields.ts';
import { errorMessage } from '../../src/core/errors.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, bundledModel, isBundled } from './bundled.ts';
import { type Network, networkCache } from './networks.ts';
import { type ModelBindings, ModelRegistry, readFile } from './registry.ts';

export interface ModelReference {
  readonly name: string;
  /** Number or alias. */
  readonly version: string;
}

/** Answer of the storage: a version number, or an error. */
interface Answer {
  readonly found: number | Error;
  /** Time of the question, in milliseconds. */
  readonly at: number;
  readonly seconds: number;
}

/** Clients may ask for any number of unknown names. */
const MAX_ANSWERS = 1000;

/** Answers of the storage, by `name@version`, shared by the requests of this isolate. */
const answers = new Map<string, Answer>();
/** Number of calls of `forgetModel`: an answer to a question from before it is not remembered. */
let changes = 0;

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
    const key = `${name}@${version}`;
    const last = answers.get(key);
    if (last !== undefined && isFresh(last)) {
      if (last.found instanceof Error) throw last.found;
      const network = findNetwork(name, last.found);
      if (network !== undefined) return network;
    }
    const [at, before] = [Date.now(), changes];
    // Concurrent requests use the last answer while this one asks.
    if (last !== undefined) remember(key, { found: last.found, at, seconds: LIMITS.retrySeconds });
    const keep = (found: number | Error, seconds: number) => {
      if (before === changes) remember(key, { found, at, seconds });
    };
    try {
      const network = await this.#load(name, version);
      keep(network.version, LIMITS.aliasSeconds);
      return network;
    } catch (error) {
      const substitute = findSubstitute({ name, version }, last, error);
      keep(substitute?.version ?? toError(error), LIMITS.retrySeconds);
      if (substitute === undefined) throw error;
      console.error(error);
      return substitute;
    }
  }

  /** Concurrent requests load separately: the runtime does not let one request wait for the I/O of another. */
  async #load(name: string, version: string): Promise<Network> {
    const held = networkCache.networks.filter((network) => network.name === name).map((network) => network.version);
    const opened = await this.#registry.open(name, version, held);
    if (opened.kind === 'bundled') return loadBundled();
    const { version: number } = opened.version;
    // A held network may have been evicted meanwhile.
    if (opened.kind === 'held') return networkCache.find(name, number) ?? this.#load(name, version);
    return networkCache.add(name, number, parseModel(await readFile(opened), `${name} version ${number}`));
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
 * response contains the version number.
 */
function findSubstitute({ name, version }: ModelReference, last: Answer | undefined, error: unknown) {
  if (!(error instanceof HttpError && error.status === 503)) return undefined;
  const network = typeof last?.found === 'number' ? findNetwork(name, last.found) : undefined;
  return network ?? (name === BUNDLED_NAME && version === STABLE ? loadBundled() : undefined);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(errorMessage(error));
}

/** The clock may jump in either direction. */
function isFresh({ at, seconds }: Answer): boolean {
  const age = Date.now() - at;
  return age >= 0 && age < 1000 * seconds;
}

function remember(key: string, answer: Answer): void {
  answers.delete(key);
  const [oldest] = answers.keys();
  if (answers.size >= MAX_ANSWERS && oldest !== undefined) answers.delete(oldest);
  answers.set(key, answer);
}

/** Asks the storage again for all references of a model. */
export function forgetModel(name: string): void {
  changes++;
  for (const key of answers.keys()) if (key.startsWith(`${name}@`)) answers.delete(key);
}

/** Removes all versions of a model from memory. They are loaded again when requested. */
export function unloadModel(name: string): void {
  for (const network of networkCache.networks)
    if (network.name === name) networkCache.remove(network.name, network.version);
  forgetModel(name);
}
