import { readFileSync } from 'node:fs';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { loadMnist } from '../../cli/data/idx-sets/load.ts';
import { withFingerprint } from '../../cli/hash.ts';
import { digitInputs, digitsDataset, ELLIPSE_AXES, ellipseDataset } from '../../src/data/index.ts';
import { decodePng } from '../../src/data/png.ts';
import { createMlp, parseModel } from '../../src/format/index.ts';
import { evaluate, Random } from '../../src/index.ts';
import { loadBuild } from '../support/kernels.ts';

describe('digits', () => {
  it('the same seed gives the pinned bytes', () => {
    expect(withFingerprint(digitsDataset({ samples: 200, seed: 1 })).sha256).toBe(
      '7f371be38ac32213c3c0675c91bef93005b2304ae1315a82afadd5acb40d9c0f',
    );
  });

  it('a sample does not depend on the number of samples; parts and seeds differ', () => {
    const few = digitsDataset({ samples: 20, seed: 1 });
    expect(digitsDataset({ samples: 50, seed: 1 }).inputs.subarray(0, 20 * 784)).toEqual(few.inputs);
    expect(digitsDataset({ samples: 20, seed: 1, part: 1 }).inputs).not.toEqual(few.inputs);
    expect(digitsDataset({ samples: 20, seed: 2 }).inputs).not.toEqual(few.inputs);
  });

  it('are light strokes on black, in the middle, of MNIST-like weight', () => {
    const { inputs, labels } = digitsDataset({ samples: 1000, seed: 5 });
    const nonZero = inputs.filter((value) => value > 0).length / inputs.length;
    expect(nonZero).toBeGreaterThan(0.08);
    expect(nonZero).toBeLessThan(0.25);
    const corner = inputs.filter((_, i) => i % 784 < 28);
    expect(corner.filter((value) => value > 0).length / corner.length).toBeLessThan(0.02);
    expect([...labels.subarray(0, 11)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
  });
});

describe('ellipse', () => {
  it('inside is inside', () => {
    const { inputs, labels } = ellipseDataset({ samples: 5000, seed: 1 });
    const [a, b] = ELLIPSE_AXES;
    labels.forEach((label, n) => {
      const [x = 0, y = 0] = inputs.subarray(2 * n, 2 * n + 2);
      const distance = (x / a) ** 2 + (y / b) ** 2;
      if (Math.abs(distance - 1) > 1e-6) expect(label).toBe(Number(distance < 1));
    });
    // π a b / 4 of the square; four standard errors.
    const share = labels.filter((label) => label === 1).length / 5000;
    expect(Math.abs(share - (Math.PI * a * b) / 4)).toBeLessThan(4 * Math.sqrt(0.24 / 5000));
  });
});

describe('pictures', () => {
  const black = (width: number, height: number) => ({ width, height, pixels: new Uint8Array(width * height) });

  it('28×28 is centred like any other size, light on dark and dark on light', () => {
    const { inputs } = digitsDataset({ samples: 10, seed: 1 });
    const image = { width: 28, height: 28, pixels: Uint8Array.from(inputs.subarray(784, 1568)) };
    const centred = digitInputs(image, 'x');
    const moved = { ...image, pixels: Uint8Array.from(image.pixels, (_, i) => image.pixels[i + 56] ?? 0) };
    expect(digitInputs(moved, 'x')).toEqual(centred);
    const paper = { ...image, pixels: image.pixels.map((value) => 255 - value) };
    expect(digitInputs(paper, 'x')).toEqual(centred);
  });

  it('another image is scaled into 20×20 with its aspect ratio, and centred by its centre of mass', () => {
    const image = black(200, 300);
    for (let y = 100; y < 260; y++) for (let x = 20; x < 60; x++) image.pixels[y * 200 + x] = 255;
    const inputs = digitInputs(image, 'x');
    const lit = [...inputs].flatMap((value, i) => (value > 127 ? [[i % 28, Math.floor(i / 28)] as const] : []));
    const xs = lit.map(([x]) => x);
    const ys = lit.map(([, y]) => y);
    expect(Math.max(...ys) - Math.min(...ys) + 1).toBe(20);
    expect(Math.max(...xs) - Math.min(...xs) + 1).toBe(5);
    expect(Math.abs((Math.max(...ys) + Math.min(...ys)) / 2 - 14)).toBeLessThanOrEqual(0.5);
    expect(Math.abs((Math.max(...xs) + Math.min(...xs)) / 2 - 14)).toBeLessThanOrEqual(0.5);
  });

  it('a generated digit, drawn large on another place, becomes nearly the same inputs', () => {
    const { inputs } = digitsDataset({ samples: 10, seed: 3 });
    const small = inputs.subarray(8 * 784, 9 * 784);
    const image = { ...black(400, 500), pixels: new Uint8Array(200_000).fill(255) };
    for (let y = 0; y < 280; y++) {
      for (let x = 0; x < 280; x++)
        image.pixels[(y + 200) * 400 + x + 5] = 255 - (small[Math.floor(y / 10) * 28 + Math.floor(x / 10)] ?? 0);
    }
    const result = digitInputs(image, 'x');
    const norm = (values: Uint8Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    let best = 0;
    // Up to two pixels of difference in position and the change of size are allowed.
    for (let dy = -2; dy <= 2; dy++) {
      for (let dx = -2; dx <= 2; dx++) {
        const product = result.reduce((sum, value, i) => sum + value * (small[i + dy * 28 + dx] ?? 0), 0);
        best = Math.max(best, product / norm(result) / norm(Uint8Array.from(small)));
      }
    }
    expect(best).toBeGreaterThan(0.7);
  });

  it('blank is refused', () => {
    expect(() => digitInputs(black(50, 50), 'x.png')).toThrow('x.png: expected a digit, got a blank image');
    expect(() => digitInputs({ ...black(50, 50), pixels: new Uint8Array(2500).fill(250) }, 'x.png')).toThrow('blank');
  });

  it('PNG of every colour type', () => {
    const grey = Uint8Array.of(0, 128, 255, 64);
    const side = { width: 2, height: 2 };
    const decoded = (data: Uint8Array | Uint16Array, channels: 1 | 2 | 3 | 4, depth: 8 | 16 = 8) => [
      ...decodePng(encode({ ...side, data, channels, depth }), 'x').pixels,
    ];
    expect(decoded(grey, 1)).toEqual([...grey]);
    expect(decoded(Uint8Array.from([...grey].flatMap((value) => [value, value, value])), 3)).toEqual([...grey]);
    expect(decoded(Uint8Array.from([...grey].flatMap((value) => [value, value, value, 255])), 4)).toEqual([...grey]);
    expect(decoded(Uint8Array.from([...grey].flatMap((value) => [value, 255])), 2)).toEqual([...grey]);
    expect(
      decoded(
        Uint16Array.from(grey, (value) => value * 257),
        1,
        16,
      ),
    ).toEqual([...grey]);
    // Transparent pixels are paper.
    expect(decoded(Uint8Array.of(0, 0, 0, 255, 0, 0, 128, 0), 2)).toEqual([255, 0, 255, 255]);
  });

  it('files that are not PNG, damaged, or too large', () => {
    const good = encode({ width: 2, height: 2, data: new Uint8Array(4), channels: 1 });
    expect(() => decodePng(new TextEncoder().encode('GIF89a and more than twenty-four bytes'), 'x.png')).toThrow(
      'x.png: expected a PNG file',
    );
    expect(() => decodePng(good.subarray(0, 40), 'x.png')).toThrow('x.png: expected a readable PNG');
    const huge = good.slice();
    new DataView(huge.buffer).setUint32(16, 20_000);
    expect(() => decodePng(huge, 'x.png')).toThrow(
      'expected an image of at most 8,192 pixels per side and 16,777,216 pixels, got 20,000 × 2',
    );
  });
});

describe('Random', () => {
  it('draws in the bounds', () => {
    const random = new Random(1, 'split');
    for (let i = 0; i < 1000; i++) {
      const value = random.between(-2, 3);
      expect(value).toBeGreaterThanOrEqual(-2);
      expect(value).toBeLessThan(3);
      expect(random.below(7)).toBeLessThan(7);
    }
  });
});

describe.runIf(process.env.EDGE_MLP_DATA)('MNIST', () => {
  it('gives the published numbers', async () => {
    const { training, test } = await loadMnist();
    expect([training.labels.length, test.labels.length, training.columns]).toEqual([60_000, 10_000, 784]);
    const counts = Array.from({ length: 10 }, (_, digit) => training.labels.filter((label) => label === digit).length);
    expect(counts).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    const nonZero = Uint8Array.from(training.inputs).filter((value) => value > 0).length / training.inputs.length;
    expect(nonZero).toBeCloseTo(0.191, 3);
  });

  it('gives the bundled model the accuracy that its file states', async () => {
    const file = new URL('../../models/mnist-784-300-10.int8.safetensors', import.meta.url);
    const model = parseModel(readFileSync(file), 'the model');
    const { accuracy } = evaluate(createMlp(loadBuild(), model), (await loadMnist()).test);
    expect(model.info.provenance?.test).toMatchObject({ accuracy });
  });
});
