/** Pixels without their zeros: of MNIST's, four in five are 0, and what is left takes a third of the room. */
import { EdgeMlpError } from './errors.ts';

/**
 * Samples of bytes, each as a mask with one bit for each input and the values of those that are not zero. Slices share the
 * memory of the whole.
 *
 * @example
 * ```ts
 * import { PackedPixels } from 'edge-mlp';
 *
 * const packed = PackedPixels.pack(Uint8Array.of(0, 9, 0, 0, 7, 8), 3);
 * console.log(packed.samples, packed.valueBytes); // 2 3
 * ```
 */
export class PackedPixels {
  /** Inputs of a sample. */
  readonly columns: number;
  /** `[samples][maskBytes]`, one bit for each input, the least significant bit first. */
  readonly masks: Uint8Array;
  /** `[samples + 1]`: where in `values` each sample begins, and where the last one ends. */
  readonly offsets: Uint32Array;
  /** Of all samples, those that are not zero. */
  readonly values: Uint8Array;

  /** @internal `pack` makes them, or a PixelPacker. */
  constructor(columns: number, masks: Uint8Array, offsets: Uint32Array, values: Uint8Array) {
    this.columns = columns;
    this.masks = masks;
    this.offsets = offsets;
    this.values = values;
  }

  /**
   * From `inputs` [samples][columns].
   *
   * @example
   * ```ts
   * import { PackedPixels } from 'edge-mlp';
   *
   * const packed = PackedPixels.pack(Uint8Array.of(0, 9, 0, 0, 7, 8), 3);
   * console.log(packed.values); // Uint8Array(3) [ 9, 7, 8 ]
   * ```
   */
  static pack(inputs: Uint8Array, columns: number): PackedPixels {
    const packer = new PixelPacker(columns, inputs.length / columns);
    packer.append(inputs);
    return packer.finish();
  }

  /** How many there are. */
  get samples(): number {
    return this.offsets.length - 1;
  }

  /** Of all arrays together. */
  get byteLength(): number {
    return this.masks.byteLength + this.offsets.byteLength + this.valueBytes;
  }

  /** Bytes that are not zero. */
  get valueBytes(): number {
    return (this.offsets.at(-1) ?? 0) - (this.offsets[0] ?? 0);
  }

  /** Share of inputs that are not zero. */
  get density(): number {
    return this.valueBytes / (this.samples * this.columns);
  }

  /**
   * The samples [from, to): views, not copies.
   *
   * @example
   * ```ts
   * import { PackedPixels } from 'edge-mlp';
   *
   * const packed = PackedPixels.pack(Uint8Array.of(0, 9, 0, 0, 7, 8), 3);
   * console.log(packed.slice(1, 2).unpack()); // Uint8Array(3) [ 0, 7, 8 ]
   * ```
   */
  slice(from: number, to: number): PackedPixels {
    const bytes = maskBytes(this.columns);
    const masks = this.masks.subarray(from * bytes, to * bytes);
    return new PackedPixels(this.columns, masks, this.offsets.subarray(from, to + 1), this.values);
  }

  /**
   * As bytes, [samples][columns].
   *
   * @example
   * ```ts
   * import { PackedPixels } from 'edge-mlp';
   *
   * const packed = PackedPixels.pack(Uint8Array.of(0, 9, 0, 0, 7, 8), 3);
   * console.log(packed.unpack()); // Uint8Array(6) [ 0, 9, 0, 0, 7, 8 ]
   * ```
   */
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

/**
 * Packs samples piece by piece, as they come from a stream.
 *
 * @example
 * ```ts
 * import { PixelPacker } from 'edge-mlp';
 *
 * const packer = new PixelPacker(3, 2);
 * for (const piece of [Uint8Array.of(0, 9), Uint8Array.of(0, 0, 7, 8)]) packer.append(piece);
 * console.log(packer.finish().samples); // 2
 * ```
 */
export class PixelPacker {
  readonly #columns: number;
  readonly #masks: Uint8Array;
  readonly #offsets: Uint32Array;
  #values: Uint8Array;
  /** Bytes of input that have come. */
  #taken = 0;
  #used = 0;

  /** For so many samples of so many inputs. */
  constructor(columns: number, samples: number) {
    this.#columns = columns;
    this.#masks = new Uint8Array(samples * maskBytes(columns));
    this.#offsets = new Uint32Array(samples + 1);
    this.#values = new Uint8Array(Math.max(1024, Math.ceil((samples * columns) / 5)));
  }

  /**
   * Takes bytes that may begin and end anywhere in a sample. Throws `bad-shape` for more than were announced.
   *
   * @example
   * ```ts
   * import { PixelPacker } from 'edge-mlp';
   *
   * const packer = new PixelPacker(3, 1);
   * packer.append(Uint8Array.of(0, 9, 0));
   * try {
   *   packer.append(Uint8Array.of(1));
   * } catch (error) {
   *   console.log((error as { code?: string }).code); // bad-shape
   * }
   * ```
   */
  append(bytes: Uint8Array): void {
    const columns = this.#columns;
    const total = (this.#offsets.length - 1) * columns;
    if (this.#taken + bytes.length > total) {
      throw new EdgeMlpError('bad-shape', `samples: expected ${total} bytes, got more`);
    }
    let at = 0;
    while (at < bytes.length) {
      const sample = Math.floor(this.#taken / columns);
      const from = this.#taken - sample * columns;
      const to = Math.min(columns, from + bytes.length - at);
      this.#appendRow(sample, from, bytes.subarray(at, at + to - from));
      this.#taken += to - from;
      at += to - from;
      if (to === columns) this.#offsets[sample + 1] = this.#used;
    }
  }

  /** A part of one sample, from its input `first` on. */
  #appendRow(sample: number, first: number, part: Uint8Array): void {
    const start = sample * maskBytes(this.#columns);
    this.#reserve(part.length);
    for (let k = 0; k < part.length; k++) {
      const byte = part[k] ?? 0;
      if (byte === 0) continue;
      const i = first + k;
      const at = start + (i >> 3);
      this.#masks[at] = (this.#masks[at] ?? 0) | (1 << (i & 7));
      this.#values[this.#used++] = byte;
    }
  }

  /**
   * Throws `bad-shape` where less came than was announced.
   *
   * @example
   * ```ts
   * import { PixelPacker } from 'edge-mlp';
   *
   * const packer = new PixelPacker(2, 1);
   * packer.append(Uint8Array.of(5, 0));
   * console.log(packer.finish().unpack()); // Uint8Array(2) [ 5, 0 ]
   * ```
   */
  finish(): PackedPixels {
    const total = (this.#offsets.length - 1) * this.#columns;
    if (this.#taken !== total) {
      throw new EdgeMlpError('bad-shape', `samples: expected ${total} bytes, got ${this.#taken}`);
    }
    return new PackedPixels(this.#columns, this.#masks, this.#offsets, this.#values.slice(0, this.#used));
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#values.length) return;
    const larger = new Uint8Array(Math.ceil(1.5 * this.#values.length) + bytes);
    larger.set(this.#values);
    this.#values = larger;
  }
}
