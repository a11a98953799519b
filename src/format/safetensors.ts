/**
 * safetensors (Hugging Face, "Safetensors format"): header length as little-endian u64, a JSON header
 * {name: {dtype, shape, data_offsets: [begin, end]}, "__metadata__": {key: text}}, then the bytes of the tensors,
 * row-major, little-endian, without gaps or overlaps. Element types F32 and I8 are written; F64, F16 and BF16 are read as
 * float32.
 */
import { checkBytes } from '../core/arguments.ts';
import { describeValue, EdgeMlpError, formatJson, formatNumber, shorten } from '../core/errors.ts';
import { ELEMENT_BYTES, readElements } from './element-types.ts';
import { Field, isRecord } from './fields.ts';

/** An array of numbers. */
export interface Tensor {
  /** Sizes of the dimensions. */
  readonly shape: readonly number[];
  /** The elements in row-major order. */
  readonly data: Float32Array | Int8Array;
  /** The element type in the file, if reading converted it: F16 and BF16 exactly, F64 rounded to nearest even. */
  readonly converted?: string;
}

/** The content of a safetensors file. */
export interface Safetensors {
  /** Tensors by name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Texts by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;
/** The limit of the header in the format. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = '__metadata__';

/**
 * The bytes of a safetensors file. The same tensors and metadata in the same order give the same bytes.
 *
 * @example
 * ```ts
 * import { formatSafetensors } from 'edge-mlp/format';
 *
 * const tensors = new Map([['x', { shape: [2], data: Float32Array.of(1, 2) }]]);
 * console.log(formatSafetensors({ tensors, metadata: {} }).length); // 88
 * ```
 */
export function formatSafetensors({ tensors, metadata }: Safetensors): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { [METADATA_KEY]: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = {
      dtype: data instanceof Int8Array ? 'I8' : 'F32',
      shape,
      data_offsets: [offset, offset + data.byteLength],
    };
    offset += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces align the tensors to 8 bytes, as in the reference implementation.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes).set(json, LENGTH_BYTES);
  let position = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

/** Reads a safetensors file. Throws EdgeMlpError "bad-model". */
export function parseSafetensors(bytes: Uint8Array, name: string): Safetensors {
  checkBytes(bytes, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(bytes, view, name);
  const start = LENGTH_BYTES + Number(view.getBigUint64(0, true));
  const { [METADATA_KEY]: metadata = {}, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  let expectedBegin = 0;
  const sorted = Object.entries(entries).map(([key, value]) => ({
    key,
    ...checkEntry(value, `${name}: ${shorten(key)}`),
  }));
  sorted.sort((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { key, dtype, shape, begin, end } of sorted) {
    if (begin !== expectedBegin) {
      const fault = begin < expectedBegin ? 'it overlaps the tensor before it' : 'there is a gap before it';
      const message = `${name}: ${shorten(key)}: expected data at offset ${expectedBegin}, got ${begin}: ${fault}`;
      throw new EdgeMlpError('bad-model', message);
    }
    if (start + end > bytes.length) {
      const got = `a file of ${formatNumber(bytes.length)} bytes: the file is truncated`;
      const message = `${name}: ${shorten(key)}: expected data up to byte ${formatNumber(start + end)}, got ${got}`;
      throw new EdgeMlpError('bad-model', message);
    }
    // A copy, whose bytes are aligned. The slice of a Buffer would be none.
    const { buffer } = new Uint8Array(bytes.subarray(start + begin, start + end));
    const data = readElements(dtype, buffer);
    tensors.set(key, { shape, data, ...(dtype === 'F32' || dtype === 'I8' ? {} : { converted: dtype }) });
    expectedBegin = end;
  }
  if (start + expectedBegin !== bytes.length) {
    const [expected, got] = [start + expectedBegin, bytes.length].map(formatNumber);
    const message = `${name}: expected a file of ${expected} bytes, got ${got}: the header describes fewer bytes`;
    throw new EdgeMlpError('bad-model', message);
  }
  return { tensors, metadata: checkMetadata(metadata, name) };
}

function readHeader(bytes: Uint8Array, view: DataView, name: string): Record<string, unknown> {
  if (bytes.length < LENGTH_BYTES) {
    throw new EdgeMlpError('bad-model', `${name}: expected a safetensors file, got ${bytes.length} bytes`);
  }
  const headerBytes = view.getBigUint64(0, true);
  const most = BigInt(Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES));
  if (headerBytes > most) {
    const [limit, got] = [most, headerBytes].map((value) => formatNumber(Number(value)));
    const message = `${name}: expected a safetensors header of at most ${limit} bytes, got ${got} bytes`;
    throw new EdgeMlpError('bad-model', `${message}: the file is truncated, or is not a safetensors file`);
  }
  const text = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + Number(headerBytes));
  return Field.parse(text, `${name}: header`).record();
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

function checkEntry(value: unknown, name: string): Entry {
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    const expected = Object.keys(ELEMENT_BYTES).join(', ');
    throw new EdgeMlpError('bad-model', `${name}: expected a dtype of ${expected}, got ${formatJson(dtype)}`);
  }
  if (!isSizes(shape)) throw new EdgeMlpError('bad-model', `${name}: expected a shape, got ${formatJson(shape)}`);
  const [begin, end, ...more] = isSizes(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || more.length > 0 || end < begin) {
    throw new EdgeMlpError('bad-model', `${name}: expected data_offsets [begin, end], got ${formatJson(offsets)}`);
  }
  const bytes = shape.reduce((product, size) => product * size, ELEMENT_BYTES[dtype] ?? 0);
  if (end - begin !== bytes) {
    const expected = `${formatNumber(bytes)} bytes for shape ${shorten(shape.join(' × '))}`;
    throw new EdgeMlpError('bad-model', `${name}: expected ${expected}, got ${formatNumber(end - begin)}`);
  }
  return { dtype, shape, begin, end };
}

function checkMetadata(value: unknown, name: string): Record<string, string> {
  if (!isRecord(value)) {
    throw new EdgeMlpError('bad-model', `${name}: expected metadata of texts, got ${describeValue(value)}`);
  }
  const other = Object.entries(value).find(([, text]) => typeof text !== 'string');
  if (other === undefined) return value as Record<string, string>;
  const [key, got] = other;
  throw new EdgeMlpError('bad-model', `${name}: metadata ${shorten(key)}: expected a text, got ${describeValue(got)}`);
}

/** The first byte of the header is that of a JSON object, and the upper half of its length is 0. */
export function isSafetensors(bytes: Uint8Array): boolean {
  return bytes.subarray(4, 8).every((byte) => byte === 0) && bytes[LENGTH_BYTES] === 0x7b;
}

/** The numbers of a float32 tensor. Throws EdgeMlpError "bad-model" for int8. */
export function toFloats(tensor: Tensor, name: string): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new EdgeMlpError('bad-model', `${name}: expected dtype F32, got I8`);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
