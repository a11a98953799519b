/** Readers of JSON objects of the protocol. Every reader throws 400 with the path of the field. */
import { describeValue } from '../../src/core/errors.ts';
import { suggestName } from '../../src/core/suggestion.ts';
import { badRequest } from '../errors.ts';

type Reader<Value> = (value: unknown, path: string) => Value;
type Values<Readers> = { [Key in keyof Readers]: Readers[Key] extends Reader<infer Value> ? Value : never };

/**
 * The fields of an object. `path` is empty for the body. Unknown fields are refused, because ignoring one would answer
 * another request than the client's.
 */
export function readFields<Readers extends Record<string, Reader<unknown>>>(
  value: unknown,
  path: string,
  readers: Readers,
): Values<Readers> {
  const record = readRecord(value, path || 'body');
  const unknown = Object.keys(record).find((key) => !Object.hasOwn(readers, key));
  if (unknown !== undefined) {
    const known = Object.keys(readers);
    const step = suggestName(unknown, known) || `, expected ${known.join(', ') || 'none'}`;
    throw badRequest(`${path || 'body'}: unknown field ${describeValue(unknown)}${step}`);
  }
  const prefix = path === '' ? '' : `${path}.`;
  const fields = Object.entries(readers).map(([key, read]) => [key, read(record[key], prefix + key)]);
  return Object.fromEntries(fields) as Values<Readers>;
}

/** Some clients write null for absent fields. */
export function optional<Value>(read: Reader<Value>): Reader<Value | undefined> {
  return (value, path) => (value == null ? undefined : read(value, path));
}

/** An optional object with these fields, which are all absent if it is. */
export function optionalFields<Readers extends Record<string, Reader<unknown>>>(readers: Readers) {
  return (value: unknown, path: string) => readFields(value ?? {}, path, readers);
}

function readRecord(value: unknown, path: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw badRequest(`${path}: expected an object, got ${describeValue(value)}`);
}

export function readList(value: unknown, path: string, most: number): unknown[] {
  if (Array.isArray(value) && value.length <= most) return value;
  const got = Array.isArray(value) ? `${value.length}` : describeValue(value);
  throw badRequest(`${path}: expected a list of at most ${most}, got ${got}`);
}

export function readString(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw badRequest(`${path}: expected a string, got ${describeValue(value)}`);
}

export function readCount(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw badRequest(`${path}: expected a whole number, got ${describeValue(value)}`);
}

export function readFlag(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  throw badRequest(`${path}: expected true or false, got ${describeValue(value)}`);
}
