/**
 * Writes a multilayer perceptron as an ONNX file with the operators of a PyTorch export: Gemm with transB, Sigmoid,
 * Relu or SiLU, Softmax. Field numbers: onnx.proto3. Wire format: https://protobuf.dev/programming-guides/encoding/.
 */
const FLOAT = 1;
const INT = 2;
const OPSET = 13;
const IR_VERSION = 8;

export interface OnnxLayers {
  readonly layers: readonly number[];
  readonly hiddenActivation: 'sigmoid' | 'relu' | 'silu';
  /** [outputs][inputs] per layer. */
  readonly weights: readonly Float32Array[];
  readonly biases: readonly Float32Array[];
}

/** Input `x` [N][inputs], outputs `logits` and `probabilities` [N][classes]. */
export function formatOnnx({ layers, hiddenActivation, weights, biases }: OnnxLayers): Uint8Array {
  const last = weights.length - 1;
  const graph = [
    ...weights.flatMap((_, l) => {
      const [from, linear] = [l === 0 ? 'x' : `h${l}`, l === last ? 'logits' : `z${l + 1}`];
      const gemm = node('Gemm', [from, `w${l + 1}`, `b${l + 1}`], linear, intAttribute('transB', 1));
      const next =
        l === last
          ? [node('Softmax', ['logits'], 'probabilities', intAttribute('axis', -1))]
          : activate(hiddenActivation, linear, `h${l + 1}`);
      return [gemm, ...next].map((each) => field(1, each));
    }),
    field(2, text('mlp')),
    ...weights.map((weight, l) => field(5, tensor(`w${l + 1}`, [layers[l + 1] ?? 0, layers[l] ?? 0], weight))),
    ...biases.map((bias, l) => field(5, tensor(`b${l + 1}`, [bias.length], bias))),
    field(11, valueInfo('x', layers[0] ?? 0)),
    field(12, valueInfo('logits', layers.at(-1) ?? 0)),
    field(12, valueInfo('probabilities', layers.at(-1) ?? 0)),
  ];
  return join([integer(1, IR_VERSION), field(7, join(graph)), field(8, integer(2, OPSET))]);
}

/** SiLU is z · sigmoid(z). */
function activate(activation: OnnxLayers['hiddenActivation'], z: string, output: string): Uint8Array[] {
  if (activation !== 'silu') return [node(activation === 'sigmoid' ? 'Sigmoid' : 'Relu', [z], output)];
  return [node('Sigmoid', [z], `s${output}`), node('Mul', [z, `s${output}`], output)];
}

function node(type: string, inputs: readonly string[], output: string, attribute?: Uint8Array): Uint8Array {
  return join([
    ...inputs.map((name) => field(1, text(name))),
    field(2, text(output)),
    field(4, text(type)),
    ...(attribute === undefined ? [] : [field(5, attribute)]),
  ]);
}

function intAttribute(name: string, value: number): Uint8Array {
  return join([field(1, text(name)), integer(3, value), integer(20, INT)]);
}

function tensor(name: string, dimensions: readonly number[], values: Float32Array): Uint8Array {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return join([...dimensions.map((size) => integer(1, size)), integer(2, FLOAT), field(8, text(name)), field(9, data)]);
}

/** A float tensor [N][columns]. */
function valueInfo(name: string, columns: number): Uint8Array {
  const shape = join([field(1, field(2, text('N'))), field(1, integer(1, columns))]);
  return join([field(1, text(name)), field(2, field(1, join([integer(1, FLOAT), field(2, shape)])))]);
}

const text = (value: string) => new TextEncoder().encode(value);

/** A length-delimited field. */
function field(number: number, bytes: Uint8Array): Uint8Array {
  return join([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

/** An int64 field. */
function integer(number: number, value: number): Uint8Array {
  return join([varint(number << 3), varint(value)]);
}

/** Negative numbers are encoded as 64-bit two's complement, in ten bytes. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
