/** The network in the browser: the same kernels and the same model file as on the server. */
import kernelsUrl from '../build/kernels.wasm?url';
import modelUrl from '../models/mnist-784-300-10.int8.safetensors?url';
import type { Inputs } from '../src/core/dataset.ts';
import { Kernels } from '../src/core/kernels.ts';
import type { Mlp, Prediction } from '../src/core/mlp.ts';
import type { ModelInfo } from '../src/format/metadata.ts';
import { createMlp, parseModel } from '../src/format/model-file.ts';

export interface BrowserNetwork {
  readonly info: ModelInfo;
  readonly mlp: Mlp;
  /** Class and probabilities of one sample, as the network takes it: pixels 0–255, or numbers that are scaled. */
  predict(inputs: Inputs): Prediction;
}

/** The bundled network. Fetches both files at the same time. Throws the error of whichever fails. */
export async function loadNetwork(): Promise<BrowserNetwork> {
  const [kernels, bytes] = await Promise.all([
    loadKernels(),
    fetched(modelUrl).then((response) => response.arrayBuffer()),
  ]);
  return createBrowserNetwork(kernels, new Uint8Array(bytes), 'the model');
}

/** The network of a model file. Throws `bad-model`, or the error of fetching the kernels. */
export async function loadBrowserNetwork(bytes: Uint8Array, name: string): Promise<BrowserNetwork> {
  return createBrowserNetwork(await loadKernels(), bytes, name);
}

function createBrowserNetwork(kernels: Kernels, bytes: Uint8Array, name: string): BrowserNetwork {
  const model = parseModel(bytes, name);
  const mlp = createMlp(kernels, model);
  return { info: model.info, mlp, predict: (inputs) => mlp.predict(inputs) };
}

/** One memory for all networks of the page. */
let kernels: Promise<Kernels> | undefined;

function loadKernels(): Promise<Kernels> {
  kernels ??= WebAssembly.compileStreaming(fetched(kernelsUrl))
    .then((module) => new Kernels(module))
    .catch((error: unknown) => {
      kernels = undefined;
      throw error;
    });
  return kernels;
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}
