/** Memory for the inputs and the answers of a number of samples. */
import type { InputKind, Inputs } from './dataset.ts';
import type { Kernels } from './kernels.ts';
import { SampleMemory } from './sample-memory.ts';
import { classCount, inputSize, type MlpSpec } from './spec.ts';

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;

export class Predictor {
  readonly #kernels: Kernels;
  readonly #classes: number;
  readonly #samples: SampleMemory;
  /** u32 [capacity], then the probabilities and the logits [capacity][classes]. */
  readonly #labels: number;
  readonly #probabilities: number;
  readonly #logits: number;

  constructor(kernels: Kernels, spec: MlpSpec, options: { readonly kind: InputKind; readonly capacity: number }) {
    const { kind, capacity } = options;
    this.#kernels = kernels;
    this.#classes = classCount(spec);
    const rowsBytes = capacity * this.#classes * FLOAT_BYTES;
    this.#labels = kernels.allocate(capacity * WORD_BYTES + 2 * rowsBytes);
    this.#probabilities = this.#labels + capacity * WORD_BYTES;
    this.#logits = this.#probabilities + rowsBytes;
    try {
      // Pixels are mostly zeros; a dense input loses little by the sparse path, and nothing is known of it beforehand.
      this.#samples = new SampleMemory(kernels, { capacity, columns: inputSize(spec), kind, sparse: true });
    } catch (error) {
      kernels.free(this.#labels);
      throw error;
    }
  }

  /** Runs `count` samples through the network whose record lies at that address. */
  run(network: number, inputs: Inputs, count: number): void {
    this.#samples.writeInputs(inputs);
    this.#kernels.call.predictSamples(
      this.#labels,
      this.#probabilities,
      this.#logits,
      network,
      this.#samples.address,
      count,
    );
  }

  /** The class found for a sample of the last run. */
  label(sample: number): number {
    return this.#kernels.whole.words[this.#labels / WORD_BYTES + sample] ?? 0;
  }

  /** A copy of the probabilities of the last run's samples, [count][classes]. */
  probabilities(count: number): Float32Array<ArrayBuffer> {
    const start = this.#probabilities / FLOAT_BYTES;
    return this.#kernels.whole.floats.slice(start, start + count * this.#classes);
  }

  /** A copy of their logits, [count][classes]. */
  logits(count: number): Float32Array<ArrayBuffer> {
    const start = this.#logits / FLOAT_BYTES;
    return this.#kernels.whole.floats.slice(start, start + count * this.#classes);
  }

  free(): void {
    this.#samples.free();
    this.#kernels.free(this.#labels);
  }
}
