import { describe, expect, it } from 'vitest';
import { bestEpoch, isPatienceOver, keptMetrics, rankingMeasure } from '../../src/core/early-stopping.ts';

const history = (measures: readonly (readonly [accuracy: number | null, loss: number | null])[]) =>
  measures.map(([validationAccuracy, validationLoss], i) => ({
    epoch: i + 1,
    trainLoss: 0,
    trainAccuracy: 0,
    validationLoss,
    validationAccuracy,
  }));

describe('the best epoch', () => {
  it.each([
    { measures: [], best: 0 },
    { measures: [[0, 9]], best: 1 },
    {
      measures: [
        [0.1, 1],
        [0.3, 2],
        [0.2, 0],
      ],
      best: 2,
    },
    {
      measures: [
        [0.3, 2],
        [0.3, 1],
        [0.3, 1],
      ],
      best: 2,
    },
    {
      measures: [
        [0.3, 1],
        [0.3, 2],
        [0.2, 0],
      ],
      best: 1,
    },
    {
      measures: [
        [0, 3],
        [0, 2],
      ],
      best: 2,
    },
    {
      measures: [
        [null, 3],
        [null, 1],
        [null, 2],
      ],
      best: 2,
    },
    {
      measures: [
        [null, null],
        [null, null],
      ],
      best: 1,
    },
  ] as const)('of $measures is $best', ({ measures, best }) => {
    expect(bestEpoch(history(measures))).toBe(best);
  });
});

describe('patience', () => {
  const measures = history([
    [0.1, 1],
    [0.3, 1],
    [0.2, 1],
    [0.2, 1],
  ]);

  it('is over after that number of epochs without a better one', () => {
    expect(isPatienceOver(measures, 2)).toBe(true);
    expect(isPatienceOver(measures, 1)).toBe(true);
    expect(isPatienceOver(measures, 3)).toBe(false);
    expect(isPatienceOver(measures.slice(0, 3), 2)).toBe(false);
  });

  it('of 0 never ends, and no run ends before its first epoch', () => {
    expect(isPatienceOver(measures, 0)).toBe(false);
    expect(isPatienceOver([], 1)).toBe(false);
  });
});

describe('the epoch whose weights a run has', () => {
  const measures = history([
    [0.1, 1],
    [0.3, 1],
    [0.2, 1],
  ]);

  it('is the best one with patience, and the last one without', () => {
    expect(keptMetrics(measures, 1)?.epoch).toBe(2);
    expect(keptMetrics(measures, 0)?.epoch).toBe(3);
    expect(keptMetrics([], 1)).toBeUndefined();
  });

  it('is ranked by the accuracy, or without one by the loss', () => {
    expect(rankingMeasure({ validationAccuracy: 0, validationLoss: 1 })).toBe('validationAccuracy');
    expect(rankingMeasure({ validationAccuracy: null, validationLoss: 1 })).toBe('validationLoss');
  });
});
