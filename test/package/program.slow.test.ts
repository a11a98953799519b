/**
 * The program at the top of the documentation, with the package from its tarball: in Node, in a bundle of Vite, in
 * workerd.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { beforeAll, expect, inject, it } from 'vitest';
import { CHROMIUM, launchChromium } from '../support/browser.ts';
import { listenForFiles, serve } from '../support/http.ts';
import { ROOT, runModule, start, waitForAnswer } from '../support/package.ts';
import { freePort } from '../support/service.ts';
import { AVAILABLE } from '../support/tools.ts';

/** `write` saves the bytes of the model file, and `read` loads them. */
const PROGRAM = `
import { fit, loadKernels, loadModel, Mlp, saveModel } from 'edge-mlp';

export async function program({ training, validation, pixels, signal, write, read }) {
  const epochs = [];
  const kernels = await loadKernels();
  using mlp = Mlp.create(kernels, { layers: [784, 30, 10], hiddenActivation: 'sigmoid', seed: 1 });
  const result = await fit(mlp, training, { epochs: 2, learningRate: 0.1, validation, onEpoch: (m) => epochs.push(m), signal });
  const { label, probabilities } = mlp.predict(pixels);
  await write(saveModel(mlp));
  using again = loadModel(kernels, await read());
  return { steps: result.steps, epochs, label, probabilities: [...probabilities], again: [...again.predict(pixels).probabilities] };
}
`;

/** Calls the program with generated digits and a file in memory. */
const RUN = `
import { digitsDataset } from 'edge-mlp/data';
import { program } from './program.js';

const training = digitsDataset({ samples: 500, seed: 1 });
const validation = digitsDataset({ samples: 100, seed: 2 });
const pixels = validation.inputs.subarray(0, 784);

export async function run() {
  let file;
  const write = async (bytes) => { file = bytes; };
  const read = async () => file;
  const aborted = await program({ training, validation, pixels, signal: AbortSignal.abort('stopped'), write, read }).catch(String);
  return { aborted, ...(await program({ training, validation, pixels, signal: new AbortController().signal, write, read })) };
}
`;

const project = join(inject('installed'), 'program');
let expected: { epochs: unknown[]; probabilities: number[] };

beforeAll(() => {
  mkdirSync(project);
  writeFileSync(join(project, 'program.js'), PROGRAM);
  writeFileSync(join(project, 'run.js'), RUN);
  const code = "import { run } from './run.js'; console.log(JSON.stringify(await run()));";
  expected = runModule(project, code) as typeof expected;
});

it('in Node it trains, stops on a signal, predicts, and reads its file back', () => {
  expect(expected).toEqual({
    aborted: 'stopped',
    steps: 1000,
    epochs: [expect.objectContaining({ epoch: 1 }), expect.objectContaining({ epoch: 2 })],
    label: expect.any(Number),
    probabilities: expect.any(Array),
    again: expected.probabilities,
  });
  expect(expected.epochs[1]).toMatchObject({ validationAccuracy: expect.any(Number) });
  expect((expected.epochs[1] as { validationAccuracy: number }).validationAccuracy).toBeGreaterThan(0.6);
});

it.runIf(AVAILABLE.chromium)(`in a bundle of Vite, in Chromium (${CHROMIUM}), it gives the same numbers`, async () => {
  writeFileSync(join(project, 'index.html'), '<!doctype html><script type="module" src="./page.js"></script>');
  writeFileSync(join(project, 'page.js'), "import { run } from './run.js'; globalThis.result = await run();");
  const outDir = join(project, 'bundle');
  await build({ root: project, configFile: false, logLevel: 'silent', build: { outDir, target: 'es2022' } });
  const address = await serve(listenForFiles(outDir));
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${address}/`);
    await page.waitForFunction('globalThis.result');
    expect(await page.evaluate('result')).toEqual(expected);
  } finally {
    await browser.close();
  }
});

it('in workerd it gives the same numbers', async () => {
  writeFileSync(
    join(project, 'worker.js'),
    "import { run } from './run.js'; export default { fetch: async () => Response.json(await run()) };",
  );
  writeFileSync(
    join(project, 'wrangler.toml'),
    'name = "program"\nmain = "worker.js"\ncompatibility_date = "2026-10-23"\n',
  );
  const port = await freePort();
  const wrangler = join(ROOT, 'node_modules/.bin/wrangler');
  const args = ['dev', '--port', String(port), '--inspector-port', '0', '--show-interactive-dev-session=false'];
  const worker = start(wrangler, args, project);
  try {
    const url = `http://127.0.0.1:${port}/`;
    await waitForAnswer(url, worker);
    expect(await (await fetch(url)).json()).toEqual(expected);
  } finally {
    await worker.stop();
  }
});
