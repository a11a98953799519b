import { describe, expect, it } from 'vitest';
import { buildGrid, countGrid, expandGrid, variedOptions } from '../../src/core/grid.ts';
import { TRAINING_DEFAULTS, TRAINING_OPTION_NAMES } from '../../src/core/training-options.ts';

describe('a grid', () => {
  it('has all combinations, the last option fastest', () => {
    const grid = { a: [1, 2], b: ['x'], c: [true, false, true] };
    expect(expandGrid(grid)).toEqual([
      { a: 1, b: 'x', c: true },
      { a: 1, b: 'x', c: false },
      { a: 1, b: 'x', c: true },
      { a: 2, b: 'x', c: true },
      { a: 2, b: 'x', c: false },
      { a: 2, b: 'x', c: true },
    ]);
    expect(countGrid(grid)).toBe(6);
    expect(countGrid({})).toBe(1);
    expect(countGrid({ a: [1], b: [] })).toBe(0);
  });

  it('of training has every option except the seed; the varied ones have several values', () => {
    const training = buildGrid((name) => (name === 'momentum' ? [0, 0.9] : [TRAINING_DEFAULTS[name]]));
    expect(Object.keys(training)).toEqual(TRAINING_OPTION_NAMES.filter((name) => name !== 'seed'));
    expect(training.momentum).toEqual([0, 0.9]);
    const grid = { hidden: [[3]], activation: ['sigmoid', 'relu'], init: [undefined], ...training } as const;
    expect(variedOptions(grid)).toEqual(['activation', 'momentum']);
  });
});
