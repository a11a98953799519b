/** The first screen in Chromium: the digit that draws itself, examples, phones, announcements, routes, no scripts. */
import { statSync } from 'node:fs';
import { decode } from 'fast-png';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { STROKES, type Stroke } from '../../models/strokes.ts';
import { Client } from '../../src/client/index.ts';
import { formatModel } from '../../src/format/index.ts';
import { Mlp } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { draw, drawStrokes, padBox } from '../support/pad.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

const PHONE = { width: 390, height: 664 };
const LIVE = '[aria-live]:not([aria-live="off"]), [role="status"], [role="alert"], [role="log"], output';

describe.runIf(BROWSER_EXPECTED)(`the first screen in Chromium (${CHROMIUM})`, () => {
  const site = startSite();

  async function open(options: BrowserContextOptions = {}, hash = ''): Promise<Page> {
    const page = await site.browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    await page.goto(`${site.url}/${hash}`);
    return page;
  }

  it('names the size of the kernels, and shows pad, answer, tools and examples on a small phone', async () => {
    const page = await open({ viewport: PHONE });
    await page.locator('#examples button').nth(7).waitFor();
    const kilobytes = Math.round(statSync(new URL('../../build/kernels.wasm', import.meta.url)).size / 1024);
    expect(await page.textContent('.lead')).toContain(`A ${kilobytes} KB WebAssembly neural network`);
    for (const id of ['result', 'bars', 'pad', 'undo', 'clear', 'examples']) {
      const box = await padBox(page, `#${id}`);
      expect([id, box.y >= 0, box.y + box.height <= PHONE.height, box.x + box.width <= PHONE.width]).toEqual([
        ...[id, true, true, true],
      ]);
    }
    await page.close();
  });

  it('draws digits with live predictions until the visitor draws', async () => {
    const page = await open();
    await page.locator('#demo').waitFor();
    expect(await page.isDisabled('#clear')).toBe(true);
    const early = await picture(page);
    // A finished digit stays for a moment.
    await expect.poll(() => picture(page), { timeout: 10_000 }).not.toBe(early);
    await page.locator('#result', { hasText: /^(Looks like|Maybe) an? \d · / }).waitFor();
    expect(await page.textContent('#spoken')).toBe('');
    await page.click('#demo-pause');
    const paused = await picture(page);
    await page.waitForTimeout(300);
    expect(await picture(page)).toBe(paused);
    await page.click('#demo-pause');
    await draw(page, 3);
    expect(await page.isHidden('#demo')).toBe(true);
    await page.locator('#result', { hasText: /^Looks like a 3 · / }).waitFor();
    const drawn = await picture(page);
    await page.waitForTimeout(300);
    expect(await picture(page)).toBe(drawn);
    await page.click('#clear');
    expect(await page.textContent('#result')).toBe('Nothing drawn yet');
    await page.close();
  });

  it('stops when a keyboard user reaches the pad, and shows a still digit to those who prefer less motion', async () => {
    const page = await open();
    await page.locator('#demo').waitFor();
    await page.focus('#pad');
    expect(await page.isHidden('#demo')).toBe(true);
    expect(await page.textContent('#result')).toBe('Nothing drawn yet');
    await page.close();
    const still = await open({ reducedMotion: 'reduce' });
    await still.locator('#result', { hasText: /^Looks like a 7 · / }).waitFor();
    const before = await picture(still);
    await still.waitForTimeout(300);
    expect([await picture(still), await still.isHidden('#demo-pause')]).toEqual([before, true]);
    await still.close();
  });

  it('reads examples, and strokes of any size and place', async () => {
    const page = await open();
    const examples = page.locator('#examples button');
    await examples.nth(7).waitFor();
    for (const [name, digit] of [
      ['The digit 3', 3],
      ['A crossed 7', 7],
      ['A tiny 5', 5],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click();
      await page.locator('#result', { hasText: new RegExp(`^Looks like a ${digit} · `) }).waitFor();
    }
    await page.getByRole('button', { name: /photograph/ }).click();
    await page.click('#reading summary');
    await expect.poll(() => page.locator('#stages figcaption').count()).toBeGreaterThan(2);
    for (const share of [0.09, 0.18, 0.8]) {
      await page.click('#clear');
      await drawStrokes(page, scale(STROKES[2] ?? [], share), '#pad');
      await page.locator('#result', { hasText: /^Looks like a 2 · / }).waitFor();
    }
    expect(await page.locator('#stages figcaption').allTextContents()).toEqual(['Model input']);
    await page.close();
  });

  it('has one live region in every view, which announces a drawing of several strokes once', async () => {
    const page = await open();
    await page.locator('#demo').waitFor();
    await page.evaluate(`{
      globalThis.announced = [];
      const region = document.getElementById('spoken');
      new MutationObserver(() => region.textContent && announced.push(region.textContent)).observe(region, { childList: true });
    }`);
    await page.clock.install();
    await page.clock.pauseAt(await page.evaluate<number>('Date.now() + 1000'));
    await draw(page, 4);
    expect(await page.evaluate('announced')).toEqual([]);
    await page.clock.runFor(1000);
    expect(await page.evaluate('announced')).toEqual([await page.textContent('#result')]);
    for (const view of ['train', 'teach/new', 'models']) {
      await page.goto(`${site.url}/#${view}`);
      await page.locator(`#${view.split('/')[0]}-view h1:visible`).waitFor();
      expect(await page.locator(LIVE).evaluateAll((regions) => regions.map(({ id }) => id))).toEqual(['spoken']);
    }
    await page.close();
  });

  it('names unknown views and models', async () => {
    const page = await open({ viewport: PHONE }, '#nosuch');
    await page.locator('#route-note', { hasText: 'This page has no view #nosuch.' }).waitFor();
    expect(await page.isVisible('#pad')).toBe(true);
    await page.goto(`${site.url}/#draw/nosuch`);
    await page.locator('#draw-title', { hasText: 'Model nosuch not available' }).waitFor();
    expect([await page.isHidden('#pad'), await page.isHidden('#answer'), await page.isHidden('#route-note')]).toEqual([
      ...[true, true, true],
    ]);
    expect(await page.title()).toBe('Model nosuch not available – edge-mlp');
    await page.click('#origin a');
    await page.locator('#draw-title', { hasText: 'Draw a digit' }).waitFor();
    expect(await page.isVisible('#pad')).toBe(true);
    await page.close();
  });

  it.each([
    ['#train', '#jobs-note', 'No jobs yet.'],
    ['#teach', '#teach-model-help', 'Draw a few examples of each class.'],
  ])('does not shift %s while it loads', async (hash, help, text) => {
    const page = await open({ viewport: PHONE }, hash);
    await page.locator(help, { hasText: text }).waitFor();
    const shift = `new Promise((resolve) => new PerformanceObserver((list) => resolve(list.getEntries()
      .reduce((sum, { value }) => sum + value, 0))).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(resolve, 300, 0))`;
    expect(await page.evaluate<number>(shift)).toBeLessThan(0.05);
    await page.close();
  });

  it('shows bars in forced colours', async () => {
    const page = await open({ forcedColors: 'active' });
    await draw(page, 7);
    await page.locator('#result', { hasText: /^Looks like a 7 · / }).waitFor();
    const [best, other] = await Promise.all(
      ['.best progress', 'li:first-child progress'].map(async (bar) =>
        middle(await page.locator(`#bars ${bar}`).screenshot()),
      ),
    );
    expect(best).not.toEqual(other);
    await page.close();
  });

  it('says that a sample is not recognized', async () => {
    const mlp = Mlp.create(loadBuild(), { layers: [784, 8, 10], seed: 3 });
    const model = formatModel({
      info: {
        spec: mlp.spec,
        classes: Array.from({ length: 10 }, (_, label) => String(label)),
        imageShape: [28, 28],
        scaling: { kind: 'bytes' },
        recognition: { score: 'max-probability', threshold: 0.999 },
      },
      parameters: mlp.parameters(),
    });
    await new Client(site.url, { token: TOKENS.admin }).models.upload('strict', 1, model);
    const page = await open({}, '#draw/strict');
    await page.locator('#origin', { hasText: 'strict version 1' }).waitFor();
    await draw(page, 4);
    await page.locator('#result', { hasText: /^Doesn't look like a digit$/ }).waitFor();
    expect(await page.textContent('#glyph')).toBe('?');
    await page.close();
  });

  it('says without scripts what it needs, and serves the report', async () => {
    const context = await site.browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(site.url);
    expect(await page.textContent('noscript')).toContain('needs JavaScript');
    await page.goto(`${site.url}/report/`);
    expect(await page.textContent('h1')).not.toBe('');
    await context.close();
  });
});

/** The pad's pixels. */
function picture(page: Page): Promise<string> {
  return page.evaluate<string>(`document.getElementById('pad').toDataURL()`);
}

/** Strokes of this size in the lower right of the unit square. */
function scale(strokes: readonly Stroke[], share: number): Stroke[] {
  // The generated digits take 60 % of the square.
  const factor = share / 0.6;
  const place = 0.95 - share / 2 - 0.04;
  return strokes.map((stroke) =>
    stroke.map(([x, y]) => [place + factor * (x - 0.5), place + factor * (y - 0.5)] as const),
  );
}

/** The colour in the middle of a screenshot. */
function middle(png: Uint8Array): number[] {
  const { width, height, channels, data } = decode(png);
  const at = channels * (Math.floor(height / 2) * width + Math.floor(width / 2));
  return [...data.slice(at, at + 3)];
}
