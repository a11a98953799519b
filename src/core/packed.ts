/** Pixels without their zeros. Four in five of MNIST's pixels are 0: packed, they take a third of the memory. */
import { withResources } from './borrow.ts';
import { concatBytes } from './bytes.ts';
import { EdgeMlpError } from './errors.ts';
import { checkKernels, type Kernels } from './kernels.ts';

/**
 * Samples of bytes: for each sample a mask with one bit per input, and the bytes that are not zero. Slices share the
 * memory of the whole.
 *
 * @example
 * ```ts
 * import { loadKernels, PackedPixels } from 'edge-mlp';
 *
 * const packed = PackedPixels.pack(await loadKernels(), Uint8Array.of(0, 9, 0, 0, 7, 8), 3);
 * console.log(packed.samples, packed.valueBytes); // 2 3
 * console.log(packed.slice(1, 2).unpack()); // Uint8Array(3) [ 0, 7, 8 ]
 * ```
 */
export class PackedPixels {
  /** Inputs per sample. */
  readonly columns: number;
  /** `[samples][maskBytes]`, one bit per input, least significant bit first. */
  readonly masks: Uint8Array;
  /** `[samples + 1]`, the first byte of each sample in `values`, and the end of the last sample. */
  readonly offsets: Uint32Array;
  /** The bytes of all samples that are not zero. */
  readonly values: Uint8Array;

  /** @internal Use `pack` or a PixelPacker. */
  constructor(columns: number, masks: Uint8Array, offsets: Uint32Array, values: Uint8Array) {
    this.columns = columns;
    this.masks = masks;
    this.offsets = offsets;
    this.values = values;
  }

  /** Packs `inputs` [samples][columns]. */
  static pack(kernels: Kernels, inputs: Uint8Array, columns: number): PackedPixels {
    const packer = new PixelPacker(kernels, columns, inputs.length / columns);
    packer.append(inputs);
    return packer.finish();
  }

  /** Number of samples. */
  get samples(): number {
    return this.offsets.length - 1;
  }

  /** Bytes of all arrays. */
  get byteLength(): number {
    return this.masks.byteLength + this.offsets.byteLength + this.valueBytes;
  }

  /** Number of bytes that are not zero. */
  get valueBytes(): number {
    return (this.offsets.at(-1) ?? 0) - (this.offsets[0] ?? 0);
  }

  /** Fraction of inputs that are not zero. */
  get density(): number {
    return this.valueBytes / (this.samples * this.columns);
  }

  /** The samples [from, to): views, not copies. */
  slice(from: number, to: number): PackedPixels {
    const bytes = maskBytes(this.columns);
    const masks = this.masks.subarray(from * bytes, to * bytes);
    return new PackedPixels(this.columns, masks, this.offsets.subarray(from, to + 1), this.values);
  }

  /** The samples as bytes, `[samples][columns]`. */
  unpack(): Uint8Array<ArrayBuffer> {
    const { columns, masks, offsets, values, samples } = this;
    const stride = maskBytes(columns);
    const bytes = new Uint8Array(samples * columns);
    for (let n = 0; n < samples; n++) {
      let next = offsets[n] ?? 0;
      for (let i = 0; i < columns; i++) {
        if (((masks[n * stride + (i >> 3)] ?? 0) >> (i & 7)) & 1) bytes[n * columns + i] = values[next++] ?? 0;
      }
    }
    return bytes;
  }
}

/** Bytes of a sample's mask: the kernels read four at a time. */
export function maskBytes(columns: number): number {
  return 4 * Math.ceil(columns / 32);
}

/** Bytes that are copied into linear memory at a time. */
const PIECE_BYTES = 2 ** 18;

/** Some rows of bytes in linear memory. */
interface Piece {
  /** Number of the first row, and how many rows there are. */
  readonly first: number;
  readonly count: number;
  /** Address of the rows [count][columns]. */
  readonly rows: number;
}

/**
 * Copies `inputs` [n][columns] into linear memory, a piece at a time, and calls `visit` for each piece. Throws
 * `out-of-memory`.
 */
export function visitPieces(
  kernels: Kernels,
  inputs: Uint8Array,
  columns: number,
  visit: (piece: Piece) => void,
): void {
  const samples = inputs.length / columns;
  const most = Math.max(1, Math.min(samples, Math.floor(PIECE_BYTES / columns)));
  withResources((hold) => {
    const rows = hold(kernels.block(most * columns)).address;
    for (let first = 0; first < samples; first += most) {
      const count = Math.min(most, samples - first);
      kernels.bytes(rows, count * columns).set(inputs.subarray(first * columns, (first + count) * columns));
      visit({ first, count, rows });
    }
  });
}

/**
 * Packs samples from a stream.
 *
 * @example
 * ```ts
 * import { loadKernels, PixelPacker } from 'edge-mlp';
 *
 * const packer = new PixelPacker(await loadKernels(), 3, 2);
 * for (const piece of [Uint8Array.of(0, 9), Uint8Array.of(0, 0, 7, 8)]) packer.append(piece);
 * console.log(packer.finish().samples); // 2
 * ```
 */
export class PixelPacker {
  readonly #kernels: Kernels;
  readonly #columns: number;
  readonly #masks: Uint8Array;
  readonly #offsets: Uint32Array;
  readonly #values: Uint8Array<ArrayBuffer>[] = [];
  /** Samples that are packed, and the bytes of the sample that is not yet complete. */
  #samples = 0;
  #rest = new Uint8Array();

  /** For `samples` samples of `columns` inputs. */
  constructor(kernels: Kernels, columns: number, samples: number) {
    checkKernels(kernels);
    this.#kernels = kernels;
    this.#columns = columns;
    this.#masks = new Uint8Array(samples * maskBytes(columns));
    this.#offsets = new Uint32Array(samples + 1);
  }

  /** Appends bytes, which may start and end within a sample. Throws `bad-shape` for more bytes than expected. */
  append(bytes: Uint8Array): void {
    const columns = this.#columns;
    if (this.#taken + bytes.length > this.#total) {
      throw new EdgeMlpError('bad-shape', `samples: expected ${this.#total} bytes, got more`);
    }
    const all = this.#rest.length === 0 ? bytes : concatBytes([this.#rest, bytes]);
    const whole = all.length - (all.length % columns);
    this.#rest = all.slice(whole);
    visitPieces(this.#kernels, all.subarray(0, whole), columns, (piece) => this.#pack(piece));
  }

  /** Throws `bad-shape` for fewer bytes than expected. */
  finish(): PackedPixels {
    if (this.#taken !== this.#total) {
      throw new EdgeMlpError('bad-shape', `samples: expected ${this.#total} bytes, got ${this.#taken}`);
    }
    return new PackedPixels(this.#columns, this.#masks, this.#offsets, concatBytes(this.#values));
  }

  get #total(): number {
    return (this.#offsets.length - 1) * this.#columns;
  }

  get #taken(): number {
    return this.#samples * this.#columns + this.#rest.length;
  }

  #pack({ count, rows }: Piece): void {
    const kernels = this.#kernels;
    const columns = this.#columns;
    const stride = maskBytes(columns);
    const first = this.#samples;
    const start = this.#offsets[first] ?? 0;
    withResources((hold) => {
      const masks = hold(kernels.block(count * stride)).address;
      const offsets = hold(kernels.block((count + 1) * Uint32Array.BYTES_PER_ELEMENT)).address;
      const values = hold(kernels.block(count * columns)).address;
      kernels.call.packBytes(masks, offsets, values, rows, columns, count);
      this.#masks.set(kernels.bytes(masks, count * stride), first * stride);
      const ends = kernels.words(offsets, count + 1);
      for (let n = 1; n <= count; n++) this.#offsets[first + n] = start + (ends[n] ?? 0);
      this.#values.push(kernels.bytes(values, ends[count] ?? 0).slice());
    });
    this.#samples += count;
  }
}
