/** Readers of values from a file. Errors name the value, what was expected and what was found. */
import { EdgeMlpError, formatJson } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';

/** A run of 100,000 epochs has 600,000 fields of history. */
const JSON_LIMITS = { depth: 16, parts: 1_000_000 };

/** A value and its place in the file. */
export class Field {
  readonly value: unknown;
  readonly name: string;

  constructor(value: unknown, name: string) {
    this.value = value;
    this.name = name;
  }

  /** The value of JSON; undefined stays undefined. `source` names the JSON in errors. Throws EdgeMlpError "bad-model". */
  static parse(json: string | Uint8Array | undefined, name: string, source = name): Field {
    return new Field(json === undefined ? undefined : parseJson(json, source, JSON_LIMITS, 'bad-model'), name);
  }

  fail(expected: string): never {
    throw new EdgeMlpError('bad-model', `${this.name}: expected ${expected}, got ${formatJson(this.value)}`);
  }

  get present(): boolean {
    return this.value !== undefined;
  }

  /** A member of an object. */
  at(key: string): Field {
    return new Field(this.record()[key], `${this.name}.${key}`);
  }

  record(): Readonly<Record<string, unknown>> {
    return isRecord(this.value) ? this.value : this.fail('an object');
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.fail('a text');
  }

  number(expected = 'a finite number', accept: (value: number) => boolean = () => true): number {
    const { value } = this;
    return typeof value === 'number' && Number.isFinite(value) && accept(value) ? value : this.fail(expected);
  }

  /** A whole number from 0 to `most`. */
  count(most = Number.MAX_SAFE_INTEGER): number {
    const expected =
      most === Number.MAX_SAFE_INTEGER ? 'a whole number of at least 0' : `a whole number from 0 to ${most}`;
    return this.number(expected, (value) => Number.isSafeInteger(value) && value >= 0 && value <= most);
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('true or false');
  }

  choice<const T extends string>(choices: readonly T[]): T {
    return choices.find((choice) => choice === this.value) ?? this.fail(`one of ${choices.join(', ')}`);
  }

  list(length?: number): Field[] {
    const { value } = this;
    const expected = length === undefined ? 'a list' : `a list of ${length}`;
    if (!Array.isArray(value) || (length !== undefined && value.length !== length)) this.fail(expected);
    return value.map((item: unknown, i) => new Field(item, `${this.name}[${i}]`));
  }

  /** null, or the result of `read`. */
  nullable<T>(read: (field: Field) => T): T | null {
    return this.value === null ? null : read(this);
  }

  /** undefined for a missing value, or the result of `read`. */
  optional<T>(read: (field: Field) => T): T | undefined {
    return this.present ? read(this) : undefined;
  }
}

/** A copy without properties whose value is undefined. */
export function omitUndefined<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
