/**
 * A model as ONNX: Gemm with weights (out, in), activations between the layers, and Softmax at the end. Input `x`
 * [N][inputs], float: scaled numbers, or raw features if the model standardises them. Outputs `logits` and
 * `probabilities` [N][classes]; of a regression `values` [N][targets] in the units of the table, and `outputs` before
 * their scaling. N is free.
 */
import { asBytes } from '../../core/bytes.ts';
import type { InputScaling } from '../../core/dataset.ts';
import type { Parameters } from '../../core/parameters.ts';
import { activationAt, type HiddenActivation, type MlpSpec, sizeAt } from '../../core/spec.ts';
import type { Target } from '../../core/targets.ts';
import { checkInfo } from '../metadata.ts';
import type { ModelFile } from '../model-file.ts';
import { float32Standardisation } from '../standardisation.ts';
import { ATTRIBUTE, FLOAT, type OnnxAttribute, type OnnxNode, type OnnxTensor, writeOnnx } from './messages.ts';
import { targetSteps } from './regression.ts';

/** Version 13 (2020) introduced Softmax over the last axis. */
export const OPSET = 13;
const IR_VERSION = 7;
/** Prefix of metadata that ONNX does not define: class names, scaling, image shape. */
export const METADATA_PREFIX = 'edge-mlp.';

/**
 * The bytes of an ONNX file. int8 weights become float32. Throws EdgeMlpError "bad-model" for information that could
 * not be read again.
 */
export function formatOnnx({ info, parameters }: ModelFile): Uint8Array<ArrayBuffer> {
  checkInfo(info);
  const { spec, classes, targets, scaling, imageShape, pictures, features, tableColumns } = info;
  const { labelName, recognition } = info;
  const [columns, outputs] = [sizeAt(spec.layers, 0), sizeAt(spec.layers, -1)];
  const graph = new Graph('x');
  if (scaling.kind === 'standard') standardise(graph, columns, scaling);
  addLayers(graph, spec, parameters);
  if (targets === undefined) graph.add('Softmax', [], 'probabilities', [whole('axis', -1)]);
  else scaleTargets(graph, targets);
  const names = targets === undefined ? ['probabilities', 'logits'] : ['values', 'outputs'];
  const rows = (name: string, size: number) => ({ name, dataType: FLOAT, shape: ['N', size] });
  // No node has the activation of a network without a hidden layer. Layers with the identity would be multiplied.
  const unseen = spec.layers.length === 2 || [spec.hiddenActivation].flat().includes('identity');
  const hiddenActivation = unseen ? spec.hiddenActivation : undefined;
  const { task } = spec;
  const described = {
    task,
    targets,
    scaling,
    imageShape,
    pictures,
    features,
    tableColumns,
    labelName,
    recognition,
    hiddenActivation,
  };
  const kept = targets === undefined ? { classes, ...described } : described;
  return writeOnnx({
    ...{ irVersion: IR_VERSION, producer: 'edge-mlp', opset: OPSET },
    graph: {
      ...{ name: 'mlp', nodes: graph.nodes, initializers: graph.initializers },
      inputs: [rows('x', columns)],
      outputs: names.map((name) => rows(name, outputs)),
    },
    metadata: Object.fromEntries(
      Object.entries(kept)
        .filter(([, held]) => held !== undefined)
        .map(([key, held]) => [`${METADATA_PREFIX}${key}`, JSON.stringify(held)]),
    ),
  });
}

/** A chain of nodes: the output of each node is the input of the next. */
class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  /** The name of the last output. */
  value: string;

  constructor(input: string) {
    this.value = input;
  }

  /** Adds a node with the current value and constants as inputs. */
  add(type: string, constants: readonly string[], output: string, attributes: readonly OnnxAttribute[] = []): void {
    const name = `${type}_${this.nodes.length}`;
    this.nodes.push({ name, type, domain: '', inputs: [this.value, ...constants], outputs: [output], attributes });
    this.value = output;
  }

  constant(name: string, dims: readonly number[], data: Float32Array): void {
    const raw = asBytes(data);
    this.initializers.push({ name, dims, dataType: FLOAT, raw, numbers: [], strings: [], external: undefined });
  }
}

function standardise(graph: Graph, columns: number, scaling: Extract<InputScaling, { kind: 'standard' }>): void {
  const { mean, rest, deviation } = float32Standardisation(scaling);
  graph.constant('mean', [columns], mean);
  graph.constant('mean.rest', [columns], rest);
  graph.constant('deviation', [columns], deviation);
  graph.add('Sub', ['mean'], 'nearly');
  graph.add('Sub', ['mean.rest'], 'centred');
  graph.add('Div', ['deviation'], 'standardised');
}

function addLayers(graph: Graph, spec: MlpSpec, { weights, biases }: Parameters): void {
  const { layers } = spec;
  weights.forEach((weight, l) => {
    const [weightName, biasName] = [`layers.${l}.weight`, `layers.${l}.bias`];
    graph.constant(weightName, [sizeAt(layers, l + 1), sizeAt(layers, l)], weight);
    graph.constant(biasName, [sizeAt(layers, l + 1)], biases[l] ?? new Float32Array());
    const last = l === weights.length - 1;
    const output = spec.task === 'regression' ? 'outputs' : 'logits';
    graph.add('Gemm', [weightName, biasName], last ? output : `linear.${l}`, [whole('transB', 1)]);
    if (!last) activate(graph, activationAt(spec, l), `hidden.${l}`);
  });
}

/** Standardised targets become values in the units of the table. */
function scaleTargets(graph: Graph, targets: readonly Target[]): void {
  const steps = targetSteps(targets);
  steps.forEach(({ type, by }, i) => {
    graph.constant(`targets.${type}`, [by.length], Float32Array.from(by));
    graph.add(type, [`targets.${type}`], i === steps.length - 1 ? 'values' : 'scaled');
  });
}

/** Activations that are one operator, whose defaults are those of PyTorch. */
const OPERATORS: Readonly<Partial<Record<HiddenActivation, string>>> = {
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  relu: 'Relu',
  'leaky-relu': 'LeakyRelu',
  elu: 'Elu',
  softplus: 'Softplus',
  identity: 'Identity',
};

/** Adds the activation of a layer. Gelu is an operator since version 20 only; these operators run everywhere. */
function activate(graph: Graph, activation: HiddenActivation, output: string): void {
  const operator = OPERATORS[activation];
  if (operator === undefined) gate(graph, activation, output);
  else graph.add(operator, [], output);
}

/** z times a gate: σ(z) for SiLU, and half of 1 + erf(z / √2) or 1 + tanh(√(2/π) (z + 0.044715 z³)) for GELU. */
function gate(graph: Graph, activation: HiddenActivation, output: string): void {
  const { value } = graph;
  const number = (name: string, values: number) => {
    graph.constant(`${output}.${name}`, [], Float32Array.of(values));
    return `${output}.${name}`;
  };
  if (activation === 'silu') {
    graph.add('Sigmoid', [], `${output}.gate`);
  } else {
    if (activation === 'gelu') {
      graph.add('Div', [number('root', Math.SQRT2)], `${output}.argument`);
      graph.add('Erf', [], `${output}.error`);
    } else {
      graph.add('Mul', [value], `${output}.square`);
      graph.add('Mul', [value], `${output}.cube`);
      graph.add('Mul', [number('cubic', 0.044715)], `${output}.bend`);
      graph.add('Add', [value], `${output}.sum`);
      graph.add('Mul', [number('root', Math.sqrt(2 / Math.PI))], `${output}.argument`);
      graph.add('Tanh', [], `${output}.error`);
    }
    graph.add('Add', [number('one', 1)], `${output}.twice`);
    graph.add('Mul', [number('half', 0.5)], `${output}.gate`);
  }
  graph.add('Mul', [value], output);
}

function whole(name: string, int: number): OnnxAttribute {
  return { name, type: ATTRIBUTE.int, int, float: 0, text: '', tensor: undefined, floats: [], ints: [], strings: [] };
}
