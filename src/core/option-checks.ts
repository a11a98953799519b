/** Checks of single options: numbers within limits, and tagged unions with numbers as fields. */
import { describeValue, EdgeMlpError, formatValue } from './errors.ts';

/** A limit in words and as a test. */
export type Limit = readonly [expected: string, accept: (value: number) => boolean];

export const POSITIVE_INTEGER: Limit = [
  'a whole number of at least 1',
  (value) => Number.isSafeInteger(value) && value >= 1,
];
export const NOT_NEGATIVE: Limit = ['a number of at least 0', (value) => value >= 0];
export const BELOW_ONE: Limit = ['a number from 0 up to, but not including, 1', (value) => value >= 0 && value < 1];

/** The kinds of a tagged union, and the fields of each kind with their defaults and limits. */
interface UnionFields<Field extends string> {
  readonly kinds: Readonly<Record<string, readonly Field[]>>;
  readonly defaults: Readonly<Record<Field, number>>;
  readonly limits: Readonly<Record<Field, Limit>>;
}

/** Checks a tagged union and fills in the defaults. Throws EdgeMlpError "bad-argument". */
export function checkUnion<Field extends string>(
  name: string,
  given: unknown,
  { kinds, defaults, limits }: UnionFields<Field>,
): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const names = Object.keys(kinds);
    const kind = names.find((name) => name === given) ?? names.at(-1) ?? '';
    const fields = kinds[kind]?.map((field) => `, "${field}": ${defaults[field]}`) ?? [];
    const hint = typeof given === 'string' ? '; version 0.1 had a name and separate options here' : '';
    throw badOption(name, `an object such as {"kind": "${kind}"${fields.join('')}}`, `${describeValue(given)}${hint}`);
  }
  const values = given as Readonly<Record<string, unknown>>;
  const { kind } = values;
  const fields = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (fields === undefined) {
    throw badOption(`${name}.kind`, `one of ${Object.keys(kinds).join(', ')}`, kind ?? 'no kind');
  }
  const unknown = Object.keys(values).find((key) => key !== 'kind' && !fields.includes(key as Field));
  if (unknown !== undefined) {
    const owners = Object.keys(kinds).filter((other) => kinds[other]?.includes(unknown as Field));
    const hint = owners.length === 0 ? '' : `, a field of ${owners.join(', ')}`;
    throw badOption(name, `the fields ${['kind', ...fields].join(', ')} for the kind "${kind}"`, `${unknown}${hint}`);
  }
  const checked = fields.map((field): [string, unknown] => {
    const value = values[field] ?? defaults[field];
    checkNumber(`${name}.${field}`, value, limits[field]);
    return [field, value];
  });
  return { kind, ...Object.fromEntries(checked) };
}

/** Values are checked as the kernels see them: in float32, 1e-50 is 0 and 1e39 is infinite. */
export function checkNumber(name: string, value: unknown, [expected, accept]: Limit): void {
  const number = typeof value === 'number' ? value : Number.NaN;
  const rounded = Number.isInteger(number) ? number : Math.fround(number);
  if (!Number.isFinite(Math.fround(number)) || !accept(rounded)) throw badOption(name, expected, value);
}

export function badOption(name: string, expected: string, got: unknown): EdgeMlpError {
  return new EdgeMlpError('bad-argument', `${name}: expected ${expected}, got ${formatValue(got)}`);
}
