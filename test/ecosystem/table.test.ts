import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyFolder, ROOT } from '../support/package.ts';
import { CASES } from './cases.ts';
import { formatCase, type Outcome, readTable, updateTable } from './table.ts';

const document = readFileSync(join(ROOT, 'docs/bundlers.md'), 'utf8');

it('docs/bundlers.md has a row for each case', () => {
  expect(CASES.length).toBeGreaterThan(25);
  expect(readTable(document).map(({ row }) => row)).toEqual(CASES.map(formatCase));
});

describe('updateTable', () => {
  const outcome = (index: number, kind: 'failed' | 'not run'): Outcome => {
    return { row: CASES[index] ?? expect.fail(), result: { kind, reason: '' } };
  };

  it('writes the outcomes, and keeps all other rows and texts', () => {
    const updated = updateTable(document, CASES, [outcome(1, 'failed'), outcome(2, 'not run')]);
    const ticks = readTable(document).map(({ tick }) => tick);
    expect(readTable(updated).map(({ tick }) => tick)).toEqual(ticks.with(1, '✗').with(2, 'not run'));
    expect(updateTable(updated, CASES, [])).toBe(updated);
    expect(updated.length - document.length).toBeLessThanOrEqual('not run'.length);
  });

  it('has no tick for a new case', () => {
    const added = { ...(CASES[0] ?? expect.fail()), configuration: 'a flag' };
    const rows = readTable(updateTable(document, [...CASES, added], []));
    expect(rows.at(-1)).toEqual({ tick: 'not run', row: formatCase(added) });
  });
});

describe('npm run test:ecosystem', () => {
  it('exits with 1 if npm cannot install a tool', () => {
    const cache = emptyFolder();
    onTestFinished(cache.remove);
    const env = {
      ...process.env,
      npm_config_registry: 'http://127.0.0.1:9/',
      npm_config_cache: cache.path,
      npm_config_fetch_retries: '0',
    };
    const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'test/ecosystem/run.ts'), 'deno'], { env });
    expect(String(stdout)).toContain('| not run | Deno |');
    expect(status).toBe(1);
  });
});
