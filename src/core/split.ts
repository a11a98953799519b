/** Training and validation parts of a data set. */
import { type AnyDataset, type Dataset, pick, sampleCount, slice } from './dataset.ts';
import { EdgeMlpError, formatNumber } from './errors.ts';
import { Random } from './random.ts';
import { classLabels } from './soft-labels.ts';

/** Two parts of a data set. */
export interface Split<Set extends AnyDataset = Dataset> {
  /** Samples for training. */
  readonly training: Set;
  /** Samples held out. */
  readonly validation: Set;
}

/**
 * Holds out the last `validation` samples. Throws EdgeMlpError "bad-argument".
 *
 * @example
 * ```ts
 * import { splitTail } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const dataset = ellipseDataset({ samples: 10, seed: 1 });
 * const { training, validation } = splitTail(dataset, 3);
 * console.log(training.labels.length, validation.labels.length); // 7 3
 * ```
 */
export function splitTail(dataset: Dataset, validation: number): Split;
export function splitTail(dataset: AnyDataset, validation: number): Split<AnyDataset>;
export function splitTail(dataset: AnyDataset, validation: number): Split<AnyDataset> {
  const samples = checkHeldOut(dataset, validation);
  return {
    training: slice(dataset, 0, samples - validation),
    validation: slice(dataset, samples - validation, samples),
  };
}

/**
 * Holds out `validation` random samples, for data that may be sorted. Both parts have the classes in equal proportions,
 * and a sample of every class stays in training while there are others to hold out. Throws EdgeMlpError "bad-argument".
 */
export function splitShuffled(dataset: Dataset, validation: number, seed: number): Split {
  const samples = checkHeldOut(dataset, validation);
  const order = stratifiedOrder(dataset, seed);
  return {
    training: pick(dataset, order.subarray(0, samples - validation)),
    validation: pick(dataset, order.subarray(samples - validation)),
  };
}

/**
 * A random order in which the last samples, however many, have the proportions of all: a class of n samples has its
 * j-th from the end at rank (j - 1/2) / n, as seats are apportioned by Sainte-Laguë (1910). The n-th is in front.
 */
function stratifiedOrder(dataset: AnyDataset, seed: number): Uint32Array {
  const labels = classLabels(dataset);
  const stratum = (sample: number) => (dataset.classes.length > 0 ? (labels[sample] ?? 0) : 0);
  const fromEnd = new Random(seed, 'split').permutation(sampleCount(dataset)).reverse();
  const sizes: number[] = [];
  for (const sample of fromEnd) sizes[stratum(sample)] = (sizes[stratum(sample)] ?? 0) + 1;
  const counted: number[] = [];
  const ranked = Array.from(fromEnd, (sample) => {
    const size = sizes[stratum(sample)] ?? 0;
    const place = (counted[stratum(sample)] ?? 0) + 1;
    counted[stratum(sample)] = place;
    return { sample, rank: place < size ? (place - 0.5) / size : 1 };
  });
  // The sort is stable: samples of equal rank keep their random order.
  ranked.sort((a, b) => a.rank - b.rank).reverse();
  return Uint32Array.from(ranked, ({ sample }) => sample);
}

function checkHeldOut(dataset: AnyDataset, validation: number): number {
  const samples = sampleCount(dataset);
  if (!Number.isInteger(validation) || validation < 0 || validation >= samples) {
    throw new EdgeMlpError(
      'bad-argument',
      `validation: expected a whole number from 0 to ${samples - 1}, as ${dataset.name} has ${formatNumber(samples)} samples, got ${validation}`,
    );
  }
  return samples;
}
