/** Node, the Worker and the page return bit-identical probabilities. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMnist } from '../../cli/data/idx-sets/load.ts';
import { readBytes } from '../../cli/files.ts';
import { Client } from '../../src/client/index.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { parseModel } from '../../src/format/index.ts';
import { createMlp } from '../../src/format/model-file.ts';
import { type Dataset, evaluate } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { type Service, startService } from '../support/service.ts';

const MODEL = new URL('../../models/mnist-784-300-10.int8.safetensors', import.meta.url);
const onMnist = Boolean(process.env.EDGE_MLP_DATA);

describe(`10,000 digits (${onMnist ? 'MNIST' : 'generated: EDGE_MLP_DATA is not set'})`, () => {
  let service: Service;
  let browser: Browser | undefined;
  let digits: Dataset;
  const expected: { probabilities: Float32Array; accuracy: number } = {
    probabilities: new Float32Array(),
    accuracy: 0,
  };

  beforeAll(async () => {
    service = await startService();
    digits = onMnist ? (await loadMnist()).test : digitsDataset({ samples: 10_000, seed: 77 });
    const model = parseModel(await readBytes(MODEL.pathname), 'the model');
    const mlp = createMlp(loadBuild(), model);
    expected.probabilities = mlp.predictBatch(digits.inputs).probabilities;
    expected.accuracy = evaluate(mlp, digits).accuracy;
    if (onMnist) expect(expected.accuracy).toBe(model.info.provenance?.test?.accuracy);
  });

  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });

  it('the Worker, in batches of 1,000', async () => {
    const client = new Client(service.url);
    let right = 0;
    for (let first = 0; first < 10_000; first += 1000) {
      const batch = Uint8Array.from(digits.inputs.subarray(first * 784, (first + 1000) * 784));
      const { predictions } = await client.predict(batch);
      const probabilities = Float32Array.from(predictions.flatMap((prediction) => prediction.probabilities));
      expect(probabilities).toEqual(expected.probabilities.slice(first * 10, (first + 1000) * 10));
      right += predictions.filter(({ label }, n) => label === digits.labels[first + n]).length;
    }
    expect(right / 10_000).toBe(expected.accuracy);
  });

  it.runIf(BROWSER_EXPECTED)(`the page (${CHROMIUM})`, async () => {
    browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(service.url);
    // Base64, because Playwright passes strings.
    const inputs = Buffer.from(digits.inputs.buffer, digits.inputs.byteOffset, digits.inputs.byteLength).toString(
      'base64',
    );
    const answer = await page.evaluate<string>(`(async () => {
      const { loadNetwork } = await import('/network.js');
      const network = await loadNetwork();
      const inputs = Uint8Array.from(atob(${JSON.stringify(inputs)}), (letter) => letter.charCodeAt(0));
      const { probabilities } = network.mlp.predictBatch(inputs);
      let text = '';
      for (const byte of new Uint8Array(probabilities.buffer)) text += String.fromCharCode(byte);
      return btoa(text);
    })()`);
    const bytes = Uint8Array.from(Buffer.from(answer, 'base64'));
    expect(new Float32Array(bytes.buffer)).toEqual(expected.probabilities);
  });
});
