import { type AnyDataset, checkDataset, type Inputs, inputKind, sampleCount } from './dataset.ts';
import { type ClassMetrics, type ConfusionMatrix, classMetrics, computeAccuracy } from './metrics.ts';
import { CHUNK_SAMPLES, type Mlp } from './mlp.ts';
import { PackedPixels } from './packed.ts';
import { isSparse } from './paths.ts';
import { SampleMemory } from './sample-memory.ts';
import { classCount } from './spec.ts';

/** How good a network is on a data set. */
export interface Evaluation {
  /** How many were seen. */
  readonly samples: number;
  /** Mean cross-entropy, in formatNats. */
  readonly loss: number;
  /** Share of samples whose most likely class is the right one. */
  readonly accuracy: number;
  /** Samples by true and predicted class. */
  readonly confusion: ConfusionMatrix;
  /** Precision, recall and F1 of each class. */
  readonly classes: readonly ClassMetrics[];
}

/** Bytes of linear memory that evaluating on a data set takes while it lasts. */
export function evaluationBytes(mlp: Mlp, dataset: AnyDataset): number {
  const elementBytes = inputKind(dataset.inputs) === 'floats' ? Float32Array.BYTES_PER_ELEMENT : 1;
  const inputBytes = CHUNK_SAMPLES * dataset.columns * elementBytes;
  return inputBytes + CELL_BYTES * classCount(mlp.spec) ** 2 + EVALUATION_OVERHEAD_BYTES;
}

/** Labels, records and the table of byte values, with room for alignment. */
const EVALUATION_OVERHEAD_BYTES = 8192;
const CELL_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/**
 * Measures a network on a data set. Losses are added up in float64. Throws `bad-shape`, `bad-data` or `not-finite`.
 *
 * @example
 * ```ts
 * import { Mlp, evaluate } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 * import { loadKernels } from 'edge-mlp';
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
 * The same at the caller's pace: yields how many samples are done, some hundreds at a time. The network must not change
 * meanwhile.
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

/** Room for a chunk of samples and the cells of the confusion matrix, which begin as zeros. */
class EvaluationMemory {
  readonly samples: SampleMemory;
  /** Address of u32 [classes][classes]. */
  readonly cells: number;
  readonly #free: () => void;

  constructor({ kernels, spec }: Mlp, dataset: AnyDataset) {
    // What is packed is unpacked piece by piece.
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
