/**
 * Multilayer perceptrons from ONNX, as PyTorch, Keras (tf2onnx) and scikit-learn (skl2onnx) write them: linear layers as Gemm, or as
 * MatMul and Add, one activation between them, softmax or a sigmoid of one output at the end, and around them what does nothing to
 * the features of a sample: Flatten, Reshape, Cast, Identity, Dropout, ZipMap. Everything else is refused by the node's name.
 */
import { EdgeMlpError } from '../../core/errors.ts';
import { checkParameters, type Parameters } from '../../core/parameters.ts';
import { checkSpec, type HiddenActivation, type MlpSpec } from '../../core/spec.ts';
import { Field } from '../fields.ts';
import { type ModelInfo, readClasses, readFeatures, readImageShape, readPictures, readScaling } from '../metadata.ts';
import type { ModelFile } from '../model-file.ts';
import { METADATA_PREFIX } from './export.ts';
import {
  type Activations,
  ASIDE,
  INPUT,
  isLinear,
  type Linear,
  refuse,
  type Value,
  withElementwise,
  withFunction,
  withLinear,
} from './flow.ts';
import {
  DOUBLE,
  FLOAT,
  FLOAT16,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  readOnnx,
} from './messages.ts';
import { type Constant, constantOf } from './tensors.ts';

const HIDDEN: Readonly<Record<string, HiddenActivation>> = { Sigmoid: 'sigmoid', Tanh: 'tanh', Relu: 'relu' };

/**
 * The network of an ONNX file. Throws `bad-model`, `bad-spec` or `not-finite`.
 *
 * @example
 * ```ts
 * import { Mlp } from 'edge-mlp';
 * import { mlpOf } from 'edge-mlp/format';
 * import { loadKernels } from 'edge-mlp/node';
 * import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' } } as const;
 * const model = { info, parameters: mlp.parameters() };
 * const again = mlpOf(await loadKernels(), parseOnnx(formatOnnx(model), 'mine.onnx'));
 * console.log(again.spec.layers, again.parameters().weights[0]?.[0] === mlp.parameters().weights[0]?.[0]); // [ 2, 3, 2 ] true
 * ```
 */
export function parseOnnx(bytes: Uint8Array, name: string): ModelFile {
  const model = readOnnx(bytes, name);
  try {
    return modelOf(model);
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    const code = error.code === 'not-finite' ? 'not-finite' : 'bad-model';
    throw new EdgeMlpError(code, `${name}: ${error.message}`, { cause: error });
  }
}

function modelOf({ graph, metadata }: OnnxModel): ModelFile {
  const walk = new Walk(graph);
  const answer = walk.answer();
  const { spec, parameters } = networkOf(answer);
  checkInput(graph, spec);
  const field = (key: string) => {
    const text = metadata[`${METADATA_PREFIX}${key}`];
    return new Field(text === undefined ? undefined : parsed(text, key), `metadata ${METADATA_PREFIX}${key}`);
  };
  const shape = field('imageShape').optional((value) => readImageShape(value, spec)) ?? pictureShape(graph, spec);
  const pictures = field('pictures').optional(readPictures);
  const features = field('features').optional((value) => readFeatures(value, spec));
  const labelName = field('labelName').optional((value) => value.text());
  const classes = field('classes').optional((value) => readClasses(value, spec)) ?? walk.classes;
  const count = spec.layers.at(-1) ?? 0;
  if (classes !== undefined && classes.length !== count) {
    throw new EdgeMlpError('bad-model', `classes: expected ${count} names, got ${classes.length}`);
  }
  const info: ModelInfo = {
    spec,
    classes: classes ?? Array.from({ length: count }, (_, label) => String(label)),
    scaling: scalingOf(
      answer,
      field('scaling').optional((value) => readScaling(value, spec)),
    ) ?? {
      // Pixels from 0 to 1 are what PyTorch's ToTensor makes of bytes.
      kind: shape === undefined ? 'identity' : 'bytes',
    },
    ...(shape === undefined ? {} : { imageShape: shape }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features }),
    ...(labelName === undefined ? {} : { labelName }),
  };
  return { info, parameters };
}

/** Operators that make weights, or others of them. */
const MAKING = new Set(['Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'Div', 'Transpose', 'BatchNormalization']);
/** Of each number in the file so many are made on the way: a few operations on every layer; a small file could ask for any number. */
const MOST_COPIES = 16;

/** Follows the nodes in their order, which ONNX promises to be one in which every input is there before it is needed. */
class Walk {
  /** Of the nodes for labels, where there are some. */
  classes: string[] | undefined;
  readonly #graph: OnnxGraph;
  readonly #values = new Map<string, Value>();
  /** Numbers that the file has, and weights that were made of them. */
  #numbers = 0;
  #made = 0;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    for (const tensor of graph.initializers) {
      const constant = constantOf(tensor, `initializer ${JSON.stringify(tensor.name)}`);
      this.#values.set(tensor.name, { kind: 'constant', constant });
      this.#numbers += constant.values.length;
    }
    const inputs = graph.inputs.filter(({ name }) => !this.#values.has(name));
    if (inputs.length !== 1) {
      const names = inputs.map(({ name }) => name).join(', ') || 'none';
      throw new EdgeMlpError('bad-model', `inputs: expected one, got ${names}`);
    }
    for (const { name } of inputs) this.#values.set(name, INPUT);
    for (const node of graph.nodes) {
      const [first, ...others] = node.outputs;
      if (first !== undefined) this.#values.set(first, this.#counted(this.#outputOf(node), node));
      for (const other of others) if (other !== '') this.#values.set(other, ASIDE);
    }
  }

  /** What the graph gives out: probabilities where it has both these and what they are made of. */
  answer(): Activations {
    const given = this.#graph.outputs.map(({ name }) => this.#values.get(name));
    const networks = given.filter((value) => value?.kind === 'activations').filter(({ linears }) => linears.length > 0);
    const [answer] = networks.toSorted((a, b) => b.functions.length - a.functions.length);
    if (answer === undefined) throw wrong('outputs', 'that of a multilayer perceptron', 'none');
    // Hidden layers may be given out beside it; another network may not.
    const other = networks.find(({ linears }) => linears.some((linear, l) => linear !== answer.linears[l]));
    if (other !== undefined) throw wrong('outputs', 'those of one network', 'more');
    return answer;
  }

  #counted(value: Value, node: OnnxNode): Value {
    if (node.type === 'Constant') this.#numbers += numbersOf(value);
    else if (MAKING.has(node.type)) this.#made += numbersOf(value);
    if (this.#made <= MOST_COPIES * this.#numbers) return value;
    return refuse(node, `weights that are used up to ${MOST_COPIES} times`, 'more');
  }

  #outputOf(node: OnnxNode): Value {
    const inputs = node.inputs.map((name) => this.#valueOf(name, node));
    const [first = ASIDE, second = ASIDE] = inputs;
    switch (node.type) {
      case 'Constant':
        return { kind: 'constant', constant: constantAttribute(node) };
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
        return withFunction(activationsOf(node, first), node.type, node);
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
        return reshape(node, first, second);
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
        return inputs.length > 0 && inputs.every(({ kind }) => kind === 'aside')
          ? ASIDE
          : refuse(node, 'an operator of a multilayer perceptron', node.type);
    }
  }

  #valueOf(name: string, node: OnnxNode): Value {
    if (name === '') return ASIDE;
    return this.#values.get(name) ?? refuse(node, 'inputs that come before it', JSON.stringify(name));
  }

  #name(texts: readonly string[] = [], numbers: readonly number[] = []): void {
    if (texts.length > 0) this.classes = [...texts];
    else if (numbers.length > 0) this.classes = numbers.map(String);
  }
}

/** Of a constant, or of the last layer. */
function numbersOf(value: Value): number {
  if (value.kind === 'constant') return value.constant.values.length;
  return value.kind === 'activations' ? (value.linears.at(-1)?.weight.length ?? 0) : 0;
}

function attribute({ attributes }: OnnxNode, name: string): OnnxAttribute | undefined {
  return attributes.find((each) => each.name === name);
}

function constantAttribute(node: OnnxNode): Constant {
  const [only] = node.attributes;
  if (only?.name === 'value' && only.tensor !== undefined) return constantOf(only.tensor, `node ${node.name}`);
  const numbers = {
    value_float: [only?.float],
    value_int: [only?.int],
    value_floats: only?.floats,
    value_ints: only?.ints,
  };
  const values = numbers[only?.name as keyof typeof numbers];
  if (values === undefined) refuse(node, 'a value of numbers', only?.name ?? 'none');
  const shape = only?.name.endsWith('s') ? [values.length] : [];
  return { shape, values: Float64Array.from(values, Number), texts: [] };
}

function activationsOf(node: OnnxNode, value: Value): Activations {
  return value.kind === 'activations' ? value : refuse(node, 'the features of a sample', value.kind);
}

function constantOfValue(node: OnnxNode, value: Value, what: string): Constant {
  return value.kind === 'constant' ? value.constant : refuse(node, `${what} that are constants`, value.kind);
}

/** alpha · A' B' + beta · C. */
function gemm(node: OnnxNode, [a = ASIDE, b = ASIDE, c]: readonly Value[]): Activations {
  const x = activationsOf(node, a);
  if ((attribute(node, 'transA')?.int ?? 0) !== 0) refuse(node, 'samples as rows', 'transA');
  const { shape, values } = matrixOf(node, b);
  const transposed = (attribute(node, 'transB')?.int ?? 0) !== 0;
  const [outputs = 0, inputs = 0] = transposed ? shape : [...shape].reverse();
  const [alpha, beta] = ['alpha', 'beta'].map((name) => attribute(node, name)?.float ?? 1);
  const turnedOnce = transposed ? values : turned(values, inputs, outputs);
  // Of what is multiplied by 1, as nearly always, no copy is made.
  const weight = alpha === 1 ? turnedOnce : turnedOnce.map((w) => w * (alpha ?? 1));
  const bias = c === undefined || c.kind === 'aside' ? new Float64Array(outputs) : biasOf(node, c, outputs);
  return withLinear(x, { inputs, outputs, weight, bias: bias.map((each) => each * (beta ?? 1)) }, node);
}

function matMul(node: OnnxNode, a: Value, b: Value): Activations {
  const x = activationsOf(node, a);
  const { shape, values } = matrixOf(node, b);
  const [inputs = 0, outputs = 0] = shape;
  const linear: Linear = { inputs, outputs, weight: turned(values, inputs, outputs), bias: new Float64Array(outputs) };
  return withLinear(x, linear, node);
}

function matrixOf(node: OnnxNode, value: Value): Constant {
  const constant = constantOfValue(node, value, 'weights');
  // A matrix of no rows takes no bytes in the file, and its columns may be any number.
  return constant.shape.length === 2 && constant.shape.every((size) => size > 0)
    ? constant
    : refuse(node, 'weights of two dimensions', `[${constant.shape.join(', ')}]`);
}

function biasOf(node: OnnxNode, value: Value, outputs: number): Float64Array {
  const { shape, values } = constantOfValue(node, value, 'biases');
  if (values.length === 1) return new Float64Array(outputs).fill(values[0] ?? 0);
  const row = values.length === outputs && shape.at(-1) === outputs;
  return row ? values : refuse(node, `a bias of ${outputs}`, `[${shape.join(', ')}]`);
}

/** (in, out) to (out, in). */
function turned(values: Float64Array, inputs: number, outputs: number): Float64Array {
  return Float64Array.from(values, (_, k) => values[(k % inputs) * outputs + Math.floor(k / inputs)] ?? 0);
}

function elementwise(node: OnnxNode, type: 'Add' | 'Sub' | 'Mul' | 'Div', a: Value, b: Value): Value {
  if (a.kind === 'constant' && b.kind === 'activations') {
    if (type === 'Sub' && a.constant.values[0] === 1 && b.functions.at(-1) === 'Sigmoid' && !isLinear(b)) {
      return { kind: 'complement', of: b };
    }
    if (type === 'Add' || type === 'Mul') return elementwise(node, type, b, a);
  }
  const { shape, values } = constantOfValue(node, b, 'numbers');
  if (values.length !== 1 && shape.at(-1) !== values.length) {
    refuse(node, 'one number for each feature', `[${shape.join(', ')}]`);
  }
  return withElementwise(activationsOf(node, a), { type, by: values }, node);
}

/** ai.onnx.ml: (x - offset) · scale. */
function scaler(node: OnnxNode, value: Value): Activations {
  const [offset, scale] = ['offset', 'scale'].map((name) => Float64Array.from(attribute(node, name)?.floats ?? []));
  const x = activationsOf(node, value);
  const centred =
    offset === undefined || offset.length === 0 ? x : withElementwise(x, { type: 'Sub', by: offset }, node);
  return scale === undefined || scale.length === 0
    ? centred
    : withElementwise(centred, { type: 'Mul', by: scale }, node);
}

/**
 * (x - mean) / √(variance + epsilon) · scale + bias, with the moments of the training (Ioffe and Szegedy, "Batch normalization",
 * 2015, algorithm 2, line 11).
 */
function batchNormalization(node: OnnxNode, [value = ASIDE, ...moments]: readonly Value[]): Activations {
  if ((attribute(node, 'training_mode')?.int ?? 0) !== 0) refuse(node, 'the moments of the training', 'training_mode');
  const rows = ['scale', 'bias', 'mean', 'variance'].map(
    (name, i) => constantOfValue(node, moments[i] ?? ASIDE, `rows of ${name}`).values,
  );
  const [scale, bias, mean, variance] = rows;
  const length = scale?.length ?? 0;
  const other = rows.find((row) => row.length !== length);
  if (other !== undefined) refuse(node, `rows of ${length} numbers`, String(other.length));
  const epsilon = attribute(node, 'epsilon')?.float ?? 1e-5;
  const factor = Float64Array.from(variance ?? [], (each, i) => (scale?.[i] ?? 0) / Math.sqrt(each + epsilon));
  const offset = Float64Array.from(factor, (each, i) => (bias?.[i] ?? 0) - (mean?.[i] ?? 0) * each);
  const scaled = withElementwise(activationsOf(node, value), { type: 'Mul', by: factor }, node);
  return withElementwise(scaled, { type: 'Add', by: offset }, node);
}

function softmax(node: OnnxNode, value: Value): Activations {
  const axis = attribute(node, 'axis')?.int ?? -1;
  if (axis !== -1 && axis !== 1) refuse(node, 'the axis of the classes, 1 or -1', String(axis));
  return withFunction(activationsOf(node, value), node.type, node);
}

function transpose(node: OnnxNode, value: Value): Value {
  const { constant } = value.kind === 'constant' ? value : refuse(node, 'a constant', 'the features of a sample');
  const [rows = 0, columns = 0, ...more] = constant.shape;
  const order = attribute(node, 'perm')?.ints ?? [1, 0];
  if (more.length > 0 || order.join() !== '1,0') refuse(node, 'a matrix, turned', `[${constant.shape.join(', ')}]`);
  const values = turned(constant.values, rows, columns);
  return { kind: 'constant', constant: { shape: [columns, rows], values, texts: [] } };
}

/** Both probabilities of a network with one output; or a shape. */
function concat(node: OnnxNode, inputs: readonly Value[]): Value {
  const [first, second] = inputs;
  if (inputs.length === 2 && first?.kind === 'complement' && first.of === second) return first.of;
  const plain = inputs.every(({ kind }) => kind === 'aside' || kind === 'constant');
  return plain ? ASIDE : refuse(node, 'an operator of a multilayer perceptron', node.type);
}

/** To whole numbers features would lose what is behind the point. */
function cast(node: OnnxNode, value: Value): Value {
  const to = attribute(node, 'to')?.int ?? FLOAT;
  const plain = value.kind !== 'activations' || to === FLOAT || to === DOUBLE || to === FLOAT16;
  return plain ? value : refuse(node, 'features that stay float, double or float16', `ONNX's data type ${to}`);
}

/** The features of a sample stay in their order as long as the samples stay the first axis. */
function reshape(node: OnnxNode, value: Value, shape: Value): Value {
  if (value.kind !== 'activations') return value.kind === 'complement' ? refuse(node, 'features', value.kind) : value;
  if (node.type === 'Flatten' && (attribute(node, 'axis')?.int ?? 1) !== 1)
    refuse(node, 'samples as rows', 'another axis');
  if (node.type === 'Reshape' && shape.kind === 'constant') {
    const { values } = shape.constant;
    const [rows = 1, columns = -1] = values;
    const width = value.linears.at(-1)?.outputs ?? columns;
    const whole = rows <= 1 && (values.length !== 2 || columns <= 0 || columns === width);
    if (!whole) refuse(node, 'samples that stay rows', `[${values.join(', ')}]`);
  }
  return value;
}

/** Our own names for the numbers of a standardisation, where they are those that the nodes have as float32. */
function scalingOf({ front }: Activations, said: ModelInfo['scaling'] | undefined): ModelInfo['scaling'] | undefined {
  if (front === undefined) return said?.kind === 'standard' ? undefined : said;
  const same = (numbers: readonly number[], values: Float64Array) =>
    numbers.length === values.length && numbers.every((number, i) => Math.fround(number) === values[i]);
  const { mean, deviation } = front;
  if (said?.kind === 'standard' && same(said.mean, mean) && same(said.standardDeviation, deviation)) return said;
  return { kind: 'standard', mean: [...mean], standardDeviation: [...deviation] };
}

/** Rounded to float32, once. */
function networkOf({ linears, functions, waiting }: Activations): { spec: MlpSpec; parameters: Parameters } {
  const [first] = waiting;
  if (first !== undefined) throw wrong('outputs', 'nothing after the last activation', first.type);
  const hidden = functions.slice(0, linears.length - 1);
  const [activation = 'Sigmoid'] = hidden;
  const other = hidden.find((name) => name !== activation);
  if (other !== undefined) throw wrong('hidden layers', `one activation for all, ${activation}`, other);
  const hiddenActivation = HIDDEN[activation];
  if (hiddenActivation === undefined)
    throw wrong('hidden layers', `one of ${Object.keys(HIDDEN).join(', ')}`, activation);
  const layers = [linears[0]?.inputs ?? 0, ...linears.map(({ outputs }) => outputs)];
  const weights = linears.map(({ weight }) => Float32Array.from(weight));
  const biases = linears.map(({ bias }) => Float32Array.from(bias));
  const last = functions[linears.length - 1];
  if (layers.at(-1) === 1) {
    if (last !== 'Sigmoid') throw wrong('outputs', 'two classes or more, or one output with a sigmoid', 'one number');
    // Softmax of [0, z] is [1 - σ(z), σ(z)].
    layers[layers.length - 1] = 2;
    const above = (values: Float32Array | undefined = new Float32Array()) => {
      const both = new Float32Array(2 * values.length);
      both.set(values, values.length);
      return both;
    };
    weights.push(above(weights.pop()));
    biases.push(above(biases.pop()));
  } else if (last !== undefined && last !== 'Softmax' && last !== 'LogSoftmax') {
    throw wrong('outputs', 'softmax, or what it is applied to', `${last} of ${layers.at(-1)} outputs`);
  }
  const spec = checkSpec({ layers, hiddenActivation });
  checkParameters(spec, { weights, biases });
  return { spec, parameters: { weights, biases } };
}

function wrong(what: string, expected: string, got: string): EdgeMlpError {
  return new EdgeMlpError('bad-model', `${what}: expected ${expected}, got ${got}`);
}

/** The sizes of one sample, of the input that is no constant. */
function sampleShape({ inputs, initializers }: OnnxGraph): readonly (number | string)[] {
  const constants = new Set(initializers.map(({ name }) => name));
  const [, ...sizes] = inputs.find(({ name }) => !constants.has(name))?.shape ?? [];
  return sizes;
}

/** A Reshape could have made several samples of one. */
function checkInput(graph: OnnxGraph, { layers }: MlpSpec): void {
  const sizes = sampleShape(graph);
  const numbers = sizes.filter((size) => typeof size === 'number');
  if (numbers.length === 0 || numbers.length < sizes.length) return;
  const features = numbers.reduce((product, size) => product * size, 1);
  if (features !== layers[0])
    throw wrong('the input', `${layers[0]} features, as the first layer has`, String(features));
}

/** Of an input [N, rows, columns], [N, 1, rows, columns] or [N, rows, columns, 1]. */
function pictureShape(graph: OnnxGraph, { layers }: MlpSpec): [number, number] | undefined {
  const sizes = sampleShape(graph);
  const sides = sizes.length === 3 ? sizes.filter((size) => size !== 1) : sizes;
  const [rows, columns, ...more] = sides;
  if (typeof rows !== 'number' || typeof columns !== 'number' || more.length > 0) return undefined;
  return rows * columns === layers[0] ? [rows, columns] : undefined;
}

function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EdgeMlpError('bad-model', `metadata ${METADATA_PREFIX}${key}: expected JSON`, { cause });
  }
}
