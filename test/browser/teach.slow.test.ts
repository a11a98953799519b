/** The Teach view in Chromium, against a real service: teaching, undoing and publishing slanted handwriting. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Stroke, slantStrokes } from '../../models/strokes.ts';
import { Client } from '../../src/client/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage, SIZES } from '../support/browser.ts';
import { drawStrokes } from '../support/pad.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

/** Handwriting slanted far to the left: the bundled model does not predict 7 for this 7. */
const SLANT = -1.6;
/** Scale at which the slanted digits fit on the pad. */
const SIZE = 0.65;

describe.runIf(BROWSER_EXPECTED)(`Teach in Chromium (${CHROMIUM})`, () => {
  const site = startSite();
  let client: Client;

  beforeAll(async () => {
    client = new Client(site.url, { token: TOKENS.train });
  });

  function open(hash = '#teach', size: keyof typeof SIZES = 'desk', colorScheme: 'light' | 'dark' = 'light') {
    return openPage(site.browser, `${site.url}/${hash}`, { size, colorScheme });
  }

  /** Creates a learner and opens it with the token already stored in the tab. */
  async function openLearner(size: keyof typeof SIZES = 'desk', colorScheme: 'light' | 'dark' = 'light') {
    const { id } = await client.learners.begin({ rehearsal: null });
    const opened = await open(`#teach/${id}`, size, colorScheme);
    await opened.page.evaluate(`sessionStorage.setItem('edge-mlp token', '${TOKENS.train}')`);
    await examples(opened.page, 0);
    return { ...opened, id };
  }

  it('creates a learner, corrects it, undoes bit for bit, returns to it, and publishes it', async () => {
    const { page, troubles } = await open();
    await page.check('#teach-place-service');
    await page.locator('#teach-model-help', { hasText: /^Version 0, 784-300-10, test accuracy 99\.2\s%$/ }).waitFor();
    await page.click('#teach-begin');
    await page.locator('#teach-refused', { hasText: 'expected Authorization: Bearer TOKEN, got none' }).waitFor();
    await page.keyboard.type(TOKENS.train);
    await page.keyboard.press('Enter');
    await page.waitForURL(/#teach\/[0-9a-f]{64}$/);
    const id = page.url().slice(-64);
    await examples(page, 0);
    expect(await page.textContent('#teach-facts')).toBe(
      'Based on mnist version 0 (784-300-10). Rehearses 1,975 samples of digits.',
    );
    expect(await page.isDisabled('#teach-undo')).toBe(true);
    expect(await page.isDisabled(label(7))).toBe(true);

    await drawSlanted(page, 7);
    const wrong = await page.textContent('#teach-result');
    const before = await bars(page);
    expect(wrong).toMatch(/^(Looks like|Maybe) a 2 · \d\d\.\d\s% sure$/);
    await page.click(label(7));
    await examples(page, 1);
    expect(await page.textContent('#teach-result')).toMatch(/^Looks like a 7 · \d+\.\d\s% sure$/);
    const change = /^Learned: 7\. Before: 2 \(\d\d\.\d\s%\), 7 \(\d+\.\d\s%\)\. Now: 7 \(\d+\.\d\s%\)\. Wrong label\?/;
    await expect.poll(() => page.textContent('#spoken')).toMatch(change);
    expect(await page.textContent('#teach-score')).toBe('Correct: 1 of 1. Base model: 0.');
    expect(await lessons(page)).toEqual(['7 was 2 now 7 ✓']);
    const learnt = await bars(page);
    expect(learnt).not.toEqual(before);

    // The page and the service compute bit-identical probabilities.
    const pixels = await readSeenPixels(page);
    const { predictions } = await client.learners.predict(id, { pixels });
    expect(predictions[0]?.probabilities).toEqual(learnt);

    await page.click('#teach-undo');
    await examples(page, 0);
    expect(await bars(page)).toEqual(before);
    expect(await page.textContent('#teach-result')).toBe(wrong);
    expect(await lessons(page)).toEqual([]);
    expect(await page.isDisabled('#teach-undo')).toBe(true);

    // The drawing was kept; the next stroke after a correction starts a new drawing.
    await page.keyboard.press('7');
    await examples(page, 1);
    expect(await bars(page)).toEqual(learnt);
    await drawSlanted(page, 1);
    expect(await page.isHidden('#teach-change')).toBe(true);
    await page.click(label(1));
    await examples(page, 2);
    expect(await lessons(page)).toEqual([expect.stringMatching(/^1 was [27] now 1 ✓$/), '7 was 2 now 7 ✓']);
    expect(await page.textContent('#teach-score')).toBe('Correct: 2 of 2. Base model: 0.');

    await page.goto(`${site.url}/#draw`);
    await page.reload();
    await page.click('#teach-tab');
    await page.waitForURL(new RegExp(`#teach/${id}$`));
    await examples(page, 2);
    expect(await page.textContent('#teach-earlier')).toBe('Not listed: 2 examples from earlier visits.');
    await drawSlanted(page, 7);
    expect(await page.textContent('#teach-result')).toMatch(/^Looks like a 7 · /);

    await page.fill('#teach-name', 'mine');
    await page.click('#teach-publish');
    await page.locator('#teach-published', { hasText: 'Published as mine version 1 with 2 examples.' }).waitFor();
    const answer = await client.predict({ pixels }, { model: 'mine', version: 1 });
    expect(answer.predictions[0]?.digit).toBe(7);
    await page.click('#teach-published a');
    await page.locator('#origin', { hasText: 'Model mine version 1 (784-300-10), taught 2 examples.' }).waitFor();
    await drawStrokes(page, scaleSlanted(7), '#pad');
    expect(await page.textContent('#result')).toMatch(/^Looks like a 7 · /);
    await page.click('#ask');
    await page
      .locator('#server', { hasText: 'The server returned identical probabilities (mine version 1).' })
      .waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('teaches once for a double click, and once if the response was lost', async () => {
    const { page, id, troubles } = await openLearner();
    await drawSlanted(page, 1);
    const requests: string[] = [];
    page.on('request', (request) => request.method() === 'POST' && requests.push(new URL(request.url()).pathname));
    await page.dblclick(label(1));
    await examples(page, 1);
    await page.click(label(1));
    await examples(page, 2);
    // The second click of a double click arrives after the response.
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
    await page.keyboard.press('Tab');
    expect(requests).toEqual(Array(2).fill(`/learners/${id}/examples`));

    // The service applies the request and the connection breaks before the response.
    await page.route('**/examples', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await page.click(label(1));
    await page.locator('#teach-problem', { hasText: /^Cannot reach the service: / }).waitFor();
    await page.unroute('**/examples');
    expect(await page.textContent('#teach-count')).toBe('2 examples');
    await page.click('#teach-retry');
    await examples(page, 3);
    expect(await lessons(page)).toHaveLength(3);
    expect(await page.isHidden('#teach-trouble')).toBe(true);
    await page.click('#teach-undo');
    await examples(page, 2);
    expect(await lessons(page)).toHaveLength(2);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('keeps the drawing and shows the service’s message when a request fails', async () => {
    const { page, id, troubles } = await openLearner('phone');
    await page.evaluate(`sessionStorage.setItem('edge-mlp token', '${TOKENS.predict}')`);
    await drawSlanted(page, 7);
    const before = await bars(page);
    await page.click(label(7));
    await page.locator('#teach-problem', { hasText: 'expected a token with the scope train' }).waitFor();
    expect(await bars(page)).toEqual(before);
    await page.fill('#teach-access-token', 'wrong');
    await page.keyboard.press('Enter');
    await page.locator('#teach-problem', { hasText: 'Request failed: unknown token' }).waitFor();
    await page.fill('#teach-access-token', TOKENS.train);
    for (const [status, error] of [
      [429, 'too many requests: try again in 60 seconds'],
      [507, 'the storage is full'],
    ] as const) {
      await page.route('**/examples', (route) => route.fulfill({ status, json: { error } }));
      await page.click('#teach-retry');
      await page.locator('#teach-problem', { hasText: `Request failed: ${error}` }).waitFor();
      await page.unroute('**/examples');
    }
    await page.click('#teach-retry');
    await examples(page, 1);
    expect(await page.textContent('#teach-result')).toMatch(/^Looks like a 7 · /);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);

    await client.learners.delete(id);
    await page.click('#teach-undo');
    await page.locator('#teach-gone', { hasText: `Request failed: learner ${id} not found.` }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);
    await page.click('#teach-gone a');
    await page.locator('#teach-begin').waitFor();
    expect(await page.isHidden('#teach-own')).toBe(true);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('can be taught by keyboard on a phone, and resets and deletes only after confirmation', async () => {
    const { page, id, troubles } = await openLearner('phone', 'dark');
    await page.focus('#teach-pad');
    await page.keyboard.press('5');
    await page.keyboard.press('Space');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await expect.poll(() => page.textContent('#spoken')).toMatch(/^(Looks like|Maybe) an? \d · /);
    await page.keyboard.press('7');
    await examples(page, 1);
    expect(await page.evaluate('document.activeElement.id')).toBe('teach-pad');
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    expect(await page.evaluate(TOO_SMALL)).toEqual([]);
    // Keys typed into a field do not label the drawing.
    await page.focus('#teach-name');
    await page.keyboard.type('7');
    expect(await page.inputValue('#teach-name')).toBe('7');
    for (const button of ['#teach-reset', '#teach-delete']) {
      await page.click(button);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'hidden' });
    }
    expect(await page.textContent('#teach-count')).toBe('1 example');
    await page.click('#teach-reset');
    await page.click('#question-yes');
    await examples(page, 0);
    expect((await client.learners.get(id)).examples).toBe(0);
    await expect.poll(() => page.textContent('#spoken')).toBe('All examples forgotten.');
    expect(await page.evaluate('document.activeElement.id')).toBe('teach-pad');
    for (const button of ['#teach-right', '#teach-clear']) {
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Space');
      await page.focus(button);
      await page.keyboard.press('Enter');
      await page.locator(`${button}:disabled`).waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('teach-pad');
    }

    await page.click('#teach-another');
    await page.locator('#teach-own', { hasText: `Back to learner ${id.slice(0, 8)}` }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Teach a learner');
    await page.click('#teach-own a');
    await page.click('#teach-delete');
    await page.click('#question-yes');
    await page.locator('#teach-begin').waitFor();
    expect(await page.isHidden('#teach-own')).toBe(true);
    await expect(client.learners.get(id)).rejects.toMatchObject({ status: 404 });
    expect(troubles).toEqual([]);
    await page.close();
  });
});

function label(digit: number): string {
  return `#teach-labels button:nth-of-type(${digit + 1})`;
}

/** Waits until the learner has this number of examples and no request is running. */
async function examples(page: Page, count: number): Promise<void> {
  await page.locator('#teach-count', { hasText: new RegExp(`^${count} example`) }).waitFor();
  await page.locator('#teach-learner[aria-busy="false"]').waitFor();
}

async function drawSlanted(page: Page, digit: number): Promise<void> {
  await drawStrokes(page, scaleSlanted(digit), '#teach-pad');
}

function scaleSlanted(digit: number): readonly Stroke[] {
  const shrink = (place: number) => 0.5 + SIZE * (place - 0.5);
  return slantStrokes(digit, SLANT).map((stroke) => stroke.map(([x, y]) => [shrink(x), shrink(y)]));
}

function bars(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(`[...document.querySelectorAll('#teach-bars progress')].map((bar) => bar.value)`);
}

function lessons(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('#teach-lessons li')].map((item) => [...item.children].slice(1).map((each) => each.textContent).join(' '))`,
  );
}

/** The 784 pixels of the latest taught example. */
function readSeenPixels(page: Page): Promise<number[]> {
  return page.evaluate<number[]>(
    `[...document.querySelector('#teach-lessons canvas').getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0)`,
  );
}

const VISIBLE_CONTROLS = `[...document.querySelectorAll('#teach-view :is(button, a, input, select, canvas, progress)')]
  .filter((each) => each.checkVisibility())`;
/** Visible controls without an accessible name. */
const UNNAMED = `${VISIBLE_CONTROLS}
  .filter((each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.[0]?.textContent.trim()))
  .map((each) => each.id || each.outerHTML)`;
/** Controls smaller than a touch target of 44 px. */
const TOO_SMALL = `${VISIBLE_CONTROLS}
  .filter((each) => each.matches('button, .button, input, select'))
  .filter((each) => Math.min(each.offsetWidth, each.offsetHeight) < 44).map((each) => each.id || each.outerHTML)`;
