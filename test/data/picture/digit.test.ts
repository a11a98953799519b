/** Images of digits: place, size, polarity, light, lines and dirt must not change what the model gets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coarseDigit } from '../../../models/coarse-digits.ts';
import { digitInputs, digitsDataset, explainPicture, type GreyImage, greyFromRgba } from '../../../src/data/index.ts';

const DIGITS = digitsDataset({ samples: 20, seed: 4 });
const digit = (n: number) => Uint8Array.from(DIGITS.inputs.subarray(784 * n, 784 * (n + 1)));

/** Converts a pixel: its grey level, column and row. */
type Change = (value: number, x: number, y: number) => number;

interface Page {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Pixels for each pixel of the digit. */
  readonly zoom: number;
}

const PAGE: Page = { width: 160, height: 120, left: 40, top: 20, zoom: 3 };

/** A digit, dark on white paper, and what `change` makes of the page. */
function draw(n: number, change: Change = (value) => value, page: Page = PAGE): GreyImage {
  const { width, height, left, top, zoom } = page;
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const [column, row] = [Math.floor((x - left) / zoom), Math.floor((y - top) / zoom)];
    const inside = column >= 0 && row >= 0 && column < 28 && row < 28;
    const value = 255 - (inside ? (DIGITS.inputs[784 * n + 28 * row + column] ?? 0) : 0);
    return Math.min(255, Math.max(0, Math.round(change(value, x, y))));
  });
  return { width, height, pixels };
}

/** Mean difference of two inputs, of 255, after a shift of at most one pixel. Different digits differ by 25 and more. */
function distance(a: Uint8Array, b: Uint8Array): number {
  const shifts = [-1, 0, 1].flatMap((right) => [-28, 0, 28].map((down) => right + down));
  return Math.min(
    ...shifts.map((shift) => a.reduce((sum, value, i) => sum + Math.abs(value - (b[i + shift] ?? 0)), 0) / a.length),
  );
}

function expectSame(image: GreyImage, expected: GreyImage, tolerance: number): void {
  expect(distance(digitInputs(image, 'x'), digitInputs(expected, 'x'))).toBeLessThanOrEqual(tolerance);
}

const anyDigit = fc.integer({ min: 0, max: 19 });

it('different digits differ by more than the tolerances', () => {
  for (const [a, b] of [
    [2, 3],
    [5, 6],
    [0, 8],
  ] as const) {
    expect(distance(digitInputs(draw(a), 'x'), digitInputs(draw(b), 'x'))).toBeGreaterThan(20);
  }
});

describe('properties', () => {
  it('the place of a digit does not change its inputs', () => {
    const places = fc.record({ left: fc.integer({ min: 0, max: 76 }), top: fc.integer({ min: 0, max: 36 }) });
    fc.assert(
      fc.property(anyDigit, places, (n, place) => expectSame(draw(n, undefined, { ...PAGE, ...place }), draw(n), 0.01)),
      { numRuns: 25, seed: 1 },
    );
  });

  it('dark on light and light on dark give the same inputs', () => {
    fc.assert(
      fc.property(anyDigit, fc.integer({ min: 0, max: 80 }), (n, black) => {
        const contrast = (255 - black) / 255;
        const light = draw(n, (value) => black + (255 - value) * contrast);
        expectSame(light, draw(n), 1);
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  it('whole enlargements and more paper give the same inputs', () => {
    fc.assert(
      fc.property(anyDigit, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 60 }), (n, zoom, margin) => {
        const side = 28 * zoom + 2 * margin;
        const large = draw(n, undefined, { width: side, height: side, left: margin, top: margin, zoom });
        expectSame(large, draw(n), 12);
      }),
      { numRuns: 25, seed: 3 },
    );
  });

  it('inputs are prepared once: as images of 28 × 28 they stay the same, also dark on white', () => {
    for (let n = 0; n < 20; n++) {
      const pixels = digitInputs(draw(n), 'x');
      expect(digitInputs({ width: 28, height: 28, pixels }, 'x')).toEqual(pixels);
      expect(digitInputs({ width: 28, height: 28, pixels: pixels.map((value) => 255 - value) }, 'x')).toEqual(pixels);
    }
  });

  it('any image is read or refused with a message', () => {
    const images = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })).chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        pixels: fc.uint8Array({ minLength: width * height, maxLength: width * height }),
      }),
    );
    fc.assert(
      fc.property(images, (image) => {
        const read = () => digitInputs(image, 'x');
        try {
          expect(read()).toHaveLength(784);
        } catch {
          expect(read).toThrow(/^x: expected (a digit, got a blank image|one digit, got more than one digit)$/);
        }
      }),
      { numRuns: 150, seed: 4 },
    );
  });
});

describe('disturbances', () => {
  const shadow: Change = (value, x) => value * (1 - 0.6 * (x / PAGE.width));
  const hardShadow: Change = (value, x, y) => value * (x + 0.2 * y < 75 ? 0.5 : 1);
  const frame: Change = (value, x, y) => (Math.min(x, y, PAGE.width - 1 - x, PAGE.height - 1 - y) < 5 ? 10 : value);
  const darkSide: Change = (value, x) => (x < 8 ? 20 : value);
  const box: Change = (value, x, y) => {
    const inside = Math.min(x - 38, 126 - x, y - 18, 108 - y);
    return inside >= 0 && inside < 2 ? 0 : value;
  };
  const lines: Change = (value, x, y) => (Math.floor(y + 0.03 * x) % 19 === 0 ? Math.min(value, 90) : value);
  const squares: Change = (value, x, y) => (x % 17 === 3 || y % 17 === 5 ? Math.min(value, 120) : value);
  const dust: Change = (value, x, y) => (((x % 40) - 20) ** 2 + ((y % 25) - 3) ** 2 < 3 ? 60 : value);
  /** A simple hash, so that the noise is always the same. */
  const noise: Change = (value, x, y) => value + ((((x * 73 + y * 179 + x * y * 31) % 97) + 97) % 97) - 48;

  it.each([
    ['a linear shadow', shadow, 12],
    ['a hard shadow across the digit', hardShadow, 14],
    ['a black frame', frame, 6],
    ['a dark border on one side', darkSide, 6],
    ['a box around the digit', box, 9],
    ['ruled lines', lines, 10],
    ['squared paper', squares, 12],
    ['specks', dust, 14],
    ['noise', noise, 16],
  ])('%s disappears', (_, change, tolerance) => {
    for (const n of [2, 3, 5, 6, 8]) expectSame(draw(n, change), draw(n), tolerance);
  });

  it('a digit without paper around it keeps its strokes at the edge', () => {
    const { inputs, stages } = explainPicture(draw(0), {}, 'x');
    const ink = stages.find(({ name }) => name === 'Ink')?.image;
    expect(ink).toBeDefined();
    const cropped = crop(draw(0));
    expect(distance(digitInputs(cropped, 'x'), inputs)).toBeLessThan(20);
  });

  it('thick digits without paper around them are ink, dark or light, as pictures of 8 × 8 pixels too', () => {
    const invert = ({ pixels, ...image }: GreyImage) => ({ ...image, pixels: pixels.map((value) => 255 - value) });
    for (const n of [0, 2, 3, 5, 6, 8]) {
      for (const smooth of [false, true]) {
        const light = coarseDigit(digit(n), 1, smooth);
        const side = light.width + 40;
        const padded = new Uint8Array(side * side);
        for (let y = 0; y < light.height; y++) {
          padded.set(light.pixels.subarray(y * light.width, (y + 1) * light.width), (y + 20) * side + 20);
        }
        const onPaper = { width: side, height: side, pixels: padded };
        expectSame(light, onPaper, 20);
        expectSame(invert(light), light, 1);
      }
    }
  });
});

describe('stroke width', () => {
  /** A ring with an outer radius of 10 and this stroke width, in pixels of the box of 20. */
  const drawRing = (stroke: number) => {
    const pixels = Uint8Array.from({ length: 160 * 160 }, (_, i) => {
      const radius = Math.hypot((i % 160) - 79.5, Math.floor(i / 160) - 79.5) / 5;
      return radius < 10 && radius > 10 - stroke ? 0 : 255;
    });
    return digitInputs({ width: 160, height: 160, pixels }, 'x').reduce((sum, value) => sum + value, 0) / 255;
  };
  const ringArea = (stroke: number) => Math.PI * (10 ** 2 - (10 - stroke) ** 2);

  it.each([1.5, 2.5, 3.5])('strokes of %d pixels stay as wide', (stroke) => {
    expect(Math.abs(drawRing(stroke) / ringArea(stroke) - 1)).toBeLessThan(0.05);
  });

  it.each([4.5, 5, 6])('strokes of %d pixels become about as wide as the widest of MNIST', (stroke) => {
    expect(drawRing(stroke)).toBeGreaterThan(ringArea(3.4));
    expect(drawRing(stroke)).toBeLessThan(ringArea(stroke === 6 ? 5 : 4.2));
  });
});

function crop({ width, height, pixels }: GreyImage): GreyImage {
  const dark = [...pixels].flatMap((value, i) => (value < 128 ? [i] : []));
  const [xs, ys] = [dark.map((i) => i % width), dark.map((i) => Math.floor(i / width))];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const rows = Array.from({ length: Math.min(height, bottom + 1) - top }, (_, y) =>
    pixels.subarray((top + y) * width + left, (top + y) * width + right + 1),
  );
  return { width: right - left + 1, height: rows.length, pixels: Uint8Array.from(rows.flatMap((row) => [...row])) };
}

describe('transparent images', () => {
  const rgba = (n: number, grey: number) =>
    Uint8ClampedArray.from([...digit(n)].flatMap((alpha) => [grey, grey, grey, alpha]));

  it('light and dark ink on a transparent ground give the inputs of opaque ink', () => {
    const opaque = { width: 28, height: 28, pixels: digit(3) };
    for (const grey of [0, 255]) expectSame(greyFromRgba(rgba(3, grey), 28, 28), opaque, 1);
  });

  it('opaque colours become luma', () => {
    const image = greyFromRgba(Uint8ClampedArray.of(255, 0, 0, 255, 10, 10, 10, 255), 2, 1);
    expect(image).toEqual({ width: 2, height: 1, pixels: Uint8Array.of(76, 10) });
  });
});

describe('one digit', () => {
  /** Two digits in one image, with `gap` pixels between their squares of 28 pixels. */
  function pair(first: number, second: number, gap: number): GreyImage {
    const width = 56 + gap;
    const pixels = new Uint8Array(width * 28);
    [digit(first), digit(second)].forEach((inputs, k) => {
      for (let y = 0; y < 28; y++) pixels.set(inputs.subarray(28 * y, 28 * (y + 1)), width * y + k * (28 + gap));
    });
    return { width, height: 28, pixels };
  }

  it('two digits are refused', () => {
    for (const [a, b, gap] of [
      [3, 5, 0],
      [7, 2, 10],
      [11, 14, 4],
    ] as const) {
      expect(() => digitInputs(pair(a, b, gap), 'x.png')).toThrow('x.png: expected one digit, got more than one digit');
    }
  });

  it('strokes of one digit that do not touch belong together', () => {
    const image = { width: 40, height: 40, pixels: new Uint8Array(1600) };
    const fill = (left: number, top: number, width: number, height: number) => {
      for (let y = top; y < top + height; y++) image.pixels.fill(255, 40 * y + left, 40 * y + left + width);
    };
    fill(10, 8, 3, 12);
    fill(10, 18, 10, 3);
    fill(21, 6, 3, 28);
    const four = digitInputs(image, 'x');
    const lit = [...four].flatMap((value, i) => (value > 127 ? [i % 28] : []));
    expect(Math.max(...lit) - Math.min(...lit)).toBeGreaterThan(8);
  });

  it('the stages before a refusal are reported', () => {
    const stages: { name: string }[] = [];
    expect(() => explainPicture(pair(3, 5, 0), {}, 'x', stages as never)).toThrow('more than one digit');
    expect(stages.map(({ name }) => name)).toEqual(['Grey levels', 'Background removed', 'Lines removed']);
  });
});

it('a model with as-is gets the pixels', () => {
  const image = { width: 28, height: 28, pixels: digit(1) };
  const model = { imageShape: [28, 28], pictures: 'as-is' } as const;
  expect(explainPicture(image, model, 'x').inputs).toEqual(digit(1));
});

it('the stages end with the inputs', () => {
  const { inputs, stages } = explainPicture(draw(6), {}, 'x');
  expect(stages.map(({ name }) => name)).toEqual([
    ...['Grey levels', 'Background removed', 'Lines removed', 'Ink', 'Model input'],
  ]);
  expect(stages.at(-1)?.image.pixels).toEqual(inputs);
});
