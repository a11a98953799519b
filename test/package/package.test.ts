/** The tarball: what is in it, and every entry as a project of somebody else's uses it. */
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Browser } from 'playwright-core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { csvDataset, trainingParts } from '../../src/data/index.ts';
import { Mlp, train } from '../../src/index.ts';
import { BROWSER_EXPECTED, CHROMIUM, launchChromium } from '../support/browser.ts';
import { loadBuild } from '../support/kernels.ts';
import { emptyFolder, pack, packageJson, project, ROOT, run, runModule } from '../support/package.ts';

const KILOBYTE = 1024;
const CSV = 'width,length,kind\n1,5,round\n1.5,4,round\n4,1,"long, thin"\n5,1.5,"long, thin"\n';
const SPEC = { layers: [2, 3, 2], seed: 3 };
const OPTIONS = { epochs: 20, learningRate: 0.1 };

const outer = emptyFolder();
const stranger = join(outer.path, 'stranger');
let tarball: string;

beforeAll(() => {
  tarball = pack(outer.path);
  mkdirSync(stranger);
  project(stranger, tarball);
}, 120_000);
afterAll(() => outer.remove());

/** The same training by the sources. */
function expectedHash(): string {
  const mlp = Mlp.create(loadBuild(), SPEC);
  const dataset = csvDataset(CSV, { name: 'fruit.csv' });
  const { training } = trainingParts(dataset, { validation: 0, seed: 1, shuffledSplit: true });
  for (const _ of train(mlp, training, OPTIONS));
  return weightsSha256(mlp.parameters());
}

const typeRoots = [join(ROOT, 'node_modules/@types')];

describe('the tarball', () => {
  it('is under 1 MB, and has what is used and its sources, and nothing else', () => {
    expect(statSync(tarball).size).toBeLessThan(1024 * KILOBYTE);
    const paths = run('tar', ['-tzf', tarball], outer.path).trim().split('\n');
    const outside =
      /^package\/(dist|src|build\/kernels\.(d\.ts|wasm|threads\.wasm)$|models\/(README\.md|.*\.int8\.safetensors)$|LICENSE|README\.md|package\.json)/;
    expect(paths.filter((path) => !outside.test(path))).toEqual([]);
    // Each target of the exports is there.
    const targets = JSON.stringify(
      packageJson(stranger.replace(/stranger$/, 'stranger/node_modules/edge-mlp')).exports,
    );
    for (const [, target = ''] of targets.matchAll(/"\.\/([^"]+\.[a-z]+)"[,}]/g))
      expect(paths).toContain(`package/${target}`);
  });

  it('passes publint, strictly', async () => {
    const { messages } = await publint({ pkgDir: ROOT, strict: true, pack: 'npm' });
    expect(messages.map((message) => formatMessage(message, packageJson(ROOT)))).toEqual([]);
  });

  it('has types that are right by @arethetypeswrong/cli', () => {
    // The package is of ES modules, which every Node that it supports can require().
    expect(run('npx', ['--no-install', 'attw', tarball, '--profile', 'esm-only'], ROOT)).toContain('edge-mlp/client');
  });

  it.each([
    ['of module nodenext, with the default libraries', { module: 'nodenext', types: [] }],
    ['of module esnext, for a bundler', { module: 'esnext', moduleResolution: 'bundler', types: [] }],
    // A server's project has no DOM, and no WebAssembly among its types.
    ['for Node alone', { module: 'nodenext', lib: ['es2022'], types: ['node'], typeRoots }],
  ])('has types for a project %s, that checks its libraries', (_, options) => {
    writeFileSync(join(stranger, 'types.ts'), TYPED);
    const compilerOptions = {
      ...{ strict: true, target: 'es2022', noEmit: true, skipLibCheck: false, ...options },
      exactOptionalPropertyTypes: true,
    };
    writeFileSync(join(stranger, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
    expect(run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', stranger, '--pretty', 'false'], stranger)).toBe('');
  });
});

const TYPED = `
import { type Dataset, Mlp, train } from 'edge-mlp';
import { Client } from 'edge-mlp/client';
import { csvDataset } from 'edge-mlp/data';
import { createMlp, parseModel } from 'edge-mlp/format';
import module from 'edge-mlp/kernels.wasm';
import model from 'edge-mlp/models/mnist.safetensors';
import { loadKernels, loadMnist } from 'edge-mlp';
import { parseOnnx } from 'edge-mlp/onnx';
import { crossEntropy } from 'edge-mlp/reference';
import * as standalone from 'edge-mlp/standalone';
import { loadKernels as inBrowser } from 'edge-mlp';
import { loadKernels as inWorker } from 'edge-mlp';

const kernels = await loadKernels();
const dataset: Dataset = csvDataset('a,b,kind\\n1,2,x\\n2,1,y\\n', { name: 'x.csv', labelColumn: 'kind' });
const mlp: Mlp = Mlp.create(kernels, { layers: [2, 3, 2], hiddenActivation: 'tanh' });
for (const progress of train(mlp, dataset, { epochs: 2 })) {
  if (progress.kind === 'epoch') progress.metrics.trainLoss satisfies number;
}
// @ts-expect-error: no such activation
Mlp.create(kernels, { layers: [2, 3, 2], hiddenActivation: 'softsign' });
[module satisfies WebAssembly.Module, model satisfies ArrayBuffer];
[Client, createMlp, parseModel, parseOnnx, crossEntropy, standalone.Mlp, inBrowser, inWorker, loadMnist];
`;

/** Trains and prints the hash of the weights, from entries for `runtime`. */
const trains = (runtime: string) => `
import { Mlp, train } from 'edge-mlp';
import { csvDataset, trainingParts } from 'edge-mlp/data';
import { loadKernels } from 'edge-mlp/${runtime}';
export const mlp = Mlp.create(await loadKernels(), ${JSON.stringify(SPEC)});
export const { training } = trainingParts(csvDataset(${JSON.stringify(CSV)}, { name: 'fruit.csv' }), { validation: 0, seed: 1, shuffledSplit: true });
for (const _ of train(mlp, training, ${JSON.stringify(OPTIONS)}));
`;

describe('in Node', () => {
  it('trains, writes, reads and exports', () => {
    const code = `${trains('node')}
      import { formatModel, createMlp, parseModel } from 'edge-mlp/format';
      import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
      import { weightsSha256 } from 'edge-mlp';
      import { forward } from 'edge-mlp/reference';
      import { Client } from 'edge-mlp/client';
      const { classes, features, scaling } = training;
      const model = { info: { spec: mlp.spec, classes, features, scaling }, parameters: mlp.parameters() };
      const file = parseModel(formatModel(model), 'model');
      const again = createMlp(await loadKernels(), parseOnnx(formatOnnx(file), 'onnx'));
      console.log(JSON.stringify([mlp, createMlp(await loadKernels(), file), again].map((mlp) => weightsSha256(mlp.parameters()))));
    `;
    const hash = expectedHash();
    expect(runModule(stranger, code)).toEqual([hash, hash, hash]);
  });

  it('reads the digit model that comes with it', () => {
    const code = `
      import { readFileSync } from 'node:fs';
      import { digitsDataset } from 'edge-mlp/data';
      import { evaluate } from 'edge-mlp';
      import { createMlp, parseModel } from 'edge-mlp/format';
      import { loadKernels } from 'edge-mlp';
      import { fileURLToPath } from 'node:url';
      const path = fileURLToPath(import.meta.resolve('edge-mlp/models/mnist.safetensors'));
      const mlp = createMlp(await loadKernels(), parseModel(readFileSync(path), path));
      console.log(JSON.stringify(evaluate(mlp, digitsDataset({ samples: 500, seed: 4 })).accuracy));
    `;
    expect(runModule(stranger, code)).toBeGreaterThan(0.9);
  });

  it('can be required, too', () => {
    const code = `const { Mlp } = require('edge-mlp');
      require('edge-mlp').loadKernels().then((kernels) => console.log(Mlp.create(kernels, { layers: [2, 3, 2] }).spec.layers.join()));`;
    expect(run(process.execPath, ['--input-type=commonjs', '-e', code], stranger)).toBe('2,3,2\n');
  });

  it('needs no library for the core but the loader, and none at all standing alone', () => {
    const bare = emptyFolder();
    try {
      const modules = join(bare.path, 'node_modules');
      for (const name of ['edge-mlp', '@assemblyscript/loader']) {
        cpSync(join(stranger, 'node_modules', name), join(modules, name), { recursive: true });
      }
      const entries = ['', '/browser', '/client', '/format', '/reference'].map((entry) => `edge-mlp${entry}`);
      const code = (names: string[]) =>
        `console.log(JSON.stringify(await Promise.all(${JSON.stringify(names)}.map(async (name) => Object.keys(await import(name)).length > 0))))`;
      expect(runModule(bare.path, code(entries))).toEqual(entries.map(() => true));
      // The command's libraries are away: whoever needs them says which.
      expect(() => runModule(bare.path, code(['edge-mlp/onnx']))).toThrow('@bufbuild/protobuf');
      run('rm', ['-r', join(modules, '@assemblyscript')], bare.path);
      expect(runModule(bare.path, code(['edge-mlp/standalone']))).toEqual([true]);
      expect(() => runModule(bare.path, code(['edge-mlp']))).toThrow('@assemblyscript/loader');
    } finally {
      bare.remove();
    }
  });
});

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

describe.runIf(BROWSER_EXPECTED)(`in Chromium (${CHROMIUM})`, () => {
  let server: Server;
  let browser: Browser;
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = join(outer.path, normalize(request.url ?? '/'));
      if (!existsSync(path)) response.writeHead(404).end();
      else response.setHeader('content-type', TYPES[extname(path)] ?? 'text/plain').end(readFileSync(path));
    }).listen(0, '127.0.0.1');
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function readWeights(path: string): Promise<unknown> {
    const page = await browser.newPage();
    await page.goto(`${address()}/${path}`);
    await page.waitForFunction('globalThis.weights');
    return page.evaluate('weights');
  }

  const expected = (): number[] => {
    const mlp = Mlp.create(loadBuild(), SPEC);
    const { training } = trainingParts(csvDataset(CSV, { name: 'fruit.csv' }), {
      validation: 0,
      seed: 1,
      shuffledSplit: true,
    });
    for (const _ of train(mlp, training, OPTIONS));
    return mlp.parameters().weights.flatMap((layer) => [...layer]);
  };
  const SHOW = 'globalThis.weights = mlp.parameters().weights.flatMap((layer) => [...layer]);';

  it('through a bundler that was told nothing', async () => {
    writeFileSync(join(stranger, 'bundled.js'), `${trains('browser')}${SHOW}`);
    writeFileSync(join(stranger, 'index.html'), '<!doctype html><script type="module" src="./bundled.js"></script>');
    const outDir = join(outer.path, 'bundled');
    await build({
      root: stranger,
      base: './',
      configFile: false,
      logLevel: 'silent',
      build: { outDir, target: 'es2022' },
    });
    expect(await readWeights('bundled/index.html')).toEqual(expected());
  });

  it.each([
    ['vite, which says where the file is', "import url from 'edge-mlp/kernels.wasm?url';", 'url'],
    ['the file beside the page, of whatever media type', '', "'./kernels.bin'"],
  ])('by an address that was given: %s', async (_, imports, url) => {
    const folder = `given-${url.length}`;
    const code = trains('browser').replace('loadKernels()', `loadKernels(${url})`);
    writeFileSync(join(stranger, 'given.js'), `${imports}${code}${SHOW}`);
    writeFileSync(join(stranger, 'given.html'), '<!doctype html><script type="module" src="./given.js"></script>');
    const outDir = join(outer.path, folder);
    const rolldownOptions = { input: join(stranger, 'given.html') };
    await build({
      ...{ root: stranger, base: './', configFile: false, logLevel: 'silent' },
      build: { outDir, target: 'es2022', rolldownOptions },
    });
    cpSync(join(ROOT, 'build/kernels.wasm'), join(outDir, 'kernels.bin'));
    expect(await readWeights(`${folder}/given.html`)).toEqual(expected());
  });

  it('where the file is not, or something else is, an error says which and what to do', async () => {
    const page = await browser.newPage();
    await page.goto(`${address()}/stranger/index.html`);
    const failure = (url: string) =>
      page.evaluate(
        `import('${address()}/bundled-library/library.js').then(({ loadKernels }) => loadKernels('${url}')).catch(({ code, message }) => [code, message])`,
      );
    await build({
      ...{ root: stranger, configFile: false, logLevel: 'silent' },
      build: {
        outDir: join(outer.path, 'bundled-library'),
        lib: {
          entry: join(stranger, 'node_modules/edge-mlp/dist/src/runtime/browser.js'),
          formats: ['es'],
          fileName: 'library',
        },
      },
    });
    const hint = "give loadKernels the URL of the package's build/kernels.wasm";
    const [none, page404, dead] = ['/none.wasm', '/stranger/index.html', 'http://127.0.0.1:9/k.wasm'];
    expect(await failure(none)).toEqual(['remote', `${none}: expected the kernels, got 404: ${hint}`]);
    expect(await failure(page404)).toEqual(['remote', `${page404}: expected the kernels, got something else: ${hint}`]);
    expect(await failure(dead)).toEqual(['remote', `${dead}: expected the kernels, got Failed to fetch: ${hint}`]);
  });

  it('without a bundler', async () => {
    const { training } = trainingParts(csvDataset(CSV, { name: 'x' }), { validation: 0, seed: 1, shuffledSplit: true });
    const inline = `{ ...${JSON.stringify({ ...training, inputs: 0, labels: 0 })}, inputs: Float32Array.of(${training.inputs}), labels: Uint16Array.of(${training.labels}) }`;
    writeFileSync(
      join(stranger, 'plain.html'),
      `<!doctype html><script type="module">
      import { loadKernels, Mlp, train } from './node_modules/edge-mlp/dist/browser/standalone.js';
      const mlp = Mlp.create(await loadKernels(), ${JSON.stringify(SPEC)});
      for (const _ of train(mlp, ${inline}, ${JSON.stringify(OPTIONS)}));
      ${SHOW}</script>`,
    );
    expect(await readWeights('stranger/plain.html')).toEqual(expected());
  });
});
