/** Training and teaching in Chromium without a service and without a token: the page is served as static files. */
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import type { Dataset } from '../../src/core/dataset.ts';
import { completeOptions, readDataKind } from '../../src/core/default-options.ts';
import { Mlp } from '../../src/core/mlp.ts';
import { splitTail } from '../../src/core/split.ts';
import { train } from '../../src/core/train.ts';
import type { TrainingOptionsInput } from '../../src/core/training-options.ts';
import { csvDataset } from '../../src/data/csv.ts';
import { generatedSets } from '../../src/data/generated.ts';
import { trainingParts } from '../../src/data/parts.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { drawStrokes } from '../support/pad.ts';
import { type StaticPage, serveStaticPage } from '../support/static-page.ts';

const LETTERS = {
  A: [
    [
      [0.2, 0.85],
      [0.5, 0.15],
      [0.8, 0.85],
    ],
    [
      [0.35, 0.55],
      [0.65, 0.55],
    ],
  ],
  B: [
    [
      [0.3, 0.15],
      [0.3, 0.85],
      [0.7, 0.7],
      [0.3, 0.5],
      [0.65, 0.3],
      [0.3, 0.15],
    ],
  ],
  C: [
    [
      [0.8, 0.25],
      [0.5, 0.12],
      [0.2, 0.5],
      [0.5, 0.88],
      [0.8, 0.75],
    ],
  ],
} satisfies Readonly<Record<string, [number, number][][]>>;

describe.runIf(BROWSER_EXPECTED)(`training and teaching in this browser (${CHROMIUM})`, { timeout: 120_000 }, () => {
  let site: StaticPage;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let troubles: string[];

  beforeAll(async () => {
    site = await serveStaticPage();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await site?.stop();
  });

  /** Each test has its own storage. */
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    await open('#train');
    await page.locator('#job-start').waitFor();
  });

  async function open(hash: string): Promise<void> {
    page = await context.newPage();
    troubles = [];
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load')) troubles.push(message.text());
    });
    await page.goto(`${site.url}/${hash}`);
  }

  async function start(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) await page.fill(`#job-${name}`, value);
    await page.click('#job-start');
    await page.waitForURL(/#train\/local-[0-9a-f]{16}$/);
  }

  async function openTable(name: string, text: string): Promise<void> {
    await page.setInputFiles('#job-file', { name, mimeType: 'text/csv', buffer: Buffer.from(text, 'latin1') });
  }

  const waitForState = (text: RegExp) => page.locator('#panel-state', { hasText: text }).waitFor({ timeout: 60_000 });
  const readHash = () => page.textContent('#panel-evaluation code', { timeout: 10_000 });

  it('trains digits without requests, with the bits of Node, also after a cancel and a closed tab', async () => {
    const requests: string[] = [];
    page.on('request', (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await start({ hidden: '100', epochs: '40', seed: '3' });
    await page.locator('#panel-epochs tr').first().waitFor();
    await page.click('#panel-cancel');
    await waitForState(/^Cancelled in epoch \d+ of 40$/);
    await page.click('#panel-resume');
    await page.locator('#panel-epochs tr').nth(2).waitFor();
    const { hash } = new URL(page.url());
    await page.close();
    // The form lists the jobs of the service until it is left.
    expect(requests.filter((request) => !/^GET \/(assets\/|icon|jobs$)/.test(request))).toEqual([]);

    await open(hash);
    await waitForState(/^Cancelled in epoch \d+ of 40$/);
    await page.click('#panel-resume');
    await waitForState(/^Done: 40 epochs$/);
    expect(await page.textContent('#panel-result')).toMatch(/^Validation accuracy 9\d\.\d\s%\. Compute time /);
    // The evaluation is read from storage after the state is shown.
    await expect.poll(() => page.locator('.confusion td.hit').count()).toBe(10);
    const digits = splitTail(generatedSets('digits', 3).training, 1200);
    expect(await readHash()).toBe(trainInNode(digits.training, [100], { epochs: 40, seed: 3 }));

    await page.click('#panel-try');
    await page.locator('#origin', { hasText: /\(784-100-10\), 40 of 40 epochs on digits, in this browser/ }).waitFor();
    await page.click('#origin a:first-of-type');
    await page.click('#panel-delete');
    await page.click('#question-yes');
    await page.waitForURL(/#train$/);
    await page.goto(`${site.url}/${hash}`);
    await page.reload();
    await page.locator('#panel-state', { hasText: 'Job not available' }).waitFor();
    expect(troubles).toEqual([]);
  });

  it('plans a table, trains on it with the defaults of tables, and predicts from its columns', async () => {
    const table = createTable();
    await openTable('fruit.csv', table);
    await page.locator('#job-table', { hasText: 'fruit.csv: 120 rows, 2 columns used.' }).waitFor();
    expect(await page.textContent('#job-table .plan > p')).toBe('kind: 3 classes, apple (40), pear (40), plum (40)');
    expect(await page.textContent('#job-table .notice')).toMatch(/^Left out: .*"name".* got 120$/);
    expect(await page.isChecked('.column-list input[name="name"]')).toBe(false);
    await page.uncheck('.column-list input[name="colour"]');
    await page.locator('#job-table', { hasText: '1 column used' }).waitFor();
    await page.check('.column-list input[name="colour"]');
    await page.locator('#job-table', { hasText: '2 columns used' }).waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('colour');
    expect(await page.inputValue('#job-optimizer')).toMatch(/^adam/);

    await start({});
    await waitForState(/^Done: /);
    const dataset = csvDataset(table, { name: 'fruit.csv', ignore: ['name'] });
    const { training } = trainingParts(dataset, { validation: 12, seed: 1, shuffledSplit: true });
    expect(await readHash()).toBe(trainInNode(training, [100], {}));
    const downloads: Record<string, string> = {};
    for (const format of ['safetensors', 'onnx', 'json', 'h']) {
      await page.selectOption('#panel-format', format);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#panel-download')]);
      downloads[format] = await download.path();
    }
    const { info } = parseModel(readFileSync(downloads.safetensors ?? ''), 'the download');
    expect(info.tableColumns?.map(({ name }) => name)).toEqual(['mass', 'colour']);
    expect(JSON.parse(readFileSync(downloads.json ?? '', 'utf8')).classes).toEqual(['apple', 'pear', 'plum']);
    expect(readFileSync(downloads.h ?? '', 'utf8')).toMatch(/#define JOB_[0-9A-F]{8}_CLASSES 3/);
    await page.click('#panel-try');
    await page.locator('#numbers select').waitFor();
    expect(await page.locator('#numbers label').allTextContents()).toEqual(['mass', 'colour']);

    await page.goto(`${site.url}/#train`);
    await page.reload();
    await page.selectOption('#job-data', 'fruit.csv');
    await page.locator('#job-table', { hasText: '2 columns used' }).waitFor();
    await page.click('#job-forget');
    await expect.poll(() => page.inputValue('#job-data')).toBe('digits');
    expect(troubles).toEqual([]);
  });

  it('shows the defaults of the chosen optimizer until the user edits them', async () => {
    const rate = () => page.inputValue('#job-learningRate');
    expect(await rate()).toBe('0.03');
    await page.fill('#job-optimizer', 'adamw beta1=0.8');
    expect([await rate(), await page.inputValue('#job-weightDecay')]).toEqual(['0.001', '0.01']);
    await page.fill('#job-optimizer', 'sgd');
    expect([await rate(), await page.inputValue('#job-weightDecay')]).toEqual(['0.03', '0']);
    await page.fill('#job-learningRate', '0.2');
    await page.fill('#job-optimizer', 'adam');
    expect(await rate()).toBe('0.2');
    await openTable('fruit.csv', createTable());
    await page.locator('#job-table', { hasText: '2 columns used' }).waitFor();
    expect([await rate(), await page.inputValue('#job-optimizer')]).toEqual(['0.2', 'adam']);
    await start({ epochs: '1' });
    await page.click('#panel-again');
    await page.locator('#job-table', { hasText: '2 columns used' }).waitFor();
    expect([await rate(), await page.inputValue('#job-epochs')]).toEqual(['0.2', '1']);
    expect(troubles).toEqual([]);
  });

  it.each([
    ['a picture.csv', '\x89PNG\r\n\x1a\n', /^expected text, got a PNG/],
    ['empty.csv', '', /^expected a header line, got an empty file$/],
    ['one.csv', 'a\n1\n2\n', /^expected at least one feature and a label, got only a/],
    ['gaps.csv', 'a,b,kind\n1,2,x\n,3,y\n4,5,x\n', /^expected a value in each cell, .*: choose below what happens/],
    ['head.csv', '5.1,3.5,2.5\n4.9,3.2,1\n5.6,3,2.5\n', /: choose below whether the first line has names$/],
  ])('says near the table why %s cannot be used', async (name, text, message) => {
    await openTable(name, text);
    await page.locator('#job-table .problem:not([hidden])').waitFor();
    await expect.poll(() => page.textContent('#job-table .problem')).toMatch(message);
    expect(await page.textContent('#job-table .problem')).not.toContain('--');
    await page.click('#job-start');
    expect(page.url()).toMatch(/#train$/);
    expect(troubles).toEqual([]);
  });

  it('predicts a number, and reads a table whose first line is a sample', async () => {
    const rows = Array.from({ length: 80 }, (_, i) => `${i % 9};${(i * 7) % 11};${3 * (i % 9) + ((i * 7) % 11)}.5`);
    await openTable('sums.csv', rows.join('\n'));
    await page.locator('#job-table .problem:not([hidden])').waitFor();
    await page.selectOption('#table-header', 'false');
    await page.locator('#job-table', { hasText: '80 rows, 2 columns used' }).waitFor();
    expect([await page.inputValue('#table-task'), await page.inputValue('#table-label')]).toEqual(['regression', 'c3']);
    expect(await page.isVisible('#job-loss')).toBe(true);
    await start({ epochs: '40' });
    await waitForState(/^Done: 40 epochs$/);
    expect(await page.textContent('#panel-result')).toMatch(/^Validation R² 0\.\d+, RMSE /);
    await expect.poll(() => page.locator('#panel-evaluation tbody th').allTextContents()).toEqual(['c3']);
  });

  it('queues runs, and says that a run diverged', async () => {
    await start({ hidden: '1000', epochs: '50' });
    await waitForState(/^Running/);
    const first = new URL(page.url()).hash;
    await page.click('.back');
    await start({ hidden: '20', learningRate: '1e30' });
    await waitForState(/^Queued/);
    await page.goto(`${site.url}/${first}`);
    await page.click('#panel-cancel');
    await waitForState(/^Cancelled/);
    await page.click('.back');
    await page.locator('#jobs-list .failed').waitFor();
    await page.click('#jobs-list li:first-child a');
    await waitForState(/^Failed/);
    expect(await page.textContent('#panel-result')).toMatch(/^The training diverged\. diverged at step \d+ .* smaller/);
    expect(await page.getAttribute('#panel-result', 'class')).toContain('bad');
    expect(await page.isHidden('#panel-resume')).toBe(true);
    expect(troubles).toEqual([]);
  });

  it('cancels a run of another tab, and does not train a run that another tab has resumed', async () => {
    await start({ hidden: '1000', epochs: '200' });
    await waitForState(/^Running/);
    const [first, { hash }] = [page, new URL(page.url())];
    await open(hash);
    await waitForState(/^Running/);
    await page.click('#panel-cancel');
    await waitForState(/^Cancelled/);
    await first.locator('#panel-state', { hasText: /^Cancelled/ }).waitFor();
    await first.click('#panel-resume');
    await page.click('#panel-resume');
    await waitForState(/^Running/);
    await first.locator('#panel-state', { hasText: /^Running/ }).waitFor();
    // Either of them trains.
    expect(first.workers().length + page.workers().length).toBe(1);
    expect(troubles).toEqual([]);
  });

  it('shows the decision plane of two inputs while it trains, and again after a reload', async () => {
    await page.selectOption('#job-data', 'ellipse');
    await page.locator('#job-data-help', { hasText: 'points' }).waitFor();
    await start({ epochs: '1000' });
    await page.locator('#panel-plane canvas[aria-label*="inside"]').waitFor();
    await page.click('#panel-cancel');
    await waitForState(/^Cancelled/);
    await page.reload();
    await page.locator('#panel-plane canvas[aria-label*="inside"]').waitFor();
    expect(troubles).toEqual([]);
  });

  it('moves nothing on a phone while a job, its model and a learner open', async () => {
    await page.selectOption('#job-data', 'ellipse');
    await start({ epochs: '3' });
    await waitForState(/^Done/);
    const job = new URL(page.url()).hash;
    await page.goto(`${site.url}/#teach/new`);
    await page.click('#teach-begin');
    await page.waitForURL(/#teach\/local-/);
    const learner = new URL(page.url()).hash;
    await page.setViewportSize({ width: 390, height: 844 });
    await page.addInitScript(() => {
      const moved = { sum: 0 };
      Object.assign(globalThis, { moved });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) moved.sum += (entry as unknown as { value: number }).value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    const complete = {
      [job]: '#panel-publish',
      [job.replace('train', 'draw')]: '#numbers input',
      [learner]: '#teach-bars',
    };
    for (const [hash, last] of Object.entries(complete)) {
      await page.goto(`${site.url}/icon.svg`);
      await page.goto(`${site.url}/${hash}`);
      await page.locator(last).first().waitFor();
      await page.waitForTimeout(300);
      expect(await page.evaluate<number>('moved.sum'), hash).toBeLessThan(0.05);
    }
    expect(troubles).toEqual([]);
  });

  it('can be used by keyboard: from the form to the download', async () => {
    await page.focus('#train-tab');
    for (let i = 0; i < 30 && (await focusedId()) !== 'job-epochs'; i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('1');
    await page.keyboard.press('Enter');
    await waitForState(/^Done: 1 epoch$/);
    for (let i = 0; i < 10 && (await focusedId()) !== 'panel-download'; i++) await page.keyboard.press('Tab');
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
    expect(download.suggestedFilename()).toMatch(/^job-[0-9a-f]{8}\.safetensors$/);
  });

  it('teaches own classes by drawing, undoes, and keeps the learner across reloads', async () => {
    await page.goto(`${site.url}/#teach/new`);
    await page.fill('#teach-classes', 'A, B, A');
    await page.click('#teach-begin');
    expect(await page.textContent('#teach-classes-problem')).toBe('Expected different names, got A twice.');
    await page.fill('#teach-classes', 'A, B, C');
    await page.click('#teach-begin');
    await page.waitForURL(/#teach\/local-/);
    for (const [letter, strokes] of Object.entries(LETTERS)) {
      await drawLetter(strokes);
      await page.click(`#teach-choices button:text-is("${letter}")`);
      await page.locator('#teach-change', { hasText: `Learned: ${letter}.` }).waitFor();
    }
    await page.locator('#teach-score', { hasText: 'Correct: 3 of 3.' }).waitFor();
    await page.reload();
    await page.locator('#teach-score', { hasText: 'Correct: 3 of 3.' }).waitFor();
    await drawLetter(LETTERS.B);
    await page.locator('#teach-bars .best', { hasText: 'B' }).waitFor();
    const taught = await downloadWeights();
    await page.keyboard.press('c');
    await page.locator('#teach-count', { hasText: '4 examples' }).waitFor();
    expect(await downloadWeights()).not.toBe(taught);
    await page.click('#teach-undo');
    await page.locator('#teach-count', { hasText: '3 examples' }).waitFor();
    expect(await downloadWeights()).toBe(taught);
    expect(await page.evaluate('document.querySelectorAll("#teach-lessons li").length')).toBe(3);
    expect(site.missing.filter((path) => path.startsWith('/learners'))).toEqual([]);
    expect(troubles).toEqual([]);
  });

  it('uses the examples that another tab has taught, also if their number is the same', async () => {
    await page.goto(`${site.url}/#teach/new`);
    await page.fill('#teach-classes', 'A, B, C');
    await page.click('#teach-begin');
    await drawLetter(LETTERS.A);
    expect(page.workers()).toEqual([]);
    await page.click('#teach-choices button:text-is("A")');
    await page.locator('#teach-count', { hasText: '1 example' }).waitFor();
    const first = page;
    await open(new URL(page.url()).hash);
    await page.click('#teach-undo:enabled');
    await page.locator('#teach-count', { hasText: '0 examples' }).waitFor();
    await drawLetter(LETTERS.A);
    await page.click('#teach-choices button:text-is("B")');
    await page.locator('#teach-count', { hasText: '1 example' }).waitFor();
    const taught = await downloadWeights();
    page = first;
    expect(await downloadWeights()).toBe(taught);
    expect(troubles).toEqual([]);
  });

  it('teaches own classes by numbers of any range', async () => {
    await page.goto(`${site.url}/#teach/new`);
    await page.selectOption('#teach-model', 'numbers');
    await page.fill('#teach-classes', 'small, large');
    await page.fill('#teach-columns', 'width, height');
    await page.click('#teach-begin');
    await page.locator('#teach-numbers input').nth(1).waitFor();
    const examples = [
      ['2000', '0.1', 'small'],
      ['9000', '0.5', 'large'],
      ['2500', '0.2', 'small'],
      ['8000', '0.4', 'large'],
    ] as const;
    for (const [n, [width, height, name]] of examples.entries()) {
      await enter(width, height);
      await page.click(`#teach-choices button:text-is("${name}")`);
      await page.locator('#teach-count', { hasText: `${n + 1} example` }).waitFor();
    }
    await page.locator('#teach-score', { hasText: 'Correct: 4 of 4.' }).waitFor();
    await enter('2200', '0.15');
    await page.locator('#teach-bars .best', { hasText: 'small' }).waitFor();
    await page.click('#teach-delete');
    await page.click('#question-yes');
    await page.locator('#teach-form').waitFor();
    expect(await page.isHidden('#teach-kept')).toBe(true);
    expect(troubles).toEqual([]);
  });

  const focusedId = () => page.evaluate<string>('document.activeElement.id');

  async function enter(width: string, height: string): Promise<void> {
    await page.locator('#teach-numbers input').nth(0).fill(width);
    await page.locator('#teach-numbers input').nth(1).fill(height);
  }

  async function drawLetter(strokes: [number, number][][]): Promise<void> {
    if (await page.isEnabled('#teach-clear')) await page.click('#teach-clear');
    await drawStrokes(page, strokes, '#teach-pad');
    await page.locator('#teach-choices button:enabled').first().waitFor();
  }

  async function downloadWeights(): Promise<string> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#teach-download')]);
    return weightsSha256(parseModel(readFileSync(await download.path()), 'the download').parameters);
  }
});

/** SHA-256 of the weights after the same training in Node. */
function trainInNode(training: Dataset, hidden: readonly number[], given: TrainingOptionsInput): string {
  const options = completeOptions(given, readDataKind(training));
  const layers = [training.columns, ...hidden, training.classes.length];
  const mlp = Mlp.create(loadBuild(), { layers, hiddenActivation: 'sigmoid', seed: options.seed });
  for (const _ of train(mlp, training, options));
  return weightsSha256(mlp.parameters());
}

/** Names are unique, and the mass decides the kind. */
function createTable(): string {
  const rows = Array.from({ length: 120 }, (_, i) => {
    const kind = i % 3;
    return `fruit ${i},${100 + 50 * kind + ((i * 13) % 40)},${['red', 'green'][i % 2]},${['apple', 'pear', 'plum'][kind]}`;
  });
  return ['name,mass,colour,kind', ...rows].join('\n');
}
