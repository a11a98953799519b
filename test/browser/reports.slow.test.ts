/** Reports opened from disk in Chromium: on a phone and a desktop screen, light and dark. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium } from '../support/browser.ts';
import { edgeMlp } from '../support/cli.ts';

const COMMANDS = {
  reproduce: ['reproduce', '--data', 'digits', '--seeds', '2'],
  sweep: ['sweep', '--data', 'digits', '--hidden', '5,9,none', '--learning-rate', '0.03,0.1,1e7', '--epochs', '2'],
  repeat: ['repeat', '--data', 'ellipse', '--epochs', '20'],
};
/** Pages of one file: digits, and a table of many columns and classes with long names. */
const TRAIN = {
  digits: ['train', '--data', 'digits', '--hidden', '10', '--epochs', '12', '--patience', '9'],
  wide: ['train', '--data', 'wide.csv', '--hidden', '16', '--epochs', '3', '--validation', '300'],
};

function writeWideTable(folder: string): void {
  const random = new Random(1, 'generation');
  const header = Array.from({ length: 30 }, (_, i) => `measurement_number_${i}_in_millimetres`);
  const rows = Array.from({ length: 900 }, (_, i) => {
    const values = header.map((_, column) => (random.uniform() + ((i % 60) * (column + 1)) / 60).toFixed(4));
    return [...values, `a plant of the long-leaved variety number ${i % 60}`].join(',');
  });
  writeFileSync(join(folder, 'wide.csv'), `${[...header, 'plant'].join(',')}\n${rows.join('\n')}\n`);
}
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };

describe.runIf(BROWSER_EXPECTED)(`reports in Chromium (${CHROMIUM})`, () => {
  let browser: Browser;
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-reports-'));

  beforeAll(async () => {
    browser = await launchChromium();
    const env = { EDGE_MLP_CACHE: join(folder, 'cache') };
    for (const [name, args] of Object.entries(COMMANDS)) {
      const { code, stderr } = await edgeMlp([...args, '--out', join(folder, name)], { env });
      if (code !== 0) throw new Error(stderr);
    }
    writeWideTable(folder);
    for (const [name, args] of Object.entries(TRAIN)) {
      const files = ['--out', `${name}.safetensors`, '--report', join(name, 'index.html')];
      mkdirSync(join(folder, name));
      const { code, stderr } = await edgeMlp([...args, ...files], { cwd: folder });
      if (code !== 0) throw new Error(stderr);
    }
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const cases = Object.keys({ ...COMMANDS, ...TRAIN }).flatMap((name) =>
    (['phone', 'desk'] as const).flatMap((size) =>
      (['light', 'dark'] as const).map((scheme) => [name, size, scheme] as const),
    ),
  );

  it.each(cases)(
    '%s on a %s, %s: nothing overflows or overlaps, and there are no network requests',
    async (name, size, scheme) => {
      const page = await browser.newPage({ viewport: SIZES[size], colorScheme: scheme });
      const troubles: string[] = [];
      page.on('console', (message) => troubles.push(message.text()));
      page.on('pageerror', (error) => troubles.push(error.message));
      page.on('request', (request) => {
        if (!/^(file|data):/.test(request.url())) troubles.push(request.url());
      });
      await page.goto(pathToFileURL(join(folder, name, 'index.html')).href);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
      expect(troubles).toEqual([]);
      expect(await page.evaluate(OVERLAPPING_LABELS)).toEqual([]);
      expect(await page.evaluate(CUT_TEXTS)).toEqual([]);
      expect(await page.evaluate(SILENT_POINTS)).toEqual([]);
      expect(await page.evaluate(BARE_AXES)).toEqual([]);
      expect(await page.evaluate(NARROW_CELLS)).toEqual([]);
      expect(await page.evaluate(SMALL_NUMBERS)).toEqual([]);
      // Tables with standard deviations scroll.
      if (name in TRAIN) expect(await page.evaluate(WIDE_EPOCHS)).toEqual([]);
      expect(await page.evaluate(UNMARKED_EDGES)).toEqual([]);
      // Text and background have enough contrast in both colour schemes.
      const [ink = 0, paper = 0] = await page.evaluate<number[]>(BRIGHTNESS);
      expect(scheme === 'light' ? paper - ink : ink - paper).toBeGreaterThan(150);
      await page.close();
    },
  );

  it('quotes the question of the assignment above each answer', async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, 'reproduce', 'index.html')).href);
    const questions = `[...document.querySelectorAll('h2[id^=q]')].map(({ nextElementSibling: next }) =>
      next.className === 'question' && next.textContent.length > 40)`;
    expect(await page.evaluate(questions)).toEqual(Array.from({ length: 10 }, () => true));
    await page.close();
  });

  it('shows the values of points and the digits of rounded numbers, as the data files have them', async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, 'repeat', 'index.html')).href);
    const [head = '', first = ''] = readFileSync(join(folder, 'repeat/data/best-epochs.csv'), 'utf8').split('\n');
    const values = Object.fromEntries(head.split(',').map((name, i) => [name, Number(first.split(',')[i])]));
    const titles = `[...document.querySelectorAll('figure .mark-symbol path title')].map(({ textContent }) => textContent)`;
    const found = (await page.evaluate<string[]>(titles)).map((title) =>
      title.split('\n').map((line) => line.split(': ')),
    );
    const losses = found
      .filter(([x, , series]) => x?.join() === 'epochs,1' && series?.[1] === 'validation, end of epoch')
      .map(([, y]) => Number(y?.[1]));
    expect(losses[0]).toBeCloseTo(values.validationLoss ?? Number.NaN, 5);
    const numbers = `[...document.querySelectorAll('data')].map(({ value, textContent }) => [value, textContent])`;
    const rounded = await page.evaluate<[string, string][]>(numbers);
    expect(rounded.length).toBeGreaterThan(10);
    for (const [value, text] of rounded) {
      const unit = text.includes('%') ? 0.01 : 1;
      const [, decimals = ''] = /\.(\d+)/.exec(text) ?? [];
      const most = 0.51 * unit * 10 ** -decimals.length;
      expect(Math.abs(unit * Number.parseFloat(text) - Number(value)), `${value} ${text}`).toBeLessThanOrEqual(most);
    }
    await page.close();
  });
});

/** Pairs of overlapping labels on one axis. */
const OVERLAPPING_LABELS = `[...document.querySelectorAll('figure .role-axis-label')].flatMap((axis) => {
  const labels = [...axis.querySelectorAll('text')].filter((label) => getComputedStyle(label).opacity !== '0' && label.textContent);
  const boxes = labels.map((label) => ({ text: label.textContent, box: label.getBoundingClientRect() }));
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) =>
    a.box.left < b.box.right && b.box.left < a.box.right && a.box.top + 2 < b.box.bottom && b.box.top + 2 < a.box.bottom
  ).map((b) => a.text + ' on ' + b.text));
})`;

/** Axes with fewer than two different labels. */
const BARE_AXES = `[...document.querySelectorAll('figure [aria-roledescription=axis]')].filter((axis) =>
  new Set([...axis.querySelectorAll('.role-axis-label text')].map((label) => label.textContent)).size <
    Math.max(2, axis.querySelectorAll('.role-axis-label text').length)
).map((axis) => axis.getAttribute('aria-label'))`;

/** Cells of narrow table columns. */
const NARROW_CELLS = `[...document.querySelectorAll('.plain td')].filter((cell) => cell.clientWidth < 160).map((cell) => cell.textContent)`;

/** Labels of axes that are too small to read, by their height in pixels. */
const SMALL_NUMBERS = `[...document.querySelectorAll('.pair figure .role-axis-label text')].filter((label) =>
  getComputedStyle(label).opacity !== '0' && label.textContent && label.getBoundingClientRect().height < 12
).map((label) => label.textContent)`;

/** Tables of epochs that do not fit, so that a column or the last epoch would be hidden. */
const WIDE_EPOCHS = `[...document.querySelectorAll('.wide')].filter((box) =>
  box.textContent.trim().startsWith('epoch') && box.scrollWidth > box.clientWidth).map((box) => box.textContent)`;

/** Boxes that scroll sideways without a shadow at their edge. */
const UNMARKED_EDGES = `[...document.querySelectorAll('main *')].filter((box) =>
  box.scrollWidth > box.clientWidth + 1 && ['auto', 'scroll'].includes(getComputedStyle(box).overflowX) &&
  !/gradient/.test(getComputedStyle(box).backgroundImage)).map((box) => box.className)`;

/** Texts that reach beyond the window or a box that hides them. Boxes that scroll are marked at their edges. */
const CUT_TEXTS = `(() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const cut = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (node.textContent.trim() === '' || parent.closest('title, details:not([open])') !== null) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const { left, right } = range.getBoundingClientRect();
    let limits = { left: 0, right: innerWidth };
    for (let box = parent; box !== null; box = box.parentElement) {
      const { overflowX } = getComputedStyle(box);
      if (overflowX === 'auto' || overflowX === 'scroll') { limits = undefined; break; }
      if (overflowX === 'hidden' || overflowX === 'clip') { limits = box.getBoundingClientRect(); break; }
    }
    if (limits !== undefined && (left < limits.left - 1 || right > limits.right + 1)) cut.push(node.textContent);
  }
  return cut;
})()`;

/** Points of charts without values for the pointer, or with others than a screen reader gets. */
const SILENT_POINTS = `[...document.querySelectorAll('figure .mark-symbol path')].filter((point) => {
  const title = point.querySelector('title')?.textContent ?? '';
  const label = point.getAttribute('aria-label');
  return !/\\d/.test(title) || (label !== null && label !== title.replaceAll('\\n', '; '));
}).map((point) => point.outerHTML)`;

const BRIGHTNESS = `['color', 'backgroundColor'].map((name) =>
  getComputedStyle(document.body)[name].match(/\\d+/g).slice(0, 3).reduce((sum, channel) => sum + Number(channel), 0) / 3)`;
