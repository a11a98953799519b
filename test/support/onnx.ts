/**
 * ONNX files byte by byte, for tests of their reader: nothing here is shared with it. Field numbers are those of
 * onnx.proto3, https://protobuf.dev/programming-guides/encoding/ has the wire format.
 */
export type Bytes = readonly number[];

export const FORMS = ['raw float', 'float', 'raw double', 'double', 'raw float16', 'float16', 'packed'] as const;
export type Form = (typeof FORMS)[number];

export interface Attribute {
  readonly i?: number;
  readonly f?: number;
  readonly ints?: readonly number[];
  readonly floats?: readonly number[];
  readonly strings?: readonly string[];
  readonly s?: string;
  readonly t?: Bytes;
}

export function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** A field of bytes, of a text or of a message. */
export function field(number: number, content: Bytes | string): Bytes {
  const bytes = typeof content === 'string' ? [...new TextEncoder().encode(content)] : content;
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

export function whole(number: number, value: number): Bytes {
  return [...varint(number << 3), ...varint(value)];
}

function float32(number: number, value: number): Bytes {
  return [...varint((number << 3) | 5), ...new Uint8Array(Float32Array.of(value).buffer)];
}

function float64(number: number, value: number): Bytes {
  return [...varint((number << 3) | 1), ...new Uint8Array(Float64Array.of(value).buffer)];
}

/** Bits of the half that has exactly this value: for numbers that have one. */
function half(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === 0) return sign;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fraction = size / 2 ** exponent;
  return (
    sign | (fraction < 1 ? Math.round(size * 2 ** 24) : ((exponent + 15) << 10) + Math.round((fraction - 1) * 1024))
  );
}

const toBytes = (values: ArrayBufferView): Bytes => [
  ...new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
];

export function tensor(
  name: string,
  dims: readonly number[],
  values: readonly number[],
  form: Form = 'raw float',
): Bytes {
  const data: Record<Form, () => [type: number, bytes: Bytes]> = {
    'raw float': () => [1, field(9, toBytes(Float32Array.from(values)))],
    float: () => [1, values.flatMap((value) => float32(4, value))],
    packed: () => [1, field(4, toBytes(Float32Array.from(values)))],
    'raw double': () => [11, field(9, toBytes(Float64Array.from(values)))],
    double: () => [11, values.flatMap((value) => float64(10, value))],
    'raw float16': () => [10, field(9, toBytes(Uint16Array.from(values, half)))],
    float16: () => [
      10,
      field(
        5,
        values.flatMap((value) => varint(half(value))),
      ),
    ],
  };
  const [type, bytes] = data[form]();
  return [...dims.flatMap((size) => whole(1, size)), ...whole(2, type), ...field(8, name), ...bytes];
}

/** A float tensor with its data in another file. */
export function external(name: string, dims: readonly number[], entries: Readonly<Record<string, string>>): Bytes {
  return [
    ...dims.flatMap((size) => whole(1, size)),
    ...whole(2, 1),
    ...field(8, name),
    ...Object.entries(entries).flatMap(([key, text]) => field(13, [...field(1, key), ...field(2, text)])),
    ...whole(14, 1),
  ];
}

export function longs(name: string, values: readonly number[]): Bytes {
  return [
    ...whole(1, values.length),
    ...whole(2, 7),
    ...field(8, name),
    ...field(9, toBytes(BigInt64Array.from(values, BigInt))),
  ];
}

export function texts(name: string, values: readonly string[]): Bytes {
  return [...whole(1, values.length), ...whole(2, 8), ...field(8, name), ...values.flatMap((value) => field(6, value))];
}

const ML_TYPES = new Set(['ArrayFeatureExtractor', 'LinearClassifier', 'Normalizer', 'Scaler', 'ZipMap']);

export function node(
  type: string,
  inputs: readonly string[],
  output: string | readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): Bytes {
  const outputs = typeof output === 'string' ? [output] : output;
  return [
    ...inputs.flatMap((name) => field(1, name)),
    ...outputs.flatMap((name) => field(2, name)),
    ...field(3, `/${type}/${outputs[0]}`),
    ...field(4, type),
    ...Object.entries(attributes).flatMap(([name, attribute]) => field(5, encodeAttribute(name, attribute))),
    ...(ML_TYPES.has(type) ? field(7, 'ai.onnx.ml') : []),
  ];
}

function encodeAttribute(name: string, { i, f, s, ints = [], floats = [], strings = [], t }: Attribute): Bytes {
  // AttributeProto.AttributeType
  const type =
    f !== undefined
      ? 1
      : i !== undefined
        ? 2
        : s !== undefined
          ? 3
          : t
            ? 4
            : floats.length > 0
              ? 6
              : ints.length > 0
                ? 7
                : 8;
  return [
    ...field(1, name),
    ...(f === undefined ? [] : float32(2, f)),
    ...(i === undefined ? [] : whole(3, i)),
    ...(s === undefined ? [] : field(4, s)),
    ...(t === undefined ? [] : field(5, t)),
    ...floats.flatMap((value) => float32(7, value)),
    ...ints.flatMap((value) => whole(8, value)),
    ...strings.flatMap((value) => field(9, value)),
    ...whole(20, type),
  ];
}

/** A tensor of this shape: sizes, or names of free ones. Data type 1 is float. */
export function value(name: string, shape: readonly (number | string)[], dataType = 1): Bytes {
  const dims = shape.flatMap((size) => field(1, typeof size === 'number' ? whole(1, size) : field(2, size)));
  return [...field(1, name), ...field(2, field(1, [...whole(1, dataType), ...field(2, dims)]))];
}

export interface Graph {
  readonly nodes: readonly Bytes[];
  readonly initializers?: readonly Bytes[];
  readonly inputs: readonly Bytes[];
  readonly outputs: readonly Bytes[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** Version of the operators; default 13. */
  readonly opset?: number;
}

export function onnxFile({ nodes, initializers = [], inputs, outputs, metadata = {}, opset = 13 }: Graph): Uint8Array {
  const graph = [
    ...nodes.flatMap((bytes) => field(1, bytes)),
    ...field(2, 'graph'),
    ...initializers.flatMap((bytes) => field(5, bytes)),
    ...inputs.flatMap((bytes) => field(11, bytes)),
    ...outputs.flatMap((bytes) => field(12, bytes)),
  ];
  return Uint8Array.from([
    ...whole(1, 8),
    ...field(2, 'pytorch'),
    ...field(7, graph),
    ...field(8, whole(2, opset)),
    ...field(8, [...field(1, 'ai.onnx.ml'), ...whole(2, 3)]),
    ...Object.entries(metadata).flatMap(([key, text]) => field(14, [...field(1, key), ...field(2, text)])),
  ]);
}
