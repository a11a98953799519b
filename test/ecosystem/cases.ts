/** One case for each runtime, bundler, framework and test runner in which the package must load. */
import { strictEqual } from 'node:assert';
import { DIGIT_PIXELS, PAGE_BODY_WITH_PIXELS, pageHtml, printingProgram, program } from './app.ts';
import { bundlers } from './bundlers.ts';
import type { Case } from './case.ts';
import { frameworks } from './frameworks.ts';
import { jestCases } from './jest.ts';

const MAIN = printingProgram('module', "new URL(import.meta.resolve('edge-mlp/models/mnist.safetensors'))");

const node = (version: string): Case => ({
  name: `node-${version.split('.')[0]}`,
  where: 'Node: ES module and `require`',
  packages: [`node@${version}`],
  async run(project) {
    const required = printingProgram('commonjs', "require.resolve('edge-mlp/models/mnist.safetensors')");
    project.write({ 'main.js': MAIN, 'main.cjs': required });
    strictEqual(await project.run('node', ['--version']), `v${version}\n`);
    return [await project.runJson('node', ['main.js']), await project.runJson('node', ['main.cjs'])];
  },
});

const runtime = (where: string, version: string, args: string[]): Case => ({
  name: where.toLowerCase(),
  where,
  packages: [`${where.toLowerCase()}@${version}`],
  async run(project) {
    project.write({ 'main.js': MAIN });
    return [await project.runJson(where.toLowerCase(), [...args, 'main.js'])];
  },
});

const page: Case = {
  name: 'page',
  where: 'page without a bundler',
  packages: [],
  entry: 'edge-mlp/inline',
  async run(project) {
    const entry = './node_modules/edge-mlp/dist/inline.js';
    project.write({
      'index.html': pageHtml('./page.js'),
      'page.js': program({ entry, passesPixels: true, body: PAGE_BODY_WITH_PIXELS }),
      'mnist.bin': project.model,
      'pixels.bin': DIGIT_PIXELS,
    });
    return project.open(await project.serve('.'));
  },
};

export const CASES: readonly Case[] = [
  ...['20.19.6', '22.12.0', '24.21.0', '26.9.0'].map(node),
  runtime('Bun', '1.4.5', ['run']),
  runtime('Deno', '2.9.6', ['run', '--allow-all']),
  ...bundlers,
  ...frameworks,
  page,
  ...jestCases,
];
