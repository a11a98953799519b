/** The layers of a graph as a network of float32 weights. */
import { checkParameters, type Parameters } from '../../core/parameters.ts';
import { checkQuantized, type QuantizedParameters } from '../../core/quantization.ts';
import { checkSpec, type HiddenActivation, type HiddenActivations, type MlpSpec, type Task } from '../../core/spec.ts';
import { multiply } from './linear.ts';
import { type Activations, badModel, type Linear } from './values.ts';

export interface Network {
  readonly spec: MlpSpec;
  readonly parameters: Parameters;
  /** The int8 weights, if every layer has them. */
  readonly quantized?: QuantizedParameters;
}

interface Layers {
  readonly linears: readonly Linear[];
  readonly functions: readonly string[];
}

/**
 * Rounds the float64 weights to float32. `stated` is the activation in the metadata of our files: that of a network
 * without a hidden layer, or one with the identity, whose layers are not multiplied.
 */
export function buildNetwork(
  { linears: all, functions: names, waiting }: Activations,
  stated: HiddenActivations = 'sigmoid',
  task?: Task,
): Network {
  const [first] = waiting;
  if (first !== undefined) throw badModel('outputs', 'nothing after the last activation', first.type);
  const whole = { linears: all, functions: names };
  const kept = [stated].flat().includes('identity') && isStated(names.slice(0, -1), stated);
  const { linears, functions } = kept ? whole : multiplyLayers(whole);
  const hidden = functions.slice(0, -1) as HiddenActivation[];
  const layers = [linears[0]?.inputs ?? 0, ...linears.map(({ outputs }) => outputs)];
  const weights = linears.map(({ weight }) => Float32Array.from(weight));
  const biases = linears.map(({ bias }) => Float32Array.from(bias));
  const last = functions.at(-1);
  if (task === undefined && layers.at(-1) === 1) {
    // Softmax of [0, z] is [1 - σ(z), σ(z)].
    layers[layers.length - 1] = 2;
    const reversed = last === 'reversed pair';
    if (last !== 'sigmoid' && last !== 'pair' && !reversed)
      throw badModel('outputs', 'two classes or more, one output with a sigmoid, or the task regression', 'one number');
    weights.push(joinZeros(weights.pop(), reversed));
    biases.push(joinZeros(biases.pop(), reversed));
  } else if (last !== 'identity' && last !== 'Softmax' && last !== 'LogSoftmax') {
    throw badModel('outputs', 'softmax or its inputs', `${last} of ${layers.at(-1)} outputs`);
  }
  const spec = checkSpec({ layers, hiddenActivation: hidden.length === 0 ? stated : hidden, ...(task && { task }) });
  checkParameters(spec, { weights, biases });
  const pair =
    task === undefined && linears.at(-1)?.outputs === 1 ? (last === 'reversed pair' ? 'reversed' : 'pair') : undefined;
  const quantized = findQuantized(linears, biases, pair);
  if (quantized === undefined) return { spec, parameters: { weights, biases } };
  checkQuantized(spec, quantized);
  return { spec, parameters: { weights, biases }, quantized };
}

function findQuantized(
  linears: readonly Linear[],
  biases: readonly Float32Array[],
  pair: 'pair' | 'reversed' | undefined,
): QuantizedParameters | undefined {
  const layers = linears.flatMap(({ int8 }) => int8 ?? []);
  if (layers.length < linears.length) return undefined;
  const weights = layers.map((layer) => layer.weights);
  const scales = layers.map((layer) => layer.scales);
  if (pair !== undefined) {
    const reversed = pair === 'reversed';
    weights.push(Int8Array.from(joinZeros(Float32Array.from(weights.pop() ?? []), reversed)));
    scales.push(joinZeros(Float32Array.from(scales.pop() ?? []), reversed));
  }
  return { weights, scales, biases };
}

function isStated(hidden: readonly string[], stated: HiddenActivations): boolean {
  return hidden.every((name, l) => name === (typeof stated === 'string' ? stated : stated[l]));
}

/** W₂ (W₁ x + b₁) + b₂ = (W₂ W₁) x + (W₂ b₁ + b₂): two layers without an activation between them are one. */
function multiplyLayers({ linears, functions }: Layers): Layers {
  const l = functions.slice(0, -1).indexOf('identity');
  const [first, second] = [linears[l], linears[l + 1]];
  if (first === undefined || second === undefined) return { linears, functions };
  const refuse = (expected: string, got: string): never => {
    throw badModel('two linear layers without an activation between them', expected, got);
  };
  const [inputs, inner, outputs] = [first.inputs, first.outputs, second.outputs];
  if (inputs * outputs > 16 * (inputs * inner + inner * outputs)) {
    refuse('a product of at most 16 times their numbers', `${outputs} × ${inputs} for ${inner} units between them`);
  }
  const weight = multiply({ refuse }, second.weight, first.weight, [outputs, inner, inputs]);
  const shift = multiply({ refuse }, second.weight, first.bias, [outputs, inner, 1]);
  const product = { inputs, outputs, weight, bias: second.bias.map((b, o) => b + (shift[o] ?? 0)) };
  return multiplyLayers({
    linears: [...linears.slice(0, l), product, ...linears.slice(l + 2)],
    functions: functions.toSpliced(l, 1),
  });
}

/** Zeros and as many values, in this order or reversed. */
function joinZeros(values = new Float32Array(), reversed: boolean): Float32Array<ArrayBuffer> {
  const both = new Float32Array(2 * values.length);
  both.set(values, reversed ? 0 : values.length);
  return both;
}
