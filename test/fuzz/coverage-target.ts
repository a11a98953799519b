/** The entry of coverage-guided fuzzing: `npm run fuzz:coverage` bundles it for jazzer.js. */
import { runCase } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const target = TARGETS.find(({ name }) => name === process.env.FUZZ_PARSER);

/** Throws for a result that `npm run fuzz` reports. */
export async function fuzz(bytes: Uint8Array): Promise<void> {
  if (target === undefined) throw new Error(`FUZZ_PARSER: expected a parser, got ${process.env.FUZZ_PARSER}`);
  const { problem } = await runCase(target, Uint8Array.from(bytes));
  if (problem !== undefined) throw new Error(problem);
}
