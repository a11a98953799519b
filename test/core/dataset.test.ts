/** Checks, splits and parts of data sets. */
import { describe, expect, it } from 'vitest';
import {
  byteValue,
  checkDataset,
  checkFinite,
  checkInputs,
  checkLabels,
  density,
  inputKind,
  pick,
} from '../../src/core/dataset.ts';
import { maskBytes } from '../../src/core/packed.ts';
import { type Dataset, type ErrorCode, PackedPixels, slice } from '../../src/index.ts';
import { expectRefusal } from '../support/errors.ts';
import { loadBuild } from '../support/kernels.ts';

const kernels = loadBuild();
const SPEC = { layers: [3, 2], hiddenActivation: 'sigmoid' } as const;
/** Four samples of three inputs. */
const SET: Dataset = {
  name: 'four',
  inputs: Uint8Array.of(1, 2, 0, 0, 3, 0, 4, 0, 5, 6, 7, 8),
  labels: Uint16Array.of(0, 1, 1, 0),
  columns: 3,
  classes: ['a', 'b'],
  scaling: { kind: 'bytes' },
};
const FLOATS = { ...SET, inputs: Float32Array.from(SET.inputs) };
const PACKED = { ...SET, inputs: PackedPixels.pack(kernels, SET.inputs as Uint8Array, 3) };

describe('parts of a data set', () => {
  it('are views of its samples, in any format', () => {
    expect([...slice(SET, 1, 3).inputs]).toEqual([0, 3, 0, 4, 0, 5]);
    expect([...slice(SET, 1, 3).labels]).toEqual([1, 1]);
    const numbered = { ...SET, lines: Uint32Array.of(2, 3, 5, 8) };
    expect([...(slice(numbered, 1, 3).lines ?? [])]).toEqual([3, 5]);
    expect([...(pick(numbered, [3, 0, 3]).lines ?? [])]).toEqual([8, 2, 8]);
    expect(slice(SET, 1, 3).inputs.buffer).toBe(SET.inputs.buffer);
    expect(slice(PACKED, 1, 3).inputs).toMatchObject({ samples: 2, columns: 3 });
    expect([SET, FLOATS, PACKED].map(({ inputs }) => inputKind(inputs))).toEqual(['bytes', 'floats', 'packed']);
    expect(byteValue(51)).toBe(0.2);
  });

  it('are copies in the order of their indices', () => {
    for (const set of [SET, FLOATS]) {
      const { inputs, labels, name } = pick(set, [3, 0, 3]);
      expect([...inputs]).toEqual([6, 7, 8, 1, 2, 0, 6, 7, 8]);
      expect([...labels]).toEqual([0, 0, 0]);
      expect([name, inputs.constructor]).toEqual(['four', set.inputs.constructor]);
    }
  });
});

describe('density', () => {
  it('of up to 1,000 samples counts all, of more every second, third …', () => {
    const build = (samples: number) => ({
      ...SET,
      columns: 2,
      labels: new Uint16Array(samples),
      // The first input of even samples, and both inputs of multiples of three.
      inputs: Uint8Array.from({ length: 2 * samples }, (_, i) => {
        const sample = i >> 1;
        return Number(sample % 3 === 0 || (sample % 2 === 0 && i % 2 === 0));
      }),
    });
    const count = (samples: number, step: number) => {
      let [filled, seen] = [0, 0];
      for (let n = 0; n < samples; n += step) {
        filled += n % 3 === 0 ? 2 : n % 2 === 0 ? 1 : 0;
        seen += 2;
      }
      return filled / seen;
    };
    for (const [samples, step] of [
      [5, 1],
      [1999, 1],
      [2000, 2],
      [3500, 3],
    ] as const) {
      expect(density(build(samples)), `${samples} samples`).toBe(count(samples, step));
    }
    expect(density(PACKED)).toBe(8 / 12);
    expect(density(FLOATS)).toBe(8 / 12);
  });
});

describe('a data set for a network', () => {
  it.each<[string, object, ErrorCode, string]>([
    ['columns', { columns: 4 }, 'bad-shape', 'four: expected 3 inputs per sample, as the network has, got 4'],
    [
      'no samples',
      { labels: new Uint16Array(), inputs: new Uint8Array() },
      'bad-data',
      'four: expected at least one sample, got none',
    ],
    [
      'labels',
      { labels: Uint16Array.of(0, 1, 2, 0) },
      'bad-data',
      'four: expected labels from 0 to 1, got 2 at sample 2',
    ],
    ['inputs', { inputs: new Uint8Array(11) }, 'bad-shape', 'four: expected 4 × 3 = 12 inputs, got 11'],
    ['packed inputs', { inputs: PACKED.inputs.slice(0, 3) }, 'bad-shape', 'four: expected 4 × 3 = 12 inputs, got 9'],
    [
      'packed columns',
      { inputs: PackedPixels.pack(kernels, SET.inputs as Uint8Array, 6) },
      'bad-shape',
      'four: expected 4 × 3',
    ],
    [
      'infinity',
      { inputs: new Float32Array(12).fill(Number.NEGATIVE_INFINITY, 5) },
      'not-finite',
      'got -Infinity at index 5',
    ],
  ])('with other %s is refused', (_, change, code, message) => {
    expectRefusal(() => checkDataset({ ...SET, ...change } as Dataset, SPEC), code, message);
  });

  it.each([SET, FLOATS, PACKED])('in any format is accepted', (set) => {
    expect(() => checkDataset(set, SPEC)).not.toThrow();
  });
});

describe('checks', () => {
  it('of inputs return the number of samples', () => {
    expect(checkInputs(new Uint8Array(6), 3)).toBe(2);
    expect(checkInputs(new Float32Array(6), 3, 2)).toBe(2);
    expectRefusal(() => checkInputs(new Uint8Array(6), 3, 1), 'bad-shape', 'inputs: expected 1 × 3 numbers, got 6');
    expectRefusal(
      () => checkInputs(new Uint8Array(7), 3),
      'bad-shape',
      'inputs: expected a multiple of 3 numbers, got 7',
    );
    expect(() => checkInputs(Float32Array.of(Number.NaN), 1)).toThrow('got NaN at index 0');
  });

  it('of labels that start at any number', () => {
    expect(() => checkLabels('set', [5, 6, 7], 3, 5)).not.toThrow();
    expectRefusal(
      () => checkLabels('set', [5, 8], 3, 5),
      'bad-data',
      'set: expected labels from 5 to 7, got 8 at sample 1',
    );
    expectRefusal(() => checkLabels('set', [4], 3, 5), 'bad-data', 'got 4 at sample 0');
    expectRefusal(
      () => checkLabels('set', [0.5], 3),
      'bad-data',
      'set: expected labels from 0 to 2, got 0.5 at sample 0',
    );
    expectRefusal(() => checkLabels('set', [-1], 3), 'bad-data', 'got -1');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('of numbers find %d', (value) => {
    expect(() => checkFinite('list', Float32Array.of(1, value, value))).toThrow(
      `list: expected finite numbers, got ${value} at index 1`,
    );
    expect(() => checkFinite('list', Float32Array.of(1, 3e38, -3e38))).not.toThrow();
  });
});

describe('packed pixels', () => {
  it('count their bytes, whole and in part', () => {
    expect([1, 32, 33, 64, 65].map(maskBytes)).toEqual([4, 4, 8, 8, 12]);
    const { inputs } = PACKED;
    expect([inputs.valueBytes, inputs.samples, inputs.byteLength]).toEqual([8, 4, 4 * 4 + 5 * 4 + 8]);
    const part = inputs.slice(1, 3);
    expect([part.valueBytes, part.samples, part.byteLength, part.density]).toEqual([3, 2, 2 * 4 + 3 * 4 + 3, 0.5]);
  });

  it.each([1, 100, 2 ** 18, 2 ** 18 + 1, 300_000])('are packed in pieces: rows of %i', (columns) => {
    const samples = Math.max(2, Math.ceil(600_000 / columns));
    const bytes = Uint8Array.from({ length: samples * columns }, (_, i) => (i % 5) * (i % 3));
    expect(PackedPixels.pack(kernels, bytes, columns).unpack()).toEqual(bytes);
  });
});
