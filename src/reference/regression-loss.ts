/** Losses of regression and their gradients in float64, each the mean over the targets. */

/** Names of the losses, as in torch.nn: MSELoss, L1Loss, HuberLoss with delta 1. */
export type ReferenceLoss = 'squared-error' | 'absolute-error' | 'huber';

/** f(d), and f'(d), of an error d = y - t. */
const LOSSES = {
  'squared-error': { value: (d: number) => d * d, slope: (d: number) => 2 * d },
  'absolute-error': { value: Math.abs, slope: Math.sign },
  huber: {
    value: (d: number) => (Math.abs(d) <= 1 ? (d * d) / 2 : Math.abs(d) - 0.5),
    slope: (d: number) => Math.min(1, Math.max(-1, d)),
  },
} as const satisfies Record<ReferenceLoss, unknown>;

/** l = 1/n Σ f(y_i - t_i) for outputs y [targets] and targets t [targets]. */
export function regressionLoss(loss: ReferenceLoss, y: readonly number[], t: readonly number[]): number {
  return y.reduce((sum, y_i, i) => sum + LOSSES[loss].value(y_i - (t[i] ?? Number.NaN)), 0) / y.length;
}

/** ∂l/∂y_i = f'(y_i - t_i) / n, [targets]. */
export function regressionLossGradient(loss: ReferenceLoss, y: readonly number[], t: readonly number[]): number[] {
  return y.map((y_i, i) => LOSSES[loss].slope(y_i - (t[i] ?? Number.NaN)) / y.length);
}
