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
  expect(formatNumber(1234567)).toBe('1,234,567');
});
