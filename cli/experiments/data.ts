/** Data for runs on threads, in shared memory. */
import type { Dataset } from '../../src/core/dataset.ts';
import { type DataOptions, type DataSource, splitSource } from '../data/source.ts';
import { withFingerprint } from '../hash.ts';
import type { RunData } from '../training/run-spec.ts';

/** Copies a data set into shared memory, unless it is there already: parts of a shared set share its memory. */
export function shareDataset(dataset: Dataset): Dataset {
  const { inputs, labels, weights } = dataset;
  const shared = { ...dataset, inputs: shareArray(inputs), labels: shareArray(labels) };
  return weights === undefined ? shared : { ...shared, weights: shareArray(weights) };
}

function shareArray<Values extends Uint8Array | Uint16Array | Float32Array>(values: Values): Values {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const ArrayType = values.constructor as new (buffer: SharedArrayBuffer) => Values;
  const copy = new ArrayType(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

export function shareSource(source: DataSource): DataSource {
  const { training, test } = source;
  return { ...source, training: shareDataset(training), test: test === undefined ? undefined : shareDataset(test) };
}

export interface PartOptions extends DataOptions {
  /** Samples to hold out: a number, or a fraction below 1. */
  readonly validation: number;
  /** Whether runs are evaluated on the test samples. */
  readonly test: boolean;
}

/** The parts of a shared source, with the fingerprints that identify a run. */
export function prepareRunData(source: DataSource, options: PartOptions): RunData {
  const { training, validation, test } = splitSource(source, options);
  const prepare = (dataset: Dataset | undefined) =>
    dataset === undefined ? undefined : withFingerprint(shareDataset(dataset));
  return {
    training: shareDataset(training),
    validation: prepare(validation),
    test: options.test ? prepare(test) : undefined,
  };
}
