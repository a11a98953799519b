/** README.md and docs/getting-started.md: every shell line and code block, as a reader runs them. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { cloneRepository } from '../support/clone.ts';
import { blocks, commandLines } from '../support/commands.ts';
import { runExamples } from '../support/examples.ts';
import { emptyFolder, ROOT, type RunningCommand, run, start } from '../support/package.ts';
import { freePort } from '../support/service.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const GUIDE = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8');
const shellBlocks = [README, GUIDE].flatMap((text) => blocks(text, 'sh').map(commandLines));
const OWN_PROJECT = shellBlocks.find(([first]) => first === 'npm init -y') ?? [];
const LINES = [...new Set(shellBlocks.filter((lines) => lines !== OWN_PROJECT).flat())];

/** Lines that are not run here, each with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci': 'takes a minute; CI runs it, and its tests use what it builds',
  'npm run train': 'test/cli/train.test.ts trains on MNIST',
  'npm run dev': 'runs while the lines run, on another port',
  'npx wrangler login': 'needs an account',
  'npm run deploy': 'needs an account; test/service/deploy.slow.test.ts runs it up to the upload',
  'npx wrangler secret put TOKENS': 'needs an account',
};
/** Lines that set variables for the lines after them in their block. */
const SETTING = /^(source |[A-Z]+=)/;

const outer = emptyFolder();
/** A clone without a build and without .dev.vars, and an empty folder for the project of the guide. */
const [clone, own] = [join(outer.path, 'clone'), join(outer.path, 'own')];
let url: string;
let service: RunningCommand;

beforeAll(async () => {
  for (const folder of [clone, own]) mkdirSync(folder);
  cloneRepository(clone, { built: false });
  copyFileSync(inject('tarball'), join(own, 'edge-mlp-0.1.0.tgz'));
  copyFileSync(join(ROOT, 'examples/inputs/fruit.csv'), join(own, 'fruit.csv'));
  const port = await freePort();
  url = `http://localhost:${port}`;
  service = start('npm', ['run', 'dev', '--', '--port', String(port)], clone);
  const isReady = () => expect(service.log()).toContain(`Page   ${url}/#token=emlp_`);
  await vi.waitFor(isReady, { timeout: 180_000, interval: 200 });
}, 240_000);
afterAll(async () => {
  await service?.stop();
  outer.remove();
});

/** Runs a line after the lines `settings`, in bash. */
function shell(line: string, folder: string, settings: readonly string[] = []): string {
  const script = ['set -eo pipefail; unset EDGE_MLP_TOKEN', ...settings, line]
    .join('\n')
    .replaceAll('http://localhost:8787', url);
  return run('bash', ['-c', script], folder, { EDGE_MLP_CACHE: join(outer.path, 'cache') });
}

describe('the shell blocks', () => {
  it('have no line that is neither run nor listed', () => {
    const known = (line: string) => line in ELSEWHERE || SETTING.test(line) || /^(npx edge-mlp|curl) /.test(line);
    expect(LINES.filter((line) => !known(line))).toEqual([]);
    expect(Object.keys(ELSEWHERE).filter((line) => !LINES.includes(line))).toEqual([]);
  });

  const results = new Map<string, string>();
  const commands = LINES.filter((line) => !(line in ELSEWHERE) && !SETTING.test(line));
  it.each(commands)('%s', { timeout: 180_000 }, (line) => {
    const block = shellBlocks.find((lines) => lines.includes(line)) ?? [];
    const settings = block.slice(0, block.indexOf(line)).filter((each) => SETTING.test(each));
    // Texts for people go to stderr.
    const command = line.startsWith('curl ') ? line.replace('curl', 'curl -sS --fail') : `${line} 2>&1`;
    const output = shell(command, clone, settings);
    results.set(line, output);
    expect(output).not.toBe('');
  });

  it('of the README print what it shows', () => {
    const printed = [...results.values()].join('\n').split('\n');
    const [, shown = ''] = /^```\n(examples[\s\S]*?)^```$/m.exec(README) ?? [];
    const lines = shown.trim().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(printed).toContain(line);
  });

  it('of the README get the response that it shows', () => {
    const [request = ''] = LINES.filter((line) => line.includes('digit.png'));
    const [response = '{}'] = blocks(README, 'json');
    expect(JSON.parse(results.get(request) ?? '')).toEqual(JSON.parse(response));
  });
});

describe('the project of the guide', () => {
  it('trains, exports, and computes the same probabilities as ONNX Runtime', { timeout: 240_000 }, () => {
    const [code = ''] = blocks(GUIDE, 'js');
    writeFileSync(join(own, 'compare.mjs'), code);
    const printed = OWN_PROJECT.map((line) => shell(line, own)).at(-1) ?? '';
    const [classes = '', ours = '', theirs = ''] = printed.split(/\n(?=Float32Array)/);
    expect(classes).toContain("'apple'");
    const numbers = (text: string) => [...text.matchAll(/\d\.[\de.-]+/g)].map(Number);
    expect(numbers(ours)).toHaveLength(4);
    numbers(ours).forEach((probability, label) => {
      expect(Math.abs(probability - (numbers(theirs)[label] ?? 1))).toBeLessThan(1e-6);
    });
  });
});

describe('the TypeScript block of the README', () => {
  it('trains, saves and loads a network', { timeout: 120_000 }, () => {
    const [outcome] = runExamples(
      clone,
      blocks(README, 'ts').map((code) => ({ name: 'README', code })),
    );
    expect(outcome?.error).toBeUndefined();
    expect(Number(outcome?.printed.at(-1))).toBeGreaterThan(0.9);
  });
});
