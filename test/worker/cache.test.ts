/** The cache of networks in an isolate. */
import { describe, expect, it } from 'vitest';
import { parseModel } from '../../src/format/model-file.ts';
import { NetworkCache } from '../../worker/models/networks.ts';
import { digit, modelBytes } from './support.ts';

const model = (seed: number, hidden = 100) => parseModel(modelBytes({ layers: [784, hidden, 10], seed }), 'model');
const ONE = 4 * 795 * 100;

describe('NetworkCache', () => {
  it('evicts the least recently used network above its limit of bytes', () => {
    const cache = new NetworkCache({ networkBytes: 3.5 * ONE, linearMemoryBytes: 2 ** 26 });
    for (const version of [1, 2, 3]) cache.add('m', version, model(version));
    cache.find('m', 1);
    cache.add('m', 4, model(4));
    expect(cache.networks.map(({ version }) => version)).toEqual([3, 1, 4]);
    expect(cache.find('m', 2)).toBeUndefined();
    expect(cache.bytes).toBeLessThanOrEqual(3.6 * ONE);
    expect(cache.kernels.allocatedBytes).toBe(cache.bytes);
  });

  it('starts with new linear memory above its limit', () => {
    const cache = new NetworkCache({ networkBytes: 2 ** 26, linearMemoryBytes: 12 * ONE });
    for (let version = 1; version <= 40; version++) {
      const { mlp } = cache.add('m', version, model(version, 80 + version));
      mlp.predict(digit(0));
      expect(cache.kernels.memoryBytes).toBeLessThanOrEqual(13 * ONE);
    }
  });

  it('adds a network once, and ignores the removal of an unknown one', () => {
    const cache = new NetworkCache({ networkBytes: 10 * ONE, linearMemoryBytes: 2 ** 26 });
    expect(cache.add('m', 1, model(1))).toBe(cache.add('m', 1, model(1)));
    cache.remove('m', 7);
    cache.remove('m', 1);
    expect([cache.bytes, cache.networks.length, cache.kernels.allocatedBytes]).toEqual([0, 0, 0]);
  });

  it('starts with new kernels after a reset', () => {
    const cache = new NetworkCache({ networkBytes: 10 * ONE, linearMemoryBytes: 2 ** 26 });
    const { kernels } = cache;
    cache.add('m', 1, model(1));
    cache.reset();
    expect(cache.kernels).not.toBe(kernels);
    expect(cache.find('m', 1)).toBeUndefined();
  });
});
