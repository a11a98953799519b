/** Distortions against a float64 reading of the same definition, written from the paper and the order of the draws. */
import { describe, expect, it } from 'vitest';
import { AugmentationMemory, distortedPictures } from '../../src/core/augmentation.ts';
import type { Dataset } from '../../src/core/dataset.ts';
import type { Kernels } from '../../src/core/kernels.ts';
import { PackedPixels } from '../../src/core/packed.ts';
import { Random } from '../../src/core/random.ts';
import { SampleMemory } from '../../src/core/sample-memory.ts';
import { AUGMENT_DEFAULTS } from '../../src/core/training-options.ts';
import { type Augment, slice } from '../../src/index.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { digits } from '../support/training.ts';

const PICTURES = slice(digits, 0, 20);
const ELASTIC = { kind: 'elastic', ...AUGMENT_DEFAULTS } as const;
const SEED = 7;

function distort(
  kernels: Kernels,
  set: Dataset,
  { augment = ELASTIC, epoch = 0, packed = false }: { augment?: Augment; epoch?: number; packed?: boolean } = {},
): Uint8Array[] {
  const held = packed ? { ...set, inputs: PackedPixels.pack(kernels, set.inputs as Uint8Array, set.columns) } : set;
  const samples = SampleMemory.of(kernels, held, { sparse: true, packed });
  const augmentation = new AugmentationMemory(kernels, set, { augment, seed: SEED });
  augmentation.epoch = epoch;
  samples.augmentBy(augmentation.address);
  const target = kernels.allocate(set.columns);
  const pictures = Array.from({ length: set.labels.length }, (_, sample) => {
    kernels.call.distortSample(target, samples.address, sample);
    return kernels.bytes(target, set.columns).slice();
  });
  for (const memory of [augmentation, samples]) memory.free();
  kernels.free(target);
  return pictures;
}

/** A picture by the definition, in float64. */
function distortPicture(set: Dataset, sample: number, augment: Augment, epoch: number): Float64Array {
  const none = { shift: 0, rotation: 0, scale: 0, shear: 0 };
  const { shift, rotation, scale, shear: slant } = { ...none, ...augment };
  const [rows = 0, columns = 0] = set.imageShape ?? [];
  const random = new Random(SEED, 'augmentation', epoch * set.labels.length + sample);
  const within = (limit: number) => (2 * random.uniform() - 1) * limit;
  const [tx, ty] = [within(shift), within(shift)];
  const angle = within((rotation * Math.PI) / 180);
  const [sx, sy] = [1 + within(scale), 1 + within(scale)];
  const shear = within(slant);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const field = augment.kind === 'elastic' ? buildField(rows, columns, augment, within) : () => [0, 0];
  const source = set.inputs.subarray(sample * set.columns, (sample + 1) * set.columns);
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= columns || y >= rows ? 0 : (source[y * columns + x] ?? 0);
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const [x, y] = [(i % columns) - (columns - 1) / 2, Math.floor(i / columns) - (rows - 1) / 2];
    const [dx = 0, dy = 0] = field(i % columns, Math.floor(i / columns));
    const u = (columns - 1) / 2 + tx + cos * (sx * x + shear * y) - sin * sy * y + dx;
    const v = (rows - 1) / 2 + ty + sin * (sx * x + shear * y) + cos * sy * y + dy;
    const [left, top] = [Math.floor(u), Math.floor(v)];
    const across = (row: number) => at(left, row) * (1 - (u - left)) + at(left + 1, row) * (u - left);
    return across(top) * (1 - (v - top)) + across(top + 1) * (v - top);
  });
}

/**
 * Noise on nodes a sigma apart, through a Gaussian of the strength that Simard's has: deviation alpha / (2 √π sigma) ·
 * noise.
 */
function buildField(
  rows: number,
  columns: number,
  { alpha, sigma }: Extract<Augment, { kind: 'elastic' }>,
  within: (limit: number) => number,
) {
  const nodes = (length: number) => Math.ceil((length - 1) / sigma) + 3;
  const limit = alpha / (2 * Math.sqrt(Math.PI) * sigma);
  const noise = Array.from({ length: 2 }, () =>
    Array.from({ length: nodes(rows) }, () => Array.from({ length: nodes(columns) }, () => within(limit))),
  );
  const shares = (place: number, length: number) => {
    const first = (length - 1 - sigma * (nodes(length) - 1)) / 2;
    const values = Array.from({ length: nodes(length) }, (_, n) =>
      Math.exp(-(((place - first - sigma * n) / sigma) ** 2) / 2),
    );
    const norm = Math.hypot(...values);
    return values.map((value) => value / norm);
  };
  return (x: number, y: number) => {
    const [right, down] = [shares(x, columns), shares(y, rows)];
    return noise.map((grid) =>
      grid.reduce(
        (sum, row, j) => sum + (down[j] ?? 0) * row.reduce((s, value, i) => s + value * (right[i] ?? 0), 0),
        0,
      ),
    );
  };
}

describe.each(BUILD_NAMES)('distortion, %s build', (build) => {
  const kernels = loadBuild(build);

  const { alpha: _, sigma: __, ...affine } = AUGMENT_DEFAULTS;
  it.each<Augment>([{ kind: 'shift', shift: AUGMENT_DEFAULTS.shift }, { ...affine, kind: 'affine' }, ELASTIC])(
    'matches the definition: $kind',
    (augment) => {
      distort(kernels, PICTURES, { augment, epoch: 3 }).forEach((picture, sample) => {
        const wanted = distortPicture(PICTURES, sample, augment, 3);
        // Places are kept to 1/256 of a pixel, whose grey levels differ by up to 255 from one to the next, in two
        // directions.
        const worst = Math.max(...wanted.map((grey, i) => Math.abs(grey - (picture[i] ?? 0))));
        expect(worst).toBeLessThan(2);
      });
    },
  );

  it('of a whole set is that of its samples, in any format', () => {
    const before = kernels.allocatedBytes;
    const pixels = PICTURES.inputs as Uint8Array;
    const packed = { ...PICTURES, inputs: PackedPixels.pack(kernels, pixels, PICTURES.columns) };
    for (const set of [PICTURES, packed]) {
      const pictures = distortedPictures(kernels, set, { augment: ELASTIC, seed: SEED }, 2);
      expect(pictures).toEqual(Uint8Array.from(distort(kernels, PICTURES, { epoch: 2 }).flatMap((one) => [...one])));
    }
    expect(kernels.allocatedBytes).toBe(before);
  });

  it('without strength does not change an image', () => {
    const augment = { ...ELASTIC, shift: 0, rotation: 0, scale: 0, shear: 0, alpha: 0 };
    distort(kernels, PICTURES, { augment }).forEach((picture, sample) => {
      expect(picture).toEqual(PICTURES.inputs.subarray(sample * 784, (sample + 1) * 784));
    });
  });

  it('depends only on the epoch, not on packing, repetition or the build', () => {
    const pictures = distort(kernels, PICTURES);
    expect(distort(kernels, PICTURES, { packed: true })).toEqual(pictures);
    expect(distort(kernels, PICTURES)).toEqual(pictures);
    expect(distort(loadBuild(), PICTURES)).toEqual(pictures);
    expect(distort(kernels, PICTURES, { epoch: 1 })).not.toEqual(pictures);
  });

  it('accepts images of any shape, and fills in black from outside', () => {
    const set: Dataset = {
      ...PICTURES,
      inputs: new Uint8Array(3 * 5 * 7).fill(255),
      labels: new Uint16Array(3),
      columns: 35,
      imageShape: [5, 7],
    };
    const augment = { ...ELASTIC, shift: 40, alpha: 5, sigma: 2 };
    distort(kernels, set, { augment, epoch: 2 }).forEach((picture, sample) => {
      const wanted = distortPicture(set, sample, augment, 2);
      picture.forEach((grey, i) => void expect(Math.abs(grey - (wanted[i] ?? 0))).toBeLessThan(2.5));
    });
  });
});
