/** A small network as an ONNX graph, in the form of PyTorch, and its answers in ONNX Runtime. */
import { env, InferenceSession, Tensor } from 'onnxruntime-web';
import { expect } from 'vitest';
import { scaleInputs } from '../../src/data/index.ts';
import { createMlp, type ModelFile } from '../../src/format/index.ts';
import { loadBuild } from './kernels.ts';
import { noise } from './numbers.ts';
import { type Bytes, type Graph, node, onnxFile, tensor, value } from './onnx.ts';

export const kernels = loadBuild();
// The WebAssembly build of ONNX Runtime: the native package downloads binaries when it is installed.
env.wasm.numThreads = 1;
/** Multiples of 1/8, which float16 represents exactly. */
export const eighths = (length: number, seed: number) => noise(length, seed).map((each) => Math.round(8 * each) / 8);
/** Weights and biases, (out, in). */
export const W1 = eighths(12, 1);
export const B1 = eighths(4, 2);
export const W2 = eighths(8, 3);
export const B2 = eighths(2, 4);
export const turned = (values: readonly number[], outputs: number) =>
  Array.from(
    values,
    (_, k) => values[(k % outputs) * (values.length / outputs) + Math.floor(k / outputs)] ?? Number.NaN,
  );
export const EXPECTED = {
  weights: [W1, W2].map((each) => Float32Array.from(each)),
  biases: [B1, B2].map((each) => Float32Array.from(each)),
};
export const X = value('x', ['N', 3]);
export const OUT = value('out', ['N', 2]);
export const INITIALIZERS = [
  tensor('w1', [4, 3], W1),
  tensor('b1', [4], B1),
  tensor('w2', [2, 4], W2),
  tensor('b2', [2], B2),
];
export const TRANS_B = { transB: { i: 1 } };
/** As torch.onnx.export writes Linear, ReLU, Linear, Softmax. */
export const PYTORCH: Graph = {
  nodes: [
    node('Gemm', ['x', 'w1', 'b1'], 'z1', { alpha: { f: 1 }, beta: { f: 1 }, ...TRANS_B }),
    node('Relu', ['z1'], 'h1'),
    node('Gemm', ['h1', 'w2', 'b2'], 'z2', TRANS_B),
    node('Softmax', ['z2'], 'out', { axis: { i: 1 } }),
  ],
  initializers: INITIALIZERS,
  inputs: [X],
  outputs: [OUT],
};
export const changed = (change: Partial<Graph>) => onnxFile({ ...PYTORCH, ...change });
/** The graph with other nodes in front, the last of which outputs `features`. */
export const behind = (nodes: readonly Bytes[], change: Partial<Graph> = {}): Graph => ({
  ...PYTORCH,
  nodes: [...nodes, node('Gemm', ['features', 'w1', 'b1'], 'z1', TRANS_B), ...PYTORCH.nodes.slice(1)],
  ...change,
});

export async function runtimeAnswers(
  bytes: Uint8Array,
  inputs: Float32Array,
  sizes: readonly number[],
  output: string,
) {
  const session = await InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled' });
  const shape = [inputs.length / sizes.reduce((product, size) => product * size, 1), ...sizes];
  const answers = await session.run({ [session.inputNames[0] ?? '']: new Tensor('float32', inputs, shape) });
  return answers[output]?.data as Float32Array;
}

/** Compares the probabilities with those of ONNX Runtime. */
export async function expectSame(
  bytes: Uint8Array,
  model: ModelFile,
  output = 'out',
  scaled = (x: Float32Array) => scaleInputs(x, model.info.scaling),
  inputs = Float32Array.from(noise(20 * (model.info.spec.layers[0] ?? 0), 9)),
  tolerance = 1e-6,
) {
  const [columns = 0] = model.info.spec.layers;
  using mlp = createMlp(kernels, model);
  const { probabilities } = mlp.predictBatch(scaled(inputs));
  const theirs = await runtimeAnswers(bytes, inputs, [columns], output);
  expect(theirs).toHaveLength(probabilities.length);
  probabilities.forEach((p, i) => {
    expect(Math.abs(p - (theirs[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}
