import { type AnyDataset, sampleCount } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import { finish, sumInSlices } from './evaluation-sums.ts';
import { type ClassMetrics, type ConfusionMatrix, classMetrics, computeAccuracy } from './metrics.ts';
import type { Mlp } from './mlp.ts';
import { classCount } from './spec.ts';

/** Measures of a classifier on a data set. Weights of the data set count as in scikit-learn's `sample_weight`. */
export interface Evaluation {
  /** Number of samples. */
  readonly samples: number;
  /** Mean cross-entropy, in nats; with sample weights their weighted mean. */
  readonly loss: number;
  /** Fraction of the samples, by weight, that were classified correctly. */
  readonly accuracy: number;
  /** Samples by true and predicted class; with sample weights the sums of their weights. */
  readonly confusion: ConfusionMatrix;
  /** Precision, recall and F1 score of each class. */
  readonly classes: readonly ClassMetrics[];
}

/**
 * Measures a classifier on a data set. Losses are summed in float64. Throws EdgeMlpError "bad-shape", "bad-data",
 * "not-finite", or "bad-argument" for a regression.
 *
 * @example
 * ```ts
 * import { evaluate, loadKernels, Mlp } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const { samples, accuracy } = evaluate(mlp, ellipseDataset({ samples: 1000, seed: 1 }));
 * console.log(samples, accuracy > 0.3); // 1000 true
 * ```
 */
export function evaluate(mlp: Mlp, dataset: AnyDataset): Evaluation {
  return finish(evaluateInSlices(mlp, dataset));
}

/**
 * `evaluate` as a generator: yields the number of measured samples after every 256 samples. The network must not change
 * in between.
 *
 * @example
 * ```ts
 * import { Mlp, evaluateInSlices } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 * import { loadKernels } from 'edge-mlp';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const evaluation = evaluateInSlices(mlp, ellipseDataset({ samples: 600, seed: 1 }));
 * const done = [];
 * let step = evaluation.next();
 * for (; !step.done; step = evaluation.next()) done.push(step.value);
 * console.log(done, step.value.samples); // [ 256, 512, 600 ] 600
 * ```
 */
export function* evaluateInSlices(mlp: Mlp, dataset: AnyDataset): Generator<number, Evaluation, void> {
  if (mlp.spec.task === 'regression') {
    const message = 'evaluate: expected a network with classes, got a regression: call evaluateRegression';
    throw new EdgeMlpError('bad-argument', message);
  }
  const { loss, sums } = yield* sumInSlices(mlp, dataset, 'cross-entropy');
  const classes = classCount(mlp.spec);
  const rows = Array.from({ length: classes }, (_, label) => label * classes);
  const confusion = rows.map((start) => [...sums.subarray(start, start + classes)]);
  const weight = sums.reduce((sum, cell) => sum + cell, 0);
  return {
    samples: sampleCount(dataset),
    loss: loss / weight,
    accuracy: computeAccuracy(confusion),
    confusion,
    classes: classMetrics(confusion),
  };
}
