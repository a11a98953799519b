import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CASES } from './cases.ts';
import { formatTable } from './table.ts';

it('docs/bundlers.md has the table of the current cases, all of them passed', () => {
  const document = readFileSync(new URL('../../docs/bundlers.md', import.meta.url), 'utf8');
  expect(CASES.length).toBeGreaterThan(25);
  expect(document).toContain(formatTable(CASES.map((row) => ({ row, result: { kind: 'passed' } }))));
});
