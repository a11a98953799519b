/** TensorFlow.js with its WebAssembly backend (SIMD, one thread), in the way of its own examples. */

import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { floats, readTask, report } from '../task.ts';

const task = readTask();
const { learningRate, samples, checkpoints, predictions } = task;
setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();

const w1 = tf.variable(tf.tensor2d(floats(task, 'w1'), [784, 300]));
const b1 = tf.variable(tf.zeros([300]));
const w2 = tf.variable(tf.tensor2d(floats(task, 'w2'), [300, 10]));
const b2 = tf.variable(tf.zeros([10]));
const logits = (x: tf.Tensor2D): tf.Tensor2D => tf.add(tf.matMul(tf.sigmoid(tf.add(tf.matMul(x, w1), b1)), w2), b2);

const test = task.bytes('testImages');
const digit = (images: Uint8Array, n: number) =>
  tf.tensor2d(
    Float32Array.from(images.subarray(n * 784, (n + 1) * 784), (value) => value / 255),
    [1, 784],
  );
const predict = (n: number) => tf.tidy(() => tf.softmax(logits(digit(test, n))).dataSync());
const probabilities = Array.from({ length: predictions }, (_, n) => [...predict(n)]).flat();
for (let n = 0; n < 200; n++) predict(n);
const before = performance.now();
for (let n = 0; n < 1000; n++) predict(n);
const predictMicroseconds = performance.now() - before;

const images = task.bytes('orderedImages');
const labels = task.bytes('orderedLabels');
const optimizer = tf.train.sgd(learningRate);
const meanLosses: Record<string, number> = {};
let sum = 0;
const started = performance.now();
for (let n = 0; n < samples; n++) {
  sum += tf.tidy(() => {
    const x = digit(images, n);
    const target = tf.oneHot(tf.tensor1d([labels[n] ?? 0], 'int32'), 10);
    const loss = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(target, logits(x)) as tf.Scalar, true);
    return loss?.dataSync()[0] ?? Number.NaN;
  });
  if (checkpoints.includes(n + 1)) meanLosses[n + 1] = sum / (n + 1);
}
const epochSeconds = ((performance.now() - started) / 1000) * (60_000 / samples);
report({ epochSeconds, samples, meanLosses, predictMicroseconds, probabilities });
