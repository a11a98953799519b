/**
 * Answers to requests with an Idempotency-Key, in the SQLite of the object that the requests change. A repeated request
 * gets the answer of the first and changes nothing.
 */
import { HttpError } from '../errors.ts';
import type { RequestKey } from '../requests.ts';
import { checkCell, hasTable } from './sqlite.ts';

/** Answers that an object keeps. A client repeats a request at once, not after many others. */
const KEPT = 32;

export class Answers {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  get bytes(): number {
    if (!hasTable(this.#sql, 'answers')) return 0;
    return this.#sql.exec<{ total: number }>('SELECT COALESCE(SUM(LENGTH(json)), 0) AS total FROM answers').one().total;
  }

  /** The answer to the first request with this key. Throws 409 if that was another request. */
  find<Answer>(key: RequestKey | null): Answer | undefined {
    if (key === null || !hasTable(this.#sql, 'answers')) return undefined;
    const query = 'SELECT request, json FROM answers WHERE key = ?';
    const [row] = this.#sql.exec<{ request: string; json: string }>(query, key.key).toArray();
    if (row === undefined) return undefined;
    if (row.request === key.request) return JSON.parse(row.json) as Answer;
    throw new HttpError(409, 'Idempotency-Key: expected a new key, as this one belongs to another request');
  }

  /** Whether the request repeats another one. Throws 409 as `find` does. */
  has(key: RequestKey | null): boolean {
    return this.find(key) !== undefined;
  }

  /** Call it in the transaction of the change. */
  add(key: RequestKey | null, answer: unknown): void {
    if (key === null) return;
    this.#sql.exec(
      'CREATE TABLE IF NOT EXISTS answers (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE, request TEXT, json TEXT)',
    );
    const query = 'INSERT INTO answers (key, request, json) VALUES (?, ?, ?) RETURNING number';
    const cells = [key.key, key.request, checkCell(JSON.stringify(answer))];
    const { number } = this.#sql.exec<{ number: number }>(query, ...cells).one();
    this.#sql.exec('DELETE FROM answers WHERE number <= ?', number - KEPT);
  }
}
