/** Checks of arguments that TypeScript cannot make for JavaScript callers. */
import { describeValue, EdgeMlpError, formatNumber, formatValue } from './errors.ts';

/** Checks that `options` is an object with no other properties than `names`. Throws EdgeMlpError "bad-argument". */
export function checkOptions(call: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new EdgeMlpError('bad-argument', `${call}: expected an object of options, got ${describeValue(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new EdgeMlpError('bad-argument', `${call}: expected options of ${names.join(', ')}, got ${unknown}`);
}

/** Throws EdgeMlpError "bad-argument" if `bytes` is not a Uint8Array, for instance the ArrayBuffer of a response. */
export function checkBytes(bytes: Uint8Array, name: string): void {
  // By its tag: arrays of another realm, as in test runners, are accepted.
  const got = describeValue(bytes);
  if (got === 'Uint8Array') return;
  const hint = got === 'ArrayBuffer' ? ': new Uint8Array(buffer)' : '';
  throw new EdgeMlpError('bad-argument', `${name}: expected a Uint8Array, got ${got}${hint}`);
}

/** Throws EdgeMlpError "bad-argument" unless `value` is a whole number from 0 to `most`. */
export function checkCount(name: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
  const expected = `a whole number from 0 to ${formatNumber(most)}`;
  throw new EdgeMlpError('bad-argument', `${name}: expected ${expected}, got ${formatValue(value)}`);
}

/** Throws EdgeMlpError "bad-argument". */
export function checkPositiveInteger(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new EdgeMlpError('bad-argument', `${name}: expected a whole number of at least 1, got ${value}`);
}
