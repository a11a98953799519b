import type { Dataset } from '../../src/core/dataset.ts';
import { noise } from './numbers.ts';

/** Random samples whose labels depend on them, so that training has something to learn. */
export function noisyDataset(options: {
  samples: number;
  columns: number;
  classes: number;
  zeros?: number;
  kind?: 'bytes' | 'floats';
}): Dataset {
  const { samples, columns, classes, zeros = 0, kind = 'floats' } = options;
  const chances = noise(samples * columns, 17);
  const values = noise(samples * columns, 23).map((value, i) => ((chances[i] ?? 0) < 2 * zeros - 1 ? 0 : value));
  const labels = Uint16Array.from({ length: samples }, (_, n) => {
    const sum = values
      .slice(n * columns, (n + 1) * columns)
      .reduce((total, value, i) => total + value * (1 + (i % classes)), 0);
    return Math.abs(Math.floor(sum * 3)) % classes;
  });
  const inputs =
    kind === 'bytes' ? Uint8Array.from(values, (value) => Math.abs(value) * 255) : Float32Array.from(values);
  return {
    name: 'noise',
    inputs,
    labels,
    columns,
    classes: Array.from({ length: classes }, (_, label) => String(label)),
    scaling: { kind: kind === 'bytes' ? 'bytes' : 'identity' },
  };
}
