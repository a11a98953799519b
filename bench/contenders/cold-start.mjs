/**
 * Measures the time from a new process to the first prediction: `node cold-start.mjs TASK LIBRARY`. Plain JavaScript,
 * so that Node does not load its type stripper before the measurement starts.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const { data, layers, weights } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const [columns] = layers;
const digit = new Uint8Array(readFileSync(join(data, 'test')).subarray(0, columns));
const pixels = Float32Array.from(digit, (byte) => byte / 255);

/** Each function imports a library and returns a function that loads the model and predicts the digit. */
const LIBRARIES = {
  'edge-mlp': async () => {
    const { loadKernels } = await import('../../dist/src/runtime/node.js');
    const { createMlp, parseModel } = await import('../../dist/src/format/index.js');
    return async () => {
      const [file, kernels] = await Promise.all([readFile(join(weights, 'model.safetensors')), loadKernels()]);
      return createMlp(kernels, parseModel(file, 'model.safetensors')).predict(digit).probabilities;
    };
  },
  'onnxruntime-node': () => loadOnnxRuntime('onnxruntime-node', async (path) => path),
  'onnxruntime-web': () => loadOnnxRuntime('onnxruntime-web', readFile),
  'tfjs-cpu': () => loadTensorFlow('cpu'),
  'tfjs-wasm': () => loadTensorFlow('wasm'),
};

async function loadOnnxRuntime(name, open) {
  const ort = await import(name);
  if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
  return async () => {
    const options = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    const session = await ort.InferenceSession.create(await open(join(weights, 'model.onnx')), options);
    const { probabilities } = await session.run({ x: new ort.Tensor('float32', pixels, [1, columns]) });
    return probabilities.data;
  };
}

/** A layers model as created by loadLayersModel, with one file per weight tensor. */
async function loadTensorFlow(backend) {
  const tf = await import('@tensorflow/tfjs');
  if (backend === 'wasm') (await import('@tensorflow/tfjs-backend-wasm')).setThreadsCount(1);
  return async () => {
    await tf.setBackend(backend);
    const last = layers.length - 2;
    const dense = layers.slice(1).map((units, l) =>
      tf.layers.dense({
        units,
        activation: l === last ? 'softmax' : 'swish',
        kernelInitializer: 'zeros',
        ...(l === 0 ? { inputShape: [columns] } : {}),
      }),
    );
    const model = tf.sequential({ layers: dense });
    const floats = async (name) => new Float32Array(new Uint8Array(await readFile(join(weights, name))).buffer);
    const shapes = layers.slice(1).flatMap((units, l) => [
      [`w${l + 1}`, [layers[l], units]],
      [`b${l + 1}`, [units]],
    ]);
    model.setWeights(await Promise.all(shapes.map(async ([name, shape]) => tf.tensor(await floats(name), shape))));
    return model.predict(tf.tensor2d(pixels, [1, columns])).data();
  };
}

const started = performance.now();
const predictFirst = await LIBRARIES[process.argv[3]]();
const imported = performance.now();
const probabilities = [...(await predictFirst())];
const done = performance.now();
const [importSeconds, seconds] = [(imported - started) / 1000, (done - imported) / 1000];
console.log(JSON.stringify({ kind: 'cold', importSeconds, seconds, probabilities }));
