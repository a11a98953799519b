import { type AnyDataset, checkDataset, type Inputs, kindOf, sampleCount } from './dataset.ts';
import { accuracyOf, type ClassMetrics, type ConfusionMatrix, classMetrics } from './metrics.ts';
import { CHUNK_SAMPLES, type Mlp } from './mlp.ts';
import { PackedPixels } from './packed.ts';
import { isSparse } from './paths.ts';
import { SampleMemory } from './sample-memory.ts';
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
      memory.samples.writeInputs(inputsOf(dataset, first, first + count));
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
      accuracy: accuracyOf(confusion),
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
    const kind = kindOf(dataset.inputs) === 'floats' ? 'floats' : 'bytes';
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

function inputsOf({ inputs, columns }: AnyDataset, from: number, to: number): Inputs {
  return inputs instanceof PackedPixels
    ? inputs.slice(from, to).unpack()
    : inputs.subarray(from * columns, to * columns);
}
