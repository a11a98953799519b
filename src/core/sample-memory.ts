/** Samples in linear memory. assembly/memory-map.ts computes their size and writes the record that describes them. */
import { type AnyDataset, type InputKind, inputKind, type Labels, labelFloats, sampleCount } from './dataset.ts';
import type { Kernels } from './kernels.ts';
import { maskBytes, PackedPixels, visitPieces } from './packed.ts';
import type { Paths } from './paths.ts';

const INPUT_KINDS = { bytes: 'INPUT_BYTES', floats: 'INPUT_FLOATS', packed: 'INPUT_PACKED' } as const;

/** Capacity of a block of samples. */
export interface SampleRoom {
  readonly capacity: number;
  readonly columns: number;
  readonly kind: InputKind;
  /** Float32 labels of a sample: targets, or probabilities. Absent: a class for each sample. */
  readonly labelFloats?: number | undefined;
  /** Whether samples have weights. Default: no. */
  readonly weighted?: boolean;
  /** Packed inputs: bytes that are not zero. */
  readonly values?: number;
}

/** Bytes of linear memory of a block of samples. */
export function sampleBytes(kernels: Kernels, room: SampleRoom): number {
  return kernels.call.samplesBytes(...describeRoom(kernels, room));
}

/** The arguments of `samplesBytes` and `setUpSamples` of assembly/memory-map.ts. */
function describeRoom(
  kernels: Kernels,
  { capacity, columns, kind, labelFloats: floats, weighted = false, values = 0 }: SampleRoom,
) {
  const labelBytes = floats === undefined ? Uint16Array.BYTES_PER_ELEMENT : floats * Float32Array.BYTES_PER_ELEMENT;
  return [kernels.constant(INPUT_KINDS[kind]), capacity, columns, labelBytes, weighted, values] as const;
}

/** A block of samples, filled from a data set or from single inputs. */
export class SampleMemory {
  /** Address of the Samples record. */
  readonly address: number;
  readonly #kernels: Kernels;
  readonly #kind: InputKind;
  readonly #inputs: number;
  readonly #labels: number;
  readonly #floatLabels: boolean;

  /** Throws `out-of-memory`. */
  constructor(kernels: Kernels, { sparse, ...room }: SampleRoom & { readonly sparse: boolean }) {
    this.#kernels = kernels;
    this.#kind = room.kind;
    this.#floatLabels = room.labelFloats !== undefined;
    this.address = kernels.allocate(sampleBytes(kernels, room));
    kernels.call.setUpSamples(this.address, ...describeRoom(kernels, room), sparse);
    this.#inputs = kernels.field(this.address, 'SAMPLES_INPUTS');
    this.#labels = kernels.field(this.address, 'SAMPLES_LABELS');
  }

  /**
   * Memory with a whole data set, with `weights` [samples] for training; with `packed`, bytes are stored without their
   * zeros.
   */
  static of(
    kernels: Kernels,
    dataset: AnyDataset,
    { sparse, packed, weights }: Pick<Paths, 'sparse' | 'packed'> & { readonly weights?: Float32Array | undefined },
  ): SampleMemory {
    const { inputs, columns, labels } = dataset;
    const packing = packed && inputs instanceof Uint8Array;
    const memory = new SampleMemory(kernels, {
      capacity: sampleCount(dataset),
      columns,
      kind: packing ? 'packed' : inputKind(inputs),
      labelFloats: labelFloats(dataset),
      weighted: weights !== undefined,
      sparse,
      values: packing ? countNonZero(kernels, inputs, columns) : inputs instanceof PackedPixels ? inputs.valueBytes : 0,
    });
    try {
      if (packing) memory.#packInputs(inputs, columns);
      else if (inputs instanceof PackedPixels) memory.writePacked(inputs);
      else memory.writeInputs(inputs);
    } catch (error) {
      memory.free();
      throw error;
    }
    memory.writeLabels(labels);
    if (weights !== undefined) memory.writeWeights(weights);
    return memory;
  }

  /** Writes inputs [n][columns] to the start. Their kind is that of this memory. */
  writeInputs(inputs: Uint8Array | Float32Array): void {
    const { bytes, floats } = this.#kernels.whole;
    if (this.#kind === 'bytes') bytes.set(inputs, this.#inputs);
    else floats.set(inputs, this.#inputs / Float32Array.BYTES_PER_ELEMENT);
  }

  /** Writes packed inputs to the start, with offsets from the first of their values. */
  writePacked({ masks, offsets, values }: PackedPixels): void {
    const first = offsets[0] ?? 0;
    const kernels = this.#kernels;
    const { bytes } = kernels.whole;
    bytes.set(masks, this.#inputs);
    const target = kernels.words(kernels.field(this.address, 'SAMPLES_OFFSETS'), offsets.length);
    target.set(offsets.map((offset) => offset - first));
    bytes.set(values.subarray(first, offsets.at(-1)), kernels.field(this.address, 'SAMPLES_VALUES'));
  }

  /** Packs bytes [n][columns] into their place. */
  #packInputs(inputs: Uint8Array, columns: number): void {
    const kernels = this.#kernels;
    const offsets = kernels.field(this.address, 'SAMPLES_OFFSETS');
    const values = kernels.field(this.address, 'SAMPLES_VALUES');
    visitPieces(kernels, inputs, columns, ({ first, rows, count }) => {
      const masks = this.#inputs + first * maskBytes(columns);
      const start = offsets + first * Uint32Array.BYTES_PER_ELEMENT;
      kernels.call.packBytes(masks, start, values, rows, columns, count);
    });
  }

  /** Writes classes [n], probabilities [n][classes] or targets [n][targets] to the start. */
  writeLabels(labels: Labels): void {
    const { length } = labels;
    const kernels = this.#kernels;
    const target = this.#floatLabels ? kernels.floats(this.#labels, length) : kernels.shorts(this.#labels, length);
    target.set(labels);
  }

  /** Writes weights [n] to the start. The memory must have room for weights. */
  writeWeights(weights: Float32Array): void {
    const kernels = this.#kernels;
    kernels.floats(kernels.field(this.address, 'SAMPLES_WEIGHTS'), weights.length).set(weights);
  }

  /** From now on training reads pictures with the distortions of an Augmentation record. */
  augmentBy(address: number): void {
    this.#kernels.setField(this.address, 'SAMPLES_AUGMENTATION', address);
  }

  free(): void {
    this.#kernels.free(this.address);
  }
}

function countNonZero(kernels: Kernels, bytes: Uint8Array, columns: number): number {
  let total = 0;
  visitPieces(kernels, bytes, columns, ({ rows, count }) => {
    total += kernels.call.countNonZero(rows, count * columns);
  });
  return total;
}
