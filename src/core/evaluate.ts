import { borrowing } from './borrow.ts';
import { type AnyDataset, checkDataset, type Inputs, kindOf, sampleCount } from './dataset.ts';
import { accuracyOf, type ClassMetrics, type ConfusionMatrix, classMetrics } from './metrics.ts';
import { CHUNK_SAMPLES, type Mlp } from './mlp.ts';
import { PackedPixels } from './packed.ts';
import { isSparse, SampleMemory } from './sample-memory.ts';
import { classCount } from './spec.ts';

export interface Evaluation {
  readonly samples: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** Share of samples whose most likely class is the right one. */
  readonly accuracy: number;
  readonly confusion: ConfusionMatrix;
  readonly classes: readonly ClassMetrics[];
}

/** Bytes of linear memory that evaluating on a data set takes while it lasts. */
export function evaluationBytes(mlp: Mlp, dataset: AnyDataset): number {
  const elementBytes = kindOf(dataset.inputs) === 'floats' ? Float32Array.BYTES_PER_ELEMENT : 1;
  const inputBytes = CHUNK_SAMPLES * dataset.columns * elementBytes;
  return inputBytes + CELL_BYTES * classCount(mlp.spec) ** 2 + EVALUATION_OVERHEAD_BYTES;
}

/** Labels, records and the table of byte values, with room for alignment. */
const EVALUATION_OVERHEAD_BYTES = 8192;
const CELL_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** Measures a network on a data set. Losses are added up in float64. Throws `bad-shape`, `bad-data` or `not-finite`. */
export function evaluate(mlp: Mlp, dataset: AnyDataset): Evaluation {
  checkDataset(dataset, mlp.spec);
  const { kernels } = mlp;
  const samples = sampleCount(dataset);
  const classes = classCount(mlp.spec);
  const { columns } = dataset;
  return borrowing((hold) => {
    // What is packed is unpacked piece by piece.
    const kind = kindOf(dataset.inputs) === 'floats' ? 'floats' : 'bytes';
    const capacity = Math.min(samples, CHUNK_SAMPLES);
    const region = hold(new SampleMemory(kernels, { capacity, columns, kind, sparse: isSparse(dataset) }));
    const cells = hold(kernels.block(CELL_BYTES * classes ** 2)).address;
    let loss = 0;
    for (let first = 0; first < samples; first += CHUNK_SAMPLES) {
      const count = Math.min(CHUNK_SAMPLES, samples - first);
      region.writeInputs(inputsOf(dataset, first, first + count));
      region.writeLabels(dataset.labels.subarray(first, first + count));
      loss += kernels.call.evaluateSamples(cells, mlp.memory.network, region.address, count);
    }
    const counts = kernels.words(cells, classes * classes);
    const rows = Array.from({ length: classes }, (_, label) => label * classes);
    const confusion = rows.map((start) => [...counts.subarray(start, start + classes)]);
    return {
      samples,
      loss: loss / samples,
      accuracy: accuracyOf(confusion),
      confusion,
      classes: classMetrics(confusion),
    };
  });
}

function inputsOf({ inputs, columns }: AnyDataset, from: number, to: number): Inputs {
  return inputs instanceof PackedPixels
    ? inputs.slice(from, to).unpack()
    : inputs.subarray(from * columns, to * columns);
}
