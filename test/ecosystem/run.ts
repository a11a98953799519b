/**
 * `npm run test:ecosystem`: installs the packed package and each tool in a temporary folder, runs the app there, and
 * prints a table. Exits with 1 unless every case passed. Arguments choose the cases whose names contain one of them;
 * `--list` prints the names, and `--write` writes the results into docs/bundlers.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { emptyFolder, install, pack, project, ROOT } from '../support/package.ts';
import type { Case } from './case.ts';
import { CASES } from './cases.ts';
import { runCase } from './run-case.ts';
import { formatTable, type Outcome, updateTable } from './table.ts';

const options = { list: { type: 'boolean' }, write: { type: 'boolean' } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const chosen = CASES.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
if (values.list) console.log(CASES.map(({ name }) => name).join('\n'));
else if (chosen.length > 0) process.exitCode = await main(chosen);
else {
  console.error(`expected a part of a name that --list prints, got ${positionals.join(' ')}`);
  process.exitCode = 2;
}

async function main(cases: readonly Case[]): Promise<number> {
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  const outer = emptyFolder();
  try {
    const tarball = pack(outer.path);
    const outcomes: Outcome[] = [];
    for (const row of cases) {
      // Not at once: servers that run in other process groups must end, and the folder must be removed.
      if (interrupted) break;
      const started = performance.now();
      process.stderr.write(`${outcomes.length + 1}/${cases.length} ${row.name} … `);
      const result = await attempt(row, join(outer.path, row.name), tarball);
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      process.stderr.write(`${result.kind}, ${seconds} s\n${result.kind === 'passed' ? '' : `${result.reason}\n`}`);
      outcomes.push({ row, result });
    }
    console.log(formatTable(outcomes));
    if (values.write) {
      const document = join(ROOT, 'docs/bundlers.md');
      writeFileSync(document, updateTable(readFileSync(document, 'utf8'), CASES, outcomes));
    }
    const passed = outcomes.filter(({ result }) => result.kind === 'passed');
    return passed.length === cases.length ? 0 : 1;
  } finally {
    outer.remove();
  }
}

async function attempt(row: Case, folder: string, tarball: string): Promise<Outcome['result']> {
  try {
    mkdirSync(folder);
    project(folder);
    install(folder, [tarball, ...row.packages]);
  } catch (error) {
    return { kind: 'not run', reason: `npm install: ${String(error)}` };
  }
  try {
    await runCase(row, folder);
    return { kind: 'passed' };
  } catch (error) {
    return { kind: 'failed', reason: String(error) };
  }
}
