/** The built library in Chromium computes the same bytes as in Node. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { evaluate, Mlp, train } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PAGE = `<!doctype html><script type="importmap">
{ "imports": { "@assemblyscript/loader": "/node_modules/@assemblyscript/loader/index.js" } }
</script><script type="module" src="/test/browser/page.js"></script>`;
const TYPES: Record<string, string> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Trained in Chromium and in Node. */
const SPEC = { layers: [784, 33, 10], seed: 6 };
const OPTIONS = { epochs: 2, learningRate: 0.05, batchSize: 3, momentum: 0.5 };

describe.runIf(BROWSER_EXPECTED)(`in Chromium (${CHROMIUM})`, () => {
  let server: Server;
  let browser: Browser;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = join(ROOT, normalize(request.url ?? '/'));
      if (request.url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
      else if (existsSync(path))
        response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(readFileSync(path));
      else response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('trains to the same weights and evaluates to the same loss', async () => {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('globalThis.trainHere');
    const task = JSON.stringify({ spec: SPEC, options: OPTIONS });
    const inBrowser = await page.evaluate<{ hash: string; loss: number }>(`trainHere(${task})`);
    const mlp = Mlp.create(loadBuild(), SPEC);
    for (const _ of train(mlp, digitsDataset({ samples: 400, seed: 2 }), OPTIONS));
    expect(inBrowser.hash).toBe(weightsSha256(mlp.parameters()));
    expect(inBrowser.loss).toBe(evaluate(mlp, digitsDataset({ samples: 100, seed: 2, part: 1 })).loss);
  });
});
