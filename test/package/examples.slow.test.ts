/** The examples, copied out of the repository and run as their READMEs say, with the package from its tarball. */
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CHROMIUM, launchChromium } from '../support/browser.ts';
import { blocks, commandLines } from '../support/commands.ts';
import { emptyFolder, ROOT, run, start, waitForAnswer } from '../support/package.ts';
import { freePort } from '../support/service.ts';
import { AVAILABLE } from '../support/tools.ts';

const EXAMPLES = join(ROOT, 'examples');
const outer = emptyFolder();
const tarball = inject('tarball');
afterAll(() => outer.remove());

/** Copies an example and installs it as its README says. `ports` maps ports in its files to free ones. */
function copyExample(
  name: string,
  ports: Readonly<Record<string, string>> = {},
): { folder: string; lines: string[][] } {
  const folder = join(outer.path, name);
  const generated = /node_modules|package-lock|\.wrangler/;
  cpSync(join(EXAMPLES, name), folder, {
    recursive: true,
    filter: (path) => !generated.test(path.slice(EXAMPLES.length)),
  });
  const texts = readdirSync(folder).filter((file) => statSync(join(folder, file)).isFile() && !file.endsWith('.onnx'));
  for (const file of texts) {
    let text = readFileSync(join(folder, file), 'utf8').replace('file:../..', `file:${tarball}`);
    for (const [from, to] of Object.entries(ports)) text = text.replaceAll(from, to);
    writeFileSync(join(folder, file), text);
  }
  const lines = blocks(readFileSync(join(folder, 'README.md'), 'utf8'), 'sh').map(commandLines);
  expect(lines[0]).toEqual(['npm install', 'npm start']);
  shell('npm install --prefer-offline', folder);
  return { folder, lines };
}

function shell(line: string, folder: string): string {
  return run('sh', ['-c', line], folder);
}

it('the table in examples/README.md lists every example', () => {
  const folders = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const table = readFileSync(join(EXAMPLES, 'README.md'), 'utf8');
  for (const { name } of folders) expect(table).toContain(`[${name}](${name})`);
});

describe('inputs', () => {
  it('examples/inputs contains the bytes that its programs write', () => {
    const folder = join(outer.path, 'written');
    mkdirSync(folder);
    for (const program of ['make-digit.js', 'make-fruit.js']) {
      shell(`node ${join(EXAMPLES, 'inputs', program)}`, folder);
    }
    const files = readdirSync(folder);
    expect(files.sort()).toEqual(['digit.json', 'digit.png', 'digit.raw', 'fruit.csv']);
    for (const file of files) {
      expect(readFileSync(join(folder, file)).equals(readFileSync(join(EXAMPLES, 'inputs', file))), file).toBe(true);
    }
  });
});

describe('csv', () => {
  it('trains on a CSV file, by code and by the command', () => {
    cpSync(join(EXAMPLES, 'inputs'), join(outer.path, 'inputs'), { recursive: true });
    const { folder, lines } = copyExample('csv');
    const output = shell('npm start', folder);
    expect(Number(/held-out rows: ([\d.]+) %/.exec(output)?.[1])).toBeGreaterThan(90);
    expect(output).toContain('pear, soft: recall');
    const printed = (lines[1] ?? []).map((line) => shell(line, folder)).join('');
    expect(Number(/accuracy {2}([\d.]+) %/.exec(printed)?.[1])).toBeGreaterThan(90);
    expect(readFileSync(join(folder, 'model.h'), 'utf8')).toContain('pear, soft');
  });
});

describe('pytorch', () => {
  it('reads a model of PyTorch, trains it further, and exports ONNX with equal results in ONNX Runtime', () => {
    const { folder, lines } = copyExample('pytorch');
    const output = shell('npm start', folder);
    const [before = 100, after = 0] = [...output.matchAll(/fine-tuning: ([\d.]+) %/g)].map(([, percent]) =>
      Number(percent),
    );
    expect(after).toBeGreaterThan(before + 5);
    expect(Number(/tuned\.onnx: ([\d.e-]+)/.exec(output)?.[1])).toBeLessThan(1e-5);
    const printed = (lines[1] ?? []).map((line) => shell(line, folder)).join('');
    expect(Number(/accuracy {2}([\d.]+) %/.exec(printed)?.[1])).toBeGreaterThan(95);
  });
});

describe('hono-worker', () => {
  it('classifies digits and learns from likes, in workerd', async () => {
    const port = String(await freePort());
    const { folder, lines } = copyExample('hono-worker', { 8788: port });
    const worker = start('npm', ['start'], folder);
    try {
      await waitForAnswer(`http://localhost:${port}/`, worker);
      const answers = (lines[1] ?? []).map((line) => JSON.parse(shell(`${line.replace('curl', 'curl -s')}`, folder)));
      expect(answers).toEqual([
        { digit: expect.any(Number), confidence: expect.any(Number) },
        { learned: 1 },
        { likes: expect.any(Number) },
      ]);
      expect(answers[2].likes).toBeGreaterThan(0.8);
      const refused = await fetch(`http://localhost:${port}/digit`, { method: 'POST', body: 'abc' });
      expect([refused.status, await refused.json()]).toEqual([
        400,
        { error: 'inputs: expected 1 × 784 numbers, got 3' },
      ]);
    } finally {
      await worker.stop();
    }
  });
});

describe.runIf(AVAILABLE.chromium)(`page in Chromium (${CHROMIUM})`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('trains on the points that are clicked', async () => {
    const port = String(await freePort());
    const { folder } = copyExample('page', { 8789: port });
    const server = start('npm', ['start'], folder);
    try {
      const url = `http://127.0.0.1:${port}/`;
      await waitForAnswer(url, server);
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      await page.goto(url);
      await page.getByText('No points yet').waitFor();
      const plane = page.locator('#plane');
      await plane.click({ position: { x: 100, y: 240 } });
      await page.getByLabel('orange').check();
      await plane.click({ position: { x: 380, y: 240 } });
      await page.waitForFunction(() =>
        /2 points, .* loss 0\.00/.test(document.querySelector('#state')?.textContent ?? ''),
      );
      // The left edge of the plane is more blue than red, the right edge more red than blue.
      const edge = (x: number) =>
        page.evaluate<number[]>(
          `[...document.querySelector('#plane').getContext('2d').getImageData(${x}, 100, 1, 1).data]`,
        );
      const [red = 0, , blue = 0] = await edge(20);
      const [otherRed = 0, , otherBlue = 0] = await edge(460);
      expect(blue).toBeGreaterThan(red);
      expect(otherRed).toBeGreaterThan(otherBlue);
      expect(errors).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
