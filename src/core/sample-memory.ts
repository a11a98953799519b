/** Samples in linear memory, described to the kernels by a Samples record. */
import { type AnyDataset, byteValue, type InputKind, kindOf, sampleCount } from './dataset.ts';
import { type Kernels, writeFields } from './kernels.ts';
import { RegionPlan } from './layout.ts';
import { maskBytes, PackedPixels } from './packed.ts';
import type { Paths } from './paths.ts';

const INPUT_KINDS = { bytes: 'INPUT_BYTES', floats: 'INPUT_FLOATS', packed: 'INPUT_PACKED' } as const;

export interface SampleMemoryOptions {
  /** Samples that there is room for. */
  readonly capacity: number;
  readonly columns: number;
  readonly kind: InputKind;
  readonly sparse: boolean;
  /** Of packed inputs: how many bytes that are not zero there is room for. */
  readonly values?: number;
}

/** Room for a number of samples, filled from data sets or from loose inputs. */
export class SampleMemory {
  readonly #kernels: Kernels;
  readonly #options: SampleMemoryOptions;
  readonly #start: number;
  readonly #record: number;
  readonly #inputs: number;
  readonly #labels: number;
  readonly #offsets: number;
  readonly #values: number;

  constructor(kernels: Kernels, options: SampleMemoryOptions) {
    this.#kernels = kernels;
    this.#options = options;
    const { capacity, columns, kind, sparse, values = 0 } = options;
    const packed = kind === 'packed';
    const sampleBytes = {
      bytes: columns,
      floats: columns * Float32Array.BYTES_PER_ELEMENT,
      packed: maskBytes(columns),
    };
    const plan = new RegionPlan();
    const regions = {
      record: plan.add(kernels.constant('SAMPLES_BYTES')),
      byteValues: plan.add(256 * Float32Array.BYTES_PER_ELEMENT),
      labels: plan.add(capacity * Uint16Array.BYTES_PER_ELEMENT),
      inputs: plan.add(capacity * sampleBytes[kind]),
      offsets: plan.add(packed ? (capacity + 1) * Uint32Array.BYTES_PER_ELEMENT : 0),
      values: plan.add(values),
    };
    this.#start = kernels.allocate(plan.bytes);
    const record = this.#start + regions.record.offset;
    const byteValues = this.#start + regions.byteValues.offset;
    this.#record = record;
    this.#labels = this.#start + regions.labels.offset;
    this.#inputs = this.#start + regions.inputs.offset;
    this.#offsets = this.#start + regions.offsets.offset;
    this.#values = this.#start + regions.values.offset;
    kernels.floats(byteValues, 256).set(Float32Array.from({ length: 256 }, (_, byte) => byteValue(byte)));
    writeFields(kernels, record, {
      SAMPLES_COUNT: capacity,
      SAMPLES_INPUT_KIND: kernels.constant(INPUT_KINDS[kind]),
      // What is packed is a list of what is not zero.
      SAMPLES_SPARSE: sparse || packed ? 1 : 0,
      SAMPLES_COLUMNS: columns,
      SAMPLES_INPUTS: this.#inputs,
      SAMPLES_LABELS: this.#labels,
      SAMPLES_BYTE_VALUES: byteValues,
      SAMPLES_OFFSETS: this.#offsets,
      SAMPLES_VALUES: this.#values,
    });
  }

  /** Memory that holds a whole data set; bytes without their zeros, where `packed`. */
  static of(kernels: Kernels, dataset: AnyDataset, { sparse, packed }: Pick<Paths, 'sparse' | 'packed'>): SampleMemory {
    const { inputs, columns, labels } = dataset;
    const common = { capacity: sampleCount(dataset), columns, sparse };
    const memory = (options: Pick<SampleMemoryOptions, 'kind' | 'values'>) =>
      new SampleMemory(kernels, { ...common, ...options });
    let held: SampleMemory;
    if (inputs instanceof PackedPixels) {
      held = memory({ kind: 'packed', values: inputs.valueBytes });
      held.writePacked(inputs);
    } else if (packed && inputs instanceof Uint8Array) {
      held = memory({ kind: 'packed', values: countNonZero(kernels, inputs) });
      held.#pack(inputs);
    } else {
      held = memory({ kind: kindOf(inputs) });
      held.writeInputs(inputs);
    }
    held.writeLabels(labels);
    return held;
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

  /** Puts packed inputs at the start; their offsets are moved to where their values lie now. */
  writePacked({ masks, offsets, values }: PackedPixels): void {
    const { bytes } = this.#kernels.whole;
    const first = offsets[0] ?? 0;
    bytes.set(masks, this.#inputs);
    this.#kernels.words(this.#offsets, offsets.length).set(offsets.map((offset) => offset - first));
    bytes.set(values.subarray(first, offsets.at(-1)), this.#values);
  }

  /** Packs bytes [n][columns], piece by piece. */
  #pack(inputs: Uint8Array): void {
    const kernels = this.#kernels;
    const { columns } = this.#options;
    for (const { address, from, bytes } of pieces(kernels, inputs, PIECE_SAMPLES * columns)) {
      const first = from / columns;
      kernels.call.packBytes(
        this.#inputs + first * maskBytes(columns),
        this.#offsets + first * Uint32Array.BYTES_PER_ELEMENT,
        this.#values,
        address,
        columns,
        bytes / columns,
      );
    }
  }

  /** Puts labels [n] at the start. */
  writeLabels(labels: ArrayLike<number>): void {
    this.#kernels.shorts(this.#labels, labels.length).set(labels);
  }

  free(): void {
    this.#kernels.free(this.#start);
  }
}

const PIECE_SAMPLES = 256;

function countNonZero(kernels: Kernels, inputs: Uint8Array): number {
  let count = 0;
  for (const { address, bytes } of pieces(kernels, inputs, PIECE_BYTES)) {
    count += kernels.call.countNonZero(address, bytes);
  }
  return count;
}

const PIECE_BYTES = 2 ** 18;

/** Brings an array into linear memory piece by piece: each is there until the next one comes. */
function* pieces(
  kernels: Kernels,
  inputs: Uint8Array,
  most: number,
): Generator<{ address: number; from: number; bytes: number }, void> {
  const block = kernels.block(most);
  try {
    for (let from = 0; from < inputs.length; from += most) {
      const piece = inputs.subarray(from, from + most);
      kernels.bytes(block.address, piece.length).set(piece);
      yield { address: block.address, from, bytes: piece.length };
    }
  } finally {
    block.free();
  }
}
