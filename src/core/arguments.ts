/** What JavaScript gives that TypeScript would not: said before it makes nonsense. */
import { EdgeMlpError, shown } from './errors.ts';

/** Throws `bad-argument` for what is no object, and for a name that is none of `names`: taken for nothing, it would be a mistake unseen. */
export function checkOptions(call: string, options: object, names: Iterable<string>): void {
  if (typeof options !== 'object' || options === null) {
    throw new EdgeMlpError('bad-argument', `${call}: expected an object of options, got ${shown(options)}`);
  }
  const known = new Set(names);
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown === undefined) return;
  throw new EdgeMlpError('bad-argument', `${call}: expected options of ${[...known].join(', ')}, got ${unknown}`);
}

/** Throws `bad-argument` for anything but bytes, such as the ArrayBuffer of a response. */
export function checkBytes(bytes: Uint8Array, name: string): void {
  // By its tag: that of another realm, as test runners have, is as good.
  const got = Object.prototype.toString.call(bytes).slice('[object '.length, -1);
  if (got === 'Uint8Array') return;
  const hint = got === 'ArrayBuffer' ? ': new Uint8Array(buffer)' : '';
  throw new EdgeMlpError('bad-argument', `${name}: expected a Uint8Array, got ${got}${hint}`);
}
