import { expect, it } from 'vitest';
import { hasLine } from '../../cli/training/epoch-lines.ts';

const listLines = (epochs: number) =>
  Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => hasLine(epoch, epochs));

it('prints every epoch of a short run', () => {
  for (const epochs of [1, 10, 50]) expect(listLines(epochs)).toHaveLength(epochs);
});

it('prints the first and the last epochs of a long run, and at most 50 lines', () => {
  for (const epochs of [51, 174, 1000]) {
    const lines = listLines(epochs);
    expect(lines.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(lines.at(-1)).toBe(epochs);
    expect(lines.length).toBeLessThanOrEqual(50);
    expect(lines.length).toBeGreaterThan(20);
  }
});
