/** TensorFlow.js, used as in its examples. The second argument is its backend: cpu, or wasm (SIMD, one thread). */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import {
  countWarmSamples,
  measureCalls,
  measureCheckpoints,
  type PredictOutcome,
  type PredictTask,
  readBytes,
  readInputs,
  readLayers,
  readTask,
  report,
  SINGLE_SAMPLES,
  type TrainOutcome,
  type TrainTask,
} from '../task.ts';

const task = readTask();
const backend = process.argv[3] ?? 'wasm';
if (backend === 'wasm') setThreadsCount(1);
await tf.setBackend(backend);
await tf.ready();

const columns = task.layers[0] ?? 0;
const classes = task.layers.at(-1) ?? 0;
const activation = task.hiddenActivation === 'relu' ? tf.relu : tf.sigmoid;

/** A function from inputs to logits with the task's weights. */
function createNetwork(): (x: tf.Tensor2D) => tf.Tensor2D {
  const layers = readLayers(task).map(({ weight, bias, inputs, outputs }) => ({
    w: tf.variable(tf.tensor2d(weight, [inputs, outputs])),
    b: tf.variable(tf.tensor1d(bias)),
  }));
  return (x) =>
    layers.reduce((h, { w, b }, l) => {
      const z: tf.Tensor2D = tf.add(tf.matMul(h, w), b);
      return l === layers.length - 1 ? z : activation(z);
    }, x);
}

const sliceRows = (values: Float32Array, first: number, rows: number) =>
  tf.tensor2d(values.subarray(first * columns, (first + rows) * columns), [rows, columns]);

/** Returns a function that trains on the samples [from, to) and returns the sum of their losses. */
function createTrainer({ learningRate, momentum, batchSize }: TrainTask, x: Float32Array, labels: Uint8Array) {
  const logits = createNetwork();
  const optimizer = momentum > 0 ? tf.train.momentum(learningRate, momentum) : tf.train.sgd(learningRate);
  const step = (first: number, rows: number) =>
    tf.tidy(() => {
      const inputs = sliceRows(x, first, rows);
      const target = tf.oneHot(tf.tensor1d(Int32Array.from(labels.subarray(first, first + rows)), 'int32'), classes);
      const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, logits(inputs)) as tf.Scalar, true);
      return (loss?.dataSync()[0] ?? Number.NaN) * rows;
    });
  return (from: number, to: number) => {
    let sum = 0;
    for (let first = from; first < to; first += batchSize) sum += step(first, Math.min(batchSize, to - first));
    return sum;
  };
}

function measureTraining(task: TrainTask): Promise<TrainOutcome> {
  const x = readInputs(task, 'orderedInputs');
  const labels = readBytes(task.data, 'orderedLabels');
  createTrainer(task, x, labels)(0, countWarmSamples(task));
  return measureCheckpoints(task, createTrainer(task, x, labels));
}

async function measurePrediction(task: PredictTask): Promise<PredictOutcome> {
  const { batch, compared } = task;
  const test = readInputs(task, 'test');
  const logits = createNetwork();
  const singles = Math.min(SINGLE_SAMPLES, test.length / columns);
  const predict = (n: number, rows: number) => tf.tidy(() => tf.softmax(logits(sliceRows(test, n, rows))).dataSync());
  const compare = batch === 1 ? Array.from({ length: compared }, (_, n) => [...predict(n, 1)]).flat() : undefined;
  const probabilities = compare ?? [...predict(0, batch).subarray(0, compared * classes)];
  const seconds = (await measureCalls(task, (n) => predict(batch === 1 ? n % singles : 0, batch))) / batch;
  return { kind: 'predict', seconds, probabilities };
}

if (task.kind === 'train') report(await measureTraining(task));
if (task.kind === 'predict') report(await measurePrediction(task));
