import { EdgeMlpError } from './errors.ts';
import type { MlpSpec } from './spec.ts';

/** Losses of regression, each the mean over the targets (assembly/regression-loss.ts has the formulas). */
export const REGRESSION_LOSSES = ['squared-error', 'absolute-error', 'huber'] as const;
/** One of REGRESSION_LOSSES. */
export type RegressionLoss = (typeof REGRESSION_LOSSES)[number];

/** Every loss. Classification has cross-entropy. */
export type Loss = 'cross-entropy' | RegressionLoss;

/** The code of each loss in the kernels. */
export const LOSS_CODES = {
  'cross-entropy': 'LOSS_CROSS_ENTROPY',
  'squared-error': 'LOSS_SQUARED_ERROR',
  'absolute-error': 'LOSS_ABSOLUTE_ERROR',
  huber: 'LOSS_HUBER',
} as const satisfies Record<Loss, string>;

/** The loss of a network; regression has a choice. Throws EdgeMlpError "bad-argument" for a loss that does not fit. */
export function chooseLoss({ task }: MlpSpec, loss?: RegressionLoss | undefined): Loss {
  if (task === 'regression') return loss ?? 'squared-error';
  if (loss === undefined) return 'cross-entropy';
  const reason = 'the network classifies, and its loss is cross-entropy';
  throw new EdgeMlpError('bad-argument', `loss: expected none, got ${loss}: ${reason}; train with task 'regression'`);
}
