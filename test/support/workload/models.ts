import assert from 'node:assert/strict';
import type { Client } from '../../../src/client/index.ts';
import { formatModel } from '../../../src/format/model-file.ts';
import { Mlp, type Random } from '../../../src/index.ts';
import { loadKernels } from '../../../src/runtime/node.ts';
import { type Actor, find, hash } from './actor.ts';

const kernels = await loadKernels();

/** A model file of 1.3 MB, two chunks in the storage. */
function createFile(seed: number): Uint8Array<ArrayBuffer> {
  const mlp = Mlp.create(kernels, { layers: [784, 400, 10], seed });
  const classes = Array.from({ length: 10 }, (_, label) => String(label));
  const file = formatModel({
    info: { spec: mlp.spec, classes, scaling: { kind: 'bytes' }, imageShape: [28, 28] },
    parameters: mlp.parameters(),
  });
  mlp.dispose();
  return file;
}

/** Uploads, publishes, moves an alias, deletes versions and whole models. */
export class ModelActor implements Actor {
  readonly name = 'models';
  readonly scope = 'admin';
  readonly #model = 'kept';
  /** Hashes of acknowledged files, by version. */
  readonly #versions = new Map<number, string>();
  /** Requested deletions, answered or not. */
  readonly #deleting = new Set<number>();
  readonly #deleted = new Set<number>();
  /** Acknowledged deletions of whole models. */
  readonly #gone = new Set<string>();
  /** Target of the alias stable; undefined while a move has no answer. */
  #stable: number | undefined;
  #next = 1;
  #whole = 0;
  #isWholeStored = false;

  async act({ models }: Client, random: Random): Promise<void> {
    const kept = [...this.#versions.keys()].filter((version) => !this.#deleting.has(version));
    const additions = kept.length < 6 ? ['upload', 'publish'] : [];
    const kinds = ['whole', ...additions, ...(kept.length < 3 ? [] : ['move', 'delete'])];
    const kind = kinds[random.below(kinds.length)];
    if (kind === 'upload' || kind === 'publish') {
      const file = createFile(this.#next);
      // Published versions take the numbers between those of uploads.
      const number = 1000 * this.#next++;
      const request = kind === 'upload' ? models.upload(this.#model, number, file) : models.publish(this.#model, file);
      this.#versions.set((await request).version, hash(file));
    } else if (kind === 'move') {
      this.#stable = undefined;
      const target = kept[random.below(kept.length)] ?? 0;
      await models.moveAlias(this.#model, 'stable', target);
      this.#stable = target;
    } else if (kind === 'delete') {
      const { served } = await models.get(this.#model);
      const version = kept.find((each) => each !== served) ?? 0;
      this.#deleting.add(version);
      await models.deleteVersion(this.#model, version);
      this.#deleted.add(version);
    } else await this.#changeWhole({ models });
  }

  async #changeWhole({ models }: Pick<Client, 'models'>): Promise<void> {
    const name = `whole-${this.#whole}`;
    if (this.#isWholeStored) {
      // A deletion without an answer may be repeated.
      await find(models.delete(name));
      this.#gone.add(name);
      this.#whole++;
    } else await models.publish(name, createFile(0));
    this.#isWholeStored = !this.#isWholeStored;
  }

  async check({ models }: Client): Promise<void> {
    const names = await models.names();
    for (const name of this.#gone) assert(!names.includes(name), `${name} was deleted`);
    const model = await find(models.get(this.#model));
    assert(model !== undefined || this.#versions.size === 0, 'the model is lost');
    if (model === undefined) return;
    assert(names.includes(this.#model));
    const numbers = model.versions.map(({ version }) => version);
    for (const target of [model.served, ...Object.values(model.aliases)]) assert(numbers.includes(target));
    if (this.#stable !== undefined) assert.equal(model.served, this.#stable);
    for (const number of this.#deleted) assert(!numbers.includes(number), `version ${number} was deleted`);
    for (const number of this.#versions.keys()) {
      assert(numbers.includes(number) || this.#deleting.has(number), `version ${number} is lost`);
    }
    // Versions without an answer are whole as well.
    for (const { version, sha256 } of model.versions) {
      assert.equal(hash(await models.download(this.#model, version)), sha256);
      assert.equal(this.#versions.get(version) ?? sha256, sha256);
    }
  }

  summarize(): string {
    return `${this.#versions.size} versions, ${this.#deleted.size} deleted, ${this.#gone.size} models deleted`;
  }
}
