/** What tells one run from another: a text to be hashed. */
import { identifyDataset } from '../../src/core/checkpoint.ts';
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { multiplyAdds } from '../../src/core/spec.ts';
import { pickTrainingOptions } from '../../src/core/training-options.ts';
import type { RunData, RunSpec } from './run.ts';

/** To be raised whenever the trainer, or what is recorded, changes in a way that the kernels' hash does not show. */
const RECORD_VERSION = 5;

/** Everything that has an influence on a run's result; the data by their fingerprints, which they must have. */
export function runIdentity(spec: RunSpec, data: RunData, kernelsSha256: string): string {
  const { layers, hiddenActivation, initialisation, training } = spec;
  const part = (dataset: Dataset | undefined) =>
    dataset === undefined ? null : { ...identifyDataset(dataset), name: null };
  return JSON.stringify({
    recordVersion: RECORD_VERSION,
    kernels: kernelsSha256,
    ...{ layers, hiddenActivation, initialisation },
    training: pickTrainingOptions(training),
    data: { training: part(data.training), validation: part(data.validation), test: part(data.test) },
  });
}

/** Multiply-adds of a run, to tell long runs from short ones. */
export function estimateWork({ layers, training }: RunSpec, data: RunData): number {
  return training.epochs * sampleCount(data.training) * multiplyAdds(layers);
}
