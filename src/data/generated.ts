/** The sets that need no file: what a name and a seed stand for, in the command and in the service alike. */
import type { Dataset } from '../core/dataset.ts';
import { digitsDataset, digitsInSlices } from './digits.ts';
import { ellipseDataset } from './ellipse.ts';

const GENERATED = {
  digits: { generate: digitsDataset, samples: { training: 12_000, test: 2000 } },
  ellipse: { generate: ellipseDataset, samples: { training: 4000, test: 1000 } },
} as const;

export type GeneratedName = keyof typeof GENERATED;
export const GENERATED_NAMES = Object.keys(GENERATED) as GeneratedName[];

export function isGenerated(name: string): name is GeneratedName {
  return GENERATED_NAMES.some((generated) => generated === name);
}

/** How many samples `generatedSets` makes. */
export function generatedCounts(name: GeneratedName): { training: number; test: number } {
  return GENERATED[name].samples;
}

/** One part of `generatedSets`, at the caller's pace: yields how many samples are made. */
export function* generatedPart(
  name: GeneratedName,
  seed: number,
  part: 'training' | 'test',
): Generator<number, Dataset> {
  const options = { samples: GENERATED[name].samples[part], seed, part: part === 'training' ? 0 : 1 };
  return name === 'digits' ? yield* digitsInSlices(options) : ellipseDataset(options);
}

/** Samples of one seed for training, and different ones for testing. */
export function generatedSets(
  name: GeneratedName,
  seed: number,
  samples = generatedCounts(name),
): { training: Dataset; test: Dataset } {
  const { generate } = GENERATED[name];
  return {
    training: generate({ samples: samples.training, seed }),
    test: generate({ samples: samples.test, seed, part: 1 }),
  };
}

/** Validation samples where none were asked for: the assignment's 5,000, or a tenth of a smaller set. */
export function defaultValidation(samples: number): number {
  return Math.min(5000, Math.floor(samples / 10));
}
