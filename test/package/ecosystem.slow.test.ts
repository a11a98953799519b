/** The cases of test/ecosystem whose tools are in node_modules in the version of the case. */
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { CASES } from '../ecosystem/cases.ts';
import { runCase } from '../ecosystem/run-case.ts';
import { emptyFolder, packageJson, project, ROOT } from '../support/package.ts';
import { AVAILABLE } from '../support/tools.ts';

const RUN = CASES.filter(({ packages }) => packages.every(isInstalled));

function isInstalled(name: string): boolean {
  const [, module = '', version] = /^(.+)@(.+)$/.exec(name) ?? [];
  const folder = join(ROOT, 'node_modules', module);
  return existsSync(folder) && packageJson(folder).version === version;
}

it('includes each tool that the project uses', () => {
  const names = [
    'node-24',
    'vite-8',
    'esbuild-esm',
    'esbuild-iife',
    'esbuild-cjs',
    'rolldown',
    'csp',
    'wrangler',
    'page',
  ];
  expect(RUN.map(({ name }) => name)).toEqual(names);
});

describe.runIf(AVAILABLE.chromium)(
  'trains XOR and predicts with the shipped model, with the bits of the sources',
  () => {
    it.each(RUN)('$where', async (row) => {
      const folder = emptyFolder();
      onTestFinished(() => folder.remove());
      project(folder.path);
      cpSync(join(inject('installed'), 'node_modules'), join(folder.path, 'node_modules'), { recursive: true });
      await runCase(row, folder.path, ROOT);
    });
  },
);
