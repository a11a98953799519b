/** Question 4's set: points of a square, inside or outside an ellipse. */
import type { Dataset } from '../core/dataset.ts';
import { Random } from '../core/random.ts';

/** Half axes: the ellipse covers 39 % of the square [-1, 1]². */
export const ELLIPSE_AXES = [0.9, 0.55] as const;

/** Class 1 is inside. Points are uniform over [-1, 1]². */
export function ellipseDataset(options: { samples: number; seed: number; part?: number }): Dataset {
  const { samples, seed, part = 0 } = options;
  const random = new Random(seed, 'generation', part);
  const inputs = new Float32Array(samples * 2);
  const labels = new Uint16Array(samples);
  const [a, b] = ELLIPSE_AXES;
  for (let i = 0; i < samples; i++) {
    const x = random.between(-1, 1);
    const y = random.between(-1, 1);
    inputs.set([x, y], 2 * i);
    // Products, not powers: engines may round Math.pow differently.
    labels[i] = Number((x / a) * (x / a) + (y / b) * (y / b) < 1);
  }
  return { name: 'ellipse', inputs, labels, columns: 2, classes: ['outside', 'inside'], scaling: { kind: 'identity' } };
}
