/** The installed package: packages, megabytes, and the processor time of the command. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { emptyFolder } from '../support/package.ts';

const MODULES = join(inject('installed'), 'node_modules');

it('installs at most 5 packages and 4 MB, and no command but its own', () => {
  const { packages } = JSON.parse(readFileSync(join(MODULES, '.package-lock.json'), 'utf8'));
  const files = readdirSync(MODULES, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0);
  const [count, megabytes] = [Object.keys(packages).length, bytes / 1024 ** 2];
  console.log(`npm install edge-mlp: ${count} packages, ${megabytes.toFixed(1)} MB`);
  expect(packages).toHaveProperty('node_modules/edge-mlp');
  expect(count).toBeLessThanOrEqual(5);
  expect(megabytes).toBeLessThanOrEqual(4);
  expect(readdirSync(join(MODULES, '.bin'))).toEqual(['edge-mlp']);
});

it.each([
  { args: ['--help'], most: 150 },
  { args: ['train', '--data', 'ellipse', '--epochs', '100'], most: 300 },
])('edge-mlp $args takes at most $most ms of processor time', ({ args, most }) => {
  const folder = emptyFolder();
  try {
    // The least of several runs, because other processes delay some of them.
    const least = Math.min(...Array.from({ length: 7 }, () => measureProcessorTime(args, folder.path)));
    console.log(`edge-mlp ${args.join(' ')}: ${least.toFixed(0)} ms of processor time`);
    expect(least).toBeGreaterThan(20);
    expect(least).toBeLessThanOrEqual(most);
  } finally {
    folder.remove();
  }
});

/** Prints the processor time of a process when it exits, in milliseconds of all threads, user and system. */
const PRINT_TIME = `data:text/javascript,process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.stderr.write('\\n' + (user + system) / 1000);
});`;

function measureProcessorTime(args: readonly string[], cwd: string): number {
  const command = join(MODULES, '.bin/edge-mlp');
  const { status, stderr } = spawnSync(process.execPath, ['--import', PRINT_TIME, command, ...args], { cwd });
  expect(status, String(stderr)).toBe(0);
  return Number(String(stderr).split('\n').at(-1));
}
