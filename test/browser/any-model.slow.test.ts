/** The page in Chromium with registered models other than the bundled one, against a real service. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client, isOver } from '../../src/client/index.ts';
import { formatModel, type ModelFile, parseModel } from '../../src/format/index.ts';
import { Mlp } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage, SIZES } from '../support/browser.ts';
import { temporaryFolder } from '../support/cli.ts';
import { loadBuild } from '../support/kernels.ts';
import { draw } from '../support/pad.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

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

describe.runIf(BROWSER_EXPECTED)(`registered models in Chromium (${CHROMIUM})`, () => {
  const site = startSite();
  let admin: Client;

  beforeAll(async () => {
    admin = new Client(site.url, { token: TOKENS.admin });
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

  function open(hash: string, size: keyof typeof SIZES = 'desk', colorScheme: 'light' | 'dark' = 'light') {
    return openPage(site.browser, `${site.url}/${hash}`, { size, colorScheme });
  }

  /** The page and the service must compute bit-identical probabilities. */
  async function expectServerProbabilities(page: Page, model: string, inputs: number[], bars = '#bars'): Promise<void> {
    const { predictions } = await admin.predict({ inputs }, { model });
    expect(await values(page, bars)).toEqual(predictions[0]?.probabilities);
  }

  it.each([
    ['desk', 'light'],
    ['phone', 'dark'],
  ] as const)(
    'shows a field per feature, starting at the means, and predicts while typing: %s, %s',
    async (size, scheme) => {
      const { page, troubles } = await open('#draw/iris', size, scheme);
      await page.locator('#origin', { hasText: 'Model iris version 1 (3-8-3). Use the bundled model' }).waitFor();
      expect([await page.textContent('#draw-title'), await page.title()]).toEqual(['Try iris', 'Try iris – edge-mlp']);
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
      expect(await page.textContent('#numbers .help')).toMatch(/^mean 5\.\d ± 0\.\d$/);
      await expectServerProbabilities(page, 'iris', means.map(Number));
      expect(await page.locator('#bars li span').allTextContents()).toEqual(KINDS);

      await page.getByLabel('sepal length').fill('6.7');
      await page.getByLabel('petal length').fill('5');
      await page.locator('#result', { hasText: /^Looks like virginica · / }).waitFor();
      await expectServerProbabilities(page, 'iris', [6.7, Number(means[1]), 5]);
      expect(await page.textContent('#spoken')).not.toMatch(/virginica/);
      await page.keyboard.press('Tab');
      await page.locator('#spoken', { hasText: /^Looks like virginica · / }).waitFor({ state: 'attached' });
      await page.click('#ask');
      await page
        .locator('#server', { hasText: 'The server returned identical probabilities (iris version 1).' })
        .waitFor();

      // Arrow keys change the mean in steps of 0.1.
      await page.focus('#numbers-0');
      await page.click('#numbers button');
      await page.focus('#numbers-0');
      await page.keyboard.press('ArrowUp');
      expect(Number(await fields.nth(0).inputValue())).toBeCloseTo(Number(means[0]) + 0.1, 6);
      await page.fill('#numbers-1', '');
      await page.locator('#result', { hasText: 'sepal width: expected a number, got nothing' }).waitFor();
      expect(await page.isDisabled('#ask')).toBe(true);
      await page.focus('#numbers-2');
      await paste(page, '#numbers-2', '4.7\t3.6\t1');
      await page.locator('#result', { hasText: /^Looks like setosa · / }).waitFor();
      await expectServerProbabilities(page, 'iris', [4.7, 3.6, 1]);
      // A row with an empty cell is not distributed, because its values would end up in the wrong fields.
      await paste(page, '#numbers-2', '9.9\t\t2\t3');
      await expectServerProbabilities(page, 'iris', [4.7, 3.6, 1]);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
      expect(await page.evaluate(UNNAMED)).toEqual([]);
      expect(troubles).toEqual([]);
      await page.close();
    },
  );

  it('lists all models with links, and switches between them and back to the pad', async () => {
    const { page, troubles } = await open('');
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.locator('#demo').waitFor();
    await page.reload({ waitUntil: 'networkidle' });
    // Drawing needs no request for models.
    expect(requests.filter((path) => path.startsWith('/models'))).toEqual([]);
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
    await expectServerProbabilities(page, 'squares', inputs);
    // With many classes the most likely ones are listed in descending order.
    await page.goto(`${site.url}/#draw/letters`);
    await page.locator('#draw-title', { hasText: 'Try letters' }).waitFor();
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
    await page.locator('#draw-title', { hasText: 'Try squares' }).waitFor();
    await page.click('#origin a');
    await page.locator('#draw-title', { hasText: 'Draw a digit' }).waitFor();
    expect([await page.isVisible('#pad'), await page.isHidden('#numbers')]).toEqual([true, true]);
    await page.click('#clear');
    await draw(page, 3);
    expect(await page.textContent('#result')).toMatch(/^Looks like a 3 · /);
    await page.goto(`${site.url}/#draw/missing`);
    await page.locator('#origin', { hasText: 'model missing not found' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows the base model of a job, and does not offer to copy its options', async () => {
    const { id } = await admin.jobs.start({ data: 'iris', from: 'iris', epochs: 2 });
    while (!isOver((await admin.jobs.get(id)).state)) await new Promise((resolve) => setTimeout(resolve, 100));
    const { page, troubles } = await open(`#train/${id}`);
    await page.locator('#panel-facts', { hasText: /^iris: 3-8-3, .*; from iris@1; trained on the service$/ }).waitFor();
    await page.locator('#panel-download').waitFor();
    expect(await page.isHidden('#panel-again')).toBe(true);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows a text box for many values, pasted or from a file, and keeps the prediction above many fields', async () => {
    const { page, troubles } = await open('#draw/spectrum', 'phone', 'dark');
    await page.locator('#result', { hasText: 'No values entered yet' }).waitFor();
    const numbers = Array.from({ length: 3000 }, (_, i) => ((i * 7) % 11) / 4);
    await page.getByLabel('3,000 values').fill(numbers.slice(1).join(', '));
    await page.locator('#result', { hasText: 'Expected 3,000 values, got 2,999' }).waitFor();
    // An empty cell is an error; the values after it keep their positions.
    await page.getByLabel('3,000 values').fill(`${numbers.slice(1).join('\t')}\t\t1`);
    await page.locator('#result', { hasText: 'Value 3,000: expected a number, got nothing' }).waitFor();
    await page.getByLabel('3,000 values').fill('[1, null, 2]');
    await page.locator('#result', { hasText: 'Value 2: expected a number, got null' }).waitFor();
    await page.getByLabel('3,000 values').fill(JSON.stringify({ inputs: numbers }));
    await page.locator('#result', { hasText: /\s% sure$/ }).waitFor();
    await expectServerProbabilities(page, 'spectrum', numbers);
    await page.getByLabel('3,000 values').fill(JSON.stringify(numbers));
    await page.locator('#result', { hasText: /\s% sure$/ }).waitFor();
    await expectServerProbabilities(page, 'spectrum', numbers);
    await page.click('#numbers button');
    await page.locator('#result', { hasText: 'No values entered yet' }).waitFor();
    const file = join(temporaryFolder(), 'spectrum.csv');
    writeFileSync(file, numbers.map((number) => number * 2).join('\n'));
    await page.setInputFiles('#numbers-file', file);
    await page.locator('#result', { hasText: /\s% sure$/ }).waitFor();
    await expectServerProbabilities(
      page,
      'spectrum',
      numbers.map((number) => number * 2),
    );
    writeFileSync(file, '1, 2, many');
    await page.setInputFiles('#numbers-file', file);
    await page.locator('#result', { hasText: 'Value 3: expected a number, got many' }).waitFor();
    writeFileSync(file, ' '.repeat(16 * 2 ** 20 + 1));
    await page.setInputFiles('#numbers-file', file);
    await page.locator('#result', { hasText: 'spectrum.csv is larger than 16 MB' }).waitFor();
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    await page.goto(`${site.url}/#draw/wide`);
    await page.locator('#draw-title', { hasText: 'Try wide' }).waitFor();
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
  ] as const)('teaches values with named classes, and undoes it: %s, %s', async (size, scheme) => {
    const { page, troubles } = await open('#teach/new', size, scheme);
    await page.check('#teach-place-service');
    await page.locator('#teach-model option[value="iris"]').waitFor({ state: 'attached' });
    await page.selectOption('#teach-model', 'iris');
    await page.locator('#teach-model-help', { hasText: 'Version 1, 3-8-3' }).waitFor();
    await page.fill('#teach-token', TOKENS.train);
    await page.click('#teach-begin');
    await page.waitForURL(/#teach\/[0-9a-f]{64}$/);
    const id = page.url().slice(-64);
    await examples(page, 0);
    expect(await page.textContent('#teach-facts')).toBe(
      'Based on iris version 1 (3-8-3). Rehearses 90 samples of iris.',
    );
    expect([await page.isHidden('#teach-pad'), await page.textContent('#teach-legend')]).toEqual([
      true,
      'Correct the prediction',
    ]);
    expect(await page.locator('#teach-choices button').allTextContents()).toEqual(KINDS);
    expect(await page.textContent('#teach-earlier')).toBe(
      'No examples yet. Enter values. If the prediction is wrong, choose the correct label.',
    );
    for (const [name, value] of [
      ['sepal length', '4.7'],
      ['sepal width', '3.6'],
      ['petal length', '5'],
    ] as const) {
      await page.locator('#teach-numbers').getByLabel(name).fill(value);
    }
    await page.locator('#teach-result', { hasText: /^(Looks like|Maybe) v/ }).waitFor();
    const before = await values(page, '#teach-bars');
    await page.click('#teach-choices button:text-is("setosa")');
    await examples(page, 1);
    await expect
      .poll(() => page.textContent('#spoken'))
      .toMatch(/^Learned: setosa\. Before: v\w+ \(\d+\.\d\s%\), setosa \(\d+\.\d\s%\)\. Now: setosa \(/);
    expect(await page.locator('#teach-lessons li').allTextContents()).toEqual([
      expect.stringMatching(/^4\.7, 3\.6, 5setosawas v\w+now setosa ✓$/),
    ]);
    expect(await page.textContent('#teach-score')).toBe('Correct: 1 of 1. Base model: 0.');
    const { predictions } = await admin.learners.predict(id, { inputs: [4.7, 3.6, 5] });
    expect(predictions[0]?.probabilities).toEqual(await values(page, '#teach-bars'));
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    await page.click('#teach-right');
    expect(await page.textContent('#teach-change')).toContain('Enter the next values.');
    await page.click('#teach-undo');
    await examples(page, 0);
    expect(await values(page, '#teach-bars')).toEqual(before);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('teaches letters by keyboard, and one of many classes from a list', async () => {
    // Only the owner may teach.
    const trainer = new Client(site.url, { token: TOKENS.train });
    const letters = await trainer.learners.begin({ model: 'letters' });
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
    await expect
      .poll(() => page.textContent('#spoken'))
      .toMatch(/(Learned: l\.|Not learned yet: the prediction is [a-z]\.)/);
    const { predictions } = await admin.learners.predict(letters.id, { inputs: await lessonPixels(page) });
    expect(predictions[0]).not.toHaveProperty('digit');

    const many = await trainer.learners.begin({ model: 'many', rehearsal: null });
    await page.goto(`${site.url}/#teach/${many.id}`);
    await page.locator('#teach-facts', { hasText: 'Based on many version 1' }).waitFor();
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

/** Waits until the learner has this number of examples and no request is running. */
async function examples(page: Page, count: number): Promise<void> {
  await page.locator('#teach-count', { hasText: new RegExp(`^${count} example`) }).waitFor();
  await page.locator('#teach-learner[aria-busy="false"]').waitFor();
}

/** Visible controls without an accessible name. */
const UNNAMED = `[...document.querySelectorAll('main :is(button, a, input, select, textarea, canvas, progress)')]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .filter((each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.[0]?.textContent.trim()))
  .map((each) => each.id || each.outerHTML)`;
