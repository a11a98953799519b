/** From a reference to a network: names, versions and aliases, over the registry, the bundled model and the cache. */
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type ModelFile, parseModel } from '../../src/format/model-file.ts';
import { HttpError } from '../errors.ts';
import { sha256 } from '../hash.ts';
import { LIMITS } from '../limits.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, bundledBytes, bundledModel } from './bundled.ts';
import { NetworkCache } from './cache.ts';
import { type Contract, checkContract, readContract } from './contract.ts';
import { type Network, tryNetwork } from './network.ts';
import { Registry, type VersionRecord } from './registry.ts';
import type { Upload } from './upload.ts';

/** Served where no version is asked for. */
export const STABLE = 'stable';

export interface ModelReference {
  readonly name: string;
  /** A number, or an alias. */
  readonly version: string;
}

export interface ModelSummary {
  readonly name: string;
  readonly versions: readonly VersionRecord[];
  readonly aliases: Readonly<Record<string, number>>;
  /** What `stable` means now. */
  readonly served: number;
}

interface RememberedAlias {
  readonly version: number | undefined;
  /** Milliseconds: until then it is not read again. */
  readonly until: number;
}

/** Of the isolate: shared by its requests, lost with it. */
const cache = new NetworkCache(LIMITS);
const aliases = new Map<string, RememberedAlias>();

export class ModelService {
  readonly registry: Registry;

  constructor(bucket: R2Bucket) {
    this.registry = new Registry(bucket);
  }

  get cache(): NetworkCache {
    return cache;
  }

  /**
   * The network must be used before anything is awaited: a later request may need its memory. Throws 404 for what is not
   * there, 503 where the store fails
   * and the bundled model cannot stand in.
   */
  async network({ name, version }: ModelReference): Promise<Network> {
    const number = await this.#resolve(name, version);
    return cache.find(name, number) ?? (await this.#load(name, number, version === STABLE));
  }

  /** The file that a reference stands for now, and its version. Throws as `network` does. */
  async open({ name, version }: ModelReference): Promise<{ version: number; bytes: Uint8Array<ArrayBuffer> }> {
    const number = await this.#resolve(name, version);
    return { version: number, bytes: await this.file(name, number) };
  }

  async summary(name: string): Promise<ModelSummary> {
    const [stored, named] = await Promise.all([this.registry.versions(name), this.registry.aliases(name)]);
    const versions = name === BUNDLED_NAME ? [await bundledRecord(), ...stored] : stored;
    if (versions.length === 0) throw unknownModel(name);
    return { name, versions, aliases: named, served: named[STABLE] ?? servedByDefault(versions) };
  }

  async names(): Promise<string[]> {
    return [...new Set([BUNDLED_NAME, ...(await this.registry.names())])].sort();
  }

  /** Throws 404. */
  async record(name: string, version: number): Promise<VersionRecord> {
    if (isBundled(name, version)) return bundledRecord();
    const record = await this.registry.version(name, version);
    if (record === undefined) throw unknownVersion(name, String(version));
    return record;
  }

  /** The file of a version. Throws 404. */
  async file(name: string, version: number): Promise<Uint8Array<ArrayBuffer>> {
    if (isBundled(name, version)) return bundledBytes();
    const bytes = await this.registry.read(name, version);
    if (bytes === undefined) throw unknownVersion(name, String(version));
    return bytes;
  }

  /**
   * Takes an upload. The very file of a version is that version: who lost the answer may ask again. Throws what `publish` throws.
   */
  async put(
    name: string,
    version: number,
    { model, bytes }: Upload,
  ): Promise<{ record: VersionRecord; created: boolean }> {
    try {
      return { record: await this.publish(name, version, bytes, model), created: true };
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 409)) throw error;
      const there = await this.find(name, version);
      if (there?.sha256 !== (await sha256(bytes))) throw error;
      return { record: there, created: false };
    }
  }

  /** Held against the other versions, tried on a sample, written once. Throws 400 or 409. */
  async publish(
    name: string,
    version: number,
    bytes: Uint8Array<ArrayBuffer>,
    model: ModelFile = parseModel(bytes, 'the upload'),
  ): Promise<VersionRecord> {
    if (isBundled(name, version)) throw taken(name, version);
    const contract = readContract(model.info);
    await this.checkContract(name, contract);
    tryUpload(model);
    const record = await buildRecord(version, bytes, model);
    if (name !== BUNDLED_NAME) checkContract(name, contract, await this.registry.settleContract(name, contract));
    if (!(await this.registry.publish(name, record, bytes))) throw taken(name, version);
    // The first of a name is served, and may have been asked for in vain.
    aliases.delete(`${name}/${STABLE}`);
    return record;
  }

  /** The record of a version, or undefined. */
  async find(name: string, version: number): Promise<VersionRecord | undefined> {
    return isBundled(name, version) ? bundledRecord() : this.registry.version(name, version);
  }

  /** The number after the last. Throws 409 where there is none any more. */
  async nextVersion(name: string): Promise<number> {
    return numberAfter(name, await this.registry.versions(name));
  }

  /** Publishes; undefined where the number is taken. Throws what `publish` throws for any other reason. */
  async tryPublish(
    name: string,
    version: number,
    bytes: Uint8Array<ArrayBuffer>,
    model?: ModelFile,
  ): Promise<VersionRecord | undefined> {
    try {
      return await this.publish(name, version, bytes, model);
    } catch (error) {
      if (error instanceof HttpError && error.status === 409) return undefined;
      throw error;
    }
  }

  /**
   * Publishes as the version after the last; the very bytes of a version are that version, so that nothing is published
   * twice by being asked twice. Throws what `publish` throws.
   */
  async publishNext(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    model?: ModelFile,
  ): Promise<{ record: VersionRecord; created: boolean }> {
    const hash = await sha256(bytes);
    for (;;) {
      const versions = await this.registry.versions(name);
      const same = versions.find((version) => version.sha256 === hash);
      if (same !== undefined) return { record: same, created: false };
      const record = await this.tryPublish(name, numberAfter(name, versions), bytes, model);
      if (record !== undefined) return { record, created: true };
      // Somebody else has taken the number.
    }
  }

  /** Throws 404 for a version that is not there, 412 where the alias is no longer what the client saw. */
  async moveAlias(name: string, alias: string, version: number, ifMatch: string | undefined) {
    await this.record(name, version);
    const expected =
      ifMatch === undefined ? ((await this.registry.alias(name, alias))?.etag ?? null) : readEtag(ifMatch);
    const moved = await this.registry.moveAlias(name, alias, version, expected);
    if (moved === undefined) {
      throw new HttpError(412, `${name}/${alias}: somebody else has moved it meanwhile: look at it again, then repeat`);
    }
    remember(`${name}/${alias}`, version, LIMITS.aliasSeconds);
    return moved;
  }

  /** What an alias points at; `stable` points somewhere from the beginning, without an entity tag. Throws 404. */
  async alias(name: string, alias: string): Promise<{ readonly version: number; readonly etag?: string }> {
    const found = await this.registry.alias(name, alias);
    return found ?? { version: await this.#aliased(name, alias, undefined) };
  }

  /** Takes all versions of a model out of memory; they come back when they are asked. */
  forget(name: string): void {
    for (const network of cache.networks) if (network.name === name) cache.remove(name, network.version);
    for (const key of aliases.keys()) if (key.startsWith(`${name}/`)) aliases.delete(key);
  }

  /** After a trap: nothing that is in memory can be trusted. */
  recover(): void {
    cache.reset();
  }

  async #resolve(name: string, version: string): Promise<number> {
    if (/^\d+$/.test(version)) return Number(version);
    const key = `${name}/${version}`;
    const known = aliases.get(key);
    if (known !== undefined && Date.now() < known.until) {
      return this.#aliased(name, version, known.version);
    }
    try {
      const found = (await this.registry.alias(name, version))?.version;
      // What a model is served in that nobody has promoted is remembered, too: it takes a list to find out.
      const number = await this.#aliased(name, version, found);
      remember(key, number, LIMITS.aliasSeconds);
      return number;
    } catch (error) {
      // What was served a moment ago, or came with the Worker, is better than nothing.
      if (known === undefined && !(name === BUNDLED_NAME && version === STABLE)) throw error;
      remember(key, known?.version, LIMITS.retrySeconds);
      return this.#aliased(name, version, known?.version);
    }
  }

  async #aliased(name: string, alias: string, version: number | undefined): Promise<number> {
    if (version !== undefined) return version;
    if (alias !== STABLE) throw new HttpError(404, `${name}: expected a version or an alias, found no ${alias}`);
    if (name === BUNDLED_NAME) return BUNDLED_VERSION;
    // A model that nobody has promoted is served in its first version.
    const versions = await this.registry.versions(name);
    if (versions.length === 0) throw unknownModel(name);
    return servedByDefault(versions);
  }

  /** Not shared between requests that want the same: the runtime lets none wait for the reading of another. */
  async #load(name: string, version: number, stable: boolean): Promise<Network> {
    if (isBundled(name, version)) return cache.add(name, version, bundledModel());
    try {
      return cache.add(name, version, parseModel(await this.file(name, version), `${name} version ${version}`));
    } catch (error) {
      // The store lost: the bundled model stands in for what is stable, and says which version it is; for nothing else.
      const lost = error instanceof HttpError && error.status === 503;
      if (!(lost && stable && name === BUNDLED_NAME)) throw error;
      return cache.find(name, BUNDLED_VERSION) ?? cache.add(name, BUNDLED_VERSION, bundledModel());
    }
  }

  /** A name that there is not takes anything. Throws 400. */
  async checkContract(name: string, contract: Contract): Promise<void> {
    const there = name === BUNDLED_NAME ? readContract(bundledModel().info) : await this.registry.contract(name);
    if (there !== undefined) checkContract(name, contract, there);
  }
}

/** Numbers have up to nine digits. */
const GREATEST_VERSION = 999_999_999;

/** Bounded, for anybody may ask for names that there are not. */
const MAX_REMEMBERED = 1000;

function remember(key: string, version: number | undefined, seconds: number): void {
  aliases.delete(key);
  const [oldest] = aliases.keys();
  if (aliases.size >= MAX_REMEMBERED && oldest !== undefined) aliases.delete(oldest);
  aliases.set(key, { version, until: Date.now() + 1000 * seconds });
}

function tryUpload(model: ModelFile): void {
  const version = -1;
  try {
    tryNetwork(cache.add('', version, model));
  } catch (error) {
    if (error instanceof EdgeMlpError && error.code === 'out-of-memory') {
      throw new HttpError(413, `the upload: ${error.message}`, {}, error);
    }
    throw error;
  } finally {
    cache.remove('', version);
  }
}

async function buildRecord(
  version: number,
  bytes: Uint8Array<ArrayBuffer>,
  { info }: ModelFile,
): Promise<VersionRecord> {
  const { layers, hiddenActivation } = info.spec;
  return {
    ...{ version, sha256: await sha256(bytes), bytes: bytes.length, layers, hiddenActivation },
    testAccuracy: info.provenance?.test?.accuracy ?? null,
    created: new Date().toISOString(),
  };
}

let bundled: VersionRecord | undefined;

async function bundledRecord(): Promise<VersionRecord> {
  bundled ??= { ...(await buildRecord(BUNDLED_VERSION, bundledBytes(), bundledModel())), created: '' };
  return bundled;
}

/** Until somebody promotes another: publishing alone does not change what is served. */
function servedByDefault([first]: readonly VersionRecord[]): number {
  return first?.version ?? BUNDLED_VERSION;
}

function numberAfter(name: string, versions: readonly VersionRecord[]): number {
  const last = versions.at(-1)?.version ?? 0;
  if (last < GREATEST_VERSION) return last + 1;
  throw new HttpError(
    409,
    `${name}: expected a version below ${GREATEST_VERSION} as the last, got ${last}: take another name`,
  );
}

function isBundled(name: string, version: number): boolean {
  return name === BUNDLED_NAME && version === BUNDLED_VERSION;
}

/** An entity tag as R2 has it: one tag, in quotes. Throws 400. */
function readEtag(ifMatch: string): string {
  if (/^"[^"]+"$/.test(ifMatch)) return ifMatch;
  throw new HttpError(400, `If-Match: expected one entity tag in quotes, got ${ifMatch}`);
}

function taken(name: string, version: number): HttpError {
  return new HttpError(409, `${name}: version ${version} exists, and versions do not change: take another number`);
}

function unknownModel(name: string): HttpError {
  return new HttpError(404, `no model is called ${name}`);
}

function unknownVersion(name: string, version: string): HttpError {
  return new HttpError(404, `${name}: there is no version ${version}`);
}
