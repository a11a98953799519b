/** The README, typed by a stranger: every shell line and every block of code of it. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitsDataset } from '../../src/data/index.ts';
import { blocks, commandLines } from '../support/commands.ts';
import { runExamples } from '../support/examples.ts';
import { emptyFolder, pack, project, ROOT, run } from '../support/package.ts';
import { type Service, startService } from '../support/service.ts';

const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const LINES = blocks(README, 'sh').flatMap(commandLines);
const OWN_PROJECT =
  blocks(README, 'sh')
    .map(commandLines)
    .find(([first]) => first === 'npm init -y') ?? [];

/** Lines that are run by others, or by nobody; each says why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm ci && npm run train': 'CI has installed; the command that npm run train runs is run below',
  'npm run dev': 'by startService, here and in test/service',
  'npm run deploy': 'needs an account; test/service/dev.test.ts goes all the way to the upload',
  'npm run check': 'CI runs its parts, one after the other',
  'npm test': 'this is it',
  'npm run bench': 'takes ten minutes; test/bench runs its parts',
  'npm run bench:sweep': 'a benchmark',
  'npm run bench:http': 'a benchmark',
  'npm run bench:learner': 'a benchmark',
};

const outer = emptyFolder();
const [reader, own] = [join(outer.path, 'reader'), join(outer.path, 'own')];
let service: Service;

beforeAll(async () => {
  const tarball = pack(outer.path);
  for (const folder of [reader, own]) mkdirSync(folder);
  copyFileSync(tarball, join(own, 'edge-mlp-0.1.0.tgz'));
  copyFileSync(join(ROOT, 'examples/inputs/fruit.csv'), join(own, 'fruit.csv'));
  project(reader, tarball);
  writeFiles(reader);
  service = await startService();
}, 180_000);
afterAll(async () => {
  await service?.stop();
  outer.remove();
});

/** The files that the README speaks of. */
function writeFiles(folder: string): void {
  const { inputs, labels } = digitsDataset({ samples: 200, seed: 3 });
  const sample = labels.indexOf(7);
  const pixels = Uint8Array.from(inputs.subarray(784 * sample, 784 * (sample + 1)));
  const png = encode({ width: 28, height: 28, data: pixels, channels: 1, depth: 8 });
  for (const name of ['seven.png', 'photo.png']) writeFileSync(join(folder, name), png);
  writeFileSync(join(folder, 'digit.raw'), pixels);
  writeFileSync(
    join(folder, 'digit.json'),
    JSON.stringify({ pixels: Array.from(pixels, (byte) => byte / 255), scale: 1 }),
  );
  for (const name of ['your.csv', 'rows.csv'])
    copyFileSync(join(ROOT, 'examples/inputs/fruit.csv'), join(folder, name));
  for (const kind of ['ash', 'oak']) {
    mkdirSync(join(folder, 'leaves', kind), { recursive: true });
    for (let n = 0; n < 20; n++) writeFileSync(join(folder, 'leaves', kind, `${n}.png`), png);
  }
  copyFileSync(join(ROOT, 'examples/pytorch/digits.onnx'), join(folder, 'mlp.onnx'));
}

/** No network, no MNIST: the command goes on with digits of its own, which is soon done. */
const ALONE = { EDGE_MLP_MIRRORS: 'http://127.0.0.1:9/', EDGE_MLP_DATA: '' };

function shell(line: string, folder: string): string {
  const env = { ...ALONE, EDGE_MLP_CACHE: join(outer.path, 'cache') };
  return run('sh', ['-c', line.replaceAll(/(http:\/\/)?localhost:8787/g, service.url)], folder, env);
}

describe('the shell blocks', () => {
  it('have no line that nobody runs', () => {
    const known = (line: string) =>
      line in ELSEWHERE || OWN_PROJECT.includes(line) || /^(npx edge-mlp|curl) /.test(line);
    expect(LINES.filter((line) => !known(line))).toEqual([]);
    expect(Object.keys(ELSEWHERE).filter((line) => !LINES.includes(line))).toEqual([]);
  });

  it.each(LINES.filter((line) => /^npx edge-mlp /.test(line) && !OWN_PROJECT.includes(line)))(
    '%s',
    { timeout: 180_000 },
    (line) => {
      // What people are told goes to stderr.
      expect(shell(`${line} 2>&1`, reader)).toMatch(expectation(line));
    },
  );

  it.each(LINES.filter((line) => line.startsWith('curl ')))('%s', (line) => {
    const { predictions } = JSON.parse(shell(line.replace('curl', 'curl -sS'), reader));
    expect(predictions).toMatchObject([{ digit: 7 }]);
  });
});

/** What a command's output has, at the least. */
function expectation(line: string): RegExp {
  if (line.endsWith('rows.csv')) return /^rows\.csv #0 +(apple|pear, soft) /m;
  if (line.includes(' predict ')) return /^(seven|photo)\.png +7 /m;
  if (line.includes(' train ')) return /^(model +|report +|epoch)/m;
  if (line.includes(' evaluate ')) return /accuracy +9\d\.\d\d %/;
  return /./;
}

describe('in a project of one’s own', () => {
  it('trains, exports, and gets the same answers of ONNX Runtime', { timeout: 240_000 }, () => {
    const [code = ''] = blocks(README, 'js');
    writeFileSync(join(own, 'ask.mjs'), code);
    const said = OWN_PROJECT.map((line) => shell(line, own)).at(-1) ?? '';
    const [classes = '', ours = '', theirs = ''] = said.split(/\n(?=Float32Array)/);
    expect(classes).toContain("'apple'");
    const numbers = (text: string) => [...text.matchAll(/\d\.[\de.-]+/g)].map(Number);
    expect(numbers(ours)).toHaveLength(4);
    numbers(ours).forEach((probability, label) => {
      expect(Math.abs(probability - (numbers(theirs)[label] ?? 1))).toBeLessThan(1e-6);
    });
  });
});

// Of MNIST itself: where there is none the library says so, and the example ends there.
describe.runIf(process.env.EDGE_MLP_DATA)('the TypeScript blocks', () => {
  it('run, one after the other, as one module', { timeout: 240_000 }, () => {
    const code = blocks(README, 'ts').join('\n');
    const [outcome] = runExamples(reader, [{ name: 'README', code }]);
    expect(outcome?.error).toBeUndefined();
    expect(Number(outcome?.printed.at(-1))).toBeGreaterThan(0.96);
  });
});
