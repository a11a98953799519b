/** Results of questions 5 and 6: one step of the network, and the gradient of a batch. */
import { type Dataset, slice } from '../../src/core/dataset.ts';
import { evaluate } from '../../src/core/evaluate.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { Mlp } from '../../src/core/mlp.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import { parameterCount } from '../../src/core/spec.ts';
import { train } from '../../src/core/train.ts';
import { backward, forward, gradientStep, type Matrix, type ReferenceMlp } from '../../src/reference/index.ts';
import type { RunSpec } from '../training/run-spec.ts';

/** Batch size of question 6. */
const BATCH = 100;

export function networkFigures(kernels: Kernels, spec: RunSpec, training: Dataset) {
  const { layers, hiddenActivation, initialisation, training: options } = spec;
  const { seed, learningRate } = options;
  using mlp = Mlp.create(kernels, { layers, hiddenActivation, initialisation, seed });
  const { loss, accuracy } = evaluate(mlp, slice(training, 0, Math.min(1000, training.labels.length)));
  const batch = batchFigures(mlp, training);
  const one = slice(training, 0, 1);
  const expected = stepByReference(mlp, one, learningRate);
  for (const _ of train(mlp, one, { ...options, epochs: 1 }));
  return {
    5: {
      layers,
      hiddenActivation,
      parameters: parameterCount(layers),
      /** Before the first step, on up to 1,000 training samples. The loss is about log(classes). */
      untrained: { loss, accuracy },
      /** One step on the first sample: the kernels in float32 and the reference in float64. */
      step: { learningRate, largestDifference: largestDifference(mlp.parameters(), expected) },
    },
    6: batch,
  };
}

/** The gradient of a batch and the mean of its samples' gradients, summed in float64. */
function batchFigures(mlp: Mlp, training: Dataset) {
  const batch = slice(training, 0, Math.min(BATCH, training.labels.length));
  const samples = batch.labels.length;
  const together = mlp.gradients(batch.inputs, batch.labels);
  const sums = flatten(together).map((values) => new Float64Array(values.length));
  let loss = 0;
  for (let n = 0; n < samples; n++) {
    const one = slice(batch, n, n + 1);
    const gradient = mlp.gradients(one.inputs, one.labels);
    loss += gradient.loss / samples;
    flatten(gradient).forEach((values, t) => {
      const sum = sums[t];
      if (sum !== undefined)
        for (let i = 0; i < values.length; i++) sum[i] = (sum[i] ?? 0) + (values[i] ?? 0) / samples;
    });
  }
  const largest = Math.max(
    ...flatten(together).map((values) => values.reduce((most, g) => Math.max(most, Math.abs(g)), 0)),
  );
  return {
    samples,
    loss: { ofBatch: together.loss, meanOfSamples: loss },
    largestGradient: largest,
    largestDifference: Math.max(...flatten(together).map((values, t) => largestDistance(values, sums[t] ?? []))),
  };
}

function stepByReference(mlp: Mlp, sample: Dataset, learningRate: number): number[][] {
  const { weights, biases } = mlp.parameters();
  const reference: ReferenceMlp = {
    hiddenActivation: mlp.spec.hiddenActivation,
    weights: weights.map((weight, l) => inputMajor(weight, biases[l]?.length ?? 0)),
    biases: biases.map((bias) => [...bias]),
  };
  const scale = sample.inputs instanceof Uint8Array ? 255 : 1;
  const x = Array.from(sample.inputs, (value) => value / scale);
  const gradients = backward(reference, forward(reference, x), sample.labels[0] ?? -1);
  const next = gradientStep(reference, gradients, learningRate);
  return next.weights.flatMap((weight, l) => [outputMajor(weight), [...(next.biases[l] ?? [])]]);
}

/** (outputs, inputs) row-major to [inputs][outputs]. */
function inputMajor(weight: Float32Array, outputs: number): number[][] {
  const inputs = weight.length / outputs;
  return Array.from({ length: inputs }, (_, i) =>
    Array.from({ length: outputs }, (_, o) => weight[o * inputs + i] ?? Number.NaN),
  );
}

/** [inputs][outputs] to (outputs, inputs) row-major. */
export function outputMajor(weight: Matrix): number[] {
  return (weight[0] ?? []).flatMap((_, o) => weight.map((row) => row[o] ?? Number.NaN));
}

function flatten({ weights, biases }: Parameters): Float32Array[] {
  return weights.flatMap((weight, l) => [weight, biases[l] ?? new Float32Array()]);
}

function largestDifference(parameters: Parameters, expected: readonly number[][]): number {
  return Math.max(...flatten(parameters).map((values, t) => largestDistance(values, expected[t] ?? [])));
}

function largestDistance(values: Float32Array, others: ArrayLike<number>): number {
  return values.reduce((most, value, i) => Math.max(most, Math.abs(value - (others[i] ?? Number.NaN))), 0);
}
