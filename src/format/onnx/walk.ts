/** From the nodes of a graph, one after the other, to what each of them gives. */
import { describeValue, EdgeMlpError } from '../../core/errors.ts';
import { ABSENT, type Activations, ASIDE, INPUT, refuse, type Value, withFunction, wrong } from './flow.ts';
import { batchNormalization, elementwise, gemm, matMul, scaler, transpose } from './linear.ts';
import { findInput, type OnnxGraph, type OnnxNode, type OnnxTensor } from './messages.ts';
import { attribute, isAside, requireActivations } from './nodes.ts';
import { cast, concat, reshape } from './shapes.ts';
import { isReadable, readConstant } from './tensors.ts';

/** Operators that make weights, or others of them. */
const MAKING = new Set(['Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'Div', 'Transpose', 'BatchNormalization']);
/** Of operators: ONNX's own, and those for what is no neural network. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
/** Of each number in the file so many are made on the way: a few operations on every layer; a small file could ask for any number. */
const MOST_COPIES = 16;

/** Follows the nodes in their order, which ONNX promises to be one in which every input is there before it is needed. */
export class Walk {
  /** Of the nodes for labels, where there are some. */
  classes: string[] | undefined;
  readonly #graph: OnnxGraph;
  readonly #values = new Map<string, Value>();
  /** Numbers that the file has, and weights that were made of them. */
  #numbers = 0;
  #made = 0;
  /** Samples at a time, where the graph takes no other number of them. */
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
      if (first !== undefined) this.#values.set(first, this.#formatCount(this.#evaluateNode(node), node));
      for (const other of others) if (other !== '') this.#values.set(other, ASIDE);
    }
  }

  /** What the graph gives out: probabilities where it has both these and what they are made of. */
  answer(): Activations {
    const given = this.#graph.outputs.map(({ name }) => this.#values.get(name));
    const networks = given.filter((value) => value?.kind === 'activations').filter(({ linears }) => linears.length > 0);
    const [answer] = networks.toSorted(
      (a, b) => b.linears.length - a.linears.length || b.functions.length - a.functions.length,
    );
    if (answer === undefined) throw wrong('outputs', 'that of a multilayer perceptron', 'none');
    // Hidden layers may be given out beside it; another network may not.
    const other = networks.find(({ linears }) => linears.some((linear, l) => linear !== answer.linears[l]));
    if (other !== undefined) throw wrong('outputs', 'those of one network', 'more');
    return answer;
  }

  #formatCount(value: Value, node: OnnxNode): Value {
    if (node.type === 'Constant') this.#numbers += countNumbers(value);
    else if (MAKING.has(node.type)) this.#made += countNumbers(value);
    if (this.#made <= MOST_COPIES * this.#numbers) return value;
    return refuse(node, `weights that are used up to ${MOST_COPIES} times`, 'more');
  }

  #evaluateNode(node: OnnxNode): Value {
    if (!DOMAINS.has(node.domain)) refuse(node, "an operator of ONNX's own", describeValue(node.domain));
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

/** Of a constant, or of the last layer. */
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

/** Over an axis that is not the last, or over heads of several numbers each, other numbers would come out. */
function softmax(node: OnnxNode, value: Value): Activations {
  const x = requireActivations(node, value);
  const axis = attribute(node, 'axis')?.int ?? -1;
  const last = (x.rank ?? 2) - 1;
  if (axis !== -1 && axis !== last) refuse(node, `the axis of the classes, ${last} or -1`, String(axis));
  return withFunction(x, node.type, node);
}
