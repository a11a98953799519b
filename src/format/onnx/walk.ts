/** Evaluates the nodes of a graph in order. */
import { describeValue, EdgeMlpError } from '../../core/errors.ts';
import { ABSENT, type Activations, ASIDE, badModel, INPUT, refuse, type Value, withFunction } from './flow.ts';
import { batchNormalization, elementwise, gemm, matMul, scaler, transpose } from './linear.ts';
import { findInput, type OnnxGraph, type OnnxNode, type OnnxTensor } from './messages.ts';
import { attribute, isAside, requireActivations } from './nodes.ts';
import { cast, concat, reshape } from './shapes.ts';
import { isReadable, readConstant } from './tensors.ts';

/** Operators that compute weights. */
const WEIGHT_OPERATORS = new Set(['Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'Div', 'Transpose', 'BatchNormalization']);
/** Domains of operators: ONNX, and ONNX-ML. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
/**
 * Maximum number of computed weights per number in the file. Networks need a few; a small file could request any
 * number.
 */
const MOST_COPIES = 16;

/** Evaluates a graph. ONNX guarantees that nodes come after their inputs. */
export class Walk {
  /** Class names of the nodes for labels. */
  classes: string[] | undefined;
  readonly #graph: OnnxGraph;
  readonly #values = new Map<string, Value>();
  /** Numbers in the file, and computed weights. */
  #numbers = 0;
  #computed = 0;
  /** Batch size, if the graph has a fixed one. */
  readonly #batch: number | undefined;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    const batch = findInput(graph)?.shape?.[0];
    this.#batch = typeof batch === 'number' && batch > 0 ? batch : undefined;
    for (const tensor of graph.initializers) {
      const value = constantValue(tensor, `initializer ${describeValue(tensor.name)}`);
      this.#values.set(tensor.name, value);
      this.#numbers += countNumbers(value);
    }
    const inputs = graph.inputs.filter(({ name }) => !this.#values.has(name));
    if (inputs.length !== 1) {
      const names = inputs.map(({ name }) => name).join(', ') || 'none';
      throw new EdgeMlpError('bad-model', `inputs: expected one, got ${names}`);
    }
    for (const { name, shape } of inputs) this.#values.set(name, { ...INPUT, rank: shape?.length });
    for (const node of graph.nodes) {
      const [first, ...others] = node.outputs;
      if (first !== undefined) this.#values.set(first, this.#limitWeights(this.#evaluateNode(node), node));
      for (const other of others) if (other !== '') this.#values.set(other, ASIDE);
    }
  }

  /** The output of the graph: of several outputs of one network, the last one. */
  answer(): Activations {
    const given = this.#graph.outputs.map(({ name }) => this.#values.get(name));
    const networks = given.filter((value) => value?.kind === 'activations').filter(({ linears }) => linears.length > 0);
    const [answer] = networks.toSorted(
      (a, b) => b.linears.length - a.linears.length || b.functions.length - a.functions.length,
    );
    if (answer === undefined) throw badModel('outputs', 'a multilayer perceptron', 'none');
    // Outputs of hidden layers are allowed; outputs of another network are not.
    const other = networks.find(({ linears }) => linears.some((linear, l) => linear !== answer.linears[l]));
    if (other !== undefined) throw badModel('outputs', 'one network', 'more');
    return answer;
  }

  #limitWeights(value: Value, node: OnnxNode): Value {
    if (node.type === 'Constant') this.#numbers += countNumbers(value);
    else if (WEIGHT_OPERATORS.has(node.type)) this.#computed += countNumbers(value);
    if (this.#computed <= MOST_COPIES * this.#numbers) return value;
    return refuse(node, `weights that are used at most ${MOST_COPIES} times`, 'more');
  }

  #evaluateNode(node: OnnxNode): Value {
    if (!DOMAINS.has(node.domain)) refuse(node, 'an operator of ONNX or ONNX-ML', describeValue(node.domain));
    const inputs = node.inputs.map((name) => this.#findValue(name, node));
    const [first = ASIDE, second = ASIDE] = inputs;
    switch (node.type) {
      case 'Constant':
        return constantAttribute(node);
      case 'Gemm':
        return gemm(node, inputs);
      case 'MatMul':
        return matMul(node, first, second);
      case 'Add':
      case 'Sub':
      case 'Mul':
      case 'Div':
        return elementwise(node, node.type, first, second);
      case 'BatchNormalization':
        return batchNormalization(node, inputs);
      case 'Sigmoid':
      case 'Tanh':
      case 'Relu':
        return withFunction(requireActivations(node, first), node.type, node);
      case 'Softmax':
      case 'LogSoftmax':
        return softmax(node, first);
      case 'Scaler':
        return scaler(node, first);
      case 'Transpose':
        return transpose(node, first);
      case 'Concat':
        return concat(node, inputs);
      case 'Flatten':
      case 'Reshape':
      case 'Squeeze':
      case 'Unsqueeze':
        return reshape(node, first, second, this.#batch);
      case 'Cast':
        return cast(node, first);
      case 'Identity':
      case 'Dropout':
        return first;
      case 'ZipMap':
        this.#name(attribute(node, 'classlabels_strings')?.strings, attribute(node, 'classlabels_int64s')?.ints);
        return first;
      case 'Shape':
      case 'Gather':
      case 'ArgMax':
        return ASIDE;
      case 'ArrayFeatureExtractor':
        if (first.kind === 'constant') this.#name(first.constant.texts, [...first.constant.values]);
        return ASIDE;
      default:
        return isAside(inputs)
          ? ASIDE
          : refuse(node, 'an operator of a multilayer perceptron', describeValue(node.type));
    }
  }

  #findValue(name: string, node: OnnxNode): Value {
    if (name === '') return ABSENT;
    return this.#values.get(name) ?? refuse(node, 'inputs that come before it', JSON.stringify(name));
  }

  #name(texts: readonly string[] = [], numbers: readonly number[] = []): void {
    if (texts.length > 0) this.classes = [...texts];
    else if (numbers.length > 0) this.classes = numbers.map(String);
  }
}

/** Numbers of a constant, or weights of the last layer. */
function countNumbers(value: Value): number {
  if (value.kind === 'constant') return value.constant.values.length;
  return value.kind === 'activations' ? (value.linears.at(-1)?.weight.length ?? 0) : 0;
}

function constantValue(tensor: OnnxTensor, where: string): Value {
  if (!isReadable(tensor)) return { kind: 'unread', dataType: tensor.dataType };
  return { kind: 'constant', constant: readConstant(tensor, where) };
}

function constantAttribute(node: OnnxNode): Value {
  const [only] = node.attributes;
  if (only?.name === 'value' && only.tensor !== undefined)
    return constantValue(only.tensor, `node ${describeValue(node.name)}`);
  const numbers = {
    value_float: [only?.float],
    value_int: [only?.int],
    value_floats: only?.floats,
    value_ints: only?.ints,
  };
  const values = numbers[only?.name as keyof typeof numbers];
  if (values === undefined) return refuse(node, 'a value of numbers', only?.name ?? 'none');
  const shape = only?.name.endsWith('s') ? [values.length] : [];
  return { kind: 'constant', constant: { shape, values: Float64Array.from(values, Number), texts: [] } };
}

/** Softmax over another axis than the last one would give other numbers. */
function softmax(node: OnnxNode, value: Value): Activations {
  const x = requireActivations(node, value);
  const axis = attribute(node, 'axis')?.int ?? -1;
  const last = (x.rank ?? 2) - 1;
  if (axis !== -1 && axis !== last) refuse(node, `the axis of the classes, ${last} or -1`, String(axis));
  return withFunction(x, node.type, node);
}
