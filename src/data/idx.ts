/**
 * IDX, the format of MNIST (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"): two zero
 * bytes, the type of the elements, the number of dimensions, the sizes of the dimensions as big-endian u32, and the
 * elements in row-major order.
 */
import { checkBytes } from '../core/arguments.ts';
import type { Dataset } from '../core/dataset.ts';
import { checkLabels } from '../core/dataset.ts';
import { EdgeMlpError, formatNumber } from '../core/errors.ts';

const UNSIGNED_BYTE = 0x08;

/** The content of an IDX file. */
export interface IdxArray {
  /** Sizes of the dimensions. */
  readonly shape: readonly number[];
  /** The elements, in row-major order. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Reads an IDX file of bytes. `dimensions` are the accepted numbers of dimensions. Throws EdgeMlpError "bad-data". */
export function parseIdx(bytes: Uint8Array<ArrayBuffer>, name: string, dimensions: readonly number[]): IdxArray {
  checkBytes(bytes, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wanted = dimensions.map((n) => hex((UNSIGNED_BYTE << 8) | n)).join(' or ');
  if (bytes.length < 4) {
    throw new EdgeMlpError('bad-data', `${name}: expected an IDX file, got ${bytes.length} bytes`);
  }
  const magic = view.getUint32(0);
  const rank = magic & 0xff;
  if (magic >>> 8 !== UNSIGNED_BYTE || !dimensions.includes(rank)) {
    throw new EdgeMlpError('bad-data', `${name}: expected IDX magic number ${wanted}, got ${hex(magic)}`);
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    const message = `${name}: expected an IDX header of ${headerBytes} bytes, got ${bytes.length} bytes`;
    throw new EdgeMlpError('bad-data', message);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = headerBytes + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    const difference = bytes.length < expected ? 'the file is truncated' : 'the file is too long';
    const size = `${formatNumber(expected)} bytes for ${shape.join(' × ')}`;
    throw new EdgeMlpError('bad-data', `${name}: expected ${size}, got ${formatNumber(bytes.length)}: ${difference}`);
  }
  return { shape, data: bytes.subarray(headerBytes) };
}

/** The bytes of an IDX file. */
export function formatIdx({ shape, data }: IdxArray): Uint8Array<ArrayBuffer> {
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (UNSIGNED_BYTE << 8) | shape.length);
  shape.forEach((size, i) => {
    view.setUint32(4 + 4 * i, size);
  });
  bytes.set(data, headerBytes);
  return bytes;
}

/** The bytes of an IDX file, with its name. */
export interface IdxSource {
  /** Name in messages. */
  readonly name: string;
  /** Bytes of the file, not compressed. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A data set from a file of images and a file of labels. Throws EdgeMlpError "bad-data".
 *
 * @example
 * ```ts
 * import { formatIdx, idxDataset } from 'edge-mlp/data';
 *
 * const images = { name: 'images', bytes: formatIdx({ shape: [2, 1, 2], data: Uint8Array.of(0, 255, 255, 0) }) };
 * const labels = { name: 'labels', bytes: formatIdx({ shape: [2], data: Uint8Array.of(1, 0) }) };
 * const { columns, imageShape } = idxDataset({ name: 'bars', images, labels, classes: ['left', 'right'] });
 * console.log(columns, imageShape); // 2 [ 1, 2 ]
 * ```
 */
export function idxDataset(options: {
  name: string;
  images: IdxSource;
  labels: IdxSource;
  classes: readonly string[];
  /** The label of the first class. Default: 0. */
  firstLabel?: number;
}): Dataset {
  const { name, classes, firstLabel = 0 } = options;
  const images = parseIdx(options.images.bytes, options.images.name, [3]);
  const labels = parseIdx(options.labels.bytes, options.labels.name, [1]);
  const [samples = 0, rows = 0, columns = 0] = images.shape;
  if (labels.shape[0] !== samples) {
    const expected = `${formatNumber(samples)} labels, as many as the images of ${options.images.name}`;
    const got = formatNumber(labels.shape[0] ?? 0);
    throw new EdgeMlpError('bad-data', `${options.labels.name}: expected ${expected}, got ${got}`);
  }
  if (samples === 0 || rows * columns === 0) {
    throw new EdgeMlpError('bad-data', `${options.images.name}: expected images, got ${images.shape.join(' × ')}`);
  }
  checkLabels(options.labels.name, labels.data, classes.length, firstLabel);
  return {
    name,
    inputs: images.data,
    labels: Uint16Array.from(labels.data, (label) => label - firstLabel),
    columns: rows * columns,
    classes,
    scaling: { kind: 'bytes' },
    imageShape: [rows, columns],
  };
}

/** Transposes square images of `side` × `side` pixels in place. */
export function transposePictures(pixels: Uint8Array, side: number): void {
  for (let start = 0; start < pixels.length; start += side * side) {
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < y; x++) {
        const [a, b] = [start + y * side + x, start + x * side + y];
        const above = pixels[b] ?? 0;
        pixels[b] = pixels[a] ?? 0;
        pixels[a] = above;
      }
    }
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
