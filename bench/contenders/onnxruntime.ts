/** ONNX Runtime on one thread. The second argument is its package: onnxruntime-node or onnxruntime-web. */
import { join } from 'node:path';
import { measureCalls, readBytes, readInputs, readTask, report, SINGLE_SAMPLES } from '../task.ts';

const task = readTask();
if (task.kind !== 'predict') throw new Error(`expected a prediction task, got ${task.kind}`);
const { batch, compared, layers, weights } = task;
const columns = layers[0] ?? 0;
const classes = layers.at(-1) ?? 0;

const name = process.argv[3] ?? 'onnxruntime-node';
const ort = await import(name);
if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
const model = name === 'onnxruntime-web' ? readBytes(weights, 'model.onnx') : join(weights, 'model.onnx');
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });

const test = readInputs(task, 'test');
const singles = Math.min(SINGLE_SAMPLES, test.length / columns);
const predict = async (first: number): Promise<Float32Array> => {
  const x = new ort.Tensor('float32', test.subarray(first * columns, (first + batch) * columns), [batch, columns]);
  return (await session.run({ x }, ['probabilities'])).probabilities.data;
};
const probabilities: number[] = [];
for (let n = 0; n < compared; n += batch) probabilities.push(...(await predict(n)).subarray(0, compared * classes));
const seconds = (await measureCalls(task, (n) => predict(batch === 1 ? n % singles : 0))) / batch;
report({ kind: 'predict', seconds, probabilities });
