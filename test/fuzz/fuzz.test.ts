/** Random and broken inputs for every parser: `npm run fuzz` runs more of them. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fuzz, runCase } from './fuzz.ts';
import { TARGETS } from './targets.ts';

const CASES = 2000;
const FOUND = globSync('test/fixtures/fuzz/*/*').sort();

describe('2,000 random inputs end with a valid result or the typed error', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (_, target) => {
    const { findings, outcomes } = await fuzz(target, { cases: CASES, seed: 1 });
    expect(findings.map(({ reason, bytes }) => `${reason} for ${Buffer.from(bytes).toString('base64')}`)).toEqual([]);
    // Inputs that are all refused for the same reason would test little.
    expect(outcomes.get('valid') ?? 0).toBeGreaterThan(CASES / 20);
    expect(outcomes.size).toBeGreaterThan(1);
  });
});

describe('inputs that failed once', () => {
  it.each(FOUND)('%s', async (path) => {
    const target = TARGETS.find(({ name }) => name === basename(dirname(path)));
    expect(target).toBeDefined();
    if (target === undefined) return;
    const { problem } = await runCase(target, Uint8Array.from(readFileSync(path)));
    expect(problem).toBeUndefined();
  });
});
