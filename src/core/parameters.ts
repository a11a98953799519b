/** Weights and biases between the tiles of linear memory and the field's (out, in) arrays. */
import { withResources } from './borrow.ts';
import { asBytes, concatBytes } from './bytes.ts';
import { checkFinite } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { LayerRegions } from './layout.ts';
import type { NetworkMemory } from './network-memory.ts';
import { STREAMS } from './random.ts';
import { type Initialisation, type MlpSpec, parameterCount, sizeAt } from './spec.ts';

/** Every parameter, layer by layer: weight row-major (out, in), as PyTorch's nn.Linear keeps it, and bias (out). */
export interface Parameters {
  /** Of each layer (out, in), row after row. */
  readonly weights: readonly Float32Array[];
  /** Of each layer (out). */
  readonly biases: readonly Float32Array[];
}

/** Copies what lies `shift` bytes from a network's parameters and has their shape: these, the gradient or the velocity. */
export function readParameters(kernels: Kernels, memory: NetworkMemory, shift = 0): Parameters {
  const weights: Float32Array[] = [];
  const biases: Float32Array[] = [];
  for (const layer of memory.layout.layers) {
    const { inputs, outputs } = layer;
    withResources((hold) => {
      const matrix = hold(kernels.block(matrixBytes(layer))).address;
      kernels.call.unpackWeight(matrix, memory.address(layer.weight) + shift, inputs, outputs);
      weights.push(kernels.floats(matrix, inputs * outputs).slice());
    });
    biases.push(kernels.floats(memory.address(layer.bias) + shift, outputs).slice());
  }
  return { weights, biases };
}

/** The inverse of `readParameters`, for parameters that were checked. */
export function writeParameters(kernels: Kernels, memory: NetworkMemory, parameters: Parameters, shift = 0): void {
  for (const [l, layer] of memory.layout.layers.entries()) {
    const { inputs, outputs } = layer;
    withResources((hold) => {
      const matrix = hold(kernels.block(matrixBytes(layer))).address;
      kernels.floats(matrix, inputs * outputs).set(parameters.weights[l] ?? []);
      kernels.call.packWeight(memory.address(layer.weight) + shift, matrix, inputs, outputs);
    });
    kernels.floats(memory.address(layer.bias) + shift, outputs).set(parameters.biases[l] ?? []);
  }
}

/** All parameters as bytes, layer by layer, weight before bias: what `weightsSha256` is taken over. */
export function parameterBytes({ weights, biases }: Parameters): Uint8Array<ArrayBuffer> {
  return concatBytes(weights.flatMap((weight, l) => [weight, biases[l] ?? new Float32Array()]).map(asBytes));
}

/** The inverse of `parameterBytes`. Throws `bad-shape` for bytes of another network. */
export function decodeParameters({ layers }: MlpSpec, bytes: Uint8Array<ArrayBuffer>): Parameters {
  const expected = parameterCount(layers) * Float32Array.BYTES_PER_ELEMENT;
  if (bytes.length !== expected) {
    throw new EdgeMlpError('bad-shape', `parameters: expected ${expected} bytes, got ${bytes.length}`);
  }
  const all = new Float32Array(bytes.slice().buffer);
  const weights: Float32Array[] = [];
  const biases: Float32Array[] = [];
  let at = 0;
  for (let l = 1; l < layers.length; l++) {
    const [inputs, outputs] = [sizeAt(layers, l - 1), sizeAt(layers, l)];
    weights.push(all.subarray(at, at + inputs * outputs));
    biases.push(all.subarray(at + inputs * outputs, at + (inputs + 1) * outputs));
    at += (inputs + 1) * outputs;
  }
  return { weights, biases };
}

/** Draws a network's weights, each layer from a stream of its own; biases stay zero. */
export function initialise(
  kernels: Kernels,
  memory: NetworkMemory,
  initialisation: Initialisation,
  seed: number,
): void {
  const { call } = kernels;
  const fill = { glorot: call.glorotUniform, he: call.heNormal, normal: call.lecunNormal }[initialisation];
  for (const [l, layer] of memory.layout.layers.entries()) {
    const { inputs, outputs } = layer;
    withResources((hold) => {
      const state = hold(kernels.block(kernels.constant('RANDOM_STATE_BYTES'))).address;
      const matrix = hold(kernels.block(matrixBytes(layer))).address;
      call.seedRandom(state, seed, STREAMS.initialisation, l);
      fill(matrix, state, inputs, outputs);
      call.packWeight(memory.address(layer.weight), matrix, inputs, outputs);
    });
  }
}

/** Checks shapes and finiteness. Throws `bad-shape` or `not-finite`. */
export function checkParameters(spec: MlpSpec, { weights, biases }: Parameters): void {
  const depth = spec.layers.length - 1;
  if (weights?.length !== depth || biases?.length !== depth) {
    throw new EdgeMlpError(
      'bad-shape',
      `parameters: expected ${depth} weights and biases, got ${weights?.length ?? 0} weights and ${biases?.length ?? 0} biases`,
    );
  }
  for (let l = 0; l < depth; l++) {
    const inputs = spec.layers[l] ?? 0;
    const outputs = spec.layers[l + 1] ?? 0;
    checkTensor(`weights[${l}]`, weights[l], inputs * outputs, `${outputs} × ${inputs}`);
    checkTensor(`biases[${l}]`, biases[l], outputs, String(outputs));
  }
}

/** Throws `bad-shape` or `not-finite`. */
export function checkTensor(name: string, values: Float32Array | undefined, length: number, shape: string): void {
  if (!(values instanceof Float32Array)) {
    throw new EdgeMlpError('bad-shape', `${name}: expected a Float32Array of ${shape}, got ${typeof values}`);
  }
  if (values.length !== length) {
    throw new EdgeMlpError('bad-shape', `${name}: expected ${shape} numbers, got ${values.length}`);
  }
  checkFinite(name, values);
}

function matrixBytes(layer: LayerRegions): number {
  return layer.inputs * layer.outputs * Float32Array.BYTES_PER_ELEMENT;
}
