/** Every view in Firefox, against a real service: draw, train, teach, models, API reference; without console errors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STROKES } from '../../models/strokes.ts';
import { type Firefox, launchFirefox } from '../support/firefox.ts';
import { type Service, startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';
import { AVAILABLE, FIREFOX } from '../support/tools.ts';

describe.runIf(AVAILABLE.firefox)(`the page in Firefox (${FIREFOX})`, () => {
  let service: Service;
  let firefox: Firefox;

  beforeAll(async () => {
    [service, firefox] = await Promise.all([startService(), launchFirefox()]);
  });

  afterAll(async () => {
    await firefox?.close();
    await service?.stop();
  });

  async function open(hash: string) {
    const { page } = firefox;
    // Another path first: a new hash does not load the page again.
    await page.goto(`${service.url}/icon.svg`);
    await page.goto(`${service.url}/${hash}`);
    return page;
  }

  async function draw(pad: string, digit: number) {
    for (const stroke of STROKES[digit] ?? []) await firefox.page.drag(pad, stroke);
  }

  it('recognizes a drawn digit, and the service gives the same answer', async () => {
    const page = await open('#draw');
    await page.waitForText('#result', /^(?!.*Loading)/);
    await draw('#pad', 3);
    await page.waitForText('#result', /a 3 · /);
    await page.click('#ask');
    await page.waitForText('#server', /identical probabilities \(mnist version 0\)/);
    expect(page.troubles).toEqual([]);
  });

  it('trains a job on the service, draws its curves, and opens its model', async () => {
    const page = await open(`#token=${TOKENS.admin}`);
    await page.evaluate(`location.hash = '#train'`);
    await page.waitForText('#job-start', /Start/);
    await page.evaluate(`document.querySelector('#job-place-service')?.click()`);
    await page.evaluate(`(() => {
      for (const [id, value] of Object.entries({ 'job-hidden': '20', 'job-epochs': '2' })) {
        const field = document.getElementById(id);
        field.value = value;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    })()`);
    await page.click('#job-start');
    await page.waitForText('#panel-state', /^Done: 2 epochs/);
    expect(await page.evaluate(`document.querySelectorAll('#panel-epochs tr').length`)).toBe(2);
    expect(await page.evaluate(`document.querySelector('#loss-chart canvas').width`)).toBeGreaterThan(100);
    await page.click('#panel-try');
    await page.waitForText('#origin', /\(784-20-10\), 2 of 2 epochs/);
    expect(page.troubles).toEqual([]);
  });

  it('teaches a learner', async () => {
    const page = await open('#teach/new');
    await page.waitForText('#teach-begin', /Create/);
    await page.evaluate(`document.querySelector('#teach-place-service')?.click()`);
    await page.click('#teach-begin');
    await page.waitForText('#teach-count', /^0 examples/);
    await draw('#teach-pad', 1);
    await page.waitForText('#teach-result', /a 1 · /);
    await page.click('#teach-labels button:nth-of-type(8)');
    await page.waitForText('#teach-count', /^1 example/);
    await page.waitForText('#teach-lessons li', /7/);
    expect(page.troubles).toEqual([]);
  });

  it('shows models with a request, and the API reference', async () => {
    const page = await open('#models');
    await page.waitForText('.card h2', /^mnist$/);
    await page.click('.card details:last-child summary');
    await page.waitForText('.card pre', /curl --data-binary @digit\.png/);
    await open('docs');
    await page.waitForText('body', /\/predict/);
    expect(page.troubles).toEqual([]);
  });
});
