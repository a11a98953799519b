/** Samples in linear memory, described to the kernels by a Samples record. */
import { byteValue, type Dataset, density, type InputKind, kindOf, sampleCount } from './dataset.ts';
import { type Kernels, writeFields } from './kernels.ts';
import { RegionPlan } from './layout.ts';

/**
 * Below this share of non-zero inputs the first layer works on lists of them. The result is the same to the last bit, so
 * this is a matter of speed alone: listing the entries costs about a tenth of what a dense row of 784 does.
 */
const SPARSE_BELOW_DENSITY = 0.7;

export function isSparse(dataset: Dataset): boolean {
  return density(dataset) < SPARSE_BELOW_DENSITY;
}

export interface SampleMemoryOptions {
  /** Samples that there is room for. */
  readonly capacity: number;
  readonly columns: number;
  readonly kind: InputKind;
  readonly sparse: boolean;
}

/** Room for a number of samples, filled from data sets or from loose inputs. */
export class SampleMemory {
  readonly #kernels: Kernels;
  readonly #options: SampleMemoryOptions;
  readonly #start: number;
  readonly #record: number;
  readonly #inputs: number;
  readonly #labels: number;

  constructor(kernels: Kernels, options: SampleMemoryOptions) {
    this.#kernels = kernels;
    this.#options = options;
    const { capacity, columns, kind, sparse } = options;
    const inputBytes = capacity * columns * (kind === 'bytes' ? 1 : Float32Array.BYTES_PER_ELEMENT);
    const plan = new RegionPlan();
    const regions = {
      record: plan.add(kernels.constant('SAMPLES_BYTES')),
      byteValues: plan.add(256 * Float32Array.BYTES_PER_ELEMENT),
      labels: plan.add(capacity * Uint16Array.BYTES_PER_ELEMENT),
      inputs: plan.add(inputBytes),
    };
    this.#start = kernels.allocate(plan.bytes);
    const record = this.#start + regions.record.offset;
    const byteValues = this.#start + regions.byteValues.offset;
    this.#record = record;
    this.#labels = this.#start + regions.labels.offset;
    this.#inputs = this.#start + regions.inputs.offset;
    kernels.floats(byteValues, 256).set(Float32Array.from({ length: 256 }, (_, byte) => byteValue(byte)));
    writeFields(kernels, record, {
      SAMPLES_COUNT: capacity,
      SAMPLES_INPUT_KIND: kernels.constant(kind === 'bytes' ? 'INPUT_BYTES' : 'INPUT_FLOATS'),
      SAMPLES_SPARSE: sparse ? 1 : 0,
      SAMPLES_COLUMNS: columns,
      SAMPLES_INPUTS: this.#inputs,
      SAMPLES_LABELS: this.#labels,
      SAMPLES_BYTE_VALUES: byteValues,
    });
  }

  /** Memory that holds a whole data set. */
  static of(kernels: Kernels, dataset: Dataset): SampleMemory {
    const memory = new SampleMemory(kernels, {
      capacity: sampleCount(dataset),
      columns: dataset.columns,
      kind: kindOf(dataset.inputs),
      sparse: isSparse(dataset),
    });
    memory.writeInputs(dataset.inputs);
    memory.writeLabels(dataset.labels);
    return memory;
  }

  /** Address of the Samples record. */
  get address(): number {
    return this.#record;
  }

  /** Puts inputs [n][columns] at the start, of the kind that this memory was made for. */
  writeInputs(inputs: Uint8Array | Float32Array): void {
    const { bytes, floats } = this.#kernels.whole;
    if (this.#options.kind === 'bytes') bytes.set(inputs, this.#inputs);
    else floats.set(inputs, this.#inputs / Float32Array.BYTES_PER_ELEMENT);
  }

  /** Puts labels [n] at the start. */
  writeLabels(labels: ArrayLike<number>): void {
    this.#kernels.shorts(this.#labels, labels.length).set(labels);
  }

  free(): void {
    this.#kernels.free(this.#start);
  }
}
