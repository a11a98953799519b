/**
 * A network's block of linear memory. assembly/memory-map.ts computes its size and writes the records that describe it.
 */
import { withResources } from './borrow.ts';
import type { Kernels } from './kernels.ts';
import { LOSS_CODES, type Loss } from './loss.ts';
import { activationAt, type HiddenActivation, type MlpSpec, type Precision } from './spec.ts';

/** Capacity of a network's memory. */
export interface NetworkOptions {
  readonly precision: Precision;
  /** The loss of training. Prediction only distinguishes cross-entropy, which has classes, from the others. */
  readonly loss: Loss;
  /** Samples that pass through the network together: in training, the batch size. */
  readonly rows: number;
  readonly training: boolean;
  /** Training works on lists of the non-zero inputs. */
  readonly sparse: boolean;
  readonly velocity: boolean;
  readonly secondMoment: boolean;
  readonly gradient: boolean;
  /**
   * Updates of the first layer stay pending until its weights are read. Requires training with one row and no gradient.
   */
  readonly pending: boolean;
  /** Training with dropout. */
  readonly dropout: boolean;
}

/** The parameters of a network, or numbers in their shape. */
export type ParameterRange = 'parameters' | 'gradient' | 'velocity' | 'secondMoment';

const ACTIVATIONS = {
  sigmoid: 'ACTIVATION_SIGMOID',
  tanh: 'ACTIVATION_TANH',
  relu: 'ACTIVATION_RELU',
  'leaky-relu': 'ACTIVATION_LEAKY_RELU',
  elu: 'ACTIVATION_ELU',
  gelu: 'ACTIVATION_GELU',
  'gelu-tanh': 'ACTIVATION_GELU_TANH',
  silu: 'ACTIVATION_SILU',
  softplus: 'ACTIVATION_SOFTPLUS',
  identity: 'ACTIVATION_IDENTITY',
} as const satisfies Record<HiddenActivation, string>;

const RANGES = {
  parameters: 'NETWORK_PARAMETERS',
  gradient: 'NETWORK_GRADIENT',
  velocity: 'NETWORK_VELOCITY',
  secondMoment: 'NETWORK_SECOND_MOMENT',
} as const satisfies Record<ParameterRange, string>;

/** Bytes of linear memory of a network; may exceed 4 GiB. */
export function networkBytes(kernels: Kernels, spec: MlpSpec, options: NetworkOptions): number {
  return withSpec(kernels, spec, options, (address) => kernels.call.networkBytes(address));
}

export class NetworkMemory {
  readonly spec: MlpSpec;
  /** Address of the Network record. */
  readonly network: number;
  readonly #kernels: Kernels;

  /** Throws `out-of-memory`. */
  constructor(kernels: Kernels, spec: MlpSpec, options: NetworkOptions) {
    this.#kernels = kernels;
    this.spec = spec;
    this.network = withSpec(kernels, spec, options, (address) => {
      const network = kernels.allocate(kernels.call.networkBytes(address));
      kernels.call.setUpNetwork(network, address);
      return network;
    });
  }

  /** Address of a range of numbers; 0 if the network does not have it. */
  address(range: ParameterRange): number {
    return this.#kernels.field(this.network, RANGES[range]);
  }

  /** A view of all weights and biases in the order of the tiles, with padding. */
  get parameters(): Float32Array<ArrayBuffer> {
    const length = this.#kernels.field(this.network, 'NETWORK_PARAMETER_LENGTH');
    return this.#kernels.floats(this.address('parameters'), length);
  }

  free(): void {
    this.#kernels.free(this.network);
  }
}

/** Calls `use` with the address of a NetworkSpec of assembly/records.ts. */
function withSpec<T>(kernels: Kernels, spec: MlpSpec, options: NetworkOptions, use: (address: number) => T): T {
  const { precision, loss, rows, training, sparse, velocity, secondMoment, gradient, pending, dropout } = options;
  const { layers } = spec;
  const flags = [precision === 'int8', training, sparse, velocity, secondMoment, gradient, pending, dropout].map(
    Number,
  );
  // The output layer has no activation.
  const activations = layers.slice(2).map((_, l) => ACTIVATIONS[activationAt(spec, l)]);
  const codes = [...activations, ACTIVATIONS.identity].map((name) => kernels.constant(name));
  const words = [kernels.constant(LOSS_CODES[loss]), rows, ...flags, layers.length - 1, ...layers, ...codes];
  return withResources((hold) => {
    const { address } = hold(kernels.block(words.length * Uint32Array.BYTES_PER_ELEMENT));
    kernels.words(address, words.length).set(words);
    return use(address);
  });
}
