/** Packed pixels: the same samples, the same bits, a third of the room. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, Mlp, PackedPixels, PixelPacker, slice, splitTail } from '../../src/index.ts';
import { BUILD_NAMES, loadBuild } from '../support/kernels.ts';
import { digits, run } from '../support/training.ts';

const pixels = digits.inputs as Uint8Array;
const kernels = loadBuild();
const packed = { ...digits, inputs: PackedPixels.pack(kernels, pixels, 784) };

describe('packed pixels', () => {
  it('round-trip, whole and in part', () => {
    expect(packed.inputs.unpack()).toEqual(pixels);
    expect(packed.inputs.slice(7, 20).unpack()).toEqual(pixels.slice(7 * 784, 20 * 784));
    expect(packed.inputs.slice(7, 20).slice(2, 3).unpack()).toEqual(pixels.slice(9 * 784, 10 * 784));
    const sizes = fc.record({ columns: fc.integer({ min: 1, max: 70 }), samples: fc.integer({ min: 0, max: 6 }) });
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.constantFrom(0, 0, 0, 1, 255)), ({ columns, samples }, bytes) => {
        const inputs = Uint8Array.from({ length: columns * samples }, () => Number(bytes.next().value));
        expect(PackedPixels.pack(kernels, inputs, columns).unpack()).toEqual(inputs);
      }),
    );
  });

  it('accept pieces of any size, and refuse too few or too many samples', () => {
    const packer = new PixelPacker(kernels, 784, 600);
    for (let at = 0; at < pixels.length; at += 1000) packer.append(pixels.subarray(at, at + 1000));
    expect(packer.finish()).toEqual(packed.inputs);
    expect(() => packer.append(Uint8Array.of(1))).toThrow('samples: expected 470400 bytes, got more');
    const short = new PixelPacker(kernels, 4, 2);
    short.append(Uint8Array.of(1, 2, 3));
    expect(() => short.finish()).toThrow('samples: expected 8 bytes, got 3');
    expect(kernels.allocatedBytes).toBe(0);
  });

  it('take less than half of the memory', () => {
    expect(packed.inputs.byteLength).toBeLessThan(pixels.byteLength / 2);
    expect(packed.inputs.density).toBeCloseTo(pixels.filter((byte) => byte !== 0).length / pixels.length, 12);
  });

  it.each(BUILD_NAMES)('give bit-identical training and evaluation: %s', (build) => {
    for (const options of [{ epochs: 2 }, { epochs: 1, batchSize: 7, momentum: 0.4 }]) {
      const [one, other] = [0, 1].map(() => Mlp.create(loadBuild(build), { layers: [784, 11, 10], seed: 2 }));
      if (one === undefined || other === undefined) throw new Error('no network');
      const [bytes, bits] = [splitTail(digits, 100), splitTail(packed, 100)];
      const hash = run(one, bytes.training, { ...options, validation: bytes.validation });
      expect(run(other, bits.training, { ...options, validation: bits.validation })).toBe(hash);
      expect(evaluate(other, packed)).toEqual(evaluate(one, digits));
      expect(evaluate(other, slice(packed, 3, 50))).toEqual(evaluate(one, slice(digits, 3, 50)));
      one.dispose();
      other.dispose();
      expect(other.kernels.allocatedBytes).toBe(0);
    }
  });

  it('are refused if their columns differ from the data set', () => {
    const mlp = Mlp.create(loadBuild(), { layers: [784, 3, 10] });
    expect(() => evaluate(mlp, { ...packed, inputs: PackedPixels.pack(kernels, pixels, 392) })).toThrow(
      'expected 600 × 784',
    );
    expect(() => evaluate(mlp, { ...packed, labels: packed.labels.subarray(1) })).toThrow(
      'expected 599 × 784 = 469,616 inputs, got 470,400',
    );
  });
});
