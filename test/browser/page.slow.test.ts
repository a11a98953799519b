/** The Try view in Chromium: drawing by pointer and keyboard, on a phone and a desktop screen. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { STROKES } from '../../models/strokes.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { BROWSER_EXPECTED, CHROMIUM } from '../support/browser.ts';
import { temporaryFolder } from '../support/cli.ts';
import { draw, padBox } from '../support/pad.ts';
import { startSite } from '../support/site.ts';

const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } };

describe.runIf(BROWSER_EXPECTED)(`the page in Chromium (${CHROMIUM})`, () => {
  const site = startSite();

  async function open(size: keyof typeof SIZES = 'desk', colorScheme: 'light' | 'dark' = 'light') {
    const page = await site.browser.newPage({ viewport: SIZES[size], colorScheme });
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(site.url) && !/^(data|blob):/.test(request.url())) troubles.push(request.url());
    });
    await page.goto(site.url, { waitUntil: 'networkidle' });
    return { page, troubles };
  }

  it.each([
    ['desk', 'light'],
    ['phone', 'dark'],
  ] as const)('recognizes all ten digits as they are drawn: %s, %s', async (size, scheme) => {
    const { page, troubles } = await open(size, scheme);
    for (const digit of STROKES.keys()) {
      if (digit > 0) await page.click('#clear');
      await draw(page, digit);
      expect(await page.textContent('#result')).toMatch(
        new RegExp(`^(Looks like|Maybe) an? ${digit} · \\d+\\.\\d\\s% sure$`),
      );
      expect(await page.locator('.bars li.best span').textContent()).toBe(String(digit));
      expect(await sumProbabilities(page)).toBeCloseTo(1, 5);
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES[size].width);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('updates while the pen is down, and announces the result when a stroke ends or is undone', async () => {
    const { page } = await open();
    const box = await padBox(page);
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.2 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.5 * box.width, box.y + 0.5 * box.height, { steps: 5 });
    await page.locator('.bars li.best').waitFor();
    const early = await bars(page);
    await page.mouse.move(box.x + 0.75 * box.width, box.y + 0.5 * box.height, { steps: 5 });
    await expect.poll(() => bars(page)).not.toEqual(early);
    expect(await page.textContent('#spoken')).toBe('');
    await page.mouse.up();
    const first = await page.textContent('#result');
    // Half a drawing may look like no digit.
    expect(first).toMatch(/^((Looks like|Maybe) an? \d · |Doesn't look like a digit$)/);
    await expect.poll(() => page.textContent('#spoken')).toBe(first);
    // Another stroke changes the prediction; undoing it restores the prediction.
    await draw(page, 8);
    expect(await page.textContent('#result')).not.toBe(first);
    for (const _ of STROKES[8] ?? []) await page.click('#undo');
    expect(await page.textContent('#result')).toBe(first);
    await expect.poll(() => page.textContent('#spoken')).toBe(first);
    await page.close();
  });

  it('compares with the server', async () => {
    const { page } = await open();
    expect(await page.isDisabled('#ask')).toBe(true);
    await draw(page, 5);
    await page.click('#ask');
    await page.locator('#server', { hasText: /identical/ }).waitFor();
    expect(await page.textContent('#server')).toBe('The server returned identical probabilities (mnist version 0).');
    // The comparison belongs to the previous drawing.
    await page.click('#clear');
    expect(await page.textContent('#server')).toBe('');
    await page.close();
  });

  it('undoes strokes, clears, and can be used by keyboard', async () => {
    const { page } = await open();
    await draw(page, 4);
    expect(await page.textContent('#result')).toMatch(/^Looks like a 4 · /);
    await page.keyboard.press('Control+z');
    await page.click('#undo');
    expect(await page.textContent('#result')).toBe('Nothing drawn yet');
    expect(await page.isDisabled('#undo')).toBe(true);

    await page.focus('#pad');
    await page.keyboard.press('Space');
    for (let i = 0; i < 26; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    expect(await page.textContent('#result')).toMatch(/^Looks like a 1 · /);
    await page.keyboard.press('Escape');
    expect(await page.textContent('#result')).toBe('Nothing drawn yet');
    // Every control has an accessible name.
    const unnamed = `[...document.querySelectorAll('button, input, canvas, progress')].filter((each) =>
      !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.[0]?.textContent.trim())).map((each) => each.id)`;
    expect(await page.evaluate(unnamed)).toEqual([]);
    await page.close();
  });

  it('opens 28×28 images and photographs, and refuses other files', async () => {
    const { page, troubles } = await open();
    const folder = temporaryFolder();
    const { inputs, labels } = digitsDataset({ samples: 1, seed: 5 });
    const small = join(folder, 'small.png');
    writeFileSync(small, encode({ width: 28, height: 28, data: Uint8Array.from(inputs), channels: 1, depth: 8 }));
    await page.setInputFiles('#file', small);
    await page.locator('#result', { hasText: /^(Looks like|Maybe)/ }).waitFor();
    expect(await page.textContent('#result')).toContain(` ${labels[0]} · `);
    // The page uses the file's pixels unchanged, so the server returns the same probabilities.
    await page.click('#ask');
    await page.locator('#server', { hasText: /identical/ }).waitFor();

    const paper = new Uint8Array(900 * 700 * 3).fill(235);
    for (let y = 200; y < 500; y++)
      for (let x = 430; x < 465; x++) paper.fill(30, 3 * (900 * y + x), 3 * (900 * y + x) + 3);
    writeFileSync(join(folder, 'large.png'), encode({ width: 900, height: 700, data: paper, channels: 3, depth: 8 }));
    await page.setInputFiles('#file', join(folder, 'large.png'));
    await page.locator('#result', { hasText: /^Looks like a 1/ }).waitFor();

    writeFileSync(join(folder, 'notes.png'), 'no picture');
    await page.setInputFiles('#file', join(folder, 'notes.png'));
    await page.locator('#result', { hasText: /not an image/ }).waitFor();
    expect(await page.textContent('#result')).toBe('notes.png is not an image that this browser can read');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows an error when the model cannot be loaded', async () => {
    const page = await site.browser.newPage();
    await page.route('**/*.safetensors', (route) => route.fulfill({ status: 503 }));
    await page.goto(site.url);
    await page.locator('#result', { hasText: /^Could not load the model: / }).waitFor();
    await page.close();
  });
});

function bars(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`[...document.querySelectorAll('.bars progress')].map((bar) => bar.value)`);
}

async function sumProbabilities(page: Page): Promise<number> {
  return (await bars(page)).reduce((sum, value) => sum + value, 0);
}
