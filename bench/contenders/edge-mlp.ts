/** edge-mlp through its public API, as a user calls it. */
import { type Dataset, Mlp, train } from '../../dist/index.js';
import { loadKernels } from '../../dist/node/index.js';
import { floats, type Outcome, readTask, report } from '../task.ts';

const task = readTask();
const { learningRate, samples, checkpoints, predictions } = task;
const kernels = await loadKernels();
// nn.Linear's layout, (out, in).
const transpose = (matrix: Float32Array, inputs: number, outputs: number) =>
  Float32Array.from({ length: matrix.length }, (_, k) => matrix[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0);
const create = () =>
  Mlp.fromParameters(kernels, {
    layers: [784, 300, 10],
    weights: [transpose(floats(task, 'w1'), 784, 300), transpose(floats(task, 'w2'), 300, 10)],
    biases: [new Float32Array(300), new Float32Array(10)],
  });
const dataset: Dataset = {
  name: 'mnist',
  inputs: task.bytes('images').subarray(0, samples * 784),
  labels: Uint16Array.from(task.bytes('labels').subarray(0, samples)),
  columns: 784,
  classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
  scaling: { kind: 'bytes' },
};

const warm = create();
for (const { kind } of train(warm, dataset, { epochs: 1, learningRate, seed: task.seed })) if (kind === 'slice') break;
warm.dispose();

// The losses that the others are held to; not timed.
const meanLosses: Record<string, number> = {};
for (const progress of train(create(), dataset, {
  epochs: 1,
  learningRate,
  seed: task.seed,
  stepsPerSlice: task.stride,
})) {
  if (progress.kind === 'slice' && checkpoints.includes(progress.samples)) meanLosses[progress.samples] = progress.loss;
}

const mlp = create();
const started = performance.now();
for (const _ of train(mlp, dataset, { epochs: 1, learningRate, seed: task.seed }));
const epochSeconds = ((performance.now() - started) / 1000) * (60_000 / samples);
mlp.dispose();

const untrained = create();
const test = Uint8Array.from(task.bytes('testImages'));
const digits = Array.from({ length: 1000 }, (_, n) => test.subarray(n * 784, (n + 1) * 784));
const probabilities = digits.slice(0, predictions).flatMap((digit) => [...untrained.predict(digit).probabilities]);
for (const digit of digits) untrained.predict(digit);
const before = performance.now();
for (let round = 0; round < 20; round++) for (const digit of digits) untrained.predict(digit);
const predictMicroseconds = (performance.now() - before) / 20;

report({ epochSeconds, samples, meanLosses, predictMicroseconds, probabilities } satisfies Outcome);
