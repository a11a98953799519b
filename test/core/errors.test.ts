import { expect, it } from 'vitest';
import { describeValue, EdgeMlpError, errorMessage, formatNumber } from '../../src/core/errors.ts';

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
