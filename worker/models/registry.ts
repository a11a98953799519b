/**
 * Models on R2. `models/NAME/versions/V.safetensors` is written once and never changed; `models/NAME/aliases/ALIAS` is a
 * small object that is replaced by a conditional put; `contracts/NAME` is written once, before the first version.
 */
import { listPages, r2 } from '../r2.ts';
import type { Contract } from './contract.ts';

export interface VersionRecord {
  readonly version: number;
  readonly sha256: string;
  readonly bytes: number;
  readonly layers: readonly number[];
  readonly hiddenActivation: string;
  /** On the data set's own test samples, where the file says so. */
  readonly testAccuracy: number | null;
  /** ISO 8601. */
  readonly created: string;
}

export interface AliasRecord {
  readonly version: number;
  readonly etag: string;
}

/** Every method throws 503 where the store fails. */
export class Registry {
  readonly #bucket: R2Bucket;

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket;
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const { delimitedPrefixes } of listPages(this.#bucket, { prefix: 'models/', delimiter: '/' })) {
      for (const prefix of delimitedPrefixes) names.push(prefix.slice('models/'.length, -1));
    }
    return names;
  }

  async versions(name: string): Promise<VersionRecord[]> {
    const records: VersionRecord[] = [];
    for await (const { objects } of listPages(this.#bucket, { prefix: `models/${name}/versions/` })) {
      for (const object of objects) records.push(readRecord(object));
    }
    return records.sort((a, b) => a.version - b.version);
  }

  async version(name: string, version: number): Promise<VersionRecord | undefined> {
    const object = await r2(() => this.#bucket.head(versionKey(name, version)));
    return object === null ? undefined : readRecord(object);
  }

  async read(name: string, version: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const object = await r2(() => this.#bucket.get(versionKey(name, version)));
    return object === null ? undefined : new Uint8Array(await r2(() => object.arrayBuffer()));
  }

  /** Writes a version, once. Returns false where there is one already. */
  async publish(name: string, record: VersionRecord, bytes: Uint8Array): Promise<boolean> {
    const { version, sha256, layers, hiddenActivation, testAccuracy, created } = record;
    const object = await r2(() =>
      this.#bucket.put(versionKey(name, version), bytes, {
        onlyIf: new Headers({ 'if-none-match': '*' }),
        sha256,
        httpMetadata: { contentType: 'application/octet-stream' },
        customMetadata: {
          sha256,
          layers: layers.join('-'),
          hiddenActivation,
          testAccuracy: String(testAccuracy),
          created,
        },
      }),
    );
    return object !== null;
  }

  /** What all versions of a name have in common; undefined for a name that there is not. */
  async contract(name: string): Promise<Contract | undefined> {
    const object = await r2(() => this.#bucket.get(contractKey(name)));
    return object === null ? undefined : JSON.parse(await r2(() => object.text()));
  }

  /** Writes it, once. Returns what is there then: it may be somebody else's. */
  async settleContract(name: string, contract: Contract): Promise<Contract> {
    const there = await this.contract(name);
    if (there !== undefined) return there;
    const onlyIf = new Headers({ 'if-none-match': '*' });
    const object = await r2(() => this.#bucket.put(contractKey(name), JSON.stringify(contract), { onlyIf }));
    return object === null ? ((await this.contract(name)) ?? contract) : contract;
  }

  async aliases(name: string): Promise<Record<string, number>> {
    const prefix = `models/${name}/aliases/`;
    const aliases: [string, number][] = [];
    for await (const { objects } of listPages(this.#bucket, { prefix })) {
      for (const { key, customMetadata } of objects) {
        aliases.push([key.slice(prefix.length), Number(customMetadata?.version)]);
      }
    }
    return Object.fromEntries(aliases);
  }

  async alias(name: string, alias: string): Promise<AliasRecord | undefined> {
    const object = await r2(() => this.#bucket.head(aliasKey(name, alias)));
    return object === null ? undefined : { version: Number(object.customMetadata?.version), etag: object.httpEtag };
  }

  /**
   * Points an alias at a version, where it is still what `expected` says: an entity tag, or null for an alias that is not
   * there yet. Returns undefined where somebody else was faster.
   */
  async moveAlias(
    name: string,
    alias: string,
    version: number,
    expected: string | null,
  ): Promise<AliasRecord | undefined> {
    const condition = expected === null ? { 'if-none-match': '*' } : { 'if-match': expected };
    // The content is new each time, so that the entity tag is, too: a move there and back is not unseen.
    const content = JSON.stringify({ version, move: crypto.randomUUID() });
    const object = await r2(() =>
      this.#bucket.put(aliasKey(name, alias), content, {
        onlyIf: new Headers(condition),
        customMetadata: { version: String(version) },
      }),
    );
    return object === null ? undefined : { version, etag: object.httpEtag };
  }
}

function versionKey(name: string, version: number): string {
  return `models/${name}/versions/${version}.safetensors`;
}

function aliasKey(name: string, alias: string): string {
  return `models/${name}/aliases/${alias}`;
}

function contractKey(name: string): string {
  return `contracts/${name}`;
}

function readRecord({ key, size, customMetadata = {} }: R2Object): VersionRecord {
  const { sha256 = '', layers = '', hiddenActivation = '', testAccuracy, created = '' } = customMetadata;
  return {
    version: Number(/(\d+)\.safetensors$/.exec(key)?.[1]),
    ...{ sha256, bytes: size, layers: layers.split('-').map(Number), hiddenActivation, created },
    testAccuracy: testAccuracy === undefined || testAccuracy === 'null' ? null : Number(testAccuracy),
  };
}
