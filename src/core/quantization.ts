/** int8 weights: a quarter of the size of float32 weights, for prediction. */
import { withResources } from './borrow.ts';
import { EdgeMlpError, formatNumber } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { NetworkMemory } from './network-memory.ts';
import { checkTensor, type Parameters } from './parameters.ts';
import { type MlpSpec, sizeAt } from './spec.ts';

/**
 * weight[o][i] ≈ scale[o] · q[o][i] with q from -127 to 127: symmetric, one scale per output (Nagel et al., "A White
 * Paper on Neural Network Quantization", 2021). Biases stay float32.
 */
export interface QuantizedParameters {
  /** Each layer's q (out, in), row-major. */
  readonly weights: readonly Int8Array[];
  /** Each layer's scales (out). */
  readonly scales: readonly Float32Array[];
  /** Each layer's bias (out). */
  readonly biases: readonly Float32Array[];
}

/** -128 is not used: the range is symmetric. */
const MAX_LEVEL = 127;
/** With more inputs, an int32 sum would leave fewer than 8 bits for an input (assembly/linear-int8.ts). */
const MAX_INPUTS = 66_311;

/** Rounds weights to the nearest int8 weights. The largest weight of an output becomes ±127. Throws `bad-spec`. */
export function quantize(spec: MlpSpec, { weights, biases }: Parameters): QuantizedParameters {
  checkQuantizable(spec);
  const layers = weights.map((weight, l) => quantizeMatrix(weight, sizeAt(spec.layers, l), sizeAt(spec.layers, l + 1)));
  return {
    weights: layers.map((layer) => layer.weight),
    scales: layers.map((layer) => layer.scales),
    biases: biases.map((bias) => bias.slice()),
  };
}

function quantizeMatrix(matrix: Float32Array, inputs: number, outputs: number) {
  const weight = new Int8Array(matrix.length);
  const scales = new Float32Array(outputs);
  for (let o = 0; o < outputs; o++) {
    const row = matrix.subarray(o * inputs, (o + 1) * inputs);
    const scale = Math.fround(row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / MAX_LEVEL);
    scales[o] = scale;
    // The scale of tiny weights is zero: they stay zero.
    if (scale === 0) continue;
    const nearest = (value: number) => Math.max(-MAX_LEVEL, Math.min(MAX_LEVEL, Math.round(value / scale)));
    weight.set(Int8Array.from(row, nearest), o * inputs);
  }
  return { weight, scales };
}

/** The float32 weights that int8 weights represent. Training starts from them, and hashes are computed of them. */
export function dequantize({ layers }: MlpSpec, { weights, scales, biases }: QuantizedParameters): Parameters {
  const dequantized = weights.map((weight, l) => {
    const inputs = sizeAt(layers, l);
    return Float32Array.from(weight, (q, at) => q * (scales[l]?.[Math.floor(at / inputs)] ?? 0));
  });
  return { weights: dequantized, biases: biases.map((bias) => bias.slice()) };
}

/** Checks shapes and ranges. Throws `bad-spec`, `bad-shape`, `bad-argument` or `not-finite`. */
export function checkQuantized(spec: MlpSpec, { weights, scales, biases }: QuantizedParameters): void {
  checkQuantizable(spec);
  const depth = spec.layers.length - 1;
  if (weights?.length !== depth || scales?.length !== depth || biases?.length !== depth) {
    const got = [weights, scales, biases].map((list) => list?.length ?? 0).join(', ');
    throw new EdgeMlpError('bad-shape', `parameters: expected ${depth} weights, scales and biases, got ${got}`);
  }
  for (let l = 0; l < depth; l++) {
    const inputs = sizeAt(spec.layers, l);
    const outputs = sizeAt(spec.layers, l + 1);
    checkBytes(`weights[${l}]`, weights[l], inputs * outputs, `${outputs} × ${inputs}`);
    checkTensor(`scales[${l}]`, scales[l], outputs, String(outputs));
    checkTensor(`biases[${l}]`, biases[l], outputs, String(outputs));
    const negative = scales[l]?.find((scale) => scale < 0);
    if (negative !== undefined) {
      throw new EdgeMlpError('bad-argument', `scales[${l}]: expected numbers of at least 0, got ${negative}`);
    }
    const large = scales[l]?.find((scale) => !Number.isFinite(Math.fround(127 * scale)));
    if (large === undefined) continue;
    throw new EdgeMlpError(
      'not-finite',
      `scales[${l}]: expected weights that float32 can hold, got a scale of ${large}`,
    );
  }
}

function checkQuantizable({ layers }: MlpSpec): void {
  const inputs = Math.max(...layers.slice(0, -1));
  if (inputs <= MAX_INPUTS) return;
  throw new EdgeMlpError(
    'bad-spec',
    `layers ${layers.join('-')}: expected layers of at most ${formatNumber(MAX_INPUTS)} inputs for int8, got one of ${formatNumber(inputs)}`,
  );
}

function checkBytes(name: string, values: Int8Array | undefined, length: number, shape: string): void {
  if (!(values instanceof Int8Array)) {
    throw new EdgeMlpError('bad-shape', `${name}: expected an Int8Array of ${shape}, got ${typeof values}`);
  }
  if (values.length !== length) {
    throw new EdgeMlpError('bad-shape', `${name}: expected ${shape} numbers, got ${values.length}`);
  }
  if (values.includes(-128)) {
    throw new EdgeMlpError('bad-argument', `${name}: expected numbers from -127 to 127, got -128`);
  }
}

/** Copies an int8 network's parameters. */
export function readQuantized(kernels: Kernels, memory: NetworkMemory): QuantizedParameters {
  const weights: Int8Array[] = [];
  const scales: Float32Array[] = [];
  const biases: Float32Array[] = [];
  forEachLayer(kernels, memory, ({ layer, matrix, matrixLength, rows, outputs }) => {
    kernels.call.readLayerInt8(memory.network, layer, matrix, rows);
    weights.push(new Int8Array(kernels.bytes(matrix, matrixLength).slice().buffer));
    scales.push(kernels.floats(rows, outputs).slice());
    biases.push(kernels.floats(rows, 2 * outputs).slice(outputs));
  });
  return { weights, scales, biases };
}

/** The inverse of `readQuantized`, for checked parameters, into memory that is still zeros. */
export function writeQuantized(kernels: Kernels, memory: NetworkMemory, parameters: QuantizedParameters): void {
  forEachLayer(kernels, memory, ({ layer, matrix, matrixLength, rows, outputs }) => {
    kernels.bytes(matrix, matrixLength).set(parameters.weights[layer] ?? []);
    kernels.floats(rows, outputs).set(parameters.scales[layer] ?? []);
    kernels.floats(rows, 2 * outputs).set(parameters.biases[layer] ?? [], outputs);
    kernels.call.writeLayerInt8(memory.network, layer, matrix, rows);
  });
}

interface LayerBlock {
  readonly layer: number;
  /** Address of i8 [outputs][inputs], of `matrixLength` elements. */
  readonly matrix: number;
  readonly matrixLength: number;
  /** Address of f32 [2][outputs], scales and bias. */
  readonly rows: number;
  readonly outputs: number;
}

/** Calls `visit` for each layer, with zeroed memory for its numbers. */
function forEachLayer(kernels: Kernels, { spec: { layers } }: NetworkMemory, visit: (block: LayerBlock) => void): void {
  for (let layer = 0; layer < layers.length - 1; layer++) {
    const outputs = sizeAt(layers, layer + 1);
    const matrixLength = sizeAt(layers, layer) * outputs;
    withResources((hold) => {
      const matrix = hold(kernels.block(matrixLength)).address;
      const rows = hold(kernels.block(2 * outputs * Float32Array.BYTES_PER_ELEMENT)).address;
      visit({ layer, matrix, matrixLength, rows, outputs });
    });
  }
}
