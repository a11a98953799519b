/** Samples in linear memory, described to the kernels by a Samples record. */
import { withResources } from './borrow.ts';
import { concatBytes } from './bytes.ts';
import { type AnyDataset, byteValue, type InputKind, inputKind, sampleCount } from './dataset.ts';
import { type Kernels, writeFields } from './kernels.ts';
import { type Region, RegionPlan } from './layout.ts';
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
    const held = packed && inputs instanceof Uint8Array ? packBytes(kernels, inputs, columns) : inputs;
    const memory = new SampleMemory(kernels, {
      capacity: sampleCount(dataset),
      columns,
      kind: inputKind(held),
      sparse,
      ...(held instanceof PackedPixels ? { values: held.valueBytes } : {}),
    });
    if (held instanceof PackedPixels) memory.writePacked(held);
    else memory.writeInputs(held);
    memory.writeLabels(labels);
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

  /** Puts packed inputs at the start; their offsets are moved to where their values lie now. */
  writePacked({ masks, offsets, values }: PackedPixels): void {
    const { bytes } = this.#kernels.whole;
    const first = offsets[0] ?? 0;
    bytes.set(masks, this.#inputs);
    this.#kernels.words(this.#offsets, offsets.length).set(offsets.map((offset) => offset - first));
    bytes.set(values.subarray(first, offsets.at(-1)), this.#values);
  }

  /** Puts labels [n] at the start. */
  writeLabels(labels: ArrayLike<number>): void {
    this.#kernels.shorts(this.#labels, labels.length).set(labels);
  }

  /** From here on training sees the pictures with the distortions of an Augmentation record. */
  augmentBy(address: number): void {
    writeFields(this.#kernels, this.#record, { SAMPLES_AUGMENTATION: address });
  }

  free(): void {
    this.#kernels.free(this.#start);
  }
}

const PIECE_BYTES = 2 ** 18;

/** `PackedPixels.pack` by the kernels, piece by piece: ten times as fast. */
function packBytes(kernels: Kernels, inputs: Uint8Array, columns: number): PackedPixels {
  const samples = inputs.length / columns;
  const stride = maskBytes(columns);
  const masks = new Uint8Array(samples * stride);
  const offsets = new Uint32Array(samples + 1);
  const values: Uint8Array<ArrayBuffer>[] = [];
  const most = Math.max(1, Math.min(samples, Math.floor(PIECE_BYTES / columns)));
  const plan = new RegionPlan();
  const regions = {
    rows: plan.add(most * columns),
    masks: plan.add(most * stride),
    offsets: plan.add((most + 1) * Uint32Array.BYTES_PER_ELEMENT),
    values: plan.add(most * columns),
  };
  withResources((hold) => {
    const { address } = hold(kernels.block(plan.bytes));
    const at = (region: Region) => address + region.offset;
    for (let first = 0; first < samples; first += most) {
      const count = Math.min(most, samples - first);
      kernels.bytes(at(regions.rows), count * columns).set(inputs.subarray(first * columns, (first + count) * columns));
      kernels.call.packBytes(
        ...([at(regions.masks), at(regions.offsets), at(regions.values), at(regions.rows), columns, count] as const),
      );
      masks.set(kernels.bytes(at(regions.masks), count * stride), first * stride);
      const start = offsets[first] ?? 0;
      const ends = kernels.words(at(regions.offsets), count + 1);
      offsets.set(
        ends.map((end) => start + end),
        first,
      );
      values.push(kernels.bytes(at(regions.values), ends.at(-1) ?? 0).slice());
    }
  });
  return new PackedPixels(columns, masks, offsets, concatBytes(values));
}
