import { expect, it } from 'vitest';
import {
  describeValue,
  EdgeMlpError,
  errorMessage,
  formatJson,
  formatNumber,
  listNames,
} from '../../src/core/errors.ts';

it.each([
  [undefined, 'nothing'],
  [null, 'null'],
  [true, 'true'],
  [1.5, '1.5'],
  ['a "b"', '"a \\"b\\""'],
  ['x'.repeat(70), `"${'x'.repeat(60)}"`],
  [() => 1, 'a function'],
  [[1, 2], 'a list of 2'],
  [{ a: 1 }, 'an object'],
  [new Map(), 'Map'],
  [Promise.resolve(), 'Promise'],
  [new Float64Array(2), 'Float64Array'],
])('%o is described as %s', (value, expected) => {
  expect(describeValue(value)).toBe(expected);
});

it('names and JSON are shortened', () => {
  expect(listNames([])).toBe('none');
  expect(listNames(['a'.repeat(60), 'b'.repeat(61)])).toBe(`${'a'.repeat(60)}, ${'b'.repeat(60)} …`);
  expect(listNames(Array.from({ length: 1001 }, () => 'x'))).toBe(`${'x, '.repeat(20)}… (1,001)`);
  expect([formatJson(undefined), formatJson('x'.repeat(60))]).toEqual(['nothing', `"${'x'.repeat(59)} …`]);
});

it('errors have a code, a name and a cause; anything thrown has a message', () => {
  const cause = new Error('why');
  const error = new EdgeMlpError('bad-data', 'what', { cause });
  expect([error.name, error.code, error.message, error.cause]).toEqual(['EdgeMlpError', 'bad-data', 'what', cause]);
  expect([errorMessage(error), errorMessage('text'), errorMessage(undefined)]).toEqual(['what', 'text', 'undefined']);
});

it.each([0, 7, 999, 1000, 1000.1, 65_536, -1_234_567.25, 2 ** 53])(
  'the number %d is formatted as in English',
  (value) => {
    expect(formatNumber(value)).toBe(value.toLocaleString('en-US'));
  },
);
