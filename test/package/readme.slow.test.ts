/** README.md and docs/getting-started.md: every shell line and code block, as a reader runs them. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { blocks, commandLines } from '../support/commands.ts';
import { runExamples } from '../support/examples.ts';
import { emptyFolder, ROOT, run } from '../support/package.ts';
import { type Service, startService } from '../support/service.ts';
import { TEST_TOKENS, TOKENS } from '../support/tokens.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const GUIDE = readFileSync(join(ROOT, 'docs/getting-started.md'), 'utf8');
const shellBlocks = [README, GUIDE].flatMap((text) => blocks(text, 'sh').map(commandLines));
const OWN_PROJECT = shellBlocks.find(([first]) => first === 'npm init -y') ?? [];
const LINES = [...new Set(shellBlocks.filter((lines) => lines !== OWN_PROJECT).flat())];

/** Lines that are not run here, each with the reason. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci': 'CI has installed',
  'npm run train': 'test/cli/train.test.ts trains on MNIST',
  'npm run dev': 'startService runs it',
  'npx wrangler login': 'needs an account',
  'npm run deploy': 'needs an account; test/service/deploy.slow.test.ts runs it up to the upload',
  'npx wrangler secret put TOKENS': 'needs an account',
  'export EDGE_MLP_TOKEN=emlp_…': 'the environment of the lines has a token',
};

const outer = emptyFolder();
/** The clone, and an empty folder for the project of the guide. */
const [clone, own] = [join(inject('installed'), 'clone'), join(outer.path, 'own')];
let service: Service;

beforeAll(async () => {
  for (const folder of [clone, own]) mkdirSync(folder);
  cpSync(join(ROOT, 'examples/inputs'), join(clone, 'examples/inputs'), { recursive: true });
  copyFileSync(inject('tarball'), join(own, 'edge-mlp-0.1.0.tgz'));
  copyFileSync(join(ROOT, 'examples/inputs/fruit.csv'), join(own, 'fruit.csv'));
  service = await startService({ TOKENS: TEST_TOKENS });
}, 180_000);
afterAll(async () => {
  await service?.stop();
  outer.remove();
});

function shell(line: string, folder: string): string {
  const env = { EDGE_MLP_CACHE: join(outer.path, 'cache'), EDGE_MLP_TOKEN: TOKENS.admin };
  return run('sh', ['-c', line.replaceAll('http://localhost:8787', service.url)], folder, env);
}

describe('the shell blocks', () => {
  it('have no line that is neither run nor listed', () => {
    const known = (line: string) => line in ELSEWHERE || /^(npx edge-mlp|curl) /.test(line);
    expect(LINES.filter((line) => !known(line))).toEqual([]);
    expect(Object.keys(ELSEWHERE).filter((line) => !LINES.includes(line))).toEqual([]);
  });

  const results = new Map<string, string>();
  it.each(LINES.filter((line) => !(line in ELSEWHERE)))('%s', { timeout: 180_000 }, (line) => {
    // Texts for people go to stderr.
    const output = shell(line.startsWith('curl ') ? line.replace('curl', 'curl -sS') : `${line} 2>&1`, clone);
    results.set(line, output);
    expect(output).not.toBe('');
  });

  it('of the README print what it shows', () => {
    const withoutTimes = (text: string) => text.replaceAll(/\d+\.\d\d s$/gm, 's');
    const printed = withoutTimes([...results.values()].join('\n')).split('\n');
    const [, shown = ''] = /^```\n(epoch[\s\S]*?)^```$/m.exec(README) ?? [];
    const lines = withoutTimes(shown.trim()).split('\n');
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines.filter((text) => text !== '…')) expect(printed).toContain(line);
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
