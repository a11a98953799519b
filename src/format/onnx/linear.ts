/** Operators of linear layers. */
import type { Call } from './call.ts';
import { readRow, requireFloats } from './elementwise.ts';
import { constantValue } from './folding.ts';
import { withElementwise, withLinear } from './layers.ts';
import { FLOAT, formatType } from './messages.ts';
import type { Constant } from './tensors.ts';
import { type Activations, featureCount, formatShape, type Linear, type Value } from './values.ts';

/** alpha · A' B' + beta · C. */
export function gemm(call: Call): Activations {
  const x = requireFloats(call, call.activations(0));
  if (x.shape.length !== 2) call.refuse('an input of two axes', formatShape(x.shape));
  if (call.opset < 11 && call.inputs.length < 3) call.refuse('three inputs', String(call.inputs.length));
  if (call.int('transA', 0) !== 0) call.refuse('samples as rows', 'transA');
  const transposed = call.int('transB', 0) !== 0;
  const matrix = readMatrix(call, x);
  const { shape, values } = matrix;
  const [outputs = 0, inputs = 0] = transposed ? shape : [...shape].reverse();
  const turned = transposed ? values : transposeMatrix(values, inputs, outputs);
  const [alpha, beta] = [call.float('alpha', 1), call.float('beta', 1)];
  // The factor is nearly always 1: no copy is needed.
  const weight = alpha === 1 ? turned : turned.map((w) => w * alpha);
  const bias = call.input(2).kind === 'absent' ? new Float64Array(outputs) : readBias(call, x, outputs);
  const int8 = alpha === 1 ? findInt8(matrix, transposed) : {};
  return withLinear(call, x, { inputs, outputs, weight, bias: bias.map((each) => each * beta), ...int8 });
}

export function matMul(call: Call): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind === 'constant' && b.kind === 'constant') return multiplyConstants(call, a.constant, b.constant);
  const x = requireFloats(call, call.activations(0));
  const between = x.shape.slice(1, -1);
  if (x.shape.length < 2 || between.some((size) => size !== 1)) {
    call.refuse('samples as rows of features', formatShape(x.shape));
  }
  const matrix = readMatrix(call, x);
  const [inputs = 0, outputs = 0] = matrix.shape;
  const weight = transposeMatrix(matrix.values, inputs, outputs);
  const bias = new Float64Array(outputs);
  return withLinear(call, x, { inputs, outputs, weight, bias, ...findInt8(matrix, false) });
}

/** The int8 weights of a dequantized matrix with scales for its outputs; `transposed` is (out, in). */
function findInt8({ shape, levels }: Constant, transposed: boolean): Pick<Linear, 'int8'> {
  const [outputs = 0, inputs = 0] = transposed ? shape : [...shape].reverse();
  const outputAxis = transposed ? 0 : 1;
  if (levels === undefined || (levels.axis !== undefined && levels.axis !== outputAxis)) return {};
  if (levels.values.some((level) => Math.abs(level) > 127) || levels.scales.some((scale) => scale < 0)) return {};
  const turned = transposed ? levels.values : transposeMatrix(levels.values, inputs, outputs);
  const scales = Float32Array.from(
    { length: outputs },
    (_, o) => levels.scales[levels.axis === undefined ? 0 : o] ?? 0,
  );
  return { int8: { weights: Int8Array.from(turned), scales } };
}

function readMatrix(call: Call, { type }: Activations): Constant {
  const constant = call.constant(1, 'weights');
  if (constant.type !== type) call.refuse(`weights of type ${formatType(type)}`, formatType(constant.type));
  // A matrix without rows takes no bytes in the file, and could have any number of columns.
  return constant.shape.length === 2 && constant.shape.every((size) => size > 0)
    ? constant
    : call.refuse('weights of two dimensions', formatShape(constant.shape));
}

/** Gemm broadcasts C to (samples, outputs). */
function readBias(call: Call, { type, shape: [samples] }: Activations, outputs: number): Float64Array {
  const constant = call.constant(2, 'biases');
  if (constant.type !== type) call.refuse(`biases of type ${formatType(type)}`, formatType(constant.type));
  const row = readRow(call, [samples, outputs], constant);
  return row.length === outputs ? row : new Float64Array(outputs).fill(row[0] ?? 0);
}

/** Transposes (in, out) to (out, in). */
function transposeMatrix(values: Float64Array, inputs: number, outputs: number): Float64Array {
  return Float64Array.from(values, (_, k) => values[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0);
}

function multiplyConstants(call: Call, a: Constant, b: Constant): Value {
  const [rows = 0, inner = 0] = a.shape;
  const [other = 0, columns = 0] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || inner !== other || a.type !== b.type) {
    call.refuse('two matrices that fit each other', `${formatShape(a.shape)} and ${formatShape(b.shape)}`);
  }
  return constantValue(a.type, [rows, columns], multiply(call, a.values, b.values, [rows, inner, columns]));
}

/** Most multiplications of two matrices on import: about 1 s. */
const MOST_PRODUCTS = 2 ** 30;

/** A B, in float64. */
export function multiply(
  call: Pick<Call, 'refuse'>,
  a: Float64Array,
  b: Float64Array,
  [rows, inner, columns]: readonly [number, number, number],
): Float64Array {
  if (rows * inner * columns > MOST_PRODUCTS) call.refuse('smaller matrices', `${rows} × ${inner} × ${columns}`);
  const product = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < inner; k++) {
      const factor = a[r * inner + k] ?? 0;
      for (let c = 0; c < columns; c++) {
        const at = r * columns + c;
        product[at] = (product[at] ?? 0) + factor * (b[k * columns + c] ?? 0);
      }
    }
  }
  return product;
}

/** ai.onnx.ml: (x - offset) · scale. The output is float. */
export function scaler(call: Call): Activations {
  const x = call.activations(0);
  if (x.shape.length !== 2) call.refuse('an input of two axes', formatShape(x.shape));
  const width = featureCount(x.shape);
  const read = (name: string) => {
    const by = Float64Array.from(call.floats(name) ?? []);
    if (by.length > 1 && width !== undefined && by.length !== width)
      call.refuse(`1 or ${width} numbers`, String(by.length));
    return by;
  };
  const [offset, scale] = [read('offset'), read('scale')];
  const size = Math.max(offset.length, scale.length);
  const shape = size > 1 ? [x.shape[0], size] : x.shape;
  const centred = offset.length === 0 ? [] : [{ type: 'Sub', by: offset } as const];
  const scaled = scale.length === 0 ? [] : [{ type: 'Mul', by: scale } as const];
  return { ...withElementwise(call, { ...x, shape }, [...centred, ...scaled]), type: FLOAT };
}

/**
 * (x - mean) / √(variance + epsilon) · scale + bias, with the moments of training (Ioffe and Szegedy, "Batch
 * normalization", 2015, algorithm 2, line 11). Rows have one number for each size of axis 1.
 */
export function batchNormalization(call: Call): Activations {
  // Before version 14, the outputs of the moments are the sign of training.
  const training = call.int('training_mode', 0) !== 0 || call.node.outputs.slice(1).some((name) => name !== '');
  if (training) call.refuse('the moments of the training', 'batch normalisation that computes moments of each batch');
  const x = requireFloats(call, call.activations(0));
  if (call.int('spatial', 1) !== 1 && x.shape.length > 2) call.refuse('moments of axis 1', 'spatial = 0');
  const rows = ['scale', 'bias', 'mean', 'variance'].map((name, i) => call.constant(i + 1, `rows of ${name}`));
  const [scale, bias, mean, variance] = rows.map(({ values }) => values);
  const length = scale?.length ?? 0;
  const other = rows.find(
    ({ values, shape, type }) => values.length !== length || shape.length !== 1 || type !== x.type,
  );
  if (other !== undefined) call.refuse(`rows of ${length} numbers`, formatShape(other.shape));
  const epsilon = call.float('epsilon', 1e-5);
  const factor = Float64Array.from(variance ?? [], (each, i) => (scale?.[i] ?? 0) / Math.sqrt(each + epsilon));
  const offset = Float64Array.from(factor, (each, i) => (bias?.[i] ?? 0) - (mean?.[i] ?? 0) * each);
  // [channels, 1, …] is broadcast along the axes after the channels.
  const channels = [length, ...x.shape.slice(2).map(() => 1)];
  const row = (values: Float64Array) => readRow(call, x.shape, { type: x.type, shape: channels, values, texts: [] });
  const shape = x.shape.length === 2 ? [x.shape[0], length] : x.shape;
  if (x.shape.length < 2 || (x.shape[1] !== undefined && x.shape[1] !== length)) {
    call.refuse(`rows of ${x.shape[1] ?? 0} numbers, as axis 1 has`, String(length));
  }
  return withElementwise(call, { ...x, shape }, [
    { type: 'Mul', by: row(factor) },
    { type: 'Add', by: row(offset) },
  ]);
}
