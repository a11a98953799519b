/** Evaluates the nodes of a graph in order. */
import { describeValue, EdgeMlpError } from '../../core/errors.ts';
import { Call } from './call.ts';
import {
  ATTRIBUTE,
  FLOAT,
  findInput,
  formatType,
  INT64,
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from './messages.ts';
import { type AttributeSpec, ML_OPERATORS, OPERATORS, type Operator } from './operators.ts';
import { type ExternalFiles, isReadable, readConstant } from './tensors.ts';
import { ABSENT, type Activations, badModel, refuse, type Value } from './values.ts';

/**
 * Maximum number of computed weights per number in the file. Networks need a few; a small file could request any
 * number.
 */
const MOST_COPIES = 16;
/** Versions of the operators: ONNX Runtime reads files from version 7 on; version 26 is the newest that was checked. */
const [FIRST_OPSET, LAST_OPSET] = [7, 26];

/** Evaluates a graph. ONNX guarantees that nodes come after their inputs. */
export class Walk {
  readonly #model: OnnxModel;
  readonly #files: ExternalFiles;
  readonly #values = new Map<string, Value>();
  /** Number of nodes and outputs of the graph that use a value. */
  readonly #uses = new Map<string, number>();
  readonly #nodes = new Set<string>();
  /** Numbers in the file, and computed weights. */
  #numbers = 0;
  #computed = 0;
  readonly #counted = new Set<Float64Array>();

  constructor(model: OnnxModel, files: ExternalFiles = {}) {
    this.#model = model;
    this.#files = files;
    const { graph, opset } = model;
    if (opset < FIRST_OPSET || opset > LAST_OPSET) {
      throw badModel('operators', `version ${FIRST_OPSET} to ${LAST_OPSET} of ONNX's operators`, `version ${opset}`);
    }
    for (const name of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map((each) => each.name)]) {
      this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
    }
    this.#addConstants();
    this.#addInput();
    for (const node of graph.nodes) {
      if (node.name !== '' && this.#nodes.has(node.name)) refuse(node, 'nodes with different names', 'one name twice');
      this.#nodes.add(node.name);
      this.#add(node);
    }
  }

  /** The values of the outputs of the graph. */
  outputs(): readonly { readonly name: string; readonly value: Value }[] {
    return this.#model.graph.outputs.map(({ name, dataType }) => {
      const value = this.#values.get(name);
      if (value === undefined) throw badModel(`output ${describeValue(name)}`, 'a node that computes it', 'none');
      // A map of probabilities has no tensor type.
      const type =
        value.kind === 'label' || (value.kind === 'activations' && value.map !== true) ? value.type : dataType;
      if (dataType !== 0 && dataType !== type) {
        throw badModel(`output ${describeValue(name)}`, formatType(type), formatType(dataType));
      }
      return { name, value };
    });
  }

  #addConstants(): void {
    for (const tensor of this.#model.graph.initializers) {
      const where = `initializer ${describeValue(tensor.name)}`;
      if (this.#values.has(tensor.name)) throw badModel(where, 'one constant of this name', 'two');
      const value = constantValue(tensor, where, this.#files);
      this.#values.set(tensor.name, value);
      this.#numbers += countNumbers(value);
    }
  }

  #addInput(): void {
    const { graph } = this.#model;
    const inputs = graph.inputs.filter(({ name }) => !this.#values.has(name));
    const input = findInput(graph);
    if (inputs.length !== 1 || input === undefined) {
      const names = inputs.map(({ name }) => name).join(', ') || 'none';
      throw new EdgeMlpError('bad-model', `inputs: expected one, got ${names}`);
    }
    // A network without a shape takes rows of features.
    const shape = (input.shape ?? ['', '']).map((size) => (typeof size === 'number' && size > 0 ? size : undefined));
    if (shape.length < 2)
      throw badModel(`input ${describeValue(input.name)}`, 'samples as rows of features', `${shape.length} axes`);
    const rest = { linears: [], functions: [], expression: undefined, waiting: [] };
    this.#values.set(input.name, { kind: 'activations', type: input.dataType, shape, ...rest });
  }

  #add(node: OnnxNode): void {
    // LinearClassifier has its weights as attributes.
    for (const { floats } of node.attributes) this.#numbers += floats.length;
    const values = this.#evaluate(node);
    node.outputs.forEach((name, i) => {
      if (name === '') return;
      if (this.#values.has(name)) refuse(node, 'outputs with new names', describeValue(name));
      this.#values.set(name, this.#limitWeights(values[i] ?? { kind: 'aside', node }, node));
    });
  }

  #limitWeights(value: Value, node: OnnxNode): Value {
    if (node.type === 'Constant') this.#numbers += countNumbers(value);
    else if (value.kind === 'constant') this.#computed += countNumbers(value);
    else if (value.kind === 'activations') this.#computed += this.#countWeights(value);
    if (this.#computed <= MOST_COPIES * this.#numbers) return value;
    return refuse(node, `weights that are used at most ${MOST_COPIES} times`, 'more');
  }

  /** The numbers of layers and operations that a node computes. */
  #countWeights({ linears, waiting }: Activations): number {
    const arrays = [...linears.flatMap(({ weight, bias }) => [weight, bias]), ...waiting.map(({ by }) => by)];
    const computed = arrays.filter((array) => !this.#counted.has(array));
    for (const array of computed) this.#counted.add(array);
    return computed.reduce((sum, { length }) => sum + length, 0);
  }

  #evaluate(node: OnnxNode): readonly Value[] {
    if (node.type === 'Constant' && node.domain === '') return [constantAttribute(node, this.#files)];
    const inputs = node.inputs.map((name) => this.#findValue(name, node));
    // Nodes after a label are not part of the network.
    const follows = inputs.every(({ kind }) => kind !== 'activations') && inputs.some(({ kind }) => kind === 'label');
    if (
      inputs.some(({ kind }) => kind === 'aside') ||
      (follows && !OPERATORS.has(node.type) && !ML_OPERATORS.has(node.type))
    ) {
      return [{ kind: 'aside', node }];
    }
    const operator = this.#findOperator(node);
    checkNode(node, operator, this.#findOpset(node));
    const uses = (input: number) => this.#uses.get(node.inputs[input] ?? '') ?? 0;
    const result = operator.evaluate(new Call(node, inputs, this.#findOpset(node), uses));
    return 'kind' in result ? [result] : result;
  }

  #findOpset({ domain }: OnnxNode): number {
    return domain === 'ai.onnx.ml' ? this.#model.mlOpset : this.#model.opset;
  }

  #findOperator(node: OnnxNode): Operator {
    const tables: Readonly<Record<string, ReadonlyMap<string, Operator>>> = {
      '': OPERATORS,
      'ai.onnx': OPERATORS,
      'ai.onnx.ml': ML_OPERATORS,
    };
    const table = Object.hasOwn(tables, node.domain) ? tables[node.domain] : undefined;
    if (table === undefined) return refuse(node, 'an operator of ONNX or ONNX-ML', describeValue(node.domain));
    const operator = table.get(node.type);
    if (operator === undefined) return refuse(node, 'an operator of a multilayer perceptron', describeValue(node.type));
    if (this.#findOpset(node) >= (operator.since ?? 1)) return operator;
    return refuse(node, `version ${operator.since ?? 1} of the operators`, `version ${this.#findOpset(node)}`);
  }

  #findValue(name: string, node: OnnxNode): Value {
    if (name === '') return ABSENT;
    return this.#values.get(name) ?? refuse(node, 'inputs that come before it', JSON.stringify(name));
  }
}

/** The number of inputs and outputs, and names and types of attributes, as ONNX defines them. */
function checkNode(node: OnnxNode, operator: Operator, opset: number): void {
  const { attributes = {}, outputs = 1 } = operator;
  const [least, greatest] = operator.inputs;
  const count = node.inputs.length;
  const required = node.inputs.slice(0, least).every((name) => name !== '');
  if (count < least || count > greatest || !required) {
    refuse(node, least === greatest ? `${least} inputs` : `at least ${least} inputs`, String(count));
  }
  if (node.outputs.length > outputs) refuse(node, `at most ${outputs} outputs`, String(node.outputs.length));
  const seen = new Set<string>();
  for (const given of node.attributes) {
    const spec = Object.hasOwn(attributes, given.name) ? attributes[given.name] : undefined;
    if (seen.has(given.name)) refuse(node, 'attributes with different names', describeValue(given.name));
    seen.add(given.name);
    if (spec === undefined || !hasType(given, spec, opset)) {
      const got = `${describeValue(given.name)} of type ${given.type} in version ${opset}`;
      refuse(node, `attributes that ONNX defines`, got);
    }
  }
}

function hasType({ type }: OnnxAttribute, spec: AttributeSpec, opset: number): boolean {
  if (typeof spec === 'string') return type === ATTRIBUTE[spec];
  return type === ATTRIBUTE[spec.type] && opset >= (spec.since ?? 1) && opset <= (spec.until ?? Infinity);
}

function countNumbers(value: Value): number {
  return value.kind === 'constant' ? value.constant.values.length : 0;
}

function constantValue(tensor: OnnxTensor, where: string, files: ExternalFiles): Value {
  if (!isReadable(tensor)) return { kind: 'unread', dataType: tensor.dataType };
  return { kind: 'constant', constant: readConstant(tensor, where, files) };
}

function constantAttribute(node: OnnxNode, files: ExternalFiles): Value {
  const [only] = node.attributes;
  if (only?.name === 'value' && only.tensor !== undefined)
    return constantValue(only.tensor, `node ${describeValue(node.name)}`, files);
  const numbers = {
    value_float: [only?.float],
    value_int: [only?.int],
    value_floats: only?.floats,
    value_ints: only?.ints,
  };
  const values = numbers[only?.name as keyof typeof numbers];
  if (values === undefined) return refuse(node, 'a value of numbers', only?.name ?? 'none');
  const shape = only?.name.endsWith('s') ? [values.length] : [];
  const type = only?.name.startsWith('value_float') ? FLOAT : INT64;
  return { kind: 'constant', constant: { type, shape, values: Float64Array.from(values, Number), texts: [] } };
}
