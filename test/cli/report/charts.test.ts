import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineChart, ticksWithin } from '../../../cli/report/charts.ts';

describe('ticks of a logarithmic axis', () => {
  it('are a few round numbers within the axis, at least two', () => {
    expect(ticksWithin(0.01, 10)).toEqual([0.01, 0.1, 1, 10]);
    expect(ticksWithin(0.033, 0.34)).toEqual([0.05, 0.1, 0.2]);
    expect(ticksWithin(0.063, 0.077)).toEqual([0.064, 0.066, 0.068, 0.07, 0.072, 0.074, 0.076]);
    fc.assert(
      fc.property(
        fc.double({ min: -6, max: 6, noNaN: true }),
        fc.double({ min: 0.05, max: 8, noNaN: true }),
        (from, decades) => {
          const [least, most] = [10 ** from, 10 ** (from + decades)];
          const ticks = ticksWithin(least, most);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(16);
          expect(ticks.every((tick) => tick >= least && tick <= most * (1 + 1e-9))).toBe(true);
          expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
        },
      ),
    );
  });
});

describe('a chart', () => {
  const base = { series: [{ name: 'a', colour: '#123456' }], xTitle: 'epochs', yTitle: 'loss' } as const;

  it('shows a message if it has no points', async () => {
    expect((await lineChart({ ...base, points: [], yScale: 'log' })).text).toContain('There are no values to plot.');
  });

  it('labels close ticks with different numbers', async () => {
    const points = [0.9501, 0.9512, 0.9523].map((y, i) => ({ x: i + 1, y, series: 'a' }));
    const { text } = await lineChart({ ...base, points, yFormat: '%' });
    const labels = [...text.matchAll(/>([\d.]+%)</g)].map(([, label]) => label);
    expect(labels.length).toBeGreaterThan(2);
    expect(new Set(labels).size).toBe(labels.length);
  });
});
