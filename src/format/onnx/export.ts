/**
 * A model as ONNX: Gemm with the weights as (out, in), the activation between, Softmax at the end. Input `x` [N][inputs], float:
 * numbers as the network takes them, pixels from 0 to 1; raw features where the model standardises them. Outputs `logits` and
 * `probabilities` [N][classes]; N is free.
 */
import { bytesOf } from '../../core/bytes.ts';
import { sizeAt } from '../../core/spec.ts';
import type { ModelFile } from '../model-file.ts';
import { split } from '../split.ts';
import { FLOAT, type OnnxAttribute, type OnnxNode, type OnnxTensor, writeOnnx } from './messages.ts';

/** Softmax over the last axis came with 13; every runtime of the last years has it. */
export const OPSET = 13;
const IR_VERSION = 7;
const OPERATORS = { sigmoid: 'Sigmoid', tanh: 'Tanh', relu: 'Relu' } as const;
/** Where we keep what ONNX has no place for: the classes' names, the scaling, the shape of a picture. */
export const METADATA_PREFIX = 'edge-mlp.';

/**
 * The bytes of an ONNX file. int8 weights become the float32 ones that they stand for.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { loadKernels } from 'edge-mlp/node';
 * import { formatOnnx, OPSET } from 'edge-mlp/onnx';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' } } as const;
 * const model = { info, parameters: mlp.parameters() };
 * console.log(OPSET, formatOnnx(model).length > 200); // 13 true
 * ```
 */
export function formatOnnx({ info, parameters }: ModelFile): Uint8Array<ArrayBuffer> {
  const { spec, classes, scaling, imageShape, pictures, features, labelName } = info;
  const { layers, hiddenActivation } = spec;
  const { weights, biases } = parameters;
  const [columns, classCount] = [sizeAt(layers, 0), sizeAt(layers, -1)];
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  let value = 'x';
  const step = (type: string, inputs: readonly string[], output: string, attributes: readonly OnnxAttribute[] = []) => {
    nodes.push({ name: `${type}_${nodes.length}`, type, domain: '', inputs, outputs: [output], attributes });
    value = output;
  };
  if (scaling.kind === 'standard') {
    const means = scaling.mean.map(split);
    initializers.push(
      tensorOf(
        'mean',
        [columns],
        Float32Array.from(means, ([high]) => high),
      ),
    );
    initializers.push(
      tensorOf(
        'mean.rest',
        [columns],
        Float32Array.from(means, ([, rest]) => rest),
      ),
    );
    initializers.push(tensorOf('deviation', [columns], Float32Array.from(scaling.standardDeviation)));
    step('Sub', ['x', 'mean'], 'nearly');
    step('Sub', ['nearly', 'mean.rest'], 'centred');
    step('Div', ['centred', 'deviation'], 'standardised');
  }
  weights.forEach((weight, l) => {
    const [weightName, biasName] = [`layers.${l}.weight`, `layers.${l}.bias`];
    initializers.push(tensorOf(weightName, [sizeAt(layers, l + 1), sizeAt(layers, l)], weight));
    initializers.push(tensorOf(biasName, [sizeAt(layers, l + 1)], biases[l] ?? new Float32Array()));
    const last = l === weights.length - 1;
    step('Gemm', [value, weightName, biasName], last ? 'logits' : `linear.${l}`, [whole('transB', 1)]);
    if (!last) step(OPERATORS[hiddenActivation], [value], `hidden.${l}`);
  });
  step('Softmax', ['logits'], 'probabilities', [whole('axis', -1)]);
  const rows = (name: string, size: number) => ({ name, dataType: FLOAT, shape: ['N', size] });
  const kept = { classes, scaling, imageShape, pictures, features, labelName };
  return writeOnnx({
    ...{ irVersion: IR_VERSION, producer: 'edge-mlp', opset: OPSET },
    graph: {
      ...{ name: 'mlp', nodes, initializers },
      inputs: [rows('x', columns)],
      outputs: [rows('probabilities', classCount), rows('logits', classCount)],
    },
    metadata: Object.fromEntries(
      Object.entries(kept)
        .filter(([, held]) => held !== undefined)
        .map(([key, held]) => [`${METADATA_PREFIX}${key}`, JSON.stringify(held)]),
    ),
  });
}

function tensorOf(name: string, dims: readonly number[], data: Float32Array): OnnxTensor {
  return { name, dims, dataType: FLOAT, raw: bytesOf(data), numbers: [], strings: [], external: false };
}

function whole(name: string, int: number): OnnxAttribute {
  return { name, int, float: 0, string: '', tensor: undefined, floats: [], ints: [], strings: [] };
}
