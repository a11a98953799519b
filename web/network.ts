/** Networks in the browser, computed by the same kernels and loaded from the same model files as on the server. */
import kernelsUrl from '../build/kernels.wasm?url';
import modelUrl from '../models/mnist-784-300-10.int8.safetensors?url';
import { Kernels } from '../src/core/kernels.ts';
import type { Mlp } from '../src/core/mlp.ts';
import type { ModelInfo } from '../src/format/metadata.ts';
import { createMlp, parseTrainedModel } from '../src/format/model-file.ts';

export interface BrowserNetwork {
  readonly info: ModelInfo;
  readonly mlp: Mlp;
}

/** Loads the bundled network. Fetches the kernels and the model file in parallel. */
export async function loadNetwork(): Promise<BrowserNetwork> {
  const [bytes] = await Promise.all([
    fetchFile(modelUrl).then(async (response) => new Uint8Array(await response.arrayBuffer())),
    loadKernels(),
  ]);
  return parseNetwork(bytes, 'the bundled model');
}

/** Loads the network of a model file. Throws EdgeMlpError `bad-model`, or the error of fetching the kernels. */
export async function parseNetwork(bytes: Uint8Array, name: string): Promise<BrowserNetwork> {
  const model = parseTrainedModel(bytes, name);
  return { info: model.info, mlp: createMlp(await loadKernels(), model) };
}

/** All networks of the page, or of a worker, share one WebAssembly memory. */
let kernels: Promise<Kernels> | undefined;

export function loadKernels(): Promise<Kernels> {
  kernels ??= WebAssembly.compileStreaming(fetchFile(kernelsUrl))
    .then((module) => new Kernels(module))
    .catch((error: unknown) => {
      kernels = undefined;
      throw error;
    });
  return kernels;
}

async function fetchFile(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}
