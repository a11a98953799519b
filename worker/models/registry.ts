/** The registry: stored models together with the bundled one. */
import type { Model } from '../../src/api/models.ts';
import { SERVICE } from '../owners.ts';
import { collect } from '../storage/blobs.ts';
import { listEntries, type Page, type ReaderBindings } from '../storage/directory.ts';
import { ask, askReply } from '../storage/objects.ts';
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

  /** Names and version numbers of models, by name. */
  async list(page: Page): Promise<{ models: { name: string; versions: readonly number[] }[]; next: string | null }> {
    const { items, next } = await listEntries(this.#env, 'model', SERVICE, page);
    const listed = items.map(({ name, summary }) => ({ name, versions: summary as ModelSummary }));
    const stored = listed.find(({ name }) => name === BUNDLED_NAME);
    const bundled = { name: BUNDLED_NAME, versions: [BUNDLED_VERSION, ...(stored?.versions ?? [])] };
    const others = listed.filter((model) => model !== stored);
    const isHere = BUNDLED_NAME > (page.cursor ?? '') && (next === null || BUNDLED_NAME <= next);
    const sorted = [...others, ...(isHere ? [bundled] : [])].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (sorted.length <= page.limit) return { models: sorted, next };
    const models = sorted.slice(0, page.limit);
    return { models, next: models.at(-1)?.name ?? null };
  }

  /** Throws 404. */
  async model(name: string): Promise<Model> {
    const { versions: stored, aliases } = await askReply<StoredVersions>(() => this.openModel(name).describe());
    const versions = name === BUNDLED_NAME ? [await bundledVersion(), ...stored] : [...stored];
    if (versions.length === 0) throw unknownModel(name);
    return { name, versions, aliases: { ...aliases }, served: aliases.stable ?? BUNDLED_VERSION };
  }

  /** The version that a number or alias means; without its file if its number is in `held`. Throws 404. */
  async open(name: string, reference: string, held: readonly number[] = []): Promise<Opened> {
    if (isBundled(name, Number(reference))) return { kind: 'bundled' };
    return askReply<Opened>(() => this.openModel(name).open(reference, held));
  }

  /** The whole file (safetensors) of what a number or alias means. Throws 404. */
  async read(name: string, reference: string): Promise<{ version: number; bytes: Uint8Array<ArrayBuffer> }> {
    const opened = await this.open(name, reference);
    if (opened.kind === 'bundled') return { version: BUNDLED_VERSION, bytes: bundledBytes() };
    return { version: opened.version.version, bytes: await readFile(opened) };
  }

  /** Throws 404. */
  async alias(name: string, alias: string): Promise<AliasTarget> {
    return askReply<AliasTarget>(() => this.openModel(name).alias(alias));
  }

  openModel(name: string): DurableObjectStub<StoredModel> {
    return this.#env.MODELS.getByName(name);
  }
}

/** Bytes of an opened file. Throws 503 if it breaks off, or an error for a version without its file. */
export async function readFile(opened: Opened): Promise<Uint8Array<ArrayBuffer>> {
  if (opened.kind !== 'file') throw new Error(`expected a file, got ${opened.kind}`);
  return ask(() => collect(opened.file, opened.version.bytes));
}
