/** The panels below an answer, in Chromium: corrections, and the inside of the network. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { ellipseDataset } from '../../src/data/index.ts';
import { formatModel } from '../../src/format/index.ts';
import { Mlp, train } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { draw } from '../support/pad.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

/** Learning may take seconds on a busy machine. */
const eventually = (read: () => unknown) => expect.poll(read, { timeout: 30_000 });

describe.runIf(BROWSER_EXPECTED)(`panels in Chromium (${CHROMIUM})`, () => {
  const site = startSite();

  beforeAll(async () => {
    const admin = new Client(site.url, { token: TOKENS.admin });
    await admin.models.upload('ellipse', 1, trainEllipse());
    await admin.models.upload('price', 1, createPrices());
  });

  it('learns the right class at once, and undoes, pauses, keeps and forgets corrections', async () => {
    const { page, troubles } = await openPage(site.browser, site.url, { size: 'phone' });
    const requests: string[] = [];
    await drawSeven(page);
    const first = await page.textContent('#result');
    expect(page.workers()).toEqual([]);
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));

    await press(page, '1');
    await eventually(() => page.textContent('.outcome')).toMatch(/^Learned\. .*\b1\b.*\d\s%/);
    expect(await page.textContent('#result')).toMatch(/\b1\b/);
    expect(await page.locator('.correction figure').count()).toBe(1);
    expect(await page.textContent('.kept')).toContain('1 correction kept in this browser');
    const corrected = await page.textContent('#result');

    // The same class again is not a correction.
    await press(page, '1');
    await eventually(() => page.textContent('.outcome')).toMatch(/already/);
    await press(page, '2');
    await eventually(() => page.textContent('.kept')).toContain('2 corrections');
    await press(page, 'Undo');
    await eventually(() => page.textContent('.outcome')).toMatch(/^Last correction undone\./);
    expect(await page.textContent('#result')).toBe(corrected);

    await press(page, 'Pause');
    await eventually(() => page.textContent('#result')).toBe(first);
    await press(page, 'Use again');
    await eventually(() => page.textContent('#result')).toBe(corrected);
    // The code of the worker.
    expect(requests.filter((path) => !path.startsWith('/assets/'))).toEqual([]);

    await page.reload();
    await drawSeven(page);
    await eventually(() => page.textContent('#result')).toBe(corrected);
    await press(page, 'Forget');
    await eventually(() => page.textContent('#result')).toBe(first);
    expect(await page.isVisible('.kept')).toBe(false);
    await page.reload();
    await drawSeven(page);
    await page.locator('.correction[aria-busy=false]').waitFor();
    expect(await page.textContent('#result')).toBe(first);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('is used by keyboard: digits while the pad has the focus, then the buttons', async () => {
    const { page } = await openPage(site.browser, site.url);
    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    // A key also counts before the worker is ready.
    await page.locator('.correction .choices').waitFor();
    const first = await page.textContent('#result');
    await page.keyboard.press('5');
    await eventually(() => page.textContent('.outcome')).toMatch(/^Learned/);
    await page.focus('.kept button');
    await page.keyboard.press('Enter');
    await eventually(() => page.textContent('#result')).toBe(first);
    // The pressed button is gone: the focus moves to the choice.
    await eventually(() => page.evaluate(`document.activeElement?.closest('.choices') !== null`)).toBe(true);
    await page.close();
  });

  it('shows the pixels and the hidden units that decided, for any other class', async () => {
    const { page, troubles } = await openPage(site.browser, site.url, { size: 'phone', colorScheme: 'dark' });
    await drawSeven(page);
    await page.focus('#inside summary');
    await page.keyboard.press('Enter');
    await page.locator('.units li').first().waitFor();
    expect(await page.textContent('.evidence')).toMatch(
      /^7 is [\d,.a-z ]+ times as likely as \d\. The contributions add/,
    );
    const first = await readPicture(page, '.pixels');
    await page.selectOption('.why select', '4');
    await eventually(() => page.textContent('.evidence')).toContain('p(7) / p(4)');
    expect(await readPicture(page, '.pixels')).not.toBe(first);
    expect(await page.locator('.units canvas').count()).toBe(6);
    expect(await page.getAttribute('.pixels', 'aria-label')).toMatch(/^Pixels that decided\. Most for 7: [a-z ]+ \(\+/);
    expect(await page.getAttribute('.dots', 'aria-label')).toMatch(/^Hidden layer: 300 units, \d+ above half/);
    // A correction changes the weights, and the panel with them.
    const units = await page.textContent('.units');
    await press(page, '1');
    await eventually(() => page.textContent('.evidence')).toMatch(/^1 is/);
    expect(await page.textContent('.units')).not.toBe(units);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows the decision plane of two inputs, and corrects numbers', async () => {
    const { page, troubles } = await openPage(site.browser, `${site.url}/#draw/ellipse`);
    const fields = page.locator('#numbers input');
    await fields.first().waitFor();
    await fields.nth(0).fill('0.1');
    await fields.nth(1).fill('0.2');
    await page.locator('.correction[aria-busy=false]').waitFor();
    await page.click('#inside summary');
    const label = () => page.getAttribute('.plane > canvas', 'aria-label');
    await eventually(label).toMatch(/^Decision plane, .*outside (5|6)\d\.\d\s%, inside (3|4)\d\.\d\s%\.$/);
    const before = [await label(), await readPicture(page, '.plane > canvas')];
    expect(await page.locator('.contributions li').count()).toBe(2);
    await press(page, 'outside');
    await eventually(() => page.textContent('#result')).toContain('outside');
    await eventually(async () => [await label(), await readPicture(page, '.plane > canvas')]).not.toEqual(before);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('explains and corrects the value of a regression', async () => {
    const { page, troubles } = await openPage(site.browser, `${site.url}/#draw/price`);
    await page.locator('#numbers input').first().fill('3');
    await page.locator('.correction[aria-busy=false]').waitFor();
    await page.click('#inside summary');
    await expect
      .poll(() => page.textContent('.evidence'))
      .toMatch(/^price is [\d.]+ for the mean of the training data\./);
    const first = await page.textContent('#result');
    await page.fill('.correction .choices input', '260');
    await page.keyboard.press('Enter');
    await eventually(() => page.textContent('.outcome')).toMatch(/^Learned\. .*price 2\d\d/);
    expect(await page.textContent('#result')).not.toBe(first);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** The picture on a canvas. */
function readPicture(page: Page, canvas: string): Promise<string> {
  return page.evaluate<string>(`document.querySelector('${canvas}').toDataURL()`);
}

function trainEllipse(): Uint8Array<ArrayBuffer> {
  const dataset = ellipseDataset({ samples: 2000, seed: 1 });
  const mlp = Mlp.create(loadBuild(), { layers: [2, 8, 2], hiddenActivation: 'tanh', seed: 1 });
  for (const _ of train(mlp, dataset, { epochs: 20 }));
  const { classes, scaling } = dataset;
  return formatModel({
    info: { spec: mlp.spec, classes, scaling, features: ['x', 'y'] },
    parameters: mlp.parameters(),
  });
}

function createPrices(): Uint8Array<ArrayBuffer> {
  const mlp = Mlp.create(loadBuild(), { layers: [3, 6, 1], task: 'regression', seed: 1 });
  const info = {
    spec: mlp.spec,
    classes: [],
    targets: [{ name: 'price', mean: 200, standardDeviation: 50 }],
    scaling: { kind: 'standard', mean: [1, 2, 3], standardDeviation: [1, 1, 1] },
    features: ['rooms', 'age', 'floor'],
  } as const;
  return formatModel({ info, parameters: mlp.parameters() });
}

async function drawSeven(page: Page): Promise<void> {
  await draw(page, 7);
  await page.locator('.correction[aria-busy=false]').waitFor();
}

function press(page: Page, name: string): Promise<void> {
  return page.locator('#correction button', { hasText: new RegExp(`^${name}$`) }).click();
}
