/** All installed runtimes compute the same bits; `npm run test:runtimes` is the same comparison as a table. */
import { describe, expect, it } from 'vitest';
import { AVAILABLE } from '../support/tools.ts';
import { findDifference, findProgram, RUNTIMES } from './runtimes.ts';

/** Runtimes that are compared, not skipped, if they are missing. */
const REQUIRED = ['node24', 'workerd', ...(AVAILABLE.chromium ? ['chromium'] : [])];

describe.each(RUNTIMES)('$name', (runtime) => {
  const found = findProgram(runtime);
  if (found === undefined && !REQUIRED.includes(runtime.name)) {
    it.skip(`not found: npm run test:runtimes -- --list ${runtime.name}`);
    return;
  }
  it.each(runtime.flags)('engine flag "%s"', async (flag) => {
    expect(await findDifference(runtime, found?.program ?? 'missing', flag)).toBeUndefined();
  });
});
