/** Every state of the page in Chromium, in light, dark and forced colours, on a phone and a desktop: axe has no violation. */
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Client, isOver } from '../../src/client/index.ts';
import { formatModel, type ModelFile } from '../../src/format/index.ts';
import { Mlp } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { draw, drawStrokes } from '../support/pad.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };
/** Each look with the rules whose results differ from the first one. */
const LOOKS = [
  { name: 'light, 1280 px', viewport: DESK, media: { colorScheme: 'light', forcedColors: 'none' } },
  {
    name: 'dark, 390 px',
    viewport: PHONE,
    media: { colorScheme: 'dark', forcedColors: 'none' },
    runOnly: ['color-contrast'],
  },
  {
    name: 'forced colours, 390 px',
    viewport: PHONE,
    media: { colorScheme: 'dark', forcedColors: 'active' },
    runOnly: ['color-contrast', 'scrollable-region-focusable', 'target-size'],
  },
] as const;
/** 60 names of 80 characters. */
const LONG_NAMES = Array.from({ length: 60 }, (_, i) => `${i}-${'long-name-'.repeat(8)}`.slice(0, 80));

function buildModel(layers: number[], info: Partial<ModelFile['info']>, seed = 1): Uint8Array<ArrayBuffer> {
  const mlp = Mlp.create(loadBuild(), { layers, seed, ...(info.targets && { task: 'regression' }) });
  const classes = Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => `class ${label}`);
  const defaults = {
    spec: mlp.spec,
    classes: info.targets === undefined ? classes : [],
    scaling: { kind: 'identity' },
  };
  return formatModel({ info: { ...defaults, ...info } as ModelFile['info'], parameters: mlp.parameters() });
}

interface State {
  readonly name: string;
  /** Path and hash; a function if they depend on what `beforeAll` created. */
  readonly url: string | (() => string);
  /** Actions after the page was opened. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** Visible when the state is reached. */
  readonly ready: string;
}

describe.runIf(BROWSER_EXPECTED)(`accessibility in Chromium (${CHROMIUM})`, () => {
  const jobs = { done: '', diverged: '' };
  const site = startSite();

  const STATES: readonly State[] = [
    { name: 'Draw, empty', url: '/#draw', ready: '#examples button' },
    { name: 'Draw, drawn', url: '/#draw', act: (p) => draw(p, 3), ready: '#bars .best' },
    { name: 'Draw, image', url: '/#draw', act: openImage, ready: '#stages canvas' },
    { name: 'Draw, corrected', url: '/#draw', act: correctAnswer, ready: '#correction .tools' },
    { name: 'Draw, inside the network', url: '/#draw', act: lookInside, ready: '.inside-panel h2' },
    { name: 'Draw, other models', url: '/#draw', act: (p) => p.click('#models summary'), ready: '#models-list li' },
    { name: 'Draw, values of a regression', url: '/#draw/houses', ready: '#values dd' },
    { name: 'Draw, numbers and long names', url: '/#draw/names', ready: '#numbers input' },
    { name: 'Draw, unknown model', url: '/#draw/nosuch', ready: '#origin a' },
    { name: 'Train, form', url: '/#train', act: (p) => p.click('#job-more summary'), ready: '#jobs-list li' },
    { name: 'Train, refused', url: '/#train', act: trainWithoutToken, ready: '#job-refused' },
    { name: 'Train, running', url: '/#train', act: (p) => train(p, 'digits', 900), ready: '#panel-cancel' },
    { name: 'Train, done', url: '/#train', act: (p) => train(p, 'ellipse', 2), ready: '.confusion' },
    { name: 'Train, diverged', url: () => `/#train/${jobs.diverged}`, ready: '#panel-result.bad' },
    { name: 'Train, comparison', url: () => `/#train/${jobs.done},${jobs.diverged}`, ready: '#compare-values tr' },
    { name: 'Teach, form', url: '/#teach/new', ready: '#teach-model-help:not(:empty)' },
    { name: 'Teach, taught', url: '/#teach/new', act: teachLetter, ready: '#teach-lessons li' },
    { name: 'Models', url: '/#models', act: openCards, ready: '.card pre code:not(:empty)' },
    { name: 'API reference', url: '/docs', ready: '#operations h2' },
  ];

  beforeAll(async () => {
    const client = new Client(site.url, { token: TOKENS.admin });
    const names = { classes: LONG_NAMES, features: LONG_NAMES.slice(0, 3) };
    await client.models.publish('names', buildModel([3, 60], names));
    const targets = LONG_NAMES.slice(0, 2).map((name) => ({ name, mean: 0, standardDeviation: 1 }));
    await client.models.publish('houses', buildModel([2, 2], { targets }));
    jobs.done = (await client.jobs.start({ data: 'ellipse', epochs: 1 })).id;
    jobs.diverged = (await client.jobs.start({ data: 'ellipse', epochs: 1, learningRate: 1e30 })).id;
    await vi.waitUntil(async () => isOver((await client.jobs.get(jobs.diverged)).state), 30_000);
  });

  it.each(STATES)('$name', async ({ url, act, ready }) => {
    // Each state has its own storage.
    const page = await site.browser.newPage({ viewport: DESK, colorScheme: 'light' });
    await page.addInitScript({ path: AXE });
    await page.goto(site.url + (typeof url === 'string' ? url : url()));
    await act?.(page);
    await page.locator(ready).filter({ visible: true }).first().waitFor();
    for (const { name, viewport, media, ...options } of LOOKS) {
      await page.setViewportSize(viewport);
      await page.emulateMedia(media);
      expect(await findViolations(page, options), name).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(viewport.width);
    }
    await page.close();
  });
});

async function findViolations(page: Page, options: object): Promise<string[]> {
  const run = JSON.stringify({ resultTypes: ['violations'], preload: false, ...options });
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${run})`);
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 150)}`));
}

async function openImage(page: Page): Promise<void> {
  const data = new Uint8Array(40 * 40).fill(255);
  for (let y = 5; y < 35; y++) data.fill(0, 40 * y + 18, 40 * y + 22);
  const buffer = Buffer.from(encode({ width: 40, height: 40, data, channels: 1, depth: 8 }));
  await page.setInputFiles('#file', { name: 'one.png', mimeType: 'image/png', buffer });
  await page.click('#reading summary');
}

async function correctAnswer(page: Page): Promise<void> {
  await draw(page, 3);
  await page.getByRole('button', { name: '8', exact: true }).click();
}

async function lookInside(page: Page): Promise<void> {
  await draw(page, 3);
  await page.click('#inside summary');
}

async function trainWithoutToken(page: Page): Promise<void> {
  await page.click('#job-place-service');
  await page.fill('#job-epochs', '0');
  await page.click('#job-start');
  await page.locator('#job-epochs-problem:visible').waitFor();
  await page.fill('#job-epochs', '1');
  await page.click('#job-start');
}

/** In the browser. */
async function train(page: Page, data: string, epochs: number): Promise<void> {
  await page.selectOption('#job-data', data);
  await page.fill('#job-epochs', String(epochs));
  await page.click('#job-start');
}

async function teachLetter(page: Page): Promise<void> {
  await page.click('#teach-begin');
  await drawStrokes(page, [[0.3, 0.4, 0.5, 0.6, 0.7].map((y) => [0.5, y] as const)], '#teach-pad');
  await page.click('#teach-choices button:text-is("A")');
}

async function openCards(page: Page): Promise<void> {
  await page.locator('.card').first().waitFor();
  for (const summary of await page.locator('#models-view summary').all()) await summary.click();
}
