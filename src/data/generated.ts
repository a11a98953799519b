/**
 * Generated data sets: points inside and outside an ellipse, and the generated sets by name.
 */
import { checkCount } from '../core/arguments.ts';
import type { Dataset } from '../core/dataset.ts';
import { Random } from '../core/random.ts';
import { digitsDataset, digitsInSlices, MAX_SAMPLES } from './digits.ts';

/** Half axes of the ellipse, which covers 39 % of the square [-1, 1]². */
export const ELLIPSE_AXES = [0.9, 0.55] as const;

/** Generates uniform points of the square [-1, 1]². Class 1 is inside the ellipse. */
export function ellipseDataset(options: { samples: number; seed: number; part?: number }): Dataset {
  const { samples, seed, part = 0 } = options;
  checkCount('samples', samples, MAX_SAMPLES);
  const random = new Random(seed, 'generation', part);
  const inputs = new Float32Array(samples * 2);
  const labels = new Uint16Array(samples);
  const [a, b] = ELLIPSE_AXES;
  for (let i = 0; i < samples; i++) {
    const x = random.between(-1, 1);
    const y = random.between(-1, 1);
    inputs.set([x, y], 2 * i);
    // Engines may round Math.pow differently.
    labels[i] = Number((x / a) * (x / a) + (y / b) * (y / b) < 1);
  }
  return { name: 'ellipse', inputs, labels, columns: 2, classes: ['outside', 'inside'], scaling: { kind: 'identity' } };
}

const GENERATED = {
  digits: { generate: digitsDataset, samples: { training: 12_000, test: 2000 } },
  ellipse: { generate: ellipseDataset, samples: { training: 4000, test: 1000 } },
} as const;

export type GeneratedName = keyof typeof GENERATED;
export const GENERATED_NAMES = /* @__PURE__ */ Object.keys(GENERATED) as GeneratedName[];

export function isGenerated(name: string): name is GeneratedName {
  return GENERATED_NAMES.some((generated) => generated === name);
}

/** Samples of a generated set; part 0 is for training (default), 1 for testing. */
export function generateSamples(
  name: GeneratedName,
  options: { samples: number; seed: number; part?: number },
): Dataset {
  return GENERATED[name].generate(options);
}

/** The numbers of samples of `generatedSets`. */
export function generatedCounts(name: GeneratedName): { training: number; test: number } {
  return GENERATED[name].samples;
}

/** One part of `generatedSets`, as a generator that yields the number of generated samples. */
export function* generatedPart(
  name: GeneratedName,
  seed: number,
  part: 'training' | 'test',
): Generator<number, Dataset> {
  const options = { samples: GENERATED[name].samples[part], seed, part: part === 'training' ? 0 : 1 };
  return name === 'digits' ? yield* digitsInSlices(options) : ellipseDataset(options);
}

/** Training and test samples of one seed. */
export function generatedSets(
  name: GeneratedName,
  seed: number,
  samples = generatedCounts(name),
): { training: Dataset; test: Dataset } {
  return {
    training: generateSamples(name, { samples: samples.training, seed }),
    test: generateSamples(name, { samples: samples.test, seed, part: 1 }),
  };
}
