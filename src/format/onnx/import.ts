/**
 * Multilayer perceptrons from ONNX, as PyTorch, Keras (tf2onnx) and scikit-learn (skl2onnx) write them: linear layers as Gemm, or as
 * MatMul and Add, one activation between them, softmax or a sigmoid of one output at the end, and around them what does nothing to
 * the features of a sample: Flatten, Reshape, Cast, Identity, Dropout, ZipMap. Everything else is refused by the node's name.
 */
import { EdgeMlpError, shown } from '../../core/errors.ts';
import { checkParameters, type Parameters } from '../../core/parameters.ts';
import { checkSpec, type HiddenActivation, type MlpSpec } from '../../core/spec.ts';
import { Field } from '../fields.ts';
import { type ModelInfo, readClasses, readFeatures, readImageShape, readPictures, readScaling } from '../metadata.ts';
import type { ModelFile } from '../model-file.ts';
import { split } from '../standardisation.ts';
import { METADATA_PREFIX } from './export.ts';
import {
  ABSENT,
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
  INT32,
  INT64,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
  readOnnx,
  UINT8,
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
  const input = inputOf(graph);
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
  const said = scalingOf(
    answer,
    field('scaling').optional((value) => readScaling(value, spec)),
  );
  // Pixels from 0 to 1 are what PyTorch's ToTensor makes of bytes; a graph may also do so itself.
  const scaling: ModelInfo['scaling'] = said ?? { kind: shape === undefined ? 'identity' : 'bytes' };
  const takesBytes = input?.dataType === UINT8 || answer.dividesBytes;
  const info: ModelInfo = {
    spec,
    classes: classes ?? Array.from({ length: count }, (_, label) => String(label)),
    scaling,
    ...(shape === undefined ? {} : { imageShape: shape }),
    ...(pictures === undefined ? {} : { pictures }),
    ...(features === undefined ? {} : { features }),
    ...(labelName === undefined ? {} : { labelName }),
  };
  return {
    info,
    parameters: said === undefined && shape !== undefined && takesBytes ? ofPixels(parameters) : parameters,
  };
}

/** The first layer for pixels from 0 to 1, of that for bytes. */
function ofPixels({ weights: [first = new Float32Array(), ...weights], biases }: Parameters): Parameters {
  return { weights: [first.map((weight) => weight * 255), ...weights], biases };
}

/** Operators that make weights, or others of them. */
const MAKING = new Set(['Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'Div', 'Transpose', 'BatchNormalization']);
/** Of operators: ONNX's own, and those for what is no neural network. */
const DOMAINS = new Set(['', 'ai.onnx', 'ai.onnx.ml']);
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
  /** Samples at a time, where the graph takes no other number of them. */
  readonly #batch: number | undefined;

  constructor(graph: OnnxGraph) {
    this.#graph = graph;
    const batch = inputOf(graph)?.shape?.[0];
    this.#batch = typeof batch === 'number' && batch > 0 ? batch : undefined;
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
    for (const { name, shape } of inputs) this.#values.set(name, { ...INPUT, rank: shape?.length });
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
    const [answer] = networks.toSorted(
      (a, b) => b.linears.length - a.linears.length || b.functions.length - a.functions.length,
    );
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
    if (!DOMAINS.has(node.domain)) refuse(node, "an operator of ONNX's own", shown(node.domain));
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
        return isAside(inputs) ? ASIDE : refuse(node, 'an operator of a multilayer perceptron', shown(node.type));
    }
  }

  #valueOf(name: string, node: OnnxNode): Value {
    if (name === '') return ABSENT;
    return this.#values.get(name) ?? refuse(node, 'inputs that come before it', JSON.stringify(name));
  }

  #name(texts: readonly string[] = [], numbers: readonly number[] = []): void {
    if (texts.length > 0) this.classes = [...texts];
    else if (numbers.length > 0) this.classes = numbers.map(String);
  }
}

/** Shapes, and what is reckoned with them. */
function isAside(inputs: readonly Value[]): boolean {
  const apart = inputs.every(({ kind }) => kind === 'aside' || kind === 'constant' || kind === 'absent');
  return apart && inputs.some(({ kind }) => kind === 'aside');
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
  const bias = c === undefined || c.kind === 'absent' ? new Float64Array(outputs) : biasOf(node, c, outputs);
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
  if (isAside([a, b])) return ASIDE;
  if (a.kind === 'constant' && b.kind === 'activations') {
    const one = a.constant.values.length === 1 && a.constant.values[0] === 1 && b.linears.at(-1)?.outputs === 1;
    if (type === 'Sub' && one && b.functions.at(-1) === 'Sigmoid' && !isLinear(b)) {
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

/** Over an axis that is not the last, or over heads of several numbers each, other numbers would come out. */
function softmax(node: OnnxNode, value: Value): Activations {
  const x = activationsOf(node, value);
  const axis = attribute(node, 'axis')?.int ?? -1;
  const last = (x.rank ?? 2) - 1;
  if (axis !== -1 && axis !== last) refuse(node, `the axis of the classes, ${last} or -1`, String(axis));
  return withFunction(x, node.type, node);
}

function transpose(node: OnnxNode, value: Value): Value {
  const { constant } = value.kind === 'constant' ? value : refuse(node, 'a constant', 'the features of a sample');
  const [rows = 0, columns = 0, ...more] = constant.shape;
  // Of fewer than two axes none can be turned.
  if (constant.shape.length < 2) return value;
  const order = attribute(node, 'perm')?.ints ?? [1, 0];
  if (more.length > 0 || order.join() !== '1,0') refuse(node, 'a matrix, turned', `[${constant.shape.join(', ')}]`);
  const values = turned(constant.values, rows, columns);
  return { kind: 'constant', constant: { shape: [columns, rows], values, texts: [] } };
}

/** Both probabilities of a network with one output; or a shape. */
function concat(node: OnnxNode, inputs: readonly Value[]): Value {
  const [first, second] = inputs;
  const axis = attribute(node, 'axis')?.int ?? 0;
  if (inputs.length === 2 && first?.kind === 'complement' && first.of === second && (axis === 1 || axis === -1)) {
    return first.of;
  }
  if (isAside(inputs)) return ASIDE;
  const rows = inputs.map((value) => (value.kind === 'constant' ? value.constant : undefined));
  if (!rows.every((row) => row?.shape.length === 1)) refuse(node, 'lists of constants', 'something else');
  const values = Float64Array.from(rows.flatMap((row) => [...(row?.values ?? [])]));
  return { kind: 'constant', constant: { shape: [values.length], values, texts: [] } };
}

/** To whole numbers features would lose what is behind the point. */
function cast(node: OnnxNode, value: Value): Value {
  const to = attribute(node, 'to')?.int ?? FLOAT;
  if (to === FLOAT || to === DOUBLE || to === FLOAT16 || value.kind === 'aside') return value;
  if (value.kind === 'constant' && (to === INT32 || to === INT64)) {
    return { kind: 'constant', constant: { ...value.constant, values: value.constant.values.map(Math.trunc) } };
  }
  // Of probabilities only labels become whole numbers, and these are none of the network.
  return refuse(node, 'features that stay float, double or float16', `ONNX's data type ${to}`);
}

/** The features of a sample stay in their order as long as the samples stay the first axis. */
function reshape(node: OnnxNode, value: Value, shape: Value, batch: number | undefined): Value {
  if (value.kind === 'complement') return refuse(node, 'features', value.kind);
  if (value.kind === 'constant') return reshapedConstant(node, value.constant, shape);
  if (value.kind !== 'activations') return value;
  if (node.type === 'Flatten') {
    if ((attribute(node, 'axis')?.int ?? 1) !== 1) refuse(node, 'samples as rows', 'another axis');
    return { ...value, rank: 2 };
  }
  if (node.type !== 'Reshape') return { ...value, rank: rankWithAxes(node, value, shape) };
  if (shape.kind !== 'constant') {
    // Nobody knows which: of features a linear layer will say how many there are.
    return value.linears.length === 0
      ? { ...value, rank: undefined }
      : refuse(node, 'a shape that is a constant', shape.kind);
  }
  const sizes = [...shape.constant.values];
  const [rows = 1, columns = -1] = sizes;
  const width = value.linears.at(-1)?.outputs;
  const samples = rows === -1 || rows === 0 || rows === batch || (rows === 1 && columns === width);
  // Behind a linear layer there are as many numbers as it has outputs, in one row.
  const row = sizes.length === 2 && (columns === width || (columns <= 0 && rows >= 0) || columns === 0);
  if (!samples || (width !== undefined && !row)) refuse(node, 'samples that stay rows', `[${sizes.join(', ')}]`);
  return { ...value, rank: sizes.length };
}

/** Axes of size 1, set or taken out: a new last one behind a linear layer would be what softmax is taken over. */
function rankWithAxes(node: OnnxNode, { rank, linears }: Activations, axes: Value): number | undefined {
  const given = axes.kind === 'constant' ? [...axes.constant.values] : attribute(node, 'axes')?.ints;
  if (given === undefined || rank === undefined) return undefined;
  if (node.type === 'Squeeze') return rank - given.length;
  const after = rank + given.length;
  const last = given.some((axis) => axis === -1 || axis === after - 1);
  return last && linears.length > 0 ? refuse(node, 'features as the last axis', 'another axis behind it') : after;
}

function reshapedConstant(node: OnnxNode, constant: Constant, by: Value): Value {
  const axes = by.kind === 'constant' ? [...by.constant.values] : attribute(node, 'axes')?.ints;
  const { shape, values } = constant;
  if (node.type === 'Squeeze') {
    const gone = axes?.map((axis) => (axis < 0 ? axis + shape.length : axis));
    const kept = shape.filter((size, axis) => !(gone === undefined ? size === 1 : gone.includes(axis)));
    return { kind: 'constant', constant: { ...constant, shape: kept } };
  }
  if (axes === undefined || node.type === 'Flatten') return refuse(node, 'a shape that is a constant', by.kind);
  if (node.type === 'Unsqueeze') {
    const rank = shape.length + axes.length;
    const set = axes.map((axis) => (axis < 0 ? axis + rank : axis));
    const rest = [...shape];
    const sizes = Array.from({ length: rank }, (_, axis) => (set.includes(axis) ? 1 : (rest.shift() ?? 1)));
    return { kind: 'constant', constant: { ...constant, shape: sizes } };
  }
  const known = axes.map((size, axis) => (size === 0 ? (shape[axis] ?? 0) : size));
  const others = known.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const sizes = known.map((size) => (size === -1 ? values.length / others : size));
  if (sizes.reduce((product, size) => product * size, 1) !== values.length) {
    refuse(node, `a shape for ${values.length} numbers`, `[${axes.join(', ')}]`);
  }
  return { kind: 'constant', constant: { ...constant, shape: sizes } };
}

/** Our own names for the numbers of a standardisation, where they are those that the nodes have as float32. */
function scalingOf({ front }: Activations, said: ModelInfo['scaling'] | undefined): ModelInfo['scaling'] | undefined {
  if (front === undefined) return said?.kind === 'standard' ? undefined : said;
  const same = (numbers: readonly number[], values: Float64Array) =>
    numbers.length === values.length && numbers.every((number, i) => number === values[i]);
  const { mean, deviation } = front;
  const finite = mean.every(isFloat) && deviation.every((each) => isFloat(each) && Math.fround(each) > 0);
  if (!finite) {
    throw new EdgeMlpError('not-finite', 'standardisation: expected finite float32 numbers, got others');
  }
  const sums = (numbers: readonly number[]) => numbers.map((number) => split(number).reduce((a, b) => a + b));
  const deviations = said?.kind === 'standard' ? said.standardDeviation.map(Math.fround) : [];
  if (said?.kind === 'standard' && same(sums(said.mean), mean) && same(deviations, deviation)) return said;
  return { kind: 'standard', mean: [...mean], standardDeviation: [...deviation] };
}

function isFloat(value: number): boolean {
  return Number.isFinite(Math.fround(value));
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

/** The input that is no constant. */
function inputOf({ inputs, initializers }: OnnxGraph): OnnxValue | undefined {
  const constants = new Set(initializers.map(({ name }) => name));
  return inputs.find(({ name }) => !constants.has(name));
}

/** The sizes of one sample. */
function sampleShape(graph: OnnxGraph): readonly (number | string)[] {
  const [, ...sizes] = inputOf(graph)?.shape ?? [];
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

/** Of an input [N, rows, columns], [N, 1, rows, columns] or [N, rows, columns, 1]; a picture of one row is a sequence. */
function pictureShape(graph: OnnxGraph, { layers }: MlpSpec): [number, number] | undefined {
  const sizes = sampleShape(graph);
  const sides = sizes.length === 3 ? sizes.filter((size) => size !== 1) : sizes;
  const [rows, columns, ...more] = sides;
  if (typeof rows !== 'number' || typeof columns !== 'number' || more.length > 0 || Math.min(rows, columns) < 2)
    return undefined;
  return rows * columns === layers[0] ? [rows, columns] : undefined;
}

function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new EdgeMlpError('bad-model', `metadata ${METADATA_PREFIX}${key}: expected JSON`, { cause });
  }
}
