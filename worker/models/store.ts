/** Tables of a model in the SQLite of its object. */
import { STABLE } from '../../src/api/fields.ts';
import type { Version } from '../../src/api/models.ts';
import { formatNumber } from '../../src/core/errors.ts';
import { HttpError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { checkCell, hasTable } from '../storage/sqlite.ts';
import { BUNDLED_NAME, BUNDLED_VERSION, isBundled } from './bundled.ts';
import type { Contract } from './contract.ts';
import type { UnnumberedVersion } from './version.ts';

/** Version numbers have up to nine digits. */
const MAX_VERSION = 999_999_999;

export interface AliasTarget {
  readonly version: number;
  /** Undefined for `stable` of the bundled model before its first move. */
  readonly etag?: string;
}

interface StoredVersion {
  readonly version: Version;
  /** Name of the file; null for a deleted version, whose number is never used again. */
  readonly file: string | null;
}

export class ModelStore {
  readonly #sql: SqlStorage;
  readonly #name: string;

  constructor(sql: SqlStorage, name: string) {
    this.#sql = sql;
    this.#name = name;
  }

  /** Creates the tables. Until then the model is unknown. */
  create(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS contract (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS versions (number INTEGER PRIMARY KEY, json TEXT NOT NULL, file TEXT);
      CREATE TABLE IF NOT EXISTS aliases (alias TEXT PRIMARY KEY, version INTEGER NOT NULL, etag TEXT NOT NULL);
    `);
  }

  /** Whether it has no versions, not even deleted ones, and no aliases. */
  get isEmpty(): boolean {
    const rows = 'SELECT number FROM versions UNION SELECT version FROM aliases LIMIT 1';
    return !this.#exists || this.#sql.exec(rows).toArray().length === 0;
  }

  contract(): Contract | undefined {
    if (!this.#exists) return undefined;
    const [row] = this.#sql.exec<{ json: string }>('SELECT json FROM contract').toArray();
    return row && JSON.parse(row.json);
  }

  /** In ascending order, without deleted ones. */
  versions(): Version[] {
    if (!this.#exists) return [];
    return this.#sql
      .exec<{ json: string }>('SELECT json FROM versions WHERE file IS NOT NULL ORDER BY number')
      .toArray()
      .map(({ json }) => JSON.parse(json));
  }

  /** Also finds a deleted version. */
  find(number: number): StoredVersion | undefined {
    if (!this.#exists) return undefined;
    const query = 'SELECT json, file FROM versions WHERE number = ?';
    const [row] = this.#sql.exec<{ json: string; file: string | null }>(query, number).toArray();
    return row && { version: JSON.parse(row.json), file: row.file };
  }

  /** Throws 404. */
  read(number: number): { readonly version: Version; readonly file: string } {
    const { version, file = null } = this.find(number) ?? {};
    if (version === undefined || file === null) {
      throw new HttpError(404, `version ${number} of ${this.#name} not found`);
    }
    return { version, file };
  }

  /**
   * The first version settles the contract and is served: later ones are served when `stable` moves. Throws 409 for
   * too many versions, and after the greatest number.
   */
  add(number: number | null, unnumbered: UnnumberedVersion, contract: Contract, file: string): Version {
    if (this.#countVersions() >= LIMITS.versions) {
      const most = formatNumber(LIMITS.versions);
      throw new HttpError(
        409,
        `${this.#name}: expected at most ${most} versions: delete versions, or choose another name`,
      );
    }
    const version = { version: number ?? this.#nextNumber(), ...unnumbered };
    this.#sql.exec('INSERT OR IGNORE INTO contract (one, json) VALUES (1, ?)', checkCell(JSON.stringify(contract)));
    this.#sql.exec(
      'INSERT INTO versions (number, json, file) VALUES (?, ?, ?)',
      ...[version.version, checkCell(JSON.stringify(version)), file],
    );
    if (this.#name !== BUNDLED_NAME && this.findAlias(STABLE) === undefined) this.moveAlias(STABLE, version.version);
    return version;
  }

  /** Keeps the number, which is never used again. */
  removeVersion(number: number): void {
    this.#sql.exec('UPDATE versions SET file = NULL WHERE number = ?', number);
  }

  aliases(): Record<string, number> {
    if (!this.#exists) return {};
    const rows = this.#sql.exec<{ alias: string; version: number }>(
      'SELECT alias, version FROM aliases ORDER BY alias',
    );
    return Object.fromEntries(rows.toArray().map(({ alias, version }) => [alias, version]));
  }

  findAlias(alias: string): AliasTarget | undefined {
    if (!this.#exists) return undefined;
    return this.#sql
      .exec<{ version: number; etag: string }>('SELECT version, etag FROM aliases WHERE alias = ?', alias)
      .toArray()[0];
  }

  /** Throws 404. */
  target(alias: string): AliasTarget {
    const found = this.findAlias(alias);
    if (found !== undefined) return found;
    if (alias !== STABLE) throw unknownAlias(this.#name, alias);
    if (this.#name === BUNDLED_NAME) return { version: BUNDLED_VERSION };
    throw unknownModel(this.#name);
  }

  /** Every move has another entity tag, also a move there and back. Throws 404 for an unknown version. */
  moveAlias(alias: string, version: number): AliasTarget {
    if (!isBundled(this.#name, version)) this.read(version);
    this.create();
    const etag = `"${crypto.randomUUID()}"`;
    this.#sql.exec('INSERT OR REPLACE INTO aliases (alias, version, etag) VALUES (?, ?, ?)', alias, version, etag);
    return { version, etag };
  }

  /** Throws 404. */
  removeAlias(alias: string): void {
    if (this.findAlias(alias) === undefined) throw unknownAlias(this.#name, alias);
    this.#sql.exec('DELETE FROM aliases WHERE alias = ?', alias);
  }

  /** Removes the aliases and the contract. */
  removeShared(): void {
    this.#sql.exec('DELETE FROM aliases; DELETE FROM contract');
  }

  get #exists(): boolean {
    return hasTable(this.#sql, 'versions');
  }

  #countVersions(): number {
    const query = 'SELECT COUNT(*) AS count FROM versions WHERE file IS NOT NULL';
    return this.#sql.exec<{ count: number }>(query).one().count;
  }

  #nextNumber(): number {
    const { last } = this.#sql.exec<{ last: number }>('SELECT COALESCE(MAX(number), 0) AS last FROM versions').one();
    if (last < MAX_VERSION) return last + 1;
    const expected = `expected a last version below ${MAX_VERSION}, got ${last}`;
    throw new HttpError(409, `${this.#name}: ${expected}: choose another name`);
  }
}

export function unknownModel(name: string): HttpError {
  return new HttpError(404, `model ${name} not found`);
}

function unknownAlias(name: string, alias: string): HttpError {
  return new HttpError(404, `alias ${alias} of ${name} not found`);
}
