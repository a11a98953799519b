/** TensorFlow.js in the way of its own examples; the second argument is its backend: cpu, or wasm (SIMD, one thread). */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import {
  ACCURACY_SAMPLES,
  type PredictOutcome,
  type PredictTask,
  peakBytes,
  readBytes,
  readInputs,
  readLayers,
  readTask,
  report,
  SINGLE_SAMPLES,
  secondsSince,
  type TrainOutcome,
  type TrainTask,
  timed,
} from '../task.ts';

const task = readTask();
const backend = process.argv[3] ?? 'wasm';
if (backend === 'wasm') setThreadsCount(1);
await tf.setBackend(backend);
await tf.ready();

const columns = task.layers[0] ?? 0;
const classes = task.layers.at(-1) ?? 0;
const activation = task.hiddenActivation === 'relu' ? tf.relu : tf.sigmoid;

/** The network of the task's weights, from inputs to logits. */
function create(): (x: tf.Tensor2D) => tf.Tensor2D {
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

/** Steps over the samples [from, to), each of which gives its samples' mean loss; returns the sum over the samples. */
function trainer({ learningRate, momentum, batchSize }: TrainTask, x: Float32Array, labels: Uint8Array) {
  const logits = create();
  const optimizer = momentum > 0 ? tf.train.momentum(learningRate, momentum) : tf.train.sgd(learningRate);
  const step = (first: number, rows: number) =>
    tf.tidy(() => {
      const inputs = sliceRows(x, first, rows);
      const target = tf.oneHot(tf.tensor1d(Int32Array.from(labels.subarray(first, first + rows)), 'int32'), classes);
      const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, logits(inputs)) as tf.Scalar, true);
      return (loss?.dataSync()[0] ?? Number.NaN) * rows;
    });
  const run = (from: number, to: number) => {
    let sum = 0;
    for (let first = from; first < to; first += batchSize) sum += step(first, Math.min(batchSize, to - first));
    return sum;
  };
  return { run, logits };
}

function training(task: TrainTask): TrainOutcome {
  const samples = task.checkpoints.at(-1) ?? 0;
  const x = readInputs(task, 'orderedInputs');
  const labels = readBytes(task.data, 'orderedLabels');
  trainer(task, x, labels).run(0, Math.min(samples, task.warmSteps * task.batchSize));
  const { run, logits } = trainer(task, x, labels);
  const meanLosses: Record<string, number> = {};
  let [sum, from] = [0, 0];
  const started = performance.now();
  for (const checkpoint of task.checkpoints) {
    sum += run(from, checkpoint);
    from = checkpoint;
    meanLosses[checkpoint] = sum / checkpoint;
  }
  const seconds = secondsSince(started);
  return { kind: 'train', seconds, meanLosses, peakBytes: peakBytes(), ...accuracy(task, logits) };
}

function accuracy({ accuracy, data, samples }: TrainTask, logits: (x: tf.Tensor2D) => tf.Tensor2D) {
  if (!accuracy) return {};
  const count = Math.min(ACCURACY_SAMPLES, samples);
  const labels = readBytes(data, 'labels');
  const found = tf.tidy(() => tf.argMax(logits(sliceRows(readInputs(task, 'inputs'), 0, count)), 1).dataSync());
  return { accuracy: found.filter((label, n) => label === labels[n]).length / count };
}

async function prediction(task: PredictTask): Promise<PredictOutcome> {
  const { batch, compared } = task;
  const test = readInputs(task, 'test');
  const logits = create();
  const singles = Math.min(SINGLE_SAMPLES, test.length / columns);
  const predict = (n: number, rows: number) => tf.tidy(() => tf.softmax(logits(sliceRows(test, n, rows))).dataSync());
  const compare = batch === 1 ? Array.from({ length: compared }, (_, n) => [...predict(n, 1)]).flat() : undefined;
  const probabilities = compare ?? [...predict(0, batch).subarray(0, compared * classes)];
  const seconds = (await timed(task, (n) => predict(batch === 1 ? n % singles : 0, batch))) / batch;
  return { kind: 'predict', seconds, probabilities };
}

if (task.kind === 'train') report(training(task));
if (task.kind === 'predict') report(await prediction(task));
