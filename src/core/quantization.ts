/** Weights as whole numbers of a byte each: a quarter of the size, for prediction. */
import { withResources } from './borrow.ts';
import { EdgeMlpError, formatNumber } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { NetworkMemory } from './network-memory.ts';
import { checkTensor, type Parameters } from './parameters.ts';
import { type MlpSpec, sizeAt } from './spec.ts';

/**
 * weight[o][i] ≈ scale[o] · q[o][i], with q from -127 to 127: symmetric, with a scale for each output (Nagel et al., "A White
 * Paper on Neural Network Quantization", 2021). Biases stay float32.
 */
export interface QuantizedParameters {
  /** Layer by layer, row-major (out, in). */
  readonly weights: readonly Int8Array[];
  /** (out) */
  readonly scales: readonly Float32Array[];
  /** (out), in float32. */
  readonly biases: readonly Float32Array[];
}

/** -128 is left out: the range is the same on both sides of zero. */
const GREATEST = 127;
/** With more inputs a sum of products would have fewer than eight bits of each (assembly/linear-int8.ts). */
const MAX_INPUTS = 66_311;

/** The nearest of the weights that int8 can say: the greatest weight of an output is 127 of its scale. Throws `bad-spec`. */
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
    const scale = Math.fround(row.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / GREATEST);
    scales[o] = scale;
    // Of weights that are next to nothing the scale is zero, and so are they.
    if (scale === 0) continue;
    const nearest = (value: number) => Math.max(-GREATEST, Math.min(GREATEST, Math.round(value / scale)));
    weight.set(Int8Array.from(row, nearest), o * inputs);
  }
  return { weight, scales };
}

/** The float32 weights that these stand for: what training begins with, and what has a hash. */
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
    if (negative === undefined) continue;
    throw new EdgeMlpError('bad-argument', `scales[${l}]: expected numbers of at least 0, got ${negative}`);
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

/** A copy of an int8 network's parameters. */
export function readQuantized(kernels: Kernels, memory: NetworkMemory): QuantizedParameters {
  const { layers } = memory.layout;
  const row = (region: { readonly offset: number; readonly bytes: number } | undefined, outputs: number) =>
    region === undefined ? new Float32Array(outputs) : kernels.floats(memory.address(region), outputs).slice();
  return {
    weights: layers.map(({ inputs, outputs, weight }) =>
      withResources((hold) => {
        const matrix = hold(kernels.block(inputs * outputs)).address;
        kernels.call.unpackInt8(matrix, memory.address(weight), inputs, outputs);
        return new Int8Array(kernels.bytes(matrix, inputs * outputs).slice().buffer);
      }),
    ),
    scales: layers.map(({ scales, outputs }) => row(scales, outputs)),
    biases: layers.map(({ bias, outputs }) => row(bias, outputs)),
  };
}

/** The inverse of `readQuantized`, for parameters that were checked, in memory that is still zeros. */
export function writeQuantized(kernels: Kernels, memory: NetworkMemory, parameters: QuantizedParameters): void {
  for (const [l, { inputs, outputs, weight, scales, bias }] of memory.layout.layers.entries()) {
    withResources((hold) => {
      const matrix = hold(kernels.block(inputs * outputs)).address;
      kernels.bytes(matrix, inputs * outputs).set(parameters.weights[l] ?? []);
      kernels.call.packInt8(memory.address(weight), matrix, inputs, outputs);
    });
    if (scales !== undefined) kernels.floats(memory.address(scales), outputs).set(parameters.scales[l] ?? []);
    kernels.floats(memory.address(bias), outputs).set(parameters.biases[l] ?? []);
  }
}
