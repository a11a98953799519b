/** Regression data sets. */
import type { Dataset } from '../../src/core/dataset.ts';
import { noise } from './numbers.ts';

/** Random samples, of which some inputs are zeros, and smooth targets with about mean 0 and deviation 1. */
export function smoothDataset(options: { samples: number; columns: number; targets?: number }): Dataset<Float32Array> {
  const { samples, columns, targets = 1 } = options;
  const chances = noise(samples * columns, 5);
  const inputs = Float32Array.from(noise(samples * columns, 7), (value, i) => ((chances[i] ?? 0) < -0.4 ? 0 : value));
  const labels = new Float32Array(samples * targets);
  for (let n = 0; n < samples; n++) {
    const row = inputs.subarray(n * columns, (n + 1) * columns);
    for (let o = 0; o < targets; o++) {
      labels[n * targets + o] = row.reduce((sum, x, i) => sum + 2 * x * Math.sin(i + o), 0) / Math.sqrt(columns);
    }
  }
  return {
    ...{ name: 'smooth', inputs, labels, columns, classes: [], scaling: { kind: 'identity' } },
    targets: Array.from({ length: targets }, (_, o) => ({ name: `y${o}`, mean: 10 * o, standardDeviation: o + 2 })),
  };
}
