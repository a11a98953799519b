/** The best epoch or trial in words, with the measure that decides. */
import { rankingMeasure, type ValidationMeasures } from '../../src/core/early-stopping.ts';
import type { EpochMetrics } from '../../src/core/metrics.ts';
import { formatNats, percent } from '../numbers.ts';

/** `epoch 8 of 12, with the highest validation accuracy (93.33 %)`. */
export function describeBest(epochs: readonly EpochMetrics[], epoch: number): string {
  const place = `epoch ${epoch} of ${epochs.length}`;
  const measures = epochs[epoch - 1];
  return measures === undefined ? place : `${place}, with ${describeRank(measures)}`;
}

/** `the highest validation accuracy (93.33 %)`: the measure that makes an epoch or a trial the best one. */
export function describeRank(measures: ValidationMeasures): string {
  const { validationAccuracy, validationLoss } = measures;
  return rankingMeasure(measures) === 'validationAccuracy'
    ? `the highest validation accuracy (${percent(validationAccuracy ?? 0)})`
    : `the lowest validation loss (${formatNats(validationLoss ?? 0)})`;
}
