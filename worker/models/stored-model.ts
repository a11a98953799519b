/** A model in the storage: a Durable Object with its versions and aliases. Every change is one transaction. */
import { DurableObject } from 'cloudflare:workers';
import { STABLE } from '../../src/api/fields.ts';
import type { Version } from '../../src/api/models.ts';
import { HttpError, type Reply, reply } from '../errors.ts';
import type { Identity } from '../owners.ts';
import type { RequestKey } from '../requests.ts';
import { Answers } from '../storage/answers.ts';
import { drain } from '../storage/blobs.ts';
import { Files } from '../storage/files.ts';
import { isBundled } from './bundled.ts';
import { type Contract, checkContract } from './contract.ts';
import { type AliasTarget, ModelStore, unknownModel } from './store.ts';
import type { UnnumberedVersion } from './version.ts';

export interface ModelUpload {
  /** Null for the next free number, unless a version already has this file. */
  readonly number: number | null;
  readonly version: UnnumberedVersion;
  readonly contract: Contract;
  /** Null without an Idempotency-Key. */
  readonly key: RequestKey | null;
}

export interface Published {
  readonly version: Version;
  /** False if a version with this file existed before. */
  readonly created: boolean;
}

/** Versions in ascending order, without the bundled one. */
export interface StoredVersions {
  readonly versions: readonly Version[];
  readonly aliases: Readonly<Record<string, number>>;
}

/** A version, and its file unless it is bundled or the caller holds it. Cancel a file that you do not read. */
export type Opened =
  | { readonly kind: 'bundled' }
  | { readonly kind: 'held'; readonly version: Version }
  | { readonly kind: 'file'; readonly version: Version; readonly file: ReadableStream<Uint8Array> };

/** Version numbers, for the list of models. */
export type ModelSummary = readonly number[];

export class StoredModel extends DurableObject<Env> {
  readonly #files: Files;
  readonly #store: ModelStore;
  readonly #answers: Answers;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#files = new Files(ctx, env, 'model', () => this.#summarize());
    this.#store = new ModelStore(ctx.storage.sql, this.#files.name);
    this.#answers = new Answers(ctx.storage.sql);
    this.#files.removeUnfinished();
  }

  async describe(): Promise<Reply<StoredVersions>> {
    return reply(() => ({ versions: this.#store.versions(), aliases: this.#store.aliases() }));
  }

  /** Refuses with 403 another owner's model, and with 400 a contract that differs from that of the versions. */
  async checkUpload(by: Identity, contract: Contract): Promise<Reply<null>> {
    return reply(() => {
      this.#files.checkUploader(by);
      this.#checkContract(contract);
      return null;
    });
  }

  /** The version that a number or alias means; without its file if its number is in `held`. Refuses with 404. */
  async open(reference: string, held: readonly number[]): Promise<Reply<Opened>> {
    return reply(() => {
      const number = /^\d+$/.test(reference) ? Number(reference) : this.#store.target(reference).version;
      if (isBundled(this.#files.name, number)) return { kind: 'bundled' };
      const { file, version } = this.#store.read(number);
      if (held.includes(number)) return { kind: 'held', version };
      return { kind: 'file', version, file: this.#files.stream(file) };
    });
  }

  /** Stores a version. Repeating an upload succeeds. Refuses with 400, 403, 409 or 507. */
  async upload(by: Identity, upload: ModelUpload, stream: ReadableStream<Uint8Array>): Promise<Reply<Published>> {
    const keep = (file: string): Published => {
      this.#store.create();
      // Another upload may have ended first.
      const known = this.#findUploaded(upload);
      if (known !== undefined) return { version: known, created: false };
      this.#files.keep(file);
      const { number, version, contract, key } = upload;
      const added = this.#store.add(number, version, contract, file);
      this.#answers.add(key, added);
      return { version: added, created: true };
    };
    return reply(async () => {
      try {
        this.#files.checkUploader(by);
        const known = this.#findUploaded(upload);
        if (known !== undefined) {
          // The first request may have ended before this.
          await this.#files.announce();
          return { version: known, created: false };
        }
        return await this.#files.receive(by, upload.version.bytes, stream, keep);
      } finally {
        await drain(stream);
      }
    });
  }

  /** Refuses with 404. */
  async alias(alias: string): Promise<Reply<AliasTarget>> {
    return reply(() => this.#store.target(alias));
  }

  /** Refuses with 404 for an unknown version, 412 if the alias has moved since the client read `etag`. */
  async moveAlias(alias: string, version: number, etag: string | undefined): Promise<Reply<AliasTarget>> {
    return reply(() =>
      this.#files.transaction(() => {
        const current = this.#store.findAlias(alias);
        const moved = this.#store.moveAlias(alias, version);
        if (etag === undefined || current?.etag === etag) return moved;
        const message = `alias ${alias} of ${this.#files.name} was moved by another client: read it again, then retry`;
        throw new HttpError(412, message);
      }),
    );
  }

  /** Refuses with 404, and with 409 for `stable`. */
  async removeAlias(alias: string): Promise<Reply<null>> {
    return reply(() => {
      if (alias === STABLE) throw new HttpError(409, `alias ${STABLE} cannot be deleted: move it to another version`);
      this.#store.removeAlias(alias);
      return null;
    });
  }

  /** Refuses with 404, and with 409 for a version that is served or has an alias. */
  async removeVersion(number: number): Promise<Reply<null>> {
    return reply(() =>
      this.#remove(() => {
        const { file } = this.#store.read(number);
        const [alias] = Object.entries(this.#store.aliases()).find(([, version]) => version === number) ?? [];
        if (alias !== undefined) {
          const reason = `because the alias ${alias} points at it: move the alias first`;
          throw new HttpError(409, `version ${number} of ${this.#files.name} cannot be deleted, ${reason}`);
        }
        this.#files.remove(file);
        this.#store.removeVersion(number);
      }),
    );
  }

  /** Deletes all versions and aliases. Refuses with 404. */
  async removeAll(): Promise<Reply<null>> {
    return reply(() =>
      this.#remove(() => {
        const versions = this.#store.versions();
        if (versions.length + Object.keys(this.#store.aliases()).length === 0) throw unknownModel(this.#files.name);
        for (const { version } of versions) {
          this.#files.remove(this.#store.read(version).file);
          this.#store.removeVersion(version);
        }
        this.#store.removeShared();
        this.#files.release();
      }),
    );
  }

  /** Cleans up after an interrupted change. */
  override async alarm(): Promise<void> {
    await this.#files.cleanUp(() => this.#store.isEmpty);
  }

  async #remove(work: () => void): Promise<null> {
    await this.#files.watch();
    this.#files.transaction(work);
    await this.#files.announce();
    return null;
  }

  /** Throws 400. */
  #checkContract(contract: Contract): void {
    const expected = this.#store.contract();
    if (expected !== undefined) checkContract(this.#files.name, contract, expected);
  }

  /** The version that has this file already, if the upload may mean it. Throws 400 or 409. */
  #findUploaded({ number, version: { sha256 }, contract, key }: ModelUpload): Version | undefined {
    const answered = this.#answers.find<Version>(key);
    if (answered !== undefined) return answered;
    this.#checkContract(contract);
    if (number === null) return this.#store.versions().find((version) => version.sha256 === sha256);
    const found = this.#store.find(number);
    if (found === undefined) return undefined;
    const subject = `version ${number} of ${this.#files.name}`;
    if (found.file === null) {
      throw new HttpError(409, `${subject} was deleted, and its number is not used again: choose another number`);
    }
    if (found.version.sha256 === sha256) return found.version;
    throw new HttpError(409, `${subject} exists with another file: choose another number`);
  }

  #summarize(): ModelSummary | undefined {
    const numbers = this.#store.versions().map(({ version }) => version);
    return numbers.length === 0 ? undefined : numbers;
  }
}
