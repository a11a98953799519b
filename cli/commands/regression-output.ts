/** Measures of a regression for the terminal. */
import type { RegressionEvaluation } from '../../src/core/evaluate-regression.ts';
import { integer, roundedNumber } from '../numbers.ts';
import { table } from '../terminal.ts';

/** Measures, the baseline of the mean, and a line for each of several targets. */
export function describeRegression({
  samples,
  loss,
  rmse,
  mae,
  r2,
  targets,
  baseline,
}: RegressionEvaluation): string[] {
  const lines = [
    `samples   ${integer(samples)}`,
    `loss      ${loss.toFixed(5)}, squared error of the standardised targets`,
    `R²        ${r2.toFixed(4)}`,
    `RMSE      ${roundedNumber(rmse)}; ${roundedNumber(baseline.rmse)} if the mean is predicted`,
    `MAE       ${roundedNumber(mae)}; ${roundedNumber(baseline.mae)} if the mean is predicted`,
  ];
  if (targets.length === 1) return lines;
  const rows = targets.map((target) => [
    target.name,
    target.r2.toFixed(4),
    roundedNumber(target.rmse),
    roundedNumber(target.mae),
  ]);
  return [...lines, '', ...table(['target', 'R²', 'RMSE', 'MAE'], rows)];
}
