import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Stroke, strokeInputs } from '../../src/data/index.ts';

/** A stroke from points such as '90,60 80,150'. */
const line = (text: string): Stroke =>
  text.split(' ').map((point) => {
    const [x = 0, y = 0] = point.split(',').map(Number);
    return [x, y];
  });

/** A 4: two strokes, as by a pointer on a pad of 280 pixels. */
const FOUR = [line('90,60 80,150 200,140'), line('180,60 170,230')];
const DIGIT_BOX = 20;
const PEN = 2.56;

describe('strokes as inputs', () => {
  it('a line has the analytic grey levels of a round pen 2.56 pixels wide', () => {
    const inputs = strokeInputs([line('5,0 5,100')]);
    // Ink is the pen radius plus half a pixel minus the distance from the line, between 0 and 1.
    const grey = (distance: number) => Math.round(255 * Math.min(1, Math.max(0, PEN / 2 + 0.5 - distance)));
    const end = (DIGIT_BOX - PEN) / 2;
    const expected = Array.from({ length: 784 }, (_, i) => {
      const [x, y] = [(i % 28) - 13.5, Math.floor(i / 28) - 13.5];
      return grey(Math.hypot(x, Math.max(0, Math.abs(y) - end)));
    });
    expect([...inputs]).toEqual(expected);
  });

  it('curves equal the nearest of 1,000 points on each line, in a box of 20 pixels', () => {
    const scale = (DIGIT_BOX - PEN) / 170;
    const points = FOUR.flatMap((stroke) =>
      stroke.slice(1).flatMap(([x1, y1], k) => {
        const [x0, y0] = stroke[k] ?? [0, 0];
        return Array.from(
          { length: 1000 },
          (_, i) => [x0 + ((x1 - x0) * i) / 999, y0 + ((y1 - y0) * i) / 999] as const,
        );
      }),
    );
    const inputs = strokeInputs(FOUR);
    // The drawing is moved so that its centre of mass is in the middle. The best of all moves of 0.02 pixels is near it.
    const ink = (dx: number, dy: number) =>
      Array.from({ length: 784 }, (_, i) => {
        const nearest = points.reduce(
          (least, [x, y]) =>
            Math.min(least, Math.hypot((i % 28) - scale * x - dx, Math.floor(i / 28) - scale * y - dy)),
          Number.POSITIVE_INFINITY,
        );
        return 255 * Math.min(1, Math.max(0, PEN / 2 + 0.5 - nearest));
      });
    let [dx, dy] = [0, 0];
    for (let round = 0; round < 3; round++) {
      const [x, y] = massCentre(ink(dx, dy));
      dx += 13.5 - x;
      dy += 13.5 - y;
    }
    const expected = ink(dx, dy);
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (inputs[i] ?? 0))))).toBeLessThan(12);
    expect(massCentre(inputs).map((value) => Math.abs(value - 13.5) < 0.1)).toEqual([true, true]);
  });

  it('size and place change no grey level by more than 1', () => {
    const sizes = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    const places = fc.double({ min: -500, max: 500, noNaN: true });
    const original = strokeInputs(FOUR);
    fc.assert(
      fc.property(sizes, places, places, (size, left, top) => {
        const moved = strokeInputs(
          FOUR.map((stroke) => stroke.map(([x, y]) => [left + size * x, top + size * y] as const)),
        );
        return moved.every((value, i) => Math.abs(value - (original[i] ?? 0)) <= 1);
      }),
    );
  });

  it('keeps the aspect ratio, and all ink within 20 pixels', () => {
    const point = fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }));
    const drawing = fc.array(fc.array(point, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(drawing, (strokes) => {
        const inputs = strokeInputs(strokes);
        const [columns, rows] = [0, 1].map((axis) => {
          const inked = [...inputs.keys()].filter((i) => (inputs[i] ?? 0) > 0);
          const at = inked.map((i) => (axis === 0 ? i % 28 : Math.floor(i / 28)));
          return Math.max(...at) - Math.min(...at) + 1;
        });
        const [width = 0, height = 0] = [0, 1].map((axis) => {
          const at = strokes.flat().map((each) => each[axis] ?? 0);
          return Math.max(...at) - Math.min(...at);
        });
        const scale = (DIGIT_BOX - PEN) / Math.max(width, height, 1);
        // A soft edge of half a pixel on each side, rounded outwards to whole pixels.
        const fits = (pixels: number, length: number) => Math.abs(pixels - (scale * length + PEN)) <= 2;
        return fits(columns ?? 0, width) && fits(rows ?? 0, height);
      }),
    );
  });

  it('one point, or a stroke without length, is a dot in the middle', () => {
    const dot = strokeInputs([line('7,3')]);
    expect([dot[13 * 28 + 13], dot[13 * 28 + 12], dot[13 * 28 + 11]]).toEqual([255, 51, 0]);
    expect(strokeInputs([line('1e6,1e6 1e6,1e6')])).toEqual(dot);
  });

  it('takes the largest numbers, and refuses strokes without points or with NaN', () => {
    expect(strokeInputs([line(`0,-${Number.MAX_VALUE} 0,${Number.MAX_VALUE}`)])).toEqual(
      strokeInputs([line('0,-1 0,1')]),
    );
    expect(() => strokeInputs([])).toThrow('strokes: expected at least one point, got none');
    expect(() => strokeInputs([[], []])).toThrow('strokes: expected at least one point, got none');
    expect(() => strokeInputs([line('0,NaN')])).toThrow('strokes: expected finite coordinates, got NaN');
  });
});

function massCentre(ink: ArrayLike<number>): [x: number, y: number] {
  let [mass, x, y] = [0, 0, 0];
  for (let i = 0; i < ink.length; i++) {
    const value = ink[i] ?? 0;
    mass += value;
    x += value * (i % 28);
    y += value * Math.floor(i / 28);
  }
  return [x / mass, y / mass];
}
