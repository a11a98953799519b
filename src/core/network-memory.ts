/** A network's block of linear memory: taken, described to the kernels by the records of assembly/records.ts, given back. */
import { type Kernels, writeFields } from './kernels.ts';
import { computeLayout, type Layout, type LayoutOptions, type Region } from './layout.ts';
import type { HiddenActivation, MlpSpec } from './spec.ts';

const ACTIVATION_CONSTANTS = {
  sigmoid: 'ACTIVATION_SIGMOID',
  tanh: 'ACTIVATION_TANH',
  relu: 'ACTIVATION_RELU',
} as const satisfies Record<HiddenActivation, string>;

export class NetworkMemory {
  readonly layout: Layout;
  readonly #kernels: Kernels;
  readonly #address: number;

  constructor(kernels: Kernels, spec: MlpSpec, options: LayoutOptions) {
    this.#kernels = kernels;
    this.layout = computeLayout(kernels, spec, options);
    this.#address = kernels.allocate(this.layout.bytes);
    this.#describe(spec);
  }

  /** Address of the Network record. */
  get network(): number {
    return this.address(this.layout.network);
  }

  address(region: Region): number {
    return this.#address + region.offset;
  }

  floats(region: Region): Float32Array<ArrayBuffer> {
    return this.#kernels.floats(this.address(region), region.bytes / Float32Array.BYTES_PER_ELEMENT);
  }

  free(): void {
    this.#kernels.free(this.#address);
  }

  #describe(spec: MlpSpec): void {
    const { layout } = this;
    const optional = (region: Region | undefined) => (region === undefined ? 0 : this.address(region));
    writeFields(this.#kernels, this.network, {
      NETWORK_LAYER_COUNT: layout.layers.length,
      NETWORK_ROWS: layout.rows,
      NETWORK_LAYERS: this.address(layout.layerRecords),
      NETWORK_PARAMETERS: this.address(layout.parameters),
      NETWORK_PARAMETER_LENGTH: layout.parameters.bytes / Float32Array.BYTES_PER_ELEMENT,
      NETWORK_GRADIENT: optional(layout.gradient),
      NETWORK_VELOCITY: optional(layout.velocity),
      NETWORK_INPUT_SPACE: this.address(layout.inputSpace),
      NETWORK_INPUT_ADDRESS: this.address(layout.inputAddress),
      NETWORK_INPUT_COUNT: this.address(layout.inputCount),
      NETWORK_INPUT_SPANS: this.address(layout.inputSpans),
      NETWORK_COLUMN_ENTRIES: optional(layout.columnEntries),
      NETWORK_COLUMN_STARTS: optional(layout.columnStarts),
      NETWORK_COLUMN_PAIRS: optional(layout.columnPairs),
      NETWORK_ROW_LOSSES: optional(layout.rowLosses),
      NETWORK_ROW_CORRECT: optional(layout.rowCorrect),
      NETWORK_DEFERRED: optional(layout.deferral?.deferred),
      NETWORK_DEFERRED_DELTAS: optional(layout.deferral?.deltas),
      NETWORK_TOUCHES: optional(layout.deferral?.touches),
      NETWORK_PAIRS: optional(layout.pairs),
      NETWORK_PROBABILITIES: this.address(layout.probabilities),
    });
    if (layout.deferral !== undefined) {
      const { deferred, deltas } = layout.deferral;
      this.#kernels.call.clearDeferred(this.address(deferred), this.address(deltas), layout.layers[0]?.inputs ?? 0);
    }
    layout.layers.forEach((layer, l) => {
      const hidden = l < layout.layers.length - 1;
      const activation = hidden ? ACTIVATION_CONSTANTS[spec.hiddenActivation] : 'ACTIVATION_NONE';
      writeFields(this.#kernels, this.address(layout.layerRecords) + l * this.#kernels.constant('LAYER_BYTES'), {
        LAYER_INPUTS: layer.inputs,
        LAYER_OUTPUTS: layer.outputs,
        LAYER_ACTIVATION: this.#kernels.constant(activation),
        LAYER_WEIGHT: this.address(layer.weight),
        LAYER_SCALES: optional(layer.scales),
        LAYER_BIAS: this.address(layer.bias),
        LAYER_WEIGHT_GRADIENT: this.#gradientAddress(layer.weight),
        LAYER_BIAS_GRADIENT: this.#gradientAddress(layer.bias),
        LAYER_OUTPUT: this.address(layer.output),
        LAYER_DELTA: this.address(layer.delta),
      });
    });
  }

  /** Gradients lie as the parameters do, from another start. */
  #gradientAddress(parameter: Region): number {
    const { gradient, parameters } = this.layout;
    return gradient === undefined ? 0 : this.address(gradient) + parameter.offset - parameters.offset;
  }
}
