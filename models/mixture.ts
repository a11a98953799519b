/** The training set of the bundled model: MNIST, generated handwriting, coarse digits, and pictures that show no digit. */
import { withFingerprint } from '../cli/hash.ts';
import { Random } from '../src/core/random.ts';
import type { Dataset } from '../src/index.ts';
import { degradePicture } from './handwriting/degrade.ts';
import { handwrittenDigits, handwrittenLetters, type Part, type Sample, scribbles } from './handwriting/samples.ts';

/** Numbers of samples next to all samples of MNIST, and the seed that generates them. */
export interface Mixture {
  readonly handwriting: number;
  /** Digits of MNIST at a lower resolution: the first ones. */
  readonly coarse: number;
  readonly letters: number;
  readonly scribbles: number;
  /** Weight of letters and scribbles in the loss: 0.5 in the experiments of Hendrycks et al. (2019). */
  readonly outlierWeight: number;
  readonly seed: number;
}

const CLASSES = 10;

/**
 * Samples with target probabilities: 1 for the class of a digit, 1 / 10 for every class of other pictures (outlier
 * exposure: Hendrycks, Mazeika, Dietterich, "Deep anomaly detection with outlier exposure", 2019). `digits`: which
 * shapes of generated digits; letters and scribbles are always those for training.
 */
export function mixSamples(mnist: Dataset, mixture: Mixture, digits: Part): Dataset {
  const { handwriting, coarse, letters, scribbles: lines, outlierWeight, seed } = mixture;
  const generated: Sample[] = [
    ...handwrittenDigits(handwriting, seed, digits),
    ...coarseDigits(mnist, coarse, seed),
    ...handwrittenLetters(letters, seed, 'training'),
    ...scribbles(lines, seed, 'training'),
  ];
  const samples = mnist.labels.length + generated.length;
  const inputs = new Uint8Array(samples * mnist.columns);
  inputs.set(mnist.inputs);
  const labels = new Float32Array(samples * CLASSES);
  const weights = new Float32Array(samples).fill(1);
  mnist.labels.forEach((label, i) => {
    labels[i * CLASSES + label] = 1;
  });
  generated.forEach((sample, k) => {
    const i = mnist.labels.length + k;
    inputs.set(sample.inputs, i * mnist.columns);
    if (sample.label === undefined) {
      labels.fill(1 / CLASSES, i * CLASSES, (i + 1) * CLASSES);
      weights[i] = outlierWeight;
    } else labels[i * CLASSES + sample.label] = 1;
  });
  return withFingerprint({ ...mnist, name: 'mnist with handwriting', inputs, labels, weights });
}

/** The first `count` digits of MNIST, at a lower resolution. */
export function* coarseDigits(mnist: Dataset, count: number, seed: number): Generator<Sample, void> {
  for (let i = 0; i < count; i++) {
    const pixels = Uint8Array.from(mnist.inputs.subarray(i * mnist.columns, (i + 1) * mnist.columns));
    const inputs = degradePicture(pixels, new Random(seed, 'augmentation', i));
    yield { label: mnist.labels[i] ?? 0, shape: 'coarse', inputs };
  }
}
