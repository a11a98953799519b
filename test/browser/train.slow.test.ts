/** The Train view in Chromium, against a real service: from the form to a prediction of the trained model. */
import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { Client, isOver } from '../../src/client/index.ts';
import { formatIdx } from '../../src/data/idx.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, openPage, SIZES } from '../support/browser.ts';
import { draw } from '../support/pad.ts';
import { startSite } from '../support/site.ts';
import { TOKENS } from '../support/tokens.ts';

describe.runIf(BROWSER_EXPECTED)(`Train in Chromium (${CHROMIUM})`, () => {
  const site = startSite();

  function open(hash = '#train', size: keyof typeof SIZES = 'desk', colorScheme: 'light' | 'dark' = 'light') {
    return openPage(site.browser, `${site.url}/${hash}`, { size, colorScheme });
  }

  async function start(page: Page, fields: Readonly<Record<string, string>>, token: string = TOKENS.train) {
    await page.check('#job-place-service');
    await page.fill('#token', token);
    for (const [name, value] of Object.entries(fields)) await page.fill(`#job-${name}`, value);
    await page.click('#job-start');
  }

  it('starts a job, draws its curves as they grow, and opens its model on the pad', { timeout: 120_000 }, async () => {
    const { page, troubles } = await open();
    // Large enough to be still running when the page shows it.
    await start(page, { hidden: '400', epochs: '8', seed: '3', publish: 'mine' });
    await page.waitForURL(/#train\/[0-9a-f]{64}$/);
    await page.locator('#panel-state', { hasText: /^Running: epoch \d of 8/ }).waitFor();
    await page.locator('#panel-state', { hasText: /^Done: 8 epochs/ }).waitFor({ timeout: 90_000 });
    const result = /^Validation accuracy 9\d\.\d\s%\. Published as mine version 1\. Compute time \d.* s\.$/;
    await expect.poll(() => page.textContent('#panel-result')).toMatch(result);
    await expect.poll(() => page.textContent('#spoken')).toContain('Done: 8 epochs');
    expect(await page.getAttribute('#panel-progress', 'value')).toBe('1');
    expect(await page.locator('#panel-epochs th').allTextContents()).toEqual(['8', '7', '6', '5', '4', '3', '2', '1']);
    const last = await page.locator('#panel-epochs tr:first-child td').allTextContents();
    expect([await page.textContent('#loss-training'), await page.textContent('#loss-validation')]).toEqual([
      last[0],
      last[2],
    ]);
    expect(await inks(page)).toEqual({ 'loss-chart': ['bar', 'validation'], 'score-chart': ['bar', 'validation'] });
    const linear = await picture(page);
    await page.check('#loss-log');
    await expect.poll(() => picture(page)).not.toBe(linear);

    await page.click('#panel-try');
    await page.locator('#origin', { hasText: /\(784-400-10\), 8 of 8 epochs on digits/ }).waitFor();
    expect(await page.textContent('#parameters')).toBe('318,010');
    await draw(page, 3);
    expect(await page.textContent('#result')).toMatch(/^(Looks like|Maybe) a 3 · /);
    await page.click('#ask');
    await page.locator('#server', { hasText: /identical/ }).waitFor();
    expect(await page.textContent('#server')).toBe('The server returned identical probabilities (mine version 1).');
    await page.click('#origin a:last-child');
    await page.locator('#parameters', { hasText: '238,510' }).waitFor();
    expect(await page.isHidden('#origin')).toBe(true);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('takes the token of the link that npm run dev prints, and removes it from the address', async () => {
    const { page, troubles } = await open(`#token=${TOKENS.train}`);
    expect(page.url()).toBe(`${site.url}/`);
    await page.click('#train-tab');
    await page.check('#job-place-service');
    expect(await page.inputValue('#token')).toBe(TOKENS.train);
    await page.click('#job-start');
    await page.waitForURL(/#train\/[0-9a-f]{64}$/);
    await page.click('#panel-cancel');
    // The link also works in a tab that shows the page.
    await page.goto(`${site.url}/#token=other`);
    await page.waitForURL(`${site.url}/`);
    expect(await page.inputValue('#token')).toBe('other');
    await page.reload();
    expect(await page.evaluate('sessionStorage.getItem("edge-mlp token")')).toBe('other');
    for (let step = 0; step < 3; step++) await page.goBack();
    expect(page.url()).not.toContain('token');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('cancels, reloads with the whole curve, resumes, and opens the model of a running job', async () => {
    const { page, troubles } = await open();
    await start(page, { hidden: '60', epochs: '300' });
    await page.locator('#panel-epochs tr').nth(2).waitFor();
    await page.click('#panel-cancel');
    await page.locator('#panel-state', { hasText: /^Cancelled in epoch \d+ of 300$/ }).waitFor();
    const epochs = await page.locator('#panel-epochs tr').count();
    await page.evaluate('sessionStorage.clear()');
    await page.reload();
    await page.locator('#panel-state', { hasText: /^Cancelled/ }).waitFor();
    expect(await page.locator('#panel-epochs tr').count()).toBe(epochs);
    expect(await inks(page)).toMatchObject({ 'loss-chart': ['bar', 'validation'] });

    // A visitor without a token follows a link to the job.
    await page.click('#panel-resume');
    await page.locator('#panel-problem', { hasText: 'expected Authorization: Bearer TOKEN, got none' }).waitFor();
    await page.keyboard.type(TOKENS.train);
    await page.keyboard.press('Enter');
    await page.locator('#panel-epochs tr').nth(epochs).waitFor();
    expect(await page.textContent('#panel-state')).toMatch(/^Running: epoch \d+ of 300/);
    await page.click('#panel-try');
    await page.locator('#origin', { hasText: /\d+ of 300 epochs on digits/ }).waitFor();
    await page.click('#origin a:first-of-type');
    await page.locator('#panel-state', { hasText: /^Running/ }).waitFor();
    await page.click('#panel-cancel');
    await page.locator('#panel-state', { hasText: /^Cancelled/ }).waitFor();
    await page.click('.back');
    await page.locator('#jobs-list li', { hasText: /digits, 784-60-10/ }).waitFor();
    expect(await page.textContent('#jobs-list li:first-child .badge')).toBe('cancelled');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('keeps the focus when a control disappears, and shows a job that another tab has resumed', async () => {
    const client = new Client(site.url, { token: TOKENS.train });
    const { id } = await client.jobs.start({ data: 'digits', hidden: [100], epochs: 200 });
    const tabs = await Promise.all([open(`#train/${id}`), open(`#train/${id}`)]);
    const [{ page }, { page: other }] = tabs;
    await page.evaluate(`sessionStorage.setItem('edge-mlp token', '${TOKENS.train}')`);
    const press = async (button: string, then: string) => {
      await page.focus(button);
      await page.keyboard.press('Enter');
      await page.locator('#panel-state', { hasText: then }).waitFor();
      await page.locator(button).waitFor({ state: 'hidden' });
    };
    // An event can arrive before the response, which returns the focus.
    const expectFocus = (id: string) => expect.poll(() => page.evaluate('document.activeElement.id')).toBe(id);
    await page.locator('#panel-state', { hasText: /^Running/ }).waitFor();
    await press('#panel-cancel', 'Cancelled');
    await expectFocus('panel-resume');
    await other.locator('#panel-state', { hasText: /^Cancelled/ }).waitFor();
    await press('#panel-resume', 'Running');
    await expectFocus('panel-cancel');
    await other.locator('#panel-state', { hasText: /^Running/ }).waitFor();
    // The job ends while its button has the focus.
    await client.jobs.cancel(id);
    await page.locator('#panel-cancel').waitFor({ state: 'hidden' });
    await expectFocus('panel-resume');
    for (const { page: tab, troubles } of tabs) {
      expect(troubles).toEqual([]);
      await tab.close();
    }
  });

  it('warns of a job that learned nothing, and keeps its result when the connection breaks', async () => {
    const { page, troubles } = await open();
    await page.route('**/events', (route) => route.abort('connectionreset'));
    await start(page, { hidden: '20', epochs: '2', learningRate: '300', optimizer: 'sgd', batchSize: '1' });
    await page.locator('#panel-state', { hasText: /^Done: 2 epochs/ }).waitFor();
    await page
      .locator('#panel-connection', { hasText: /^The curves may be incomplete\. Cannot reach .* Retrying…$/ })
      .waitFor();
    expect(await page.textContent('#panel-result')).toMatch(
      /^The model is no better than guessing\. .*Validation accuracy/,
    );
    expect(await page.getAttribute('#panel-result', 'class')).toBe('notice bad');
    expect(await page.getAttribute('#panel-state', 'class')).toContain('failed');
    await page.unroute('**/events');
    await page.locator('#panel-connection').waitFor({ state: 'hidden' });
    await page.route('**/jobs', (route) => route.abort());
    await page.click('.back');
    await page.locator('#jobs-note', { hasText: /^Cannot reach the service: .*Retrying…$/ }).waitFor();
    await page.unroute('**/jobs');
    await page.locator('#jobs-note', { hasText: /^Cannot/ }).waitFor({ state: 'hidden' });
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('compares jobs: curves, values at the pointer and by keyboard, and a table', async () => {
    const client = new Client(site.url, { token: TOKENS.train });
    const options = { data: 'ellipse', epochs: 6, hidden: [3] };
    const started = [options, { ...options, epochs: 4, learningRate: 0.1 }].map((each) => client.jobs.start(each));
    const ids = (await Promise.all(started)).map(({ id }) => id);
    const finish = (id: string) =>
      vi.waitUntil(async () => {
        const job = await client.jobs.get(id);
        return isOver(job.state) && job;
      }, 60_000);
    const [first, second] = await Promise.all(ids.map(finish));
    const { page, troubles } = await open('#train', 'phone', 'dark');
    for (const id of ids) await page.check(`#compare-${id}`);
    await page.click('#jobs-compare');
    await page.locator('#compare-shown', { hasText: 'epoch 6 of 6' }).waitFor();
    expect(page.url()).toBe(`${site.url}/#train/${ids}`);
    const loss = (epoch: number) =>
      [first, second].map((job) => job?.history[epoch - 1]?.validationLoss?.toFixed(4) ?? '–');
    const shown = () => page.locator('#compare-values td:nth-of-type(1)').allTextContents();
    expect(await shown()).toEqual(loss(6));
    expect(await page.locator('#compare-values .help').allTextContents()).toEqual([
      `epochs 6, learningRate ${first?.spec.learningRate}`,
      'epochs 4, learningRate 0.1',
    ]);
    await page.focus('#compare-epoch');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await shown()).toEqual(loss(4));
    expect(await page.getAttribute('#compare-epoch', 'aria-valuetext')).toContain(`Epoch 4: A ${loss(4)[0]} `);
    const plot = page.locator('#compare-loss .u-over');
    const { width = 0 } = (await plot.boundingBox()) ?? {};
    await plot.hover({ position: { x: width / 3, y: 20 } });
    await page.locator('#compare-shown', { hasText: 'epoch 2 of 6' }).waitFor();
    expect(await shown()).toEqual(loss(2));
    await page.selectOption('#compare-part', 'training');
    await page.press('#compare-epoch', 'Home');
    expect((await shown())[0]).toBe(first?.history[0]?.trainLoss.toFixed(4));
    expect(await page.locator('#compare-all tbody tr').count()).toBe(6);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);
    // A single job shows the values at the pointer next to the names of its lines.
    await page.goto(`${site.url}/#train/${ids[0]}`);
    await page.locator('#loss-chart .u-over').hover({ position: { x: 5, y: 20 } });
    await page.locator('#curves-epoch', { hasText: 'epoch' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('receives every event across lost connections, and shows that it is reconnecting', async () => {
    const { page, troubles } = await open();
    const asked: string[] = [];
    await page.route('**/events', async (route) => {
      const since = route.request().headers()['last-event-id'] ?? '';
      asked.push(since);
      if (asked.length === 1) return route.fulfill({ body: await firstEvents(route.request().url()) });
      return asked.length === 2 ? route.abort('connectionreset') : route.continue();
    });
    await start(page, { hidden: '60', epochs: '20' });
    // A job that is over by then may miss events in its curves, and the page says so first.
    const lost = /^(The curves may be incomplete\. )?Cannot reach the service: .*\. Retrying…$/;
    await page.locator('#panel-connection', { hasText: lost }).waitFor();
    await page.locator('#panel-state', { hasText: /^Done: 20 epochs/ }).waitFor();
    // A short job can be over before the connection is restored.
    await expect.poll(() => asked.length, { timeout: 5000 }).toBeGreaterThan(2);
    const [first = '', ...later] = asked;
    expect(first).toBe('0');
    expect(later.slice(0, 2)).toEqual([later[0], later[0]]);
    expect(Number(later[0])).toBeGreaterThan(1);
    expect(await page.locator('#panel-epochs tr').count()).toBe(20);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows the service’s message when it refuses a job, and a message below each invalid field', async () => {
    const { page, troubles } = await open();
    const wrong = { hidden: '30, many', epochs: '0', optimizer: 'adam beta1=2', learningRate: '-1', seed: '1.5' };
    await start(page, { ...wrong, publish: 'no name' });
    expect(await page.locator('.field .problem:visible').count()).toBe(6);
    expect(await page.evaluate('document.activeElement.id')).toBe('job-hidden');
    expect(await page.textContent('#job-epochs-problem')).toBe('Expected a whole number from 1 to 1,000.');
    expect(await page.textContent('#job-optimizer-problem')).toMatch(/^optimizer.beta1: expected a number from 0 /);
    const right = { hidden: '4096, 4096', epochs: '1', optimizer: 'sgd', learningRate: '0.1', seed: '1', publish: '' };
    await start(page, right, 'wrong');
    await page.locator('#job-refused', { hasText: 'Request failed: unknown token' }).waitFor();
    expect(await page.locator('.field .problem:visible').count()).toBe(0);
    await start(page, right, TOKENS.predict);
    await page.locator('#job-refused', { hasText: 'expected a token with the scope train' }).waitFor();
    await start(page, right);
    await page.locator('#job-refused', { hasText: /expected at most 64 MB of memory, got \d+ MB/ }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows why a job failed and offers to copy its options; shows that a job does not exist', async () => {
    const { page, troubles } = await open();
    await start(page, { learningRate: '1e30', epochs: '7', optimizer: 'adam beta1=0.8' });
    await page.locator('#panel-state', { hasText: /^Failed/ }).waitFor();
    expect(await page.textContent('#panel-result')).toMatch(
      /^The training diverged\. diverged at step \d+ .*use a smaller learning rate$/,
    );
    expect(await page.locator('#panel-tools > :visible').allTextContents()).toEqual([
      'New job with these options',
      'Delete job',
    ]);
    await page.click('#panel-again');
    expect(await page.inputValue('#job-epochs')).toBe('7');
    expect(await page.inputValue('#job-optimizer')).toBe('adam beta1=0.8');
    await page.goto(`${site.url}/#train/${'0'.repeat(64)}`);
    await page.locator('#panel-problem', { hasText: /^Request failed: job 0+ not found$/ }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('trains on an uploaded set and on generated points, and opens both models', async () => {
    const client = new Client(site.url, { token: TOKENS.train });
    // The maximum length of a name.
    const name = 'digits-that-we-collected-in-the-summer-at-the-lake.second-attempt'.slice(0, 64);
    await client.datasets.uploadPiece(name, 'training', 0, idxPiece(300));
    await client.datasets.finish(name, { training: 1, test: 0 });
    const { page, troubles } = await open('#train', 'phone');
    await page.check('#job-place-service');
    await page.locator('#job-data option').nth(2).waitFor({ state: 'attached' });
    await page.selectOption('#job-data', name);
    await page.locator('#job-data-help', { hasText: '300 samples, 28×28 pixels, 10 classes' }).waitFor();
    await start(page, { epochs: '1', hidden: '' });
    await page.locator('#panel-facts', { hasText: '784-10, 7,850 weights' }).waitFor();
    await page.locator('#panel-state', { hasText: /^Done: 1 epoch$/ }).waitFor();
    expect(await page.isVisible('#panel-try')).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);

    await page.click('.back');
    await page.fill('#job-hidden', '100');
    await page.selectOption('#job-data', 'ellipse');
    expect(await page.inputValue('#job-hidden')).toBe('3');
    await start(page, { epochs: '30' });
    await page.locator('#panel-state', { hasText: /^Done: 30 epochs/ }).waitFor();
    expect(await page.isVisible('#panel-download')).toBe(true);
    expect(await page.textContent('#panel-try')).toBe('Try the model');
    await page.click('#panel-try');
    await page.locator('#origin', { hasText: /\(2-3-2\), 30 of 30 epochs on ellipse\. / }).waitFor();
    expect(await page.textContent('#draw-title')).toMatch(/^Try job [0-9a-f]{8}$/);
    expect(await page.locator('#numbers input').count()).toBe(2);
    expect([await page.isHidden('#pad'), await page.isHidden('#ask')]).toEqual([true, true]);
    expect(await page.textContent('#result')).toMatch(/^(Looks like|Maybe) /);
    await page.click('#origin a:has-text("Use the bundled model")');
    await page.locator('#result', { hasText: 'Nothing drawn yet' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('fits a phone screen, can be used by keyboard, and marks the current view', async () => {
    const { page, troubles } = await open('#draw', 'phone', 'dark');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Train');
    await page.keyboard.press('Enter');
    await page.locator('#job-start').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Train a model');
    expect(await page.title()).toBe('Train a model – edge-mlp');
    expect(await page.getAttribute('#train-tab', 'aria-current')).toBe('page');
    expect(await page.getAttribute('#draw-tab', 'aria-current')).toBe(null);
    await page.focus('#job-epochs');
    // A long job would slow down the following tests.
    await page.keyboard.press('Control+a');
    await page.keyboard.type('1');
    await page.focus('#job-place-browser');
    await page.keyboard.press('ArrowRight');
    await page.focus('#token');
    await page.keyboard.type(TOKENS.train);
    await page.keyboard.press('Enter');
    await page.locator('#panel-epochs tr').first().waitFor();
    expect(await page.evaluate(UNNAMED)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(SIZES.phone.width);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('repeats a request with the same idempotency key until it gets a response', async () => {
    const { page } = await open();
    const keys: (string | undefined)[] = [];
    const none = 'this service has no tokens yet, so nothing can be changed';
    await page.route('**/jobs', (route) => {
      if (route.request().method() === 'POST') keys.push(route.request().headers()['idempotency-key']);
      return keys.length === 1 ? route.abort() : route.fulfill({ status: 503, json: { error: none } });
    });
    await start(page, { epochs: '1' });
    await page.locator('#job-refused', { hasText: /^Cannot reach the service: / }).waitFor();
    await page.click('#job-start');
    await page.locator('#job-refused', { hasText: `Request failed: ${none}` }).waitFor();
    await start(page, { epochs: '2' });
    await expect.poll(() => keys.length).toBe(3);
    expect(keys[0]).toMatch(/\S{10}/);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
    await page.close();
  });
});

/** The job's events up to the end of its first epoch, where the test cuts the connection. */
async function firstEvents(url: string): Promise<string> {
  let text = '';
  const { body } = await fetch(url);
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const end = text.indexOf('\n\n', text.indexOf('event: epoch'));
    if (text.includes('event: epoch') && end > 0) return text.slice(0, end + 2);
  }
  return text;
}

/** Generated digits in the upload format: the labels as IDX, followed by the images as IDX. */
function idxPiece(samples: number): Uint8Array<ArrayBuffer> {
  const { inputs, labels } = digitsDataset({ samples, seed: 8 });
  const answers = formatIdx({ shape: [samples], data: Uint8Array.from(labels) });
  return Uint8Array.from([...answers, ...formatIdx({ shape: [samples, 28, 28], data: Uint8Array.from(inputs) })]);
}

/** Visible controls without an accessible name. */
const UNNAMED = `[...document.querySelectorAll('#train-view :is(button, a, input, select, canvas, progress)')]
  .filter((each) => each.checkVisibility())
  .filter((each) => !(each.textContent.trim() || each.getAttribute('aria-label') || each.labels?.[0]?.textContent.trim()))
  .map((each) => each.id || each.outerHTML)`;

/** The line colours found in each chart. */
function inks(page: Page): Promise<Record<string, string[]>> {
  return page.evaluate(`Object.fromEntries([...document.querySelectorAll('#train-job .chart')].map((chart) => {
    const canvas = chart.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const rgb = (name) => [1, 3, 5].map((at) => parseInt(getComputedStyle(chart).getPropertyValue(name).trim().slice(at, at + 2), 16));
    const has = (name) => {
      const [red, green, blue] = rgb('--' + name);
      for (let i = 0; i < data.length; i += 4)
        if (data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255) return true;
      return false;
    };
    return [chart.id, ['bar', 'validation'].filter(has)];
  }))`);
}

function picture(page: Page): Promise<string> {
  return page.evaluate<string>(`document.querySelector('#loss-chart canvas').toDataURL()`);
}
