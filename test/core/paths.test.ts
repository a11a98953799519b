/** Which kernels a run uses. All give the same bits, so that only these tests see the limits. */
import { describe, expect, it } from 'vitest';
import { density } from '../../src/core/dataset.ts';
import { choosePaths, type Work } from '../../src/core/paths.ts';
import { type AnyDataset, PackedPixels } from '../../src/index.ts';
import { loadBuild } from '../support/kernels.ts';

const NONE = { sparse: false, packed: false, pending: false, threads: 1 };

/** Ten samples, of whose inputs the first `filled` tenths are 1. */
function build(columns: number, filled: number, kind: 'bytes' | 'floats' | 'packed' = 'bytes'): AnyDataset {
  const bytes = new Uint8Array(10 * columns).fill(1, 0, filled * columns);
  const inputs = {
    bytes: () => bytes,
    floats: () => Float32Array.from(bytes),
    packed: () => PackedPixels.pack(loadBuild(), bytes, columns),
  }[kind]();
  return { name: 'set', inputs, labels: new Uint16Array(10), columns, classes: ['0'], scaling: { kind: 'bytes' } };
}

const choose = (dataset: AnyDataset, hidden: number, work: Partial<Work> = {}) =>
  choosePaths({
    layers: [dataset.columns, hidden, 1],
    dataset,
    batchSize: 1,
    optimizer: { kind: 'sgd' },
    momentum: 0,
    weightDecay: 0,
    clipNorm: 0,
    threads: 1,
    ...work,
  });

describe('paths', () => {
  it('are sparse below 70 % of inputs that are not zero, and for packed inputs', () => {
    expect(density(build(10, 7))).toBe(0.7);
    expect(choose(build(10, 7), 4)).toEqual(NONE);
    expect(choose(build(10, 6), 4)).toEqual({ ...NONE, sparse: true });
    expect(choose(build(10, 6, 'floats'), 4)).toEqual({ ...NONE, sparse: true });
    expect(choose(build(10, 10, 'packed'), 4)).toEqual({ ...NONE, sparse: true });
  });

  it('pack sparse rows of at least 64 bytes', () => {
    expect(choose(build(63, 2), 4)).toMatchObject({ sparse: true, packed: false });
    expect(choose(build(64, 2), 4)).toMatchObject({ sparse: true, packed: true });
    expect(choose(build(64, 9), 4)).toMatchObject({ sparse: false, packed: false });
    expect(choose(build(64, 2, 'floats'), 4)).toMatchObject({ sparse: true, packed: false });
    expect(choose(build(64, 2, 'packed'), 4)).toMatchObject({ sparse: true, packed: false });
  });

  it('delay the updates of a large first layer: sparse, one sample a step, plain SGD', () => {
    const [large, small] = [128, 127];
    expect(choose(build(128, 2), large).pending).toBe(true);
    expect(choose(build(128, 2), small).pending).toBe(false);
    expect(choose(build(128, 9), large).pending).toBe(false);
    expect(choose(build(128, 2), large, { batchSize: 2 }).pending).toBe(false);
    expect(choose(build(128, 2), large, { momentum: 0.1 }).pending).toBe(false);
    expect(choose(build(128, 2), large, { weightDecay: 0.1 }).pending).toBe(false);
    const one = { ...build(128, 2), labels: new Uint16Array(1), inputs: new Uint8Array(128) };
    expect(choose(one, large, { batchSize: 9 }).pending).toBe(true);
  });

  it.each([
    { hidden: 256, samples: 16, batchSize: 16, threads: 4, members: 2 },
    { hidden: 255, samples: 16, batchSize: 16, threads: 4, members: 1 },
    { hidden: 512, samples: 32, batchSize: 31, threads: 4, members: 3 },
    { hidden: 512, samples: 31, batchSize: 32, threads: 4, members: 3 },
    { hidden: 512, samples: 32, batchSize: 32, threads: 3, members: 3 },
    { hidden: 512, samples: 32, batchSize: 32, threads: 9, members: 4 },
    { hidden: 100, samples: 32, batchSize: 32, threads: 9, members: 1 },
  ])('take 128 columns and 8 rows a thread: $hidden columns, $batchSize of $samples rows, $threads threads', (row) => {
    const set = {
      ...build(4, 10),
      labels: new Uint16Array(row.samples),
      inputs: new Uint8Array(4 * row.samples).fill(1),
    };
    expect(choose(set, row.hidden, { batchSize: row.batchSize, threads: row.threads }).threads).toBe(row.members);
  });
});
