import { type AnyDataset, checkDataset, type Inputs, inputKind, sampleCount } from './dataset.ts';
import { type ClassMetrics, type ConfusionMatrix, classMetrics, computeAccuracy } from './metrics.ts';
import type { Mlp } from './mlp.ts';
import { PackedPixels } from './packed.ts';
import { isSparse } from './paths.ts';
import { CHUNK_SAMPLES } from './predictor.ts';
import { SampleMemory } from './sample-memory.ts';
import { classCount } from './spec.ts';

/** Measures of a network on a data set. */
export interface Evaluation {
  /** Number of samples. */
  readonly samples: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
  /** Fraction of the samples that were classified correctly. */
  readonly accuracy: number;
  /** Samples by true and predicted class. */
  readonly confusion: ConfusionMatrix;
  /** Precision, recall and F1 score of each class. */
  readonly classes: readonly ClassMetrics[];
}

/** Bytes of linear memory that an evaluation takes. */
export function evaluationBytes(mlp: Mlp, dataset: AnyDataset): number {
  const elementBytes = inputKind(dataset.inputs) === 'floats' ? Float32Array.BYTES_PER_ELEMENT : 1;
  const inputBytes = CHUNK_SAMPLES * dataset.columns * elementBytes;
  return inputBytes + CELL_BYTES * classCount(mlp.spec) ** 2 + EVALUATION_OVERHEAD_BYTES;
}

/** Labels, records, the table of byte values, and padding for alignment. */
const EVALUATION_OVERHEAD_BYTES = 8192;
const CELL_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/**
 * Measures a network on a data set. Losses are summed in float64. Throws EdgeMlpError "bad-shape", "bad-data" or "not-finite".
 *
 * @example
 * ```ts
 * import { evaluate, loadKernels, Mlp } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const { samples, accuracy } = evaluate(mlp, ellipseDataset({ samples: 1000, seed: 1 }));
 * console.log(samples, accuracy > 0.3); // 1000 true
 * ```
 */
export function evaluate(mlp: Mlp, dataset: AnyDataset): Evaluation {
  const evaluation = evaluateInSlices(mlp, dataset);
  for (;;) {
    const { value, done } = evaluation.next();
    if (done) return value;
  }
}

/**
 * `evaluate` as a generator: yields the number of measured samples after every 256 samples. The network must not change in
 * between.
 */
export function* evaluateInSlices(mlp: Mlp, dataset: AnyDataset): Generator<number, Evaluation, void> {
  checkDataset(dataset, mlp.spec);
  const { kernels } = mlp;
  const samples = sampleCount(dataset);
  const classes = classCount(mlp.spec);
  const memory = new EvaluationMemory(mlp, dataset);
  try {
    let loss = 0;
    for (let first = 0; first < samples; first += CHUNK_SAMPLES) {
      const count = Math.min(CHUNK_SAMPLES, samples - first);
      memory.samples.writeInputs(sliceInputs(dataset, first, first + count));
      memory.samples.writeLabels(dataset.labels.subarray(first, first + count));
      loss += kernels.call.evaluateSamples(memory.cells, mlp.memory.network, memory.samples.address, count);
      yield first + count;
    }
    const counts = kernels.words(memory.cells, classes * classes);
    const rows = Array.from({ length: classes }, (_, label) => label * classes);
    const confusion = rows.map((start) => [...counts.subarray(start, start + classes)]);
    return {
      samples,
      loss: loss / samples,
      accuracy: computeAccuracy(confusion),
      confusion,
      classes: classMetrics(confusion),
    };
  } finally {
    memory.free();
  }
}

/** Memory for a chunk of samples and for the confusion matrix, initially zero. */
class EvaluationMemory {
  readonly samples: SampleMemory;
  /** Address of u32 [classes][classes]. */
  readonly cells: number;
  readonly #free: () => void;

  constructor({ kernels, spec }: Mlp, dataset: AnyDataset) {
    // Packed samples are unpacked chunk by chunk.
    const kind = inputKind(dataset.inputs) === 'floats' ? 'floats' : 'bytes';
    const capacity = Math.min(sampleCount(dataset), CHUNK_SAMPLES);
    const { columns } = dataset;
    const cells = kernels.block(CELL_BYTES * classCount(spec) ** 2);
    try {
      this.samples = new SampleMemory(kernels, { capacity, columns, kind, sparse: isSparse(dataset) });
    } catch (error) {
      cells.free();
      throw error;
    }
    this.cells = cells.address;
    this.#free = () => {
      this.samples.free();
      cells.free();
    };
  }

  free(): void {
    this.#free();
  }
}

function sliceInputs({ inputs, columns }: AnyDataset, from: number, to: number): Inputs {
  return inputs instanceof PackedPixels
    ? inputs.slice(from, to).unpack()
    : inputs.subarray(from * columns, to * columns);
}
