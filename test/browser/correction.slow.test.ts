/** Corrections below an answer, in Chromium: learned, undone and kept in the browser. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium, openPage } from '../support/browser.ts';
import { draw } from '../support/pad.ts';
import { type Service, startService } from '../support/service.ts';

describe.runIf(BROWSER_EXPECTED)(`corrections in Chromium (${CHROMIUM})`, () => {
  let service: Service;
  let browser: Browser;

  beforeAll(async () => {
    service = await startService();
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  it('learns the right class at once, and undoes, pauses, keeps and forgets corrections', async () => {
    const { page, troubles } = await openPage(browser, service.url, { size: 'phone' });
    const requests: string[] = [];
    await drawSeven(page);
    const first = await page.textContent('#result');
    page.on('request', (request) => requests.push(request.url()));

    await press(page, '1');
    await expect.poll(() => page.textContent('.outcome')).toMatch(/^Learned\. .*\b1\b.*\d\s%/);
    expect(await page.textContent('#result')).toMatch(/\b1\b/);
    expect(await page.locator('.correction figure').count()).toBe(1);
    expect(await page.textContent('.kept')).toContain('1 correction kept in this browser');
    const corrected = await page.textContent('#result');

    // The same class again is not a correction.
    await press(page, '1');
    await expect.poll(() => page.textContent('.outcome')).toMatch(/already/);
    await press(page, '2');
    await expect.poll(() => page.textContent('.kept')).toContain('2 corrections');
    await press(page, 'Undo');
    await expect.poll(() => page.textContent('.outcome')).toMatch(/^Last correction undone\./);
    expect(await page.textContent('#result')).toBe(corrected);

    await press(page, 'Reset');
    await expect.poll(() => page.textContent('#result')).toBe(first);
    await press(page, 'Use again');
    await expect.poll(() => page.textContent('#result')).toBe(corrected);
    expect(requests).toEqual([]);

    await page.reload();
    await drawSeven(page);
    await expect.poll(() => page.textContent('#result')).toBe(corrected);
    await press(page, 'Forget');
    await expect.poll(() => page.textContent('#result')).toBe(first);
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
    const { page } = await openPage(browser, service.url);
    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await page.locator('.correction[aria-busy=false]').waitFor();
    const first = await page.textContent('#result');
    await page.keyboard.press('5');
    await expect.poll(() => page.textContent('.outcome')).toMatch(/^Learned/);
    await page.focus('.kept button');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.textContent('#result')).toBe(first);
    // The pressed button is gone: the focus moves to the choice.
    await expect.poll(() => page.evaluate(`document.activeElement?.closest('.choices') !== null`)).toBe(true);
    await page.close();
  });
});

async function drawSeven(page: Page): Promise<void> {
  await draw(page, 7);
  await page.locator('.correction[aria-busy=false]').waitFor();
}

function press(page: Page, name: string): Promise<void> {
  return page.locator('#correction button', { hasText: new RegExp(`^${name}$`) }).click();
}
