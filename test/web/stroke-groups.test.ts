import { describe, expect, it } from 'vitest';
import { STROKES, type Stroke } from '../../models/strokes.ts';
import { countDrawings } from '../../web/inputs/stroke-groups.ts';

const move = (strokes: readonly Stroke[], across: number): Stroke[] =>
  strokes.map((stroke) => stroke.map(([x, y]) => [0.4 * x + across, 0.4 * y] as const));

describe('countDrawings', () => {
  it('counts each digit once, also those of several strokes', () => {
    expect(STROKES.map(countDrawings)).toEqual(STROKES.map(() => 1));
    expect(countDrawings([])).toBe(0);
  });

  it('counts two digits next to each other, in any order of their strokes', () => {
    for (const [left, right] of [
      [1, 7],
      [4, 2],
      [0, 1],
    ] as const) {
      const both = [...move(STROKES[right] ?? [], 0.5), ...move(STROKES[left] ?? [], 0)];
      expect(countDrawings(both)).toBe(2);
    }
  });

  it('ignores dots next to a digit', () => {
    expect(countDrawings([...move(STROKES[3] ?? [], 0), [[0.9, 0.3]]])).toBe(1);
  });
});
