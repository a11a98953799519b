/** Arbitrary values and checks for several targets. */
import assert from 'node:assert/strict';
import fc from 'fast-check';

const KB = 1024;
export const MB = KB * KB;

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

export function jsonBytes(value: unknown): Uint8Array<ArrayBuffer> {
  return utf8(JSON.stringify(value) ?? 'null');
}

export function readText(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/** Values in the wrong place: other types, limits of numbers, names of inherited members, depth and length. */
const MISPLACED = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '__proto__', [], {}, [[]], [null], 0, -1, -0, 0.5, 1e-50, 1e39, 1e308),
  fc.constantFrom<unknown>(2 ** 31, 2 ** 32, 2 ** 53, 'x'.repeat(5000), Array(3000).fill(1), { toString: 1 }),
  fc.constantFrom<unknown>({ constructor: null, kind: { toString: null } }, nest(40), Array(70).fill([])),
  fc.jsonValue({ maxDepth: 2 }),
);

function nest(depth: number): unknown {
  return depth === 0 ? 1 : [nest(depth - 1)];
}

/** The value, unchanged or with a value in the wrong place or a new field. */
export function nearly(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.tuple(
    fc.array(fc.nat(1000), { maxLength: 6 }),
    MISPLACED,
    fc.constantFrom('', 'extra', 'toString'),
  );
  const changes = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 3, arbitrary: fc.array(change, { minLength: 1, maxLength: 3 }) },
  );
  return fc.tuple(value, changes).map(([valid, list]) => {
    return list.reduce<unknown>((changed, [path, by, field]) => place(changed, path, by, field), valid);
  });
}

/** A copy with another value at the end of the path, or in a new field there. */
function place(value: unknown, [step, ...path]: readonly number[], by: unknown, field: string): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return by;
  const keys = Object.keys(value);
  if (field !== '' && !Array.isArray(value) && step % 3 === 0) return { ...value, [field]: by };
  const key = keys[step % Math.max(1, keys.length)];
  if (key === undefined) return by;
  const item = place((value as Record<string, unknown>)[key], path, by, field);
  return Array.isArray(value) ? value.with(Number(key), item) : { ...value, [key]: item };
}

export function assertFinite(values: ArrayLike<number>, least = -Infinity, most = Infinity): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    assert(Number.isFinite(value) && value >= least && value <= most, `value ${i} is ${value}`);
  }
}
