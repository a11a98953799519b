import { align } from './allocator.ts';
import { type AnyDataset, checkDataset, type Inputs, inputKind, sampleCount } from './dataset.ts';
import { type ClassMetrics, type ConfusionMatrix, classMetrics, computeAccuracy } from './metrics.ts';
import type { Mlp } from './mlp.ts';
import { PackedPixels } from './packed.ts';
import { isSparse } from './paths.ts';
import { CHUNK_SAMPLES } from './predictor.ts';
import { SampleMemory, type SampleRoom, sampleBytes } from './sample-memory.ts';
import { classCount, type MlpSpec } from './spec.ts';

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
  return sampleBytes(mlp.kernels, chunkRoom(dataset)) + align(cellBytes(mlp.spec));
}

/** Memory for a chunk of samples. Packed inputs are unpacked chunk by chunk. */
function chunkRoom(dataset: AnyDataset): SampleRoom {
  return {
    capacity: Math.min(sampleCount(dataset), CHUNK_SAMPLES),
    columns: dataset.columns,
    kind: inputKind(dataset.inputs) === 'floats' ? 'floats' : 'bytes',
  };
}

/** Bytes of the confusion matrix, u32 [classes][classes]. */
function cellBytes(spec: MlpSpec): number {
  return Uint32Array.BYTES_PER_ELEMENT * classCount(spec) ** 2;
}

/**
 * Measures a network on a data set. Losses are summed in float64. Throws EdgeMlpError "bad-shape", "bad-data" or
 * "not-finite".
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
 * `evaluate` as a generator: yields the number of measured samples after every 256 samples. The network must not change
 * in between.
 *
 * @example
 * ```ts
 * import { Mlp, evaluateInSlices } from 'edge-mlp';
 * import { ellipseDataset } from 'edge-mlp/data';
 * import { loadKernels } from 'edge-mlp';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const evaluation = evaluateInSlices(mlp, ellipseDataset({ samples: 600, seed: 1 }));
 * const done = [];
 * let step = evaluation.next();
 * for (; !step.done; step = evaluation.next()) done.push(step.value);
 * console.log(done, step.value.samples); // [ 256, 512, 600 ] 600
 * ```
 */
export function* evaluateInSlices(mlp: Mlp, dataset: AnyDataset): Generator<number, Evaluation, void> {
  checkDataset(dataset, mlp.spec);
  const { kernels } = mlp;
  const samples = sampleCount(dataset);
  const classes = classCount(mlp.spec);
  const cells = kernels.block(cellBytes(mlp.spec));
  let chunk: SampleMemory | undefined;
  try {
    chunk = new SampleMemory(kernels, { ...chunkRoom(dataset), sparse: isSparse(dataset) });
    let loss = 0;
    for (let first = 0; first < samples; first += CHUNK_SAMPLES) {
      const count = Math.min(CHUNK_SAMPLES, samples - first);
      chunk.writeInputs(sliceInputs(dataset, first, first + count));
      chunk.writeLabels(dataset.labels.subarray(first, first + count));
      loss += kernels.call.evaluateSamples(cells.address, mlp.memory.network, chunk.address, count);
      yield first + count;
    }
    const counts = kernels.words(cells.address, classes * classes);
    const rows = Array.from({ length: classes }, (_, label) => label * classes);
    const confusion = rows.map((start) => [...counts.subarray(start, start + classes)]);
    const measures = classMetrics(confusion);
    return { samples, loss: loss / samples, accuracy: computeAccuracy(confusion), confusion, classes: measures };
  } finally {
    chunk?.free();
    cells.free();
  }
}

function sliceInputs({ inputs, columns }: AnyDataset, from: number, to: number): Inputs {
  return inputs instanceof PackedPixels
    ? inputs.slice(from, to).unpack()
    : inputs.subarray(from * columns, to * columns);
}
