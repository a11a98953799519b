/**
 * Models in R2. `models/NAME/versions/V.safetensors` is written once. `models/NAME/aliases/ALIAS` is replaced by
 * conditional puts. `contracts/NAME` is written once, before the first version.
 */
import type { Version } from '../../src/api/models.ts';
import type { ModelFile } from '../../src/format/model-file.ts';
import { createObject, listObjects, listPages, r2, readJsonObject, readObject, sha256 } from '../storage.ts';
import type { Contract } from './contract.ts';

export interface StoredAlias {
  readonly version: number;
  readonly etag: string;
}

export async function describeVersion(
  version: number,
  bytes: Uint8Array<ArrayBuffer>,
  { info }: ModelFile,
): Promise<Version> {
  return {
    version,
    sha256: await sha256(bytes),
    bytes: bytes.length,
    layers: [...info.spec.layers],
    hiddenActivation: info.spec.hiddenActivation,
    testAccuracy: info.provenance?.test?.accuracy ?? null,
    created: new Date().toISOString(),
  };
}

/** All methods throw 503 if R2 fails. */
export class ModelStore {
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

  /** Versions in ascending order. */
  async versions(name: string): Promise<Version[]> {
    const objects = await listObjects(this.#bucket, `models/${name}/versions/`);
    return objects.map(readVersion).sort((a, b) => a.version - b.version);
  }

  async version(name: string, version: number): Promise<Version | undefined> {
    const object = await r2(() => this.#bucket.head(versionKey(name, version)));
    return object === null ? undefined : readVersion(object);
  }

  async read(name: string, version: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return readObject(this.#bucket, versionKey(name, version));
  }

  /** Writes a version. Returns false if the number is taken. */
  async create(name: string, version: Version, bytes: Uint8Array): Promise<boolean> {
    const { sha256, layers, hiddenActivation, testAccuracy, created } = version;
    return createObject(this.#bucket, versionKey(name, version.version), bytes, {
      sha256,
      httpMetadata: { contentType: 'application/octet-stream' },
      customMetadata: {
        sha256,
        layers: layers.join('-'),
        hiddenActivation,
        testAccuracy: String(testAccuracy),
        created,
      },
    });
  }

  /** The contract of a name; undefined for an unknown name. */
  async contract(name: string): Promise<Contract | undefined> {
    return readJsonObject(this.#bucket, `contracts/${name}`);
  }

  /** Writes the contract of a new name. Returns the stored one, which may be another client's. */
  async settleContract(name: string, contract: Contract): Promise<Contract> {
    const stored = await this.contract(name);
    if (stored !== undefined) return stored;
    const created = await createObject(this.#bucket, `contracts/${name}`, JSON.stringify(contract));
    return created ? contract : ((await this.contract(name)) ?? contract);
  }

  async aliases(name: string): Promise<Record<string, number>> {
    const prefix = `models/${name}/aliases/`;
    const objects = await listObjects(this.#bucket, prefix);
    return Object.fromEntries(
      objects.map(({ key, customMetadata }) => [key.slice(prefix.length), Number(customMetadata?.version)]),
    );
  }

  async alias(name: string, alias: string): Promise<StoredAlias | undefined> {
    const object = await r2(() => this.#bucket.head(aliasKey(name, alias)));
    return object === null ? undefined : { version: Number(object.customMetadata?.version), etag: object.httpEtag };
  }

  /**
   * Points an alias at a version if its entity tag is still `expected`; null for an alias that does not exist yet.
   * Returns undefined if another client moved the alias first.
   */
  async moveAlias(
    name: string,
    alias: string,
    version: number,
    expected: string | null,
  ): Promise<StoredAlias | undefined> {
    const condition = expected === null ? { 'if-none-match': '*' } : { 'if-match': expected };
    // A random part changes the entity tag with every move, even with a move there and back.
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

function readVersion({ key, size, customMetadata = {} }: R2Object): Version {
  const { sha256 = '', layers = '', hiddenActivation = '', testAccuracy, created = '' } = customMetadata;
  return {
    version: Number(/(\d+)\.safetensors$/.exec(key)?.[1]),
    sha256,
    bytes: size,
    layers: layers.split('-').map(Number),
    hiddenActivation,
    testAccuracy: testAccuracy === undefined || testAccuracy === 'null' ? null : Number(testAccuracy),
    created,
  };
}
