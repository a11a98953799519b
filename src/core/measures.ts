/** Measures of a network on a data set, whatever its task is. */
import type { AnyDataset } from './dataset.ts';
import { type Evaluation, evaluateInSlices } from './evaluate.ts';
import {
  evaluateRegressionInSlices,
  type RegressionEvaluation,
  type RegressionEvaluationOptions,
} from './evaluate-regression.ts';
import { finish } from './evaluation-sums.ts';
import { classificationReport } from './metrics.ts';
import type { Mlp } from './mlp.ts';

/** Measures of a classifier or of a regression. */
export type AnyEvaluation = Evaluation | RegressionEvaluation;

/** The measures that a model file has: of a classifier, or of a regression in the units of its targets. */
export type Measures = { readonly samples: number; readonly loss: number } & (
  | { readonly accuracy: number }
  | { readonly rmse: number; readonly mae: number; readonly r2: number }
);

/** `evaluate` or `evaluateRegression`, by the task of the network, as a generator like `evaluateInSlices`. */
export function measureInSlices(
  mlp: Mlp,
  dataset: AnyDataset,
  options: RegressionEvaluationOptions = {},
): Generator<number, AnyEvaluation, void> {
  return mlp.spec.task === 'regression'
    ? evaluateRegressionInSlices(mlp, dataset, options)
    : evaluateInSlices(mlp, dataset);
}

/** `measureInSlices` at once. */
export function measure(mlp: Mlp, dataset: AnyDataset, options?: RegressionEvaluationOptions): AnyEvaluation {
  return finish(measureInSlices(mlp, dataset, options));
}

export function pickMeasures(evaluation: AnyEvaluation): Measures {
  if ('r2' in evaluation) return pickErrors(evaluation);
  const { samples, loss, accuracy } = evaluation;
  return { samples, loss, accuracy };
}

function pickErrors({ samples, loss, rmse, mae, r2 }: RegressionEvaluation) {
  return { samples, loss, rmse, mae, r2 };
}

/** The measures that a job reports, and a run in the browser. */
export function summarizeMeasures(evaluation: AnyEvaluation) {
  if ('r2' in evaluation) return pickErrors(evaluation);
  const { samples, loss, accuracy, confusion } = evaluation;
  const { balancedAccuracy, macro } = classificationReport(confusion);
  return { samples, loss, accuracy, balancedAccuracy, macroF1: macro.f1 };
}

/** Fraction of the samples that were classified correctly; null for a regression. */
export function readAccuracy(measures: Measures | AnyEvaluation): number | null {
  return 'accuracy' in measures ? measures.accuracy : null;
}

/** The score of scikit-learn's estimators: accuracy of a classifier, R² of a regression. */
export function readScore(evaluation: AnyEvaluation): number {
  return 'accuracy' in evaluation ? evaluation.accuracy : evaluation.r2;
}

/** Measures of the training set after an epoch, for a recording. */
export function pickTrainEnd(evaluation: AnyEvaluation) {
  const measures = { trainEndLoss: evaluation.loss, trainEndAccuracy: readAccuracy(evaluation) };
  return 'r2' in evaluation ? { ...measures, trainEndR2: evaluation.r2 } : measures;
}
