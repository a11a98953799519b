/** Tensors of the Open Inference Protocol V2: JSON numbers, or little-endian bytes without padding, row-major. */
import { describeValue } from '../../src/core/errors.ts';
import { badRequest, HttpError } from '../errors.ts';

type Reader = (view: DataView, at: number) => number;

interface Datatype {
  readonly bytes: number;
  readonly read: Reader;
  /** Integers are pixels from 0 to 255, floats from 0 to 1. */
  readonly integer: boolean;
  /** The protocol forbids it in JSON. */
  readonly binaryOnly?: boolean;
  /** Range of an integer type. */
  readonly least?: number;
  readonly most?: number;
}

/** Without BYTES, which is for texts. */
const DATATYPES: Readonly<Record<string, Datatype>> = {
  BOOL: { bytes: 1, integer: true, least: 0, most: 1, read: (view, at) => view.getUint8(at) },
  UINT8: { bytes: 1, integer: true, least: 0, most: 255, read: (view, at) => view.getUint8(at) },
  UINT16: { bytes: 2, integer: true, least: 0, most: 65535, read: (view, at) => view.getUint16(at, true) },
  UINT32: { bytes: 4, integer: true, least: 0, most: 4294967295, read: (view, at) => view.getUint32(at, true) },
  UINT64: {
    bytes: 8,
    integer: true,
    least: 0,
    most: Number.MAX_SAFE_INTEGER,
    read: (view, at) => Number(view.getBigUint64(at, true)),
  },
  INT8: { bytes: 1, integer: true, least: -128, most: 127, read: (view, at) => view.getInt8(at) },
  INT16: { bytes: 2, integer: true, least: -32768, most: 32767, read: (view, at) => view.getInt16(at, true) },
  INT32: { bytes: 4, integer: true, least: -2147483648, most: 2147483647, read: (view, at) => view.getInt32(at, true) },
  INT64: {
    bytes: 8,
    integer: true,
    least: Number.MIN_SAFE_INTEGER,
    most: Number.MAX_SAFE_INTEGER,
    read: (view, at) => Number(view.getBigInt64(at, true)),
  },
  FP16: { bytes: 2, integer: false, binaryOnly: true, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { bytes: 2, integer: false, binaryOnly: true, read: (view, at) => brainToNumber(view, at) },
  FP32: { bytes: 4, integer: false, read: (view, at) => view.getFloat32(at, true) },
  FP64: { bytes: 8, integer: false, read: (view, at) => view.getFloat64(at, true) },
};

interface TensorHead {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}

export interface Tensor extends TensorHead {
  readonly integer: boolean;
  readonly values: Float64Array;
}

/** Throws 400 for an unknown datatype. */
function findDatatype(datatype: string, name: string): Datatype {
  const found = Object.hasOwn(DATATYPES, datatype) ? DATATYPES[datatype] : undefined;
  if (found !== undefined) return found;
  throw badRequest(`${name}: datatype: expected ${Object.keys(DATATYPES).join(', ')}, got ${datatype}`);
}

/** Product of a shape. Throws 400 for a malformed shape, 413 for more than `most` elements. */
function countElements(shape: readonly number[], name: string, most: number): number {
  const valid = shape.length > 0 && shape.every((side) => Number.isSafeInteger(side) && side >= 0);
  const elements = shape.reduce((product, side) => product * side, 1);
  if (valid && elements <= most) return elements;
  const message = `${name}: shape: expected whole numbers with a product of at most ${most}, got [${shape}]`;
  throw new HttpError(valid ? 413 : 400, message);
}

/**
 * A tensor from binary data, whose length must match the shape and the datatype. Throws 400, also for a BOOL other than 0
 * and 1, and for integers that a float64 cannot hold.
 */
export function binaryTensor(head: TensorHead, bytes: Uint8Array, mostElements: number): Tensor {
  const { name, datatype, shape } = head;
  const { bytes: size, read, integer, least = -Infinity, most = Infinity } = findDatatype(datatype, name);
  const elements = countElements(shape, name, mostElements);
  if (bytes.length !== elements * size) {
    throw badRequest(`${name}: expected ${elements * size} bytes for ${datatype} [${shape}], got ${bytes.length}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = Float64Array.from({ length: elements }, (_, i) => read(view, i * size));
  const at = integer ? values.findIndex((value) => value < least || value > most) : -1;
  if (at < 0) return { ...head, integer, values };
  throw badRequest(`${name}: expected ${datatype} from ${least} to ${most}, got ${values[at]} at ${at}`);
}

/** Depth of nested lists. The deepest tensor of a picture has 4. */
const MAX_DEPTH = 8;

/** A tensor from JSON, flat or nested. Throws 400. */
export function jsonTensor(head: TensorHead, data: unknown, most: number): Tensor {
  const { integer, binaryOnly } = findDatatype(head.datatype, head.name);
  if (binaryOnly) throw badRequest(`${head.name}: expected ${head.datatype} as binary data, got JSON`);
  const elements = countElements(head.shape, head.name, most);
  const values = new Float64Array(elements);
  const filled = fill(values, 0, data, head, 0);
  if (filled !== elements) {
    throw badRequest(
      `${head.name}: expected ${elements} numbers for the shape [${head.shape}], got ${filled}: shape does not match true shape of 'data' field`,
    );
  }
  return { ...head, integer, values };
}

/** Writes numbers at `at` and after it. Returns the end of the numbers, which may exceed the length of `values`. */
function fill(values: Float64Array, at: number, data: unknown, { name, datatype }: TensorHead, depth: number): number {
  if (!Array.isArray(data) || depth > MAX_DEPTH) {
    throw badRequest(`${name}: data: expected a flat or nested list of numbers, got ${describeValue(data)}`);
  }
  let next = at;
  for (const item of data as unknown[]) {
    if (Array.isArray(item)) {
      next = fill(values, next, item, { name, datatype, shape: [] }, depth + 1);
      continue;
    }
    const value = datatype === 'BOOL' && typeof item === 'boolean' ? Number(item) : item;
    if (typeof value !== 'number' || !Number.isFinite(value) || !fits(value, datatype)) {
      const got = `${describeValue(item)} at ${next}`;
      throw badRequest(`${name}: data: expected numbers that ${datatype} can hold, got ${got}`);
    }
    if (next < values.length) values[next] = value;
    next++;
  }
  return next;
}

function fits(value: number, datatype: string): boolean {
  const { integer, least = 0, most = 0 } = findDatatype(datatype, datatype);
  return !integer || (Number.isInteger(value) && value >= least && value <= most);
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 25) * (0x400 + fraction);
}

/** The upper half of a float32. */
function brainToNumber(view: DataView, at: number): number {
  const scratch = new DataView(new ArrayBuffer(4));
  scratch.setUint16(2, view.getUint16(at, true), true);
  return scratch.getFloat32(0, true);
}
