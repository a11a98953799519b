/**
 * brain.js on the CPU. It trains per sample on the squared error of sigmoid outputs, so its accuracy is compared
 * instead of its loss. Each step calls `trainPattern` on typed arrays, as its `train` does after converting the
 * samples.
 */
// @ts-expect-error The package's types lack the members used here.
import brain from 'brain.js';
import {
  ACCURACY_SAMPLES,
  measureSince,
  readBytes,
  readInputs,
  readLayers,
  readPeakBytes,
  readTask,
  report,
  type TrainTask,
} from '../task.ts';

const task = readTask();
if (task.kind !== 'train') throw new Error(`expected a training task, got ${task.kind}`);
const columns = task.layers[0] ?? 0;
const classes = task.layers.at(-1) ?? 0;

/** A brain.js network with the task's weights. */
function createNetwork({ learningRate, momentum, layers }: TrainTask) {
  const net = new brain.NeuralNetwork({ hiddenLayers: layers.slice(1, -1), activation: 'sigmoid' });
  net.sizes = [...layers];
  net.initialize();
  for (const [l, { weight, bias, outputs }] of readLayers(task).entries()) {
    net.biases[l + 1].set(bias);
    for (let j = 0; j < outputs; j++) {
      net.weights[l + 1][j] = weight.filter((_, k) => k % outputs === j);
    }
  }
  net.updateTrainingOptions({ learningRate });
  // `updateTrainingOptions` rejects a momentum of 0, but training supports it.
  net.trainOpts.momentum = momentum;
  return net;
}

const toSamples = (inputs: Float32Array, labels: Uint8Array, count: number) =>
  Array.from({ length: count }, (_, n) => ({
    input: inputs.subarray(n * columns, (n + 1) * columns),
    output: Float32Array.from({ length: classes }, (_, label) => (label === labels[n] ? 1 : 0)),
  }));

const samples = task.checkpoints.at(-1) ?? 0;
const patterns = toSamples(readInputs(task, 'orderedInputs'), readBytes(task.data, 'orderedLabels'), samples);
const warm = createNetwork(task);
for (const pattern of patterns.slice(0, task.warmSteps)) warm.trainPattern(pattern);

const net = createNetwork(task);
const started = performance.now();
for (const pattern of patterns) net.trainPattern(pattern);
const seconds = measureSince(started);

const labels = readBytes(task.data, 'labels');
const count = Math.min(ACCURACY_SAMPLES, task.samples);
const correct = toSamples(readInputs(task, 'inputs'), labels, count).filter(({ input }, n) => {
  const outputs: Float32Array = net.runInput(input);
  return outputs.indexOf(Math.max(...outputs)) === labels[n];
});
report({ kind: 'train', seconds, accuracy: correct.length / count, peakBytes: readPeakBytes() });
