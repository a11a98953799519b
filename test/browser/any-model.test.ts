/** The page with models that were brought: each is asked, looked at and taught in its own way, against a real service. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, isOver } from '../../src/client/index.ts';
import { formatModel, type ModelFile, parseModel } from '../../src/format/index.ts';
import { Mlp } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium, openPage, SIZES } from '../support/browser.ts';
import { temporaryFolder } from '../support/cli.ts';
import { loadBuild } from '../support/kernels.ts';
import { draw } from '../support/pad.ts';
import { type Service, startService } from '../support/service.ts';
import { TEST_TOKENS, TOKENS } from '../support/tokens.ts';

const KINDS = ['setosa', 'versicolor', 'virginica'];
const LETTERS = Array.from({ length: 26 }, (_, n) => String.fromCharCode(97 + n));

function buildModel(layers: number[], info: Partial<ModelFile['info']>): Uint8Array<ArrayBuffer> {
  const mlp = Mlp.create(loadBuild(), { layers, seed: 3 });
  const classes = Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => String(label));
  return formatModel({
    info: { spec: mlp.spec, classes, scaling: { kind: 'identity' }, ...info },
    parameters: mlp.parameters(),
  });
}

describe.runIf(BROWSER_EXPECTED)(`models that were brought, in Chromium (${CHROMIUM})`, () => {
  let service: Service;
  let browser: Browser;
  let admin: Client;

  beforeAll(async () => {
    service = await startService({ TOKENS: TEST_TOKENS });
    browser = await launchChromium();
    admin = new Client(service.url, { token: TOKENS.admin });
    const rows = Array.from({ length: 90 }, (_, n) => {
      const kind = n % 3;
      return `${4.5 + kind + (n % 7) / 20},${3.5 - kind / 4 + (n % 5) / 20},${1 + 2 * kind},${KINDS[kind]}`;
    });
    const csv = ['sepal length,sepal width,petal length,species', ...rows].join('\n');
    await admin.datasets.uploadRows('iris', 0, new TextEncoder().encode(csv), { label: 'species' });
    await admin.datasets.finish('iris', { training: 1, test: 0 });
    const { id } = await admin.jobs.start({
      ...{ data: 'iris', hidden: [8], epochs: 60, learningRate: 0.1, publish: 'iris' },
    });
    while (!isOver((await admin.jobs.get(id)).state)) await new Promise((resolve) => setTimeout(resolve, 100));
    const picture = { imageShape: [28, 28], scaling: { kind: 'bytes' } } as const;
    await admin.models.upload('letters', 1, buildModel([784, 16, 26], { classes: LETTERS, ...picture }));
    await admin.models.upload('squares', 1, buildModel([64, 16, 10], { imageShape: [8, 8] }));
    await admin.models.upload('wide', 1, buildModel([30, 4, 2], { classes: ['no', 'yes'] }));
    await admin.models.upload('spectrum', 1, buildModel([3000, 5, 4], { classes: ['a b', 'c', 'd', 'e'] }));
    await admin.models.upload(
      'many',
      1,
      buildModel([2, 50], { classes: LETTERS.flatMap((a) => [`${a}1`, `${a}2`]).slice(2) }),
    );
  });

  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  function open(hash: string, size: keyof typeof SIZES = 'desk', colorScheme: 'light' | 'dark' = 'light') {
    return openPage(browser, `${service.url}/${hash}`, { size, colorScheme });
  }

  /** What the page shows is what the service would say, to the bit. */
  async function confirmAction(page: Page, model: string, inputs: number[], bars = '#bars'): Promise<void> {
    const { predictions } = await admin.predict({ inputs }, { model });
    expect(await values(page, bars)).toEqual(predictions[0]?.probabilities);
  }

  it.each([
    ['desk', 'light'],
    ['phone', 'dark'],
  ] as const)(
    'has fields for few features: their names, their means, the answer while one types: %s, %s',
    async (size, scheme) => {
      const { page, troubles } = await open('#draw/iris', size, scheme);
      await page.locator('#origin', { hasText: 'This is iris version 1: 3-8-3. Back to the bundled model' }).waitFor();
      expect([await page.textContent('#draw-title'), await page.title()]).toEqual(['Ask iris', 'edge-mlp: ask iris']);
      expect([await page.isHidden('#pad'), await page.isHidden('#seen')]).toEqual([true, true]);
      const fields = page.locator('#numbers input');
      expect(await page.locator('#numbers label').allTextContents()).toEqual([
        'sepal length',
        'sepal width',
        'petal length',
      ]);
      const means = await Promise.all([0, 1, 2].map((i) => fields.nth(i).inputValue()));
      const { scaling } = parseModel(await admin.models.download('iris', 1), 'iris').info;
      const stored = scaling.kind === 'standard' ? scaling.mean : [];
      expect(means).toEqual(stored.map((mean) => String(Number(mean.toFixed(1)))));
      expect(await page.textContent('#numbers .help')).toMatch(/^mean 5\.\d, ± 0\.\d$/);
      await confirmAction(page, 'iris', means.map(Number));
      expect(await page.locator('#bars li span').allTextContents()).toEqual(KINDS);

      await page.getByLabel('sepal length').fill('6.7');
      await page.getByLabel('petal length').fill('5');
      await page.locator('#result', { hasText: /^This is virginica, / }).waitFor();
      await confirmAction(page, 'iris', [6.7, Number(means[1]), 5]);
      expect(await page.textContent('#spoken')).not.toMatch(/^This is virginica/);
      await page.keyboard.press('Tab');
      await page.locator('#spoken', { hasText: /^This is virginica, / }).waitFor({ state: 'attached' });
      await page.click('#ask');
      await page.locator('#server', { hasText: 'The server checkAgrees, bit for bit (iris version 1).' }).waitFor();

      // Arrow keys go from the mean, a tenth at a time.
      await page.focus('#numbers-0');
      await page.click('#numbers button');
      await page.focus('#numbers-0');
      await page.keyboard.press('ArrowUp');
      expect(Number(await fields.nth(0).inputValue())).toBeCloseTo(Number(means[0]) + 0.1, 6);
      await page.fill('#numbers-1', '');
      await page.locator('#result', { hasText: 'sepal width: expected a number, got nothing' }).waitFor();
      expect(await page.isDisabled('#ask')).toBe(true);
      // A row of the table.
      await page.focus('#numbers-2');
      await paste(page, '#numbers-2', '4.7\t3.6\t1');
      await page.locator('#result', { hasText: /^This is setosa, / }).waitFor();
      await confirmAction(page, 'iris', [4.7, 3.6, 1]);
      // Of a row with an empty cell nothing is taken: two numbers would land in the wrong fields.
      await paste(page, '#numbers-2', '9.9\t\t2\t3');
      await confirmAction(page, 'iris', [4.7, 3.6, 1]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
      expect(await page.evaluate(UNNAMED)).toEqual([]);
      expect(troubles).toEqual([]);
      await page.close();
    },
  );

  it('offers all models, each by its address, and goes from one to the other and back to the pad', async () => {
    const { page, troubles } = await open('');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.locator('#result', { hasText: 'Nothing drawn yet' }).waitFor();
    await page.reload({ waitUntil: 'networkidle' });
    // Who draws asks nothing of the service but files.
    expect(asked.filter((path) => path.startsWith('/models'))).toEqual([]);
    await draw(page, 3);
    await page.focus('#models summary');
    await page.keyboard.press('Enter');
    await page.locator('#models-list a', { hasText: 'squares' }).waitFor();
    expect(await page.locator('#models-list a').allTextContents()).toEqual([
      ...['iris', 'letters', 'many', 'mnist', 'spectrum', 'squares', 'wide'],
    ]);
    await page.click('#models-list a:text-is("squares")');
    await page.waitForURL(/#draw\/squares$/);
    await page.locator('#origin', { hasText: 'squares version 1' }).waitFor();
    expect(await page.locator('#numbers input').count()).toBe(64);
    await page.getByLabel('Row 2, column 3').fill('7');
    const inputs = Array.from({ length: 64 }, (_, i) => (i === 10 ? 7 : 0));
    await expect.poll(() => values(page, '#bars').then((all) => all[0])).not.toBe(0);
    await page.waitForTimeout(50);
    await confirmAction(page, 'squares', inputs);
    // A letter is drawn, and of many classes the likely ones are told, the likeliest first.
    await page.goto(`${service.url}/#draw/letters`);
    await page.locator('#draw-title', { hasText: 'Draw for letters' }).waitFor();
    await page.click('#clear');
    await draw(page, 8);
    const { pixels, bars } = await drawnBars(page);
    const { predictions } = await admin.predict(Uint8Array.from(pixels), { model: 'letters' });
    const expected = (predictions[0]?.probabilities ?? [])
      .map((probability, label) => [LETTERS[label], probability] as const)
      .sort(([, a], [, b]) => b - a)
      .slice(0, 10);
    expect(bars).toEqual(expected);
    await page.goBack();
    await page.locator('#draw-title', { hasText: 'Ask squares' }).waitFor();
    await page.click('#origin a');
    await page.locator('#draw-title', { hasText: 'Draw a digit' }).waitFor();
    expect([await page.isVisible('#pad'), await page.isHidden('#numbers')]).toEqual([true, true]);
    await page.click('#clear');
    await draw(page, 3);
    expect(await page.textContent('#result')).toMatch(/^This is 3, /);
    await page.goto(`${service.url}/#draw/nobody`);
    await page.locator('#origin', { hasText: 'model nobody not found' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows what a job began with, and does not offer its options without that', async () => {
    const { id } = await admin.jobs.start({ data: 'iris', from: 'iris', epochs: 2 });
    while (!isOver((await admin.jobs.get(id)).state)) await new Promise((resolve) => setTimeout(resolve, 100));
    const { page, troubles } = await open(`#train/${id}`);
    await page.locator('#panel-facts', { hasText: /^iris: 3-8-3, .*; from iris@1$/ }).waitFor();
    await page.locator('#panel-download').waitFor();
    expect(await page.isHidden('#panel-again')).toBe(true);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('has a box for many numbers, pasted or from a file, and many fields that leave the answer in sight', async () => {
    const { page, troubles } = await open('#draw/spectrum', 'phone', 'dark');
    await page.locator('#result', { hasText: 'No numbers yet' }).waitFor();
    const numbers = Array.from({ length: 3000 }, (_, i) => ((i * 7) % 11) / 4);
    await page.getByLabel('3,000 numbers').fill(numbers.slice(1).join(', '));
    await page.locator('#result', { hasText: 'Expected 3,000 numbers, got 2,999' }).waitFor();
    // An empty cell is no number, and the numbers behind it do not move up.
    await page.getByLabel('3,000 numbers').fill(`${numbers.slice(1).join('\t')}\t\t1`);
    await page.locator('#result', { hasText: 'Number 3,000: expected a number, got nothing' }).waitFor();
    await page.getByLabel('3,000 numbers').fill('[1, null, 2]');
    await page.locator('#result', { hasText: 'Number 2: expected a number, got null' }).waitFor();
    await page.getByLabel('3,000 numbers').fill(JSON.stringify({ inputs: numbers }));
    await page.locator('#result', { hasText: /%$/ }).waitFor();
    await confirmAction(page, 'spectrum', numbers);
    await page.getByLabel('3,000 numbers').fill(JSON.stringify(numbers));
    await page.locator('#result', { hasText: /%$/ }).waitFor();
    await confirmAction(page, 'spectrum', numbers);
    await page.click('#numbers button');
    await page.locator('#result', { hasText: 'No numbers yet' }).waitFor();
    const file = join(temporaryFolder(), 'spectrum.csv');
    writeFileSync(file, numbers.map((number) => number * 2).join('\n'));
    await page.setInputFiles('#numbers-file', file);
    await page.locator('#result', { hasText: /%$/ }).waitFor();
    await confirmAction(
      page,
      'spectrum',
      numbers.map((number) => number * 2),
    );
    writeFileSync(file, '1, 2, many');
    await page.setInputFiles('#numbers-file', file);
    await page.locator('#result', { hasText: 'Number 3: expected a number, got many' }).waitFor();
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    await page.goto(`${service.url}/#draw/wide`);
    await page.locator('#draw-title', { hasText: 'Ask wide' }).waitFor();
    expect(await page.locator('#numbers input').count()).toBe(30);
    const [result, fields] = [
      await page.locator('#result').boundingBox(),
      await page.locator('#numbers').boundingBox(),
    ];
    expect(result?.y).toBeLessThan(fields?.y ?? 0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it.each([
    ['desk', 'light'],
    ['phone', 'dark'],
  ] as const)('teaches numbers by the names of their classes, and undoes it: %s, %s', async (size, scheme) => {
    const { page, troubles } = await open('#teach/new', size, scheme);
    await page.locator('#teach-model option[value="iris"]').waitFor({ state: 'attached' });
    await page.selectOption('#teach-model', 'iris');
    await page.locator('#teach-model-help', { hasText: 'version 1, 3-8-3' }).waitFor();
    await page.fill('#teach-token', TOKENS.train);
    await page.click('#teach-begin');
    await page.waitForURL(/#teach\/[0-9a-f]{64}$/);
    const id = page.url().slice(-64);
    await examples(page, 0);
    expect(await page.textContent('#teach-facts')).toBe('From iris version 1, 3-8-3; rehearses 90 samples of iris.');
    expect([await page.isHidden('#teach-pad'), await page.textContent('#teach-legend')]).toEqual([true, 'No, it is']);
    expect(await page.locator('#teach-choices button').allTextContents()).toEqual(KINDS);
    expect(await page.textContent('#teach-earlier')).toBe(
      'Nothing yet. Give it numbers; where its answer is wrong, say what it is.',
    );
    for (const [name, value] of [
      ['sepal length', '4.7'],
      ['sepal width', '3.6'],
      ['petal length', '5'],
    ] as const) {
      await page.locator('#teach-numbers').getByLabel(name).fill(value);
    }
    await page.locator('#teach-result', { hasText: /^(This is|Not sure, perhaps) v/ }).waitFor();
    const before = await values(page, '#teach-bars');
    await page.click('#teach-choices button:text-is("setosa")');
    await examples(page, 1);
    expect(await page.textContent('#teach-spoken')).toMatch(
      /^Learnt: it is setosa\. Before: v\w+ \(\d+\.\d\s%\), with \d+\.\d\s% for setosa\. Now: setosa \(/,
    );
    expect(await page.locator('#teach-lessons li').allTextContents()).toEqual([
      expect.stringMatching(/^4\.7, 3\.6, 5setosawas v\w+now setosa ✓$/),
    ]);
    expect(await page.textContent('#teach-score')).toBe(
      'It reads the example that you have taught; the model that it came from does not.',
    );
    const { predictions } = await admin.learners.predict(id, { inputs: [4.7, 3.6, 5] });
    expect(predictions[0]?.probabilities).toEqual(await values(page, '#teach-bars'));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    await page.click('#teach-right');
    expect(await page.textContent('#teach-change')).toContain('Give it the next one.');
    await page.click('#teach-undo');
    await examples(page, 0);
    expect(await values(page, '#teach-bars')).toEqual(before);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('teaches letters by their keys, and one of many classes from a list', async () => {
    const letters = await admin.learners.begin({ model: 'letters' });
    const { page, troubles } = await open(`#teach/${letters.id}`);
    await page.evaluate(`sessionStorage.setItem('edge-mlp token', '${TOKENS.train}')`);
    await examples(page, 0);
    expect(await page.locator('#teach-choices button').count()).toBe(26);
    const box = await page.locator('#teach-pad').boundingBox();
    if (box === null) throw new Error('there is no pad');
    await page.mouse.move(box.x + 100, box.y + 80);
    await page.mouse.down();
    await page.mouse.move(box.x + 100, box.y + 250, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.press('l');
    await examples(page, 1);
    expect(await page.textContent('#teach-spoken')).toMatch(/(Learnt: it is l\.|Not yet: it still reads [a-z]\.)/);
    const { predictions } = await admin.learners.predict(letters.id, { inputs: await lessonPixels(page) });
    expect(predictions[0]).not.toHaveProperty('digit');

    const many = await admin.learners.begin({ model: 'many', rehearsal: null });
    await page.goto(`${service.url}/#teach/${many.id}`);
    await page.locator('#teach-facts', { hasText: 'From many version 1' }).waitFor();
    await examples(page, 0);
    await page.selectOption('#teach-choices select', { label: 'z2' });
    await page.click('#teach-choices button');
    await examples(page, 1);
    expect(await page.textContent('#teach-lessons strong')).toBe('z2');
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

function values(page: Page, bars: string): Promise<number[]> {
  return page.evaluate<number[]>(`[...document.querySelectorAll('${bars} progress')].map((bar) => bar.value)`);
}

async function drawnBars(page: Page): Promise<{ pixels: number[]; bars: [string, number][] }> {
  await page.waitForTimeout(50);
  const pixels = await page.evaluate<number[]>(
    `[...document.querySelector('#seen').getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)`,
  );
  const bars = await page.evaluate<[string, number][]>(
    `[...document.querySelectorAll('#bars li')].map((item) => [item.querySelector('span').textContent, item.querySelector('progress').value])`,
  );
  return { pixels, bars };
}

function lessonPixels(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(
    `[...document.querySelector('#teach-lessons canvas').getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)`,
  );
}

async function paste(page: Page, selector: string, text: string): Promise<void> {
  await page.evaluate(`{
    const data = new DataTransfer();
    data.setData('text/plain', ${JSON.stringify(text)});
    document.querySelector('${selector}').dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  }`);
}

/** Waits until the learner has so many, and nothing is under way any more. */
async function examples(page: Page, count: number): Promise<void> {
  await page.locator('#teach-count', { hasText: new RegExp(`^${count} example`) }).waitFor();
  await page.locator('#teach-learner[aria-busy="false"]').waitFor();
}

/** Every control that is seen and has no name. */
const UNNAMED = `[...document.querySelectorAll('main :is(button, a, input, select, textarea, canvas, progress)')]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .filter((each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.[0]?.textContent.trim()))
  .map((each) => each.id || each.outerHTML)`;
