/** One pass over a data set in the kernels, which adds up what the measures are computed from. */
import { align } from './allocator.ts';
import {
  type AnyDataset,
  checkDataset,
  type Inputs,
  inputKind,
  labelFloats,
  overflowError,
  sampleCount,
  sliceLabels,
} from './dataset.ts';
import { LOSS_CODES, type Loss } from './loss.ts';
import type { Mlp } from './mlp.ts';
import { PackedPixels } from './packed.ts';
import { isSparse } from './paths.ts';
import { CHUNK_SAMPLES } from './predictor.ts';
import { SampleMemory, type SampleRoom, sampleBytes } from './sample-memory.ts';
import { type MlpSpec, outputSize } from './spec.ts';

/** Sums over the samples, each times its weight. */
interface EvaluationSums {
  /** Sum of the losses. */
  readonly loss: number;
  /** Confusion matrix [classes][classes], or squared and absolute error of each target [targets][2]. */
  readonly sums: Float64Array;
}

/** Bytes of linear memory that an evaluation takes. */
export function evaluationBytes(mlp: Mlp, dataset: AnyDataset): number {
  return sampleBytes(mlp.kernels, chunkRoom(dataset)) + align(sumCount(mlp.spec) * Float64Array.BYTES_PER_ELEMENT);
}

/** Memory for a chunk of samples. Packed inputs are unpacked chunk by chunk. */
function chunkRoom(dataset: AnyDataset): SampleRoom {
  return {
    capacity: Math.min(sampleCount(dataset), CHUNK_SAMPLES),
    columns: dataset.columns,
    kind: inputKind(dataset.inputs) === 'floats' ? 'floats' : 'bytes',
    labelFloats: labelFloats(dataset),
    weighted: dataset.weights !== undefined,
  };
}

function sumCount(spec: MlpSpec): number {
  return outputSize(spec) * (spec.task === 'regression' ? 2 : outputSize(spec));
}

/** Yields the number of samples so far after every chunk. Throws what `checkDataset` throws, or "out-of-memory". */
export function* sumInSlices(mlp: Mlp, dataset: AnyDataset, loss: Loss): Generator<number, EvaluationSums, void> {
  checkDataset(dataset, mlp.spec);
  const { kernels } = mlp;
  const samples = sampleCount(dataset);
  const length = sumCount(mlp.spec);
  const cells = kernels.block(length * Float64Array.BYTES_PER_ELEMENT);
  let chunk: SampleMemory | undefined;
  try {
    chunk = new SampleMemory(kernels, { ...chunkRoom(dataset), sparse: isSparse(dataset) });
    const code = kernels.constant(LOSS_CODES[loss]);
    let total = 0;
    for (let first = 0; first < samples; first += CHUNK_SAMPLES) {
      const count = Math.min(CHUNK_SAMPLES, samples - first);
      chunk.writeInputs(sliceInputs(dataset, first, first + count));
      chunk.writeLabels(sliceLabels(dataset, first, first + count));
      if (dataset.weights !== undefined) chunk.writeWeights(dataset.weights.subarray(first, first + count));
      total += kernels.call.evaluateSamples(cells.address, mlp.memory.network, code, chunk.address, count);
      if (!Number.isFinite(total)) throw overflowError(`samples ${first} to ${first + count - 1}`, total);
      yield first + count;
    }
    const sums = new Float64Array(kernels.bytes(cells.address, length * Float64Array.BYTES_PER_ELEMENT).slice().buffer);
    return { loss: total, sums };
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

/** Runs a generator to its end. */
export function finish<T>(generator: Generator<unknown, T, void>): T {
  for (;;) {
    const { value, done } = generator.next();
    if (done) return value;
  }
}
