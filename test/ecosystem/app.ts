/** The app of every case: it trains, saves, loads and predicts with the package, whose exports it gets. */
import { digitsDataset } from '../../src/data/index.ts';
import * as sources from '../../src/runtime/inline.ts';

/** The results of the app. All runtimes and tools give the same bits. */
export interface AppResult {
  readonly xor: readonly number[];
  readonly weights: readonly number[];
  readonly digits: readonly number[];
}

/**
 * Trains XOR, and classifies `digits` [samples][784] with the shipped model. Projects contain the text of this
 * function, so it uses nothing from outside.
 */
async function app(library: typeof sources, digits: Uint8Array, model: Uint8Array): Promise<AppResult> {
  const { loadKernels, loadModel, Mlp, saveModel } = library;
  const kernels = await loadKernels();
  const inputs = Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1);
  const labels = Uint16Array.of(0, 1, 1, 0);
  const scaling = { kind: 'identity' as const };
  const mlp = Mlp.create(kernels, { layers: [2, 8, 2], hiddenActivation: 'tanh', seed: 1 });
  const dataset = { name: 'xor', inputs, labels, columns: 2, classes: ['0', '1'], scaling };
  await library.fit(mlp, dataset, { epochs: 100, learningRate: 0.2 });
  const again = loadModel(kernels, saveModel(mlp));
  return {
    xor: Array.from(again.predictBatch(inputs).labels),
    weights: mlp.parameters().weights.flatMap((layer) => Array.from(layer)),
    digits: Array.from(loadModel(kernels, model).predictBatch(digits).labels),
  };
}

/** The set of `program`. */
const DIGITS = digitsDataset({ samples: 20, seed: 1 });
/** The pixels that are classified, for projects that do not import edge-mlp/data. */
export const DIGIT_PIXELS = DIGITS.inputs as Uint8Array;
/** The labels that the shipped model must find. */
export const DIGIT_LABELS: readonly number[] = Array.from(DIGITS.labels);

/** The result of the sources. */
export function runSources(model: Uint8Array): Promise<AppResult> {
  return app(sources, DIGIT_PIXELS, model);
}

export type Format = 'module' | 'commonjs';

interface ProgramOptions {
  readonly format?: Format;
  /** Default: edge-mlp. */
  readonly entry?: string;
  /** Namespaces that `body` uses, and the modules that they import. */
  readonly modules?: Record<string, string>;
  /** Whether the body passes the pixels to `run`. Default: edge-mlp/data generates them. */
  readonly passesPixels?: boolean;
  /** Statements that call `run(model)` or `run(model, pixels)`. */
  readonly body: string;
}

/** The text of a program. */
export function program(options: ProgramOptions): string {
  const { format = 'module', entry = 'edge-mlp', modules = {}, passesPixels = false, body } = options;
  const data = passesPixels ? {} : { data: 'edge-mlp/data' };
  const imports = Object.entries({ library: entry, ...data, ...modules }).map(([name, from]) =>
    format === 'module' ? `import * as ${name} from '${from}';` : `const ${name} = require('${from}');`,
  );
  const generated = passesPixels ? '' : ' = data.digitsDataset({ samples: 20, seed: 1 }).inputs';
  return `${imports.join('\n')}
${app}
const run = (model, pixels${generated}) => app(library, pixels, new Uint8Array(model));
${body}
`;
}

/** A program for Node, Bun or Deno that prints the result. `model` is the expression of the path of the shipped model. */
export function printingProgram(format: Format, model: string): string {
  const body = `run(fs.readFileSync(${model})).then((result) => console.log(JSON.stringify(result)));`;
  return program({ format, modules: { fs: 'node:fs' }, body });
}

const SHOW =
  '(result) => { globalThis.result = result; }, ({ code, message }) => { globalThis.result = { code, message }; }';
const FETCH = '(name) => fetch(name).then((response) => response.arrayBuffer())';

/** Statements of a page: leaves the result, or the error, in `globalThis.result`. */
export const PAGE_BODY = `(${FETCH})('mnist.bin').then((model) => run(model)).then(${SHOW});`;
/** A module for pages, which fetches mnist.bin next to the page. */
export const PAGE = program({ body: PAGE_BODY });
/** `PAGE_BODY` that passes the pixels of a file. */
export const PAGE_BODY_WITH_PIXELS = `Promise.all(['mnist.bin', 'pixels.bin'].map(${FETCH}))
  .then(([model, pixels]) => run(model, new Uint8Array(pixels))).then(${SHOW});`;

/** A page that loads a script. */
export function pageHtml(script: string, type: 'module' | 'text/javascript' = 'module'): string {
  return `<!doctype html><body><script type="${type}" src="${script}"></script></body>`;
}

/** A Worker that imports the model as bytes. */
export const WORKER = program({
  modules: { model: 'edge-mlp/models/mnist.bin' },
  body: 'export default { fetch: async () => Response.json(await run(model.default)) };',
});
