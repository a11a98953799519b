import type { Dataset } from '../../src/core/dataset.ts';

/**
 * The data set with its samples in memory that threads share, so that handing it to a thread copies nothing. Views of shared
 * memory stay as they are: parts of one set share what they have in common.
 */
export function shareDataset(dataset: Dataset): Dataset {
  return { ...dataset, inputs: shared(dataset.inputs), labels: shared(dataset.labels) };
}

function shared<Values extends Uint8Array | Uint16Array | Float32Array>(values: Values): Values {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const Kind = values.constructor as new (buffer: SharedArrayBuffer) => Values;
  const copy = new Kind(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
