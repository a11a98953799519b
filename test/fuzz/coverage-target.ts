/** The entry of coverage-guided fuzzing: `npm run fuzz:coverage` bundles it for jazzer.js. */
import { refusalCode } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const target = TARGETS.find(({ name }) => name === process.env.FUZZ_PARSER);

/** Throws an error that `npm run fuzz` reports. Without a promise for most parsers: jazzer.js is then faster. */
export function fuzz(bytes: Uint8Array): unknown {
  try {
    const result = target?.parse(Uint8Array.from(bytes));
    return result instanceof Promise ? result.catch(rethrowUnexpected) : undefined;
  } catch (error) {
    rethrowUnexpected(error);
    return undefined;
  }
}

function rethrowUnexpected(error: unknown): void {
  if (refusalCode(error) === undefined) throw error;
}
