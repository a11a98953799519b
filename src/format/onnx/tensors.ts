/** The numbers of an ONNX tensor of any supported type. */
import { describeValue, EdgeMlpError, formatNumber } from '../../core/errors.ts';
import {
  BOOL,
  DOUBLE,
  type ExternalData,
  FLOAT,
  FLOAT16,
  formatType,
  INT8,
  INT32,
  INT64,
  type OnnxTensor,
  STRING,
  UINT8,
} from './messages.ts';

export interface Constant {
  /** ONNX's data type. */
  readonly type: number;
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float64Array;
  /** The elements of a tensor of texts. */
  readonly texts: readonly string[];
  /** The integers and scales of dequantized numbers. */
  readonly levels?: Levels;
}

/** Dequantized numbers: values · scales, with one scale, or one for each size of an axis. */
export interface Levels {
  readonly values: Float64Array;
  readonly scales: Float64Array;
  readonly axis: number | undefined;
}

/** Dimensions of a constant, and axes that a node adds or removes: images have four. */
export const MAX_RANK = 8;

const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  [FLOAT]: 4,
  [UINT8]: 1,
  [INT8]: 1,
  [BOOL]: 1,
  [INT32]: 4,
  [INT64]: 8,
  [FLOAT16]: 2,
  [DOUBLE]: 8,
};

/** Whether the elements are numbers or texts. Networks do not need other types. */
export function isReadable({ dataType }: OnnxTensor): boolean {
  return dataType === STRING || ELEMENT_BYTES[dataType] !== undefined;
}

/** Files next to an ONNX file that have its tensors, by their names in the file. */
export type ExternalFiles = Readonly<Record<string, Uint8Array>>;

/** Reads a constant. Throws EdgeMlpError "bad-model". */
export function readConstant(tensor: OnnxTensor, where: string, files: ExternalFiles = {}): Constant {
  const { dims: shape, dataType, numbers, strings, external } = tensor;
  const fail = (expected: string, got: string): never => {
    throw new EdgeMlpError('bad-model', `${where}: expected ${expected}, got ${got}`);
  };
  const raw = external === undefined ? tensor.raw : readExternal(external, files, fail);
  if (shape.length > MAX_RANK) fail(`at most ${MAX_RANK} dimensions`, formatNumber(shape.length));
  if (shape.some((size) => !Number.isSafeInteger(size) || size < 0)) fail('a shape', `[${shape.join(', ')}]`);
  const length = shape.reduce((product, size) => product * size, 1);
  if (dataType === STRING) {
    if (strings.length !== length) fail(`${formatNumber(length)} texts for its shape`, formatNumber(strings.length));
    return { type: dataType, shape, values: new Float64Array(), texts: strings };
  }
  const elementBytes = ELEMENT_BYTES[dataType];
  if (elementBytes === undefined) {
    return fail('float, double, float16, bool, or integers of 8, 32 or 64 bits', formatType(dataType));
  }
  if (raw === undefined) {
    if (numbers.length !== length) fail(`${formatNumber(length)} numbers for its shape`, formatNumber(numbers.length));
    // In a list, the bits of each float16 number are in an int32.
    const values = Float64Array.from(numbers, dataType === FLOAT16 ? decodeHalf : Number);
    return { type: dataType, shape, values, texts: [] };
  }
  if (raw.length !== length * elementBytes) {
    fail(`${formatNumber(length * elementBytes)} bytes for its shape`, formatNumber(raw.length));
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const read = (at: number): number => {
    if (dataType === FLOAT) return view.getFloat32(at, true);
    if (dataType === DOUBLE) return view.getFloat64(at, true);
    if (dataType === FLOAT16) return decodeHalf(view.getUint16(at, true));
    if (dataType === INT64) return Number(view.getBigInt64(at, true));
    if (dataType === INT32) return view.getInt32(at, true);
    return dataType === INT8 ? view.getInt8(at) : view.getUint8(at);
  };
  return { type: dataType, shape, values: Float64Array.from({ length }, (_, i) => read(i * elementBytes)), texts: [] };
}

/** The bytes of a tensor in another file. */
function readExternal(
  { location, offset, length }: ExternalData,
  files: ExternalFiles,
  fail: (expected: string, got: string) => never,
): Uint8Array {
  const file = Object.hasOwn(files, location) ? files[location] : undefined;
  const name = describeValue(location);
  if (file === undefined) return fail(`its data in the file, or the file ${name} next to it`, 'neither');
  const end = length === undefined ? file.length : offset + length;
  const sound = [offset, end].every((at) => Number.isSafeInteger(at) && at >= 0 && at <= file.length) && offset <= end;
  if (!sound) fail(`a range of the ${formatNumber(file.length)} bytes of ${name}`, `${offset} to ${end}`);
  return file.subarray(offset, end);
}

/** Decodes IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
