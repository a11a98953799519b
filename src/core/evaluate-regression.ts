import { type AnyDataset, labelWidth, sampleCount } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import { finish, sumInSlices } from './evaluation-sums.ts';
import { chooseLoss, type RegressionLoss } from './loss.ts';
import type { Mlp } from './mlp.ts';
import type { Target } from './targets.ts';

/** Measures of one target. */
export interface TargetMetrics {
  /** Name of the target. */
  readonly name: string;
  /** Root of the mean squared error, in the unit of the target. */
  readonly rmse: number;
  /** Mean absolute error, in the unit of the target. */
  readonly mae: number;
  /**
   * Coefficient of determination R²: 1 minus the squared errors over those of the mean of these samples, as in
   * scikit-learn's `r2_score`. For equal values 1 without errors, and 0 otherwise.
   */
  readonly r2: number;
}

/**
 * Measures of a regression on a data set. With several targets, `rmse`, `mae` and `r2` are the means over the targets,
 * as in scikit-learn. Weights of the data set count as in its `sample_weight`.
 */
export interface RegressionEvaluation {
  /** Number of samples. */
  readonly samples: number;
  /** Mean loss of the standardised targets. */
  readonly loss: number;
  /** Root of the mean squared error, in the unit of the target. */
  readonly rmse: number;
  /** Mean absolute error, in the unit of the target. */
  readonly mae: number;
  /** Coefficient of determination. */
  readonly r2: number;
  /** Measures of each target. */
  readonly targets: readonly TargetMetrics[];
  /** Measures of predicting the mean of the training set for every sample. */
  readonly baseline: { readonly rmse: number; readonly mae: number };
}

/** Options of measuring a regression. */
export interface RegressionEvaluationOptions {
  /** The loss to measure. Default: squared-error. */
  readonly loss?: RegressionLoss | undefined;
}

/**
 * Measures a regression on a data set, in the units of the targets. Errors are summed in float64. Throws EdgeMlpError
 * "bad-shape", "bad-data", "not-finite", or "bad-argument" for a network that classifies.
 *
 * @example
 * ```ts
 * import { evaluateRegression, loadKernels, Mlp, train } from 'edge-mlp';
 *
 * const inputs = Float32Array.from({ length: 200 }, (_, i) => i / 100 - 1);
 * const targets = [{ name: 'price', mean: 50, standardDeviation: 10 }];
 * const table = { name: 'line', inputs, columns: 1, labels: inputs, targets, classes: [] };
 * const dataset = { ...table, scaling: { kind: 'identity' } } as const;
 * const mlp = Mlp.create(await loadKernels(), { layers: [1, 1], task: 'regression' });
 * for (const _ of train(mlp, dataset, { epochs: 20 }));
 * const { r2, rmse, baseline } = evaluateRegression(mlp, dataset);
 * console.log(r2 > 0.99, rmse < 0.1, baseline.rmse > 5); // true true true
 * ```
 */
export function evaluateRegression(
  mlp: Mlp,
  dataset: AnyDataset,
  options: RegressionEvaluationOptions = {},
): RegressionEvaluation {
  return finish(evaluateRegressionInSlices(mlp, dataset, options));
}

/** `evaluateRegression` as a generator, like `evaluateInSlices`. */
export function* evaluateRegressionInSlices(
  mlp: Mlp,
  dataset: AnyDataset,
  { loss }: RegressionEvaluationOptions,
): Generator<number, RegressionEvaluation, void> {
  if (mlp.spec.task !== 'regression') {
    const message = 'evaluateRegression: expected a regression, got a network with classes: call evaluate';
    throw new EdgeMlpError('bad-argument', message);
  }
  const total = yield* sumInSlices(mlp, dataset, chooseLoss(mlp.spec, loss));
  const targets = (dataset.targets ?? []).map((target, i) => {
    const [squared = 0, absolute = 0] = total.sums.subarray(2 * i);
    return measureTarget(dataset, target, i, { squared, absolute });
  });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    samples: sampleCount(dataset),
    loss: total.loss / sumWeights(dataset),
    rmse: mean(targets.map(({ metrics }) => metrics.rmse)),
    mae: mean(targets.map(({ metrics }) => metrics.mae)),
    r2: mean(targets.map(({ metrics }) => metrics.r2)),
    targets: targets.map(({ metrics }) => metrics),
    baseline: {
      rmse: mean(targets.map(({ baseline }) => baseline.rmse)),
      mae: mean(targets.map(({ baseline }) => baseline.mae)),
    },
  };
}

/** From the sums of the squared and absolute errors of target `i`, and two passes over its values. */
function measureTarget(
  dataset: AnyDataset,
  { name, standardDeviation }: Target,
  i: number,
  errors: { readonly squared: number; readonly absolute: number },
): { metrics: TargetMetrics; baseline: { rmse: number; mae: number } } {
  const weight = sumWeights(dataset);
  const width = labelWidth(dataset);
  const mean = sumOverSamples(dataset, i, (value) => value) / weight;
  // Rounding errors would make the spread of equal values positive.
  const equal = dataset.labels.every((value, at, all) => at < width || value === all[at % width] || at % width !== i);
  const spread = equal ? 0 : sumOverSamples(dataset, i, (value) => (value - mean) * (value - mean));
  const rmse = (squared: number) => standardDeviation * Math.sqrt(squared / weight);
  const mae = (absolute: number) => (standardDeviation * absolute) / weight;
  return {
    metrics: {
      name,
      rmse: rmse(errors.squared),
      mae: mae(errors.absolute),
      r2: spread > 0 ? 1 - errors.squared / spread : Number(errors.squared === 0),
    },
    // The mean of the training set is 0 in standardised values.
    baseline: {
      rmse: rmse(sumOverSamples(dataset, i, (value) => value * value)),
      mae: mae(sumOverSamples(dataset, i, Math.abs)),
    },
  };
}

function sumWeights(dataset: AnyDataset): number {
  return dataset.weights === undefined
    ? sampleCount(dataset)
    : dataset.weights.reduce((sum, weight) => sum + weight, 0);
}

/** Sum of a function of target `i`, times the weight of each sample. */
function sumOverSamples(dataset: AnyDataset, i: number, measureValue: (value: number) => number): number {
  const { labels, weights } = dataset;
  const [samples, width] = [sampleCount(dataset), labelWidth(dataset)];
  let sum = 0;
  for (let n = 0; n < samples; n++) {
    sum += (weights?.[n] ?? 1) * measureValue(labels[n * width + i] ?? 0);
  }
  return sum;
}
