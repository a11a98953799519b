/** Descriptions of a model: its metadata, and Triton's model configuration. */
import { inputSize, outputSize } from '../../src/core/spec.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import { LIMITS } from '../limits.ts';
import type { Network } from '../models/networks.ts';
import { INPUT } from './inputs.ts';

const PLATFORM = 'wasm_mlp';

/** Tensors of one sample: the shapes have no batch dimension. */
function describeTensors({ info: { spec } }: Network) {
  return {
    inputs: [{ name: INPUT, datatype: 'FP32', shape: [inputSize(spec)] }],
    outputs:
      spec.task === 'regression'
        ? [{ name: 'values', datatype: 'FP32', shape: [outputSize(spec)] }]
        : [
            { name: 'probabilities', datatype: 'FP32', shape: [outputSize(spec)] },
            { name: 'label', datatype: 'INT32', shape: [] },
          ],
  };
}

export function buildMetadata(network: Network, versions: string[]) {
  const { inputs, outputs } = describeTensors(network);
  const batched = (tensor: (typeof outputs)[number]) => ({ ...tensor, shape: [-1, ...tensor.shape] });
  return {
    name: network.name,
    versions,
    platform: PLATFORM,
    properties: buildProperties(network.info),
    inputs: inputs.map(batched),
    outputs: outputs.map(batched),
  };
}

/** Meaning of inputs and outputs. The protocol allows texts only. */
function buildProperties(info: ModelInfo): Record<string, string> {
  const { classes, targets, scaling, imageShape, pictures, features, tableColumns, recognition } = info;
  return {
    ...(targets === undefined
      ? { classes: JSON.stringify(classes) }
      : { targets: JSON.stringify(targets.map(({ name }) => name)) }),
    scaling: scaling.kind,
    ...(imageShape === undefined ? {} : { image: imageShape.join('x') }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features: JSON.stringify(features) }),
    ...(tableColumns === undefined ? {} : { columns: JSON.stringify(tableColumns) }),
    ...(recognition === undefined ? {} : { recognition: JSON.stringify(recognition) }),
  };
}

/** The fields of Triton's message ModelConfig that apply to the service. */
export function buildConfig(network: Network) {
  const { inputs, outputs } = describeTensors(network);
  const describe = ({ name, datatype, shape }: (typeof outputs)[number]) => {
    return { name, data_type: `TYPE_${datatype}`, dims: shape };
  };
  return {
    name: network.name,
    platform: PLATFORM,
    backend: 'edge-mlp',
    // Every stored version is served.
    version_policy: { all: {} },
    max_batch_size: Math.min(LIMITS.batch, Math.floor(LIMITS.probabilities / outputSize(network.info.spec))),
    input: inputs.map(describe),
    output: outputs.map(describe),
    // One response for each request.
    model_transaction_policy: { decoupled: false },
  };
}
