/** The installed package: packages, megabytes, and the processor time of the command. */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { emptyFolder, type Folder, ROOT } from '../support/package.ts';

const MODULES = join(inject('installed'), 'node_modules');
let folder: Folder;
beforeEach(() => {
  folder = emptyFolder();
});
afterEach(() => folder.remove());

it('installs one package of at most 4 MB, as the README states, and no command but its own', () => {
  const { packages } = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8'));
  const files = readdirSync(MODULES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  const megabytes = bytes / 1024 ** 2;
  expect(Object.keys(packages)).toEqual(['node_modules/edge-mlp']);
  expect(megabytes).toBeLessThanOrEqual(4);
  const stated = /one package, ([\d.]+) MB/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1];
  expect(stated).toBe(megabytes.toFixed(1));
  expect(readdirSync(join(MODULES, '.bin'))).toEqual(['edge-mlp']);
});

it.each([
  ['--help', 150],
  ['train --data ellipse --epochs 100', 300],
])('edge-mlp %s takes at most %d ms of processor time', (line, most) => {
  // The least of several runs, because other processes delay some of them.
  const least = Math.min(...Array.from({ length: 7 }, () => measureProcessorTime(line)));
  console.log(`edge-mlp ${line}: ${least.toFixed(0)} ms of processor time`);
  expect(least).toBeGreaterThan(20);
  expect(least).toBeLessThanOrEqual(most);
});

it('loads the library for charts only when it writes a report', () => {
  const modules = join(folder.path, 'node_modules');
  cpSync(MODULES, modules, { recursive: true, verbatimSymlinks: true });
  const chunks = join(modules, 'edge-mlp/dist/cli/chunks');
  for (const file of readdirSync(chunks).filter((name) => name.startsWith('vega'))) rmSync(join(chunks, file));
  const line = 'train --data ellipse --epochs 1';
  expect(runCommand(line, modules)).toMatchObject({ status: 0 });
  expect(runCommand(`${line} --report report.html`, modules).stderr).toMatch(/Cannot find module.*vega/);
});

/** Prints the processor time of a process when it exits, in milliseconds of all threads, user and system. */
const PRINT_TIME = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('\\n' + (user + system) / 1000);
});`;

function measureProcessorTime(line: string): number {
  const { status, stderr } = runCommand(line, MODULES, '--import', PRINT_TIME);
  expect(status, stderr).toBe(0);
  return Number(stderr.split('\n').at(-1));
}

function runCommand(line: string, modules: string, ...options: string[]) {
  const args = [...options, join(modules, '.bin/edge-mlp'), ...line.split(' ')];
  return spawnSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8' });
}
