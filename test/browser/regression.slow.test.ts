/** Regression in Chromium: from the form on a table with targets to the values of the trained model. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage, SIZES } from '../support/browser.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

const DISTRICTS = ['lake', 'north', 'old town'];

/** Prices and rents that follow from the area and the district. */
function flats(): string {
  const rows = Array.from({ length: 150 }, (_, n) => {
    const [area, district] = [30 + ((n * 37) % 90), n % 3];
    return `${area},${DISTRICTS[district]},${area * 2000 + district * 30_000},${area * 9 + district * 100}`;
  });
  return ['area,district,price,rent', ...rows].join('\n');
}

describe.runIf(BROWSER_EXPECTED)(`regression in Chromium (${CHROMIUM})`, () => {
  const site = startSite();
  let client: Client;

  beforeAll(async () => {
    client = new Client(site.url, { token: TOKENS.admin });
    await client.datasets.uploadRows('flats', 0, flats(), { target: 'price,rent' });
    await client.datasets.finish('flats', { training: 1, test: 0 });
  });

  it.each(['desk', 'phone'] as const)(
    'trains on a table with targets, and predicts their values from numbers and categories: %s',
    async (size) => {
      const { page, troubles } = await openPage(site.browser, `${site.url}/#train`, { size });
      await page.check('#job-place-service');
      await page.locator('#job-data option[value="flats"]').waitFor({ state: 'attached' });
      expect(await page.isHidden('#job-loss')).toBe(true);
      await page.selectOption('#job-data', 'flats');
      await page.locator('#job-data-help', { hasText: '150 samples, 2 features, targets price, rent' }).waitFor();
      await page.selectOption('#job-loss', 'huber');
      for (const [name, value] of Object.entries({ epochs: '60', batchSize: '8', publish: size })) {
        await page.fill(`#job-${name}`, value);
      }
      await page.fill('#token', TOKENS.train);
      await page.click('#job-start');
      await page.locator('#panel-state', { hasText: 'Done: 60 epochs' }).waitFor();
      expect((await client.jobs.get(page.url().slice(-64))).spec.loss).toBe('huber');
      expect(await page.textContent('#panel-result')).toMatch(
        /^Validation R² 0\.9\d+, RMSE \d+\.\d+, MAE \d+\.\d+\. Published as \w+ version 1\. /,
      );
      expect(await page.locator('#panel-head th').allTextContents()).toEqual([
        ...['Epoch', 'Training', 'Validation'],
        ...['loss', 'loss', 'R²'],
      ]);
      const [, , r2] = await page.locator('#panel-epochs tr:first-child td').allTextContents();
      expect(await page.textContent('#score-validation')).toBe(r2);
      expect([await page.textContent('#score-name'), await page.isHidden('#score-training')]).toEqual(['R²', true]);
      await expectFits(page, size);

      await page.click('#panel-try');
      await page.locator('#origin', { hasText: 'on flats' }).waitFor();
      expect(await page.textContent('#doing')).toBe('predicts numbers from your values while you type');
      expect(await page.locator('#numbers option').allTextContents()).toEqual(DISTRICTS);
      await page.getByLabel('area').fill('80');
      await page.getByLabel('district').selectOption('old town');
      const { predictions } = await client.predictValues([{ area: 80, district: 'old town' }], { model: size });
      const values = Object.entries(predictions[0]?.values ?? {}).map(([name, value]) => [name, shorten(value)]);
      const sentence = values.map((pair) => pair.join(' ')).join(', ');
      await page.locator('#result', { hasText: `Prediction: ${sentence}` }).waitFor();
      expect(Number(values[0]?.[1]) / 220_000).toBeCloseTo(1, 1);
      expect(await page.locator('#values div > *').allTextContents()).toEqual(values.flat());
      expect(await page.isHidden('#bars')).toBe(true);
      await page.click('#ask');
      await page.locator('#server', { hasText: `identical values (${size} version 1)` }).waitFor();
      await page.getByLabel('area').fill('');
      await page.locator('#result', { hasText: 'area' }).waitFor();
      expect([await page.isHidden('#values'), await page.isDisabled('#ask')]).toEqual([true, true]);
      await expectFits(page, size);

      await page.click('#origin a:last-child');
      await page.locator('#doing', { hasText: 'classifies your drawing' }).waitFor();
      expect(await page.isVisible('#bars')).toBe(true);
      expect(troubles).toEqual([]);
      await page.close();
    },
  );

  it('copies the loss of a job, and teaches only models with classes', async () => {
    const job = await client.jobs.start({ data: 'flats', loss: 'absolute-error', epochs: 1, publish: 'rough' });
    const circle = await client.jobs.start({ data: 'ellipse', epochs: 1, publish: 'circle' });
    for await (const _ of client.jobs.events(circle.id));
    const { page, troubles } = await openPage(site.browser, `${site.url}/#train/${job.id}`);
    await page.click('#panel-again');
    await page.locator('#job-data-help', { hasText: 'targets price, rent' }).waitFor();
    expect(await page.inputValue('#job-loss')).toBe('absolute-error');
    await page.selectOption('#job-data', 'ellipse');
    expect(await page.isHidden('#job-loss')).toBe(true);

    await page.goto(`${site.url}/#teach/new`);
    await page.check('#teach-place-service');
    await page.locator('#teach-model option[value="circle"]').waitFor({ state: 'attached' });
    expect(await page.locator('#teach-model option').allTextContents()).toEqual(['mnist', 'circle']);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** Seven digits, as the page shows a value. */
function shorten(value: number): string {
  return String(Number(value.toPrecision(7)));
}

async function expectFits(page: Page, size: keyof typeof SIZES): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
}
