/** The API reference at /docs in Chromium: what it sends, and how it is found and read. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { BROWSER_EXPECTED, CHROMIUM, openPage } from '../support/browser.ts';
import { temporaryFolder } from '../support/cli.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

describe.runIf(BROWSER_EXPECTED)(`the API reference in Chromium (${CHROMIUM})`, () => {
  const site = startSite();

  /** Opens an operation with the token in the field. */
  async function open(operationId: string, look = {}) {
    const { page, troubles } = await openPage(site.browser, `${site.url}/docs#${operationId}`, look);
    await page.locator(`#${operationId}[open] .panel pre`).waitFor();
    await page.fill('#token', TOKENS.admin);
    return { page, troubles: troubles.filter((text) => !text.includes('Password field')) };
  }

  /** The status of the answer. */
  async function send(page: Page, operationId: string): Promise<string> {
    await page.click(`#${operationId} button.primary`);
    await page.locator(`#${operationId} .status`, { hasText: /^\d|^Not sent/ }).waitFor();
    return (await page.textContent(`#${operationId} .status`)) ?? '';
  }

  it('sends the example, and shows status, time, size, headers and body', async () => {
    const { page, troubles } = await open('predict');
    expect(await send(page, 'predict')).toMatch(/^200 OK · \d+ ms · \d+ bytes$/);
    expect(await page.textContent('#predict .response > div > pre')).toContain('"class": "7"');
    expect(await page.locator('#predict .response details').textContent()).toContain('content-type: application/json');

    await page.selectOption('#predict-body-type', 'image/png');
    await page.locator('#predict-body-file-help', { hasText: 'Example: digit.png, 915 bytes' }).waitFor();
    expect(await send(page, 'predict')).toMatch(/^200/);
    const file = join(temporaryFolder(), 'notes.png');
    writeFileSync(file, 'not a picture');
    await page.setInputFiles('#predict-body-file', file);
    await page.click('#predict button.primary');
    await page.locator('#predict .status', { hasText: '400 Bad Request' }).waitFor();
    expect(await page.textContent('#predict .panel')).toContain('--data-binary @notes.png');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('creates what an operation needs, and fills in its id', async () => {
    const { page, troubles } = await open('deleteJob');
    expect(await send(page, 'deleteJob')).toBe('Not sent: id has no value.');
    expect(await page.evaluate('document.activeElement.id')).toBe('deleteJob-id');
    await page.click('#deleteJob .notice button');
    await page.locator('#deleteJob .status', { hasText: 'Cancel a job; it can be resumed: 200 OK' }).waitFor();
    expect(await page.inputValue('#deleteJob-id')).toMatch(/^[0-9a-f]{64}$/);
    expect(await page.textContent('#deleteJob .panel')).toMatch(/\/jobs\/[0-9a-f]{64}'? /);
    expect(await send(page, 'deleteJob')).toMatch(/^204 /);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('streams events, and saves files', async () => {
    const { page, troubles } = await open('downloadJobRecording');
    await page.click('#downloadJobRecording .notice button');
    await page.locator('#downloadJobRecording .status', { hasText: 'Stream the events' }).waitFor();
    await page.click('#downloadJobRecording button.primary');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.click('#downloadJobRecording .response button'),
    ]);
    expect(download.suggestedFilename()).toMatch(/^job-[0-9a-f]{8}-run\.safetensors$/);
    const id = await page.inputValue('#downloadJobRecording-id');
    await page.click('#downloadJobRecording .notice a >> nth=1');
    await page.fill('#streamJobEvents-id', id);
    await send(page, 'streamJobEvents');
    await page.locator('#streamJobEvents .response pre', { hasText: '"status":"succeeded"' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('is read on a phone: filter, links, languages by keyboard, and fields, without sideways scrolling', async () => {
    const { page, troubles } = await open('getModel', { size: 'phone', colorScheme: 'dark' });
    expect(await page.evaluate('scrollY')).toBeGreaterThan(100);
    await page.focus('#getModel [role=tab][aria-selected=true]');
    await page.keyboard.press('ArrowRight');
    expect(await page.textContent('#getModel .panel')).toContain("client.models.get('mnist')");
    await page.keyboard.press('End');
    expect(await page.textContent('#getModel .panel')).toContain('import requests');
    for (const summary of await page.locator('#getModel details > summary:visible').all()) await summary.click();
    expect(await page.textContent('#getModel .answers')).toContain('Version number of each alias');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);

    await page.fill('#filter', 'publish learner');
    expect(await page.locator('.operation:visible').count()).toBe(1);
    expect(await page.textContent('#count')).toMatch(/^1 of \d+ operations$/);
    await page.evaluate(`location.hash = '#startSweep'`);
    await page.locator('#startSweep[open] .panel pre').waitFor();
    expect(await page.inputValue('#filter')).toBe('');
    // The tab has one token for the page and the reference.
    await page.click('nav a >> nth=0');
    expect(await page.evaluate(`sessionStorage.getItem('edge-mlp token')`)).toBe(TOKENS.admin);
    expect(troubles).toEqual([]);
    await page.close();
  });
});
