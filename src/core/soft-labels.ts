/**
 * Target probabilities of a classification, instead of one class for each sample: the outputs of another network
 * (distillation: Hinton, Vinyals, Dean 2015), or 1 / classes for samples of no class (outlier exposure: Hendrycks,
 * Mazeika, Dietterich 2019).
 */
import { EdgeMlpError } from './errors.ts';
import type { Target } from './targets.ts';

/** The labels of a data set, and what they are. */
export interface Labelled {
  readonly labels: Uint16Array | Float32Array;
  readonly classes: readonly string[];
  readonly targets?: readonly Target[];
}

/** A row of probabilities in float32 may differ from 1 by this. */
const SUM_TOLERANCE = 1e-4;

/** Whether the samples have a probability for each class. */
export function hasSoftLabels({ labels, targets }: Pick<Labelled, 'labels' | 'targets'>): boolean {
  return targets === undefined && labels instanceof Float32Array;
}

/** Calls `visit` for every class of sample `n` whose probability is not 0: its class, with probability 1, or several. */
export function visitClasses(dataset: Labelled, n: number, visit: (label: number, probability: number) => void): void {
  const { labels, classes } = dataset;
  if (!hasSoftLabels(dataset)) {
    visit(labels[n] ?? 0, 1);
    return;
  }
  for (const label of classes.keys()) {
    const probability = labels[n * classes.length + label] ?? 0;
    if (probability > 0) visit(label, probability);
  }
}

/** `[samples]`: the most probable class of each sample, the first of equals; the labels themselves, if they are classes. */
export function classLabels(dataset: Labelled): Uint16Array | Float32Array {
  const { labels, classes } = dataset;
  if (!hasSoftLabels(dataset)) return labels;
  return Uint16Array.from({ length: labels.length / classes.length }, (_, n) => {
    const row = labels.subarray(n * classes.length, (n + 1) * classes.length);
    return row.indexOf(Math.max(...row));
  });
}

/**
 * Checks probabilities [samples][classes]. Throws EdgeMlpError "bad-data" for the first row with a negative number, or a
 * sum other than 1.
 */
export function checkProbabilities(name: string, labels: Float32Array, classes: number): void {
  for (let first = 0; first < labels.length; first += classes) {
    const row = labels.subarray(first, first + classes);
    const negative = row.find((probability) => !(probability >= 0));
    const sum = row.reduce((total, probability) => total + probability, 0);
    if (negative === undefined && Math.abs(sum - 1) <= SUM_TOLERANCE) continue;
    const got = `${negative ?? `the sum ${sum}`} at sample ${first / classes}`;
    const expected = 'probabilities of at least 0 with the sum 1, as the labels are a Float32Array';
    throw new EdgeMlpError('bad-data', `${name}: expected ${expected}, got ${got}: pass classes as a Uint16Array`);
  }
}
