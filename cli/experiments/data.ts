/** Data for runs on threads, each set in memory once. */
import type { Dataset } from '../../src/core/dataset.ts';
import { type DataOptions, type DataSource, splitSource } from '../data/source.ts';
import { withFingerprint } from '../hash.ts';
import type { Provenance } from '../report/provenance.ts';
import type { RunData } from './run.ts';
import { shareDataset } from './shared-data.ts';

/** The source with its samples in memory that threads share. */
export function shareSource(source: DataSource): DataSource {
  const { training, test } = source;
  return { ...source, training: shareDataset(training), test: test === undefined ? undefined : shareDataset(test) };
}

export interface PartOptions extends DataOptions {
  /** Samples to hold out. */
  readonly validation: number;
  /** Whether runs are measured on the test samples. */
  readonly test: boolean;
}

/** The parts of a shared source, each with the fingerprint by which a run is found again. */
export function prepareRunData(source: DataSource, options: PartOptions): RunData {
  const { training, validation, test } = splitSource(source, options);
  const part = (dataset: Dataset | undefined) =>
    dataset === undefined ? undefined : withFingerprint(shareDataset(dataset));
  return {
    training: shareDataset(training),
    validation: part(validation),
    test: options.test ? part(test) : undefined,
  };
}

/** What the report says of the data. */
export function dataProvenance(data: Readonly<Record<string, RunData>>): Provenance['data'] {
  return Object.values(data).flatMap(({ training, validation, test }) =>
    Object.entries({ training, validation, test }).flatMap(([part, dataset]) =>
      dataset === undefined
        ? []
        : [{ name: `${dataset.name}, ${part}`, samples: dataset.labels.length, sha256: dataset.sha256 ?? '' }],
    ),
  );
}
