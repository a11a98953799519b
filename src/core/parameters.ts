/** Weights and biases: copies between the tiles of linear memory and row-major (out, in) arrays. */
import { withResources } from './borrow.ts';
import { asBytes, concatBytes } from './bytes.ts';
import { checkFinite } from './dataset.ts';
import { EdgeMlpError } from './errors.ts';
import type { Kernels } from './kernels.ts';
import type { NetworkMemory, ParameterRange } from './network-memory.ts';
import { STREAMS } from './random.ts';
import { type Initialisation, layerInitialisation, type MlpSpec, parameterCount, sizeAt } from './spec.ts';

/** All parameters, layer by layer, in the shapes of PyTorch's nn.Linear. */
export interface Parameters {
  /** Each layer's weight (out, in), row-major. */
  readonly weights: readonly Float32Array[];
  /** Each layer's bias (out). */
  readonly biases: readonly Float32Array[];
}

/** Copies a network's parameters, or the gradient or velocity in their shape. */
export function readParameters(
  kernels: Kernels,
  memory: NetworkMemory,
  range: ParameterRange = 'parameters',
): Parameters {
  const weights: Float32Array[] = [];
  const biases: Float32Array[] = [];
  forEachLayer(kernels, memory, ({ layer, values, inputs, outputs }) => {
    kernels.call.readLayer(memory.network, layer, memory.address(range), values);
    weights.push(kernels.floats(values, inputs * outputs).slice());
    biases.push(kernels.floats(values, (inputs + 1) * outputs).slice(inputs * outputs));
  });
  return { weights, biases };
}

/** The inverse of `readParameters`, for checked parameters. */
export function writeParameters(
  kernels: Kernels,
  memory: NetworkMemory,
  parameters: Parameters,
  range: ParameterRange = 'parameters',
): void {
  forEachLayer(kernels, memory, ({ layer, values, inputs, outputs }) => {
    const floats = kernels.floats(values, (inputs + 1) * outputs);
    floats.set(parameters.weights[layer] ?? []);
    floats.set(parameters.biases[layer] ?? [], inputs * outputs);
    kernels.call.writeLayer(memory.network, layer, memory.address(range), values);
  });
}

/**
 * Calls `visit` for each layer, with zeroed memory at `values` for weight and bias, [(inputs + 1) · outputs] floats.
 */
function forEachLayer(
  kernels: Kernels,
  { spec: { layers } }: NetworkMemory,
  visit: (layer: { layer: number; values: number; inputs: number; outputs: number }) => void,
): void {
  for (let layer = 0; layer < layers.length - 1; layer++) {
    const [inputs, outputs] = [sizeAt(layers, layer), sizeAt(layers, layer + 1)];
    withResources((hold) => {
      const { address } = hold(kernels.block((inputs + 1) * outputs * Float32Array.BYTES_PER_ELEMENT));
      visit({ layer, values: address, inputs, outputs });
    });
  }
}

/** All parameters as bytes, layer by layer, weight before bias. `weightsSha256` is the hash of these bytes. */
export function parameterBytes({ weights, biases }: Parameters): Uint8Array<ArrayBuffer> {
  return concatBytes(weights.flatMap((weight, l) => [weight, biases[l] ?? new Float32Array()]).map(asBytes));
}

/** The inverse of `parameterBytes`. Throws `bad-shape` if the number of bytes is not that of the network. */
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

/** Draws a network's weights, each layer from its own stream; biases are zero. */
export function initialise(
  kernels: Kernels,
  memory: NetworkMemory,
  initialisation: Initialisation,
  seed: number,
): void {
  const { call } = kernels;
  const fillers = { glorot: call.glorotUniform, he: call.heNormal, normal: call.lecunNormal };
  forEachLayer(kernels, memory, ({ layer, values, inputs, outputs }) => {
    withResources((hold) => {
      const state = hold(kernels.block(kernels.constant('RANDOM_STATE_BYTES'))).address;
      call.seedRandom(state, seed, STREAMS.initialisation, layer);
      fillers[layerInitialisation(memory.spec, initialisation, layer)](values, state, inputs, outputs);
      call.writeLayer(memory.network, layer, memory.address('parameters'), values);
    });
  });
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
