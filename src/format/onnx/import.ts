/**
 * Multilayer perceptrons from ONNX files of PyTorch, Keras (tf2onnx) and scikit-learn (skl2onnx): linear layers as
 * Gemm, or as MatMul and Add; one activation between them; softmax or a sigmoid of one output at the end; and operators
 * that do not change the features of a sample: Flatten, Reshape, Cast, Identity, Dropout, ZipMap. Other nodes are
 * refused with an error that names the node.
 */
import { EdgeMlpError } from '../../core/errors.ts';
import { checkParameters, type Parameters } from '../../core/parameters.ts';
import { checkSpec, HIDDEN_ACTIVATIONS, type HiddenActivation, type MlpSpec } from '../../core/spec.ts';
import { Field, omitUndefined } from '../fields.ts';
import { type ModelInfo, readClasses, readFeatures, readImageShape, readPictures, readScaling } from '../metadata.ts';
import type { ModelFile } from '../model-file.ts';
import { split } from '../standardisation.ts';
import { METADATA_PREFIX } from './export.ts';
import { type Activations, badModel } from './flow.ts';
import { findInput, type OnnxGraph, type OnnxModel, readOnnx, sampleShape, UINT8 } from './messages.ts';
import { Walk } from './walk.ts';

const HIDDEN: Readonly<Record<string, HiddenActivation>> = { Sigmoid: 'sigmoid', Tanh: 'tanh', Relu: 'relu' };

/**
 * Reads the network of an ONNX file. Throws EdgeMlpError "bad-model" or "not-finite".
 *
 * @example
 * ```ts
 * import { loadKernels, Mlp } from 'edge-mlp';
 * import { createMlp } from 'edge-mlp/format';
 * import { formatOnnx, parseOnnx } from 'edge-mlp/onnx';
 *
 * const mlp = Mlp.create(await loadKernels(), { layers: [2, 3, 2], seed: 1 });
 * const info = { spec: mlp.spec, classes: ['no', 'yes'], scaling: { kind: 'identity' } } as const;
 * const model = { info, parameters: mlp.parameters() };
 * const again = createMlp(await loadKernels(), parseOnnx(formatOnnx(model), 'mine.onnx'));
 * const x = Float32Array.of(1, 2);
 * console.log(again.predict(x).label === mlp.predict(x).label); // true
 * ```
 */
export function parseOnnx(bytes: Uint8Array, name: string): ModelFile {
  const model = readOnnx(bytes, name);
  try {
    return buildModel(model);
  } catch (error) {
    if (!(error instanceof EdgeMlpError)) throw error;
    const code = error.code === 'not-finite' ? 'not-finite' : 'bad-model';
    throw new EdgeMlpError(code, `${name}: ${error.message}`, { cause: error });
  }
}

function buildModel({ graph, metadata }: OnnxModel): ModelFile {
  const walk = new Walk(graph);
  const answer = walk.answer();
  const field = (key: string) => Field.parse(metadata[`${METADATA_PREFIX}${key}`], `metadata ${METADATA_PREFIX}${key}`);
  // Without a hidden layer, no node has the activation.
  const unused = field('hiddenActivation').optional((value) => value.choice(HIDDEN_ACTIVATIONS));
  const { spec, parameters } = buildNetwork(answer, unused);
  checkInput(graph, spec);
  const input = findInput(graph);
  const shape = field('imageShape').optional((value) => readImageShape(value, spec)) ?? findImageShape(graph, spec);
  const pictures = field('pictures').optional(readPictures);
  const features = field('features').optional((value) => readFeatures(value, spec));
  const labelName = field('labelName').optional((value) => value.text());
  const classes = field('classes').optional((value) => readClasses(value, spec)) ?? walk.classes;
  const count = spec.layers.at(-1) ?? 0;
  if (classes !== undefined && classes.length !== count) {
    throw new EdgeMlpError('bad-model', `classes: expected ${count} names, got ${classes.length}`);
  }
  const stated = chooseScaling(
    answer,
    field('scaling').optional((value) => readScaling(value, spec)),
  );
  // PyTorch's ToTensor scales bytes to pixels from 0 to 1. A graph may also do this.
  const scaling: ModelInfo['scaling'] = stated ?? { kind: shape === undefined ? 'identity' : 'bytes' };
  const takesBytes = input?.dataType === UINT8 || answer.dividesBytes;
  const info: ModelInfo = {
    spec,
    classes: classes ?? Array.from({ length: count }, (_, label) => String(label)),
    scaling,
    ...omitUndefined({ imageShape: shape, pictures, features, labelName }),
  };
  return {
    info,
    parameters: stated === undefined && shape !== undefined && takesBytes ? scaleToPixels(parameters) : parameters,
  };
}

/** Converts the first layer from bytes to pixels from 0 to 1. */
function scaleToPixels({ weights: [first = new Float32Array(), ...weights], biases }: Parameters): Parameters {
  return { weights: [first.map((weight) => weight * 255), ...weights], biases };
}

/**
 * The scaling in the metadata of our files, if its float32 numbers are those of the nodes; otherwise that of the nodes.
 */
function chooseScaling(
  { front }: Activations,
  stated: ModelInfo['scaling'] | undefined,
): ModelInfo['scaling'] | undefined {
  if (front === undefined) return stated?.kind === 'standard' ? undefined : stated;
  const same = (numbers: readonly number[], values: Float64Array) =>
    numbers.length === values.length && numbers.every((number, i) => number === values[i]);
  const { mean, deviation } = front;
  const finite = mean.every(isFloat) && deviation.every((each) => isFloat(each) && Math.fround(each) > 0);
  if (!finite) {
    throw new EdgeMlpError('not-finite', 'standardisation: expected finite float32 numbers, got others');
  }
  const sums = (numbers: readonly number[]) => numbers.map((number) => split(number).reduce((a, b) => a + b));
  const deviations = stated?.kind === 'standard' ? stated.standardDeviation.map(Math.fround) : [];
  if (stated?.kind === 'standard' && same(sums(stated.mean), mean) && same(deviations, deviation)) return stated;
  return { kind: 'standard', mean: [...mean], standardDeviation: [...deviation] };
}

function isFloat(value: number): boolean {
  return Number.isFinite(Math.fround(value));
}

/** Rounds the float64 weights to float32. */
function buildNetwork(
  { linears, functions, waiting }: Activations,
  unused: HiddenActivation = 'sigmoid',
): { spec: MlpSpec; parameters: Parameters } {
  const [first] = waiting;
  if (first !== undefined) throw badModel('outputs', 'nothing after the last activation', first.type);
  const hidden = functions.slice(0, linears.length - 1);
  const [activation] = hidden;
  const other = hidden.find((name) => name !== activation);
  if (other !== undefined) throw badModel('hidden layers', `one activation for all, ${activation}`, other);
  const hiddenActivation = activation === undefined ? unused : HIDDEN[activation];
  if (hiddenActivation === undefined) {
    throw badModel('hidden layers', `one of ${Object.keys(HIDDEN).join(', ')}`, activation ?? 'none');
  }
  const layers = [linears[0]?.inputs ?? 0, ...linears.map(({ outputs }) => outputs)];
  const weights = linears.map(({ weight }) => Float32Array.from(weight));
  const biases = linears.map(({ bias }) => Float32Array.from(bias));
  const last = functions[linears.length - 1];
  if (layers.at(-1) === 1) {
    if (last !== 'Sigmoid')
      throw badModel('outputs', 'two classes or more, or one output with a sigmoid', 'one number');
    // Softmax of [0, z] is [1 - σ(z), σ(z)].
    layers[layers.length - 1] = 2;
    weights.push(prependZeros(weights.pop()));
    biases.push(prependZeros(biases.pop()));
  } else if (last !== undefined && last !== 'Softmax' && last !== 'LogSoftmax') {
    throw badModel('outputs', 'softmax or its inputs', `${last} of ${layers.at(-1)} outputs`);
  }
  const spec = checkSpec({ layers, hiddenActivation });
  checkParameters(spec, { weights, biases });
  return { spec, parameters: { weights, biases } };
}

/** The values after as many zeros. */
function prependZeros(values = new Float32Array()): Float32Array<ArrayBuffer> {
  const both = new Float32Array(2 * values.length);
  both.set(values, values.length);
  return both;
}

/** A Reshape could have split a sample into several. */
function checkInput(graph: OnnxGraph, { layers }: MlpSpec): void {
  const sizes = sampleShape(graph);
  const numbers = sizes.filter((size) => typeof size === 'number');
  if (numbers.length === 0 || numbers.length < sizes.length) return;
  const features = numbers.reduce((product, size) => product * size, 1);
  if (features !== layers[0])
    throw badModel('the input', `${layers[0]} features, as the first layer has`, String(features));
}

/**
 * The image shape of an input [N, rows, columns], [N, 1, rows, columns] or [N, rows, columns, 1] with more than one
 * row.
 */
function findImageShape(graph: OnnxGraph, { layers }: MlpSpec): [number, number] | undefined {
  const sizes = sampleShape(graph);
  const sides = sizes.length === 3 ? sizes.filter((size) => size !== 1) : sizes;
  const [rows, columns, ...more] = sides;
  if (typeof rows !== 'number' || typeof columns !== 'number' || more.length > 0 || Math.min(rows, columns) < 2)
    return undefined;
  return rows * columns === layers[0] ? [rows, columns] : undefined;
}
