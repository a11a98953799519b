import { expect } from 'vitest';
import { EdgeMlpError, type ErrorCode } from '../../src/core/errors.ts';

/** Expects a call to throw an EdgeMlpError with this code, whose message contains or matches `message`. */
export function expectRefusal(call: () => unknown, code: ErrorCode, message: string | RegExp): void {
  let thrown: unknown;
  try {
    call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(EdgeMlpError);
  const { code: got, message: text } = thrown as EdgeMlpError;
  expect(text).toEqual(typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message));
  expect(got).toBe(code);
}
