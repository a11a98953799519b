/** The Models view in Chromium, against a real service: upload, promotion, roll back, curl, deletion. */
import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { Client } from '../../src/client/index.ts';
import { formatModel, type ModelFile } from '../../src/format/index.ts';
import { formatOnnx } from '../../src/format/onnx/index.ts';
import { Mlp } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage, SIZES } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

const FRUIT = {
  classes: ['apple', 'lemon'],
  scaling: { kind: 'standard' as const, mean: [180, 0.5, 0.5], standardDeviation: [10, 1, 1] },
  tableColumns: [
    { kind: 'number' as const, name: 'mass' },
    { kind: 'categories' as const, name: "grower's colour", categories: ['green', 'red'] },
  ],
};

function buildModel(seed: number, layers: number[], info: Partial<ModelFile['info']>): ModelFile {
  const mlp = Mlp.create(loadBuild(), { layers, seed });
  const classes = Array.from({ length: layers.at(-1) ?? 0 }, (_, label) => `class ${label}`);
  return {
    info: { spec: mlp.spec, classes, scaling: { kind: 'identity' }, ...info },
    parameters: mlp.parameters(),
  };
}

describe.runIf(BROWSER_EXPECTED)(`Models in Chromium (${CHROMIUM})`, () => {
  const site = startSite();
  let client: Client;

  beforeAll(async () => {
    client = new Client(site.url, { token: TOKENS.admin });
  });

  function open(hash = '#models', size: keyof typeof SIZES = 'desk') {
    return openPage(site.browser, `${site.url}/${hash}`, { size });
  }

  function file(name: string, bytes: Uint8Array) {
    return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) };
  }

  it('uploads, asks for a token, promotes, rolls back, answers the shown request, and deletes', async () => {
    const { page, troubles } = await open();
    await page.locator('.card', { hasText: 'mnist' }).waitFor();
    expect(await page.textContent('.card .score')).toMatch(/^99\.2\s%test accuracy$/);
    await page.click('#upload summary');
    await page.setInputFiles('#upload-files', file('fruit.safetensors', formatModel(buildModel(1, [3, 4, 2], FRUIT))));
    await page.locator('#upload-summary', { hasText: 'fruit.safetensors: 3-4-2, 26 weights, 2 classes, ' }).waitFor();
    expect(await page.isHidden('#upload-description')).toBe(true);
    expect(await page.inputValue('#upload-name')).toBe('fruit');
    await page.fill('#upload-name', 'no name');
    await page.click('#upload-start');
    await expect.poll(() => page.textContent('#upload-name-problem')).toMatch(/^Expected up to 64 letters/);
    await page.fill('#upload-name', 'fruit');
    await page.click('#upload-start');
    await page.locator('#upload-problem', { hasText: 'expected Authorization: Bearer TOKEN, got none' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('upload-access-token');
    await page.keyboard.type(TOKENS.admin);
    await page.keyboard.press('Enter');
    await page.locator('#models-status', { hasText: 'Uploaded as fruit version 1. It is live.' }).waitFor();

    await page.click('#upload summary');
    await page.setInputFiles('#upload-files', file('fruit.safetensors', formatModel(buildModel(2, [3, 5, 2], FRUIT))));
    await page.locator('#upload-summary', { hasText: '3-5-2' }).waitFor();
    await page.click('#upload-start');
    await page
      .locator('#models-status', { hasText: 'Uploaded as fruit version 2. It goes live when promoted.' })
      .waitFor();

    const card = page.locator('.card', { hasText: 'fruit' });
    await card.locator('summary', { hasText: '2 versions' }).click();
    await card.getByRole('button', { name: 'Promote version 2 of fruit' }).click();
    await card.locator('.notice', { hasText: /^Version 2 is live everywhere within \d+ seconds\.$/ }).waitFor();
    expect((await client.models.get('fruit')).served).toBe(2);
    expect(await page.evaluate('document.activeElement.id')).toBe('model-fruit');
    await card.getByRole('button', { name: 'Roll back to version 1 of fruit' }).click();
    await card.locator('.notice', { hasText: /^Version 1 is live/ }).waitFor();
    // Another user promotes version 2; this card still shows version 1 as live.
    await client.models.moveAlias('fruit', 'stable', 2);
    await card.getByRole('button', { name: 'Promote version 2 of fruit' }).click();
    await card.locator('.problem', { hasText: 'expected version 1 of fruit to be live, got 2: check' }).waitFor();
    await card.getByRole('button', { name: 'Roll back to version 1 of fruit' }).waitFor();

    await card.locator('summary', { hasText: 'Request with curl' }).click();
    const command = card.locator('pre code');
    await expect.poll(() => command.textContent()).toContain('/predict?model=fruit');
    expect(await command.textContent()).toContain(`{"mass":180,"grower'\\''s colour":"green"}`);
    const answer = JSON.parse(execFileSync('sh', ['-c', (await command.textContent()) ?? ''], { encoding: 'utf8' }));
    expect(answer).toMatchObject({ model: 'fruit', version: 2, predictions: [{ class: expect.any(String) }] });

    await card.getByRole('button', { name: 'Delete version 1 of fruit' }).click();
    await page.click('#question-yes');
    await card.locator('summary', { hasText: '1 version' }).waitFor();
    await card.getByRole('button', { name: 'Delete model' }).click();
    await page.keyboard.press('Escape');
    await card.getByRole('button', { name: 'Delete model' }).click();
    await page.click('#question-yes');
    await page.locator('#models-status', { hasText: 'fruit is deleted.' }).waitFor();
    await expect(client.models.get('fruit')).rejects.toMatchObject({ status: 404 });
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('asks for the description of an ONNX file, and refuses other files', async () => {
    const { page, troubles } = await open('#models', 'phone');
    await page.evaluate(`sessionStorage.setItem('edge-mlp token', '${TOKENS.admin}')`);
    await page.click('#upload summary');
    await page.setInputFiles('#upload-files', file('notes.txt', new TextEncoder().encode('no model')));
    const expected = 'expected one model file, safetensors or ONNX, got notes.txt';
    await page.locator('#upload-files-problem', { hasText: expected }).waitFor();
    await page.setInputFiles('#upload-files', file('damaged.onnx', Uint8Array.of(8, 7, 6)));
    await page.locator('#upload-files-problem', { hasText: 'damaged.onnx' }).waitFor();
    const bytes = formatOnnx(buildModel(1, [784, 8, 10], {}));
    await page.setInputFiles('#upload-files', file('foreign.onnx', bytes));
    await page.locator('#upload-summary', { hasText: 'foreign.onnx: 784-8-10' }).waitFor();
    await page.click('#upload-start');
    await page.locator('#upload-problem', { hasText: 'expected a description of its 784 inputs' }).waitFor();
    await page.fill('#upload-image', '28x28');
    await page.fill('#upload-classes', 'a,b');
    await page.locator('#upload-files-problem', { hasText: /expected 10/ }).waitFor();
    await page.fill('#upload-classes', '');
    await page.locator('#upload-summary', { hasText: 'foreign.onnx: 784-8-10' }).waitFor();
    await page.click('#upload-start');
    await page.locator('#models-status', { hasText: 'Uploaded as foreign version 1. It is live.' }).waitFor();
    expect(await scrollWidth(page)).toBeLessThanOrEqual(SIZES.phone.width);
    await page.locator('.card', { hasText: 'foreign' }).getByRole('link', { name: 'Try it' }).click();
    await page.locator('#origin', { hasText: 'Model foreign version 1 (784-8-10).' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });
});

function scrollWidth(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth');
}
