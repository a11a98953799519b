/** The network in the browser: the same kernels and the same model file as on the server. */
import kernelsUrl from '../build/kernels.wasm?url';
import modelUrl from '../models/mnist-784-300-10.safetensors?url';
import { Kernels } from '../src/core/kernels.ts';
import type { Mlp, Prediction } from '../src/core/mlp.ts';
import type { ModelInfo } from '../src/format/metadata.ts';
import { mlpOf, parseModel } from '../src/format/model-file.ts';

export interface BrowserNetwork {
  readonly info: ModelInfo;
  readonly mlp: Mlp;
  /** Class and probabilities of 784 pixels, 0–255. */
  predict(pixels: Uint8Array): Prediction;
}

/** Fetches both files at the same time. Throws the error of whichever fails. */
export async function loadNetwork(): Promise<BrowserNetwork> {
  const [module, bytes] = await Promise.all([
    WebAssembly.compileStreaming(fetched(kernelsUrl)),
    fetched(modelUrl).then((response) => response.arrayBuffer()),
  ]);
  const model = parseModel(new Uint8Array(bytes), 'the model');
  const mlp = mlpOf(new Kernels(module), model);
  return { info: model.info, mlp, predict: (pixels) => mlp.predict(pixels) };
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  return response;
}
