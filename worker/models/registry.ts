/** The registry: stored models together with the bundled one. */
import type { Model } from '../../src/api/models.ts';
import { LIMITS } from '../limits.ts';
import { ask, askReply } from '../storage/ask.ts';
import { collect } from '../storage/blobs.ts';
import { listEntries, type ReaderBindings } from '../storage/directory.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, bundledBytes, bundledVersion, isBundled } from './bundled.ts';
import { type AliasTarget, unknownModel } from './store.ts';
import type { ModelSummary, Opened, StoredModel, StoredVersions } from './stored-model.ts';

export type ModelBindings = Pick<Env, 'MODELS'> & ReaderBindings;

/** All methods throw 503 if the storage cannot be reached. */
export class ModelRegistry {
  readonly #env: ModelBindings;

  constructor(env: ModelBindings) {
    this.#env = env;
  }

  async names(): Promise<string[]> {
    return (await this.list()).map(({ name }) => name);
  }

  /** Names and version numbers of all models. */
  async list(): Promise<{ name: string; versions: readonly number[] }[]> {
    const listed = await listEntries(this.#env, 'model', LIMITS.listed);
    const stored = listed.map(({ name, summary }) => ({ name, versions: summary as ModelSummary }));
    const own = stored.find(({ name }) => name === BUNDLED_NAME)?.versions ?? [];
    const bundled = { name: BUNDLED_NAME, versions: [BUNDLED_VERSION, ...own] };
    return [bundled, ...stored.filter(({ name }) => name !== BUNDLED_NAME)].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws 404. */
  async model(name: string): Promise<Model> {
    const { versions: stored, aliases } = await askReply<StoredVersions>(() => this.stored(name).describe());
    const versions = name === BUNDLED_NAME ? [await bundledVersion(), ...stored] : [...stored];
    const [first] = versions;
    if (first === undefined) throw unknownModel(name);
    return { name, versions, aliases: { ...aliases }, served: aliases.stable ?? first.version };
  }

  /**
   * The version that a number or alias means, and its file unless its number is in `held`. Cancel a file that you do
   * not read. Throws 404.
   */
  async open(name: string, reference: string, held: readonly number[] = []): Promise<Opened> {
    if (isBundled(name, Number(reference))) return { number: BUNDLED_VERSION, version: null, file: null };
    return askReply<Opened>(() => this.stored(name).open(reference, held));
  }

  /** The whole file (safetensors) of what a number or alias means. Throws 404. */
  async read(name: string, reference: string): Promise<{ version: number; bytes: Uint8Array<ArrayBuffer> }> {
    return readOpened(await this.open(name, reference));
  }

  /** Throws 404. */
  async alias(name: string, alias: string): Promise<AliasTarget> {
    return askReply<AliasTarget>(() => this.stored(name).alias(alias));
  }

  stored(name: string): DurableObjectStub<StoredModel> {
    return this.#env.MODELS.getByName(name);
  }
}

/** Reads the file of an opened version. Throws 503 if it breaks off. */
export async function readOpened({ number, version, file }: Opened) {
  const bytes = file === null || version === null ? bundledBytes() : await ask(() => collect(file, version.bytes));
  return { version: number, bytes };
}
