/** Every entry of the package, as a project outside of the repository uses it: types, Node. */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { csvDataset } from '../../src/data/csv.ts';
import { trainingParts } from '../../src/data/index.ts';
import { Mlp, train } from '../../src/index.ts';
import { loadBuild } from '../support/kernels.ts';
import { emptyFolder, ROOT, run, runModule } from '../support/package.ts';

const CSV = 'width,length,kind\n1,5,round\n1.5,4,round\n4,1,"long, thin"\n5,1.5,"long, thin"\n';
const SPEC = { layers: [2, 3, 2], seed: 3 };
const PARTS = { validation: 0, seed: 1, shuffledSplit: true };
const OPTIONS = { epochs: 20, learningRate: 0.1 };

const installed = inject('installed');
const project = join(installed, 'entries');
mkdirSync(project);

/** Statements that train a network: `mlp`, on `training`. */
const TRAINING = `
import { loadKernels, Mlp, train } from 'edge-mlp';
import { csvDataset } from 'edge-mlp/csv';
import { trainingParts } from 'edge-mlp/data';
const mlp = Mlp.create(await loadKernels(), ${JSON.stringify(SPEC)});
const { training } = trainingParts(csvDataset(${JSON.stringify(CSV)}, { name: 'fruit.csv' }), ${JSON.stringify(PARTS)});
for (const _ of train(mlp, training, ${JSON.stringify(OPTIONS)}));
`;

const { training } = trainingParts(csvDataset(CSV, { name: 'fruit.csv' }), PARTS);

/** Weights after the same training by the sources. */
function trainWeights(): number[] {
  const mlp = Mlp.create(loadBuild(), SPEC);
  for (const _ of train(mlp, training, OPTIONS));
  return mlp.parameters().weights.flatMap((layer) => [...layer]);
}
const expected = trainWeights();

describe('types', () => {
  it('have no problem that @arethetypeswrong/cli finds', () => {
    // The package is of ES modules, which every Node that it supports can require().
    const args = ['--no-install', 'attw', inject('tarball'), '--profile', 'esm-only'];
    expect(run('npx', args, ROOT)).toContain('edge-mlp/client');
  });

  const typeRoots = [join(ROOT, 'node_modules/@types')];
  it.each([
    ['module nodenext and the default libraries', { module: 'nodenext', types: [] }],
    ['module esnext for a bundler', { module: 'esnext', moduleResolution: 'bundler', types: [] }],
    ['the condition node', { module: 'esnext', moduleResolution: 'bundler', customConditions: ['node'], types: [] }],
    [
      'the condition workerd',
      { module: 'esnext', moduleResolution: 'bundler', customConditions: ['workerd'], types: [] },
    ],
    // Projects of servers have no DOM, so WebAssembly is not among their types.
    ['the types of Node, without the DOM', { module: 'nodenext', lib: ['es2022'], types: ['node'], typeRoots }],
  ])('compile with %s, with libraries checked', (_, options) => {
    writeFileSync(join(project, 'types.ts'), TYPED);
    const compilerOptions = {
      strict: true,
      target: 'es2022',
      noEmit: true,
      skipLibCheck: false,
      exactOptionalPropertyTypes: true,
      ...options,
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.ts'] }));
    expect(run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], project)).toBe('');
  });

  it('compile in CommonJS, which can require only the entry inline', () => {
    writeFileSync(join(project, 'types.cts'), COMMONJS_TYPED);
    const compilerOptions = { strict: true, noEmit: true, skipLibCheck: false, module: 'node16', types: [] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['types.cts'] }));
    expect(run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], project)).toBe('');
  });

  it('of the client are exact in a project without zod', () => {
    expect(existsSync(join(installed, 'node_modules/zod'))).toBe(false);
    writeFileSync(join(project, 'client.ts'), CLIENT_TYPED);
    const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: [] };
    const tsconfig = {
      compilerOptions: { ...compilerOptions, exactOptionalPropertyTypes: true },
      files: ['client.ts'],
    };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(tsconfig));
    expect(run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], project)).toBe('');
  });
});

const CLIENT_TYPED = `
import { Client, type JobRequest, type SweepRequest } from 'edge-mlp/client';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const check = <A, B>(same: Same<A, B>) => same;

const client = new Client('http://localhost:8787');
const job = await client.jobs.get('1');
check<typeof job.layers, number[]>(true);
check<typeof job.layers, string[]>(false);
type Activation = 'sigmoid' | 'tanh' | 'relu' | 'leaky-relu' | 'elu' | 'gelu' | 'gelu-tanh' | 'silu' | 'softplus' | 'identity';
check<typeof job.spec.activation, Activation | Activation[]>(true);
check<typeof job.spec.hidden, number[] | undefined>(true);
check<typeof job.state.status, 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'>(true);
if (job.state.status === 'succeeded') {
  check<typeof job.state.result.published, { model: string; version: number } | null>(true);
}
if (job.progress !== null) check<typeof job.progress.loss, number | null>(true);
for await (const event of client.jobs.events('1')) {
  if (event.type === 'epoch') check<typeof event.metrics.validationLoss, number | null>(true);
}
const info = await client.datasets.get('x');
if (info.kind === 'pictures') check<typeof info.pictures, 'as-is' | 'centred' | undefined>(true);
const { predictions } = await client.predict([[0, 1]]);
check<(typeof predictions)[number], { label: number; class: string; digit?: number | undefined; confidence: number; probabilities: number[]; recognized?: boolean | undefined; score?: number | undefined }>(true);
const { trials } = await client.sweeps.get('1');
check<(typeof trials)[number]['options']['init'], 'glorot' | 'he' | 'normal' | 'by-activation' | undefined>(true);
const { before } = await client.learners.teach('1', { pixels: [0, 1], label: 'x' });
check<typeof before, (typeof predictions)[number]>(true);
check<JobRequest['hidden'], readonly number[] | undefined>(true);
check<SweepRequest['grid'], undefined>(false);
await client.jobs.start({ data: 'digits', hidden: [300] as const });
// @ts-expect-error: no such option
await client.jobs.start({ rate: 1 });
// @ts-expect-error: no such activation
await client.jobs.start({ activation: 'softsign' });
// @ts-expect-error: no such field
job.metrics;
`;

const TYPED = `
import { type Dataset, loadKernels, Mlp, train } from 'edge-mlp';
import { Client } from 'edge-mlp/client';
import { csvDataset } from 'edge-mlp/csv';
import { createMlp, parseModel } from 'edge-mlp/format';
import module from 'edge-mlp/kernels.wasm';
import model from 'edge-mlp/models/mnist.bin';
import { parseOnnx } from 'edge-mlp/onnx';
import { crossEntropy } from 'edge-mlp/reference';
import * as inline from 'edge-mlp/inline';

const kernels = await loadKernels();
const dataset: Dataset = csvDataset('a,b,kind\\n1,2,x\\n2,1,y\\n', { name: 'x.csv', labelColumn: 'kind' });
const mlp: Mlp = Mlp.create(kernels, { layers: [2, 3, 2], hiddenActivation: 'tanh' });
for (const progress of train(mlp, dataset, { epochs: 2 })) {
  if (progress.kind === 'epoch') progress.metrics.trainLoss satisfies number;
}
// @ts-expect-error: not an activation
Mlp.create(kernels, { layers: [2, 3, 2], hiddenActivation: 'softsign' });
[module satisfies WebAssembly.Module, model satisfies ArrayBuffer];
[Client, createMlp, parseModel, parseOnnx, crossEntropy, inline.Mlp];
`;

const COMMONJS_TYPED = `
import { type Dataset, type Kernels, loadKernels, Mlp, TRAINING_DEFAULTS, train } from 'edge-mlp/inline';

async function run(dataset: Dataset): Promise<Mlp> {
  const kernels: Kernels = await loadKernels();
  const mlp: Mlp = Mlp.create(kernels, { layers: [2, 3, 2], hiddenActivation: 'tanh' });
  for (const progress of train(mlp, dataset, { epochs: TRAINING_DEFAULTS.epochs })) {
    if (progress.kind === 'epoch') progress.metrics.trainLoss satisfies number;
  }
  return mlp;
}
// @ts-expect-error: not an activation
loadKernels().then((kernels) => Mlp.create(kernels, { layers: [2, 3, 2], hiddenActivation: 'softsign' }));
export = run;
`;

const BUNDLERS = {
  rolldown: async (input: string) => (await build({ input, write: false })).output[0].code,
  esbuild: async (input: string) =>
    run(join(ROOT, 'node_modules/.bin/esbuild'), [input, '--bundle', '--format=esm'], project),
};

describe('in Node', () => {
  it('training, safetensors and ONNX give the weights of the sources', () => {
    const code = `${TRAINING}
      import { formatModel, createMlp, parseModel } from 'edge-mlp/format';
      import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
      const { classes, features, scaling } = training;
      const model = { info: { spec: mlp.spec, classes, features, scaling }, parameters: mlp.parameters() };
      const file = parseModel(formatModel(model), 'model');
      const again = createMlp(await loadKernels(), parseOnnx(formatOnnx(file), 'onnx'));
      const networks = [mlp, createMlp(await loadKernels(), file), again];
      console.log(JSON.stringify(networks.map((each) => each.parameters().weights.flatMap((layer) => [...layer]))));
    `;
    expect(runModule(project, code)).toEqual([expected, expected, expected]);
  });

  it('the bundled model classifies digits', () => {
    const code = `
      import { readFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      import { evaluate, loadKernels } from 'edge-mlp';
      import { digitsDataset } from 'edge-mlp/data';
      import { createMlp, parseModel } from 'edge-mlp/format';
      const path = fileURLToPath(import.meta.resolve('edge-mlp/models/mnist.safetensors'));
      const mlp = createMlp(await loadKernels(), parseModel(readFileSync(path), path));
      console.log(JSON.stringify(evaluate(mlp, digitsDataset({ samples: 500, seed: 4 })).accuracy));
    `;
    expect(runModule(project, code)).toBeGreaterThan(0.9);
  });

  it('require() returns the package', () => {
    const code = `const { loadKernels, Mlp } = require('edge-mlp');
      loadKernels().then((kernels) => console.log(Mlp.create(kernels, { layers: [2, 3, 2] }).spec.layers.join()));`;
    expect(run(process.execPath, ['--input-type=commonjs', '-e', code], project)).toBe('2,3,2\n');
  });

  it('only csv and onnx load libraries for files', () => {
    const built = join(installed, 'node_modules/edge-mlp/dist/src');
    const files = globSync('**/*.js', { cwd: built });
    const findFiles = (name: string) => files.filter((file) => readFileSync(join(built, file), 'utf8').includes(name));
    // Names in papaparse and in protobuf.
    expect(['BAD_DELIMITERS', 'BinaryReader'].map(findFiles)).toEqual([['data/csv.js'], ['format/onnx/index.js']]);

    const bare = emptyFolder();
    onTestFinished(() => bare.remove());
    const modules = join(bare.path, 'node_modules');
    cpSync(join(installed, 'node_modules'), modules, { recursive: true });
    for (const file of ['data/csv.js', 'format/onnx/index.js']) rmSync(join(modules, 'edge-mlp/dist/src', file));
    const entries = ['', '/inline', '/client', '/data', '/png', '/format', '/reference'];
    const imports = entries.map((entry, n) => `import * as entry${n} from 'edge-mlp${entry}';`);
    const counts = entries.map((_, n) => `Object.keys(entry${n}).length > 0`);
    const code = `${imports.join('')} console.log(JSON.stringify([${counts}]));`;
    expect(runModule(bare.path, code)).toEqual(entries.map(() => true));
  });

  it.each(Object.entries(BUNDLERS))(
    'an app that reads IDX files and model files, bundled by %s, has no kernels',
    async (_, bundle) => {
      const app = join(project, 'files.js');
      const code = "import { parseIdx } from 'edge-mlp/data'; import { parseModel } from 'edge-mlp/format';";
      writeFileSync(app, `${code} console.log(parseIdx, parseModel);`);
      const bundled = await bundle(app);
      expect(bundled).toContain('parseModel');
      // The kernels, and the strokes of generated digits. Bundlers rename variables, but no texts.
      expect(bundled).not.toMatch(/WebAssembly|C \.5,0 /);
    },
  );
});
