/** Prediction: the layout of a network that is not trained, and memory for samples and their predictions. */
import { withResources } from './borrow.ts';
import { type InputKind, type Inputs, inputKind, overflowError } from './dataset.ts';
import type { Kernels } from './kernels.ts';
import { chooseLoss } from './loss.ts';
import type { NetworkOptions } from './network-memory.ts';
import { SampleMemory } from './sample-memory.ts';
import { inputSize, type MlpSpec, outputSize, type Precision, parameterCount } from './spec.ts';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;

/** Samples that `predictBatch`, `logits` and `evaluate` copy to linear memory at a time. */
export const CHUNK_SAMPLES = 256;

const INFERENCE_ROWS = 16;
/** Fraction of the memory of the weights that rows may take, so that a service can hold many networks. */
const INFERENCE_SHARE = 1 / 8;

/** A few samples at a time, which share the reads of the weights; no gradient and no velocity. */
export function inferenceOptions(spec: MlpSpec, precision: Precision = 'float32'): NetworkOptions {
  const [inputs = 0, ...outputs] = spec.layers;
  const rowBytes = 8 * outputs.reduce((sum, count) => sum + count, inputs);
  const most = Math.floor((INFERENCE_SHARE * 4 * parameterCount(spec.layers)) / rowBytes);
  // The kernels for int8 weights do not share reads between rows.
  const rows = precision === 'int8' ? 1 : Math.max(1, Math.min(INFERENCE_ROWS, most));
  const training = { training: false, sparse: false, pending: false, dropout: false };
  const loss = chooseLoss(spec);
  return { precision, loss, rows, ...training, velocity: false, secondMoment: false, gradient: false };
}

interface Network {
  readonly kernels: Kernels;
  readonly spec: MlpSpec;
  readonly memory: { readonly network: number };
}

/** Runs `inputs` [samples][inputs] in chunks, and calls `visit` after each chunk. */
export function predictChunks(
  { kernels, spec, memory }: Network,
  inputs: Inputs,
  visit: (predictor: Predictor, first: number, count: number) => void,
): void {
  const columns = inputSize(spec);
  const samples = inputs.length / columns;
  withResources((hold) => {
    const capacity = Math.min(samples, CHUNK_SAMPLES);
    const predictor = hold(new Predictor(kernels, spec, { kind: inputKind(inputs), capacity }));
    for (let first = 0; first < samples; first += CHUNK_SAMPLES) {
      const count = Math.min(CHUNK_SAMPLES, samples - first);
      predictor.run(memory.network, inputs.subarray(first * columns, (first + count) * columns), count, first);
      visit(predictor, first, count);
    }
  });
}

/**
 * The activations of each hidden layer, [hidden layers][samples][units], for `inputs` [samples][inputs]. Throws
 * EdgeMlpError "not-finite" if numbers overflow inside the network.
 */
export function readActivations({ kernels, spec, memory }: Network, inputs: Inputs): Float32Array[] {
  const [columns = 0, ...outputs] = spec.layers;
  const hidden = outputs.slice(0, -1);
  const samples = inputs.length / columns;
  const activations = hidden.map((units) => new Float32Array(samples * units));
  withResources((hold) => {
    const predictor = hold(new Predictor(kernels, spec, { kind: inputKind(inputs), capacity: 1 }));
    for (let sample = 0; sample < samples; sample++) {
      predictor.run(memory.network, inputs.subarray(sample * columns, (sample + 1) * columns), 1, sample);
      for (const [l, units] of hidden.entries()) {
        const row = kernels.floats(kernels.call.layerOutput(memory.network, l), units);
        activations[l]?.set(row, sample * units);
      }
    }
  });
  return activations;
}

export class Predictor {
  readonly #kernels: Kernels;
  readonly #outputSize: number;
  readonly #samples: SampleMemory;
  /** u32 [capacity], then the probabilities and the outputs [capacity][outputs]. */
  readonly #labels: number;
  readonly #probabilities: number;
  readonly #outputs: number;

  constructor(kernels: Kernels, spec: MlpSpec, options: { readonly kind: InputKind; readonly capacity: number }) {
    const { kind, capacity } = options;
    this.#kernels = kernels;
    this.#outputSize = outputSize(spec);
    const rowsBytes = capacity * this.#outputSize * FLOAT_BYTES;
    this.#labels = kernels.allocate(capacity * WORD_BYTES + 2 * rowsBytes);
    this.#probabilities = this.#labels + capacity * WORD_BYTES;
    this.#outputs = this.#probabilities + rowsBytes;
    try {
      // Pixels are mostly zeros, and dense inputs lose little on the sparse path.
      this.#samples = new SampleMemory(kernels, { capacity, columns: inputSize(spec), kind, sparse: true });
    } catch (error) {
      kernels.free(this.#labels);
      throw error;
    }
  }

  /**
   * Runs `count` samples through the network whose record is at address `network`. `first` is the number of the first
   * sample, for errors. Throws EdgeMlpError "not-finite" if numbers overflow inside the network.
   */
  run(network: number, inputs: Inputs, count: number, first = 0): void {
    this.#samples.writeInputs(inputs);
    this.#kernels.call.predictSamples(
      this.#labels,
      this.#probabilities,
      this.#outputs,
      network,
      this.#samples.address,
      count,
    );
    const { floats } = this.#kernels.whole;
    const start = this.#outputs / FLOAT_BYTES;
    const end = start + count * this.#outputSize;
    // A difference is faster than Number.isFinite, and NaN for NaN and infinities.
    for (let i = start; i < end; i++) {
      const value = floats[i] ?? Number.NaN;
      if (value - value !== 0)
        throw overflowError(`sample ${first + Math.floor((i - start) / this.#outputSize)}`, value);
    }
  }

  /** The predicted class of a sample of the last run. */
  label(sample: number): number {
    return this.#kernels.whole.words[this.#labels / WORD_BYTES + sample] ?? 0;
  }

  /** A copy of the probabilities of the last run, [count][classes]. */
  probabilities(count: number): Float32Array<ArrayBuffer> {
    const start = this.#probabilities / FLOAT_BYTES;
    return this.#kernels.whole.floats.slice(start, start + count * this.#outputSize);
  }

  /** A copy of the outputs of the last run, [count][outputs]: logits, or values of a regression. */
  outputs(count: number): Float32Array<ArrayBuffer> {
    const start = this.#outputs / FLOAT_BYTES;
    return this.#kernels.whole.floats.slice(start, start + count * this.#outputSize);
  }

  free(): void {
    this.#samples.free();
    this.#kernels.free(this.#labels);
  }
}
