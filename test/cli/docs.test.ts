import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatCommandReference } from '../../docs/generate-cli.ts';

it('docs/cli.md is up to date (npm run docs:cli)', () => {
  expect(readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')).toBe(formatCommandReference());
});
