/** A visit in Chromium without a pointer: draws a digit, trains and teaches in the browser, publishes on the service. */
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage } from '../support/browser.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

/** No view has as many stops of the Tab key. */
const MAX_STOPS = 60;

describe.runIf(BROWSER_EXPECTED)(`the keyboard in Chromium (${CHROMIUM})`, () => {
  const site = startSite();

  it('draws a digit, trains, teaches and publishes', async () => {
    const { page, troubles } = await openPage(site.browser, `${site.url}/#draw`);
    await page.locator('#demo').waitFor();
    await drawLine(page, 'pad');
    await page.locator('#result', { hasText: /^Looks like a 1 · / }).waitFor();

    await moveFocus(page, 'train-tab', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('#job-start').waitFor();
    await moveFocus(page, 'job-data');
    await page.keyboard.press('ArrowDown');
    await page.locator('#job-data-help', { hasText: 'inside or outside an ellipse' }).waitFor();
    await moveFocus(page, 'job-epochs');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('2');
    await page.keyboard.press('Enter');
    await page.locator('#panel-state', { hasText: /^Done: 2 epochs$/ }).waitFor();

    await moveFocus(page, 'teach-tab', 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.locator('#teach-classes').waitFor();
    await moveFocus(page, 'teach-begin');
    await page.keyboard.press('Enter');
    await page.locator('#teach-pad').waitFor();
    await drawLine(page, 'teach-pad');
    await page.keyboard.press('B');
    await page.locator('#teach-change', { hasText: 'Learned: B.' }).waitFor();

    await moveFocus(page, 'teach-name');
    await page.keyboard.type('taught');
    await page.keyboard.press('Enter');
    await page
      .locator('#teach-publish-errors', { hasText: 'expected Authorization: Bearer TOKEN, got none' })
      .waitFor();
    await page.keyboard.type(TOKENS.admin);
    await page.keyboard.press('Enter');
    await page.locator('#teach-published', { hasText: 'Published as taught version 1' }).waitFor();
    const { versions } = await new Client(site.url).models.get('taught');
    expect(versions.map(({ layers }) => layers.at(-1))).toEqual([3]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** Presses Tab, or `key`, until the element has the focus. */
async function moveFocus(page: Page, id: string, key = 'Tab'): Promise<void> {
  const passed: string[] = [];
  while (passed.length < MAX_STOPS) {
    await page.keyboard.press(key);
    const focused = await page.evaluate<string>('document.activeElement.id || document.activeElement.textContent');
    if (focused === id) return;
    passed.push(focused.trim().slice(0, 30));
  }
  throw new Error(`${key} does not reach ${id}: ${passed.join(', ')}`);
}

/** A vertical line on a pad. */
async function drawLine(page: Page, pad: string): Promise<void> {
  await moveFocus(page, pad);
  await page.keyboard.press('Space');
  for (let i = 0; i < 26; i++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
}
