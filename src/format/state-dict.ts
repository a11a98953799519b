/**
 * Networks in safetensors files of other programs, such as PyTorch's state_dict: weights (out, in) and biases (out) of
 * linear layers under any names. The layers are found by their sizes. The rest is in a description.
 */
import { EdgeMlpError, listNames, shorten } from '../core/errors.ts';
import { checkParameters, type Parameters } from '../core/parameters.ts';
import { checkActivation, checkSpec, type HiddenActivations } from '../core/spec.ts';
import { unscaledTargets } from '../core/targets.ts';
import type { ModelFile } from './model-file.ts';
import { type Tensor, toFloats } from './safetensors.ts';

/** Facts that a file of tensors lacks. */
export interface StateDictOptions {
  /** Activation of the hidden layers: one for all, or one for each. Required with hidden layers. */
  readonly activation?: HiddenActivations | undefined;
  /** Names of the weights from the first layer to the last. Required if several orders fit the sizes. */
  readonly layers?: readonly string[] | undefined;
  /** `regression`: the outputs are numbers. Default: classification. */
  readonly task?: 'classification' | 'regression' | undefined;
}

interface Weight {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly data: Float32Array;
}

/**
 * The network of a state_dict. Classes are named by their labels, inputs are not scaled. Throws EdgeMlpError
 * "bad-model", "bad-argument" or "not-finite".
 */
export function readStateDict(tensors: ReadonlyMap<string, Tensor>, options: StateDictOptions): ModelFile {
  const layers = orderLayers(listWeights(tensors), options.layers);
  const sizes = [layers[0]?.inputs ?? 0, ...layers.map(({ outputs }) => outputs)];
  const parameters: Parameters = { weights: layers.map(({ data }) => data), biases: findBiases(tensors, layers) };
  const layout = { layers: sizes, hiddenActivation: readActivation(options.activation, sizes) };
  const numbers = Array.from({ length: sizes.at(-1) ?? 0 }, (_, output) => String(output));
  const scaling = { kind: 'identity' } as const;
  if (options.task === 'regression') {
    const spec = checkSpec({ ...layout, task: 'regression' });
    checkParameters(spec, parameters);
    return { info: { spec, classes: [], targets: unscaledTargets(numbers), scaling }, parameters };
  }
  const spec = checkSpec(layout);
  if (sizes.at(-1) === 1) {
    const reason = 'this network has one output: export it with its sigmoid as ONNX, or add the task regression';
    throw new EdgeMlpError('bad-model', `outputs: expected two classes or more, got 1; ${reason}`);
  }
  checkParameters(spec, parameters);
  return { info: { spec, classes: numbers, scaling }, parameters };
}

function readActivation(given: HiddenActivations | undefined, sizes: readonly number[]): HiddenActivations {
  const hidden = sizes.length - 2;
  if (given !== undefined) return checkActivation(given, hidden);
  if (hidden === 0) return 'sigmoid';
  const expected = `the activation of the ${hidden === 1 ? 'hidden layer' : `${hidden} hidden layers`}`;
  const step = 'pass activation, such as relu, or one for each hidden layer';
  throw new EdgeMlpError('bad-argument', `activation: expected ${expected}, which the file does not have; ${step}`);
}

/** The weights in the order of the file. Refuses tensors that do not belong to a linear layer. */
function listWeights(tensors: ReadonlyMap<string, Tensor>): Weight[] {
  const weights: Weight[] = [];
  for (const [name, tensor] of tensors) {
    const { shape } = tensor;
    if (shape.length === 1) continue;
    const [outputs = 0, inputs = 0] = shape;
    if (shape.length !== 2 || outputs === 0 || inputs === 0) {
      throw badTensor(name, 'weights (out, in) and biases (out) of linear layers', `shape ${shapeText(shape)}`);
    }
    weights.push({ name, inputs, outputs, data: toFloats(tensor, shorten(name)) });
  }
  if (weights.length > 0) return weights;
  throw new EdgeMlpError('bad-model', `expected weights (out, in), got ${listNames([...tensors.keys()])}`);
}

/** The weights from the first layer to the last: the inputs of each are the outputs of the one before. */
function orderLayers(weights: readonly Weight[], given: readonly string[] | undefined): readonly Weight[] {
  const names = weights.map(({ name }) => name);
  if (given !== undefined) {
    const chosen = given.flatMap((name) => weights.find((weight) => weight.name === name) ?? []);
    if (isChain(chosen) && new Set(given).size === weights.length && chosen.length === weights.length) return chosen;
    const expected = `the ${weights.length} weights ${listNames(names)} in an order that fits their sizes`;
    throw new EdgeMlpError('bad-argument', `layers: expected ${expected}, got ${listNames(given)}`);
  }
  // Most files number their layers.
  const numbered = sortByNumber(weights);
  if (numbered !== undefined && isChain(numbered)) return numbered;
  const chain = numbered === undefined ? findOnlyChain(weights) : undefined;
  if (chain !== undefined) return chain;
  const shapes = weights.map(({ name, inputs, outputs }) => `${shorten(name)} ${outputs} × ${inputs}`);
  const message = `expected weights (out, in) whose sizes or numbers give their order, got ${listNames(shapes)}`;
  throw new EdgeMlpError('bad-model', `${message}; pass layers with the names from the first layer to the last`);
}

function isChain(weights: readonly Weight[]): boolean {
  return weights.every(({ inputs }, l) => l === 0 || inputs === weights[l - 1]?.outputs);
}

/** Sorted by the only number in which the names differ; undefined if they differ in something else. */
function sortByNumber(weights: readonly Weight[]): Weight[] | undefined {
  const parts = weights.map(({ name }) => name.split(/(\d+)/));
  const [first = []] = parts;
  const varied = first.flatMap((_, i) => (parts.some((part) => part[i] !== first[i]) ? [i] : []));
  const [at = 0] = varied;
  const differs = varied.length === 1 && at % 2 === 1 && parts.every((part) => part.length === first.length);
  if (!differs) return weights.length === 1 ? [...weights] : undefined;
  const number = (name: string) => Number(name.split(/(\d+)/)[at]);
  return [...weights].sort((a, b) => number(a.name) - number(b.name));
}

/** The only order that fits the sizes; undefined if there is none, or more than one. */
function findOnlyChain(weights: readonly Weight[]): Weight[] | undefined {
  const chain: Weight[] = [];
  const rest = new Set(weights);
  // The first layer has inputs that no layer has as outputs.
  const starts = weights.filter(({ inputs }) => !weights.some(({ outputs }) => outputs === inputs));
  for (let next = starts; next.length === 1; ) {
    const [layer] = next;
    if (layer === undefined) break;
    chain.push(layer);
    rest.delete(layer);
    next = [...rest].filter(({ inputs }) => inputs === layer.outputs);
  }
  return rest.size === 0 ? chain : undefined;
}

/** The biases of the layers: by name, or by length. Zeros in files without biases. */
function findBiases(tensors: ReadonlyMap<string, Tensor>, layers: readonly Weight[]): Float32Array[] {
  const biases = new Map([...tensors].filter(([, { shape }]) => shape.length === 1));
  if (biases.size === 0) return layers.map(({ outputs }) => new Float32Array(outputs));
  const found = layers.map(({ name, outputs }) => {
    const own = [...biases].filter(([key]) => stem(key) === stem(name) && stem(key) !== '');
    const fitting = [...biases].filter(([, { shape }]) => shape[0] === outputs);
    const rivals = layers.filter((layer) => layer.outputs === outputs);
    const [entry] = own.length === 1 ? own : rivals.length === 1 && fitting.length === 1 ? fitting : [];
    if (entry === undefined) {
      const known = listNames([...biases.keys()]);
      throw badTensor(name, `a bias of ${outputs} numbers that belongs to it by its name or length`, known);
    }
    const [key, tensor] = entry;
    if (tensor.shape[0] !== outputs) {
      const hint = 'weights have the shape (out, in)';
      throw badTensor(key, `${outputs} numbers, as ${shorten(name)} has outputs`, `${tensor.shape[0]}: ${hint}`);
    }
    biases.delete(key);
    return toFloats(tensor, shorten(key));
  });
  const [other] = biases.keys();
  if (other !== undefined) {
    throw badTensor(other, 'weights (out, in) and one bias (out) for each', 'a tensor of no linear layer');
  }
  return found;
}

/** The name without its last part: `layers.0` of `layers.0.weight`. */
function stem(name: string): string {
  return name.slice(0, Math.max(0, name.search(/[./_][^./_]*$/)));
}

function badTensor(name: string, expected: string, got: string): EdgeMlpError {
  return new EdgeMlpError('bad-model', `${shorten(name)}: expected ${expected}, got ${got}`);
}

function shapeText(shape: readonly number[]): string {
  return shape.slice(0, 8).join(' × ') || '[]';
}
